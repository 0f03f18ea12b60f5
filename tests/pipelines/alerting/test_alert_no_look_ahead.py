import datetime as dt

import pandas as pd
from alerting_frames import MONDAY, last_day, scopes, weekly
from hypothesis import given, settings
from hypothesis import strategies as st
from noisy_company import RULES, WEEKS, company

from pipelines.alerting.evaluation import evaluate


def up_to(frame: pd.DataFrame, column: str, day: dt.date) -> pd.DataFrame:
    return frame[[d <= day for d in frame[column]]]


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000), cut=st.integers(9, WEEKS - 2))
def test_more_days_never_change_what_was_said_before(seed: int, cut: int) -> None:
    """Evaluating what was known on day D gives the levels and openings that a later evaluation
    gives for the days up to D: no look-ahead, and a rerun finds the same episodes."""
    metrics, history = company(seed)
    day = MONDAY + dt.timedelta(days=7 * cut + 6)
    end = last_day(weekly("orders", [1] * WEEKS))
    whole = evaluate(metrics, history, RULES, scopes(), as_of=end)
    then = evaluate(
        up_to(metrics, "period_end", day),
        up_to(history, "as_of", day),
        RULES,
        scopes(),
        as_of=day,
    )
    key = ["rule", "scope_type", "scope_id", "dimension", "as_of"]
    past = whole.levels[whole.levels["as_of"] <= pd.Timestamp(day)]
    pd.testing.assert_frame_equal(
        past.sort_values(key).reset_index(drop=True),
        then.levels.sort_values(key).reset_index(drop=True),
        check_dtype=False,
    )
    opened = whole.episodes[[o <= day for o in whole.episodes["opened_on"]]]
    same = ["alert_id", "opened_on", "since", "rule", "scope_id"]
    assert sorted(map(tuple, opened[same].to_numpy())) == sorted(
        map(tuple, then.episodes[same].to_numpy())
    )
    # The same as_of over the longer frames gives the very same answer: later rows are ignored.
    again = evaluate(metrics, history, RULES, scopes(), as_of=day)
    pd.testing.assert_frame_equal(again.episodes, then.episodes)
