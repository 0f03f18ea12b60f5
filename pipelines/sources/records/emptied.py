"""A column that had values and suddenly has none anywhere stops its source.

Add here: another sign that a column was lost rather than emptied. Keep out: fields that a system says
it has no more (each system's selection), rows that vanished.

A field that was renamed, hidden or retyped often goes on answering, with nothing in it. The load
would succeed, and the marts would show a company without amounts. How full each column was is kept in
the cursor of its table; a whole load that should hold at least five values of a column by the share of
the last one, and holds none, is no coincidence. Of an increment, only columns that every record had
are judged, and no moments: new deals have not ended yet.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.sources.connector_options import ConnectorOptions
from pipelines.sources.essentials import ESSENTIAL, costs, entity_of, raw_names
from pipelines.sources.protocol import Batch, Extract, Previous, Rejection
from pipelines.sources.records.cursors import Cursor

Item = Batch | Rejection | Extract
_LEAST = 5.0  # values that should have come
_ALWAYS, _FEWEST_CHANGED = 0.99, 20
_FEWEST_FIRST = 20  # records of a first load, of which none has an essential column


@dataclass
class _Count:
    """Rows and values of one raw table in this load."""

    rows: int = 0
    values: Counter[str] = field(default_factory=Counter)
    moments: set[str] = field(default_factory=set)

    def add(self, table: pa.Table) -> None:
        if "_deleted" in table.column_names:
            # Of a deleted record often only the id is known.
            table = table.filter(pc.invert(pc.fill_null(table.column("_deleted"), False)))
        self.rows += table.num_rows
        for name in table.column_names:
            column = table.column(name)
            if pa.types.is_temporal(column.type):
                self.moments.add(name)
            self.values[name] += len(column) - column.null_count


def watched(
    items: Iterator[Item],
    previous: Previous,
    source: str,
    options: ConnectorOptions,
    upto: dt.datetime,
) -> Iterator[Item]:
    """The same items; the cursors of their extracts carry how full each column is.

    Raises `PermanentFailure` before the extract of a table whose column has lost all its values, or
    an amount has none at the first load.
    """
    counts: dict[str, _Count] = {}
    for item in items:
        if isinstance(item, Batch):
            counts.setdefault(item.entity, _Count()).add(item.table)
        if isinstance(item, Extract) and item.state == "loaded":
            count = counts.get(item.entity, _Count())
            item = _judged(item, count, previous, source, options, upto)
        yield item


def stop_at_vanished(
    source: str,
    table: str,
    last: Cursor | None,
    missing: Collection[str],
    options: ConnectorOptions,
) -> None:
    """Raise `PermanentFailure` before anything is read if a column that held values at the last whole
    load can no longer be asked for: of an increment alone, nobody would see it.

    `missing`: raw columns that are wanted and that the system does not show.
    """
    filled = last.extra.get("filled") if last else None
    known: Mapping[str, float] = filled if isinstance(filled, dict) else {}
    names = [f"{table}.{name}" for name in sorted(missing) if known.get(name)]
    if lost := [name for name in names if name not in options.accept_empty]:
        raise PermanentFailure(
            text("sources.could_not_read_object", name=table, source=source),
            where=table,
            cause=text("sources.vanished.why", columns=lost),
            next_step=text("sources.vanished.step", columns=lost),
        )


def _judged(
    extract: Extract,
    count: _Count,
    previous: Previous,
    source: str,
    options: ConnectorOptions,
    upto: dt.datetime,
) -> Extract:
    last = _cursor(previous.cursor(extract.entity))
    known = last.extra.get("filled") if last else None
    known = known if isinstance(known, dict) else {}
    accepted = set(options.accept_empty)
    if known:
        _stop_at_lost(extract, count, known, source, accepted)
    elif extract.full:
        _stop_at_never(extract, count, source, set(options.accept_missing))
    filled = known
    if extract.full and count.rows:
        filled = {name: round(count.values[name] / count.rows, 6) for name in count.values}
        filled = {name: share for name, share in filled.items() if share and name[0] != "_"}
    if not filled:
        return extract
    cursor = _cursor(extract.cursor) or Cursor(upto)
    cursor = replace(cursor, extra={**cursor.extra, "filled": filled})
    return replace(extract, cursor=cursor.text())


def _stop_at_lost(
    extract: Extract,
    count: _Count,
    known: Mapping[str, float],
    source: str,
    accepted: set[str],
) -> None:
    lost = [
        name
        for name, share in known.items()
        if name in count.values
        and not count.values[name]
        and f"{extract.entity}.{name}" not in accepted
        if (
            share * count.rows >= _LEAST
            if extract.full
            else share >= _ALWAYS and count.rows >= _FEWEST_CHANGED and name not in count.moments
        )
    ]
    if lost:
        names = [f"{extract.entity}.{name}" for name in lost]
        raise PermanentFailure(
            text("sources.emptied", source=source, table=extract.entity),
            where=extract.entity,
            cause=text(
                "sources.emptied.why",
                columns=[f"{n} ({known[name]:.0%})" for n, name in zip(names, lost, strict=True)],
                rows=f"{count.rows:,}",
            ),
            next_step=text("sources.emptied.step", columns=names),
        )


def _stop_at_never(extract: Extract, count: _Count, source: str, accepted: set[str]) -> None:
    entity = entity_of(extract.entity)
    if entity is None or count.rows < _FEWEST_FIRST:
        return
    never = [
        f"{entity}.{column}"
        for column in ESSENTIAL[entity]
        # Dates may well be kept by nobody; money that nobody has is money that is hidden.
        if column == "amount"
        and not any(count.values[name] for name in raw_names(entity, column))
        and f"{entity}.{column}" not in accepted
    ]
    if never:
        raise PermanentFailure(
            text("sources.essential.missing", source=source, what=extract.entity),
            where=extract.entity,
            cause=text("sources.essential.empty.why", rows=f"{count.rows:,}", costs=costs(never)),
            next_step=text("sources.essential.missing.step", columns=never),
        )


def _cursor(written: str | None) -> Cursor | None:
    """The cursor, or None where there is none or it is not this module's to complain about."""
    try:
        return Cursor.read(written)
    except PermanentFailure:
        return None
