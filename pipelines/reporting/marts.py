"""Reading the published marts: which columns the report relies on, and what a gap means.

Add here: a mart or column that the report starts to read.
Keep out: what the figures mean for a reader (`figures.py` and its parts), and any write.

A mart that does not exist is "no data" and is named in the report; a mart that exists without a
column of the contract is a fault and stops the report.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import duckdb

from pipelines.failures import PermanentFailure
from pipelines.language import text

Row = dict[str, Any]
# Names of columns, and rows in their order.
Answer = tuple[list[str], list[tuple[object, ...]]]

# Columns of the contract that the report reads. Days of events are cast to the session's zone.
COLUMNS: dict[str, str] = {
    "dim_rep": "rep_id rep_name team_id region manager_id valid_from valid_to",
    "dim_account": "account_id account_name owner_id region",
    "dim_stage": "stage stage_order outcome",
    "fct_opportunities": "opportunity_id account_id stage outcome amount is_stalled",
    "fct_orders": (
        "order_id account_id owner_id amount ordered_on promised_on delivered_on is_late days_late"
    ),
    "fct_funnel": (
        "period_type period_start scope_type scope_id stage stage_order entered advanced lost "
        "still_open exit_conversion median_days_in_stage p80_days_in_stage is_ripe"
    ),
    "fct_target_completion": (
        "as_of period_type period_start period_end scope_type scope_id scope_name metric "
        "target_amount original_target_amount actual_amount attainment expected_share "
        "expected_amount pace projected_amount miss_probability gap_amount needed_per_workday "
        "workdays_elapsed workdays_total level"
    ),
    "fct_pipeline_daily": (
        "date_day scope_type scope_id stage open_count open_amount weighted_amount coverage"
    ),
    "fct_pipeline_movement": (
        "week_start scope_type scope_id opening created won lost amount_up amount_down "
        "pushed_out pulled_in closing"
    ),
    "fct_account_health": (
        "account_id last_order_on order_gap_days own_rhythm_days churn_state last_contact_on silent"
    ),
    "fct_metrics": (
        "metric grain period_start period_end scope_type scope_id dimension value numerator "
        "denominator sample_size baseline previous year_ago"
    ),
    "fct_alerts": (
        "alert_id rule metric scope_type scope_id scope_name period_start opened_on closed_on "
        "level peak_level state value expected limit_value sample_size amount_at_risk probability "
        "owner_id message drivers"
    ),
    "fct_alert_responses": "alert_id person_id action acted_at outcome",
    "rpt_data_quality": "check subject severity passed failed_rows sample ran_at",
    "rpt_freshness": "source entity last_loaded_at newest_record_at rows rows_previous state",
}

# Read when there, null when not.
EXTRAS: dict[str, str] = {
    "fct_alerts": "message_zh message_en other_languages dimension family mode since danger_on deals accounts record_zh record_en "
    "case_id role",
    "fct_cases": "case_id amount_counted",
    "rpt_rule_records": "rule level title_zh title_en other_languages grain mode cases precision precision_low "
    "precision_high median_lead_days expected_false_per_100",
    "rpt_rule_readiness": "rule mode state ready_on sentence_zh sentence_en",
    "fct_orders": "is_cancelled",
    "fct_target_completion": "best_finish_per_workday target_origin",
    "rpt_target_alignment": "period_type period_start scope_id metric whole_amount finding",
    "fct_funnel": "exits_forward exits_lost period_end",
    "rpt_data_quality": "message_zh message_en other_languages",
    "fct_target_completion_history": "as_of period_type period_start scope_type scope_id metric "
    "actual_amount expected_amount projected_amount miss_probability",
}


class Marts:
    """The marts of one DuckDB connection, read only.

    `missing` names the marts of the contract that were asked for and do not exist. `columns` are those
    of every mart where somebody has read them already (`columns_of`).
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        schema: str = "marts",
        columns: dict[str, set[str]] | None = None,
    ) -> None:
        self._connection, self._schema = connection, schema
        self.missing: set[str] = set()
        self._columns = columns_of(connection, schema) if columns is None else columns

    def rows(
        self,
        mart: str,
        columns: str,
        where: str = "true",
        parameters: Sequence[object] = (),
        order: str = "",
    ) -> list[Row]:
        """Rows of one mart as dicts of the given columns (space separated, `name:date` casts).

        Raises PermanentFailure when the mart lacks a column that the contract promises.
        """
        if not self._has(mart):
            return []
        chosen = [self._expression(mart, column) for column in columns.split()]
        return self.select(
            f"select {', '.join(chosen)} from {self.name(mart)} where {where}"
            + (f" order by {order}" if order else ""),
            parameters,
        )

    def select(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Rows of any query as dicts; decimals become floats, NaN and infinity become None."""
        names, rows = self._asked(sql, parameters)
        return [dict(zip(names, values, strict=True)) for values in rows]

    def _asked(self, sql: str, parameters: Sequence[object]) -> Answer:
        """Names and plain values of any query; a class of its own may keep them."""
        cursor = self._connection.execute(sql, list(parameters))
        names = [column[0] for column in cursor.description or ()]
        return names, [tuple(map(_plain, values)) for values in cursor.fetchall()]

    def has(self, *marts: str) -> bool:
        """True when every named mart exists; the others go to `missing`."""
        found = [self._has(mart) for mart in marts]  # ask for every one, so that all are named
        return all(found)

    def has_rows(self, mart: str) -> bool:
        """True when the mart exists and holds at least one row."""
        return self._has(mart) and bool(self.select(f"select 1 from {self.name(mart)} limit 1"))

    def has_column(self, mart: str, column: str) -> bool:
        """True when the mart exists with that column."""
        return column in self._columns.get(mart, set())

    def name(self, mart: str) -> str:
        """The mart's qualified, quoted name."""
        return f'"{self._schema}"."{mart}"'

    def _has(self, mart: str) -> bool:
        if mart not in self._columns:
            if mart in COLUMNS:
                self.missing.add(mart)
            return False
        lacking = set(COLUMNS.get(mart, "").split()) - self._columns[mart]
        if lacking:
            raise PermanentFailure(
                text("report.failure.reading_marts"),
                where=f"{self._schema}.{mart}",
                cause=text("report.failure.column_missing", lacking=[*sorted(lacking)]),
                next_step=text("report.failure.build_again"),
            )
        return True

    def _expression(self, mart: str, column: str) -> str:
        column, _, kind = column.partition(":")
        if column not in self._columns[mart]:
            return f'null as "{column}"'
        return f'cast("{column}" as {kind}) as "{column}"' if kind else f'"{column}"'


def columns_of(connection: duckdb.DuckDBPyConnection, schema: str = "marts") -> dict[str, set[str]]:
    """The columns of every mart of a schema."""
    found = connection.execute(
        "select table_name, column_name from information_schema.columns where table_schema = ?",
        [schema],
    ).fetchall()
    columns: dict[str, set[str]] = {}
    for table, column in found:
        columns.setdefault(table, set()).add(column)
    return columns


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None)
    return value
