"""Deleted records of a module, as rows that say so.

Add here: another way in which Zoho tells of deletions. Keep out: dropping them (dbt staging).

How long permanently deleted ids stay listed is not documented; so the list is read every night, and
each load of everything counts as a sweep: staging drops what it did not bring. A converted lead is
not deleted.
"""

from __future__ import annotations

import datetime as dt

import pyarrow as pa

from pipelines.failures import TransientFailure
from pipelines.language import text
from pipelines.sources.records import Field, PageGuard, RowShape
from pipelines.sources.zoho.modules import ZohoModule
from pipelines.sources.zoho.session import Session

_SHAPE = RowShape(
    "deleted",
    [
        Field("id", "loose_text", required=True),
        Field("deleted_time", "timestamp", required=True, on_fault="fail"),
    ],
    key="id",
    checked=False,
)
_MOST_PASSES = 6


def deleted_since(
    session: Session, module: ZohoModule, since: dt.datetime, upto: dt.datetime
) -> pa.Table:
    """Rows of the module's raw table for records deleted within [since, upto): id, `_deleted`, and
    the time of deletion as time of change.
    """
    found: dict[str, dt.datetime] = {}
    for _ in range(_MOST_PASSES):
        known = len(found)
        if _read(session, module, since, found) <= 1 or len(found) == known:
            break
        # The list is paged by number: a restored record moves the others up, past the page's edge.
    else:
        raise TransientFailure(
            text("sources.zoho.could_not_read_all_deleted", name=module.name),
            cause=text("sources.zoho.list_kept_changing_while_was"),
            next_step=text("sources.zoho.run_again"),
        )
    return gone_rows(
        module, [(moment, key) for key, moment in found.items() if since <= moment < upto]
    )


def gone_rows(module: ZohoModule, gone: list[tuple[dt.datetime, str]]) -> pa.Table:
    """Rows of the module's raw table for records that are gone: since when, and their ids."""
    rows = sorted(gone)
    columns = {
        "id": [key for _, key in rows],
        "modified_time": [moment for moment, _ in rows],
        "_deleted": [True] * len(rows),
        "_full": [False] * len(rows),
    }
    return pa.table(
        {
            item.name: pa.array(columns.get(item.name, [None] * len(rows)), item.type)
            for item in module.schema
        },
        schema=module.schema,
    )


def _read(
    session: Session, module: ZohoModule, since: dt.datetime, found: dict[str, dt.datetime]
) -> int:
    """One pass over the pages; returns how many there were."""
    guard: PageGuard[str] = PageGuard(
        text("sources.pages.deleted", object=module.name), session.client.base_url
    )
    page = 0
    while True:
        page += 1
        content = session.get(
            f"{module.name}/deleted",
            {"type": "all", "page": page, "per_page": session.options.page_size},
            expect={"data": list, "info": dict},
            headers={"If-Modified-Since": since.isoformat(timespec="seconds")},
            tried=text("sources.could_not_read_deleted_records", name=module.name),
        )
        if content is None:
            return page
        table = _SHAPE.convert(content["data"]).table
        guard.new(table["id"].to_pylist())
        found.update(zip(table["id"].to_pylist(), table["deleted_time"].to_pylist(), strict=True))
        if not content["info"].get("more_records"):
            return page
