"""Rules speak to each other: two independent kinds of evidence raise a level, several make one rule.

Add here: another way in which rules speak to each other. Keep out: the state machine.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from pipelines.alerting.conditions.base import Flags, Levels
from pipelines.alerting.judging.running import History, Status
from pipelines.alerting.series.panel import Panel

MAX_AGE = np.timedelta64(7, "D")


def standing(panel: Panel, partner: History) -> tuple[Levels, Flags]:
    """(level, whether it is known) of a partner rule in the panel's shape.

    The partner's newest evaluation up to that day counts, if it is at most a week old; of several
    dimensions of a scope the worst.
    """
    at = np.searchsorted(partner.panel.dates, panel.dates, side="right") - 1
    fresh = at >= 0
    fresh[fresh] &= panel.dates[fresh] - partner.panel.dates[at[fresh]] <= MAX_AGE
    at = np.maximum(at, 0)
    judged = np.isin(partner.status[at], [Status.JUDGED, Status.BETWEEN]) & fresh[:, None]
    level = np.where(fresh[:, None], partner.level[at], 0).astype(np.int8)
    both = pd.concat([panel.keys, partner.panel.keys], ignore_index=True)
    scope = both.groupby(["scope_type", "scope_id"], observed=True).ngroup().to_numpy()
    mine, theirs = scope[: panel.shape[1]], scope[panel.shape[1] :]
    worst = np.zeros((int(scope.max()) + 1, len(panel.dates)), np.int8)
    known = np.zeros(worst.shape, bool)
    np.maximum.at(worst, theirs, level.T)
    np.logical_or.at(known, theirs, (judged | (level > 0)).T)
    return worst[mine].T, known[mine].T


def agreement(panel: Panel, partners: Iterable[History]) -> Flags:
    """Where a partner rule stands at 警戒 or 危险 in the same scope, in the panel's shape."""
    result = np.zeros(panel.shape, bool)
    for partner in partners:
        result |= standing(panel, partner)[0] > 0
    return result
