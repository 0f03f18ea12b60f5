"""Which fields of an object are asked for: of the declared ones those that the tenant shows.

Add here: a rule of selecting. Keep out: the list of fields (`objects.py`) and the asking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.sources.connector_options import FieldRule
from pipelines.sources.fxiaoke.objects import KEY, LABEL, FxiaokeObject, Wanted
from pipelines.sources.records import Derived, Field, RowShape, rule_of


@dataclass(frozen=True)
class Described:
    """An object as `describe` tells it: API name -> type and label; options: value -> label."""

    types: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def find(self, key: str) -> str | None:
        """The API name of a candidate, given by name or as `label:...`; None if it is not shown."""
        if key.startswith("label:"):
            wanted = key.removeprefix("label:")
            return next((name for name, label in self.labels.items() if label == wanted), None)
        return key if key in self.types or key == KEY else None


@dataclass(frozen=True)
class Chosen:
    """A column and the field of this tenant it is read from."""

    wanted: Wanted
    key: str
    type: str


@dataclass(frozen=True)
class Selection:
    """What a load asks of one object: `keys` are projected, `shape` makes the rows."""

    chosen: tuple[Chosen, ...]
    keys: tuple[str, ...]
    shape: RowShape
    absent: tuple[str, ...]
    derived: tuple[Derived, ...] = ()
    beside: Mapping[str, str] = field(default_factory=dict)  # path of a derived column -> its field

    @property
    def columns(self) -> frozenset[str]:
        """The columns that something is read for."""
        return frozenset(item.wanted.column for item in self.chosen)


def with_mapping(item: FxiaokeObject, mapping: Mapping[str, FieldRule], zone: str) -> FxiaokeObject:
    """The object with the company's own fields behind its mapped columns."""
    columns, derived = [], []
    for wanted in item.columns:
        name = wanted.column.removeprefix("custom_")
        if not wanted.keys and name in mapping:
            made = rule_of(name, mapping[name], entity=item.entity or "", zone=zone)
            if made:
                derived.append(made)
            key = made.key if made else mapping[name].paths[0]
            decoded = made is None and wanted.kind == "loose_text"
            wanted = replace(wanted, keys=(key,), must=True, decoded=decoded)
        columns.append(wanted)
    return replace(item, columns=tuple(columns), derived=tuple(derived))


def select(
    item: FxiaokeObject,
    described: Described,
    *,
    source: str,
    zone: str,
    known: frozenset[str] = frozenset(),
    without: frozenset[str] = frozenset(),
    remembered: Mapping[str, Sequence[Any]] | None = None,
) -> Selection:
    """The projection of an object.

    `known`: columns that the last load read. `remembered`: column -> the field it was read from, and
    the names and labels by which that was found; labels are edited, so a field that is still there
    stays the column's. Raises `PermanentFailure` if a needed or mapped field,
    or one that was read before, is no longer shown: figures would silently lack it.
    """
    chosen, absent, missing = [], [], []
    made, beside = {part.key: part for part in item.derived}, dict[str, str]()
    # A standard field whose column the company keeps in a field of its own is not missed.
    mapped = {
        w.column.removeprefix("custom_")
        for w in item.columns
        if w.keys and w.column.startswith("custom_")
    }
    for wanted in item.columns:
        if not wanted.keys:
            continue  # a column that the company may map and does not
        if wanted.keys[0] in made:
            paths = {path: described.find(path) for path in made[wanted.keys[0]].paths}
            missing += [path for path, found in paths.items() if found is None]
            beside |= {path: found for path, found in paths.items() if found}
        if wanted.keys[0].startswith("@"):
            chosen.append(Chosen(wanted, wanted.keys[0], ""))
            continue
        key = next((found for k in wanted.keys if (found := described.find(k))), None)
        before, by = (remembered or {}).get(wanted.column, ("", ()))
        if before in described.types and list(by) == list(wanted.keys):
            key = before
        if key is not None:
            chosen.append(Chosen(wanted, key, described.types.get(key, "")))
            continue
        spared = any(f"{item.name}.{k}" in without for k in wanted.keys)
        if wanted.column in mapped:
            continue
        if (wanted.must or wanted.column in known) and not spared:
            missing.append(wanted.keys[0])
        else:
            absent.append(wanted.keys[0])
    if missing:
        raise PermanentFailure(
            text("sources.could_not_read_object", name=item.name, source=source),
            where=item.name,
            cause=text("sources.fxiaoke.these_fields_are_not_shown", fields=missing),
            next_step=text(
                "sources.fxiaoke.grant_field_permission_map_new", name=item.name, missing=missing[0]
            ),
        )
    fields = [_field(item, wanted, chosen, zone) for wanted in item.columns]
    plain = (c.key for c in chosen if not c.key.startswith("@"))
    keys = tuple(dict.fromkeys([*plain, *beside.values()]))
    # Whatever else `describe` knows is no drift if it comes all the same.
    shape = RowShape(item.table, fields, key="id", ignored=described.types)
    absent = list(dict.fromkeys(absent))
    return Selection(tuple(chosen), keys, shape, tuple(absent), item.derived, beside)


def path_of(item: Chosen) -> str:
    """Where the plain value of a column stands in a record."""
    return f"{item.key}{LABEL}" if item.wanted.decoded else item.key


def _field(item: FxiaokeObject, wanted: Wanted, chosen: list[Chosen], zone: str) -> Field:
    found = next((c for c in chosen if c.wanted is wanted), None)
    # A column that nothing is read for needs a path that no record has.
    path = path_of(found) if found else f"@{wanted.column}"
    return Field(
        wanted.column, wanted.kind, path=path, required=wanted.filled, form="epoch_ms", zone=zone
    )
