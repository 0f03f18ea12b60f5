import datetime as dt

import numpy as np
import pandas as pd
import pytest
from alerting_frames import (
    MONDAY,
    completion,
    last_day,
    no_completion,
    no_metrics,
    rule,
    scopes,
    share,
    weekly,
)
from noisy_company import RULES, company

from pipelines.alerting.evaluation import EPISODE_COLUMNS, LEVEL_COLUMNS, evaluate
from pipelines.alerting.rules.rule import Rule


def test_ids_are_unique_and_rows_are_complete() -> None:
    metrics, history = company(3)
    found = evaluate(metrics, history, RULES, scopes(), as_of=dt.date(2024, 10, 6), currency="CNY")
    assert len(found.episodes) > 20
    assert found.episodes["alert_id"].is_unique
    assert list(found.episodes) == EPISODE_COLUMNS
    assert list(found.levels) == LEVEL_COLUMNS
    filled = ["rule_version", "scope_name", "opened_on", "message_zh", "message_en", "owner_id"]
    assert not found.episodes[filled].isna().any().any()
    order = {"normal": 0, "warning": 1, "danger": 2}
    level, peak = found.episodes["level"].map(order), found.episodes["peak_level"].map(order)
    assert (level <= peak).all()
    assert (found.episodes["closed_on"].isna() == (found.episodes["state"] == "open")).all()


def limit(**more: object) -> Rule:
    condition = {"type": "limit", "warning": 0.1, "danger": 0.2}
    return rule("late_order_share", condition, **more)


def test_untrusted_holds_a_level_and_opens_nothing() -> None:
    rows = share("late_order_share", [1, 15, 15, 50], [100] * 4)
    held = evaluate(
        rows,
        no_completion(),
        [limit()],
        scopes(),
        as_of=last_day(rows),
        untrusted={"late_order_share"},
    )
    assert held.levels["level"].tolist() == ["normal", "warning", "warning", "untrusted"]
    # Still open at what it was; the bad figure of the last day raised nothing.
    assert held.episodes["peak_level"].tolist() == ["warning"]
    assert held.episodes["state"].tolist() == ["open"]


def test_untrusted_frame_names_scope_and_days() -> None:
    rows = pd.concat(
        [share("late_order_share", [15, 15], [100] * 2, scope=("team", t)) for t in ("T1", "T2")]
    )
    distrust = pd.DataFrame(
        [{"metric": "late_order_share", "scope_id": "T2", "from_date": dt.date(2024, 1, 1)}]
    )
    found = evaluate(
        rows, no_completion(), [limit()], scopes(), as_of=last_day(rows), untrusted=distrust
    )
    by_scope = found.levels.groupby("scope_id")["level"].agg(list).to_dict()
    assert by_scope == {"T1": ["warning"] * 2, "T2": ["untrusted"] * 2}
    assert found.episodes["scope_id"].tolist() == ["T1"]


def test_small_scope_inherits_and_opens_no_episode_of_its_own() -> None:
    of = rule(
        "win_rate",
        {"type": "rate_fall", "window": 2, "min_history": 4, "warning": 0.9, "danger": 0.99},
        min_sample=20,
        scopes=["team", "rep"],
    )
    rows = pd.concat(
        [
            share("win_rate", [15] * 10 + [3] * 3, [30] * 13, scope=("team", "T1")),
            share("win_rate", [1] * 13, [2] * 13, scope=("rep", "R11")),
            share("win_rate", [1] * 13, [2] * 13, scope=("rep", "R21")),
        ]
    )
    found = evaluate(rows, no_completion(), [of], scopes(2, 1), as_of=last_day(rows))
    last = found.levels[found.levels["as_of"] == found.levels["as_of"].max()].set_index("scope_id")
    assert last.loc["T1", "level"] == "danger"
    assert last.loc["R11", ["level", "inherited_from"]].tolist() == ["danger", "team:T1"]
    # Nobody above R21 was judged.
    assert last.loc["R21", ["level", "inherited_from"]].tolist() == ["too_few", ""]
    assert set(found.episodes["scope_id"]) == {"T1"}


def test_two_independent_kinds_raise_a_level() -> None:
    rows = pd.concat(
        [
            share("late_order_share", [1, 15, 15], [100] * 3),
            weekly("sales_cycle_days", [10, 10, 99]),
            share("late_order_share", [1, 15, 15], [100] * 3, scope=("team", "T2")),
        ]
    )
    cycle = rule(
        "sales_cycle_days", {"type": "limit", "warning": 50, "danger": 200}, family="cycle"
    )
    late = limit(raised_by=("cycle",))
    found = evaluate(rows, no_completion(), [late, cycle], scopes(), as_of=last_day(rows))
    levels = found.levels[found.levels["rule"] == late.name].groupby("scope_id")["level"].agg(list)
    assert levels["T1"] == ["normal", "warning", "danger"]
    assert levels["T2"] == ["normal", "warning", "warning"]
    raised = found.episodes.set_index(["rule", "scope_id"]).loc[(late.name, "T1")]
    assert "另有独立指标同时报警" in raised["message_zh"]
    assert "An independent indicator agrees" in raised["message_en"]


def test_child_alert_names_its_parent() -> None:
    rows = pd.concat(
        [
            share("late_order_share", [15, 15, 1], [100] * 3, scope=scope)
            for scope in (("region", "华东"), ("team", "T1"))
        ]
        + [share("late_order_share", [1, 1, 1], [100] * 3, scope=("team", "T2"))]
    )
    found = evaluate(rows, no_completion(), [limit()], scopes(), as_of=last_day(rows)).episodes
    ids = found.set_index("scope_id")["alert_id"]
    assert found.set_index("scope_id").loc["T1", "parent_alert_id"] == ids["华东"]
    assert pd.isna(found.set_index("scope_id").loc["华东", "parent_alert_id"])


def test_watched_rules_tell_nobody() -> None:
    rows = share("late_order_share", [15], [100])
    found = evaluate(rows, no_completion(), [limit(mode="watch")], scopes(), as_of=last_day(rows))
    assert found.episodes.empty
    assert found.watched["mode"].tolist() == ["watch"]
    assert found.levels["level"].tolist() == ["warning"]


def test_calendar_pause_moves_nothing() -> None:
    rows = share("late_order_share", [1, 15, 15, 15], [100] * 4)
    paused = limit(pause=[{"from": "01-10", "to": "01-22", "reason": "春节"}])
    found = evaluate(rows, no_completion(), [paused], scopes(), as_of=last_day(rows))
    assert found.levels["level"].tolist() == ["normal", "paused", "paused", "warning"]
    assert found.episodes["opened_on"].tolist() == [dt.date(2024, 1, 28)]


def test_short_weeks_pause() -> None:
    rows = share("late_order_share", [15, 15], [100] * 2)
    days = pd.date_range(MONDAY, periods=14)
    calendar = pd.DataFrame({"date_day": days.date, "is_workday": days >= "2024-01-11"})
    paused = limit(pause=[{"workdays_below": 3}])
    found = evaluate(
        rows, no_completion(), [paused], scopes(), as_of=last_day(rows), calendar=calendar
    )
    assert found.levels["level"].tolist() == ["paused", "warning"]


def test_the_last_weeks_of_a_quarter_open_nothing_and_close_nothing() -> None:
    # 24 weeks from January: the quarter ends with March.
    rows = share("late_order_share", [1] * 9 + [15] * 4 + [15] * 3 + [1] * 8, [100] * 24)
    paused = limit(pause=[{"quarter_weeks_left": 4}])
    found = evaluate(rows, no_completion(), [paused], scopes(), as_of=last_day(rows))
    days = pd.to_datetime(found.levels["as_of"]).dt.date
    by_day = dict(zip(days, found.levels["level"], strict=True))
    late = {day for day in by_day if dt.date(2024, 3, 4) <= day <= dt.date(2024, 3, 31)}
    assert len(late) == 4
    assert {by_day[day] for day in late} == {"paused"}
    assert found.episodes["opened_on"].tolist() == [dt.date(2024, 4, 7)]


def test_a_new_normal_is_learned_and_told_once() -> None:
    of = rule(
        "orders",
        {"type": "ewma", "min_history": 8, "gap": 1, "history": 30},
        relearn_after=10,
        cool_down_days=60,
    )
    rng = np.random.default_rng(8)
    values = np.r_[rng.normal(100, 4, 30), rng.normal(60, 4, 40)]
    rows = weekly("orders", values)
    found = evaluate(rows, no_completion(), [of], scopes(), as_of=last_day(rows))
    assert found.episodes["state"].tolist() == ["closed"]
    assert found.levels.iloc[-1]["level"] == "normal"
    assert found.levels.iloc[-1]["expected"] == pytest.approx(60, abs=5)


def test_target_episodes_belong_to_their_period() -> None:
    of = rule(
        "target_attainment",
        {"type": "probability", "warning": 0.5, "danger": 0.8, "calibrate": False},
        confirm={"warning": 2, "danger": 2, "clear": 2},
    )
    first = completion(np.linspace(0.05, 0.6, 13), probability=0.7)
    second = completion(
        np.linspace(0.05, 0.6, 13),
        probability=0.9,
        start=dt.date(2024, 4, 1),
        end=dt.date(2024, 6, 30),
    )
    rows = pd.concat([first, second])
    found = evaluate(no_metrics(), rows, [of], scopes(), as_of=dt.date(2024, 5, 12)).episodes
    assert found["period_start"].tolist() == [dt.date(2024, 1, 1), dt.date(2024, 4, 1)]
    assert found["state"].tolist() == ["closed", "open"]
    assert found["peak_level"].tolist() == ["warning", "danger"]
    assert found["closed_on"].tolist()[0] == dt.date(2024, 3, 31)
    # First bad evaluation beyond 15 % of the period, then the confirmation a week later.
    assert found["since"].tolist() == [dt.date(2024, 1, 14), dt.date(2024, 4, 14)]
    assert found["opened_on"].tolist() == [dt.date(2024, 1, 21), dt.date(2024, 4, 21)]


def test_tonight_s_level_and_figures_are_tonight_s_though_it_is_no_sunday() -> None:
    # Levels moved on Sundays only: for up to six nights an alert spoke of last Sunday.
    of = rule(
        "target_attainment",
        {"type": "probability", "warning": 0.5, "danger": 0.8, "calibrate": False},
    )
    rows = completion([0.05, 0.1, 0.15], probability=[0.2, 0.6, 0.6])
    friday = rows.iloc[[-1]].assign(
        as_of=dt.date(2024, 1, 26), attainment=0.16, miss_probability=0.95
    )
    found = evaluate(
        no_metrics(), pd.concat([rows, friday]), [of], scopes(), as_of=dt.date(2024, 1, 26)
    )
    episode = found.episodes.iloc[0]
    assert (episode["level"], episode["value"], episode["probability"]) == ("danger", 0.16, 0.95)
    assert found.levels.iloc[-1]["level"] == "danger"


def test_first_cuts_levels_only() -> None:
    metrics, history = company(5)
    end = dt.date(2024, 10, 6)
    whole = evaluate(metrics, history, RULES, scopes(), as_of=end)
    late = evaluate(metrics, history, RULES, scopes(), as_of=end, first=dt.date(2024, 9, 1))
    assert late.levels["as_of"].min() >= pd.Timestamp("2024-09-01")
    pd.testing.assert_frame_equal(late.episodes, whole.episodes)
    kept = whole.levels[whole.levels["as_of"] >= "2024-09-01"].reset_index(drop=True)
    pd.testing.assert_frame_equal(late.levels, kept)


def test_nothing_to_judge() -> None:
    found = evaluate(no_metrics(), no_completion(), RULES, scopes(), as_of=MONDAY)
    assert found.episodes.empty
    assert found.levels.empty
    assert list(found.levels) == LEVEL_COLUMNS
