import datetime as dt

import numpy as np
import pandas as pd
import pytest
from alerting_frames import completion, no_metrics, rule, scopes, weekly
from scipy import stats

from pipelines.alerting.conditions.target import miss_probability
from pipelines.alerting.evaluation import evaluate
from pipelines.alerting.records.calibration import fit

END = dt.date(2024, 3, 31)
PROBABILITY = {"type": "probability", "warning": 0.5, "danger": 0.8, "calibrate": False}


def course(rows: pd.DataFrame, condition: dict, **more: object) -> str:
    of = rule("target_attainment", condition, **more)
    levels = evaluate(no_metrics(), rows, [of], scopes(), as_of=END).levels
    letters = {"normal": "n", "warning": "w", "danger": "d", "too_early": "e", "too_few": "-"}
    own = levels[levels["scope_id"] == "T1"].sort_values("as_of")
    return "".join(letters[level] for level in own["level"])


def test_probability_levels_and_too_early() -> None:
    p = [0.9, 0.6, 0.4, 0.55, 0.85, 0.85, 0.3]
    rows = completion(np.linspace(0.02, 0.5, 7), probability=p)
    # 15 % of 65 workdays is reached on the second Sunday.
    assert course(rows, PROBABILITY) == "ewnwddw"


def test_levels_do_not_rise_in_the_last_days() -> None:
    days = [0.3] * 11 + [0.95, 0.95]
    rows = completion(np.linspace(0.05, 0.8, 13), probability=days)
    # The thirteenth Sunday is the period's last day, the twelfth has exactly seven days left.
    assert course(rows, PROBABILITY)[-2:] == "dd"
    late = completion(np.linspace(0.05, 0.8, 13), probability=[0.3] * 12 + [0.95])
    assert course(late, PROBABILITY)[-1] == "n"


def test_a_late_warning_must_be_surer() -> None:
    condition = {**PROBABILITY, "late_warning": 0.7}
    rows = completion(
        np.linspace(0.05, 0.8, 13), probability=[0.3] * 6 + [0.6, 0.6, 0.75, 0.9] + [0.3] * 3
    )
    # Half of 65 workdays is passed on the seventh Sunday; 危险 is not concerned.
    assert course(rows, PROBABILITY) == "ennnnnwwwdwnn"
    assert course(rows, condition) == "ennnnnnnwdwnn"
    early = completion(np.linspace(0.05, 0.8, 13), probability=[0.3] * 4 + [0.6] * 5 + [0.3] * 4)
    assert course(early, condition) == course(early, PROBABILITY) == "ennnwwwwwnnnn"


@pytest.mark.parametrize("late", [0.4, 0.9])
def test_a_late_warning_lies_between_the_limits(late: float) -> None:
    with pytest.raises(ValueError, match="late_warning between warning 0.5 and danger 0.8"):
        rule("target_attainment", {**PROBABILITY, "late_warning": late})


def test_few_past_deals_give_no_level() -> None:
    rows = completion(np.linspace(0.02, 0.5, 7), probability=0.9).assign(past_deals=5)
    assert set(course(rows, PROBABILITY, min_sample=8)) == {"e", "-"}
    assert "d" in course(rows, PROBABILITY, min_sample=5)


def test_no_level_before_the_curve_has_been_learned() -> None:
    rows = completion(np.linspace(0.02, 0.5, 7), probability=0.9)
    learned = {**PROBABILITY, "min_curve_periods": 2}
    assert set(course(rows.assign(curve_periods=1), learned)) == {"e", "-"}
    assert "d" in course(rows.assign(curve_periods=2), learned)


def test_needed_beyond_best_is_danger_once_at_risk() -> None:
    rows = completion(np.linspace(0.05, 0.3, 6), probability=0.6)
    rows["best_finish_per_workday"] = rows["needed_per_workday"] - 1
    condition = {**PROBABILITY, "needed_beyond_best": True}
    assert course(rows, condition) == "eddddd"
    rows["best_finish_per_workday"] += 2
    assert course(rows, condition) == "ewwwww"


def test_pace() -> None:
    rows = completion([0.05, 0.15, 0.2, 0.25, 0.25])
    # On the five Sundays 7, 14, 21, 28, 35 of 91 days are gone: pace 0.98, 0.87, 0.81, 0.65.
    assert course(rows, {"type": "pace", "warning": 0.9, "danger": 0.8}) == "enwwd"


def test_burn_needs_used_allowance_and_both_windows() -> None:
    gone = np.array([7 * k / 91 for k in range(1, 10)])
    behind = gone.copy()
    behind[5:] = behind[4]  # nothing sold from the sixth week on
    condition = {"type": "burn", "warning": 2, "danger": 9.5}
    levels = course(completion(behind), condition)
    # Allowance is 10 % of the target = 9.1 days of plan: used up after two weeks of nothing.
    assert levels[:6] == "e" + "n" * 5
    assert levels[6] == "w"
    # By then the last four weeks brought nothing at all: b = 10.
    assert levels[8] == "d"


def test_miss_probability_formula() -> None:
    p, end = miss_probability(
        np.array([40.0, 100.0, 1.0]),
        np.array([100.0, 100.0, 0.0]),
        np.array([0.5, 1.0, 0.5]),
        np.array([90.0, 90.0, 90.0]),
    )
    m = (40 + 30) / (50 + 30)
    projected = 40 + m * 50
    sd = np.sqrt(m * 0.5 * 90 + (0.15 * 50) ** 2)
    assert end[0] == pytest.approx(projected)
    assert p[0] == pytest.approx(stats.norm.cdf((90 - projected) / sd))
    assert p[1] == 0
    assert np.isnan(p[2])


def test_calibration_fit_recovers_and_shrinks() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2, 6000)
    missed = rng.random(6000) < 1 / (1 + np.exp(-(-1 + 0.5 * logits)))
    a, b = fit(logits, missed, np.ones(6000))
    assert (a, b) == (pytest.approx(-1, abs=0.1), pytest.approx(0.5, abs=0.05))
    # Four cases hardly move it from the identity.
    a, b = fit(np.array([2.0, 2, 2, 2]), np.zeros(4, bool), np.ones(4))
    assert a < 0
    assert 0.3 < b < 1


def test_probabilities_learn_from_periods_that_ended_and_from_no_other() -> None:
    """Said 80 %, hardly ever missed: by the third quarter the warning is gone."""
    starts = [dt.date(2024, 1, 1), dt.date(2024, 4, 1), dt.date(2024, 7, 1)]
    ends = [dt.date(2024, 3, 31), dt.date(2024, 6, 30), dt.date(2024, 9, 30)]
    teams = [("team", f"T{i}") for i in range(1, 13)]
    rows = pd.concat(
        [
            completion(np.linspace(0.05, 0.7, 12), probability=0.8, scope=t, start=s, end=e)
            for t in teams
            for s, e in zip(starts, ends, strict=True)
        ]
    )
    final = pd.concat(
        [
            weekly("target_attainment", [1.0], scope=t, first=s, grain="quarter", step=91)
            for t in teams
            for s in starts
        ]
    )
    of = rule("target_attainment", {**PROBABILITY, "calibrate": True})
    levels = evaluate(final, rows, [of], scopes(12), as_of=ends[2]).levels
    shown = levels[levels["scope_type"] == "team"].groupby("period_start")["probability"].mean()
    assert shown.iloc[0] == pytest.approx(0.8, abs=1e-6)
    assert shown.iloc[1] < 0.6
    assert shown.iloc[2] < shown.iloc[1]
    # Cutting the future off changes nothing.
    early = evaluate(final, rows, [of], scopes(12), as_of=dt.date(2024, 6, 9)).levels
    joined = levels.merge(early, on=["scope_id", "as_of"])
    assert len(joined) == len(early)
    assert np.allclose(joined["probability_x"], joined["probability_y"])
