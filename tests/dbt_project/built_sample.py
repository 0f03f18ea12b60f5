"""A small generated company, bound into a warehouse and built by the real dbt project.

Add here: what several tests of the marts need built. Keep out: what is right (the tests).
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pandas as pd
from compiled_models import compiled_for
from staging_build import sample_values

from pipelines.configuration.company import Company
from pipelines.configuration.order_statuses import known_statuses
from pipelines.entities import ENTITIES
from pipelines.fiscal_calendar import periods_of
from pipelines.raw_zone.sheet_versions import EVERY_VERSION
from pipelines.sample.company import SampleCompany
from pipelines.working_calendar import working_days

SQL_TYPES = {
    "text": "varchar",
    "money": "decimal(18, 2)",
    "timestamp": "timestamptz",
    "date": "date",
    "flag": "boolean",
}
STAGES = (
    ("初步接洽", 1, "open"),
    ("需求确认", 2, "open"),
    ("方案报价", 3, "open"),
    ("商务谈判", 4, "open"),
    ("赢单", 5, "won"),
    ("输单", 6, "lost"),
)


# Three loads of the sheet of deals. Between the first two, every third deal was pushed out.
LOADS = [pd.Timestamp(day) for day in ("2026-05-10 08:00", "2026-06-15 08:00", "2026-10-30 20:00")]
PUSHED_BY = pd.Timedelta(days=45)


def deals_as_loaded(company: SampleCompany, load: pd.Timestamp) -> pd.DataFrame:
    """The sheet of deals as it was at one of the LOADS: what was created, edited and known by then."""
    deals, history = company.frames["opportunities"], company.frames["stage_history"]
    if load == LOADS[-1]:
        return deals.copy()
    by_then = history[history.changed_at <= load].sort_values("changed_at", kind="stable")
    amounts = by_then.dropna(subset=["amount"]).groupby("opportunity_id").amount.last()
    rows = deals.assign(
        amount=deals.opportunity_id.map(amounts).fillna(deals.amount),
        updated_at=deals.updated_at.where(deals.updated_at <= load),
    )
    if load == LOADS[0]:
        rows.loc[rows.index[::3], "expected_close_date"] -= PUSHED_BY
    return rows[rows.created_at <= load]


def bind(company: SampleCompany, path: Path, *, loads: int = len(LOADS)) -> None:
    """The schemas raw and config of a new warehouse file, as the nightly run leaves them.

    `loads`: how many of the LOADS of the deals are known; other entities were loaded once.
    """
    with duckdb.connect(str(path)) as connection:
        connection.execute("set timezone = 'Asia/Shanghai'")
        connection.execute("create schema raw; create schema config")
        for name, entity in ENTITIES.items():
            frame = company.frames[name].copy()
            for column in entity.columns:
                if column.name not in frame:
                    frame[column.name] = None
            connection.register("given", frame)
            chosen = ", ".join(
                f'cast("{column.name}" as {SQL_TYPES[column.kind]}) as "{column.name}"'
                for column in entity.columns
            )
            connection.execute(
                f"create table raw.spreadsheet__{name} as select {chosen}, 'sheets' as source, "
                "timestamptz '2024-01-01 00:00:00+00' as _loaded_at, "
                f"'{name}.csv' as _file, '{name}' as _address, null::varchar as _raw from given"
            )
            connection.unregister("given")
        for entity, name in EVERY_VERSION.items():
            connection.execute(
                f"create table raw.spreadsheet__{name} as "
                f"select *, null::timestamptz as _replaced_at from raw.spreadsheet__{entity}"
            )
        _deals(connection, company, LOADS[:loads])
        _config(connection, company.end)


def _deals(
    connection: duckdb.DuckDBPyConnection, company: SampleCompany, loads: list[pd.Timestamp]
) -> None:
    """Every known version of the sheet of deals, and its last one in force."""
    connection.execute(
        "delete from raw.spreadsheet__opportunity_versions; "
        "delete from raw.spreadsheet__opportunities"
    )
    for load, replaced in zip(loads, [*loads[1:], None], strict=True):
        connection.register(
            "loaded",
            deals_as_loaded(company, load).assign(
                source="sheets",
                _loaded_at=load,
                _file="opportunities.csv",
                _address="opportunities",
                _raw=None,
                _replaced_at=replaced,
            ),
        )
        connection.execute("insert into raw.spreadsheet__opportunity_versions by name from loaded")
        connection.unregister("loaded")
    connection.execute(
        "insert into raw.spreadsheet__opportunities by name select * exclude (_replaced_at) "
        "from raw.spreadsheet__opportunity_versions where _replaced_at is null"
    )


def _config(connection: duckdb.DuckDBPyConnection, end: dt.date) -> None:
    stages = pd.DataFrame(
        [("*", stage, stage, order, outcome, "") for stage, order, outcome in STAGES],
        columns=["source", "source_stage", "stage", "stage_order", "outcome", "pipeline"],
    )
    days = working_days("CN", dt.date(end.year + 2, 12, 31))
    periods = periods_of(Company(name="sample"), (day.date_day for day in days))
    calendar = pd.DataFrame(
        [{**vars(day), **vars(told)} for day, told in zip(days, periods, strict=True)]
    )
    calendar = calendar.apply(
        lambda column: column if column.name.endswith(("name", "day")) else pd.to_datetime(column)
    )
    connection.register("stages", stages)
    connection.register("statuses", pd.DataFrame(known_statuses()))
    connection.register("calendar", calendar)
    connection.execute(
        "create table config.stages as from stages; "
        "create table config.order_statuses as from statuses; "
        "create table config.calendar as select columns('(date_day|_start|_end)$')::date, is_workday, "
        "holiday_name, columns('^fiscal.*_name$') from calendar; "
        "create table config.exchange_rates(rate_date date, currency varchar, "
        "rate decimal(18, 8)); "
        "create table config.sources as select 'sheets' as source, 'spreadsheet' as system, "
        "'recorded' as close_date; "
        "create table config.account_aliases(alias varchar, account_id varchar); "
        "create table config.people(person_id varchar, name varchar, email varchar, "
        "source varchar, source_user_id varchar); "
    )


def build(warehouse: Path, as_of: dt.date, *names: str) -> None:
    """Make the named models, and what they stand on, for a day; AssertionError if one is not made."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            f"create or replace macro config.as_of_day() as date '{as_of.isoformat()}'"
        )
    values = sample_values("spreadsheet")
    compiled_for(values).only(*names).build_for(warehouse, values)
