"""What worlds do to people beside joining and leaving: a reorganisation, and days away from work.

Add here: another thing that happens to people in some world. Keep out: stays in seats (`organisation.py`)
and numbers (`worlds.py`).
"""

from __future__ import annotations

import numpy as np

from pipelines.sample.organisation import Organisation


def reorganise(company: Organisation) -> None:
    """Of the first team of each region every third seat joins the second team, customers and all."""
    axis = company.axis
    company.reorganised_in = axis.month_number(axis.start) + axis.world.months * 2 // 3
    company.team_after = company.team_of_seat.copy()
    for region in range(company.regions):
        teams = np.flatnonzero(company.region_of_team == region)
        if len(teams) > 1:
            moved = np.flatnonzero(company.team_of_seat == teams[0])[::3]
            company.team_after[moved] = teams[1]


def draw_absences(company: Organisation, rng: np.random.Generator) -> None:
    """Spells of 3 to 7 workdays, one in five of them of 8 to 15, in which a person does nothing."""
    axis = company.axis
    days = len(axis.workdays)
    company.absence = np.zeros((company.seats, days), bool)
    spells = rng.poisson(axis.world.absences * days / 250, company.seats)
    for seat, count in enumerate(spells.tolist()):
        for first in rng.integers(0, days, count).tolist():
            length = rng.integers(8, 16) if rng.random() < 0.2 else rng.integers(3, 8)
            company.absence[seat, first : first + int(length)] = True
