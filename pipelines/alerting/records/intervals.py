"""Shares with their uncertainty.

Add here: another interval. Keep out: what is counted.
"""

from __future__ import annotations

import math


def wilson(hits: float, cases: float, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval (1927) of hits / cases; (nan, nan) without a case."""
    if cases <= 0:
        return math.nan, math.nan
    share = hits / cases
    middle = (share + z * z / (2 * cases)) / (1 + z * z / cases)
    half = z / (1 + z * z / cases) * math.sqrt(share * (1 - share) / cases + (z / (2 * cases)) ** 2)
    return max(0.0, middle - half), min(1.0, middle + half)
