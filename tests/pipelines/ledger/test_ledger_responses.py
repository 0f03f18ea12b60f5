"""Answers: once per click, both of two people, refusals that say why in both languages."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from multiprocessing.context import BaseContext
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import select

from pipelines.ledger import responses
from pipelines.ledger.episodes import record_episodes
from pipelines.ledger.lookup import list_alerts, show_alert
from pipelines.ledger.models import Response
from pipelines.ledger.refusals import AlreadyResolved, NotFound, Refused
from pipelines.ledger.signals import add_signal, parse_scope
from pipelines.ledger.store import Ledger, open_ledger

NOW = dt.datetime(2026, 10, 28, 1, 0, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(hours=5)
TODAY = dt.date(2026, 10, 28)
Frame = Callable[..., pd.DataFrame]


@pytest.fixture
def alerted(ledger: Ledger, frame: Frame) -> Ledger:
    night = frame({"alert_id": "abc111"}, {"alert_id": "abc222", "level": "danger"})
    record_episodes(ledger, night, as_of=TODAY, run_id="r", now=NOW)
    return ledger


def actions(ledger: Ledger, alert_id: str) -> list[tuple[str, str]]:
    return [(row.person_id, row.action) for row in show_alert(ledger, alert_id).responses]


def test_the_whole_life_of_an_alert(alerted: Ledger) -> None:
    responses.acknowledge(alerted, "abc1", "M1", now=NOW)
    responses.assign(alerted, "abc1", "M1", "R7", now=NOW)
    responses.plan(alerted, "abc1", "R7", "本周拜访三家客户", now=LATER)
    done = responses.resolve(alerted, "abc1", "R7", "recovered", "多拜访有效", now=LATER)
    assert done.text("zh") == "预警 abc111 已结案：已恢复。"
    assert done.text("en") == "Alert abc111 is resolved: recovered."
    alert = show_alert(alerted, "abc111").alert
    assert (alert.acknowledged_at, alert.assigned_to, alert.planned_at) == (NOW, "R7", LATER)
    assert (alert.state, alert.outcome, alert.resolved_by) == ("closed", "recovered", "R7")
    assert [alert.alert_id for alert in list_alerts(alerted)] == ["abc222"]


@pytest.mark.parametrize(
    "act",
    [
        lambda ledger: responses.acknowledge(ledger, "abc111", "M1", now=NOW),
        lambda ledger: responses.assign(ledger, "abc111", "M1", "R7", now=NOW),
        lambda ledger: responses.plan(ledger, "abc111", "M1", " 拜访 ", now=NOW),
        lambda ledger: responses.resolve(ledger, "abc111", "M1", "missed", "晚了", now=NOW),
        lambda ledger: responses.snooze(
            ledger, "abc111", "M1", TODAY + dt.timedelta(days=3), "盘点", now=NOW, today=TODAY
        ),
        lambda ledger: responses.comment(ledger, "abc111", "M1", "已电话沟通", now=NOW),
    ],
)
def test_the_same_click_twice_counts_once(alerted: Ledger, act: Callable[[Ledger], Any]) -> None:
    assert act(alerted).new
    before = show_alert(alerted, "abc111")
    again = act(alerted)
    assert not again.new
    assert "未重复登记" in again.text("zh")
    after = show_alert(alerted, "abc111")
    for rows in ("responses", "comments", "snoozes"):
        assert len(getattr(after, rows)) == len(getattr(before, rows)) <= 1


def test_assigning_back_and_forth_is_no_repeat(alerted: Ledger) -> None:
    for person in ("A", "B", "A"):
        assert responses.assign(alerted, "abc111", "M1", person, now=NOW).new
    assert show_alert(alerted, "abc111").alert.assigned_to == "A"


def test_two_people_at_once_are_both_kept_and_the_first_counts(alerted: Ledger) -> None:
    barrier = threading.Barrier(2)

    def click(person: str, at: dt.datetime) -> None:
        barrier.wait()
        responses.acknowledge(alerted, "abc111", person, now=at)

    threads = [threading.Thread(target=click, args=(person, NOW)) for person in ("M1", "D1")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(actions(alerted, "abc111")) == [("D1", "ack"), ("M1", "ack")]
    responses.acknowledge(alerted, "abc111", "R9", now=LATER)
    assert show_alert(alerted, "abc111").alert.acknowledged_at == NOW


def test_a_second_outcome_is_refused_but_its_note_is_kept(alerted: Ledger) -> None:
    responses.resolve(alerted, "abc111", "M1", "recovered", "好了", now=NOW)
    with pytest.raises(AlreadyResolved) as caught:
        responses.resolve(alerted, "abc111", "D1", "missed", "没有达成", now=LATER)
    assert "已由 M1 于 2026-10-28 结案（已恢复）" in caught.value.text("zh")
    assert "resolved by M1 on 2026-10-28 (recovered)" in caught.value.text("en")
    history = show_alert(alerted, "abc111")
    assert history.alert.outcome == "recovered"
    assert [(row.person_id, row.text) for row in history.comments] == [("D1", "[missed] 没有达成")]


@pytest.mark.parametrize(
    "act",
    [
        lambda ledger: responses.plan(ledger, "abc111", "M1", "再试", now=LATER),
        lambda ledger: responses.acknowledge(ledger, "abc111", "M1", now=LATER),
        lambda ledger: responses.assign(ledger, "abc111", "M1", "R7", now=LATER),
        lambda ledger: responses.snooze(
            ledger, "abc111", "M1", TODAY, "盘点", now=LATER, today=TODAY
        ),
    ],
)
def test_a_resolved_alert_takes_nothing_but_comments(
    alerted: Ledger, act: Callable[[Ledger], Any]
) -> None:
    responses.resolve(alerted, "abc111", "M1", "recovered", "好了", now=NOW)
    with pytest.raises(AlreadyResolved, match="Add a comment"):
        act(alerted)
    assert actions(alerted, "abc111") == [("M1", "resolve")]
    assert responses.comment(alerted, "abc111", "M1", "补充", now=LATER).new


@pytest.mark.parametrize(
    ("act", "zh", "en"),
    [
        (lambda x: responses.plan(x, "abc111", "M1", "  ", now=NOW), "请填写计划内容", "the plan"),
        (lambda x: responses.plan(x, "abc111", "M1", "长" * 4001, now=NOW), "过长", "Too long"),
        (lambda x: responses.plan(x, "abc111", " ", "做", now=NOW), "未说明操作人", "who acts"),
        (
            lambda x: responses.resolve(x, "abc111", "M1", "done", "x", now=NOW),
            "可选：recovered、missed、accepted、false_alarm、data_error",
            "Accepted: recovered, missed, accepted, false_alarm, data_error",
        ),
        (lambda x: responses.resolve(x, "abc111", "M1", "missed", "", now=NOW), "说明", "note"),
        (
            lambda x: responses.snooze(
                x, "abc111", "M1", dt.date(2026, 10, 27), "r", now=NOW, today=TODAY
            ),
            "须在 2026-10-28 至 2027-10-29 之间",
            "accepted is 2026-10-28 to 2027-10-29",
        ),
        (
            lambda x: responses.assign(x, "abc111", "M1", "X9", now=NOW, people={"R7"}),
            "没有编号为“X9”的人员",
            "no person with the id 'X9'",
        ),
    ],
)
def test_what_is_missing_is_said_in_both_languages(
    alerted: Ledger, act: Callable[[Ledger], Any], zh: str, en: str
) -> None:
    with pytest.raises(Refused) as caught:
        act(alerted)
    assert zh in caught.value.text("zh")
    assert en in caught.value.text("en")
    assert actions(alerted, "abc111") == []


@pytest.mark.parametrize(
    ("wanted", "says"),
    [("abc", "abc111, abc222"), ("zzz", "No alert has"), ("", "No alert has"), ("%", "No alert")],
)
def test_an_id_may_be_shortened_as_long_as_it_is_one(
    alerted: Ledger, wanted: str, says: str
) -> None:
    assert show_alert(alerted, "abc2").alert.alert_id == "abc222"
    with pytest.raises(NotFound, match=says):
        show_alert(alerted, wanted)


def test_danger_comes_first_in_the_list(alerted: Ledger) -> None:
    assert [alert.alert_id for alert in list_alerts(alerted)] == ["abc222", "abc111"]
    assert list_alerts(alerted, scopes={("team", "T99")}) == []


def _write(url: str, person: str, count: int, results: Any) -> None:
    ledger = open_ledger(url)
    failures = 0
    for number in range(count):
        try:
            responses.plan(ledger, "abc111", person, f"计划 {number}", now=NOW)
            responses.acknowledge(ledger, "abc222", "everybody", now=NOW)
        except Exception:
            failures += 1
    results.put(failures)


def test_four_processes_write_at_once_and_nothing_is_lost(
    ledger_url: str, alerted: Ledger, forking: BaseContext
) -> None:
    results = forking.Queue()
    workers = [
        forking.Process(target=_write, args=(ledger_url, f"P{number}", 40, results))
        for number in range(4)
    ]
    for worker in workers:
        worker.start()
    assert [results.get(timeout=120) for _ in workers] == [0, 0, 0, 0]
    for worker in workers:
        worker.join()
    with alerted.reading() as session:
        rows = list(session.scalars(select(Response)))
    plans = {(row.person_id, row.text) for row in rows if row.action == "plan"}
    assert len(plans) == sum(row.action == "plan" for row in rows) == 160
    assert [row.person_id for row in rows if row.action == "ack"] == ["everybody"]


def test_a_reported_risk_lives_like_any_alert(ledger: Ledger, frame: Frame) -> None:
    scope = parse_scope("region:华东")
    report = lambda: add_signal(  # noqa: E731
        ledger, *scope, "竞争对手降价两成", "R7", now=NOW, today=TODAY, owner_id="M1"
    )
    first, second = report(), report()
    assert (first.new, second.new, first.alert_id) == (True, False, second.alert_id)
    # An evaluation knows nothing of it and must not withdraw it.
    record_episodes(ledger, frame({"alert_id": "a"}), as_of=TODAY, run_id="r", now=NOW)
    assert {alert.rule for alert in list_alerts(ledger)} == {"reported", "pace"}
    responses.resolve(ledger, first.alert_id, "M1", "accepted", "已跟进价格", now=LATER)
    assert {alert.rule for alert in list_alerts(ledger)} == {"pace"}


@pytest.mark.parametrize("text", ["", "team", "team:", "galaxy:1", ":T01"])
def test_a_scope_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="company|region"):
        parse_scope(text)


def test_signals_check_scope_level_and_text(ledger: Ledger) -> None:
    with pytest.raises(Refused, match="no team 'T9'"):
        add_signal(ledger, "team", "T9", "x", "R7", now=NOW, today=TODAY, scopes={("team", "T1")})
    with pytest.raises(Refused, match="Accepted: warning, danger"):
        add_signal(ledger, "team", "T1", "x", "R7", now=NOW, today=TODAY, level="red")
    with pytest.raises(Refused, match="what the risk is"):
        add_signal(ledger, "team", "T1", " ", "R7", now=NOW, today=TODAY)
