"""JSON records or CSV text -> Arrow tables of a declared schema; drift is told, never swallowed.

Add here: what a table of records needs as a whole. Keep out: single values (`columns.py`) and what
columns a system's tables have (its own package).
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv

from pipelines import language
from pipelines.failures import PermanentFailure
from pipelines.language import Said, Text
from pipelines.sources.protocol import Rejection
from pipelines.sources.records.columns import column_of
from pipelines.sources.records.fields import Field

# A column in which nothing fits any more has changed its type; so few rows may just be bad rows.
_FEWEST_FOR_DRIFT = 20
_SHOWN = 200
REQUIRED = language.text("sources.records.required_but_empty")


@dataclass(frozen=True)
class Converted:
    """One page as Arrow rows. `unknown`: keys that no field reads; `absent`: optional fields whose
    key no record of the page has; `kept`: positions of the records that became rows.
    """

    table: pa.Table
    rejections: list[Rejection]
    unknown: frozenset[str]
    absent: frozenset[str]
    kept: Sequence[int]


@dataclass
class Drift:
    """Collects over the pages of an entity what is new and what is gone, for `Extract.message`."""

    unknown: set[str] = field(default_factory=set)
    absent: set[str] | None = None

    def add(self, page: Converted) -> None:
        self.unknown |= page.unknown
        if page.table.num_rows or page.rejections:
            gone = set(page.absent)
            self.absent = gone if self.absent is None else self.absent & gone

    def remarks(self, asked: Iterable[str] | None = None) -> list[Text]:
        """What an operator should read; nothing if all is as declared.

        `asked`: the paths that were asked for at all; others cannot be missed.
        """
        said = []
        if self.unknown:
            said.append(
                language.text("sources.records.fields_are_not_read", names=sorted(self.unknown))
            )
        gone = self.absent or set()
        if asked is not None:
            gone = gone & set(asked)
        if gone:
            said.append(language.text("sources.records.fields_no_longer_come", names=sorted(gone)))
        return said


class RowShape:
    """The declared columns of one raw table.

    `entity` is the raw table's name, `key` the column that identifies a record in rejections.
    `ignored`: keys of a record that are known and not wanted (they are no drift). `checked`: tell
    unknown keys at all; False for systems that always send everything.
    """

    def __init__(
        self,
        entity: str,
        fields: Iterable[Field],
        *,
        key: str,
        ignored: Iterable[str] = (),
        checked: bool = True,
    ) -> None:
        self.entity, self.fields, self.key = entity, tuple(fields), key
        self.schema = pa.schema([item.arrow for item in self.fields])
        self._getters = [_getter(item.source_path) for item in self.fields]
        self._roots = {item.source_path.split(".")[0] for item in self.fields}
        self._known = frozenset(self._roots | set(ignored))
        self._checked = checked
        if key not in self.schema.names:
            raise ValueError(f"{entity} has no column {key}")

    def empty(self) -> pa.Table:
        return self.schema.empty_table()

    def convert(self, records: list[dict[str, Any]]) -> Converted:
        """A page of JSON objects as rows.

        Raises `PermanentFailure` if records are no objects, a required key is gone from all of
        them, a `fail` column has a value that does not fit, or a column's type has changed.
        """
        if not records:
            return Converted(self.empty(), [], frozenset(), frozenset(), [])
        seen: set[str] = set()
        try:
            for record in records:
                seen.update(record.keys())
        except AttributeError:
            raise self._failure(language.text("sources.records.record_no_object")) from None
        columns = [get(records) for get in self._getters]
        gone = {f.source_path.split(".")[0] for f in self.fields} - seen
        unknown = frozenset(seen - self._known) if self._checked else frozenset()
        return self._finished(columns, gone, unknown)

    def convert_columns(self, columns: Mapping[str, list[Any]]) -> Converted:
        """A page as columns by source path, all of one length; raises as `convert`."""
        count = max(map(len, columns.values()), default=0)
        gone = {item.source_path for item in self.fields} - set(columns)
        listed = [columns.get(item.source_path, [None] * count) for item in self.fields]
        return self._finished(listed, gone, frozenset())

    def convert_csv(self, content: bytes) -> Converted:
        """A CSV text with a header row of source paths, as bulk interfaces give it, as rows.

        Empty cells are null, texts such as N/A are texts. Raises as `convert`.
        """
        if b"\x00" in content:
            content = content.replace(b"\x00", b"")
        if not content.strip():
            raise self._failure(language.text("sources.records.csv_text_without_its_header"))
        try:
            table = pa_csv.read_csv(
                pa.BufferReader(content),
                read_options=pa_csv.ReadOptions(block_size=max(len(content) + 1, 1 << 20)),
                parse_options=pa_csv.ParseOptions(newlines_in_values=True),
                convert_options=pa_csv.ConvertOptions(
                    column_types={name: pa.string() for name in _headings(content)},
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                    null_values=[""],
                ),
            )
        except (pa.ArrowException, UnicodeError) as error:
            raise self._failure(
                language.text("sources.records.csv_text_cannot_be_read", error=_first_line(error))
            ) from None
        names = set(table.column_names)
        if len(names) < len(table.column_names):
            raise self._failure(language.text("sources.records.csv_text_same_heading_twice"))
        columns = [
            table.column(f.source_path).to_pylist()
            if f.source_path in names
            else [None] * table.num_rows
            for f in self.fields
        ]
        gone = {f.source_path for f in self.fields} - names
        paths = {f.source_path for f in self.fields}
        unknown = frozenset(n for n in names - paths if n.split(".")[0] not in self._known)
        return self._finished(columns, gone, unknown if self._checked else frozenset())

    def _finished(
        self, columns: list[list[Any]], gone: set[str], unknown: frozenset[str]
    ) -> Converted:
        count = len(columns[0]) if columns else 0
        absent = set()
        arrays: list[pa.Array] = []
        reasons: dict[int, tuple[Field, Text, Any]] = {}
        for item, values in zip(self.fields, columns, strict=True):
            if item.source_path in gone or item.source_path.split(".")[0] in gone:
                if item.required and count:
                    raise self._failure(
                        language.text(
                            "sources.records.no_record_has_any_more", source_path=item.source_path
                        )
                    )
                absent.add(item.source_path)
            array, faults = column_of(values, item)
            self._stop_on_drift(item, values, faults)
            if item.required and array.null_count:
                for position in range(count):
                    if position not in faults and not array[position].is_valid:
                        faults[position] = REQUIRED
            for position, reason in faults.items():
                reasons.setdefault(position, (item, reason, values[position]))
            arrays.append(array)
        table = pa.Table.from_arrays(arrays, schema=self.schema)
        if not reasons:
            return Converted(table, [], unknown, frozenset(absent), range(count))
        keys = columns[self.schema.names.index(self.key)]
        rejections = [
            Rejection(
                self.entity,
                reason,
                address=None if keys[position] is None else str(keys[position]),
                column=item.name,
                value=None if value is None else _shown(value),
            )
            for position, (item, reason, value) in sorted(reasons.items())
        ]
        kept = [position for position in range(count) if position not in reasons]
        return Converted(
            table.take(pa.array(kept, pa.int64())), rejections, unknown, frozenset(absent), kept
        )

    def _stop_on_drift(self, item: Field, values: list[Any], faults: Mapping[int, Text]) -> None:
        if not faults:
            return
        filled = sum(value is not None for value in values)
        if item.on_fault == "fail" or (len(faults) == filled and filled >= _FEWEST_FOR_DRIFT):
            reason, number = Counter(faults.values()).most_common(1)[0]
            raise self._failure(
                language.text(
                    "sources.records.values",
                    source_path=item.source_path,
                    en=reason,
                    number=number,
                    filled=filled,
                )
            )

    def _failure(self, cause: Said) -> PermanentFailure:
        return PermanentFailure(
            language.text("sources.could_not_read_records", entity=self.entity),
            cause=cause,
            next_step=language.text("sources.records.see_whether_field_was_changed"),
        )


def _headings(content: bytes) -> list[str]:
    """The first record of a CSV text; quoted headings may hold commas, not line ends."""
    first = content[: content.find(b"\n") + 1 or None].decode("utf-8-sig", "replace")
    return next(csv.reader(io.StringIO(first)), [])


def _getter(path: str) -> Callable[[list[dict[str, Any]]], list[Any]]:
    """Function that takes the values at a path out of all records."""
    if "." not in path:
        item = itemgetter(path)

        def flat(records: list[dict[str, Any]]) -> list[Any]:
            try:
                return list(map(item, records))  # twice as fast as `get`, if all have the key
            except KeyError:
                return [record.get(path) for record in records]

        return flat
    root, *rest = path.split(".")

    def nested(record: dict[str, Any]) -> Any:
        value = record.get(root)
        for name in rest:
            if value is None:
                return None
            # A parent that is no object any more must not pass for its child: a list never fits.
            value = value.get(name) if isinstance(value, dict) else [value]
        return value

    return lambda records: [nested(record) for record in records]


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _first_line(error: BaseException) -> str:
    # Only the kind of trouble: the text may quote the row with customers in it.
    return str(error).splitlines()[0].split(":")[0][:80] if str(error) else type(error).__name__
