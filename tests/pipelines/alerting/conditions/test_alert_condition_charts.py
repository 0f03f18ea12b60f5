"""Control charts on made-up series, and their run lengths against the sheet's table 2.4."""

import numpy as np
import pytest

from pipelines.alerting.conditions import Consecutive, Cusum, Ewma
from pipelines.alerting.conditions.base import Condition, Context
from pipelines.alerting.series.catalogue import Direction
from pipelines.alerting.series.panel import Panel

WARM_UP = 200


def panel(values: np.ndarray) -> Panel:
    import pandas as pd

    weeks, series = values.shape
    dates = np.datetime64("2015-01-04") + 7 * np.arange(weeks)
    keys = pd.DataFrame(
        {"scope_type": "team", "scope_id": [f"T{i}" for i in range(series)], "dimension": ""}
    )
    return Panel(dates, dates - 6, keys, {"value": values}, np.ones(weeks, bool), np.ones(weeks))


def first_alarm(
    condition: Condition,
    values: np.ndarray,
    start: int,
    direction: Direction = "below",
    *,
    forget: bool = False,
) -> np.ndarray:
    """Weeks after `start` until level 1 is first reached, NaN where it never is."""
    series = values.shape[1]
    context = Context(np.full(series, -1), direction, 0.0, 0)
    judge = condition.prepare(panel(values), context)
    clean = np.ones(values.shape, bool)
    clean[start:] = False  # limits stay as learned before
    found = np.full(series, np.nan)
    if forget:
        for t in range(start):
            judge.at(t, clean)
        judge.forget(np.ones(series, bool))
    for t in range(start if forget else 0, len(values)):
        raw = judge.at(t, clean).raw
        if t >= start:
            found = np.where((raw >= 1) & np.isnan(found), t - start + 1, found)
    return found


@pytest.mark.parametrize(
    ("condition", "shift", "expected"),
    [
        # Table 2.4, columns "no change" and "-1 sigma"; limits are estimated here from 200
        # values instead of known, hence the width.
        (Consecutive(periods=2, sigma=0, history=520, danger_periods=3), 0.0, 6),
        (Consecutive(periods=3, sigma=0, history=520, danger_periods=4), 0.0, 14),
        (Consecutive(periods=2, sigma=1, history=520, danger_periods=3), 0.0, 47),
        (Consecutive(periods=2, sigma=1, history=520, danger_periods=3), -1.0, 6),
        (Ewma(weight=0.2, warning=2.0, danger=5, history=520, counts=False), 0.0, 91),
        (Ewma(weight=0.2, warning=2.5, danger=5, history=520, counts=False), -1.0, 6.6),
        (Ewma(weight=0.2, warning=2.86, danger=5, history=520, counts=False), -1.5, 4.3),
        (Cusum(warning=4, danger=9, history=520, counts=False), -1.0, 8.4),
        (Cusum(warning=5, danger=9, history=520, counts=False), -1.5, 5.7),
    ],
)
def test_run_lengths_agree_with_the_table(
    condition: Condition, shift: float, expected: float
) -> None:
    rng = np.random.default_rng(2024)
    weeks = WARM_UP + int(expected * 8) + 20
    values = rng.normal(100, 10, (weeks, 300))
    values[WARM_UP:] += shift * 10
    found = first_alarm(condition, values, WARM_UP, forget=True)
    # Means over the few that never alarmed count as the whole span: a lower bound.
    mean = np.nanmean(np.where(np.isnan(found), weeks - WARM_UP, found))
    assert mean == pytest.approx(expected, rel=0.22)


@pytest.mark.parametrize("kind", [Ewma, Cusum])
def test_direction_counts(kind: type[Ewma] | type[Cusum]) -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(50, 5, (80, 40))
    values[60:] += 15
    rising = kind(counts=False)
    assert np.isnan(first_alarm(rising, values, 60, "below")).mean() > 0.9
    assert np.nanmax(first_alarm(rising, values, 60, "above")) <= 4


def test_small_but_sure_change_is_no_level() -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(100, 1, (80, 10))
    values[60:] -= 3
    assert not np.isnan(first_alarm(Ewma(counts=False), values, 60)).any()
    assert np.isnan(first_alarm(Ewma(counts=False, min_change=0.1), values, 60)).all()


def test_no_verdict_before_enough_history_and_in_a_gap() -> None:
    values = np.full((20, 1), 10.0) + np.arange(20)[:, None] % 3
    values[17] = np.nan
    judge = Ewma(min_history=12, gap=1).prepare(
        panel(values), Context(np.array([-1]), "below", 0.0, 0)
    )
    clean = np.ones(values.shape, bool)
    known = [bool(judge.at(t, clean).known[0]) for t in range(20)]
    assert known == [False] * 12 + [True] * 5 + [False] + [True] * 2


def test_season_is_taken_out_before_the_limits() -> None:
    """Quarter ends sell double: without the season every quiet first week looks like a fall."""
    import pandas as pd

    weeks = 156
    dates = np.datetime64("2023-01-08") + 7 * np.arange(weeks)
    months = dates.astype("datetime64[M]").astype(int) % 3
    pattern = np.where(months == 2, 40.0, 14.0)
    rng = np.random.default_rng(5)
    values = rng.poisson(pattern[:, None] * np.ones((1, 6))).astype(float)
    keys = pd.DataFrame(
        {
            "scope_type": ["company"] + ["team"] * 5,
            "scope_id": ["company"] + [f"T{i}" for i in range(5)],
            "dimension": "",
        }
    )
    with_season = Panel(
        dates, dates - 6, keys, {"value": values}, np.ones(weeks, bool), np.ones(weeks)
    )
    context = Context(np.zeros(6, int), "below", 0.0, 0)
    clean = np.ones(values.shape, bool)
    spread = {}
    for season in ("none", "month"):
        judge = Ewma(season=season, warning=9, danger=9, gap=1).prepare(with_season, context)
        expected = np.array([judge.at(t, clean).expected for t in range(weeks)])
        spread[season] = np.nanmean(np.abs(expected[104:] - pattern[104:, None]))
    assert spread["month"] < spread["none"] / 2
