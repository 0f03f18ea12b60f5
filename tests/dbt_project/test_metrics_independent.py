"""Two ways to every figure: fct_metrics, and pandas on the canonical entities, at five dates.

Also what a night in the past would have said: marts built for a past day are what tonight's
history says about it.
"""

from __future__ import annotations

import datetime as dt
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from built_sample import LOADS, bind, build, deals_as_loaded
from independent_figures import figures
from independent_metrics import Records, Scope
from semantic_questions import METRICS as SEMANTIC
from semantic_questions import answer

from pipelines.sample.company import SampleCompany, generate

AS_OF, PAST = dt.date(2026, 10, 30), dt.date(2026, 4, 5)
# A revised half-year, a Spring Festival, a week over a quarter's end, two quarters.
PERIODS = [
    ("month", "2026-08-01", "2026-08-31"),
    ("month", "2026-02-01", "2026-02-28"),
    ("week", "2026-06-29", "2026-07-05"),
    ("quarter", "2025-07-01", "2025-09-30"),
    ("quarter", "2026-04-01", "2026-06-30"),
]
METRICS = {
    *("revenue", "orders", "new_accounts", "opportunities_created", "win_rate", "win_rate_amount"),
    *("stage_conversion", "sales_cycle_days", "days_in_stage", "activities", "inbound_share"),
    *("stalled_share", "moved_share", "idle_share", "overdue_close_share", "open_pipeline_amount"),
    *("silent_accounts", "churn_rate", "late_order_share", "leads_created", "lead_conversion"),
    *("slippage_share", "target_attainment", "pipeline_coverage", "concentration"),
    *("pipeline_coverage_next", "key_account_engagement"),
}
KEY = ["metric", "grain", "period_start", "scope_type", "scope_id", "dimension"]


@pytest.fixture(scope="module")
def company() -> SampleCompany:
    return generate(reps=8)


@pytest.fixture(scope="module")
def bound(company: SampleCompany, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "bound.duckdb"
    bind(company, path)
    return path


@pytest.fixture(scope="module")
def tonight(bound: Path) -> Path:
    path = bound.with_name("tonight.duckdb")
    shutil.copy(bound, path)
    build(path, AS_OF, "fct_metrics", "fct_target_completion_history", "fct_activities")
    return path


@pytest.fixture(scope="module")
def past(company: SampleCompany, bound: Path) -> Path:
    """The day lies before the first load of the deals, so that load stands in for it."""
    path = bound.with_name("past.duckdb")
    bind(company, path, loads=1)
    build(path, PAST, "fct_metrics", "fct_target_completion_history")
    return path


@pytest.fixture(scope="module")
def metrics(tonight: Path) -> pd.DataFrame:
    with duckdb.connect(str(tonight), read_only=True) as connection:
        return connection.sql("from marts.fct_metrics").df().set_index(KEY).sort_index()


@pytest.fixture(scope="module")
def records(company: SampleCompany, bound: Path) -> Records:
    with duckdb.connect(str(bound), read_only=True) as connection:
        days = connection.sql("from config.calendar").df()
    workdays = days.set_index(pd.to_datetime(days.date_day)).is_workday.cumsum()
    loads = [(load, deals_as_loaded(company, load)) for load in LOADS]
    found = Records(company.frames, loads, workdays, pd.Timestamp(AS_OF))
    assert found.closes.opportunity_id.duplicated().sum() > 20, "pushed between two loads"
    return found


def same(left: float | None, right: float | None) -> bool:
    if left is None or right is None or np.isnan(left) or np.isnan(right):
        return (left is None or np.isnan(left)) and (right is None or np.isnan(right))
    return abs(left - right) <= 1e-6 * max(1.0, abs(right))


@pytest.mark.parametrize(
    ("grain", "first", "last"), PERIODS, ids=[f"{p[0]}-{p[1]}" for p in PERIODS]
)
def test_pandas_finds_the_same_figures(
    metrics: pd.DataFrame, records: Records, grain: str, first: str, last: str
) -> None:
    start, end = pd.Timestamp(first), pd.Timestamp(last)
    stay = records.stays[records.stays["first"] < start].iloc[-1]
    scopes = [Scope("company", "company"), Scope("team", stay.team_id), Scope("rep", stay.user_id)]
    differences, compared = [], set()
    for scope in scopes:
        for (metric, dimension), expected in figures(records, start, end, scope).items():
            key = (metric, grain, start, scope.kind, scope.key, dimension)
            if key not in metrics.index:
                if expected[0] or expected[1]:
                    differences.append((key, "missing", expected))
                continue
            row = metrics.loc[key]
            compared.add(metric)
            told = (row.numerator, row.denominator, row.value)
            nothing = not expected[0] and not (told[0] > 0)
            if not (
                (nothing or same(told[0], expected[0]))
                and same(told[1], expected[1])
                and same(told[2], expected[2])
            ):
                differences.append((key, told, expected))
    assert not differences
    by_month_only = {"churn_rate", "slippage_share", "target_attainment"}
    by_month_only |= {"pipeline_coverage", "pipeline_coverage_next", "concentration"}
    assert compared == (METRICS - by_month_only if grain == "week" else METRICS)


@pytest.mark.parametrize(
    ("mart", "cut", "key"),
    [
        ("fct_metrics", "period_end", KEY),
        ("fct_target_completion_history", "as_of", ["period_type", *KEY[2:5], "metric"]),
    ],
)
def test_a_night_in_the_past_says_what_the_history_says(
    past: Path, tonight: Path, mart: str, cut: str, key: list[str]
) -> None:
    """Company figures: a team's may differ where a rep of later days owns a deal of that day."""
    asked = f"from marts.{mart} where {cut} <= date '{PAST}' and scope_type = 'company'"
    key = sorted({*key, cut})
    frames = []
    for path in (past, tonight):
        with duckdb.connect(str(path), read_only=True) as connection:
            rows = connection.sql(asked).df().drop(columns="as_of" if cut != "as_of" else [])
        money = [name for name in rows if rows[name].map(type).eq(Decimal).any()]
        rows = rows.astype(dict.fromkeys(money, float))
        frames.append(rows.set_index(key).sort_index())
    assert len(frames[0]) > 100
    pd.testing.assert_frame_equal(*frames, rtol=1e-9, check_dtype=False)


def test_a_plain_question_to_the_semantic_layer_gets_the_figure_of_fct_metrics(
    tonight: Path,
) -> None:
    """No filter, no scope: what somebody asks who knows only the metric's name."""
    compared = set()
    with duckdb.connect(str(tonight), read_only=True) as connection:
        for name in SEMANTIC:
            metric = name.removesuffix("_by_team").removesuffix("_by_rep")
            if name.endswith("_part"):
                continue
            value, share, kind = connection.execute(
                "select sum(value), sum(numerator) / nullif(sum(denominator), 0), max(kind) "
                "from marts.fct_metrics where metric = ? "
                "and grain = 'month' and period_start = date '2026-09-01' "
                "and scope_type = 'company' and (dimension = '' or metric = 'stage_conversion')",
                [metric],
            ).fetchall()[0]
            sums = kind in ("count", "amount") or metric in (
                "silent_accounts",
                "open_pipeline_amount",
            )
            expected = value if sums else share
            (said,) = answer(connection, name, "month", "2026-09-01", "2026-09-30").values()
            if name == metric:
                known = None if expected is None else pytest.approx(expected, rel=1e-9)
                assert said == known, name
                compared.add(name)
    assert compared == METRICS - {"sales_cycle_days", "days_in_stage"}  # medians of no sums


@pytest.mark.parametrize("by", ["day", "week", "month", "owner_id", "team_id", "region"])
def test_revenue_of_september_is_the_same_by_whatever_it_is_asked_for(
    tonight: Path, by: str
) -> None:
    with duckdb.connect(str(tonight), read_only=True) as connection:
        said = answer(connection, "revenue", by, "2026-09-01", "2026-09-30")
        ((of_september,),) = connection.execute(
            "select value from marts.fct_metrics where metric = 'revenue' and grain = 'month' "
            "and period_start = date '2026-09-01' and scope_type = 'company'"
        ).fetchall()
    assert sum(value or 0 for value in said.values()) == pytest.approx(of_september)
    assert len(said) > 1 or by == "month"


def test_there_is_no_day_to_ask_for_where_the_figures_are_monthly(tonight: Path) -> None:
    with (
        duckdb.connect(str(tonight), read_only=True) as connection,
        pytest.raises(AssertionError, match="refuses day"),
    ):
        answer(connection, "churn_rate", "day", "2026-09-01", "2026-09-30")
