"""How much better "off by a factor" explains a week than "as usual", by the kind of figure.

Add here: the likelihood of another kind of figure. Keep out: what is usual (`curve.py`).
"""

from __future__ import annotations

import numpy as np

from pipelines.alerting.series.panel import Floats


def count_gains(value: Floats, expected: Floats, spread: Floats, factors: Floats) -> Floats:
    """(factors, series): negative binomial of mean θE and variance θE + v(θE)².

    Terms without θ cancel: x·ln θ − (x + 1/v)·ln((1 + vθE) / (1 + vE)).
    """
    mean = spread * expected
    grown = np.log1p(factors[:, None] * mean) - np.log1p(mean)
    return value * np.log(factors)[:, None] - (value + 1 / spread) * grown


def share_gains(
    hits: Floats, cases: Floats, rate: Floats, correlation: float, factors: Floats
) -> Floats:
    """(factors, series): binomial with odds × θ, discounted by the cases' likeness.

    Cases of one week resemble each other: n of them are worth n / (1 + (n − 1)·ρ).
    """
    # 1 − p′ over 1 − p; p′ over p is θ times that.
    rest = -np.log(1 - rate + factors[:, None] * rate)
    gain = hits * np.log(factors)[:, None] + cases * rest
    return gain / (1 + np.maximum(cases - 1, 0) * correlation)
