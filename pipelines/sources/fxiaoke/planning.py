"""What one load reads of one object: which fields, from when to when.

Add here: a reason to read an object whole. Keep out: reading (`reading.py`) and what has vanished
(`comparing.py`).

A load is whole when there is no cursor, the last whole load is older than the options say, or the
projection has changed; otherwise it reads what changed since the cursor, less an overlap. Whole loads
ask by `create_time`, which never changes: a record edited meanwhile cannot slip out of the query.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipelines.language import Text
from pipelines.sources.connector_options import FieldRule
from pipelines.sources.essentials import spared, stop_without
from pipelines.sources.fxiaoke.objects import (
    CREATED,
    INVALID,
    KEY,
    LIFE,
    MODIFIED,
    OBJECTS,
    TYPE,
    FxiaokeObject,
)
from pipelines.sources.fxiaoke.options import Options
from pipelines.sources.fxiaoke.selection import Described, Selection, select, with_mapping
from pipelines.sources.fxiaoke.tenant import Filter, Tenant, condition
from pipelines.sources.record_types import RecordType, chosen
from pipelines.sources.records import Cursor, Window
from pipelines.sources.records.digests import is_due


@dataclass
class Job:
    """One object to be read, and what is noticed while it is read."""

    item: FxiaokeObject
    described: Described
    selection: Selection
    last: Cursor | None
    window: Window
    swept: bool = False  # all ids have to be asked for
    exist: int | None = None  # how many records the tenant counts
    turn: bool = False  # all ids are compared, though the counts agree
    notes: list[Text] = field(default_factory=list)
    types: tuple[str, ...] = ()  # record types (API names) that count; none: all do
    moved: bool = False  # records of other types have changed, perhaps from one that counts

    @property
    def filters(self) -> list[Filter]:
        """The condition of the query, with the fixed bounds of this load."""
        if self.window.since is None:
            return self.existing
        return [*self.changed, *of_types(self.types)]

    @property
    def changed(self) -> list[Filter]:
        """The condition for what has changed since the last load, of whatever type."""
        assert self.window.since is not None
        return [
            condition(MODIFIED, "GTE", ms(self.window.since)),
            condition(MODIFIED, "LT", ms(self.window.upto)),
        ]

    @property
    def existing(self) -> list[Filter]:
        """The condition for everything that exists and had been created by this load's bound."""
        if not self.item.stamped:
            return []
        alive = [condition(LIFE, "N", INVALID)] if LIFE in self.described.types else []
        bound = condition(CREATED, "LT", ms(self.window.upto))
        return [bound, *alive, *of_types(self.types)]

    @property
    def same_types(self) -> bool:
        """Whether the last load read the same record types."""
        return self.last is not None and tuple(self.last.extra.get("types", ())) == self.types


def of_types(types: tuple[str, ...]) -> list[Filter]:
    """The condition for records of these record types; none if all count."""
    return [condition(TYPE, "IN", *types)] if types else []


def types_of(tenant: Tenant, item: FxiaokeObject, described: Described) -> tuple[str, ...]:
    """API names of the record types that count, by their names or labels.

    A tenant that does not list them is asked whether it has records of each. Raises
    `PermanentFailure` naming those that are not there.
    """
    wanted = tenant.options.types_of(item.entity)
    if not wanted:
        return ()
    there = [
        RecordType(key, (label, key)) for key, label in described.options.get(TYPE, {}).items()
    ]
    if not there:
        there = [
            RecordType(name, (name,))
            for name in wanted
            if tenant.first(item.name, [KEY], 1, of_types((name,)))
        ]
    return chosen(tenant.name, item.name, item.entity or "", wanted, there)


def ms(moment: dt.datetime) -> str:
    """Milliseconds since 1970, as filters take them."""
    return str(round(moment.timestamp() * 1_000))


def accepted_of(item: FxiaokeObject, options: Options) -> set[str]:
    """Essential columns that the company has said this tenant does not give."""
    named = {
        w.column for w in item.columns if any(f"{item.name}.{k}" in options.without for k in w.keys)
    }
    return set(options.accept_missing) | spared(item.entity, named)


def plan(
    tenant: Tenant,
    item: FxiaokeObject,
    mapping: Mapping[str, FieldRule],
    described: Described,
    last: Cursor | None,
    upto: dt.datetime,
) -> Job:
    """What to read of an object this time. Raises `PermanentFailure` for fields that are needed."""
    options = tenant.options
    same = last is not None and last.extra.get("object") == item.name
    selection = select(
        with_mapping(item, mapping, options.timezone),
        described,
        source=tenant.name,
        zone=options.timezone,
        known=frozenset(last.extra.get("columns", ())) if last and same else frozenset(),
        without=frozenset(options.without),
        remembered=last.extra.get("read") if last and same else None,
    )
    accepted = accepted_of(item, options)
    stop_without(tenant.name, item.name, item.entity, selection.columns, accepted)
    types = types_of(tenant, item, described)
    if (
        last is None
        or not same
        or tuple(last.extra.get("types", ())) != types
        or options.full
        or not item.stamped
        or last.full_at is None
        or upto - last.full_at >= dt.timedelta(days=options.full_every_days)
        or not set(last.extra.get("keys", ())) >= set(selection.keys)
        or not set(last.extra.get("columns", ())) >= selection.columns
    ):
        window = Window(None, upto)
    else:
        window = last.window(upto, dt.timedelta(minutes=options.overlap_minutes))
    position = list(OBJECTS).index(item.name) if item.name in OBJECTS else 0
    turn = is_due(position, len(OBJECTS), upto.toordinal())
    return Job(item, described, selection, last, window, turn=turn, types=types)
