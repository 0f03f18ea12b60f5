"""Which rows of the raw zone are in force on a night, for every raw table, whatever engine reads them.

Add here: a raw table that dbt reads as a source (`raw.*`), and which loads it is made of. Keep out: any
meaning (that is dbt), SQL of one engine (`binding.py`, `spark/binding.py`), and how rows got into the
raw zone (`raw_zone/`).

`raw.<system>__<table>` unites all sources of a system. Spreadsheet rows are those of the newest
good version of each file; rows of other systems are all versions, and staging picks the latest.
`raw.spreadsheet__opportunity_versions` holds those of every good version of the opportunities, and so for
teams and users, who were called something else before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from pipelines.configuration.sources import Source
from pipelines.entities import ENTITIES
from pipelines.entity_schemas import raw_schema
from pipelines.raw_zone.load_order import moved
from pipelines.raw_zone.packing import is_packed, loads_in
from pipelines.raw_zone.rows import KnownExtract
from pipelines.raw_zone.sheet_versions import EVERY_VERSION, good_versions, in_force
from pipelines.raw_zone.zone import RawZone
from pipelines.settings import Settings
from pipelines.sources.registry import connector_of

# Source and stamp of a load whose clock was wrong, and the moment from which it counts.
Shifts = Mapping[tuple[str, dt.datetime], dt.datetime]
Known = Mapping[str, Sequence[KnownExtract]]
# What the raw zone adds to every row.
_STAMPS = (pa.field("source", pa.string()), pa.field("_loaded_at", pa.timestamp("us", tz="UTC")))


@dataclass(frozen=True)
class SheetRows:
    """One version of a sheet: its rows are those of `source` and `file` that were loaded at `loaded_at`."""

    source: str
    file: str  # "" for a source that has no files
    loaded_at: dt.datetime
    replaced_at: dt.datetime | None = None


@dataclass(frozen=True)
class RawTable:
    """One raw table: the files that hold its rows and what of them counts.

    `loads` are the loads in force: a packed file may hold others. `schema` is what is declared, None
    where only files tell. `versions`, where there are any, name the rows of sheets that count;
    with `replaced` each row is told when its version was replaced (column `_replaced_at`).
    """

    name: str
    files: tuple[Path, ...]
    loads: frozenset[str]
    schema: pa.Schema | None
    versions: tuple[SheetRows, ...] = ()
    replaced: bool = False

    @property
    def exact(self) -> bool:
        """Sheets have exactly the canonical columns; a system's table may have grown some since."""
        return self.schema is not None and bool(self.versions) and not self.replaced

    @property
    def left_out(self) -> list[str]:
        """Loads that packed files hold and that do not count."""
        packed = [loads_in(path) for path in self.files if is_packed(path)]
        return sorted(set().union(*packed) - self.loads)


def known_on(settings: Settings, raw_zone: RawZone, known_at: dt.datetime | None) -> Known:
    """By source, the extracts that were known at a moment (None: all), oldest first."""
    return {
        source.name: raw_zone.known_extracts(source.name, known_at) for source in settings.sources
    }


def shifts_of(known: Known) -> Shifts:
    """The loads whose clock was wrong."""
    return {
        (name, stamp): counted
        for name, items in known.items()
        for stamp, counted in moved(items).items()
    }


def raw_tables(settings: Settings, raw_zone: RawZone, known: Known) -> Iterator[RawTable]:
    """Every raw table of the systems that sources use, and of spreadsheets."""
    for system in sorted({"spreadsheet", *settings.systems}):
        sources = [source for source in settings.sources if source.system == system]
        own = {source.name: known[source.name] for source in sources}
        schemas = _schemas(system, sources, settings)
        found = {table for name in own for table in raw_zone.tables(name)} | set(schemas)
        for table in sorted(found):
            if bound := _table(raw_zone, system, table, own, schemas.get(table)):
                yield bound
        if system == "spreadsheet":
            for entity in EVERY_VERSION:
                yield _every_version(raw_zone, entity, own)


def _schemas(system: str, sources: Sequence[Source], settings: Settings) -> dict[str, pa.Schema]:
    """The declared schema of every raw table of a system: a table that no load has filled yet, a
    form that a tenant does not have, is an empty table and not a missing one.
    """
    if system == "spreadsheet":
        return {entity: raw_schema(entity) for entity in ENTITIES}
    schemas: dict[str, pa.Schema] = {}
    for source in sources:
        for table, schema in connector_of(source, settings).tables().items():
            fields = {field.name: field for field in (*schemas.get(table, ()), *_STAMPS, *schema)}
            schemas[table] = pa.schema(list(fields.values()))
    return schemas


def _table(
    raw_zone: RawZone, system: str, table: str, known: Known, schema: pa.Schema | None
) -> RawTable | None:
    files: list[Path] = []
    all_loads: set[str] = set()
    versions: list[SheetRows] = []
    for name, items in known.items():
        if system == "spreadsheet":
            current = [item for item in in_force(items) if item.extract.entity == table]
            versions += [_rows_of(name, item) for item in current]
            loads = {item.load_id for item in current}
        else:
            loads = {item.load_id for item in items}
        files += raw_zone.files(name, table, sorted(loads))
        all_loads |= loads
    if schema is None and not files:
        return None
    return RawTable(
        f"{system}__{table}", tuple(files), frozenset(all_loads), schema, tuple(versions)
    )


def _every_version(raw_zone: RawZone, entity: str, known: Known) -> RawTable:
    """All good versions of an entity's files; `_replaced_at` is null for those in force."""
    versions: list[SheetRows] = []
    files: list[Path] = []
    loads: set[str] = set()
    for name, items in known.items():
        own = [v for v in good_versions(items) if v.item.extract.entity == entity]
        versions += [_rows_of(name, version.item, version.replaced_at) for version in own]
        mine = {v.item.load_id for v in own}
        files += raw_zone.files(name, entity, sorted(mine))
        loads |= mine
    return RawTable(
        f"spreadsheet__{EVERY_VERSION[entity]}",
        tuple(files),
        frozenset(loads),
        raw_schema(entity),
        tuple(versions),
        replaced=True,
    )


def _rows_of(source: str, item: KnownExtract, replaced_at: dt.datetime | None = None) -> SheetRows:
    return SheetRows(source, item.extract.file or "", item.loaded_at, replaced_at)
