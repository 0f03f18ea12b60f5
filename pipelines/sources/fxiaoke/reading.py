"""One object of one tenant -> batches, rejections and the extract that closes them.

Add here: a step of reading an object. Keep out: requests (`tenant.py`) and the order of objects
(`connector.py`).

A load is whole when there is no cursor, the last whole load is older than the options say, or the
projection has changed; otherwise it reads what changed since the cursor, less an overlap. Whole loads
ask by `create_time`, which never changes: a record edited meanwhile cannot slip out of the query.

Deleting has two steps: 作废 (`life_status` invalid, recoverable), then 删除 (gone). Whether queries
show the former is not confirmed: shown, such rows are marked deleted; hidden, they vanish like the
latter. The cursor therefore carries how many records the raw zone holds to exist; whenever the tenant
counts another number (or does not count), and after every whole load, all ids go to `id_sweep`, by
which staging knows what is gone. Whether a new owner, a stage push or a roll-up moves
`last_modified_time` is not confirmed either; the weekly whole load settles that. An object that lost
most of its records is a lost right rather than a deletion, and stops the load.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.failures import PermanentFailure
from pipelines.sources.fxiaoke.objects import CREATED, KEY, MODIFIED, SWEPT, FxiaokeObject
from pipelines.sources.fxiaoke.records import is_beside, make_plain
from pipelines.sources.fxiaoke.selection import Described, Selection, select, with_mapping
from pipelines.sources.fxiaoke.tenant import Filter, Tenant, condition
from pipelines.sources.http import Batches, Cursor, PageGuard, Window, prefetched
from pipelines.sources.protocol import Batch, Extract, Rejection

Item = Batch | Rejection | Extract
_FEW = 20  # so few records may well vanish in one day


@dataclass
class Job:
    """One object to be read, and what is noticed while it is read."""

    item: FxiaokeObject
    described: Described
    selection: Selection
    last: Cursor | None
    window: Window
    notes: list[str] = field(default_factory=list)

    @property
    def filters(self) -> list[Filter]:
        """The condition of the query, with the fixed bounds of this load."""
        if self.window.since is None:
            return self.existing
        return [
            condition(MODIFIED, "GTE", ms(self.window.since)),
            condition(MODIFIED, "LT", ms(self.window.upto)),
        ]

    @property
    def existing(self) -> list[Filter]:
        """The condition for everything that had been created by this load's bound."""
        return [condition(CREATED, "LT", ms(self.window.upto))] if self.item.stamped else []


def ms(moment: dt.datetime) -> str:
    """Milliseconds since 1970, as filters take them."""
    return str(round(moment.timestamp() * 1_000))


def plan(
    tenant: Tenant,
    item: FxiaokeObject,
    mapping: dict[str, str],
    described: Described,
    last: Cursor | None,
    upto: dt.datetime,
) -> Job:
    """What to read of an object this time. Raises `PermanentFailure` for fields that are needed."""
    options = tenant.options
    same = last is not None and last.extra.get("object") == item.name
    selection = select(
        with_mapping(item, mapping),
        described,
        source=tenant.name,
        zone=options.timezone,
        known=frozenset(last.extra.get("columns", ())) if last and same else frozenset(),
        without=frozenset(options.without),
    )
    if (
        last is None
        or not same
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
    return Job(item, described, selection, last, window)


def read(tenant: Tenant, job: Job) -> Iterator[Item]:
    """Everything of one object for this load."""
    item, window, shape = job.item, job.window, job.selection.shape
    before = tenant.count(item.name, job.filters)
    guard: PageGuard[str] = PageGuard(f"{item.name} of {tenant.name}")
    batches, rejected, created = Batches(item.table), 0, 0
    newest: dt.datetime | None = None
    ids: list[str] = []
    unknown: set[str] = set()
    closed = frozenset(tenant.options.closed_statuses)
    bound = int(ms(job.last.upto)) if job.last else None
    # The next page is on its way while this one is converted.
    for records in prefetched(
        tenant.pages(item.name, list(job.selection.keys), job.filters, before)
    ):
        positions = guard.new([str(record.get(KEY)) for record in records])
        if len(positions) < len(records):
            records = [records[position] for position in positions]
        ids += [str(record[KEY]) for record in records if record.get(KEY)]
        if bound is not None:
            created += sum(1 for r in records if (r.get(CREATED) or 0) >= bound)
        make_plain(records, job.selection.chosen, job.described, closed)
        page = shape.convert(records)
        unknown |= {key for key in page.unknown if not is_beside(key)}
        rejected += len(page.rejections)
        yield from page.rejections
        newest = _later(newest, page.table)
        yield from batches.add(page.table)
    came = guard.rows
    yield from batches.rest()
    live, swept = _compared(tenant, job, ids, created)
    if swept is not None:
        yield Batch("id_sweep", swept_rows(item.table, swept))
    yield Extract(
        item.table,
        cursor=_cursor(job, live).text(),
        rows=batches.rows,
        rejected_rows=rejected,
        full=window.full,
        newest_record_at=newest,
        source_rows=_recounted(tenant, job, came, before),
        message="; ".join([*job.notes, *_changes(job, unknown)]) or None,
    )


def _compared(
    tenant: Tenant, job: Job, ids: list[str], created: int
) -> tuple[int, list[str] | None]:
    """How many records exist for the raw zone now, and all ids if something may have vanished."""
    last = job.last
    if job.window.full:
        _stop_if_lost(tenant, job, len(ids))
        # Before the first load there is nothing that could have vanished.
        return len(ids), ids if last is not None else None
    assert last is not None
    live = int(last.extra.get("live", 0)) + created
    exist = tenant.count(job.item.name, job.existing)
    if exist == live:
        return live, None
    swept = [
        str(record[KEY])
        for page in tenant.pages(job.item.name, [KEY], job.existing, exist)
        for record in page
    ]
    _stop_if_lost(tenant, job, len(swept))
    return len(swept), swept


def _stop_if_lost(tenant: Tenant, job: Job, now: int) -> None:
    before = int(job.last.extra.get("live", 0)) if job.last else 0
    if job.last is None or job.last.extra.get("object") != job.item.name:
        return
    share = tenant.options.largest_drop
    # A share of 1 allows even the last record to go.
    if share >= 1 or (before < _FEW and now) or now >= before * (1 - share):
        return
    raise PermanentFailure(
        f"Could not read {job.item.name} of {tenant.name}",
        cause=f"{now:,} records are shown, {before:,} at the last load",
        next_step="see whether the acting employee (user_id) still may see all of them; if they "
        "really were deleted, set largest_drop: 1 in the options for one run",
    )


def _recounted(tenant: Tenant, job: Job, came: int, before: int | None) -> int | None:
    """What the tenant should be held to have: records edited while reading move between the counts."""
    if before is None or before == came:
        return before
    after = tenant.count(job.item.name, job.filters)
    if after is None:
        return before
    return came if min(before, after) <= came <= max(before, after) else after


def _later(newest: dt.datetime | None, table: pa.Table) -> dt.datetime | None:
    names = ("modified_at", "record_modified_at")
    column = next((name for name in names if name in table.column_names), None)
    stamp = pc.max(table.column(column)).as_py() if column and table.num_rows else None
    if stamp is None:
        return newest
    return stamp if newest is None else max(newest, stamp)


def swept_rows(table: str, ids: list[str]) -> pa.Table:
    """Ids as rows of `id_sweep`, with the row without id that ends a sweep."""
    rows = pa.array([*ids, None], pa.string())
    return pa.Table.from_arrays([pa.repeat(pa.scalar(table), len(rows)), rows], schema=SWEPT)


def _cursor(job: Job, live: int) -> Cursor:
    extra = {
        "object": job.item.name,
        "columns": sorted(job.selection.columns),
        "keys": sorted(job.selection.keys),
        "described": sorted(job.described.types),
        "live": live,
    }
    full_at = job.window.upto if job.window.full or job.last is None else job.last.full_at
    return Cursor(job.window.upto, full_at, extra)


def _changes(job: Job, unknown: set[str]) -> list[str]:
    """What is new or missing in the object's fields, in words."""
    said = []
    if unknown:
        said.append(f"fields that are not described: {', '.join(sorted(unknown))}")
    if job.selection.absent:
        said.append(f"not shown: {', '.join(job.selection.absent)}")
    if job.last is not None and job.last.extra.get("object") == job.item.name:
        known, now = set(job.last.extra.get("described", ())), set(job.described.types)
        if now - known:
            said.append(f"new fields in the tenant: {', '.join(sorted(now - known))}")
        if known - now:
            said.append(f"fields gone from the tenant: {', '.join(sorted(known - now))}")
    return said
