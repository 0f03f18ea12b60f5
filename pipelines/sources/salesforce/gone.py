"""Records that are no longer there: the deletion log, and lists of all ids where it has gaps.

Add here: another way to learn of a deletion. Keep out: reading records (`reading.py`) and the rule
by which a record counts as gone (staging: macro salesforce_current).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pyarrow as pa

from pipelines.language import text
from pipelines.sources.protocol import Batch
from pipelines.sources.records import PageGuard, Window
from pipelines.sources.salesforce.objects import SalesforceObject
from pipelines.sources.salesforce.planning import Job, condition, of_other_types, stamp_column
from pipelines.sources.salesforce.queries import Deletions, Org
from pipelines.sources.salesforce.tables import SWEPT


def deletions(org: Org, job: Job) -> Deletions:
    """What the deletion log says since the last load, less the overlap."""
    assert job.last is not None
    told = job.last.extra.get("deleted_to")
    start = dt.datetime.fromisoformat(told) if told else job.last.upto
    overlap = dt.timedelta(minutes=org.options.overlap_minutes)
    return org.deletions(job.item.name, start - overlap, job.window.upto)


def left(org: Org, job: Job) -> Deletions:
    """Records that are of none of the record types that count, of those that have changed."""
    item, found = job.item, Deletions([], [], job.window.upto, complete=True)
    stamp = item.stamp or ""
    if where := of_other_types(item, job.window):
        guard: PageGuard[str] = PageGuard(text("sources.pages.ids", object=item.name))
        soql = f"SELECT Id, {stamp} FROM {item.name} WHERE {where}"
        for page in org.pages(soql, item.name, guard):
            found.ids.extend(record["Id"] for record in page)
            found.moments.extend(record[stamp] for record in page)
    return found


def tombstones(job: Job, deletions: Deletions) -> pa.Table:
    """Rows of which only the id, the moment and the deletion are known."""
    count = len(deletions.ids)
    stamps = pa.array(deletions.moments, pa.string()).cast(pa.timestamp("us", tz="UTC"))
    columns = []
    for field in job.selection.shape.schema:
        if field.name == "id":
            columns.append(pa.array(deletions.ids, pa.string()))
        elif field.name == "_deleted":
            columns.append(pa.array([True] * count, pa.bool_()))
        elif field.name == stamp_column(job.item):
            columns.append(stamps)
        else:
            columns.append(pa.nulls(count, field.type))
    return pa.Table.from_arrays(columns, schema=job.selection.shape.schema)


def sweep(org: Org, job: Job) -> Iterator[Batch]:
    """All ids of an object, when the deletion log cannot be trusted."""
    guard: PageGuard[str] = PageGuard(text("sources.pages.ids", object=job.item.name))
    where = condition(job.item, job.described, Window(None, job.window.upto))
    soql = f"SELECT Id FROM {job.item.name}{' WHERE ' + where if where else ''}"
    pages = org.pages(soql, job.item.name, guard)
    ids = [pa.chunked_array([[record["Id"] for record in page]], pa.string()) for page in pages]
    yield Batch("id_sweep", swept_ids(job.item, ids))


def swept_ids(item: SalesforceObject, ids: list[pa.ChunkedArray]) -> pa.Table:
    """A list of all ids. Its first row has none, so that a list of nothing can be told from no list."""
    chunks = [pa.array([""]), *(chunk for array in ids for chunk in array.chunks)]
    united = pa.chunked_array(chunks, pa.string())
    names = pa.chunked_array([pa.repeat(pa.scalar(item.name), len(united))])
    return pa.Table.from_arrays([names, united], schema=SWEPT)
