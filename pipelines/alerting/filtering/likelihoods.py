"""How much better "off by a factor" explains a week than "as usual", by the kind of figure.

Add here: the likelihood of another kind of figure. Keep out: what is usual (`curve.py`).
"""

from __future__ import annotations

import numpy as np

from pipelines.alerting.panel import Floats


def count_gains(value: Floats, expected: Floats, spread: Floats, factors: Floats) -> Floats:
    """(series, factors): negative binomial of mean θE and variance θE + v(θE)².

    Terms without θ cancel: x·ln θ − (x + 1/v)·ln((1 + vθE) / (1 + vE)).
    """
    v = spread[:, None]
    mean = expected[:, None]
    x = value[:, None]
    return x * np.log(factors) - (x + 1 / v) * (np.log1p(v * factors * mean) - np.log1p(v * mean))


def share_gains(
    hits: Floats, cases: Floats, rate: Floats, correlation: float, factors: Floats
) -> Floats:
    """(series, factors): binomial with odds × θ, discounted by the cases' likeness.

    Cases of one week resemble each other: n of them are worth n / (1 + (n − 1)·ρ).
    """
    odds = (rate / (1 - rate))[:, None] * factors
    changed = odds / (1 + odds)
    p = rate[:, None]
    gain = hits[:, None] * np.log(changed / p)
    gain = gain + (cases - hits)[:, None] * np.log((1 - changed) / (1 - p))
    return gain / (1 + np.maximum(cases - 1, 0) * correlation)[:, None]
