"""What a source yields, as the Arrow tables of one load: its rows, its rejections, its extracts.

Add here: a column that every load carries. Keep out: where the tables are written (`raw_zone.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from pipelines.failures import PermanentFailure
from pipelines.language import stored, text
from pipelines.sources.protocol import Batch, Extract, Rejection, in_both

EXTRACTS = "_extracts"
REJECTED = "_rejected"
_UTC = pa.timestamp("us", tz="UTC")
_NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)

EXTRACTS_SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("system", pa.string()),
        ("entity", pa.string()),
        ("file", pa.string()),
        ("state", pa.string()),
        ("cursor", pa.string()),
        ("rows", pa.int64()),
        ("rejected_rows", pa.int64()),
        ("full", pa.bool_()),
        ("newest_record_at", _UTC),
        ("source_rows", pa.int64()),
        ("source_amount", pa.decimal128(18, 2)),
        ("message", pa.string()),
        ("message_zh", pa.string()),
        (stored.COLUMN, pa.string()),
        # Which load of its source it was: clocks can be wrong, this cannot.
        ("sequence", pa.int64()),
        ("_loaded_at", _UTC),
    ]
)

REJECTED_SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("system", pa.string()),
        ("entity", pa.string()),
        ("file", pa.string()),
        ("address", pa.string()),
        ("column_name", pa.string()),
        ("value", pa.string()),
        ("reason", pa.string()),
        ("reason_zh", pa.string()),
        (stored.COLUMN, pa.string()),
        ("_loaded_at", _UTC),
    ]
)


@dataclass
class LoadReport:
    """What one run loaded from one source. `rows` counts rows by raw table."""

    source: str
    rows: dict[str, int] = field(default_factory=dict)
    extracts: list[Extract] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)

    @property
    def unchanged(self) -> bool:
        return not self.rows and not self.extracts


class Rows:
    """Turns what a connector yields into (raw table, Arrow table) pairs, and counts."""

    def __init__(
        self,
        source: str,
        system: str,
        now: dt.datetime,
        schemas: Mapping[str, pa.Schema],
        report: LoadReport,
        *,
        sequence: int,
    ) -> None:
        self.sequence = sequence
        self.source, self.system, self.now = source, system, now
        self.schemas, self.report = schemas, report

    def tables(
        self, first: Batch | Rejection | Extract, rest: Iterator[Batch | Rejection | Extract]
    ) -> Iterator[tuple[str, pa.Table]]:
        for item in _chained(first, rest):
            if isinstance(item, Batch):
                if item.table.num_rows:
                    yield item.entity, self._stamped(item)
            elif isinstance(item, Rejection):
                self.report.rejections.append(item)
            else:
                self.report.extracts.append(item)
        if self.report.rejections:
            yield REJECTED, self._rejected()
        yield EXTRACTS, self._extracts()

    def _stamped(self, batch: Batch) -> pa.Table:
        declared = self.schemas[batch.entity]
        if not batch.table.schema.equals(declared):
            raise PermanentFailure(
                text("raw.not_loaded", entity=batch.entity, source=self.source),
                cause=text("raw.other_schema"),
                next_step=text("raw.report_connector"),
            )
        count = batch.table.num_rows
        self.report.rows[batch.entity] = self.report.rows.get(batch.entity, 0) + count
        table = batch.table.append_column("source", pa.repeat(pa.scalar(self.source), count))
        return table.append_column("_loaded_at", pa.repeat(pa.scalar(self.now, _UTC), count))

    def _rejected(self) -> pa.Table:
        rows = [
            {
                "source": self.source,
                "system": self.system,
                "entity": item.entity,
                "file": item.file,
                "address": item.address,
                "column_name": item.column,
                "value": item.value,
                **dict(
                    zip(("reason", "reason_zh"), in_both(item.reason, item.reason_zh), strict=True)
                ),
                stored.COLUMN: stored.in_others(reason=item.reason),
                "_loaded_at": self.now,
            }
            for item in self.report.rejections
        ]
        return pa.Table.from_pylist(rows, schema=REJECTED_SCHEMA)

    def _extracts(self) -> pa.Table:
        rows = [
            {
                **{name: getattr(item, name) for name in _EXTRACT_FIELDS},
                **dict(
                    zip(
                        ("message", "message_zh"),
                        in_both(item.message, item.message_zh),
                        strict=True,
                    )
                ),
                stored.COLUMN: stored.in_others(item.other_languages, message=item.message),
                "source": self.source,
                "system": self.system,
                "sequence": self.sequence,
                "_loaded_at": self.now,
            }
            for item in self.report.extracts
        ]
        return pa.Table.from_pylist(rows, schema=EXTRACTS_SCHEMA)


@dataclass(frozen=True)
class KnownExtract:
    """One `_extracts` row of a completed load, with the load it belongs to.

    `loaded_at` is the moment it counts from, `stamped_at` what the clock said when it was made;
    they differ only where that clock was wrong. `sequence` is 0 for loads from before there was one.
    """

    load_id: str
    source: str
    system: str
    loaded_at: dt.datetime
    extract: Extract
    stamped_at: dt.datetime = _NEVER
    sequence: int = 0

    def __post_init__(self) -> None:
        if self.stamped_at is _NEVER:
            object.__setattr__(self, "stamped_at", self.loaded_at)


_EXTRACT_FIELDS = tuple(Extract.__dataclass_fields__)


def extract_of(row: Mapping[str, Any]) -> Extract:
    """The `Extract` that a row of `_extracts` was written from.

    Raw files are never rewritten: one of an earlier version lacks the columns that came later.
    """
    return Extract(**{name: row[name] for name in _EXTRACT_FIELDS if name in row})


def known_extract(load_id: str, row: Mapping[str, Any]) -> KnownExtract:
    """A row of `_extracts` with the load it stands in."""
    return KnownExtract(
        load_id,
        row["source"],
        row["system"],
        row["_loaded_at"],
        extract_of(row),
        sequence=row.get("sequence") or 0,
    )


def _chained(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest
