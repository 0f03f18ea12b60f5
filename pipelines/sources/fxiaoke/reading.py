"""One object of one tenant -> batches, rejections and the extract that closes it.

Add here: a step of reading an object. Keep out: what is read this time (`planning.py`), what has
vanished (`comparing.py`), requests (`tenant.py`) and the order of objects (`connector.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.language import Text, text
from pipelines.sources.fxiaoke.comparing import (
    all_ids,
    compare,
    recounted,
    stop_if_lost,
    swept_rows,
)
from pipelines.sources.fxiaoke.objects import CREATED, INVALID, KEY, LIFE
from pipelines.sources.fxiaoke.planning import Job, ms, of_types
from pipelines.sources.fxiaoke.records import is_beside, make_derived, make_plain, text_of
from pipelines.sources.fxiaoke.selection import Described, Selection
from pipelines.sources.fxiaoke.tenant import Tenant
from pipelines.sources.fxiaoke.wanted import FxiaokeObject
from pipelines.sources.protocol import Batch, Extract, Rejection, joined
from pipelines.sources.records import Batches, Converted, Cursor, PageGuard, Window, prefetched
from pipelines.sources.records.digests import after_all, digest
from pipelines.sources.trial import FIRST

Item = Batch | Rejection | Extract


def read(tenant: Tenant, job: Job) -> Iterator[Item]:
    """Everything of one object for this load: batches, rejections, ids if need be, one extract.

    Raises `TransientFailure` if pages repeat or lack records, `PermanentFailure` for lost rights.
    """
    compare(tenant, job)
    item, shape = job.item, job.selection.shape
    before = job.exist if job.window.full else tenant.count(item.name, job.filters)
    guard: PageGuard[str] = PageGuard(
        text("sources.pages.of", object=item.name, source=tenant.name)
    )
    batches, rejected = Batches(item.table), 0
    newest: dt.datetime | None = None
    ids: list[str] = []
    unknown: set[str] = set()
    fresh: list[str] = []
    closed = frozenset(tenant.options.closed_statuses)
    # The next page is on its way while this one is converted. A query never starts anew: each has a
    # guard of its own, which a page fetched ahead cannot mislead.
    for records in prefetched(
        tenant.pages(item.name, list(job.selection.keys), job.filters, before)
    ):
        positions = guard.new([str(record.get(KEY)) for record in records])
        if len(positions) < len(records):
            records = [records[position] for position in positions]
        ids += [str(record[KEY]) for record in records if record.get(KEY)]
        fresh += _created_since(records, job.last)
        make_derived(records, job.selection, job.described)
        make_plain(records, job.selection.chosen, job.described, closed)
        page = shape.convert(records)
        table = _in_currency(page.table, tenant.options.currency)
        unknown |= {key for key in page.unknown if not is_beside(key)}
        rejected += len(page.rejections)
        yield from page.rejections
        newest = _later(newest, table)
        yield from batches.add(table)
    yield from batches.rest()
    counted = recounted(tenant, job, guard.rows, before)
    known = digest(ids)
    if not job.window.full:
        assert job.last is not None
        before_ids = job.last.extra.get("ids")
        known = digest(fresh, int(before_ids or 0))
        if job.swept:
            ids = all_ids(tenant, job)
            same_many = len(ids) == int(job.last.extra.get("live", 0)) + len(fresh)
            if before_ids is not None and same_many and not job.moved and digest(ids) != known:
                # One has gone and another has come late; only reading all finds the latter.
                # (Of types that were changed both are known: the ids have the one, this load the other.)
                notes = [*job.notes, text("sources.ids_differ")]
                whole = Window(None, job.window.upto)
                anew = read(tenant, replace(job, window=whole, notes=notes))
                yield from after_all(anew, item.table, batches.rows, rejected)
                return
            if before_ids is not None and same_many and digest(ids) == known:
                job.swept = False  # nothing has gone, so there is nothing to be told
            known = digest(ids)
    live = len(ids) if job.window.full or job.swept else job.exist
    if job.window.full or job.swept:
        stop_if_lost(tenant, job, len(ids))
    # Before the first load there is nothing that could have vanished.
    if job.last is not None and (job.window.full or job.swept):
        yield Batch("id_sweep", swept_rows(item.table, ids))
    told = joined([*job.notes, *_changes(job, unknown)])
    yield Extract(
        item.table,
        cursor=_cursor(job, live or 0, known).text(),
        rows=batches.rows,
        rejected_rows=rejected,
        full=job.window.full,
        newest_record_at=newest,
        source_rows=counted,
        message=told or None,
    )


def first_records(
    tenant: Tenant,
    item: FxiaokeObject,
    described: Described,
    selection: Selection,
    types: tuple[str, ...] = (),
) -> Converted:
    """A few records, asked for and read as a load does."""
    records = tenant.first(item.name, list(selection.keys), FIRST, of_types(types))
    make_derived(records, selection, described)
    make_plain(records, selection.chosen, described, frozenset(tenant.options.closed_statuses))
    return selection.shape.convert(records)


def _created_since(records: list[dict[str, Any]], last: Cursor | None) -> list[str]:
    """Ids of the records that were not there yet at the last load's bound."""
    if last is None:
        return []
    bound = int(ms(last.upto))
    return [
        str(r[KEY])
        for r in records
        if r.get(KEY) and str(r.get(CREATED) or "").isdigit() and int(r[CREATED]) >= bound
        if text_of(r.get(LIFE)) != INVALID
    ]


def _later(newest: dt.datetime | None, table: pa.Table) -> dt.datetime | None:
    names = ("modified_at", "record_modified_at")
    column = next((name for name in names if name in table.column_names), None)
    stamp = pc.max(table.column(column)).as_py() if column and table.num_rows else None
    if stamp is None:
        return newest
    return stamp if newest is None else max(newest, stamp)


def _in_currency(table: pa.Table, currency: str | None) -> pa.Table:
    """The table with the currency of the options where a record names none."""
    position = table.schema.get_field_index("currency")
    if currency is None or position < 0:
        return table
    filled = pc.fill_null(table.column(position), currency)
    return table.set_column(position, table.schema.field(position), filled)


def _cursor(job: Job, live: int, known: int) -> Cursor:
    extra = {
        "object": job.item.name,
        "columns": sorted(job.selection.columns),
        "keys": sorted(job.selection.keys),
        "described": sorted(job.described.types),
        "live": live,
        "ids": known,
        "types": list(job.types),
        "read": {c.wanted.column: [c.key, list(c.wanted.keys)] for c in job.selection.chosen},
    }
    full_at = job.window.upto if job.window.full or job.last is None else job.last.full_at
    return Cursor(job.window.upto, full_at, extra)


def _changes(job: Job, unknown: set[str]) -> list[Text]:
    """What is new or missing in the object's fields, in words."""
    said = []
    if unknown:
        said.append(text("sources.fxiaoke.fields_are_not_described", names=sorted(unknown)))
    if job.selection.absent:
        said.append(text("sources.fxiaoke.not_shown", names=list(job.selection.absent)))
    if job.last is not None and job.last.extra.get("object") == job.item.name:
        known, now = set(job.last.extra.get("described", ())), set(job.described.types)
        if now - known:
            new = sorted(now - known)
            said.append(text("sources.neocrm.new_fields_tenant", names=list(new)))
        if known - now:
            gone = sorted(known - now)
            said.append(text("sources.neocrm.fields_gone_from_tenant", names=list(gone)))
    return said
