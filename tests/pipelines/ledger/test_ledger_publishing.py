"""What the marts get of the ledger, as known on a day: responses, scores, state of alerts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pytest

from pipelines.ledger import responses
from pipelines.ledger.episodes import record_episodes
from pipelines.ledger.publishing import ledger_frames, merge_ledger_state
from pipelines.ledger.signals import add_signal
from pipelines.ledger.store import Ledger

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = dt.datetime(2026, 10, 26, 1, 0, tzinfo=dt.UTC)  # Monday 09:00 in Shanghai
MONDAY = dt.date(2026, 10, 26)
LATEST = dt.date(2026, 11, 30)


def is_workday(day: dt.date) -> bool:
    return day.weekday() < 5


def hours(count: float) -> dt.datetime:
    return NOW + dt.timedelta(hours=count)


@pytest.fixture
def answered(ledger: Ledger, frame: Callable[..., pd.DataFrame]) -> Ledger:
    """Four warnings of M1: answered in 2 h and recovered; in 6 h, a false alarm; in 9 days; never.

    And one of the past that nobody could answer.
    """
    rows = [{"alert_id": key} for key in ("quick", "false", "slow", "never")]
    night = frame(*rows, {"alert_id": "past", "state": "recovered"})
    record_episodes(ledger, night, as_of=MONDAY, run_id="r", now=NOW)
    responses.acknowledge(ledger, "quick", "M1", now=hours(2))
    responses.plan(ledger, "quick", "M1", "拜访", now=hours(30))
    responses.plan(ledger, "quick", "M1", "再拜访", now=hours(40))
    responses.resolve(ledger, "quick", "M1", "recovered", "有效", now=hours(50))
    responses.resolve(ledger, "false", "M1", "false_alarm", "节假日", now=hours(6))
    responses.acknowledge(ledger, "slow", "M1", now=hours(9 * 24))
    return ledger


def marts(ledger: Ledger, as_of: dt.date = LATEST) -> dict[str, pd.DataFrame]:
    return ledger_frames(ledger, as_of=as_of, timezone=SHANGHAI, is_workday=is_workday)


def scores(ledger: Ledger, as_of: dt.date = LATEST) -> pd.DataFrame:
    return marts(ledger, as_of)["rpt_response_scores"]


def test_scores_by_person_and_month(answered: Ledger) -> None:
    row = scores(answered).iloc[0]
    assert (row["person_id"], row["month"]) == ("M1", pd.Timestamp("2026-10-01"))
    assert row["alerts_owned"] == 4
    assert row["alerts_due"] == 4
    assert row["answered_in_time"] == 2
    assert row["median_hours_to_ack"] == 6
    assert (row["alerts_ended"], row["recovered"], row["false_alarms"]) == (1, 1, 1)
    assert row["score"] == pytest.approx(60 * 2 / 4 + 40 * 1 / 1)


def test_scores_of_an_earlier_day_know_only_that_day(answered: Ledger) -> None:
    row = scores(answered, MONDAY).iloc[0]
    # By Monday evening two were answered, and nothing else was due.
    assert (row["alerts_due"], row["answered_in_time"], row["recovered"]) == (2, 2, 0)
    assert row["score"] == 100


def test_nothing_due_is_null_rather_than_zero(
    ledger: Ledger, frame: Callable[..., pd.DataFrame]
) -> None:
    record_episodes(ledger, frame({"alert_id": "a"}), as_of=MONDAY, run_id="r", now=NOW)
    row = scores(ledger, MONDAY).iloc[0]
    assert pd.isna(row["score"])
    assert pd.isna(row["median_hours_to_ack"])


def test_an_assigned_alert_counts_for_whom_it_was_assigned_to(answered: Ledger) -> None:
    responses.assign(answered, "never", "D1", "R7", now=hours(3))
    found = scores(answered).set_index("person_id")["alerts_owned"]
    assert found.to_dict() == {"M1": 3, "R7": 1}


def test_responses_carry_hours_only_where_they_were_first(answered: Ledger) -> None:
    found = marts(answered)["fct_alert_responses"]
    quick = found[found["alert_id"] == "quick"]
    assert quick["action"].to_list() == ["ack", "plan", "plan", "resolve"]
    assert quick["hours_to_ack"].to_list() == [2, pd.NA, pd.NA, pd.NA]
    assert quick["hours_to_plan"].to_list() == [pd.NA, 30, pd.NA, pd.NA]
    assert len(marts(answered, MONDAY)["fct_alert_responses"]) == 2


def test_state_of_alerts_with_reported_and_withdrawn_ones(
    answered: Ledger, frame: Callable[..., pd.DataFrame]
) -> None:
    add_signal(answered, "company", "company", "对手降价", "R7", now=hours(1), today=MONDAY)
    responses.snooze(answered, "slow", "M1", dt.date(2026, 11, 20), "盘点", now=hours(9 * 24 + 1),
                     today=dt.date(2026, 11, 4))  # fmt: skip
    tuesday = dt.date(2026, 10, 27)
    tonight = frame({"alert_id": "quick"}, {"alert_id": "false"}, {"alert_id": "slow"})
    record_episodes(answered, tonight.assign(as_of=tuesday), as_of=tuesday, run_id="r", now=NOW)
    told = tonight.assign(rule_title_zh="完成率偏低", message_zh=tonight["message"])
    merged, _ = merge_ledger_state(answered, told, as_of=LATEST, timezone=SHANGHAI)
    found = merged.set_index("alert_id")
    assert merged["alert_id"].to_list()[:3] == ["quick", "false", "slow"]
    assert found.loc["quick", ["state", "outcome"]].to_list() == ["closed", "recovered"]
    assert found.loc["false", "outcome"] == "false_alarm"
    assert found.loc["slow", "state"] == "open"
    assert found.loc["slow", "snoozed_until"] == pd.Timestamp("2026-11-20")
    assert found.loc["slow", "acknowledged_at"] == pd.Timestamp(hours(9 * 24))
    assert found.loc["never", ["state", "proposed_outcome"]].to_list() == ["closed", "data_error"]
    reported = merged[merged["origin"] == "reported"].iloc[0]
    assert (reported["rule"], reported["state"]) == ("reported", "open")
    assert (reported["rule_title_zh"], reported["message_zh"]) == ("人工上报的风险", "对手降价")
    assert len(merged) == 5

    early, _ = merge_ledger_state(answered, tonight, as_of=MONDAY, timezone=SHANGHAI)
    assert early.set_index("alert_id").loc["quick", "state"] == "open"
    assert "never" not in set(early["alert_id"])


def test_an_empty_ledger_and_frame_still_have_typed_columns(
    ledger: Ledger, frame: Callable[..., pd.DataFrame]
) -> None:
    nothing = frame()
    merged, _ = merge_ledger_state(ledger, nothing, as_of=LATEST, timezone=SHANGHAI)
    answers = marts(ledger)["fct_alert_responses"]
    score = scores(ledger)
    assert (len(merged), len(answers), len(score)) == (0, 0, 0)
    with duckdb.connect() as warehouse:
        for name, table in (("answers", answers), ("score", score)):
            warehouse.register(name, table)
        described = warehouse.sql("describe select * from answers").fetchall()
        kinds = {row[0]: row[1] for row in described}
        assert kinds["acted_at"] == "TIMESTAMP WITH TIME ZONE"
        assert kinds["hours_to_ack"] == "DOUBLE"


def test_rewards_and_cases(answered: Ledger) -> None:
    signal = add_signal(answered, "team", "T01", "对手降价", "R7", now=NOW, today=MONDAY)
    responses.resolve(answered, signal.alert_id, "M1", "accepted", "提前调价", now=hours(60))
    false = add_signal(answered, "team", "T01", "传闻", "R8", now=NOW, today=MONDAY)
    responses.resolve(answered, false.alert_id, "M1", "false_alarm", "不实", now=hours(60))
    found = marts(answered, MONDAY.replace(day=31))
    rewards = found["rpt_reward_list"]
    assert rewards[["person_id", "reason"]].to_numpy().tolist() == [
        ["M1", "answered"],
        ["R7", "reported"],
    ]
    cases = found["rpt_case_library"].set_index("alert_id")
    assert cases.loc["quick", "plans"] == "拜访\n再拜访"
    assert cases.loc["quick", ["outcome", "note", "days_open"]].to_list() == [
        "recovered", "有效", 2,
    ]  # fmt: skip
    assert set(cases.index) == {"quick", "false", signal.alert_id, false.alert_id}
