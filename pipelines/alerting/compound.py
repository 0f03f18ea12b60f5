"""Two independent kinds of evidence in one scope raise a level.

Add here: another way in which rules speak to each other. Keep out: the state machine.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from pipelines.alerting.conditions.base import Flags
from pipelines.alerting.panel import Panel
from pipelines.alerting.running import History

MAX_AGE = np.timedelta64(7, "D")


def agreement(panel: Panel, partners: Iterable[History]) -> Flags:
    """Where a partner rule stands at 警戒 or 危险 in the same scope, in the panel's shape.

    The partner's newest evaluation up to that day counts, if it is at most a week old, in any
    dimension of the scope.
    """
    result = np.zeros(panel.shape, bool)
    for partner in partners:
        at = np.searchsorted(partner.panel.dates, panel.dates, side="right") - 1
        fresh = at >= 0
        fresh[fresh] &= panel.dates[fresh] - partner.panel.dates[at[fresh]] <= MAX_AGE
        raised = (partner.level[np.maximum(at, 0)] > 0) & fresh[:, None]
        both = pd.concat([panel.keys, partner.panel.keys], ignore_index=True)
        scope = both.groupby(["scope_type", "scope_id"], observed=True).ngroup().to_numpy()
        mine, theirs = scope[: panel.shape[1]], scope[panel.shape[1] :]
        by_scope = np.zeros((len(panel.dates), int(scope.max()) + 1), bool)
        np.logical_or.at(by_scope.T, theirs, raised.T)
        result |= by_scope[:, mine]
    return result
