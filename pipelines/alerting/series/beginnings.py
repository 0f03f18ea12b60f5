"""From which row on the past of a series counts: the first weeks of a new system tell another story.

Add here: another reason why an early stretch is no yardstick. Keep out: days of episodes, which are
left out while a rule runs (`judging/running.py`).

A CRM that was introduced with the deals then open knows the past of these only: whatever was lost
before is missing, so that every early rate reads too well and every early count too low. Such a
stretch shows in the number of cases of the whole company, which stays far below what is usual later.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.alerting.series.panel import Panel

ENOUGH = 0.75
USUAL_OVER = 13
SMOOTHED_OVER = 4


def beginnings(panel: Panel, reference: NDArray[np.intp]) -> NDArray[np.int32]:
    """For each day and series (the panel's shape) the first row that may serve as its past.

    It is the first row on which the series of `reference` (-1: none, everything counts) had three
    quarters of its usual number of cases: mean of `SMOOTHED_OVER` rows against the median of the
    `USUAL_OVER` rows up to that day. Row t looks at rows up to t only.
    """
    cases = panel.field("sample_size")
    rows, series = panel.shape
    found = np.zeros((rows, series), np.int32)
    for company in np.unique(reference[reference >= 0]):
        mine = reference == company
        found[:, mine] = _first_rows(cases[:, company])[:, None]
    return found


def _first_rows(cases: NDArray[np.float64]) -> NDArray[np.intp]:
    """For each row the first one up to it that had enough cases, 0 where none is known."""
    seen = np.isfinite(cases)
    total = np.r_[0.0, np.cumsum(np.where(seen, cases, 0.0))]
    count = np.r_[0, np.cumsum(seen)]
    until = np.arange(1, len(cases) + 1)
    since = np.maximum(until - SMOOTHED_OVER, 0)
    smooth = (total[until] - total[since]) / np.maximum(count[until] - count[since], 1)
    firsts = np.zeros(len(cases), np.intp)
    for t in range(len(cases)):
        recent = cases[max(0, t + 1 - USUAL_OVER) : t + 1]
        recent = recent[np.isfinite(recent)]
        if len(recent):
            firsts[t] = np.argmax(smooth[: t + 1] >= ENOUGH * np.median(recent))
    return firsts
