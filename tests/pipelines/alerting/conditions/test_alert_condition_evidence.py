import datetime as dt

import numpy as np
import pandas as pd
import pytest
from alerting_frames import MONDAY, last_day, no_completion, rule, scopes, share, weekly

from pipelines.alerting.conditions.base import past, past_sums
from pipelines.alerting.evaluation import evaluate

COUNT = {"type": "count_shift", "shift": 0.5, "warning": 7, "danger": 9}


def test_sums_over_a_window_are_those_of_its_clean_values() -> None:
    rng = np.random.default_rng(4)
    values, clean = rng.normal(size=(40, 6)), rng.random((40, 6)) < 0.7
    for t in (0, 5, 20, 39):
        (found,) = past_sums(clean, t, 12, 4, values)
        np.testing.assert_allclose(found, np.nansum(past(values, clean, t, 12, 4), axis=0))


def test_evidence_of_a_rate_by_hand() -> None:
    rng = np.random.default_rng(7)
    hits = rng.binomial(100, 0.4, 21).astype(float)
    hits[-1] = 20
    rows = share("win_rate", hits, [100] * 21, scope=("company", "company"))
    of = rule(
        "win_rate", {"type": "rate_shift", "shift": 0.5, "warning": 6, "danger": 30, "cap": 50}
    )
    last = evaluate(rows, no_completion(), [of], scopes(), as_of=last_day(rows)).levels.iloc[-1]
    # The past of the last week leaves out the four newest weeks, itself among them.
    k, n = hits[:17].sum(), 1700.0
    rate = (k + 10 * (k + 1) / (n + 2)) / (n + 10)
    changed = rate / (1 - rate) * 0.5
    changed = changed / (1 + changed)
    phi = max(((hits[:17] - 100 * rate) ** 2 / (100 * rate * (1 - rate))).sum() / 16, 1.0)
    gain = 20 * np.log(changed / rate) + 80 * np.log((1 - changed) / (1 - rate))
    assert last["expected"] == pytest.approx(rate)
    assert last["probability"] >= 1 / (1 + np.exp(-gain / phi)) - 1e-9
    assert last["level"] == "warning"


def calendar(holidays: set[dt.date], days: int) -> pd.DataFrame:
    dates = [MONDAY + dt.timedelta(days=i) for i in range(days)]
    work = [day.weekday() < 5 and day not in holidays for day in dates]
    return pd.DataFrame({"date_day": dates, "is_workday": work})


def test_a_long_holiday_and_the_week_after_it_are_no_evidence() -> None:
    counts = [40] * 20 + [20, 4, 14] + [40] * 4
    rows = weekly("orders", counts, scope=("company", "company"))
    holiday = {MONDAY + dt.timedelta(days=7 * 21 + i) for i in range(5)}
    days = calendar(holiday, 7 * len(counts))

    def levels(after: int) -> list[str]:
        of = rule("orders", COUNT, pause=[{"workdays_below": 3, "after": after}])
        found = evaluate(
            rows, no_completion(), [of], scopes(), as_of=last_day(rows), calendar=days
        ).levels
        return found["level"].tolist()[-7:-3]

    # A slow week before the holiday, a slow one after it: together no fall of half a year.
    assert levels(1) == ["normal", "paused", "paused", "normal"]
    assert levels(0)[1] == "paused"


def test_a_fall_that_outlasts_the_holiday_is_seen() -> None:
    counts = [40] * 20 + [20, 4, 14] + [15] * 6
    rows = weekly("orders", counts, scope=("company", "company"))
    holiday = {MONDAY + dt.timedelta(days=7 * 21 + i) for i in range(5)}
    of = rule("orders", COUNT, pause=[{"workdays_below": 3, "after": 1}])
    found = evaluate(
        rows,
        no_completion(),
        [of],
        scopes(),
        as_of=last_day(rows),
        calendar=calendar(holiday, 7 * len(counts)),
    ).levels
    assert found["level"].iloc[-1] in {"warning", "danger"}
