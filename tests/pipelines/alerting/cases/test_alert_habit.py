"""What the past of all targets says: habits, base rates, and how probabilities came true."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from alerting_frames import completion, last_day, no_metrics, rule, scopes, weekly

from pipelines.alerting.cases.habit import base_rates, habits
from pipelines.alerting.evaluation import evaluate
from pipelines.alerting.judging.panels import Panels
from pipelines.alerting.records.calm_past import calm_rates
from pipelines.alerting.records.false_alarms import QuietSeries, false_alarms_per_100_series
from pipelines.alerting.records.reliability import reliability
from pipelines.alerting.series.rows import FrameRows

STARTS = [dt.date(2023, 1, 2) + dt.timedelta(weeks=13 * n) for n in range(4)]
# Of thirteen whole weeks each, so that the last Sunday is the last day.
QUARTERS = [(start, start + dt.timedelta(days=90)) for start in STARTS]
NOW = (dt.date(2024, 1, 1), dt.date(2024, 3, 31))
TARGET = rule(
    "target_attainment",
    {"type": "probability", "warning": 0.4, "danger": 0.85, "calibrate": False},
    title={"zh": "本季度目标有风险", "en": "the quarter's target is at risk"},
    confirm={"warning": 1, "danger": 1, "clear": 1},
)


def quarters(missing: int, teams: int = 4) -> pd.DataFrame:
    """Four ended quarters in which the first `missing` teams ended at 60 %, the running one in doubt."""
    rows = []
    for start, end in [*QUARTERS, NOW]:
        for n in range(1, teams + 1):
            short = n <= missing
            weeks = 8 if start == NOW[0] else 13
            done = np.linspace(0.05, 0.6 if short else 1.0, 13)[:weeks]
            p = np.where(np.arange(weeks) > 3, 0.9 if short else 0.05, 0.1)
            rows.append(
                completion(done, probability=p, scope=("team", f"T{n}"), start=start, end=end)
            )
    return pd.concat(rows)


def told(rows: pd.DataFrame) -> pd.DataFrame:
    day = rows["as_of"].max()
    found = evaluate(no_metrics(), rows, [TARGET], scopes(4), as_of=day).episodes
    return found[found["state"] == "open"]


def test_targets_missed_by_habit_are_one_case_that_says_so() -> None:
    habit, plain = told(quarters(3)), told(quarters(1))
    assert len(habit) == 3
    assert habit["case_id"].nunique() == 1
    assert habit["message_zh"].str.contains("过去 4 个季度中有 4 个季度，多数团队").all()
    assert habit["message"].equals(habit["message_zh"])
    assert len(plain) == 1
    assert not plain["message_zh"].str.contains("多数团队").any()


def test_a_persons_target_is_told_in_the_case_of_the_team() -> None:
    late = np.where(np.arange(13) >= 10, 0.9, 0.05)
    early = np.where(np.arange(13) >= 2, 0.9, 0.05)
    rows = pd.concat(
        completion(np.linspace(0.05, 0.6, 13), probability=p, scope=scope)
        for p, scope in ((late, ("team", "T1")), (early, ("rep", "R11")), (early, ("rep", "R21")))
    )
    of = TARGET.model_copy(update={"scopes": ("team", "rep")})
    day = dt.date(2024, 3, 24)
    part = rows[rows["as_of"] <= day]
    found = evaluate(no_metrics(), part, [of], scopes(2, reps=1), as_of=day).episodes
    case = found.set_index("scope_id")["case_id"]
    assert case["R11"] == case["T1"] != case["R21"]
    assert found.set_index("scope_id")["role"].to_dict() == {
        "R11": "symptom", "T1": "root", "R21": "root"
    }  # fmt: skip


def test_a_habit_is_known_only_once_periods_have_ended() -> None:
    outcomes = pd.DataFrame(
        [
            ("quarter", "team", f"T{n}", start, end, n <= 3)
            for start, end in QUARTERS
            for n in range(1, 5)
        ],
        columns=["period_type", "scope_type", "scope_id", "period_start", "period_end", "missed"],
    )
    assert not habits(outcomes, dt.date(2023, 12, 31))
    known = habits(outcomes, dt.date(2024, 1, 1))
    assert known["quarter", "team"].missed == 4
    assert base_rates([TARGET], outcomes) == {TARGET.name: pytest.approx(0.75)}


def test_reliability_weighs_each_period_once() -> None:
    rows = quarters(1)
    found = evaluate(no_metrics(), rows, [TARGET], scopes(4), as_of=rows["as_of"].max())
    outcomes = pd.DataFrame(
        [
            ("quarter", "team", f"T{n}", start, end, n == 1)
            for start, end in QUARTERS
            for n in range(1, 5)
        ],
        columns=["period_type", "scope_type", "scope_id", "period_start", "period_end", "missed"],
    )
    judged = pd.DataFrame(columns=["alert_id", "level", "hit"])
    table = reliability(found.levels, found.episodes, judged, outcomes, [TARGET])
    team = table[table["scope_type"] == "team"].set_index("bin_low")
    assert team["base_rate"].iloc[0] == pytest.approx(0.25)
    assert team.loc[0.9, "seen"] == 1.0
    assert team.loc[0.0, "seen"] == 0.0
    assert 0 < team.loc[0.1, "seen"] < 1
    assert team["n"].sum() >= 16


def test_calm_weeks_of_the_own_past_say_how_often_a_rule_would_be_wrong(tmp_path) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(4)
    weeks = 100
    drift = np.exp(np.cumsum(rng.normal(0, 0.01, weeks)))
    teams = {f"T{n}": rng.poisson(20 * drift) for n in range(1, 9)}
    teams["T1"][80:] = rng.poisson(5, 20)
    rows = [weekly("orders", counts, scope=("team", team)) for team, counts in teams.items()]
    frame = pd.concat([*rows, weekly("orders", sum(teams.values()), scope=("company", "company"))])
    of = rule("orders", {"type": "count_filter"}, scopes=["company", "team"])
    past = Panels(FrameRows(frame), last_day(frame), None)
    cache = tmp_path / "rates.json"
    assert calm_rates([of], lambda: past, cache=cache, renew=False) == {}
    drawn = calm_rates([of], lambda: past, cache=cache, renew=True)
    # The planted stop is no part of a calm past.
    assert 0 <= drawn[of.name] < 0.5
    assert calm_rates([of], lambda: past, cache=cache, renew=False) == drawn


def test_a_second_voice_takes_from_the_false_alarms_that_are_printed(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    frames = []
    for metric in ("orders", "activities"):
        teams = {f"T{n}": rng.poisson(8, 80) for n in range(1, 9)}
        frames += [weekly(metric, counts, scope=("team", team)) for team, counts in teams.items()]
        frames.append(weekly(metric, sum(teams.values()), scope=("company", "company")))
    frame = pd.concat(frames)
    past = Panels(FrameRows(frame), last_day(frame), None)
    # As many false openings as eighty weeks can show.
    eager = {"type": "count_filter", "warning": 0.2, "close": 0.1, "warning_size": 0.9}
    other = rule("activities", eager, scopes=["team"])
    alone, backed = (
        rule("orders", eager, scopes=["team"], **more) for more in ({}, {"seconded": {"by": 0.3}})
    )
    rates = [
        calm_rates([of, other], lambda: past, cache=tmp_path / "rates.json", renew=True)[of.name]
        for of in (alone, backed)
    ]
    assert 0 < 2 * rates[1] < rates[0]
    quiet = QuietSeries(series=60, periods=100)
    simulated = [false_alarms_per_100_series(of, quiet) for of in (alone, backed)]
    assert 0 < 5 * simulated[1] < simulated[0] or simulated[1] == 0 < simulated[0]
