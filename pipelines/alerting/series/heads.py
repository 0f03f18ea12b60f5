"""How many people a team or region had in each week: fewer people do less, and that is no fall.

Add here: another use of who was where. Keep out: single persons (`judging/absences.py`, `conditions/persons.py`).

Somebody new does half of what he will do once he knows his customers, and a person on leave does nothing:
both are known, so neither is a reason to ask a team.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.alerting.series.panel import Floats, Panel
from pipelines.alerting.series.scope_tree import Scope, ScopeTree

if TYPE_CHECKING:
    from pipelines.alerting.judging.absences import Away

KINDS = ("team", "region")
# What somebody new does at first, and days until it is all; who only changes team knows the trade.
NEW, LEARNS = 0.4, 120
MOVED, SETTLES = 0.75, 60
# A stay that begins so soon after another one is a move.
NEAR = np.timedelta64(92, "D")

Days = NDArray[np.datetime64]


@dataclass(frozen=True)
class _Stay:
    """A person in a team: `learns` days from `begin` on in which `least` becomes one."""

    places: tuple[Scope, ...]
    begin: np.datetime64
    end: np.datetime64
    least: float
    learns: int
    away: tuple[tuple[np.datetime64, np.datetime64], ...]

    def there(self, starts: Days, ends: Days, first: np.datetime64) -> Floats:
        """By period: the part of it that the person was there for, by what was to be expected of him.
        `first`: who was there from then on was not new.
        """
        length = (ends - starts).astype(float) + 1

        def part(begin: np.datetime64, end: np.datetime64) -> Floats:
            days = (np.minimum(ends, end) - np.maximum(starts, begin)).astype(float) + 1
            return np.clip(days, 0, None) / length

        found = part(self.begin, self.end)
        for begin, end in self.away:
            low, high = max(begin, self.begin), min(end, self.end)
            if low <= high:
                found = found - part(low, high)
        if self.begin > first:
            since = (ends - self.begin).astype(float) / self.learns
            found = found * (self.least + (1 - self.least) * np.clip(since, 0.0, 1.0))
        return np.clip(found, 0.0, None)


class Heads:
    """Stays of people in teams (columns of `dim_rep`: rep_id, team_id, manager_id, valid_from, valid_to), and
    when they are known to be on leave. Who leads others of the team is not one of those who do its work.
    """

    def __init__(
        self, people: pd.DataFrame | None, tree: ScopeTree, absences: Sequence[Away] = ()
    ) -> None:
        self._stays: list[_Stay] = []
        if people is None or people.empty:
            return
        away: dict[str, list[tuple[np.datetime64, np.datetime64]]] = {}
        for one in absences:
            # Customers that change hands, or a new territory, leave a team what it was.
            if getattr(one, "reason", "leave") in ("leave", "left"):
                span = np.datetime64(one.first_day, "D"), np.datetime64(one.last_day, "D")
                away.setdefault(one.rep_id, []).append(span)
        first = pd.to_datetime(people["valid_from"]).fillna(pd.Timestamp("1900-01-01"))
        last = pd.to_datetime(people["valid_to"]).fillna(pd.Timestamp("2200-01-01"))
        names = people["rep_id"].astype(str) if "rep_id" in people else [""] * len(people)
        rows = sorted(
            (name, begin.to_datetime64().astype("datetime64[D]"), end.to_datetime64().astype("datetime64[D]"), team)
            for name, team, begin, end in zip(names, people["team_id"], first, last, strict=True)
            if team is not None and not pd.isna(team)
        )  # fmt: skip
        leads = _leads(people)
        before: dict[str, np.datetime64] = {}
        for name, begin, end, team in rows:
            if (str(team), name) in leads:
                continue
            scope = ("team", str(team))
            places = (scope, *(a for a in tree.ancestors(scope) if a[0] in KINDS))
            moved = bool(name) and name in before and begin - before[name] <= NEAR
            least, learns = (MOVED, SETTLES) if moved else (NEW, LEARNS)
            stay = _Stay(places, begin, end, least, learns, tuple(away.get(name, ())))
            self._stays.append(stay)
            before[name] = end

    def of(self, panel: Panel) -> Floats | None:
        """The panel's shape: people of the scope, by the part of the period they were there and by what
        can be expected of them; NaN for scopes of other kinds. None if nothing is known of people.
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
        for stay in self._stays:
            there = stay.there(starts, ends, starts.min())
            for scope in stay.places:
                if scope in columns:
                    found[:, columns[scope]] += there[:, None]
        return found


def _leads(people: pd.DataFrame) -> set[tuple[str, str]]:
    """(team, person) who leads somebody else of that team."""
    if "manager_id" not in people or "rep_id" not in people:
        return set()
    led = people[people["manager_id"].notna() & (people["manager_id"] != people["rep_id"])]
    return set(zip(led["team_id"].astype(str), led["manager_id"].astype(str), strict=True))
