"""One object of one org -> batches, rejections and the extract that closes them.

Add here: a step of reading an object. Keep out: requests (`queries.py`, `bulk.py`) and the order of
objects (`connector.py`).

A load is whole when there is no usable cursor, the last whole load is older than the options say, or
the select list has grown; otherwise it reads what changed since the cursor, less an overlap. Whole
loads ask by CreatedDate, which never changes: a record edited while its pages are read cannot slip
out of the query. They also leave the ids they saw in `id_sweep`, by which staging knows what was
deleted without a trace in the deletion log.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.failures import PermanentFailure
from pipelines.language import Text, text
from pipelines.sources.http import Refusal
from pipelines.sources.protocol import Batch, Extract, Rejection, joined
from pipelines.sources.records import (
    Batches,
    Converted,
    Cursor,
    Drift,
    PageGuard,
    at,
    derive,
)
from pipelines.sources.salesforce.answers import TOO_SLOW
from pipelines.sources.salesforce.bulk import NoBulk, bulk_pages
from pipelines.sources.salesforce.gone import deletions, left, sweep, swept_ids, tombstones
from pipelines.sources.salesforce.objects import STAMP, SalesforceObject
from pipelines.sources.salesforce.planning import Job, condition, stamp_column
from pipelines.sources.salesforce.queries import Org, moment
from pipelines.sources.salesforce.selection import Selection
from pipelines.sources.salesforce.tables import COUNTED
from pipelines.sources.trial import FIRST

Item = Batch | Rejection | Extract
_MOST_UNFIT = 1_000  # ids of rejected records that a cursor remembers


def read(org: Org, job: Job) -> Iterator[Item]:
    """Everything of one object for this load."""
    item, table = job.item, job.item.table
    expected = org.count(item.name, job.where)
    guard: PageGuard[str] = PageGuard(text("sources.pages.of", object=item.name, source=org.name))
    batches, drift, rejected = Batches(table), Drift(), 0
    # Records in quarantine are missing until they are mended, which may take many loads.
    unfit = set() if job.window.full else set(job.last.extra.get("unfit", ()) if job.last else ())
    newest: dt.datetime | None = None
    sweeping = job.window.full and job.last is not None and item.stamp is not None
    swept: list[pa.ChunkedArray] = []
    for page in _pages(org, job, expected, guard):
        drift.add(page)
        rejected += len(page.rejections)
        yield from page.rejections
        unfit.difference_update(page.table.column("id").to_pylist() if unfit else ())
        unfit.update(str(rejection.address) for rejection in page.rejections)
        fresh = _new_rows(page.table, item, guard)
        newest = _later(newest, fresh, item)
        if sweeping:
            swept.append(fresh.column("id"))
            swept.append(pa.chunked_array([[r.address for r in page.rejections]], pa.string()))
        yield from batches.add(fresh)
    rows = batches.rows
    notes = drift.remarks(job.selection.paths)
    system_rows = expected
    if rows + rejected != expected:
        system_rows = _recounted(org, job, rows + rejected, expected)
    deleted_to = job.window.upto
    if item.deletable and job.described.replicateable and job.last is not None:
        log = deletions(org, job)
        deleted_to = log.covered
        yield from batches.add(tombstones(job, log))
        if not log.complete and not job.window.full:
            yield from sweep(org, job)
            notes.append(text("sources.salesforce.deletion_log_has_gap_so"))
    yield from batches.add(tombstones(job, left(org, job)))
    yield from batches.rest()
    if sweeping:
        yield Batch("id_sweep", swept_ids(item, swept))
    if item.deletable and item.entity:
        yield Batch("counted", _counted(org, job, len(unfit)))
    told = joined([*notes, *_changes(org, job)])
    yield Extract(
        table,
        cursor=_cursor(job, deleted_to, unfit).text(),
        rows=rows,
        rejected_rows=rejected,
        full=job.window.full,
        newest_record_at=newest,
        source_rows=system_rows,
        message=told or None,
    )


def _pages(org: Org, job: Job, expected: int, guard: PageGuard[str]) -> Iterator[Converted]:
    """Converted pages by the cheaper of both ways; too slow queries are cut into halves."""
    shape, name = job.selection.shape, job.item.name
    select_list = f"SELECT {', '.join(job.selection.paths)} FROM {name}"
    # Bulk results are columns of text, of which nothing can be derived.
    if expected >= org.options.bulk_from and not job.item.derived:
        try:
            yield from bulk_pages(
                org, f"{select_list} WHERE {job.where}" if job.where else select_list, shape
            )
            return
        except NoBulk:
            pass  # before its first row, so nothing is doubled
    pending = [job.window]
    while pending:
        window = pending.pop(0)
        where = condition(job.item, job.described, window)
        soql = f"{select_list} WHERE {where}" if where else select_list
        try:
            # Not fetched ahead: a dropped cursor starts the query anew, and a page that was fetched
            # before that and looked at after it would pass for a circle.
            for records in org.pages(soql, name, guard):
                derive(records, job.item.derived, at)
                yield shape.convert(records)
        except Refusal as refusal:
            halves = window.halves()
            if refusal.code not in TOO_SLOW or halves is None:
                raise
            pending = [*halves, *pending]
            guard.restart()


def first_records(org: Org, item: SalesforceObject, selection: Selection) -> Converted:
    """A few records, asked for and read as a load does."""
    where = f" WHERE {item.where}" if item.where else ""
    soql = f"SELECT {', '.join(selection.paths)} FROM {item.name}{where} LIMIT {FIRST}"
    guard: PageGuard[str] = PageGuard(text("sources.pages.of", object=item.name, source=org.name))
    records = next(iter(org.pages(soql, item.name, guard)), [])
    derive(records, item.derived, at)
    return selection.shape.convert(records)


def _new_rows(table: pa.Table, item: SalesforceObject, guard: PageGuard[str]) -> pa.Table:
    """The rows that have not come before: a record edited while paging may come twice."""
    stamps = [] if item.stamp is None else table.column(stamp_column(item)).to_pylist()
    positions = guard.new(table.column("id").to_pylist(), stamps)
    if len(positions) == table.num_rows:
        return table
    return table.take(pa.array(positions, pa.int64()))


def _later(
    newest: dt.datetime | None, table: pa.Table, item: SalesforceObject
) -> dt.datetime | None:
    if item.stamp is None or not table.num_rows:
        return newest
    stamp = pc.max(table.column(stamp_column(item))).as_py()
    if stamp is None:
        return newest
    return stamp if newest is None else max(newest, stamp)


def _recounted(org: Org, job: Job, came: int, before: int) -> int:
    """What the org should be held to have: records edited while reading move between the counts."""
    after = org.count(job.item.name, job.where)
    return came if min(before, after) <= came <= max(before, after) else after


def _counted(org: Org, job: Job, rejected: int) -> pa.Table:
    """What the org holds alive by now, and how many records have changed since this load's bound."""
    item, upto = job.item, moment(job.window.upto)
    alive = " AND ".join(
        part for part in ("IsDeleted = false", f"CreatedDate < {upto}", item.where) if part
    )
    amount: Decimal | None = None
    if item.amount in job.selection.paths and job.single_currency:
        # With several currencies the org would add up converted amounts.
        amount = org.total(item.name, str(item.amount), alive)
    row = {
        "object": item.name,
        "live_rows": org.count(item.name, alive),
        "amount": amount,
        "rejected_rows": rejected,
        "changed_since": org.count(item.name, f"{STAMP} >= {upto}"),
        "upto": job.window.upto,
    }
    return pa.Table.from_pylist([row], schema=COUNTED)


def _cursor(job: Job, deleted_to: dt.datetime, unfit: set[str]) -> Cursor:
    extra = {
        "fields": sorted(job.selection.paths),
        "org_fields": sorted(name for name in job.described.fields if name.endswith("__c")),
        "deleted_to": deleted_to.isoformat(),
        "unfit": sorted(unfit)[:_MOST_UNFIT],
        "types": list(job.item.types),
    }
    full_at = job.window.upto if job.window.full or job.last is None else job.last.full_at
    return Cursor(job.window.upto, full_at, extra)


def _changes(org: Org, job: Job) -> list[Text]:
    """What is new or missing in the object's fields, in words."""
    said: list[Text] = []
    if job.postponed:
        spent, most = f"{org.sparing:.0%}", f"{org.options.most_of_daily_limit:.0%}"
        said.append(text("sources.salesforce.sparing", spent=spent, most=most))
    if job.stale and job.last is not None and job.last.full_at is not None:
        fields, day = list(job.selection.unstamped), job.last.full_at.date()
        said.append(text("sources.computed_fields_are_of", fields=fields, day=day))
    if job.selection.absent:
        said.append(text("sources.salesforce.not_visible", names=list(job.selection.absent)))
    if job.last is not None:
        known = set(job.last.extra.get("org_fields", ()))
        now = {name for name in job.described.fields if name.endswith("__c")}
        if now - known:
            said.append(text("sources.salesforce.new_fields_org", names=sorted(now - known)))
        if known - now:
            gone = sorted(known - now)
            said.append(text("sources.salesforce.fields_gone_from_org", names=list(gone)))
    return said


def missing_object(org: Org, item: SalesforceObject, last: Cursor | None) -> Extract:
    """The extract of an object that the org does not have. Raises if it was there before."""
    hidden = text("sources.salesforce.object_hidden")
    if not item.optional or last is not None and last.extra.get("fields"):
        raise PermanentFailure(
            text("sources.could_not_read_object", name=item.name, source=org.name),
            cause=text("sources.object_why.before", why=hidden) if last else hidden,
            next_step=text("sources.salesforce.grant_read_access_its_profile", name=item.name),
        )
    told = text("sources.salesforce.not_this_org", name=item.name)
    cursor = last.text() if last else None
    return Extract(item.table, cursor=cursor, message=told)
