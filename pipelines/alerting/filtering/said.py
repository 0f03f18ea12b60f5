"""From the filter's belief to a probability that may be said.

Add here: another calibration. Keep out: limits (`alert_rules.yml`), and how probabilities came true in this
company (`alerting/records/reliability.py`).

A raw posterior is too sure of itself, since weeks are not independent and yardsticks are estimated.
A logistic line mends it: logit q = A + B·logit P. Both were read off generated companies (standard, with
season, growing 80 % a year; `benchmarks/alerting_bars.py`), where the twin without risks tells in every week
whether a figure was really off by a tenth; there about one week in twenty-five is. Levels open and close on q.

What is said is q as it came true later on: on fourteen companies of six worlds q was too cautious above one
half (.72 came true in .80, .83 in .87), so a second line stands between the two.
"""

from __future__ import annotations

import numpy as np
import scipy

from pipelines.alerting.series.panel import Floats

A, B = 0.14, 0.63
SAID_A, SAID_B = 0.13, 1.25
# Of figures pooled, that one of those that speak is really off; read off the same companies.
POOLED_A, POOLED_B = 0.16, 0.5
# Scopes of a kind that the companies had of which A and B were read off.
USUAL_SCOPES = 12
MOST = 0.95
STEP = 0.05


def calibrated(off: Floats, crowd: Floats | float = 0.0) -> Floats:
    """q, between 0 and 1, from the filter's probability of "off"."""
    raw = scipy.special.logit(np.clip(off, 1e-12, 1 - 1e-12))
    return scipy.special.expit(A - crowd + B * raw)


def believed_at(q: Floats, crowd: Floats | float = 0.0) -> Floats:
    """The filter's probability of "off" at which `calibrated` gives q."""
    return scipy.special.expit((scipy.special.logit(q) - A + crowd) / B)


def crowd_of(scopes: Floats) -> Floats:
    """What the number of scopes of its kind takes from a scope's log-odds. Twice as many scopes are off by
    chance twice as often, while a company has not twice the troubles: with the root of their number false
    alarms grow no faster than that.
    """
    return 0.5 * np.log(np.maximum(scopes, USUAL_SCOPES) / USUAL_SCOPES)


def pooled_and_calibrated(evidence: Floats) -> Floats:
    """The probability from the log-evidence of several figures together."""
    return scipy.special.expit(POOLED_A + POOLED_B * evidence)


def shown(q: Floats) -> Floats:
    """What is said where levels see q: as it came true, in steps of 5 points and never above 95 %, since more
    nobody can know.
    """
    odds = scipy.special.logit(np.clip(q, 1e-12, 1 - 1e-12))
    came_true = scipy.special.expit(SAID_A + SAID_B * odds)
    return np.minimum(np.round(came_true / STEP) * STEP, MOST)
