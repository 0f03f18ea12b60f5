"""Which fields of an object are asked for: those that the tenant shows, and the company's own.

Add here: a rule of selecting. Keep out: the list of fields (`objects.py`) and the reading.

One field without read access fails the whole statement, so the select list is tried on one row
first; a field that is refused is left out and told, unless the object cannot do without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.sources.connector_options import FieldRule
from pipelines.sources.http import Refusal
from pipelines.sources.neocrm.answers import NO_COLUMN, missing_column
from pipelines.sources.neocrm.objects import NeocrmObject, Wanted
from pipelines.sources.neocrm.records import text_of
from pipelines.sources.neocrm.tenant import Described, Tenant
from pipelines.sources.records import Converted, Field, RowShape, derive, rule_of


@dataclass(frozen=True)
class Selection:
    """What a load asks of one object. `chosen`: raw column -> the path it is read from."""

    item: NeocrmObject
    chosen: Mapping[str, str]
    absent: tuple[str, ...]  # wanted, but not visible
    zone: str

    @property
    def lost(self) -> list[str]:
        """Columns that are wanted and not visible."""
        return [w.column for w in self.item.columns if w.keys and w.column not in self.chosen]

    @property
    def select(self) -> str:
        return "select " + ", ".join(
            f"{path} {_key(column, path)}" if "." in path else path
            for column, path in _first_of_each(self._asked).items()
        )

    @property
    def _asked(self) -> dict[str, str]:
        """What is selected, by the name that a path over a reference is given."""
        made = {item.key: item for item in self.item.derived}
        asked: dict[str, str] = {}
        for column, path in self.chosen.items():
            if path in made:
                parts = made[path].paths
                asked |= {f"{column}_{number}": part for number, part in enumerate(parts)}
            else:
                asked[column] = path
        return asked

    @property
    def fields(self) -> list[Field]:
        """The fields that are read, each with the key it has in a record."""
        keys = {path: _key(column, path) for column, path in _first_of_each(self._asked).items()}
        return [
            wanted.field(
                keys.get(self.chosen[wanted.column], self.chosen[wanted.column]), self.zone
            )
            for wanted in self.item.columns
            if wanted.column in self.chosen
        ]

    def make(self, records: list[dict[str, Any]]) -> None:
        """Put what is made of several fields into the records."""
        keys = {path: _key(column, path) for column, path in _first_of_each(self._asked).items()}
        derive(records, self.item.derived, lambda record, path: _worded(record.get(keys[path])))

    @property
    def paths(self) -> list[str]:
        """The fields of the tenant that are read."""
        return list(dict.fromkeys(self._asked.values()))

    @property
    def beside(self) -> list[str]:
        """Keys of a record that no column reads by itself."""
        return [_key(column, path) for column, path in self._asked.items()]

    def path(self, column: str) -> str | None:
        return self.chosen.get(column)

    def convert(self, shape: RowShape, records: list[dict[str, object]]) -> Converted:
        """Records as rows of the whole table; columns that are not read are null."""
        page = shape.convert(records)
        columns = [
            page.table.column(field.name)
            if field.name in self.chosen
            else pa.nulls(page.table.num_rows, field.type)
            for field in self.item.schema
        ]
        return replace(page, table=pa.Table.from_arrays(columns, schema=self.item.schema))


def _first_of_each(chosen: Mapping[str, str]) -> dict[str, str]:
    """One column per path, since a field may be selected once only."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    for column, path in chosen.items():
        if path not in seen:
            seen.add(path)
            found[column] = path
    return found


def _key(column: str, path: str) -> str:
    """The key of a value in a record: a path over a reference needs an alias."""
    return column if "." in path else path


def _worded(value: Any) -> Any:
    """A picklist's list of labels as a text; other values as they came."""
    return text_of(value) if isinstance(value, (list, dict)) else value


def with_mapping(
    item: NeocrmObject, mapping: Mapping[str, FieldRule], *, must: bool, zone: str
) -> NeocrmObject:
    """The object with the company's own fields behind its mapped columns that are free yet.

    `must`: the object cannot be read without them.
    """
    prefix = "" if item.table.startswith("custom_") else "custom_"
    columns, derived = [], list(item.derived)
    for wanted in item.columns:
        name = wanted.column.removeprefix(prefix)
        if not wanted.keys and name in mapping:
            made = rule_of(name, mapping[name], entity=item.entity or "", zone=zone)
            if made:
                derived.append(made)
            key = made.key if made else mapping[name].paths[0]
            wanted = replace(wanted, keys=(key,), must=must)
        columns.append(wanted)
    return replace(item, columns=tuple(columns), derived=tuple(derived))


def select(tenant: Tenant, item: NeocrmObject, described: Described | None) -> Selection:
    """The select list, tried on the tenant.

    Raises `PermanentFailure` if a field that the object needs, or that the company maps, is not
    visible, and `Refusal` if the object itself is refused.
    """
    refused: set[str] = set()
    while True:
        chosen = {
            wanted.column: path
            for wanted in item.columns
            if (path := _visible(wanted, item, described, refused))
        }
        absent = [w for w in item.columns if w.keys and w.column not in chosen]
        _stop_without(tenant, item, [w for w in absent if w.must])
        names = tuple(w.keys[0] for w in absent)
        selection = Selection(item, chosen, names, tenant.options.timezone)
        try:
            tenant.query(f"{selection.select} from {item.source} limit 0,1", item.name)
        except Refusal as refusal:
            column = missing_column(str(refusal.cause)) if refusal.code == NO_COLUMN else None
            known = {p for path in selection.paths for p in (path, path.split(".")[0])}
            if column is None or column in refused or column not in known:
                raise
            refused.add(column)
            continue
        return selection


def _visible(
    wanted: Wanted, item: NeocrmObject, described: Described | None, refused: set[str]
) -> str | None:
    """The first of a column's keys that the tenant shows; `id` is never described by some."""
    made = {part.key: part.paths for part in item.derived}
    for key in wanted.keys:
        if all(_shown(path, described, refused) for path in made.get(key, (key,))):
            return key
    return None


def _shown(key: str, described: Described | None, refused: set[str]) -> bool:
    root = key.split(".")[0]
    if key in refused or root in refused:
        return False
    return described is None or root in described.fields or root == "id"


def _stop_without(tenant: Tenant, item: NeocrmObject, missing: list[Wanted]) -> None:
    if missing:
        names = [" or ".join(wanted.keys) for wanted in missing]
        raise PermanentFailure(
            text("sources.could_not_read_object", name=item.name, source=tenant.name),
            where=item.name,
            cause=text("sources.neocrm.these_fields_are_not_visible", fields=names),
            next_step=text("sources.neocrm.give_read_access_them_name"),
        )
