"""Who is known to be away: leave, a handover, a new territory, or gone.

Add here: another reason why nothing can be asked of one person. Keep out: reading the file
(`configuration/tables.py`), and the questions (`conditions/persons.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from pipelines.alerting.conditions.base import Flags
from pipelines.alerting.series.panel import Panel

FAR = dt.date(2200, 1, 1)


class Away(Protocol):
    """Days, both inclusive, on which a rep is away."""

    @property
    def rep_id(self) -> str: ...

    @property
    def first_day(self) -> dt.date: ...

    @property
    def last_day(self) -> dt.date: ...


def absent(panel: Panel, absences: Sequence[Away]) -> Flags:
    """The panel's shape: periods of a rep that such days touch."""
    found = np.zeros(panel.shape, bool)
    keys = panel.keys
    column = {
        str(ident): n
        for n, (kind, ident) in enumerate(zip(keys["scope_type"], keys["scope_id"], strict=True))
        if kind == "rep"
    }
    for away in absences:
        s = column.get(away.rep_id)
        if s is not None:
            first = np.datetime64(away.first_day, "D")
            last = np.datetime64(min(away.last_day, FAR), "D")
            found[:, s] |= (panel.starts <= last) & (panel.dates >= first)
    return found
