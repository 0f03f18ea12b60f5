"""One form of one site -> batches, rejections and the extracts that close it.

Add here: a step of reading a form. Keep out: requests (`site.py`, `paging.py`), the order of forms
(`connector.py`).

Base data is read whole every night. Bills are read whole at first, when their keys have changed, and
every `full_every_days` days; otherwise those of which any date is new (with an overlap, since dates
are days of the server's clock), those that are still open, and those whose state changed without a
date. The set of records is bounded by their creation before the run's `upto`; a record edited
meanwhile is read as it is then, and again in the next run. All keys are read first, and records
after them: what changes in between shows in the next night's marks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.language import Text, text
from pipelines.sources.essentials import entity_of, stop_without
from pipelines.sources.kingdee.bill_types import condition, stop_at_unused
from pipelines.sources.kingdee.cells import convert, shape_of
from pipelines.sources.kingdee.entries import EntryJob, read_entries
from pipelines.sources.kingdee.forms import Column, FieldsOfForm, Form
from pipelines.sources.kingdee.paging import both, literal, record_pages
from pipelines.sources.kingdee.regions import with_regions
from pipelines.sources.kingdee.selection import Remembered, Selection, resolved, select_tried
from pipelines.sources.kingdee.site import Site
from pipelines.sources.kingdee.sweeping import (
    Marks,
    Sweep,
    conditions_of,
    has_shrunk,
    sweep,
    swept_rows,
)
from pipelines.sources.protocol import Batch, Extract, Rejection, joined
from pipelines.sources.records import Batches, Converted, Cursor, PageGuard, prefetched
from pipelines.sources.trial import FIRST

Item = Batch | Rejection | Extract
ID = Column("id", required=True)


@dataclass(frozen=True)
class Job:
    """One form to be read: what is asked for, where the last load ended, until when this one reads."""

    form: Form
    fields: FieldsOfForm
    selection: Selection
    id_key: str
    last: Cursor | None
    upto: dt.datetime
    zone: str
    types: str = ""  # the condition of the record types that count; empty: all do

    def local(self, moment: dt.datetime) -> dt.datetime:
        return moment.astimezone(ZoneInfo(self.zone))

    @property
    def time_keys(self) -> list[str]:
        found = (resolved(key, self.fields) for key in self.form.time_keys)
        return list(dict.fromkeys(key for key in found if key))

    @property
    def bound(self) -> str:
        """Condition for records that count, created before this run where a form has that date."""
        key = self.selection.keys.get("created_at")
        if not key:
            return self.types
        upto = literal(f"{self.local(self.upto):%Y-%m-%d %H:%M:%S}")
        return both(f"{key} < {upto} or {key} is null", self.types)

    @property
    def same_types(self) -> bool:
        """Whether the last load read the same record types."""
        return self.last is not None and self.last.extra.get("types", "") == self.types

    def changed(self, overlap: dt.timedelta) -> str:
        """Condition for records of which any date is new, and those that are read every night."""
        assert self.last is not None
        since = self.local(min(self.last.upto, self.upto) - overlap)
        parts = [f"{key} >= '{since:%Y-%m-%d} 00:00:00'" for key in self.time_keys]
        if self.form.reread and resolved(self.form.reread.split()[0], self.fields):
            parts.append(self.form.reread)
        return " or ".join(parts)


def plan(
    site: Site,
    form: Form,
    fields: FieldsOfForm,
    last: Cursor | None,
    upto: dt.datetime,
    zone: str,
) -> Job:
    """What to ask of a form. Raises `PermanentFailure` for required or known keys that are gone."""
    given = site.options.forms.get(form.table)
    known = frozenset(last.extra.get("columns", ())) if last and not site.options.full else None
    selection, id_key = select_tried(
        site,
        form,
        fields,
        mapped=given.columns if given else {},
        known=known or frozenset(),
        remembered=remembered(last),
    )
    read = {key.partition("@")[0] for key in selection.keys}
    entity = entity_of(form.table)
    stop_without(site.name, form.form_id, entity, read, site.options.accept_missing)
    types = condition(site, form, fields)
    return Job(form, fields, selection, id_key, last, upto, zone, types)


def remembered(last: Cursor | None) -> Remembered:
    """What the last load read each column of a form from; empty before the first."""
    if last is None:
        return {}
    asked = last.extra.get("asked", {})
    return {c: (key, asked.get(c, ())) for c, key in last.extra.get("columns", {}).items()}


def is_whole(site: Site, job: Job) -> bool:
    """Whether everything is read this time."""
    last, options = job.last, site.options
    return (
        last is None
        or options.full
        or not job.time_keys
        or last.full_at is None
        or job.upto - last.full_at >= dt.timedelta(days=options.full_every_days)
        or dict(last.extra.get("columns", {})) != dict(job.selection.keys)
        or not job.same_types
    )


def read(site: Site, job: Job) -> Iterator[Item]:
    """Everything of one form for this load."""
    form, last, options = job.form, job.last, site.options
    whole = is_whole(site, job)
    before = Marks.of(last.extra.get("marks") if last else None)
    rows_before = int(last.extra.get("rows", 0)) if last and job.same_types else 0
    swept = _sweep(site, job, job.bound) if whole or _sweep_is_due(site, job) else None
    if job.types and swept and not swept.ids:
        stop_at_unused(site, form, job.fields, job.id_key)
    if whole:
        conditions = [job.bound]
    else:
        conditions = [both(job.changed(dt.timedelta(days=options.overlap_days)), job.bound)]
    expected = swept if whole and swept else _sweep(site, job, conditions[0])
    if swept and not whole:
        unlike = swept.marks.spans_unlike(before)
        conditions += [both(where, job.bound) for where in conditions_of(unlike, job.id_key)]
    shape = shape_of(form.table, (ID, *form.columns), job.zone)
    columns = [ID, *job.selection.present]
    guard: PageGuard[str] = PageGuard(
        text("sources.pages.of", object=form.form_id, source=site.name)
    )
    batches = Batches(form.table)
    seen: list[str] = []
    rejected, newest, came = 0, None, 0
    for position, where in enumerate(conditions):
        # No page is on its way here: those of the condition before have come to their end.
        guard.restart()
        keys = [job.selection.keys[column.name] for column in job.selection.present]
        # The next page is on its way while this one is converted.
        for rows in prefetched(record_pages(site, form.form_id, job.id_key, keys, where)):
            fresh = guard.new([str(row[0]) for row in rows])
            page = convert(
                shape, columns, [rows[i] for i in fresh], options.currencies, form.columns
            )
            seen += [str(rows[i][0]) for i in fresh]
            came += len(fresh) if position == 0 else 0
            rejected += len(page.rejections)
            yield from page.rejections
            newest = _later(newest, page.table)
            table = page.table
            if form.table == "department":
                table = with_regions(table, options.regions)
            yield from batches.add(table)
    yield from batches.rest()
    expected_rows, total = _settled(site, job, conditions[0], came, expected)
    notes = _notes(job)
    extra = {
        "columns": dict(job.selection.keys),
        "site_fields": _own_fields(job.fields),
        "marks": (swept.marks if swept else before).kept(),
        "rows": len(swept.ids) if swept else rows_before,
        "types": job.types,
        "asked": {column.name: list(column.keys) for column in job.selection.columns},
        "swept_at": job.upto.isoformat() if swept else last and last.extra.get("swept_at"),
    }
    if swept and has_shrunk(len(swept.ids), rows_before, options.most_vanished):
        notes.append(_vanished(rows_before - len(swept.ids), rows_before))
        extra["rows"] = rows_before
    elif swept and last is not None:
        yield Batch("id_sweep", swept_rows(form.table, sorted({*swept.ids, *seen})))
    if form.entry:
        given = options.forms.get(form.table)
        entry = EntryJob(
            form, form.entry, job.fields, job.id_key, job.zone, given.entry_columns if given else {}
        )
        yield from read_entries(site, entry, conditions, full=whole)
    # Rows of groups that were read anew are no part of what the condition was counted by.
    others = len(seen) - came
    told = joined(notes)
    yield Extract(
        form.table,
        cursor=Cursor(job.upto, job.upto if whole or not last else last.full_at, extra).text(),
        rows=batches.rows,
        rejected_rows=rejected,
        full=whole,
        newest_record_at=newest,
        source_rows=expected_rows + others,
        source_amount=None if total is None or others else total.quantize(Decimal("0.01")),
        message=told or None,
    )


def first_records(
    site: Site, form: Form, selection: Selection, id_key: str, where: str = ""
) -> Converted:
    """A few records that meet a condition, asked for and read as a load does."""
    zone = site.zone()
    keys = [selection.keys[column.name] for column in selection.present]
    rows = site.rows(form.form_id, [id_key, *keys], where, f"{id_key} ASC", limit=FIRST)
    columns = [ID, *selection.present]
    shape = shape_of(form.table, (ID, *form.columns), zone)
    return convert(shape, columns, rows, site.options.currencies, form.columns)


def _sweep(site: Site, job: Job, where: str) -> Sweep:
    return sweep(site, job.form.form_id, job.id_key, job.selection.keys, job.form.amount, where)


def _sweep_is_due(site: Site, job: Job) -> bool:
    last, options = job.last, site.options
    if last is None or last.extra.get("rows", 0) < options.sweep_below:
        return True
    swept_at = last.extra.get("swept_at")
    if not swept_at:
        return True
    age = job.upto - dt.datetime.fromisoformat(swept_at)
    return age >= dt.timedelta(days=options.sweep_every_days)


def _settled(
    site: Site, job: Job, where: str, came: int, expected: Sweep
) -> tuple[int, Decimal | None]:
    """What the site should be held to have: records that come or go meanwhile move the count."""
    if came == len(expected.ids):
        return came, expected.total
    after = _sweep(site, job, where)
    low, high = sorted((len(expected.ids), len(after.ids)))
    return (came, None) if low <= came <= high else (len(after.ids), after.total)


def _later(newest: dt.datetime | None, table: pa.Table) -> dt.datetime | None:
    for name in ("modified_at", "created_at"):
        if name in table.column_names and table.num_rows:
            found = pc.max(table.column(name)).as_py()
            if found is not None:
                newest = found if newest is None else max(newest, found)
    return newest


def _own_fields(fields: FieldsOfForm) -> list[str]:
    return sorted(key for key in fields.entries if key.startswith("F_"))


def _vanished(lost: int, before: int) -> Text:
    return text("sources.kingdee.records_are_no_longer_visible", lost=lost, before=before)


def _notes(job: Job) -> list[Text]:
    """What is missing or new in the form's fields, in words."""
    said = []
    if job.selection.absent:
        said.append(text("sources.kingdee.fields_not_on_site", names=list(job.selection.absent)))
    if job.last is not None:
        before, now = set(job.last.extra.get("site_fields", ())), set(_own_fields(job.fields))
        if now - before:
            said.append(text("sources.kingdee.new_fields_on_site", names=sorted(now - before)))
        if before - now:
            gone = sorted(before - now)
            said.append(text("sources.kingdee.fields_gone_from_site", names=list(gone)))
    return said
