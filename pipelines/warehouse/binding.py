"""The night's warehouse before dbt: what was in force on a day, and the company's own tables.

Add here: a view or table of loaded rows that dbt reads as a source (`raw.*`, `config.*`).
Keep out: any meaning (that is dbt), how rows got into the raw zone (`raw_zone.py`), and what the
company configured (`company_tables.py`).

`raw.<system>__<table>` unites all sources of a system. Spreadsheet rows are those of the newest
good version of each file; rows of other systems are all versions, and staging picks the latest.
`raw.spreadsheet__opportunity_versions` holds those of every good version of the opportunities, and so for
teams and users, who were called something else before.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.configuration.sources import Source
from pipelines.entities import ENTITIES
from pipelines.entity_schemas import raw_schema
from pipelines.raw_zone.load_order import moved
from pipelines.raw_zone.packing import LOAD_ID, is_packed, loads_in
from pipelines.raw_zone.rows import KnownExtract
from pipelines.raw_zone.sheet_versions import EVERY_VERSION, SheetVersion, good_versions, in_force
from pipelines.raw_zone.zone import RawZone
from pipelines.settings import Settings
from pipelines.sources.registry import connector_of
from pipelines.warehouse.company_tables import bind_company
from pipelines.warehouse.extracts import bind_bookkeeping

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


# Source and stamp of a load whose clock was wrong, and the moment from which it counts.
Shifts = Mapping[tuple[str, dt.datetime], dt.datetime]
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
    accepted: Collection[str] = (),
) -> list[KnownExtract]:
    """Create the schemas `raw` and `config` in a warehouse file; returns the extracts in force.

    `known_at` cuts what had been loaded by then (None: everything); `as_of` only bounds the
    calendar. Figures are cut at the events of the day in dbt. `accepted` are keys of rows in
    quarantine that people agreed to leave out.
    """
    known = {
        source.name: raw_zone.known_extracts(source.name, known_at) for source in settings.sources
    }
    shifts = {
        (name, stamp): counted
        for name, items in known.items()
        for stamp, counted in moved(items).items()
    }
    with connect(path) as connection:
        connection.execute("create schema if not exists raw")
        connection.execute("create schema if not exists config")
        # The day of the models (macro as_of_date): a constant to the planner, and no part of their SQL.
        connection.execute(
            f"create or replace macro config.as_of_day() as date '{as_of.isoformat()}'"
        )
        for system in {"spreadsheet", *settings.systems}:
            sources = [source for source in settings.sources if source.system == system]
            schemas = _schemas(system, sources, settings)
            _bind_system(
                connection,
                raw_zone,
                system,
                {s.name: known[s.name] for s in sources},
                schemas,
                shifts,
            )
            if system == "spreadsheet":
                for entity in EVERY_VERSION:
                    _bind_every_version(
                        connection,
                        raw_zone,
                        entity,
                        {s.name: known[s.name] for s in sources},
                        shifts,
                    )
        latest = [item for items in known.values() for item in _latest(items)]
        bind_bookkeeping(connection, raw_zone, known, latest, accepted)
        bind_company(connection, settings, as_of)
    return latest


def _latest(known: Iterable[KnownExtract]) -> list[KnownExtract]:
    """The last extract of each (entity, file), whatever its state."""
    last = {(item.extract.entity, item.extract.file): item for item in known}
    return list(last.values())


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
    shifts: Shifts,
) -> None:
    tables = {table for name in known for table in raw_zone.tables(name)} | set(schemas)
    for table in sorted(tables):
        files: list[Path] = []
        all_loads: set[str] = set()
        versions: list[tuple[str, str | None, dt.datetime]] = []
        for name, items in known.items():
            if system == "spreadsheet":
                current = [item for item in in_force(items) if item.extract.entity == table]
                versions += [(name, item.extract.file, item.loaded_at) for item in current]
                loads = [item.load_id for item in current]
            else:
                loads = [item.load_id for item in items]
            files += raw_zone.files(name, table, sorted(set(loads)))
            all_loads |= set(loads)
        bound = (connection, f"{system}__{table}", files, all_loads)
        _bind_table(*bound, schemas.get(table), versions, shifts)


def _bind_table(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    files: Sequence[Path],
    loads: Collection[str],
    schema: pa.Schema | None,
    versions: Sequence[tuple[str, str | None, dt.datetime]],
    shifts: Shifts,
) -> None:
    if schema is None and not files:
        return
    united = _united(files, schema, shifts, loads)
    where = ""
    if versions:
        # `_file` is null for a source that has no files; `is not distinct from` would be slow.
        keys = ", ".join(
            f"({_literal(source)}, {_literal(file or '')}, {_moment(loaded)})"
            for source, file, loaded in versions
        )
        where = f" where (source, coalesce(_file, ''), _loaded_at) in ({keys})"
    # Sheets have exactly the canonical columns; a system's table may have grown some since.
    exact = schema is not None and bool(versions)
    columns = ", ".join(f'"{field.name}"' for field in schema) if exact and schema else "*"
    connection.execute(
        f'create or replace view raw."{name}" as select {columns} from ({united}){where}'
    )


def _bind_every_version(
    connection: duckdb.DuckDBPyConnection,
    raw_zone: RawZone,
    entity: str,
    known: dict[str, list[KnownExtract]],
    shifts: Shifts,
) -> None:
    """All good versions of an entity's files; `_replaced_at` is null for those in force."""
    versions: list[tuple[str, SheetVersion]] = []
    files: list[Path] = []
    loads: set[str] = set()
    for name, items in known.items():
        own = [v for v in good_versions(items) if v.item.extract.entity == entity]
        versions += [(name, version) for version in own]
        mine = {v.item.load_id for v in own}
        files += raw_zone.files(name, entity, sorted(mine))
        loads |= mine
    told = ["(null::varchar, null::varchar, null::timestamptz, null::timestamptz)"] + [
        f"({_literal(name)}, {_literal(version.item.extract.file or '')}, "
        f"{_moment(version.item.loaded_at)}, {_moment(version.replaced_at)})"
        for name, version in versions
    ]
    connection.execute(
        f'create or replace view raw."spreadsheet__{EVERY_VERSION[entity]}" as '
        "select loaded.*, versions._replaced_at "
        f"from ({_united(files, raw_schema(entity), shifts, loads)}) as loaded "
        f"inner join (values {', '.join(told)}) as versions (source, file, loaded_at, _replaced_at) "
        "on loaded.source = versions.source and coalesce(loaded._file, '') = versions.file "
        "and loaded._loaded_at = versions.loaded_at"
    )


def _united(
    files: Sequence[Path], schema: pa.Schema | None, shifts: Shifts, loads: Collection[str]
) -> str:
    """SQL of all rows that some loads have in raw files, with the columns of the schema even if no
    file has them.

    Rows of a load whose clock was wrong carry the moment from which that load counts.
    """
    parts = []
    if schema is not None:
        typed = ", ".join(f'null::{_sql_type(field.type)} as "{field.name}"' for field in schema)
        parts.append(f"(select {typed} where false)")
    if files:
        listed = ", ".join(_literal(str(path)) for path in files)
        found = f"read_parquet([{listed}], union_by_name = true)"
        if any(is_packed(path) for path in files):
            others = set().union(*(loads_in(path) for path in files if is_packed(path))) - set(
                loads
            )
            ids = ", ".join(_literal(load) for load in sorted(others))
            where = f" where {LOAD_ID} is null or {LOAD_ID} not in ({ids})" if others else ""
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
