"""Who hears of what at once: slices, roles, causes, budget, repeats, delays."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from pipelines.ledger.episodes import record_episodes
from pipelines.ledger.lookup import Alert, list_alerts
from pipelines.ledger.store import Ledger
from pipelines.notifying.hours import digest_day, earliest, week_of
from pipelines.notifying.recipients import Recipient
from pipelines.notifying.selection import Choice, PendingChange, select
from pipelines.notifying.slices import Hierarchy, in_slice

TODAY = dt.date(2026, 10, 28)
SHANGHAI = ZoneInfo("Asia/Shanghai")
Person = Callable[..., Recipient]


@pytest.fixture
def alert(ledger: Ledger, frame: Callable[..., pd.DataFrame]) -> Callable[..., Alert]:
    """An alert as the ledger gives it, with these values."""

    def build(alert_id: str, **values: Any) -> Alert:
        if not list_alerts(ledger):
            episodes = frame({"alert_id": "base"}).assign(as_of=TODAY)
            record_episodes(ledger, episodes, as_of=TODAY, run_id="r")
        base = list_alerts(ledger)[0]
        return dataclasses.replace(base, alert_id=alert_id, **values)

    return build


def opened(*alerts: Alert, change: str = "opened", **more: Any) -> list[PendingChange]:
    return [
        PendingChange(number, each.alert_id, change, TODAY, each.level, **more)
        for number, each in enumerate(alerts, start=1)
    ]


def choose(
    alerts: list[Alert],
    recipients: list[Recipient],
    hierarchy: Hierarchy,
    pending: list[PendingChange] | None = None,
    **more: Any,
) -> dict[str, Choice]:
    values = {"told": set(), "used": {}, "today": TODAY, **more}
    choices = select(
        {each.alert_id: each for each in alerts},
        opened(*alerts) if pending is None else pending,
        recipients,
        hierarchy,
        **values,
    )
    return {choice.recipient.person_id: choice for choice in choices}


def heads(choice: Choice) -> list[str]:
    return [group.head.alert_id for group in choice.urgent]


@pytest.mark.parametrize(
    ("who", "scope", "sees"),
    [
        (("D1", "director", "company"), ("team", "T01"), True),
        (("D1", "director", "company"), ("product_line", "软件"), True),
        (("D1", "director", "region:华东"), ("rep", "R3"), True),
        (("D1", "director", "region:华东"), ("rep", "R9"), False),
        (("D1", "director", "region:华东"), ("company", "company"), False),
        (("M1", "manager", "team:T01"), ("rep", "R1"), True),
        (("M1", "manager", "team:T01"), ("rep", "R3"), False),
        (("M1", "manager", "team:T01"), ("region", "华东"), False),
        (("R1", "rep"), ("rep", "R1"), True),
        (("R1", "rep"), ("rep", "R2"), False),
        (("R1", "rep"), ("team", "T01"), False),
        (("D1", "director", "company"), ("source", "crm"), False),
        (("X1", "data_owner"), ("source", "crm"), True),
        (("X1", "data_owner"), ("team", "T01"), False),
        (("X1", "data_owner", "source:erp"), ("source", "crm"), False),
    ],
)
def test_everybody_sees_their_own_slice(
    who: tuple[str, ...], scope: tuple[str, str], sees: bool, alert: Callable[..., Alert],
    person: Person, hierarchy: Hierarchy,
) -> None:  # fmt: skip
    one = alert("a", scope_type=scope[0], scope_id=scope[1], owner_id=None)
    assert in_slice(person(*who), one, hierarchy) is sees


def test_who_is_to_answer_sees_it_wherever_it_lies(
    alert: Callable[..., Alert], person: Person, hierarchy: Hierarchy
) -> None:
    one = alert("a", scope_id="T02", owner_id="M2", assigned_to="R1")
    assert in_slice(person("R1", "rep"), one, hierarchy)
    assert in_slice(person("M2", "manager", "team:T09"), one, hierarchy)


def test_a_circle_of_teams_ends(hierarchy: Hierarchy) -> None:
    circle = Hierarchy(above={("team", "A"): ("team", "B"), ("team", "B"): ("team", "A")})
    assert circle.containing(("team", "A")) == {
        ("team", "A"), ("team", "B"), ("company", "company"),
    }  # fmt: skip


def test_warnings_go_to_managers_dangers_to_directors_too(
    alert: Callable[..., Alert], person: Person, hierarchy: Hierarchy
) -> None:
    people = [person("D1", "director", "company"), person("M1", "manager", "team:T01")]
    found = choose([alert("w"), alert("d", level="danger")], people, hierarchy)
    assert heads(found["D1"]) == ["d"]
    assert sorted(heads(found["M1"])) == ["d", "w"]


def test_a_warning_that_nobody_else_covers_reaches_the_director(
    alert: Callable[..., Alert], person: Person, hierarchy: Hierarchy
) -> None:
    found = choose([alert("w")], [person("D1", "director", "company")], hierarchy)
    assert heads(found["D1"]) == ["w"]


def test_budget_of_five_takes_the_heaviest_and_leaves_the_rest_to_the_digest(
    alert: Callable[..., Alert], person: Person, hierarchy: Hierarchy
) -> None:
    money = {"a": (100, 0.9), "b": (900, 0.1), "c": (500, 0.5), "d": (70, None), "e": (400, 0.4),
             "f": (1000, 0.05), "g": (300, 0.99)}  # fmt: skip
    alerts = [
        alert(key, level="warning", amount_at_risk=amount, probability=chance)
        for key, (amount, chance) in money.items()
    ]
    boss = [person("D1", "manager", "company")]
    found = choose(alerts, boss, hierarchy)["D1"]
    assert heads(found) == ["g", "c", "e", "a", "b"]
    assert [group.head.alert_id for group in found.deferred] == ["d", "f"]
    assert heads(choose(alerts, boss, hierarchy, used={"D1": 3})["D1"]) == ["g", "c"]
    assert heads(choose(alerts, boss, hierarchy, used={"D1": 9})["D1"]) == []


def test_a_new_danger_goes_out_whatever_was_told_before_and_reminders_are_bundled(
    alert: Callable[..., Alert], person: Person, hierarchy: Hierarchy
) -> None:
    # Three days without answers ate the budget: a danger of 3,000 万 waited until Monday.
    boss = [person("D1", "director", "company")]
    late = [alert(f"late{n}", level="danger") for n in range(4)]
    new = alert("new", level="danger", amount_at_risk=30_000_000)
    pending = [
        PendingChange(n, one.alert_id, "overdue", TODAY, "danger", "seen", "D1")
        for n, one in enumerate(late, start=10)
    ] + [PendingChange(1, "new", "opened", TODAY, "danger")]
    found = choose([*late, new], boss, hierarchy, pending, used={"D1": 9})["D1"]
    assert heads(found) == ["new"]
    assert len(found.reminders) == 4
    assert found.deferred == ()


def test_a_change_is_told_once(
    alert: Callable[..., Alert], person: Person, hierarchy: Hierarchy
) -> None:
    boss = [person("D1", "director", "company")]
    one = alert("a", level="danger")
    assert heads(choose([one], boss, hierarchy, told={("D1", 1)})["D1"]) == []
    again = [*opened(one), PendingChange(2, "a", "doubled", TODAY, "danger")]
    found = choose([one], boss, hierarchy, again, told={("D1", 1)})["D1"]
    assert [group.change.change for group in found.urgent] == ["doubled"]


@pytest.mark.parametrize(
    "values",
    [
        {"state": "recovered"},
        {"state": "closed"},
        {"snoozed_until": TODAY},
        {"details": {"mode": "watch"}},
    ],
)
def test_what_is_over_snoozed_or_only_watched_disturbs_nobody(
    values: dict[str, Any], alert: Callable[..., Alert], person: Person, hierarchy: Hierarchy
) -> None:
    found = choose([alert("a", level="danger", **values)],
                   [person("D1", "director", "company")], hierarchy)  # fmt: skip
    assert (heads(found["D1"]), found["D1"].deferred) == ([], ())


def test_a_snooze_ends_after_its_day(
    alert: Callable[..., Alert], person: Person, hierarchy: Hierarchy
) -> None:
    one = alert("a", level="danger", snoozed_until=TODAY - dt.timedelta(days=1))
    assert heads(choose([one], [person("D1", "director", "company")], hierarchy)["D1"]) == ["a"]


def test_one_cause_is_one_notice_and_each_in_their_own_slice(
    alert: Callable[..., Alert], person: Person, hierarchy: Hierarchy
) -> None:
    region = alert("region", level="danger", scope_type="region", scope_id="华东")
    team = alert("team", level="danger", details={"parent_alert_id": "region"})
    rep = alert("rep", level="danger", scope_type="rep", scope_id="R1",
                details={"parent_alert_id": "team"})  # fmt: skip
    people = [person("D1", "director", "company"), person("M5", "manager", "team:T01")]
    found = choose([rep, team, region], people, hierarchy)
    assert heads(found["D1"]) == ["region"]
    assert [member.alert_id for member in found["D1"].urgent[0].members] == ["team"]
    assert heads(found["M5"]) == ["team"]
    assert [member.alert_id for member in found["M5"].urgent[0].members] == ["rep"]


def test_a_single_rep_disturbs_the_manager_and_no_director(
    alert: Callable[..., Alert], person: Person, hierarchy: Hierarchy
) -> None:
    rep = alert("rep", level="danger", scope_type="rep", scope_id="R1")
    people = [person("D1", "director", "company"), person("M5", "manager", "team:T01")]
    found = choose([rep], people, hierarchy)
    assert heads(found["M5"]) == ["rep"]
    assert heads(found["D1"]) == []


def test_milder_news_below_a_known_cause_waits_but_danger_does_not(
    alert: Callable[..., Alert], person: Person, hierarchy: Hierarchy
) -> None:
    region = alert("region", level="danger", scope_type="region", scope_id="华东")
    mild = alert("mild", details={"parent_alert_id": "region"})
    grave = alert("grave", level="danger", details={"parent_alert_id": "region"})
    people = [person("M5", "manager", "region:华东")]
    told = {("M5", 1)}
    found = choose([region, mild], people, hierarchy, told=told)["M5"]
    assert (heads(found), len(found.deferred)) == ([], 1)
    assert heads(choose([region, grave], people, hierarchy, told=told)["M5"]) == ["region"]


def test_a_circle_of_parents_ends(
    alert: Callable[..., Alert], person: Person, hierarchy: Hierarchy
) -> None:
    one = alert("a", level="danger", details={"parent_alert_id": "b"})
    two = alert("b", level="danger", details={"parent_alert_id": "a"})
    found = choose([one, two], [person("D1", "director", "company")], hierarchy)["D1"]
    told = {change.alert_id for group in found.urgent for change in group.changes}
    assert told == {"a", "b"}


def test_old_news_goes_by_digest(
    alert: Callable[..., Alert], person: Person, hierarchy: Hierarchy
) -> None:
    one = alert("a", level="danger")
    old = [PendingChange(1, "a", "opened", TODAY - dt.timedelta(days=30), "danger")]
    found = choose([one], [person("D1", "director", "company")], hierarchy, old)["D1"]
    assert (heads(found), len(found.deferred)) == ([], 1)


@pytest.mark.parametrize(
    ("to_person", "recipients", "hears"),
    [
        ("M1", ("R1", "M1", "D1"), {"R1", "M1"}),
        ("M1", ("R1", "D1"), {"R1", "D1"}),  # M1 gets no notices: on to the manager's manager
        (None, ("R1", "D1"), {"R1", "D1"}),  # nobody known: the director of the scope
        ("M9", ("R1", "M1", "D1"), {"R1", "D1"}),  # leads to nobody who is told
    ],
)
def test_an_overdue_answer_goes_up(
    to_person: str | None, recipients: tuple[str, ...], hears: set[str],
    alert: Callable[..., Alert], person: Person, hierarchy: Hierarchy,
) -> None:  # fmt: skip
    people = {
        "R1": person("R1", "rep"),
        "M1": person("M1", "manager", "team:T01"),
        "D1": person("D1", "director", "company"),
    }
    late = alert("a", scope_type="rep", scope_id="R1", owner_id="R1")
    pending = opened(late, change="overdue", step="seen", person_id=to_person)
    found = choose([late], [people[key] for key in recipients], hierarchy, pending)
    assert {key for key, choice in found.items() if choice.reminders} == hears


def test_an_answer_that_came_before_the_reminder_stops_it(
    alert: Callable[..., Alert], person: Person, hierarchy: Hierarchy
) -> None:
    late = alert("a", seen_at=dt.datetime(2026, 10, 28, tzinfo=dt.UTC))
    pending = opened(late, change="overdue", step="seen", person_id="D1")
    found = choose([late], [person("D1", "director", "company")], hierarchy, pending)
    assert heads(found["D1"]) == []


def workday(day: dt.date) -> bool:
    return day.weekday() < 5 and not dt.date(2026, 10, 1) <= day <= dt.date(2026, 10, 7)


QUIET = {"from": "20:00", "until": "08:30"}


@pytest.mark.parametrize(
    ("local", "quiet", "allowed"),
    [
        ("2026-10-28T10:00", QUIET, "2026-10-28T10:00"),
        ("2026-10-28T03:00", QUIET, "2026-10-28T08:30"),
        ("2026-10-28T21:00", QUIET, "2026-10-29T08:30"),
        ("2026-10-30T21:00", QUIET, "2026-11-02T08:30"),  # Friday evening: Monday morning
        ("2026-10-31T11:00", QUIET, "2026-11-02T08:30"),
        ("2026-10-31T11:00", None, "2026-11-02T08:00"),
        ("2026-09-30T20:00", QUIET, "2026-10-08T08:30"),  # over the holidays
        ("2026-10-28T12:30", {"from": "12:00", "until": "14:00"}, "2026-10-28T14:00"),
        ("2026-10-28T23:59", None, "2026-10-28T23:59"),
    ],
)
def test_quiet_hours_and_days_off_delay(
    local: str, quiet: Any, allowed: str, person: Person
) -> None:
    now = dt.datetime.fromisoformat(local).replace(tzinfo=SHANGHAI)
    found = earliest(person("D1", "rep", quiet_hours=quiet), now, SHANGHAI, workday)
    assert found.astimezone(SHANGHAI) == dt.datetime.fromisoformat(allowed).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("weekday", "today", "due"),
    [
        ("monday", "2026-10-26", "2026-10-26"),
        ("monday", "2026-10-30", "2026-10-26"),
        ("friday", "2026-10-29", "2026-10-23"),
        ("thursday", "2026-10-01", None),  # a holiday: nothing yet
        ("thursday", "2026-10-07", None),
        ("wednesday", "2026-10-08", "2026-10-07"),
        ("saturday", "2026-10-25", None),
        ("saturday", "2026-10-26", "2026-10-24"),
    ],
)
def test_the_digest_waits_for_a_working_day(
    weekday: str, today: str, due: str | None, person: Person
) -> None:
    found = digest_day(
        person("D1", "rep", digest_day=weekday), dt.date.fromisoformat(today), workday
    )
    assert found == (dt.date.fromisoformat(due) if due else None)


def test_weeks_are_those_of_the_company() -> None:
    sunday_evening_utc = dt.datetime(2026, 12, 27, 17, 0, tzinfo=dt.UTC)
    assert week_of(sunday_evening_utc, SHANGHAI) == "2026-W53"
    assert week_of(sunday_evening_utc, ZoneInfo("UTC")) == "2026-W52"
    assert week_of(sunday_evening_utc, ZoneInfo("UTC"), 6) == "2026-W53"
