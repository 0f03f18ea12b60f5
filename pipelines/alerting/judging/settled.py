"""Where somebody said that what lasts is the new normal, as rows and columns of a panel.

Add here: another answer that begins a past anew. Keep out: reading answers (`pipelines/ledger`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.series.panel import Panel


class Settled(Protocol):
    """The figure of a rule in a scope, and the day of the answer."""

    @property
    def rule(self) -> str: ...

    @property
    def scope_type(self) -> str: ...

    @property
    def scope_id(self) -> str: ...

    @property
    def dimension(self) -> str: ...

    @property
    def day(self) -> dt.date: ...


def restarts(rule: Rule, panel: Panel, settled: Sequence[Settled]) -> dict[int, list[int]]:
    """By row of the panel, the first one from the day of the answer on: the series that begin anew.

    A target is settled by its period alone, so rules on targets have none.
    """
    mine = [one for one in settled if one.rule in (rule.name, rule.known_as)]
    if not mine or rule.on_targets:
        return {}
    keys = panel.keys
    column = {
        (str(kind), str(ident), str(dimension)): n
        for n, (kind, ident, dimension) in enumerate(
            zip(keys["scope_type"], keys["scope_id"], keys["dimension"], strict=True)
        )
    }
    found: dict[int, list[int]] = {}
    for one in mine:
        s = column.get((one.scope_type, one.scope_id, one.dimension))
        row = int(np.searchsorted(panel.dates, np.datetime64(one.day, "D")))
        if s is not None and row < len(panel.dates):
            found.setdefault(row, []).append(s)
    return found
