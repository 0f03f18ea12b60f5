"""Every published figure can be taken apart, and its records add up to it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import duckdb
import pytest
from nightly_site import Installation

from pipelines.commands.analysing import built_warehouse
from pipelines.explaining.figure import Figure, find_figure
from pipelines.explaining.records import Explanation, explain, needed_by
from pipelines.failures import PermanentFailure
from pipelines.metrics.definitions import definitions
from pipelines.settings import load_settings
from pipelines.warehouse.dbt_command import company_program
from pipelines.warehouse.private.made_again import with_models

pytestmark = pytest.mark.nightly
# Medians have no sum to compare with.
NO_SUM = {"days_in_stage", "sales_cycle_days"}


@pytest.fixture(scope="module")
def connection(published: Installation) -> Iterator[duckdb.DuckDBPyConnection]:
    settings = load_settings(published.config, published.data)
    program = company_program(settings)
    wanted = {each for metric in definitions().metrics for each in needed_by(program, metric)}
    with with_models(built_warehouse(settings), program, wanted) as c:
        yield c


@pytest.fixture(scope="module")
def compiled(published: Installation) -> dict[str, str]:
    models = company_program(load_settings(published.config, published.data)).models.values()
    return {model.name: model.sql for model in models}


def taken_apart(
    connection: duckdb.DuckDBPyConnection, compiled: dict[str, str], figure: Figure
) -> Explanation:
    return explain(connection, compiled, figure, revenue_basis="orders")


@pytest.mark.parametrize("metric", sorted(definitions().metrics))
def test_the_records_add_up_to_the_figure_in_every_scope(
    connection: duckdb.DuckDBPyConnection, compiled: dict[str, str], metric: str
) -> None:
    day = connection.execute("select config.as_of_day()").fetchall()[0][0]
    rows = connection.execute(
        "select grain, period_start, period_end, scope_type, scope_id, dimension, value, numerator, "
        "denominator, sample_size from (select *, row_number() over (partition by grain, scope_type "
        "order by hash(concat(scope_id, period_start, dimension))) as draw from marts.fct_metrics "
        "where metric = ? and period_start <= ? and numerator > 0) where draw = 1",
        [metric, day],
    ).fetchall()
    assert len(rows) >= 4
    for grain, start, end, *rest in rows:
        figure = Figure(metric, grain, start, end, min(end, day), *rest)
        found = taken_apart(connection, compiled, figure)
        assert found.adds_up is (None if metric in NO_SUM else True), figure
        assert found.records
        assert all(record.origin for record in found.records)


def test_an_attainment_shows_the_orders_with_file_and_cell_the_targets_and_what_was_left_out(
    published: Installation,
) -> None:
    done = published.forewarn(
        "explain", "target_attainment", "--scope", "team:T01", "--period", "2026-Q3", "--json"
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["adds_up"] is True
    assert told["figure"]["closed_on"] == "2026-09-30"
    first = told["records"][0]
    assert first["origin"].startswith("orders.csv")
    assert {row["period_start"] for row in told["targets"]} == {
        "2026-07-01", "2026-08-01", "2026-09-01",
    }  # fmt: skip
    stated = sum(float(row["target_amount"]) for row in told["targets"])
    assert stated == pytest.approx(told["figure"]["denominator"])
    counted = {record["record_id"] for record in told["records"]}
    assert not counted & {one["record_id"] for one in told["left_out"]}


def test_what_cannot_be_meant_is_answered_with_what_there_is(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    with pytest.raises(PermanentFailure, match="win_rate"):
        find_figure(connection, "winrate", scope="company", period=None)
    with pytest.raises(PermanentFailure, match="team:T01"):
        find_figure(connection, "win_rate", scope="team:T99", period=None)
    with pytest.raises(PermanentFailure, match="quarter"):
        find_figure(connection, "win_rate", scope="company", period="1999-Q1")
    with pytest.raises(PermanentFailure, match="方案报价"):
        find_figure(connection, "stage_conversion", scope="company", period=None)


def test_a_period_is_named_by_quarter_month_week_or_day(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    starts = {
        given: str(find_figure(connection, "orders", scope="company", period=given).period_start)
        for given in ("2026-Q3", "2026-08", "2026-W33", "2026-08-10")
    }
    assert starts == {
        "2026-Q3": "2026-07-01", "2026-08": "2026-08-01",
        "2026-W33": "2026-08-10", "2026-08-10": "2026-08-10",
    }  # fmt: skip
    newest = find_figure(connection, "orders", scope="company", period=None)
    assert (newest.grain, str(newest.period_start)) == ("quarter", "2026-10-01")
