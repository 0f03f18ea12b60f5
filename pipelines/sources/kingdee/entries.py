"""The rows inside the records of a form, read beside them under the same conditions.

Add here: a step of reading entries. Keep out: the records themselves (`reading.py`).

Asking for a key of an entry makes one row for each entry, so amounts of the head are never read
here. All entries of a record come in one load; staging takes those of the newest, since entries can
be deleted. The id of an entry is asked for as `<entry>_FEntryId`, its number as `<entry>_FSeq`;
nothing is filtered or ordered by the id, which not every site may allow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipelines.language import text
from pipelines.sources.kingdee.cells import convert, shape_of
from pipelines.sources.kingdee.forms import Column, Entry, FieldsOfForm, Form
from pipelines.sources.kingdee.paging import entry_pages
from pipelines.sources.kingdee.selection import resolved, select
from pipelines.sources.kingdee.site import Site
from pipelines.sources.protocol import Batch, Extract, Rejection, joined
from pipelines.sources.records import Batches, prefetched

_OWN = (Column("parent_id", required=True), Column("id", required=True), Column("seq", "decimal"))


@dataclass(frozen=True)
class EntryJob:
    """Entries of one form to be read; `mapped`: keys that the company has named itself."""

    form: Form
    entry: Entry
    fields: FieldsOfForm
    id_key: str
    zone: str
    mapped: Mapping[str, object]


def entry_key_of(job: EntryJob) -> str | None:
    """The entry's key on this site: as configured, or that of the entry with the marking field."""
    if job.entry.entry_key:
        return job.entry.entry_key
    marker = resolved(job.entry.marker, job.fields)
    return job.fields.entries[marker] if marker else None


def fields_of_entry(fields: FieldsOfForm, entry: str) -> FieldsOfForm:
    """The fields that stand in one entry; labels of other parts of the form are not meant."""
    own = {key: name for key, name in fields.entries.items() if name == entry}
    labels = {label: key for label, key in fields.labels.items() if key in own}
    return FieldsOfForm(own, labels)


def read_entries(
    site: Site, job: EntryJob, conditions: Sequence[str], *, full: bool
) -> Iterator[Batch | Rejection | Extract]:
    """All entries of the records that fit any of the conditions, and the extract that closes them."""
    table = job.entry.table
    key = entry_key_of(job)
    if key is None:
        told = text("sources.kingdee.no_entry", form=job.form.form_id, marker=job.entry.marker)
        yield Extract(table, full=full, message=told)
        return
    fields = fields_of_entry(job.fields, key)
    selection = select(job.form, job.entry.columns, fields, source=site.name, mapped=job.mapped)
    shape = shape_of(table, (_OWN[1], _OWN[0], _OWN[2], *job.entry.columns), job.zone)
    columns = [*_OWN, *selection.present]
    keys = [f"{key}_FEntryId", f"{key}_FSeq"]
    keys += [selection.keys[column.name] for column in selection.present]
    batches, rejected = Batches(table), 0
    read: set[str] = set()
    for where in conditions:
        pages = entry_pages(site, job.form.form_id, job.id_key, keys, where)
        for rows in prefetched(pages):
            # A record that an earlier condition brought is complete already.
            fresh = [row for row in rows if str(row[0]) not in read and row[1] not in (None, 0)]
            read |= {str(row[0]) for row in fresh}
            page = convert(shape, columns, fresh, site.options.currencies, job.entry.columns)
            rejected += len(page.rejections)
            yield from page.rejections
            yield from batches.add(page.table)
    yield from batches.rest()
    doubled = [i for i, n in Counter(selection.keys.values()).items() if n > 1]
    notes = []
    if selection.absent:
        notes.append(text("sources.kingdee.fields_not_on_site", names=list(selection.absent)))
    if doubled:
        notes.append(text("sources.kingdee.read_twice", names=list(doubled)))
    told = joined(notes)
    yield Extract(
        table,
        rows=batches.rows,
        rejected_rows=rejected,
        full=full,
        message=told or None,
    )
