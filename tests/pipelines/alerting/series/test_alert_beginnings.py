import numpy as np
import pandas as pd
from alerting_frames import last_day, no_completion, rule, scopes, share

from pipelines.alerting.evaluation import evaluate
from pipelines.alerting.series.beginnings import beginnings
from pipelines.alerting.series.panel import metric_panel

# What a CRM knows of the time before it: only deals that were still open, so that none was lost.
SURVIVORS = np.arange(4, 60, 4)
SINCE = 40
CASES = np.r_[SURVIVORS, np.full(SINCE, 100)]


def conversion(rate: float, fall_at: int | None = None) -> pd.DataFrame:
    share_then = np.full(SINCE, rate)
    if fall_at is not None:
        share_then[fall_at:] = rate / 2
    hits = np.r_[SURVIVORS, np.round(share_then * 100)]
    return pd.concat(
        share("win_rate", hits, CASES, scope=scope)
        for scope in (("company", "company"), ("team", "T1"))
    )


def levels(rows: pd.DataFrame) -> list[str]:
    shift = {"type": "rate_shift", "shift": 0.5, "warning": 7, "danger": 10}
    found = evaluate(
        rows, no_completion(), [rule("win_rate", shift)], scopes(), as_of=last_day(rows)
    ).levels
    return found[found["scope_type"] == "team"].sort_values("as_of")["level"].tolist()


def test_the_end_of_a_survivors_past_is_no_fall() -> None:
    found = levels(conversion(0.6))
    assert set(found) == {"too_few", "normal"}
    assert found[-20:] == ["normal"] * 20


def test_a_real_fall_after_it_is_seen() -> None:
    assert "danger" in levels(conversion(0.6, fall_at=30))[-8:]


def test_a_beginning_is_known_from_what_came_before_only() -> None:
    rows = conversion(0.6)
    whole = metric_panel(rows, as_of=last_day(rows))
    assert whole is not None
    found = beginnings(whole, np.array([0, 0]))
    assert found[-1, 0] == len(SURVIVORS) + 1
    for t in (3, 16, 30):
        day = whole.dates[t].astype(object)
        then = metric_panel(rows, as_of=day)
        assert then is not None
        np.testing.assert_array_equal(beginnings(then, np.array([0, 0])), found[: t + 1])


def test_steady_numbers_and_series_without_a_company_count_from_the_first_row() -> None:
    rows = share("win_rate", [30] * 30, [100, 90, 110] * 10, scope=("company", "company"))
    panel = metric_panel(rows, as_of=last_day(rows))
    assert panel is not None
    assert not beginnings(panel, np.array([0])).any()
    assert not beginnings(panel, np.array([-1])).any()
