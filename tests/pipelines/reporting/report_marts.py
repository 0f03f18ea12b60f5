"""The contract's marts as an empty DuckDB file, and makers of rows whose figures agree.

Add here: a mart or a column. Keep out: the made-up company (`report_company.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

AS_OF = dt.date(2026, 10, 30)

SCHEMAS = {
    "dim_rep": "rep_id text, rep_name text, team_id text, region text, manager_id text, "
    "valid_from date, valid_to date, is_current boolean",
    "dim_account": "account_id text, account_name text, owner_id text, region text, "
    "first_order_on date, last_order_on date, status text",
    "dim_stage": "stage text, stage_order int, outcome text",
    "fct_opportunities": "opportunity_id text, account_id text, owner_id text, stage text, "
    "outcome text, amount decimal(18,2), is_stalled boolean",
    "fct_orders": "order_id text, account_id text, owner_id text, amount decimal(18,2), "
    "ordered_at timestamptz, ordered_on date, promised_on date, delivered_on date, status text, "
    "is_cancelled boolean, is_late boolean, days_late int",
    "fct_funnel": "period_type text, period_start date, period_end date, scope_type text, scope_id text, "
    "stage text, stage_order int, entered bigint, advanced bigint, lost bigint, "
    "still_open bigint, exit_conversion double, median_days_in_stage double, "
    "p80_days_in_stage double, is_ripe boolean",
    "fct_target_completion": "as_of date, period_type text, period_start date, period_end date, "
    "scope_type text, scope_id text, scope_name text, metric text, target_amount decimal(18,2), "
    "original_target_amount decimal(18,2), actual_amount decimal(18,2), attainment double, "
    "expected_share double, expected_amount decimal(18,2), pace double, "
    "projected_amount decimal(18,2), miss_probability double, gap_amount decimal(18,2), "
    "needed_per_workday decimal(18,2), best_finish_per_workday decimal(18,2), workdays_elapsed int, workdays_total int, level text, target_origin text",
    "fct_target_completion_history": "as_of date, period_type text, period_start date, "
    "scope_type text, scope_id text, metric text, actual_amount decimal(18,2), "
    "expected_amount decimal(18,2), projected_amount decimal(18,2), miss_probability double",
    "rpt_target_alignment": "period_type text, period_start date, scope_id text, metric text, "
    "whole_amount decimal(18,2), finding text",
    "fct_pipeline_daily": "date_day date, scope_type text, scope_id text, stage text, "
    "open_count bigint, open_amount decimal(18,2), weighted_amount decimal(18,2), coverage double",
    "fct_pipeline_movement": "week_start date, scope_type text, scope_id text, "
    "opening decimal(18,2), created decimal(18,2), won decimal(18,2), lost decimal(18,2), "
    "amount_up decimal(18,2), amount_down decimal(18,2), pushed_out decimal(18,2), "
    "pulled_in decimal(18,2), closing decimal(18,2)",
    "fct_account_health": "account_id text, last_order_on date, order_gap_days int, "
    "own_rhythm_days double, churn_state text, last_contact_on date, contacts_30d int, "
    "inbound_30d int, silent boolean",
    "fct_metrics": "metric text, grain text, period_start date, period_end date, "
    "scope_type text, scope_id text, dimension text, value double, numerator double, "
    "denominator double, sample_size bigint, baseline double, expected_low double, "
    "previous double, year_ago double, is_complete boolean, as_of date",
    "fct_alerts": "alert_id text, rule text, rule_version text, metric text, scope_type text, "
    "scope_id text, scope_name text, period_start date, opened_on date, closed_on date, "
    "as_of date, level text, peak_level text, state text, value double, expected double, "
    "limit_value double, sample_size bigint, amount_at_risk decimal(18,2), probability double, "
    "owner_id text, message text, message_zh text, message_en text, dimension text, family text, "
    "mode text, since date, danger_on date, drivers json, deals text, accounts text, record_zh text, record_en text, "
    "case_id text, role text",
    "fct_cases": "case_id text, root_alert_id text, state text, amount_counted decimal(18,2)",
    "rpt_rule_readiness": "rule text, mode text, state text, ready_on date, sentence_zh text, "
    "sentence_en text",
    "rpt_rule_records": "rule text, level text, title_zh text, title_en text, grain text, mode text, "
    "cases bigint, precision double, precision_low double, precision_high double, "
    "median_lead_days double, expected_false_per_100 double",
    "fct_alert_responses": "alert_id text, person_id text, action text, acted_at timestamptz, "
    "outcome text, hours_to_ack double, hours_to_plan double",
    "rpt_data_quality": '"check" text, subject text, severity text, passed boolean, '
    "failed_rows bigint, sample text, message_zh text, message_en text, ran_at timestamptz",
    "rpt_freshness": "source text, entity text, last_loaded_at timestamptz, "
    "newest_record_at timestamptz, rows bigint, rows_previous bigint, state text",
}

QUARTER = (dt.date(2026, 10, 1), dt.date(2026, 12, 31))
OCTOBER = (dt.date(2026, 10, 1), dt.date(2026, 10, 31))
YEAR = (dt.date(2026, 1, 1), dt.date(2026, 12, 31))


class MartsBuilder:
    """Writes the contract's tables into a DuckDB file and rows given as dicts into them."""

    def __init__(self, path: Path, leave_out: Iterable[str] = ()) -> None:
        self.path = path
        with duckdb.connect(str(path)) as connection:
            connection.execute("create schema if not exists marts")
            for mart, columns in SCHEMAS.items():
                if mart not in set(leave_out):
                    connection.execute(f"create table marts.{mart} ({columns})")

    def add(self, mart: str, *rows: dict[str, Any]) -> None:
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("set timezone = 'Asia/Shanghai'")
            for row in rows:
                names = ", ".join(f'"{name}"' for name in row)
                marks = ", ".join("?" for _ in row)
                connection.execute(
                    f"insert into marts.{mart} ({names}) values ({marks})", list(row.values())
                )

    def execute(self, sql: str) -> None:
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(sql)


def completion(
    scope_type: str,
    scope_id: str,
    target: float | None,
    actual: float,
    share: float,
    miss: float | None,
    level: str | None,
    **others: Any,
) -> dict[str, Any]:
    """A row of fct_target_completion whose figures agree with each other."""
    period_type, (start, end) = others.pop("period", ("quarter", QUARTER))
    done, total = others.pop("workdays", (21, 63))
    projected = others.pop("projected", actual / share if target and share else None)
    row = {
        "as_of": AS_OF,
        "period_type": period_type,
        "period_start": start,
        "period_end": end,
        "scope_type": scope_type,
        "scope_id": scope_id,
        "scope_name": others.pop("name", scope_id),
        "metric": "revenue",
        "target_amount": target,
        "original_target_amount": target,
        "actual_amount": actual,
        "attainment": actual / target if target else None,
        "expected_share": share if target else None,
        "expected_amount": target * share if target else None,
        "pace": actual / (target * share) if target and share else None,
        "projected_amount": projected,
        "miss_probability": miss,
        "gap_amount": target - actual if target else None,
        "needed_per_workday": (target - actual) / (total - done)
        if target and total > done
        else None,
        "workdays_elapsed": done,
        "workdays_total": total,
        "level": level,
    }
    return {**row, **others}


def alert(alert_id: str, level: str, amount: float | None, **others: Any) -> dict[str, Any]:
    """A row of fct_alerts that is open unless told otherwise."""
    row = {
        "alert_id": alert_id,
        "rule": "target_pace",
        "rule_version": "1",
        "metric": "target_attainment",
        "scope_type": "team",
        "scope_id": "T2",
        "scope_name": "华东二队",
        "period_start": QUARTER[0],
        "opened_on": dt.date(2026, 10, 12),
        "as_of": AS_OF,
        "level": level,
        "peak_level": level,
        "state": "open",
        "sample_size": 30,
        "amount_at_risk": amount,
        "probability": 0.8,
        "owner_id": "U2",
        "message": f"{alert_id} 的说明",
        "message_zh": f"{alert_id} 的说明",
        "message_en": f"Text of {alert_id}",
        "dimension": "",
        "family": "target",
        "mode": "alert",
        "drivers": "[]",
    }
    return {**row, **others}


def rule_record(rule: str, title_zh: str, title_en: str, **others: Any) -> dict[str, Any]:
    """A row of rpt_rule_records of a rule that tells, at every opening, unless told otherwise."""
    row = {"rule": rule, "level": "warning", "title_zh": title_zh, "title_en": title_en}
    return {**row, "grain": "week", "mode": "alert", **others}


def month_of(year: int, month: int) -> tuple[dt.date, dt.date]:
    start = dt.date(year, month, 1)
    return start, (start + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)


def metric(
    name: str, grain: str, period: tuple[dt.date, dt.date], value: float | None, **others: Any
) -> dict[str, Any]:
    row = {
        "metric": name,
        "grain": grain,
        "period_start": period[0],
        "period_end": period[1],
        "scope_type": "company",
        "scope_id": "company",
        "dimension": "",
        "value": value,
        "sample_size": 40,
        "is_complete": period[1] <= AS_OF,
        "as_of": AS_OF,
    }
    return {**row, **others}
