"""The night's warehouse before dbt: what was in force on a day, and the company's own tables.

Add here: a view or table that dbt reads as a source (`raw.*`, `config.*`).
Keep out: any meaning (that is dbt), and how rows got into the raw zone (`raw_zone.py`).

`raw.<system>__<table>` unites all sources of a system. Spreadsheet rows are those of the newest
good version of each file; rows of other systems are all versions, and staging picks the latest.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.configuration.sources import Source
from pipelines.entities import ENTITIES, raw_schema
from pipelines.raw_rows import EXTRACTS_SCHEMA, REJECTED, REJECTED_SCHEMA
from pipelines.raw_zone import KnownExtract, RawZone
from pipelines.settings import Settings
from pipelines.sources.registry import connector_of
from pipelines.working_calendar import working_days

_SQL_TYPES = {
    pa.string(): "varchar",
    pa.bool_(): "boolean",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.float64(): "double",
    pa.date32(): "date",
    pa.timestamp("us"): "timestamp",
    pa.timestamp("us", tz="UTC"): "timestamptz",
}


# What the raw zone adds to every row.
_STAMPS = (pa.field("source", pa.string()), pa.field("_loaded_at", pa.timestamp("us", tz="UTC")))


def connect(path: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file the way every part does: UTC session, no downloads, spill beside it."""
    connection = duckdb.connect(
        str(path),
        read_only=read_only,
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "threads": str(min(4, os.cpu_count() or 2)),
        },
    )
    connection.execute("set timezone = 'UTC'")
    return connection


def bind(
    path: Path,
    settings: Settings,
    raw_zone: RawZone,
    *,
    as_of: dt.date,
    known_at: dt.datetime | None,
) -> list[KnownExtract]:
    """Create the schemas `raw` and `config` in a warehouse file; returns the extracts in force.

    `known_at` cuts what had been loaded by then (None: everything); `as_of` only bounds the
    calendar. Figures are cut at the events of the day in dbt.
    """
    known = {
        source.name: raw_zone.known_extracts(source.name, known_at) for source in settings.sources
    }
    with connect(path) as connection:
        connection.execute("create schema if not exists raw")
        connection.execute("create schema if not exists config")
        for system in {"spreadsheet", *settings.systems}:
            sources = [source for source in settings.sources if source.system == system]
            schemas = _schemas(system, sources, settings)
            _bind_system(
                connection, raw_zone, system, {s.name: known[s.name] for s in sources}, schemas
            )
        latest = [item for items in known.values() for item in _latest(items)]
        _bind_bookkeeping(connection, raw_zone, known, latest)
        _bind_company(connection, settings, as_of)
    return latest


def _latest(known: Iterable[KnownExtract]) -> list[KnownExtract]:
    """The last extract of each (entity, file), whatever its state."""
    last = {(item.extract.entity, item.extract.file): item for item in known}
    return list(last.values())


def in_force(known: Iterable[KnownExtract]) -> list[KnownExtract]:
    """The versions whose rows count: the last good one of each (entity, file) not withdrawn."""
    good: dict[tuple[str, str | None], KnownExtract] = {}
    for item in known:
        if item.extract.state in ("loaded", "gone"):
            good[item.extract.entity, item.extract.file] = item
    return [item for item in good.values() if item.extract.state == "loaded"]


def _schemas(system: str, sources: Sequence[Source], settings: Settings) -> dict[str, pa.Schema]:
    """The declared schema of every raw table of a system: a table that no load has filled yet, a
    form that a tenant does not have, is an empty view and not a missing one.
    """
    if system == "spreadsheet":
        return {entity: raw_schema(entity) for entity in ENTITIES}
    schemas: dict[str, pa.Schema] = {}
    for source in sources:
        for table, schema in connector_of(source, settings).tables().items():
            fields = {field.name: field for field in (*schemas.get(table, ()), *_STAMPS, *schema)}
            schemas[table] = pa.schema(list(fields.values()))
    return schemas


def _bind_system(
    connection: duckdb.DuckDBPyConnection,
    raw_zone: RawZone,
    system: str,
    known: dict[str, list[KnownExtract]],
    schemas: dict[str, pa.Schema],
) -> None:
    tables = {table for name in known for table in raw_zone.tables(name)} | set(schemas)
    for table in sorted(tables):
        files: list[Path] = []
        versions: list[tuple[str, str | None, dt.datetime]] = []
        for name, items in known.items():
            if system == "spreadsheet":
                current = [item for item in in_force(items) if item.extract.entity == table]
                versions += [(name, item.extract.file, item.loaded_at) for item in current]
                loads = [item.load_id for item in current]
            else:
                loads = [item.load_id for item in items]
            files += raw_zone.files(name, table, sorted(set(loads)))
        _bind_table(connection, f"{system}__{table}", files, schemas.get(table), versions)


def _bind_table(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    files: Sequence[Path],
    schema: pa.Schema | None,
    versions: Sequence[tuple[str, str | None, dt.datetime]],
) -> None:
    parts = []
    if schema is not None:
        typed = ", ".join(f'null::{_sql_type(field.type)} as "{field.name}"' for field in schema)
        parts.append(f"(select {typed} where false)")
    if files:
        listed = ", ".join(_literal(str(path)) for path in files)
        parts.append(f"(select * from read_parquet([{listed}], union_by_name = true))")
    if not parts:
        return
    where = ""
    if versions:
        # `_file` is null for a source that has no files; `is not distinct from` would be slow.
        keys = ", ".join(
            f"({_literal(source)}, {_literal(file or '')}, timestamptz {_literal(loaded.isoformat())})"
            for source, file, loaded in versions
        )
        where = f" where (source, coalesce(_file, ''), _loaded_at) in ({keys})"
    united = " union all by name ".join(parts)
    # Sheets have exactly the canonical columns; a system's table may have grown some since.
    exact = schema is not None and bool(versions)
    columns = ", ".join(f'"{field.name}"' for field in schema) if exact and schema else "*"
    connection.execute(
        f'create or replace view raw."{name}" as select {columns} from ({united}){where}'
    )


def _bind_bookkeeping(
    connection: duckdb.DuckDBPyConnection,
    raw_zone: RawZone,
    known: dict[str, list[KnownExtract]],
    latest: list[KnownExtract],
) -> None:
    rows = []
    for item in latest:
        earlier = [
            other.extract.rows
            for other in known[item.source]
            if other.extract.state == "loaded"
            and other.loaded_at < item.loaded_at
            and (other.extract.entity, other.extract.file)
            == (item.extract.entity, item.extract.file)
        ]
        rows.append(
            {
                **{name: getattr(item.extract, name, None) for name in EXTRACTS_SCHEMA.names},
                "source": item.source,
                "system": item.system,
                "_loaded_at": item.loaded_at,
                "rows_previous": earlier[-1] if earlier else None,
            }
        )
    schema = EXTRACTS_SCHEMA.append(pa.field("rows_previous", pa.int64()))
    extracts = pa.Table.from_pylist(rows, schema=schema)
    connection.register(
        "extracts_arrow", extracts.rename_columns([n.removeprefix("_") for n in schema.names])
    )
    connection.execute("create or replace table config.extracts as from extracts_arrow")
    connection.unregister("extracts_arrow")

    files = [
        path
        for item in latest
        if item.extract.rejected_rows
        for path in raw_zone.files(item.source, REJECTED, [item.load_id])
    ]
    typed = ", ".join(f"null::{_sql_type(field.type)} as {field.name}" for field in REJECTED_SCHEMA)
    parts = [f"(select {typed} where false)"]
    if files:
        listed = ", ".join(_literal(str(path)) for path in sorted(set(files)))
        parts.append(f"(select * from read_parquet([{listed}], union_by_name = true))")
    connection.execute(
        "create or replace table config.rejected as select rejected.* exclude (_loaded_at), "
        f"rejected._loaded_at as loaded_at from ({' union all by name '.join(parts)}) as rejected "
        "semi join config.extracts as extracts on rejected.source = extracts.source "
        "and rejected.entity = extracts.entity and rejected.file is not distinct from extracts.file "
        "and rejected._loaded_at = extracts.loaded_at"
    )


def _bind_company(
    connection: duckdb.DuckDBPyConnection, settings: Settings, as_of: dt.date
) -> None:
    days = working_days(
        settings.company.calendar, dt.date(as_of.year + 2, 12, 31), settings.calendar_days
    )
    tables: dict[str, tuple[pa.Schema, list[dict[str, Any]]]] = {
        "stages": (
            pa.schema(
                [
                    ("source", pa.string()),
                    ("source_stage", pa.string()),
                    ("stage", pa.string()),
                    ("stage_order", pa.int32()),
                    ("outcome", pa.string()),
                ]
            ),
            [vars(row) for row in settings.stages],
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
        "calendar": (
            pa.schema(
                [
                    ("date_day", pa.date32()),
                    ("is_workday", pa.bool_()),
                    ("holiday_name", pa.string()),
                ]
            ),
            [vars(day) for day in days],
        ),
    }
    tables["product_lines"] = (
        pa.schema([("product_line", pa.string())]),
        [{"product_line": name} for name in settings.product_lines],
    )
    for name, (schema, rows) in tables.items():
        connection.register("rows_arrow", pa.Table.from_pylist(rows, schema=schema))
        connection.execute(f"create or replace table config.{name} as from rows_arrow")
        connection.unregister("rows_arrow")


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision}, {kind.scale})"
    return _SQL_TYPES[kind]


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
