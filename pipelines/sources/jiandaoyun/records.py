"""Rows of a form -> records of a raw table, and the Arrow rows of many of them.

Add here: what a record needs beside its mapped columns. Keep out: single values (`cells.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.sources.jiandaoyun import cells
from pipelines.sources.jiandaoyun.api import Row
from pipelines.sources.jiandaoyun.forms import FORMS
from pipelines.sources.jiandaoyun.mapping import Bound, Mapped
from pipelines.sources.jiandaoyun.options import UNITS, FormOptions
from pipelines.sources.jiandaoyun.periods import targets_of
from pipelines.sources.jiandaoyun.tables import LIVE, SHAPES, raw_columns
from pipelines.sources.protocol import Batch, Rejection
from pipelines.sources.records import Batches, Converted
from pipelines.sources.records.arrow_rows import REQUIRED

_CHUNK = 2_000  # pages are small; columns are converted faster by the thousand


class Reader:
    """Turns rows of one form into records with the raw table's columns.

    `members` collects the members that rows name, by username: who has left the company is no
    longer in the directory, but still owns what he sold.
    """

    def __init__(self, mapped: Mapped, own: FormOptions, zone: ZoneInfo) -> None:
        self.entity, self._zone = mapped.entity, zone
        self.members: dict[str, Row] = {}
        self._key = FORMS[mapped.entity].key
        self._constants = {
            column: value for column, value in own.constants.items() if not mapped.bound(column)
        }
        self._plan: list[tuple[str, str, Callable[[Any], Any]]] = []
        for bound in mapped.bounds:
            factor = UNITS[own.units.get(bound.column, "元")]
            for raw, part in raw_columns(bound.column, bound.rule):
                read = _reader(bound, part, factor, zone)
                self._plan.append((bound.key, raw, read))
        self._values = own.values
        self._people = [
            bound.key
            for bound in mapped.bounds
            if bound.rule.kind in ("user", "scope") and not bound.child
        ]

    def records(self, row: Row) -> Iterator[dict[str, Any]]:
        """The records of one row: one, but for a year's targets in twelve columns."""
        record: dict[str, Any] = {}
        for key, raw, read in self._plan:
            # Of several widgets of a column the first that is filled counts.
            if record.get(raw) is None:
                record[raw] = read(row.get(key))
        for raw, meanings in self._values.items():
            if record.get(raw) is not None:
                record[raw] = meanings.get(str(record[raw]), record[raw])
        record.update(self._constants)
        record[self._key] = row["_id"]
        record["flow_state"] = row.get("flowState")
        record["_deleted"] = bool(row.get("deleteTime"))
        for key in self._people:
            self._meet(row.get(key))
        if self.entity == "targets":
            yield from targets_of(record, self._zone)
        else:
            yield record

    def _meet(self, value: Any) -> None:
        for member in value if isinstance(value, list) else (value,):
            if isinstance(member, dict) and member.get("username"):
                self.members.setdefault(str(member["username"]), member)


def _reader(bound: Bound, part: str, factor: int, zone: ZoneInfo) -> Callable[[Any], Any]:
    read: Callable[[Any], Any] = {
        "id": cells.reference_id,
        "name": cells.reference_name,
        "kind": cells.scope_kind,
        "moment": cells.moment(zone),
        "day": cells.day(zone),
        "value": {
            "text": cells.text,
            "user": cells.user,
            "scope": cells.scope,
            "number": cells.number(factor),
            "moment": cells.moment(zone),
        }.get(bound.rule.kind, cells.text),
    }[part]
    return cells.first_of_rows(bound.child, read) if bound.child else read


class Rows:
    """Gathers records into Arrow rows; counts what came, and what was rejected."""

    def __init__(self, entity: str) -> None:
        self._shape, self._entity = SHAPES[entity], entity
        self._batches = Batches(entity)
        self._held: list[dict[str, Any]] = []
        self._references = [
            tuple(raw for raw, _ in raw_columns(column, rule))
            for column, rule in (FORMS[entity].columns if entity in FORMS else {}).items()
            if rule.kind == "reference" and rule.required
        ]
        self.rejected = 0
        self.newest: Any = None

    @property
    def rows(self) -> int:
        return self._batches.rows

    def add(self, records: Iterable[dict[str, Any]]) -> Iterator[Batch | Rejection]:
        for record in records:
            fault = next(
                (pair for pair in self._references if not any(map(record.get, pair))), None
            )
            if fault:
                self.rejected += 1
                key = str(record[self._shape.key])
                yield Rejection(self._entity, REQUIRED, address=key, column=fault[0])
            else:
                self._held.append(record)
        if len(self._held) >= _CHUNK:
            yield from self._convert()

    def rest(self) -> Iterator[Batch | Rejection]:
        yield from self._convert()
        yield from self._batches.rest()

    def _convert(self) -> Iterator[Batch | Rejection]:
        page = self._shape.convert(self._held)
        self._held = []
        self.rejected += len(page.rejections)
        yield from page.rejections
        if "updated_at" in page.table.schema.names and page.table.num_rows:
            newest = pc.max(page.table.column("updated_at")).as_py()
            self.newest = max(filter(None, (self.newest, newest)), default=None)
        yield from self._batches.add(page.table)


def first_records(mapped: Mapped, own: FormOptions, rows: list[Row], zone: str) -> Converted:
    """A few rows, read as a load does."""
    reader = Reader(mapped, own, ZoneInfo(zone))
    return SHAPES[mapped.entity].convert([item for row in rows for item in reader.records(row)])


def live_ids(entity: str, ids: Iterable[str]) -> Batch:
    """The ids that an entity has at this load, under a first row that says it was counted at all."""
    listed = ["-", *ids]
    table = pa.table(
        [pa.array([entity] * len(listed), pa.string()), pa.array(listed, pa.string())],
        schema=SHAPES[LIVE].schema,
    )
    return Batch(LIVE, table)
