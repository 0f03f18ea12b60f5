"""How many people a team or region had in each week: fewer people do less, and that is no fall.

Add here: another use of who was where. Keep out: single persons (`judging/absences.py`, `conditions/persons.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.alerting.series.panel import Floats, Panel
from pipelines.alerting.series.scope_tree import Scope, ScopeTree

KINDS = ("team", "region")


class Heads:
    """Stays of people in teams (columns of `dim_rep`: rep_id, team_id, valid_from, valid_to)."""

    def __init__(self, people: pd.DataFrame | None, tree: ScopeTree) -> None:
        self._stays: list[tuple[list[Scope], np.datetime64, np.datetime64]] = []
        if people is None or people.empty:
            return
        first = pd.to_datetime(people["valid_from"]).fillna(pd.Timestamp("1900-01-01"))
        last = pd.to_datetime(people["valid_to"]).fillna(pd.Timestamp("2200-01-01"))
        for team, begin, end in zip(people["team_id"], first, last, strict=True):
            if team is None or pd.isna(team):
                continue
            scope = ("team", str(team))
            places = [scope, *(a for a in tree.ancestors(scope) if a[0] in KINDS)]
            self._stays.append((places, begin.to_datetime64(), end.to_datetime64()))

    def of(self, panel: Panel) -> Floats | None:
        """The panel's shape: people of the scope, by the part of the period they were there; NaN for
        scopes of other kinds. None if nothing is known of people.
        """
        if not self._stays:
            return None
        columns: dict[Scope, list[int]] = {}
        keys = panel.keys
        for n, scope in enumerate(zip(keys["scope_type"], keys["scope_id"], strict=True)):
            if scope[0] in KINDS:
                columns.setdefault((str(scope[0]), str(scope[1])), []).append(n)
        found = np.full(panel.shape, np.nan)
        for mine in columns.values():
            found[:, mine] = 0.0
        starts, ends = panel.starts.astype("datetime64[D]"), panel.dates.astype("datetime64[D]")
        length = (ends - starts).astype(float) + 1
        for places, begin, end in self._stays:
            low = np.maximum(starts, begin.astype("datetime64[D]"))
            high = np.minimum(ends, end.astype("datetime64[D]"))
            there = np.clip((high - low).astype(float) + 1, 0, None) / length
            for scope in places:
                if scope in columns:
                    found[:, columns[scope]] += there[:, None]
        return found
