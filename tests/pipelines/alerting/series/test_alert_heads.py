"""Who does a team's work: not its head, not who is on leave, and the new ones not all of it yet."""

import datetime as dt

import numpy as np
import pandas as pd
from alerting_frames import MONDAY, last_day, scopes, weekly

from pipelines.alerting.series.heads import Heads
from pipelines.alerting.series.panel import metric_panel
from pipelines.alerting.series.scope_tree import ScopeTree
from pipelines.configuration.tables import Absence

WEEKS = 60
CHANGE = MONDAY + dt.timedelta(days=7 * 30)
STAYS = [
    ("M", "T1", None, MONDAY, None),
    ("A", "T1", "M", MONDAY, None),
    ("B", "T1", "M", MONDAY, CHANGE - dt.timedelta(days=1)),
    ("C", "T1", "M", CHANGE, None),
    ("B", "T2", "N", CHANGE, None),
]


def heads(team: str, *absences: Absence) -> np.ndarray:
    people = pd.DataFrame(STAYS, columns=["rep_id", "team_id", "manager_id", "valid_from", "valid_to"])  # fmt: skip
    rows = weekly("activities", np.ones(WEEKS), scope=("team", team))
    panel = metric_panel(rows, as_of=last_day(rows))
    assert panel is not None
    found = Heads(people, ScopeTree(scopes(2)), absences).of(panel)
    assert found is not None
    return found[:, 0]


def test_somebody_new_counts_for_half_and_grows_into_it() -> None:
    found = heads("T1")
    assert (found[:30] == 2).all()
    assert 1.4 <= found[30] <= 1.5
    assert (np.diff(found[30:]) >= 0).all()
    assert found[-1] == 2
    # Who only changes team knows the trade.
    assert 0.75 <= heads("T2")[30] <= 0.8


def test_leave_that_is_known_takes_a_person_away_and_a_handover_does_not() -> None:
    first = MONDAY + dt.timedelta(days=70)
    week = (first, first + dt.timedelta(days=6))
    assert heads("T1", Absence("A", *week, "leave"))[9:12].tolist() == [2, 1, 2]
    assert heads("T1", Absence("A", *week, "handover"))[10] == 2
