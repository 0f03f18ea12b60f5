"""Changes of single fields of opportunities, by the tenant's field history, window by window.

Add here: a rule of reading that log. Keep out: what a change means (dbt staging).

Assumptions, none of them documented: both bounds of a window include their millisecond; a window
holds as many pages as `pages` says; tracking may have to be switched on per field, and how far back
the log reaches is up to the tenant. So a refusal is no failure: staging then takes the changes that
one nightly version after the other shows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from pipelines.language import Text, text
from pipelines.sources.http import Refusal
from pipelines.sources.neocrm.paging import ms
from pipelines.sources.neocrm.records import make_plain
from pipelines.sources.neocrm.tenant import Tenant
from pipelines.sources.protocol import Batch, Extract, Rejection, joined
from pipelines.sources.records import Batches, Cursor, Field, PageGuard, RowShape

TABLE = "field_history"
_FIELDS = (
    Field("log_id", "loose_text", path="logId", required=True),
    Field("object", "loose_text", path="objectApiKey"),
    Field("data_id", "loose_text", path="dataId", required=True),
    Field("item", "loose_text", path="itemApiKey", required=True),
    Field("old_value", "loose_text", path="oldValue"),
    Field("new_value", "loose_text", path="newValue"),
    Field("created_at", "timestamp", path="createdAt", required=True, form="epoch_ms"),
)


def read_history(
    tenant: Tenant, last: Cursor | None, upto: dt.datetime
) -> Iterator[Batch | Rejection | Extract]:
    """Changes since the last load; at first of the last `history_days` days."""
    options = tenant.options
    shape = RowShape(TABLE, _FIELDS, key="log_id", checked=False)
    guard: PageGuard[str] = PageGuard(text("sources.pages.history", source=tenant.name))
    batches, rejected = Batches(TABLE), 0
    notes: list[Text] = []
    reached: dict[str, str] = dict(last.extra.get("reached", {})) if last else {}
    for item in options.history_fields:
        # A field whose log could not be read goes on from where it was read last.
        if item in reached:
            since = dt.datetime.fromisoformat(reached[item])
            since -= dt.timedelta(minutes=options.overlap_minutes)
        else:
            since = upto - dt.timedelta(days=options.history_days)
        try:
            for records in _changes(tenant, item, since, upto):
                # The same change comes again at the edge of two pages; only once it counts.
                keys = [str(record.get("logId")) for record in records]
                fresh = [records[position] for position in _new(guard, keys)]
                for record in fresh:
                    record.setdefault("objectApiKey", "opportunity")
                    record.setdefault("itemApiKey", item)
                make_plain(fresh, _FIELDS, options.timezone)
                page = shape.convert(fresh)
                rejected += len(page.rejections)
                yield from page.rejections
                yield from batches.add(page.table)
        except Refusal as refusal:
            why = refusal.words
            notes.append(text("sources.neocrm.history_of", item=item, why=why))
            continue
        reached[item] = upto.isoformat()
    yield from batches.rest()
    told = joined(notes)
    yield Extract(
        TABLE,
        cursor=Cursor(upto, last.full_at if last else upto, {"reached": reached}).text(),
        rows=batches.rows,
        rejected_rows=rejected,
        full=last is None,
        message=told or None,
    )


def _changes(
    tenant: Tenant, item: str, since: dt.datetime, upto: dt.datetime
) -> Iterator[list[dict[str, Any]]]:
    """Pages of all windows from `since` to `upto`, which do not overlap."""
    step = dt.timedelta(days=tenant.options.history_window_days)
    start = since
    while start < upto:
        end = min(start + step, upto)
        number = 1
        while True:
            result = tenant.history_page(item, ms(start), ms(end) - 1, number)
            records = result.get("records") or []
            if records:
                yield records
            if number >= int(result.get("pages") or 0):
                break
            number += 1
        start = end


def _new(guard: PageGuard[str], keys: list[str]) -> list[int]:
    guard.restart()  # the log may give a page of one window again in the next; ids tell
    return guard.new(keys)
