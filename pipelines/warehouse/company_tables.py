"""What the company configured, as tables that dbt reads: `config.stages`, `config.calendar` and more.

Add here: another configured table for dbt. Keep out: how the files are read and checked
(`configuration/`), and anything that was loaded (`warehouse.py`).
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import fields
from functools import lru_cache
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.configuration.company import Company
from pipelines.configuration.order_statuses import known_statuses
from pipelines.configuration.tables import CalendarDay
from pipelines.fiscal_calendar import DayPeriods, calendar_end, periods_of
from pipelines.settings import Settings
from pipelines.warehouse.dbt_command import dbt_vars
from pipelines.working_calendar import working_days


def bind_company(connection: duckdb.DuckDBPyConnection, settings: Settings, as_of: dt.date) -> None:
    """Create or replace the `config` tables; the calendar reaches two years beyond `as_of`."""
    tables: dict[str, tuple[pa.Schema, list[dict[str, Any]]]] = {
        "stages": (
            pa.schema(
                [
                    ("source", pa.string()),
                    ("source_stage", pa.string()),
                    ("stage", pa.string()),
                    ("stage_order", pa.int32()),
                    ("outcome", pa.string()),
                    ("pipeline", pa.string()),
                ]
            ),
            [vars(row) for row in settings.stages],
        ),
        "sources": (
            pa.schema([(name, pa.string()) for name in ("source", "system", "close_date")]),
            [
                {"source": row.name, "system": row.system, "close_date": row.close_date}
                for row in settings.sources
            ],
        ),
        "exchange_rates": (
            pa.schema(
                [
                    ("rate_date", pa.date32()),
                    ("currency", pa.string()),
                    ("rate", pa.decimal128(18, 8)),
                ]
            ),
            [
                {"rate_date": row.date, "currency": row.currency, "rate": round(row.rate, 8)}
                for row in settings.exchange_rates
            ],
        ),
        "people": (
            pa.schema(
                [
                    (name, pa.string())
                    for name in ("person_id", "name", "email", "source", "source_user_id")
                ]
            ),
            [vars(row) for row in settings.people],
        ),
    }
    tables["order_statuses"] = (
        pa.schema([(name, pa.string()) for name in ("source", "status_key", "state")]),
        known_statuses(settings.order_statuses),
    )
    survivors = {row.alias: row.account_id for row in settings.account_aliases}
    tables["account_aliases"] = (
        pa.schema([("alias", pa.string()), ("account_id", pa.string())]),
        [{"alias": alias, "account_id": _survivor(survivors, alias)} for alias in survivors],
    )
    tables["product_lines"] = (
        pa.schema([("product_line", pa.string())]),
        [{"product_line": name} for name in settings.product_lines],
    )
    # What the build was called with: a dbt called with something else would give another company's
    # figures, or another day's.
    tables["build"] = (
        pa.schema([("name", pa.string()), ("value", pa.string())]),
        [
            {"name": name, "value": json.dumps(value)}
            for name, value in dbt_vars(settings, as_of).items()
        ],
    )
    for name, (schema, rows) in tables.items():
        _put(connection, name, pa.Table.from_pylist(rows, schema=schema))
    _put(connection, "calendar", _calendar(settings, as_of))


def _put(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    connection.register("rows_arrow", rows)
    connection.execute(f"create or replace table config.{name} as from rows_arrow")
    connection.unregister("rows_arrow")


def _calendar(settings: Settings, as_of: dt.date) -> pa.Table:
    last = calendar_end(settings.company, dt.date(as_of.year + 2, 12, 31))
    # Days depend on nothing of a company but how it counts them.
    plain = {"name": "", "language": "", "currency": "", "timezone": "", "clock": None}
    company = settings.company.model_copy(update={**plain, "revenue_basis": "orders"})
    return _calendar_until(company, last, settings.calendar_days)


@lru_cache(maxsize=4)
def _calendar_until(company: Company, last: dt.date, own: tuple[CalendarDay, ...]) -> pa.Table:
    """Fourteen thousand days: made column by column, in a third of the time that rows take.

    Kept for the next day or company that counts alike, as when past days are built in a row.
    """
    days = working_days(company.calendar, last, own)
    periods = list(periods_of(company, (day.date_day for day in days)))
    told = [field.name for field in fields(DayPeriods)]
    return pa.table(
        {
            "date_day": pa.array([day.date_day for day in days], pa.date32()),
            "is_workday": pa.array([day.is_workday for day in days], pa.bool_()),
            "holiday_name": pa.array([day.holiday_name for day in days], pa.string()),
            **{
                name: pa.array(
                    [getattr(period, name) for period in periods],
                    pa.string() if name.endswith("_name") else pa.date32(),
                )
                for name in told
            },
        }
    )


def _survivor(survivors: dict[str, str], alias: str) -> str:
    """The id at the end of a chain of merges; reading the file has refused circles."""
    while alias in survivors:
        alias = survivors[alias]
    return alias
