"""The figure at which a decision turns, found by asking the decision itself.

Add here: another search along the scale of a figure. Keep out: the decision (`conditions/filters.py`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipelines.alerting.series.panel import Floats

# Few series cost calls, many cost points: so few are searched in wide steps, many by halves.
FEW, WIDE = 300, 16
FINE = 2**12

Decides = Callable[[Floats, NDArray[np.intp]], NDArray[np.int8]]


def turning_points(
    stands: Decides, widest: Floats, *, below: bool, levels: int = 2
) -> list[tuple[Floats, NDArray[np.bool_]]]:
    """Per level (1, 2): (the last figure at which it still stands, whether it turns at all).

    `stands(figure, index)`: the level of series `index` if their figure were that; falls as the figure
    gets better. Figures between nought and `widest` are looked at.
    """
    series = np.arange(len(widest))
    ends = np.stack([stands(np.zeros(len(widest)), series), stands(widest, series)])
    bad, good = (ends[0], ends[1]) if below else (ends[1], ends[0])
    turns = [(bad >= wanted) & (good < wanted) for wanted in range(1, levels + 1)]
    splits = WIDE if len(series) < FEW else 2
    low, high = np.zeros((levels, len(series))), np.tile(widest, (levels, 1))
    steps = np.arange(1, splits)[:, None, None] / splits
    wanted = np.arange(1, levels + 1)[:, None]
    width = 1
    while width < FINE:
        points = low + (high - low) * steps
        found = stands(points.reshape(-1), np.tile(series, points[..., 0].size))
        is_bad = found.reshape(points.shape) >= wanted
        # Points on the low side of the turn.
        passed = (is_bad if below else ~is_bad).sum(axis=0)
        part = (high - low) / splits
        low, high = low + part * passed, low + part * (passed + 1)
        width *= splits
    return [((low if below else high)[n], turns[n]) for n in range(levels)]
