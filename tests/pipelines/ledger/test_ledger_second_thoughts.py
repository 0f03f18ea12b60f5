"""Answers taken back, words on use, and answers that a changed limit does not lose."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from pipelines.ledger import responses
from pipelines.ledger.episodes import record_episodes
from pipelines.ledger.leftovers import RulesTonight
from pipelines.ledger.lookup import show_alert
from pipelines.ledger.publishing import (
    ledger_frames,
    merge_ledger_state,
)
from pipelines.ledger.refusals import Refused
from pipelines.ledger.store import Ledger
from pipelines.ledger.tonight import Known, adopted, known_on

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = dt.date(2026, 10, 26)
NOW = dt.datetime(2026, 10, 26, 10, 0, tzinfo=ZONE)
Frame = Callable[..., pd.DataFrame]


def known(ledger: Ledger) -> Known:
    with ledger.reading() as session:
        return known_on(session, MONDAY + dt.timedelta(days=1))


def marts(ledger: Ledger) -> dict[str, pd.DataFrame]:
    return ledger_frames(ledger, as_of=MONDAY, timezone=ZONE, is_workday=lambda _: True)


@pytest.fixture
def open_alert(ledger: Ledger, frame: Frame) -> pd.DataFrame:
    rows = frame({"alert_id": "aaa"})
    record_episodes(ledger, rows, as_of=MONDAY, run_id="r", now=NOW)
    return rows


@pytest.mark.usefixtures("open_alert")
def test_the_last_answer_can_be_taken_back_and_leaves_a_trace(ledger: Ledger) -> None:
    responses.acknowledge(ledger, "aaa", "M1", now=NOW)
    responses.resolve(ledger, "aaa", "M1", "false_alarm", "看错了", now=NOW)
    assert show_alert(ledger, "aaa").alert.resolved_at is not None
    responses.undo(ledger, "aaa", "M1", now=NOW)
    again = show_alert(ledger, "aaa").alert
    assert again.resolved_at is None
    assert again.acknowledged_at is not None  # the first answer stands
    responses.undo(ledger, "aaa", "M1", now=NOW)
    assert show_alert(ledger, "aaa").alert.acknowledged_at is None
    with pytest.raises(Refused, match="taken back"):
        responses.undo(ledger, "aaa", "M1", now=NOW)


def test_feedback_is_the_last_word_of_the_last_person(
    ledger: Ledger, open_alert: pd.DataFrame
) -> None:
    responses.feedback(ledger, "aaa", "M1", "useful", now=NOW)
    responses.feedback(ledger, "aaa", "D1", "false", now=NOW)
    assert not responses.feedback(ledger, "aaa", "D1", "false", now=NOW).new
    merged, _ = merge_ledger_state(ledger, open_alert, as_of=MONDAY, timezone=ZONE)
    assert merged["feedback"].to_list() == ["false"]
    told = marts(ledger)["fct_alert_responses"]
    assert told["outcome"].to_list() == ["useful", "false"]
    with pytest.raises(Refused, match="useful, not_useful, false"):
        responses.feedback(ledger, "aaa", "M1", "super", now=NOW)


def test_a_changed_limit_loses_no_answer(
    ledger: Ledger, open_alert: pd.DataFrame, frame: Frame
) -> None:
    responses.plan(ledger, "aaa", "M1", "拜访客户", now=NOW)
    tuesday = MONDAY + dt.timedelta(days=1)
    # Another limit opened it a week earlier, so the evaluation gives it another id.
    other = frame({"alert_id": "bbb", "rule_version": "new"}).assign(as_of=tuesday)
    tonight = adopted(known(ledger), other)
    assert tonight["alert_id"].to_list() == ["aaa"]
    changes = record_episodes(ledger, tonight, as_of=tuesday, run_id="r2", now=NOW)
    assert (changes.opened, changes.withdrawn) == ([], [])
    assert show_alert(ledger, "aaa").alert.planned_at is not None
    # So does another name, if the rule says which it had.
    renamed = frame({"alert_id": "ccc", "rule": "pace_of_teams"})
    assert adopted(known(ledger), renamed)["alert_id"].to_list() == ["ccc"]
    assert adopted(known(ledger), renamed, {"pace": "pace_of_teams"})["alert_id"].to_list() == [
        "aaa"
    ]


def test_alerts_of_another_scope_are_not_taken_for_the_old_one(
    ledger: Ledger, open_alert: pd.DataFrame, frame: Frame
) -> None:
    other = frame({"alert_id": "bbb", "scope_id": "T77"})
    assert adopted(known(ledger), other)["alert_id"].to_list() == ["bbb"]


@pytest.mark.parametrize(
    ("versions", "state", "outcome"),
    [
        ({"pace": "v1"}, "closed", "data_error"),  # its figures were corrected
        ({"pace": "v2"}, "closed", "rule_changed"),
        ({"pace": "v1.0f3a2c"}, "closed", "rule_changed"),  # the same limits, judged by other code
        ({"pace_of_teams": "v1"}, "closed", "rule_changed"),  # renamed without a word, or removed
        ({"pace_anew": "v1"}, "closed", "data_error"),  # renamed from "pace", judged as before
        (None, "open", None),  # refused tonight
    ],
)
def test_a_night_again_under_other_rules_ends_what_no_longer_stands(
    sqlite_ledger: Ledger,
    frame: Frame,
    versions: dict[str, str] | None,
    state: str,
    outcome: str | None,
) -> None:
    ledger, words = sqlite_ledger, {"rule_title_en": "the target is at risk", "mode": "alert"}
    in_case = words | {
        "case_id": "C1",
        "role": "symptom",
        "message_zh": "完成率偏低",
        "since": MONDAY,
    }
    first = frame({"alert_id": "aaa"}).assign(as_of=MONDAY, **in_case)
    record_episodes(ledger, first, as_of=MONDAY, run_id="r", now=NOW)
    responses.plan(ledger, "aaa", "M1", "拜访客户", now=NOW)
    new_names = {"pace": "pace_anew"} if "pace_anew" in (versions or {}) else {}
    rules = RulesTonight(versions or {}, refused=() if versions else {"pace"}, renamed=new_names)
    refused = frozenset(rules.refused)
    for night in range(3):  # the second learns from what the first one published
        merged, _ = merge_ledger_state(
            ledger, first.head(0), as_of=MONDAY, timezone=ZONE, rules=rules
        )
        row = merged.iloc[0]
        assert (row["state"], row["proposed_outcome"] if outcome else None) == (state, outcome)
        assert (row["rule_title_en"], row["message_zh"]) == (
            "the target is at risk",
            "完成率偏低",
        )
        assert (row["role"], row["since"], row["mode"]) == ("root", MONDAY, "alert")
        assert pd.notna(row["planned_at"])
        changes = record_episodes(
            ledger, merged, as_of=MONDAY, run_id=f"n{night}", now=NOW, not_evaluated=refused
        )
        assert changes.any == (night == 0 and state == "closed")
    alert = show_alert(ledger, "aaa").alert
    assert (alert.state, alert.proposed_outcome) == (state, outcome)
    scores = marts(ledger)["rpt_response_scores"]
    assert len(scores) == (outcome != "rule_changed")


def test_a_changed_rule_is_no_recovery_of_days_that_were_told_as_open(
    sqlite_ledger: Ledger, frame: Frame
) -> None:
    record_episodes(
        sqlite_ledger, frame({"alert_id": "aaa"}).assign(as_of=MONDAY), as_of=MONDAY, run_id="r", now=NOW
    )  # fmt: skip
    over = frame({"alert_id": "aaa", "state": "recovered", "rule_version": "v2",
                  "closed_on": MONDAY - dt.timedelta(days=7)})  # fmt: skip
    for _ in range(2):
        merged, _ = merge_ledger_state(
            sqlite_ledger, over, as_of=MONDAY, timezone=ZONE, rules=RulesTonight({"pace": "v2"})
        )
        told = merged.loc[0, ["state", "closed_on", "proposed_outcome"]].to_list()
        assert told == ["closed", MONDAY, "rule_changed"]
        changes = record_episodes(sqlite_ledger, merged, as_of=MONDAY, run_id="n", now=NOW)
        assert changes.recovered == []


def test_every_run_of_a_day_tells_what_ended_on_it(sqlite_ledger: Ledger, frame: Frame) -> None:
    tuesday = MONDAY + dt.timedelta(days=1)
    first = frame({"alert_id": "aaa"}).assign(as_of=MONDAY, week_so_far=0.0)
    record_episodes(sqlite_ledger, first, as_of=MONDAY, run_id="r", now=NOW)
    rules = RulesTonight({"pace": str(first["rule_version"].iloc[0])})
    told = []
    for run in ("once", "again"):
        merged, _ = merge_ledger_state(
            sqlite_ledger, first.head(0), as_of=tuesday, timezone=ZONE, rules=rules
        )
        told.append(merged[["alert_id", "state", "closed_on", "proposed_outcome"]].values.tolist())
        changes = record_episodes(sqlite_ledger, merged, as_of=tuesday, run_id=run, now=NOW)
        assert changes.any == (run == "once")
    assert told == [[["aaa", "recovered", tuesday, "recovered"]]] * 2


def test_a_day_run_again_says_what_one_run_would_have_said(
    sqlite_ledger: Ledger, frame: Frame
) -> None:
    ledger, tuesday = sqlite_ledger, MONDAY + dt.timedelta(days=1)

    def night(day: dt.date, rows: pd.DataFrame, version: str = "v1") -> tuple[list[str], list]:
        """What is logged and what is told, which is the same once it is logged."""
        rules, told, logged = RulesTonight({"pace": version}), [], []
        for _ in range(2):
            merged, tonight = merge_ledger_state(
                ledger, rows.assign(as_of=day), as_of=day, timezone=ZONE, rules=rules
            )
            frames = ledger_frames(
                ledger, as_of=day, timezone=ZONE, is_workday=lambda _: True, tonight=tonight
            )
            told.append((merged.to_csv(), {name: one.to_csv() for name, one in frames.items()}))
            record_episodes(ledger, merged, as_of=day, run_id="n", now=NOW)
            logged.append(sorted(coming.change for coming in tonight.changes))
        assert told[0] == told[1]
        assert logged[1] == []
        columns = ["alert_id", "state", "proposed_outcome"]
        return logged[0], [
            (*values, pd.notna(planned))
            for *values, planned in merged[[*columns, "planned_at"]].fillna("").values.tolist()
        ]

    two = frame({"alert_id": "aaa"}, {"alert_id": "bbb", "scope_id": "T02"})
    assert night(MONDAY, two)[0] == ["opened", "opened"]
    responses.plan(ledger, "aaa", "M1", "拜访客户", now=NOW)
    responses.resolve(ledger, "bbb", "M1", "accepted", "可接受", now=NOW)
    # A file is missing, the rule is another one, all is as it was, a figure is wrong, it is mended.
    for rows, version, logged, state, outcome in (
        (two.head(0), "v1", ["withdrawn", "withdrawn"], "closed", "data_error"),
        (two.head(0), "v2", ["rule_changed", "rule_changed"], "closed", "rule_changed"),
        (two, "v1", ["closed", "resumed"], "open", ""),
        (two.assign(level=["danger", "warning"]), "v2", ["raised"], "open", ""),
        (two.tail(1), "v1", ["withdrawn"], "closed", "data_error"),
        (two, "v1", ["resumed"], "open", ""),
    ):
        changes, told = night(tuesday, rows, version)
        assert (changes, sorted(told)[0]) == (logged, ("aaa", state, outcome, True))
    mended = show_alert(ledger, "aaa").alert
    assert (mended.level, mended.level_since, mended.rule_version) == ("warning", MONDAY, "v1")
    assert (mended.seen_at, mended.amount_at_risk) == (NOW, Decimal("120000.50"))
    # What comes back on another day is a new opening; what was settled does once it is worse.
    wednesday, thursday = (tuesday + dt.timedelta(days=n) for n in (1, 2))
    assert night(wednesday, two.tail(1))[0] == ["withdrawn"]
    worse = two.assign(level="danger")
    assert night(thursday, worse) == (
        ["reopened", "reopened"], [("aaa", "open", "", False), ("bbb", "open", "", False)],
    )  # fmt: skip
    assert show_alert(ledger, "bbb").alert.resolved_at is None
