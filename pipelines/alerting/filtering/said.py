"""From the filter's belief to a probability that may be said.

Add here: another calibration. Keep out: limits (`alert_rules.yml`), and how probabilities came true in this
company (`alerting/records/reliability.py`).

A raw posterior is too sure of itself, since weeks are not independent and yardsticks are estimated.
A logistic line mends it: logit q = A + B·logit P. Both were read off generated companies (standard, with
season, growing 80 % a year; `benchmarks/alerting_bars.py`), where the twin without risks tells in every week
whether a figure was really off by a tenth; there about one week in twenty-five is.
"""

from __future__ import annotations

import numpy as np
import scipy

from pipelines.alerting.series.panel import Floats

A, B = 0.14, 0.63
# Of figures pooled, that one of those that speak is really off; read off the same companies.
POOLED_A, POOLED_B = 0.16, 0.5
MOST = 0.95
STEP = 0.05


def calibrated(off: Floats) -> Floats:
    """q, between 0 and 1, from the filter's probability of "off"."""
    raw = scipy.special.logit(np.clip(off, 1e-12, 1 - 1e-12))
    return scipy.special.expit(A + B * raw)


def believed_at(q: Floats) -> Floats:
    """The filter's probability of "off" at which `calibrated` gives q."""
    return scipy.special.expit((scipy.special.logit(q) - A) / B)


def pooled_and_calibrated(evidence: Floats) -> Floats:
    """The probability from the log-evidence of several figures together."""
    return scipy.special.expit(POOLED_A + POOLED_B * evidence)


def shown(q: Floats) -> Floats:
    """In steps of 5 points and never above 95 %: more nobody can know."""
    return np.minimum(np.round(q / STEP) * STEP, MOST)
