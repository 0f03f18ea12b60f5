import numpy as np
import pandas as pd
import pytest
from alerting_frames import MONDAY, last_day, no_completion, rule, scopes, share, weekly
from scipy import stats

from pipelines.alerting.conditions.rates import probability_worse
from pipelines.alerting.evaluation import evaluate
from pipelines.alerting.records.false_alarms import QuietSeries, false_alarms_per_100_series


def levels_of(rows: pd.DataFrame, condition: dict, metric: str, **more: object) -> pd.DataFrame:
    of = rule(metric, condition, **more)
    return evaluate(rows, no_completion(), [of], scopes(), as_of=last_day(rows)).levels


def test_p_chart_limits_by_hand() -> None:
    # 20 weeks of 10 in 100, then 25 of 100: sd = sqrt(.1*.9*(1/100 + 1/2000)), z = 4.9.
    rows = share("late_order_share", [10] * 20 + [25], [100] * 21)
    levels = levels_of(rows, {"type": "p_chart", "window": 1}, "late_order_share")
    last = levels.iloc[-1]
    p = 200.5 / 2001
    sd = np.sqrt(p * (1 - p) * (1 / 100 + 1 / 2000))
    assert last["level"] == "danger"
    assert last["expected"] == pytest.approx(p)
    assert last["limit_value"] == pytest.approx(p + 3 * sd, rel=1e-5)
    assert levels.iloc[-2]["level"] == "normal"


def test_p_chart_allows_for_weeks_that_always_scatter() -> None:
    wild = [2, 30] * 12
    rows = share("late_order_share", [*wild, 30], [100] * 25)
    levels = levels_of(rows, {"type": "p_chart", "window": 1}, "late_order_share")
    assert levels.iloc[-1]["level"] == "normal"


def test_poisson_tail_is_the_exact_predictive_probability() -> None:
    rows = weekly("new_accounts", [4] * 20 + [0, 0])
    levels = levels_of(
        rows, {"type": "poisson", "window": 2, "warning": 2.5, "danger": 3.3}, "new_accounts"
    )
    # 20 weeks of the past (the window is not part of it) say 80; two weeks of zero.
    tail = stats.nbinom.cdf(0, 80.5, 20 / 22)
    assert 2.5 < -stats.norm.ppf(tail) < 3.5
    assert levels.iloc[-1]["level"] in {"warning", "danger"}
    assert levels.iloc[-1]["expected"] == pytest.approx(8.0)
    assert levels.iloc[-2]["level"] == "normal"


@pytest.mark.parametrize(
    ("now", "base"),
    [((3.0, 17.0), (60.0, 140.0)), ((8.0, 8.0), (30.0, 30.0)), ((2.0, 2.0), (9, 1))],
)
def test_beta_comparison_agrees_with_drawing(
    now: tuple[float, float], base: tuple[float, float]
) -> None:
    rng = np.random.default_rng(0)
    drawn = rng.beta(*now, 400_000) < rng.beta(*base, 400_000)
    found = probability_worse(
        (np.array([now[0]]), np.array([now[1]])),
        (np.array([base[0]]), np.array([base[1]])),
        0.0,
        -1.0,
    )
    assert found[0] == pytest.approx(drawn.mean(), abs=0.02)


def test_rate_fall_needs_a_sample_and_then_says_how_sure() -> None:
    hits, cases = [5] * 30 + [1] * 8, [10] * 30 + [10] * 8
    condition = {"type": "rate_fall", "window": 4}
    levels = levels_of(share("win_rate", hits, cases), condition, "win_rate", min_sample=20)
    assert levels.iloc[-1]["level"] == "danger"
    assert levels.iloc[-1]["probability"] > 0.99
    assert levels.iloc[29]["level"] == "normal"
    few = levels_of(share("win_rate", hits, cases), condition, "win_rate", min_sample=50)
    assert set(few["level"]) == {"too_few"}


def test_small_scope_leans_on_the_company() -> None:
    """Two cases a week and a lucky past of 100 %: without the company's 50 % any loss would be a
    fall."""
    rows = pd.concat(
        [
            share("win_rate", [50] * 24, [100] * 24, scope=("company", "company")),
            share("win_rate", [1] * 20 + [0] * 4, [1] * 24),
        ]
    )
    condition = {"type": "rate_fall", "window": 4, "prior": 60}
    levels = levels_of(rows, condition, "win_rate")
    last = levels[levels["scope_id"] == "T1"].iloc[-1]
    assert last["expected"] < 0.7


@pytest.mark.parametrize(
    ("metric", "condition", "before", "after", "at_most"),
    [
        # Halved odds at 20 cases a week: seen within four weeks.
        ("win_rate", {"type": "rate_shift", "shift": 0.5}, (10, 20), (5, 20), 4),
        ("late_order_share", {"type": "rate_shift", "shift": 4.0}, (2, 40), (10, 40), 2),
    ],
)
def test_evidence_on_shares(
    metric: str, condition: dict, before: tuple[int, int], after: tuple[int, int], at_most: int
) -> None:
    hits = [before[0]] * 30 + [after[0]] * 8
    cases = [before[1]] * 30 + [after[1]] * 8
    levels = levels_of(share(metric, hits, cases), condition, metric)
    alarm = levels["level"].ne("normal") & levels["level"].ne("too_few")
    first = int(np.flatnonzero(alarm)[0])
    assert 30 <= first < 30 + at_most
    assert levels.iloc[-1]["expected"] == pytest.approx(before[0] / before[1], rel=0.15)


def test_evidence_on_counts_allows_for_short_weeks() -> None:
    values = [10] * 30 + [4]
    rows = weekly("new_accounts", values)
    of = rule("new_accounts", {"type": "count_shift", "shift": 0.4, "warning": 2, "danger": 5})
    days = pd.date_range(MONDAY, periods=7 * 31)
    work = pd.Series(days.weekday < 5)
    plain = evaluate(rows, no_completion(), [of], scopes(), as_of=last_day(rows))
    assert plain.levels.iloc[-1]["level"] == "warning"
    # The same four in a week of two workdays is what one would expect.
    work[-7:] = [True, True, False, False, False, False, False]
    calendar = pd.DataFrame({"date_day": days.date, "is_workday": work})
    short = evaluate(rows, no_completion(), [of], scopes(), as_of=last_day(rows), calendar=calendar)
    assert short.levels.iloc[-1]["level"] == "normal"


@pytest.mark.parametrize(
    ("metric", "condition", "bound"),
    [
        # At most exp(-limit) alarms per period and series (Lorden), for known limits; estimated
        # ones may do worse, so the bound is doubled.
        ("win_rate", {"type": "rate_shift", "shift": 0.5, "warning": 4.0}, np.exp(-4.0)),
        ("orders", {"type": "count_shift", "shift": 0.6, "warning": 4.0}, np.exp(-4.0)),
    ],
)
def test_false_alarms_of_evidence_are_bounded(metric: str, condition: dict, bound: float) -> None:
    quiet = QuietSeries(series=150, periods=200)
    rate = false_alarms_per_100_series(rule(metric, condition), quiet) / 100
    assert 0 < rate < 2 * bound


def test_naked_two_week_rule_lies_as_often_as_the_sheet_says() -> None:
    """100 watched series: some 16 false alarms a week (alarm, recover, alarm again)."""
    of = rule("new_accounts", {"type": "consecutive", "periods": 2, "sigma": 0})
    often = false_alarms_per_100_series(of, QuietSeries(mean=400, series=150, periods=200))
    assert 10 < often < 18
    calm = rule("new_accounts", {"type": "consecutive", "periods": 2, "sigma": 1.0})
    assert false_alarms_per_100_series(calm, QuietSeries(mean=400, series=150, periods=200)) < 4


def test_trend_sees_a_steady_fall_and_not_a_tiny_one() -> None:
    condition = {"type": "trend", "periods": 10, "min_change": 0.2}
    falling = weekly("orders", [100] * 5 + list(range(100, 50, -5)))
    assert levels_of(falling, condition, "orders").iloc[-1]["level"] == "danger"
    drifting = weekly("orders", [100] * 5 + [100 - 0.5 * i for i in range(10)])
    assert set(levels_of(drifting, condition, "orders")["level"]) <= {"too_few", "normal"}
