"""Terms in working days, escalation one level up per overdue step, each logged once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pandas as pd
import pytest

from pipelines.ledger import responses
from pipelines.ledger.due import add_workdays, escalate, steps_of, superior
from pipelines.ledger.episodes import record_episodes
from pipelines.ledger.lookup import show_alert
from pipelines.ledger.store import Ledger

NOW = dt.datetime(2026, 10, 28, 1, 0, tzinfo=dt.UTC)
WEDNESDAY = dt.date(2026, 10, 28)
# 国庆: 1 to 7 October off, Saturday 10 October worked.
OFF = {dt.date(2026, 10, day) for day in range(1, 8)}
MANAGERS = {"R1": "M1", "M1": "D1", "D1": "CEO"}


def is_workday(day: dt.date) -> bool:
    return (day.weekday() < 5 and day not in OFF) or day == dt.date(2026, 10, 10)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-10-28", 0, "2026-10-28"),
        ("2026-10-28", 2, "2026-10-30"),
        ("2026-10-29", 2, "2026-11-02"),
        ("2026-10-31", 0, "2026-11-02"),  # a Saturday counts as Monday
        ("2026-10-31", 1, "2026-11-03"),
        ("2026-09-30", 1, "2026-10-08"),
        ("2026-10-03", 0, "2026-10-08"),
        ("2026-10-09", 1, "2026-10-10"),  # the worked Saturday
    ],
)
def test_workdays_pass_over_days_off(start: str, days: int, end: str) -> None:
    found = add_workdays(dt.date.fromisoformat(start), days, is_workday)
    assert found == dt.date.fromisoformat(end)


def test_a_calendar_without_workdays_does_not_hang() -> None:
    assert add_workdays(WEDNESDAY, 2, lambda _day: False) > WEDNESDAY


@pytest.mark.parametrize(
    ("person", "levels", "above"),
    [("R1", 1, "M1"), ("R1", 2, "D1"), ("R1", 9, "CEO"), ("CEO", 1, None), (None, 1, None)],
)
def test_who_stands_above(person: str | None, levels: int, above: str | None) -> None:
    assert superior(person, levels, MANAGERS) == above


def test_a_circle_of_managers_ends() -> None:
    assert superior("A", 5, {"A": "B", "B": "A"}) == "B"


@pytest.fixture
def danger(ledger: Ledger, frame: Callable[..., pd.DataFrame]) -> Ledger:
    night = frame({"alert_id": "a", "level": "danger", "owner_id": "R1"})
    record_episodes(ledger, night, as_of=WEDNESDAY, run_id="r", now=NOW)
    return ledger


def escalations(ledger: Ledger, day: int) -> list[tuple[str, str | None]]:
    found = escalate(
        ledger, managers=MANAGERS, is_workday=is_workday,
        today=WEDNESDAY + dt.timedelta(days=day), now=NOW + dt.timedelta(days=day),
    )  # fmt: skip
    return [(step.step, step.to_person) for step in found]


def test_each_overdue_step_goes_one_level_further_up_and_once(danger: Ledger) -> None:
    assert escalations(danger, 0) == []
    assert escalations(danger, 1) == [("seen", "M1")]
    assert escalations(danger, 1) == []
    assert escalations(danger, 2) == [("taken", "D1")]
    assert escalations(danger, 3) == [("planned", "CEO")]  # Saturday: Friday was the last day
    assert escalations(danger, 4) == []
    changes = show_alert(danger, "a").changes
    assert [row.step for row in changes if row.change == "overdue"] == ["seen", "taken", "planned"]


def test_what_is_done_in_time_is_not_overdue(danger: Ledger) -> None:
    responses.acknowledge(danger, "a", "R1", now=NOW)
    responses.assign(danger, "a", "R1", "R1", now=NOW)
    assert escalations(danger, 2) == []
    assert escalations(danger, 5) == [("planned", "CEO")]


def test_a_plan_is_also_taking_it(danger: Ledger) -> None:
    responses.plan(danger, "a", "R1", "拜访", now=NOW)
    assert escalations(danger, 9) == []


def test_snoozed_alerts_wait_and_wake(danger: Ledger) -> None:
    until = WEDNESDAY + dt.timedelta(days=2)
    responses.snooze(danger, "a", "R1", until, "盘点", now=NOW, today=WEDNESDAY)
    assert escalations(danger, 2) == []
    assert escalations(danger, 3) == [("taken", "D1"), ("planned", "CEO")]


def test_a_raise_has_to_be_seen_anew(ledger: Ledger, frame: Callable[..., pd.DataFrame]) -> None:
    low = frame({"alert_id": "a", "owner_id": "R1"})
    record_episodes(ledger, low, as_of=WEDNESDAY, run_id="r", now=NOW)
    responses.acknowledge(ledger, "a", "R1", now=NOW)
    high = frame({"alert_id": "a", "owner_id": "R1", "level": "danger"})
    day = WEDNESDAY + dt.timedelta(days=1)
    record_episodes(ledger, high, as_of=day, run_id="r", now=NOW + dt.timedelta(days=1))
    alert = show_alert(ledger, "a").alert
    assert (alert.acknowledged_at, alert.seen_at) == (NOW, None)
    assert [(step.name, step.due_on, step.done) for step in steps_of(alert, is_workday)] == [
        ("seen", dt.date(2026, 10, 29), False),
        ("taken", dt.date(2026, 10, 30), False),
        ("planned", dt.date(2026, 11, 2), False),
    ]
    assert responses.acknowledge(ledger, "a", "R1", now=NOW + dt.timedelta(days=1)).new
