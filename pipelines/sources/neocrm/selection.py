"""Which fields of an object are asked for: those that the tenant shows, and the company's own.

Add here: a rule of selecting. Keep out: the list of fields (`objects.py`) and the reading.

One field without read access fails the whole statement, so the select list is tried on one row
first; a field that is refused is left out and told, unless the object cannot do without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pyarrow as pa

from pipelines.failures import PermanentFailure
from pipelines.sources.http import Converted, Field, Refusal, RowShape
from pipelines.sources.neocrm.answers import NO_COLUMN, missing_column
from pipelines.sources.neocrm.objects import NeocrmObject, Wanted
from pipelines.sources.neocrm.tenant import Described, Tenant


@dataclass(frozen=True)
class Selection:
    """What a load asks of one object. `chosen`: raw column -> the path it is read from."""

    item: NeocrmObject
    chosen: Mapping[str, str]
    absent: tuple[str, ...]  # wanted, but not visible
    zone: str

    @property
    def select(self) -> str:
        return "select " + ", ".join(
            f"{path} {_key(column, path)}" if "." in path else path
            for column, path in _first_of_each(self.chosen).items()
        )

    @property
    def fields(self) -> list[Field]:
        """The fields that are read, each with the key it has in a record."""
        keys = {path: _key(column, path) for column, path in _first_of_each(self.chosen).items()}
        return [
            wanted.field(keys[self.chosen[wanted.column]], self.zone)
            for wanted in self.item.columns
            if wanted.column in self.chosen
        ]

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


def with_mapping(item: NeocrmObject, mapping: Mapping[str, str], *, must: bool) -> NeocrmObject:
    """The object with the company's own fields behind its mapped columns that are free yet.

    `must`: the object cannot be read without them.
    """
    prefix = "" if item.table.startswith("custom_") else "custom_"
    columns = tuple(
        replace(wanted, keys=(mapping[wanted.column.removeprefix(prefix)],), must=must)
        if not wanted.keys and wanted.column.removeprefix(prefix) in mapping
        else wanted
        for wanted in item.columns
    )
    return replace(item, columns=columns)


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
            if (path := _visible(wanted, described, refused))
        }
        absent = [w for w in item.columns if w.keys and w.column not in chosen]
        _stop_without(tenant, item, [w for w in absent if w.must])
        names = tuple(w.keys[0] for w in absent)
        selection = Selection(item, chosen, names, tenant.options.timezone)
        try:
            tenant.query(f"{selection.select} from {item.source} limit 0,1", item.name)
        except Refusal as refusal:
            column = missing_column(str(refusal.cause)) if refusal.code == NO_COLUMN else None
            known = {p for path in chosen.values() for p in (path, path.split(".")[0])}
            if column is None or column in refused or column not in known:
                raise
            refused.add(column)
            continue
        return selection


def _visible(wanted: Wanted, described: Described | None, refused: set[str]) -> str | None:
    """The first of a column's keys that the tenant shows; `id` is never described by some."""
    for key in wanted.keys:
        root = key.split(".")[0]
        if key in refused or root in refused:
            continue
        if described is None or root in described.fields or root == "id":
            return key
    return None


def _stop_without(tenant: Tenant, item: NeocrmObject, missing: list[Wanted]) -> None:
    if missing:
        names = ", ".join(" or ".join(wanted.keys) for wanted in missing)
        raise PermanentFailure(
            f"Could not read {item.name} of {tenant.name}",
            where=f"{item.name}: {names}",
            cause="these fields are not visible to the integration user, or have another apiKey",
            next_step="give it read access to them, or name the right apiKey in options.fields",
        )
