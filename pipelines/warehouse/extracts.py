"""What the loads said of themselves: `config.extracts`, `config.extract_history`, `config.rejected`.

Add here: a fact about loads that checks compare. Keep out: the rows that were loaded
(`warehouse.py`) and any judgement (`quality/`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

import duckdb
import pyarrow as pa

from pipelines.raw_zone.quarantine import open_rows
from pipelines.raw_zone.rows import EXTRACTS_SCHEMA, REJECTED_SCHEMA, KnownExtract
from pipelines.raw_zone.zone import RawZone

_HISTORY = pa.schema(
    [
        ("source", pa.string()),
        ("system", pa.string()),
        ("entity", pa.string()),
        ("loaded_at", pa.timestamp("us", tz="UTC")),
        ("newest_record_at", pa.timestamp("us", tz="UTC")),
        ("stamped_at", pa.timestamp("us", tz="UTC")),
    ]
)
_REJECTED = pa.schema(
    [
        *(field for field in REJECTED_SCHEMA if field.name != "_loaded_at"),
        ("loaded_at", pa.timestamp("us", tz="UTC")),
        ("accepted", pa.bool_()),
    ]
)
Feed = tuple[str, str, str | None]


def bind_bookkeeping(
    connection: duckdb.DuckDBPyConnection,
    raw_zone: RawZone,
    known: Mapping[str, Sequence[KnownExtract]],
    latest: Sequence[KnownExtract],
    accepted: Collection[str] = (),
) -> None:
    """Create the three tables; `accepted` are keys of rows that people agreed to leave out."""
    for name, table in (
        ("extracts", last_extracts(known, latest)),
        ("extract_history", extract_history(known)),
        ("rejected", set_aside(raw_zone, known, accepted)),
    ):
        connection.register("told", table)
        connection.execute(f"create or replace table config.{name} as from told")
        connection.unregister("told")


def set_aside(
    raw_zone: RawZone, known: Mapping[str, Sequence[KnownExtract]], accepted: Collection[str]
) -> pa.Table:
    """One row per row in quarantine, with whether it was accepted."""
    rows = [
        {
            **vars(row),
            "column_name": row.column,
            "accepted": row.key in accepted,
        }
        for items in known.values()
        for row in open_rows(raw_zone, items)
    ]
    return pa.Table.from_pylist(rows, schema=_REJECTED)


def _feed(item: KnownExtract) -> Feed:
    return item.source, item.extract.entity, item.extract.file


def last_extracts(
    known: Mapping[str, Sequence[KnownExtract]], latest: Sequence[KnownExtract]
) -> pa.Table:
    """One row per source, entity and file: its last extract, and `rows_previous`, those of the good
    one before it.

    `newest_record_at` is that of all records in force: an incremental load tells only of what it
    brought, so the loads since the last full one speak with it. `known` is oldest first.
    """
    before: dict[Feed, list[KnownExtract]] = {}
    for items in known.values():
        for item in items:
            if item.extract.state == "loaded":
                before.setdefault(_feed(item), []).append(item)
    rows = []
    for item in latest:
        good = before.get(_feed(item), [])
        earlier = [other for other in good if other.loaded_at < item.loaded_at]
        rows.append(
            {
                **{name: getattr(item.extract, name, None) for name in EXTRACTS_SCHEMA.names},
                "source": item.source,
                "system": item.system,
                "_loaded_at": item.loaded_at,
                "newest_record_at": _newest(item, earlier),
                "rows_previous": earlier[-1].extract.rows if earlier else None,
            }
        )
    schema = EXTRACTS_SCHEMA.append(pa.field("rows_previous", pa.int64()))
    table = pa.Table.from_pylist(rows, schema=schema)
    return table.rename_columns([name.removeprefix("_") for name in schema.names])


def _newest(item: KnownExtract, earlier: Sequence[KnownExtract]) -> dt.datetime | None:
    found = item.extract.newest_record_at
    full = item.extract.full
    for other in reversed(earlier):
        if full:
            break
        times = [t for t in (found, other.extract.newest_record_at) if t is not None]
        found, full = max(times, default=None), other.extract.full
    return found


def extract_history(known: Mapping[str, Sequence[KnownExtract]]) -> pa.Table:
    """One row per source, entity and completed load that read it: the newest record it saw."""
    newest: dict[tuple[str, str, str, dt.datetime], dt.datetime | None] = {}
    stamps: dict[dt.datetime, dt.datetime] = {}
    for items in known.values():
        for item in items:
            if item.extract.state != "loaded" or not item.extract.entity:
                continue
            key = (item.source, item.system, item.extract.entity, item.loaded_at)
            times = [t for t in (newest.get(key), item.extract.newest_record_at) if t is not None]
            newest[key] = max(times, default=None)
            stamps[item.loaded_at] = item.stamped_at
    rows = [
        dict(zip(_HISTORY.names, (*key, moment, stamps[key[3]]), strict=True))
        for key, moment in newest.items()
    ]
    return pa.Table.from_pylist(rows, schema=_HISTORY)
