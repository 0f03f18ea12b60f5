"""From the filter's belief to a probability that may be said.

Add here: another calibration. Keep out: limits (`alert_rules.yml`).

A raw posterior is too sure of itself, since weeks are not independent and yardsticks are estimated.
A logistic line mends it: logit q = a + b·logit P, moved from the base rate it was fitted at to that
of a company in which one scope-week in twenty is bad.
"""

from __future__ import annotations

import math

import numpy as np
import scipy

from pipelines.alerting.panel import Floats

A, B = -1.7, 0.70
FITTED_AT, ASSUMED = 0.012, 0.05
# By hand: scipy is loaded when something is evaluated, not when the rules are read.
SHIFT = math.log(ASSUMED / (1 - ASSUMED)) - math.log(FITTED_AT / (1 - FITTED_AT))
MOST = 0.95
STEP = 0.05


def calibrated(off: Floats) -> Floats:
    """q, between 0 and 1, from the filter's probability of "off"."""
    raw = scipy.special.logit(np.clip(off, 1e-12, 1 - 1e-12))
    return scipy.special.expit(A + SHIFT + B * raw)


def shown(q: Floats) -> Floats:
    """In steps of 5 points and never above 95 %: more nobody can know."""
    return np.minimum(np.round(q / STEP) * STEP, MOST)
