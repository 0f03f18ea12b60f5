import numpy as np
import pandas as pd
import pytest
from alerting_frames import last_day, no_completion, rule, scopes, share, weekly

from pipelines.alerting.evaluation import evaluate
from pipelines.alerting.rules.rule import Rule


def course(rows: pd.DataFrame, of: Rule, scope: str = "T1") -> str:
    """One letter per period for a scope: n, w, d, or - for no verdict."""
    levels = evaluate(rows, no_completion(), [of], scopes(), as_of=last_day(rows)).levels
    own = levels[levels["scope_id"] == scope].sort_values("as_of")
    letters = {"normal": "n", "warning": "w", "danger": "d"}
    return "".join(letters.get(level, "-") for level in own["level"])


def test_limit_on_the_side_that_hurts() -> None:
    high = rule("late_order_share", {"type": "limit", "warning": 0.1, "danger": 0.2})
    assert course(share("late_order_share", [5, 11, 20, 21, 9], [100] * 5), high) == "nwwdw"
    low = rule("win_rate", {"type": "limit", "warning": 0.3, "danger": 0.2})
    assert course(share("win_rate", [40, 29, 19, 25], [100] * 4), low) == "nwdw"


def test_window_pools_numerators_and_denominators_not_shares() -> None:
    of = rule("win_rate", {"type": "limit", "warning": 0.3, "danger": 0.1, "window": 2})
    # Mean of shares would be 0.5; pooled it is 11 of 101.
    levels = evaluate(
        rows := share("win_rate", [1, 10], [1, 100]),
        no_completion(),
        [of],
        scopes(),
        as_of=last_day(rows),
    ).levels
    assert levels["value"].iloc[-1] == pytest.approx(11 / 101)
    assert levels["level"].iloc[-1] == "warning"


def test_empty_denominator_is_no_verdict() -> None:
    of = rule("win_rate", {"type": "limit", "warning": 0.3, "danger": 0.2})
    assert course(share("win_rate", [4, 0, 1], [10, 0, 10]), of) == "n-d"


@pytest.mark.parametrize(
    ("against", "values", "expected"),
    [
        ("previous", [100, 79, 79, 60, 100], "-wnwn"),
        ("previous", [100, 69], "-d"),
        ("year_ago", [100] * 52 + [85, 75, 65], "-" * 52 + "nwd"),
    ],
)
def test_change(against: str, values: list[float], expected: str) -> None:
    of = rule("orders", {"type": "change", "against": against, "warning": -0.2, "danger": -0.3})
    assert course(weekly("orders", values), of) == expected


def test_change_against_almost_nothing_says_nothing() -> None:
    of = rule(
        "orders",
        {"type": "change", "against": "previous", "warning": -0.2, "danger": -0.3, "min_base": 5},
    )
    assert course(weekly("orders", [3, 1, 10, 6]), of) == "---d"


def test_against_past_is_beyond_every_value_of_the_past() -> None:
    of = rule(
        "pipeline_coverage",
        {
            "type": "against_past",
            "warning": 0.0,
            "danger": 0.0,
            "danger_margin": 0.5,
            "min_history": 4,
            "history": 8,
        },
    )
    values = [3, 2, 4, 3, 3, 2.5, 1.9, 0.9]
    assert course(weekly("pipeline_coverage", values), of) == "----nnwd"


def test_against_past_relative_to_the_company_ignores_what_moves_everybody() -> None:
    condition = {
        "type": "against_past",
        "relative": "company",
        "warning": 0.0,
        "danger": 0.0,
        "margin": 0.1,
        "danger_margin": 0.5,
        "min_history": 8,
        "history": 8,
    }
    of = rule("stalled_share", condition)
    wave = np.array([10] * 9 + [30, 30, 10])  # a holiday stalls everybody
    alone = np.array([12] * 11 + [30])  # the last week only this team
    rows = pd.concat(
        [
            share("stalled_share", wave * 5, [500] * 12, scope=("company", "company")),
            share("stalled_share", alone * wave / 10, [100] * 12),
        ]
    )
    assert course(rows, of) == "-" * 8 + "nnnd"
    # By its own value the holiday would have been an alarm.
    plain = rule("stalled_share", {**condition, "relative": "none"})
    assert course(rows, plain)[9] == "d"


def test_against_past_with_floor_leaves_mild_values_alone() -> None:
    condition = {
        "type": "against_past",
        "warning": 0.0,
        "danger": 0.0,
        "floor": 0.15,
        "min_history": 4,
        "history": 8,
    }
    hits = [1, 1, 1, 1, 1, 5, 20]
    assert course(share("slippage_share", hits, [100] * 7), rule("slippage_share", condition)) == (
        "----nnd"
    )
    # A fifth of twenty cases is chance by its standard error, of a hundred it is not.
    few, sure = [0, 0, 0, 0, 0, 4, 12], {**condition, "errors": 4}
    assert (
        course(share("slippage_share", few, [20] * 7), rule("slippage_share", condition))[5:]
        == "dd"
    )
    assert course(share("slippage_share", few, [20] * 7), rule("slippage_share", sure))[5:] == "nd"
    assert (
        course(share("slippage_share", hits, [100] * 7), rule("slippage_share", sure))[5:] == "nd"
    )
