"""Falls that nobody planted: a team that lost people sells less, and a warning of it is no mistake.

Add here: another real cause that the generated company knows of. Keep out: planted risks (labels).
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np

from pipelines.alerting.series.scope_tree import Scope
from pipelines.sample.company import STREAMS
from pipelines.sample.organisation import Organisation, organise
from pipelines.sample.time_axis import TimeAxis
from pipelines.sample.words_zh import ZH
from pipelines.sample.worlds import world_of

# A team is short of people where its seats together can do an eighth less than in the half year before.
SHORT = 0.88


class Staffing:
    """What the seats of each scope together can do, by month; of the company with that seed."""

    def __init__(self, *, reps: int, seed: int, end: dt.date, world: str) -> None:
        axis = TimeAxis(end, world_of(world))
        rng = np.random.Generator(np.random.PCG64([seed, STREAMS.index("people")]))
        self.company: Organisation = organise(reps, axis, ZH, rng)

    def short(self, scope: Scope, day: dt.date) -> bool:
        """Whether the scope was short of people in that month or the two before."""
        mine = self._seats(scope)
        if not mine.any():
            return False
        able = self.company.productivity[mine].sum(axis=0)
        month = self.company.axis.month_number(day)
        for at in range(month - 2, month + 1):
            before = able[max(0, at - 9) : max(1, at - 2)]
            if at >= 3 and able[at] <= SHORT * before.mean():
                return True
        return False

    def _seats(self, scope: Scope) -> np.ndarray:
        company = self.company
        kind, ident = scope
        if kind == "company":
            return np.ones(company.seats, bool)
        if kind == "region":
            names = [company.words.regions[r] for r in company.region_of_seat]
            return np.array([name == ident for name in names])
        if kind == "team":
            return np.array([company.team_id(int(t)) == ident for t in company.team_of_seat])
        return np.zeros(company.seats, bool)


def staffing_of(folder: Path, *, reps: int, seed: int, world: str) -> Staffing:
    """Of a company in the folder of `alerting_companies.built`."""
    named = "" if world == "standard" else f"-{world}"
    done = json.loads((folder / f"{reps}-{seed}{named}-risks" / "done.json").read_text())
    return Staffing(reps=reps, seed=seed, end=dt.date.fromisoformat(done["as_of"]), world=world)
