"""The night's warehouse before dbt: what was in force on a day, and the company's own tables.

Add here: how DuckDB reads what is in force. Keep out: what is in force (`raw_tables.py`), any meaning
(that is dbt), how rows got into the raw zone (`raw_zone.py`), and what the company configured
(`company_tables.py`).
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Collection, Iterable
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.raw_zone.packing import LOAD_ID, is_packed
from pipelines.raw_zone.rows import KnownExtract
from pipelines.raw_zone.zone import RawZone
from pipelines.settings import Settings
from pipelines.warehouse.company_tables import bind_company
from pipelines.warehouse.extracts import bind_bookkeeping
from pipelines.warehouse.private.file import attach_beside, block_size, memory_limit
from pipelines.warehouse.raw_tables import RawTable, Shifts, known_on, raw_tables, shifts_of

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


_LARGE = 1_000_000_000  # bytes of raw files: what reads a warehouse may take as much as its build may at most


def connect(
    path: Path, *, read_only: bool = False, new_blocks: int | None = None
) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file the way every part does: UTC session, no downloads, spill beside it.

    `new_blocks`: the size of its blocks, should it be made now.
    """
    connection = duckdb.connect(
        str(path),
        read_only=read_only,
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "threads": str(min(4, os.cpu_count() or 2)),
            "memory_limit": memory_limit(_LARGE),
            **({"default_block_size": str(new_blocks)} if new_blocks else {}),
        },
    )
    connection.execute("set timezone = 'UTC'")
    attach_beside(connection, path, read_only=read_only)
    return connection


def one_thread(connection: duckdb.DuckDBPyConnection) -> None:
    """Have an open connection work on one thread: for many short queries, or sorting and packing.

    A second one takes a quarter to a half more of a processor there, and hardly anything is ready earlier.
    """
    connection.execute("set threads = 1")


def bind(
    path: Path,
    settings: Settings,
    raw_zone: RawZone,
    *,
    as_of: dt.date,
    known_at: dt.datetime | None,
    accepted: Collection[str] = (),
) -> list[KnownExtract]:
    """Create the schemas `raw` and `config` in a warehouse file; returns the extracts in force.

    `known_at` cuts what had been loaded by then (None: everything); `as_of` only bounds the
    calendar. Figures are cut at the events of the day in dbt. `accepted` are keys of rows in
    quarantine that people agreed to leave out.
    """
    known = known_on(settings, raw_zone, known_at)
    shifts = shifts_of(known)
    blocks = None
    if not path.name.startswith(":memory:"):
        raw_files = settings.raw_dir.rglob("*.parquet")
        blocks = block_size(sum(file.stat().st_size for file in raw_files))
    with connect(path, new_blocks=blocks) as connection:
        connection.execute("create schema if not exists raw")
        connection.execute("create schema if not exists config")
        # The day of the models (macro as_of_date): a constant to the planner, and no part of their SQL.
        connection.execute(
            f"create or replace macro config.as_of_day() as date '{as_of.isoformat()}'"
        )
        for table in raw_tables(settings, raw_zone, known):
            connection.execute(
                f'create or replace view raw."{table.name}" as {_rows(table, shifts)}'
            )
        latest = [item for items in known.values() for item in _latest(items)]
        bind_bookkeeping(connection, raw_zone, known, latest, accepted)
        bind_company(connection, settings, as_of)
    return latest


def _latest(known: Iterable[KnownExtract]) -> list[KnownExtract]:
    """The last extract of each (entity, file), whatever its state."""
    last = {(item.extract.entity, item.extract.file): item for item in known}
    return list(last.values())


def _rows(table: RawTable, shifts: Shifts) -> str:
    """SQL of the rows of a raw table that count."""
    united = _united(table, shifts)
    if table.replaced:
        told = ["(null::varchar, null::varchar, null::timestamptz, null::timestamptz)"] + [
            f"({_literal(v.source)}, {_literal(v.file)}, {_moment(v.loaded_at)}, {_moment(v.replaced_at)})"
            for v in table.versions
        ]
        return (
            f"select loaded.*, versions._replaced_at from ({united}) as loaded "
            f"inner join (values {', '.join(told)}) as versions "
            "(source, file, loaded_at, _replaced_at) "
            "on loaded.source = versions.source and coalesce(loaded._file, '') = versions.file "
            "and loaded._loaded_at = versions.loaded_at"
        )
    where = ""
    if table.versions:
        # `_file` is null for a source that has no files; `is not distinct from` would be slow.
        keys = ", ".join(
            f"({_literal(v.source)}, {_literal(v.file)}, {_moment(v.loaded_at)})"
            for v in table.versions
        )
        where = f" where (source, coalesce(_file, ''), _loaded_at) in ({keys})"
    declared = table.schema if table.exact else None
    columns = "*" if declared is None else ", ".join(f'"{field.name}"' for field in declared)
    return f"select {columns} from ({united}){where}"


def _united(table: RawTable, shifts: Shifts) -> str:
    """SQL of all rows that some loads have in raw files, with the columns of the schema even if no
    file has them.

    Rows of a load whose clock was wrong carry the moment from which that load counts.
    """
    parts = []
    if table.schema is not None:
        fields = table.schema
        typed = ", ".join(f'null::{_sql_type(field.type)} as "{field.name}"' for field in fields)
        parts.append(f"(select {typed} where false)")
    if table.files:
        listed = ", ".join(_literal(str(path)) for path in table.files)
        found = f"read_parquet([{listed}], union_by_name = true)"
        if any(is_packed(path) for path in table.files):
            ids = ", ".join(_literal(load) for load in table.left_out)
            where = f" where {LOAD_ID} is null or {LOAD_ID} not in ({ids})" if ids else ""
            found = f"(select * exclude ({LOAD_ID}) from {found}{where})"
        parts.append(f"(select {_counted(shifts)} from {found})")
    return " union all by name ".join(parts)


def _counted(shifts: Shifts) -> str:
    if not shifts:
        return "*"
    cases = " ".join(
        f"when source = {_literal(source)} and _loaded_at = {_moment(stamp)} then {_moment(counted)}"
        for (source, stamp), counted in shifts.items()
    )
    return f"* replace (case {cases} else _loaded_at end as _loaded_at)"


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision}, {kind.scale})"
    return _SQL_TYPES[kind]


def _moment(moment: dt.datetime | None) -> str:
    return f"timestamptz {_literal(moment.isoformat())}" if moment else "null"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
