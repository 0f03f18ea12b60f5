"""One module's load: first or incremental, by pages or in bulk, then its deletions and its account.

Add here: a rule about what a load brings. Keep out: how pages and jobs are asked for (`walking.py`,
`bulk.py`).

Bounds. An incremental load brings versions changed before `upto`; what changes later belongs to the
next run, which looks back by the overlap. A load of everything also brings records that existed at
`upto` but were edited since: their earlier version cannot be had any more, and without them the
record would be missing for a night.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.failures import TransientFailure
from pipelines.language import Text, text
from pipelines.sources.http import Refusal
from pipelines.sources.protocol import Batch, Extract, Rejection, joined
from pipelines.sources.records import Batches, Converted, Cursor, Drift, derive, prefetched
from pipelines.sources.trial import FIRST
from pipelines.sources.zoho.bulk import UNSUITED, BulkRead
from pipelines.sources.zoho.counting import Totals, reconciled, record_count, window_totals
from pipelines.sources.zoho.deletions import deleted_since, gone_rows
from pipelines.sources.zoho.layouts import divided, gone
from pipelines.sources.zoho.metadata import Plan, value_of
from pipelines.sources.zoho.modules import LOOKUP
from pipelines.sources.zoho.seen import Seen
from pipelines.sources.zoho.session import Session
from pipelines.sources.zoho.walking import Walk


@dataclass(frozen=True)
class Task:
    """What one load of a module has to do. `amounts`: sums mean something (one currency only)."""

    plan: Plan
    cursor: Cursor | None
    upto: dt.datetime
    amounts: bool


class ModuleLoad:
    """Runs one task: `yield from ModuleLoad(session, task).items()`."""

    def __init__(self, session: Session, task: Task) -> None:
        self._session, self._plan, self._upto = session, task.plan, task.upto
        self._module, self._cursor, self._amounts = task.plan.module, task.cursor, task.amounts
        options = session.options
        self._since: dt.datetime | None = None
        if self._cursor is not None:
            overlap = dt.timedelta(minutes=options.overlap_minutes)
            self._since = self._cursor.window(self._upto, overlap).since
        due = (
            self._cursor is None
            or self._cursor.full_at is None
            or self._upto - self._cursor.full_at >= dt.timedelta(days=options.full_every_days)
        )
        # A field that is asked for now and was not before is in no earlier version.
        asked = set(self._cursor.extra.get("asked", ())) if self._cursor else set()
        known = tuple(self._cursor.extra.get("layouts", ())) if self._cursor else ()
        grown = bool(self._cursor) and (
            not set(task.plan.names) <= asked or known != task.plan.layouts
        )
        self._full = options.full or due or grown
        self._stale = bool(task.plan.computed) and not self._full
        if self._stale:
            there = record_count(session, self._module)
            self._full = there is not None and there <= options.bulk_from
            self._stale = not self._full
        self._seen, self._drift = Seen(), Drift()
        self._batches = Batches(self._module.table)
        self._rejected = self._later = 0
        self._newest: dt.datetime | None = None
        self._in_bulk: int | None = None
        # Bulk results are columns of text, of which nothing can be derived.
        plain = not (self._plan.derived or self._plan.layouts)
        self._in_jobs = self._module.in_bulk and plain
        self._others: list[tuple[dt.datetime, str]] = []  # of layouts that do not count
        self._mixed = False  # begun by pages, ended in bulk

    def items(self) -> Iterator[Batch | Rejection | Extract]:
        before = self._count()
        for page in self._pages(before.rows):
            self._drift.add(_without_extras(page))
            self._rejected += len(page.rejections)
            yield from page.rejections
            yield from self._batches.add(self._kept(page.table))
        after = self._count()
        loaded = self._batches.rows + self._rejected + len(self._others)
        came = self._seen.records
        if self._in_bulk is not None and self._full:
            # Bulk Read leaves out children of deleted parents: only its own count compares.
            before = after = Totals(self._in_bulk, before.amount)
        if self._mixed and not self._module.deletable:
            before = after = Totals()
        rows = reconciled(before.rows, came, after.rows, loaded)
        amount = None
        if before == after and rows == loaded and not self._later and not self._rejected:
            amount = None if self._plan.layouts else after.amount  # Zoho sums all layouts
        rows = None if rows is None else rows - len(self._others)
        deleted = 0
        if self._others and not self._full:
            table = gone_rows(self._module, self._others)
            deleted = table.num_rows
            yield from self._batches.add(table)
        if self._module.deletable and self._since is not None:
            table = deleted_since(self._session, self._module, self._since, self._upto)
            deleted += table.num_rows
            yield from self._batches.add(table)
        yield from self._batches.rest()
        told = joined(self._remarks())
        yield Extract(
            self._module.table,
            cursor=self._next_cursor().text(),
            rows=self._batches.rows,
            rejected_rows=self._rejected,
            full=self._full,
            newest_record_at=self._newest,
            source_rows=None if rows is None else rows + deleted,
            source_amount=amount,
            message=told or None,
        )

    def _count(self) -> Totals:
        """What Zoho counts of the same records, asked before and after reading them."""
        since = None if self._full else self._since
        totals = Totals()
        if since is not None or (self._amounts and self._module.amount):
            totals = window_totals(
                self._session, self._module, since, self._upto, amounts=self._amounts
            )
        if not self._module.counted:
            return Totals()
        if self._full:
            return replace(totals, rows=record_count(self._session, self._module))
        return totals

    def _pages(self, expected: int | None) -> Iterator[Converted]:
        most = self._session.options.bulk_from
        start = None if self._full else self._since
        if self._in_jobs and self._full and expected is not None and expected > most:
            jobs = self._jobs(None, None)
            if jobs is not None:
                self._in_bulk = 0
                yield from self._sheets(jobs)
                return
        walk = Walk(self._session, self._plan, self._seen)
        # A first load whose size is known to be small is walked whatever happens meanwhile.
        known_small = self._full and expected is not None
        limit = most if self._in_jobs and not known_small else None
        for records in prefetched(walk.pages(start, limit)):
            yield self._converted(records)
        if not walk.halted:
            return
        # More than expected: the rest in bulk, from where the walk has come to.
        jobs = self._jobs(walk.reached, None if self._full else self._upto)
        if jobs is not None:
            self._mixed = True
            yield from self._sheets(jobs)
            return
        for records in prefetched(walk.pages(walk.reached)):
            yield self._converted(records)

    def _converted(self, records: list[dict[str, Any]]) -> Converted:
        if self._plan.layouts:
            records, others = divided(records, self._plan.layouts, self._module.name)
            self._others += [pair for pair in gone(others) if pair[0] < self._upto or self._full]
        derive(records, self._plan.derived, value_of)
        return self._plan.pages.convert(records)

    def _jobs(self, since: dt.datetime | None, upto: dt.datetime | None) -> BulkRead | None:
        try:
            return BulkRead(self._session, self._plan, since, upto)
        except Refusal as refusal:
            if refusal.code in UNSUITED:
                return None
            raise

    def _sheets(self, jobs: BulkRead) -> Iterator[Converted]:
        for sheet in jobs.sheets():
            page = self._plan.sheet.convert_csv(sheet.content)
            arrived = page.table.num_rows + len(page.rejections)
            if arrived != sheet.count:
                raise TransientFailure(
                    text("sources.zoho.could_not_read_in_bulk", name=self._module.name),
                    cause=text(
                        "sources.zoho.records_announced_file",
                        count=f"{sheet.count:,}",
                        arrived=f"{arrived:,}",
                    ),
                    next_step=text("sources.zoho.run_again"),
                )
            if self._in_bulk is not None:
                self._in_bulk += sheet.count
            seconds = pc.cast(
                pc.floor_temporal(page.table["modified_time"], unit="second"), pa.int64()
            )
            fresh = self._seen.new(
                page.table["id"].to_pylist(), [micro // 1_000_000 for micro in seconds.to_pylist()]
            )
            yield replace(page, table=page.table.take(pa.array(fresh, pa.int64())))

    def _kept(self, table: pa.Table) -> pa.Table:
        """Rows within the bounds, with the marks of the raw table."""
        moment = pa.scalar(self._upto, pa.timestamp("us", tz="UTC"))
        keep = pc.less(table["modified_time"], moment)
        if self._full and self._module.dated:
            existed = pc.fill_null(pc.less(table["created_time"], moment), False)
            keep = pc.or_(keep, existed)
        kept = table.filter(keep)
        self._later += table.num_rows - kept.num_rows
        if kept.num_rows:
            newest = pc.max(kept["modified_time"]).as_py()
            self._newest = newest if self._newest is None else max(self._newest, newest)
        for name, value in (("_deleted", False), ("_full", self._full)):
            kept = kept.append_column(name, pa.repeat(pa.scalar(value), kept.num_rows))
        return kept

    def _next_cursor(self) -> Cursor:
        earlier = self._cursor.full_at if self._cursor else None
        known = sorted(self._plan.known or ())
        return Cursor(
            self._upto,
            self._upto if self._full else earlier,
            {
                "fields": known,
                "asked": sorted(self._plan.names),
                "layouts": list(self._plan.layouts),
            },
        )

    def _remarks(self) -> list[Text]:
        """New and vanished fields since the last load, and whatever the records themselves showed."""
        said = []
        if self._stale and self._cursor and self._cursor.full_at:
            day, fields = self._cursor.full_at.date(), list(self._plan.computed)
            said.append(text("sources.computed_fields_are_of", fields=fields, day=day))
        earlier = set(self._cursor.extra.get("fields") or ()) if self._cursor else set()
        known = set(self._plan.known or ())
        if earlier and known:
            if new := sorted(known - earlier):
                said.append(text("sources.zoho.new_fields_are_not_read", names=list(new)))
            if gone := sorted((earlier - known) & set(self._plan.missing)):
                said.append(text("sources.zoho.fields_are_no_longer_there", names=list(gone)))
        absent = {
            name
            for name in self._drift.absent or ()
            if name.removesuffix(LOOKUP) in self._plan.names
        }
        return [*said, *Drift(set(self._drift.unknown), absent).remarks()]


def first_records(session: Session, plan: Plan) -> Converted:
    """A few records, asked for and read as a load does."""
    records = Walk(session, plan, Seen()).first(FIRST)
    if plan.layouts:
        records, _ = divided(records, plan.layouts, plan.module.name)
    derive(records, plan.derived, value_of)
    return plan.pages.convert(records)


def _without_extras(page: Converted) -> Converted:
    """Keys that begin with $ are the system's own extras, in every reply."""
    return replace(page, unknown=frozenset(k for k in page.unknown if not k.startswith("$")))
