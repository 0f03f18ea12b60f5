"""Rows that are still set aside: rejected when they were read, and not read well since.

Add here: when a rejected row counts as settled by a later load. Keep out: why a row is rejected (the
sources), what people decide about it (`ledger/quarantine.py`), judgements (`quality/rejected.py`).

A full load tells all of its feed again, so only its own rejections stand. An incremental load tells
of what changed: a record rejected three nights ago is still missing, unless a later load brought it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.language import Text, stored
from pipelines.language.text import InEach
from pipelines.raw_zone.rows import REJECTED, KnownExtract
from pipelines.raw_zone.zone import RawZone

Feed = tuple[str, str, str | None]


@dataclass(frozen=True)
class SetAside:
    """One row (or cell) in quarantine. `key` names it as long as place and value are the same.

    `address` is `sheet!C5` or the id of a record; reasons as raw tables keep them, `why` in any language.
    """

    source: str
    system: str
    entity: str
    file: str | None
    address: str | None
    column: str | None
    value: str | None
    reason: str
    reason_zh: str | None
    loaded_at: dt.datetime
    other_languages: str | None = None

    @property
    def why(self) -> Text:
        """The reason, in the language it is read in."""
        kept = {"reason_en": self.reason, "reason_zh": self.reason_zh or self.reason}
        return InEach(stored.in_each({**kept, stored.COLUMN: self.other_languages}, "reason"))

    @property
    def feed(self) -> Feed:
        return self.source, self.entity, self.file

    @property
    def key(self) -> str:
        """Of the row, for what people decide about it: another value is another row."""
        return _hash(self.source, self.entity, self.file, self.address, self.column, self.value)

    @property
    def group(self) -> str:
        """Of all rows at fault in one column of one feed: what one correction usually settles."""
        return _hash(self.source, self.entity, self.file, self.column)


def open_rows(raw_zone: RawZone, known: Sequence[KnownExtract]) -> list[SetAside]:
    """Rows of one source that are set aside as of its last load in `known` (oldest first)."""
    by_feed: dict[Feed, list[KnownExtract]] = {}
    for item in known:
        by_feed.setdefault((item.source, item.extract.entity, item.extract.file), []).append(item)
    found: list[SetAside] = []
    for items in by_feed.values():
        speaking = _since_last_whole(items)
        rejecting = [item for item in speaking if item.extract.rejected_rows]
        if not rejecting:
            continue
        rows: dict[str, SetAside] = {}
        for item in rejecting:
            rows |= {row.key: row for row in _rows(raw_zone, item)}
        found += _unsettled(raw_zone, items[0], speaking, list(rows.values()))
    return found


def _since_last_whole(items: Sequence[KnownExtract]) -> list[KnownExtract]:
    """The loads that together say what holds: from the last that told everything on.

    A file that was refused leaves its last good version in force, with what that had set aside.
    """
    whole = (
        place
        for place, item in enumerate(items)
        if item.extract.full and item.extract.state != "rejected"
    )
    return list(items[max(whole, default=0) :])


def _rows(raw_zone: RawZone, item: KnownExtract) -> Iterable[SetAside]:
    for path in raw_zone.files(item.source, REJECTED, [item.load_id]):
        for row in pq.read_table(path).to_pylist():
            mine = (row["entity"], row["file"]) == (item.extract.entity, item.extract.file)
            if mine and row["_loaded_at"] == item.stamped_at:
                yield SetAside(
                    source=item.source,
                    system=item.system,
                    entity=row["entity"],
                    file=row["file"],
                    address=row["address"],
                    column=row["column_name"],
                    value=row["value"],
                    reason=row["reason"],
                    reason_zh=row.get("reason_zh"),
                    loaded_at=item.loaded_at,
                    other_languages=row.get(stored.COLUMN),
                )


def _unsettled(
    raw_zone: RawZone, feed: KnownExtract, speaking: Sequence[KnownExtract], rows: list[SetAside]
) -> list[SetAside]:
    """Rows whose record no later load brought, and of one record what was said last."""
    if feed.extract.file is not None or len(speaking) == 1:
        return rows
    last_said: dict[str | None, dt.datetime] = {}
    for row in rows:
        last_said[row.address] = max(row.loaded_at, last_said.get(row.address, row.loaded_at))
    current = [
        row for row in rows if row.address is None or row.loaded_at == last_said[row.address]
    ]
    wanted = {row.address for row in current if row.address is not None}
    brought: dict[str, dt.datetime] = {}
    stamps = {item.stamped_at: item.loaded_at for item in speaking}
    loads = [item.load_id for item in speaking]
    for path in raw_zone.files(feed.source, feed.extract.entity, loads) if wanted else ():
        for ident, stamp in _idents(path, wanted):
            moment = stamps.get(stamp)
            if moment is not None:
                brought[ident] = max(moment, brought.get(ident, moment))
    return [
        row
        for row in current
        if row.address is None
        or row.address not in brought
        or brought[row.address] <= row.loaded_at
    ]


def _idents(path: Path, wanted: set[str]) -> Iterable[tuple[str, dt.datetime]]:
    """Which wanted records a raw file holds: by its first column that is an id."""
    names = pq.read_schema(path).names
    key = next((name for name in names if name == "id" or name.endswith("_id")), None)
    if key is None:
        return
    table = pq.read_table(path, columns=[key, "_loaded_at"])
    ids = pa.array(sorted(wanted), pa.string())
    found = table.filter(pc.is_in(table[key].cast(pa.string()), ids))
    for row in found.to_pylist():
        yield str(row[key]), row["_loaded_at"]


def _hash(*parts: str | None) -> str:
    joined = "\x1f".join("\x00" if part is None else part for part in parts)
    return hashlib.sha256(joined.encode()).hexdigest()
