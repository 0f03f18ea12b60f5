"""What stands beside an alert: the record of its rule, and how the past is judged for it."""

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from alerting_frames import MONDAY, completion, no_completion, rule, scopes, share, weekly

from pipelines.alerting.evaluation import evaluate
from pipelines.alerting.records.aftermath import judge_by_course
from pipelines.alerting.records.false_alarms import expected_false_alarms
from pipelines.alerting.records.record import (
    ENOUGH,
    JUDGED_COLUMNS,
    beside,
    judged_past,
    records_frame,
    rule_records,
    with_records,
)
from pipelines.alerting.series.scope_tree import ScopeTree

TREE = ScopeTree(scopes(4))
FALL = rule("orders", {"type": "limit", "warning": 60, "danger": 20})
TARGET = rule("target_attainment", {"type": "probability", "warning": 0.5, "danger": 0.8})
AS_OF = dt.date(2026, 10, 30)


def judged(rule_name: str, hits: list[bool | None], level: str = "warning") -> pd.DataFrame:
    rows = [
        (f"{level}{i}", rule_name, "team", "T1", level, dt.date(2025, 1, 5), hit, 40.0 + i, np.nan)
        for i, hit in enumerate(hits)
    ]
    return pd.DataFrame(rows, columns=JUDGED_COLUMNS)


def test_a_record_has_its_interval_and_lead_and_needs_twenty_cases() -> None:
    past = judged(TARGET.name, [True] * 17 + [False] * 3)
    record = rule_records([TARGET, FALL], past, as_of=AS_OF)[TARGET.name, "warning"]
    assert (record.cases, record.hits, record.precision) == (20, 17, 0.85)
    assert record.precision_low == pytest.approx(0.640, abs=1e-3)
    assert record.precision_high == pytest.approx(0.948, abs=1e-3)
    assert record.median_lead_days == 48.0
    assert record.sentence("zh") == (
        "以往 20 次中 85% 应验（64%–95%，以期末完成不足九成为准），通常提前 48 天"
    )
    assert record.sentence("en") == (
        "right in 85% of 20 past alerts (64%–95%; right = ended below 90%), usually 48 days ahead"
    )
    few = rule_records([TARGET], past.iloc[1:], as_of=AS_OF)[TARGET.name, "warning"]
    assert few.precision is None
    assert "19" in few.sentence("zh")
    assert "%" not in few.sentence("en")


def test_what_nobody_can_judge_yet_is_no_case() -> None:
    past = judged(TARGET.name, [True] * 20 + [None] * 5)
    assert rule_records([TARGET], past, as_of=AS_OF)[TARGET.name, "warning"].cases == 20


def test_danger_has_its_own_record_and_borrows_only_with_too_few_cases() -> None:
    past = pd.concat(
        [
            judged(TARGET.name, [True] * 15 + [False] * 15),
            judged(TARGET.name, [True] * 22, "danger"),
        ]
    )
    records = rule_records([TARGET], past, as_of=AS_OF)
    assert beside(records, TARGET.name, "danger").precision == 1.0
    assert beside(records, TARGET.name, "warning").precision == 0.5
    records = rule_records([TARGET], past.iloc[:-5], as_of=AS_OF)
    assert beside(records, TARGET.name, "danger").precision == 0.5


def test_a_plain_rule_shows_how_often_it_lies() -> None:
    plain = rule("new_accounts", {"type": "consecutive", "periods": 2, "sigma": 0}, mode="watch")
    rates = expected_false_alarms([plain, TARGET])
    assert 8 < rates[plain.name] < 25
    assert np.isnan(rates[TARGET.name])
    none = judged(plain.name, [])
    record = rule_records([plain], none, as_of=AS_OF, expected_false=rates)[plain.name, "warning"]
    assert "每 100 个团队或个人每周误报约 1" in record.sentence("zh")
    assert "false alarms a week in 100 quiet scopes" in record.sentence("en")
    frame = records_frame({(plain.name, "warning"): record}, [plain])
    assert frame.loc[0, ["mode", "expected_false_per_100", "title_en"]].tolist() == [
        "watch",
        rates[plain.name],
        "title",
    ]


def test_simulations_are_kept_until_the_rule_changes(tmp_path: Path) -> None:
    cache = tmp_path / "kept" / "rates.json"
    plain = rule("new_accounts", {"type": "consecutive", "periods": 2, "sigma": 0})
    first = expected_false_alarms([plain], cache)
    kept = json.loads(cache.read_text())
    cache.write_text(json.dumps(dict.fromkeys(kept, 77.0)))
    assert expected_false_alarms([plain], cache) == {plain.name: 77.0}
    milder = rule("new_accounts", {"type": "consecutive", "periods": 2, "sigma": 1})
    assert expected_false_alarms([milder], cache)[milder.name] < first[plain.name]
    cache.write_text("{broken")
    assert expected_false_alarms([plain], cache) == first


def course(values: list[float], at: int) -> bool | None:
    """How an alert on the weekly orders of T1, opened at the end of week `at`, is judged."""
    rows = weekly("orders", values)
    day = MONDAY + dt.timedelta(days=7 * at + 6)
    alert = {
        "alert_id": "a",
        "rule": FALL.name,
        "scope_type": "team",
        "scope_id": "T1",
        "dimension": "",
        "opened_on": day,
        "danger_on": None,
    }
    last = MONDAY + dt.timedelta(days=7 * len(values) - 1)
    found = judge_by_course(pd.DataFrame([alert]), [FALL], rows, as_of=last)
    assert len(found) == 1
    hit = found.loc[0, "hit"]
    return None if hit is None else bool(hit)


def test_a_fall_that_lasts_was_real_and_one_that_goes_back_was_chance() -> None:
    lasting = [100.0] * 36 + [50.0] * 20
    assert course(lasting, 40) is True
    assert course([100.0] * 36 + [50.0] * 5 + [100.0] * 15, 40) is False
    assert course([100.0] * 36 + [50.0] * 5 + [130.0] * 15, 40) is False


def test_nobody_can_say_before_the_quarter_after_has_ended_or_without_a_past() -> None:
    assert course([100.0] * 36 + [50.0] * 17, 40) is None
    assert course([100.0] * 10 + [50.0] * 30, 14) is None


def test_later_figures_than_the_day_change_no_judgement() -> None:
    values = [100.0] * 36 + [50.0] * 18
    assert course(values, 40) == course([*values, *[500.0] * 30], 40)


def test_shares_are_pooled_and_relative_rules_are_judged_against_the_company() -> None:
    condition = {"type": "against_past", "relative": "company", "warning": 0.0, "danger": 0.0}
    relative = rule("stalled_share", condition)
    plain = rule("stalled_share", {"type": "limit", "warning": 0.3, "danger": 0.5}, name="plain")
    rises = [10] * 36 + [40] * 24
    # The whole company rises alike: against it nothing has changed in the team.
    rows = pd.concat(
        [
            share("stalled_share", rises, [100] * 60),
            share("stalled_share", [10 * x for x in rises], [1000] * 60, scope=("company",) * 2),
        ]
    )
    alert = {
        "alert_id": "a", "scope_type": "team", "scope_id": "T1", "dimension": "",
        "opened_on": MONDAY + dt.timedelta(days=7 * 40 + 6), "danger_on": None,
    }  # fmt: skip
    alerts = pd.DataFrame([{**alert, "rule": relative.name}, {**alert, "rule": "plain"}])
    last = MONDAY + dt.timedelta(days=7 * 60 - 1)
    found = judge_by_course(alerts, [relative, plain], rows, as_of=last)
    assert found.set_index("rule")["hit"].to_dict() == {relative.name: False, "plain": True}


def test_the_nights_own_episodes_are_the_cases_and_a_persons_word_counts() -> None:
    rows = pd.concat(
        [
            weekly("orders", [100] * 30 + [50] + [100] * 19, scope=("team", "T1")),
            weekly("orders", [100] * 30 + [50] * 20, scope=("team", "T2")),
        ]
    )
    last = MONDAY + dt.timedelta(days=7 * 50 - 1)
    found = evaluate(rows, no_completion(), [FALL], scopes(), as_of=last).episodes
    history = completion([0.1])
    past = judged_past(found, [FALL], TREE, metrics=rows, completion=history, as_of=last)
    assert past.set_index("scope_id")["hit"].to_dict() == {"T1": False, "T2": True}
    lasting = found.loc[found["scope_id"] == "T2", "alert_id"].iloc[0]
    chance = found.loc[found["scope_id"] == "T1", "alert_id"].iloc[0]
    said = judged_past(
        found, [FALL], TREE, metrics=rows, completion=history, as_of=last,
        answers={lasting: "data_error", chance: "recovered"},
    )  # fmt: skip
    assert said.set_index("scope_id")["hit"].to_dict() == {"T1": True, "T2": False}


def test_only_open_alerts_of_known_rules_get_the_record() -> None:
    past = judged(TARGET.name, [True] * ENOUGH)
    records = rule_records([TARGET], past, as_of=AS_OF)
    alerts = pd.DataFrame(
        [
            {"rule": TARGET.name, "level": "danger", "state": "open"},
            {"rule": TARGET.name, "level": "danger", "state": "closed"},
            {"rule": "reported", "level": "warning", "state": "open"},
        ]
    )
    shown = with_records(alerts, records)
    assert shown["rule_precision"].notna().tolist() == [True, False, False]
    assert shown.loc[0, ["rule_precision", "rule_cases"]].tolist() == [1.0, ENOUGH]
    assert shown["record_zh"].notna().tolist() == [True, False, False]
