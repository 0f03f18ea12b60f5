"""One object of one tenant -> batches, rejections and the extract that closes them.

Add here: a step of reading an object. Keep out: requests (`tenant.py`) and the order of objects
(`connector.py`).

A load is whole when there is no cursor, the last whole load is older than the options say, or the
select list has grown; otherwise it reads what changed since the cursor, less an overlap. Whole loads
ask by createdAt, which never changes: a record edited meanwhile cannot slip out of the query.

There is no recycle bin to be read. The cursor therefore carries how many records the raw zone holds
to be alive; whenever the tenant counts another number, and after every whole load, all ids go to
`id_sweep`, by which staging knows what was deleted. Whether changes of owner or roll-ups move
updatedAt is not known either; the weekly whole load settles that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.failures import PermanentFailure
from pipelines.language import Text, text
from pipelines.sources.essentials import stop_without
from pipelines.sources.neocrm.lists import types_of
from pipelines.sources.neocrm.objects import COUNTED, OBJECTS, SWEPT, NeocrmObject
from pipelines.sources.neocrm.paging import Job, ms, of_types, pages
from pipelines.sources.neocrm.records import make_plain
from pipelines.sources.neocrm.selection import Selection, select
from pipelines.sources.neocrm.tenant import Described, Tenant
from pipelines.sources.protocol import Batch, Extract, Rejection, joined
from pipelines.sources.records import (
    Batches,
    Converted,
    Cursor,
    Drift,
    PageGuard,
    RowShape,
    Window,
)
from pipelines.sources.records.digests import after_all, digest, is_due
from pipelines.sources.records.emptied import stop_at_vanished
from pipelines.sources.trial import FIRST

# Records up to which all ids are compared every night; of more, in turn.
_COMPARED_BELOW = 20_000
Item = Batch | Rejection | Extract


def plan(
    tenant: Tenant,
    item: NeocrmObject,
    described: Described | None,
    last: Cursor | None,
    upto: dt.datetime,
) -> Job:
    """What to read of an object this time. Raises `PermanentFailure` for fields that are needed."""
    options, selection = tenant.options, select(tenant, item, described)
    stop_without(tenant.name, item.name, item.entity, selection.chosen, options.accept_missing)
    stop_at_vanished(tenant.name, item.table, last, selection.lost, options)
    known = set(last.extra.get("fields", ())) if last else set()
    types = types_of(tenant, item.name, item.entity)
    whole = (
        last is None
        or options.full
        or not item.stamped
        or last.full_at is None
        or upto - last.full_at >= dt.timedelta(days=options.full_every_days)
        or not known >= set(selection.paths)
        or tuple(last.extra.get("types", ())) != types
    )
    if last is None or whole:
        window = Window(None, upto)
    else:
        window = last.window(upto, dt.timedelta(minutes=options.overlap_minutes))
    position = list(OBJECTS).index(item.name) if item.name in OBJECTS else 0
    turn = is_due(position, len(OBJECTS), upto.toordinal())
    return Job(item, described, selection, last, window, turn=turn, types=types)


def read(tenant: Tenant, job: Job) -> Iterator[Item]:
    """Everything of one object for this load."""
    item, window = job.item, job.window
    job.before = tenant.count(item.source, job.where)
    amount = _amount(tenant, job, job.where)
    shape = _shape(job.selection)
    guard: PageGuard[str] = PageGuard(
        text("sources.pages.of", object=item.name, source=tenant.name)
    )
    batches, drift, rejected, created = Batches(item.table), Drift(), 0, 0
    newest: dt.datetime | None = None
    ids: list[str] = []
    known = int(job.last.extra.get("ids", 0)) if job.last else 0
    for records in pages(tenant, job, guard):
        job.selection.make(records)
        make_plain(records, shape.fields, job.selection.zone)
        page = job.selection.convert(shape, records)
        drift.add(page)
        rejected += len(page.rejections)
        yield from page.rejections
        fresh = _created_since(records, job.last)
        created, known = created + len(fresh), digest(fresh, known)
        newest = _later(newest, page.table)
        ids += [str(record.get("id")) for record in records]
        yield from batches.add(page.table)
    came = guard.rows
    agrees = min(job.before, job.after) <= came <= max(job.before, job.after)
    yield from batches.rest()
    live = len(ids)
    if window.full:
        known = digest(ids)
    if item.stamped:
        alive = tenant.count(item.source, job.existing)
        if window.full:
            # Ids that came are the sweep; before the first load there is nothing to be deleted.
            swept = ids if job.last is not None else None
        else:
            assert job.last is not None
            live = int(job.last.extra.get("live", -1)) + created
            moved = _others(tenant, job)
            due = alive <= _COMPARED_BELOW or job.turn or moved
            compared = "ids" in job.last.extra and due
            swept = tenant.ids(item.source, job.existing) if alive != live or compared else None
            same_many = swept is not None and len(swept) == live
            if (
                compared
                and swept is not None
                and same_many
                and not moved
                and digest(swept) != known
            ):
                # One has gone and another has come late; only reading all finds the latter.
                # (Of types that were changed both are known: the ids have the one, this load the other.)
                anew = read(tenant, whole_instead(job))
                yield from after_all(anew, item.table, batches.rows, rejected)
                return
            if swept is not None and same_many and digest(swept) == known:
                swept = None  # nothing has gone, so there is nothing to be told
            live = live if swept is None else len(swept)
            known = known if swept is None else digest(swept)
        if swept is not None:
            yield Batch("id_sweep", _swept(item, swept))
        yield Batch("counted", _counted(tenant, job, alive))
    whole = job.before == job.after == came
    told = joined([*drift.remarks(), *job.notes, *_changes(job)])
    yield Extract(
        item.table,
        cursor=_cursor(job, live, known).text(),
        rows=batches.rows,
        rejected_rows=rejected,
        full=window.full,
        newest_record_at=newest,
        source_rows=came if agrees else job.after,
        source_amount=amount if whole else None,
        message=told or None,
    )


def _others(tenant: Tenant, job: Job) -> bool:
    """Whether records of other types have changed: some may have been of one that counts."""
    return bool(job.types) and tenant.count(job.item.source, job.changed) > job.before


def first_records(tenant: Tenant, selection: Selection, types: tuple[str, ...] = ()) -> Converted:
    """A few records, asked for and read as a load does."""
    item = selection.item
    shape = _shape(selection)
    where = f" where {of_types(types)}" if types else ""
    rest = f"from {item.source}{where} limit 0,{FIRST}"
    records = tenant.query(f"{selection.select} {rest}", item.name)
    selection.make(records)
    make_plain(records, shape.fields, selection.zone)
    return selection.convert(shape, records)


def _shape(selection: Selection) -> RowShape:
    return RowShape(selection.item.table, selection.fields, key="id", ignored=selection.beside)


def _created_since(records: list[dict[str, Any]], last: Cursor | None) -> list[str]:
    """Ids of the records that were not there yet at the last load's bound."""
    if last is None:
        return []
    bound = ms(last.upto)
    return [
        str(r.get("id"))
        for r in records
        if isinstance(r.get("createdAt"), int) and r["createdAt"] >= bound
    ]


def whole_instead(job: Job) -> Job:
    """The job as a whole load, with the reason said."""
    notes = [*job.notes, text("sources.ids_differ")]
    return replace(job, window=Window(None, job.window.upto), notes=notes)


def _later(newest: dt.datetime | None, table: pa.Table) -> dt.datetime | None:
    column = next((n for n in ("updated_at", "record_updated_at") if n in table.column_names), None)
    stamp = pc.max(table.column(column)).as_py() if column and table.num_rows else None
    if stamp is None:
        return newest
    return stamp if newest is None else max(newest, stamp)


def _amount(tenant: Tenant, job: Job, where: str) -> Decimal | None:
    path = job.selection.path(job.item.amount) if job.item.amount else None
    return tenant.total(job.item.source, path, where) if path else None


def _swept(item: NeocrmObject, ids: list[str]) -> pa.Table:
    rows = pa.array([*ids, None], pa.string())
    return pa.Table.from_arrays(
        [pa.repeat(pa.scalar(item.swept_as), len(rows)), rows], schema=SWEPT
    )


def _counted(tenant: Tenant, job: Job, alive: int) -> pa.Table:
    """What the tenant holds by now, and how many records have changed since this load's bound."""
    row = {
        "object": job.item.swept_as,
        "live_rows": alive,
        "amount": _amount(tenant, job, job.existing),
        "changed_since": tenant.count(job.item.source, f"updatedAt >= {ms(job.window.upto)}"),
        "upto": job.window.upto,
    }
    return pa.Table.from_pylist([row], schema=COUNTED)


def _cursor(job: Job, live: int, known: int) -> Cursor:
    extra = {
        "fields": sorted(job.selection.paths),
        "own_fields": sorted(job.described.own) if job.described else [],
        "live": live,
        "ids": known,
        "types": list(job.types),
    }
    full_at = job.window.upto if job.window.full or job.last is None else job.last.full_at
    return Cursor(job.window.upto, full_at, extra)


def _changes(job: Job) -> list[Text]:
    """What is new or missing in the object's fields, in words."""
    said = []
    if job.selection.absent:
        said.append(text("sources.salesforce.not_visible", names=list(job.selection.absent)))
    if job.last is not None:
        before, now = set(job.last.extra.get("fields", ())), set(job.selection.paths)
        if before - now:
            lost = sorted(before - now)
            said.append(text("sources.neocrm.fields_can_no_longer_be", names=list(lost)))
        if job.described is not None:
            known = set(job.last.extra.get("own_fields", ()))
            if job.described.own - known:
                new = sorted(job.described.own - known)
                said.append(text("sources.neocrm.new_fields_tenant", names=list(new)))
            if known - job.described.own:
                gone = sorted(known - job.described.own)
                said.append(text("sources.neocrm.fields_gone_from_tenant", names=list(gone)))
    return said


def missing_object(tenant: Tenant, item: NeocrmObject, last: Cursor | None, why: Text) -> Extract:
    """The extract of an object that cannot be read. Raises if it must be, or was read before."""
    if not item.optional or (last is not None and last.extra.get("fields")):
        raise PermanentFailure(
            text("sources.could_not_read_object", name=item.name, source=tenant.name),
            cause=text("sources.object_why.before", why=why) if last else why,
            next_step=text("sources.neocrm.give_access_or_skip", name=item.name),
        )
    told = text("sources.object_why", name=item.name, why=why)
    cursor = last.text() if last else None
    return Extract(item.table, cursor=cursor, message=told)
