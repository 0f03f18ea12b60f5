"""Bulk API 2.0 query jobs: many rows by few requests, as CSV.

Add here: a step of a query job. Keep out: when bulk is worth it (`reading.py`). Jobs are left to
the org, which removes them after seven days: deleting them would be a writing request.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from pipelines.failures import TransientFailure
from pipelines.language import Said, text
from pipelines.sources.http import Refusal
from pipelines.sources.records import Converted, RowShape
from pipelines.sources.salesforce.answers import NO_BULK
from pipelines.sources.salesforce.queries import Org


class NoBulk(Exception):
    """The org cannot answer this query in bulk; the ordinary way has to be taken."""


def bulk_pages(
    org: Org,
    soql: str,
    shape: RowShape,
    *,
    longest: float = 3 * 3600.0,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Converted]:
    """Rows of a query, deleted and archived ones included, one set of results after the other.

    Raises `NoBulk` before the first row if the org refuses the job or the job fails, and
    `TransientFailure` if it is not done within `longest` seconds or a set is not whole.
    """
    tried = text("sources.could_not_read_bulk", entity=shape.entity, source=org.name)
    job = _job(org, soql, tried)
    _wait(org, job, tried, longest, sleep, clock)
    locator: str | None = None
    seen: set[str] = set()
    while True:
        reply = org.client.get_bytes(
            org.path(f"jobs/query/{job}/results"),
            params={"maxRecords": org.options.bulk_page_size, "locator": locator},
            headers={"Accept": "text/csv"},
            content_types=("text/csv",),
            tried=tried,
        )
        # Every set repeats the header row.
        page = shape.convert_csv(reply.body)
        told = reply.headers.get("sforce-numberofrecords")
        came = page.table.num_rows + len(page.rejections)
        if told is not None and int(told) != came:
            raise TransientFailure(
                tried,
                where=reply.where,
                cause=text("sources.salesforce.records_announced_came", told=told, came=came),
            )
        yield page
        locator = reply.headers.get("sforce-locator")
        if locator in (None, "", "null"):
            return
        if locator in seen:
            raise TransientFailure(
                tried, where=reply.where, cause=text("sources.salesforce.set_leads_back_one_was")
            )
        seen.add(str(locator))


def _job(org: Org, soql: str, tried: Said) -> str:
    body = {
        "operation": "queryAll",
        "query": soql,
        "contentType": "CSV",
        "columnDelimiter": "COMMA",
        "lineEnding": "LF",
    }
    try:
        reply = org.client.post_json(
            org.path("jobs/query"), body, expect={"id": str, "state": str}, tried=tried
        )
    except Refusal as refusal:
        if refusal.code in NO_BULK:
            raise NoBulk(refusal.code) from None
        raise
    return str(reply.json["id"])


def _wait(
    org: Org,
    job: str,
    tried: Said,
    longest: float,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
) -> None:
    """Return when the job is complete; polls with growing pauses of 0.5 to 15 s."""
    deadline, pause = clock() + longest, 0.5
    while True:
        reply = org.client.get_json(
            org.path(f"jobs/query/{job}"), expect={"id": str, "state": str}, tried=tried
        )
        state = reply.json["state"]
        if state == "JobComplete":
            return
        if state in ("Failed", "Aborted"):
            raise NoBulk(reply.json.get("errorMessage") or state)
        if clock() > deadline:
            raise TransientFailure(
                tried,
                where=reply.where,
                cause=text(
                    "sources.salesforce.job_still_after_h",
                    state=state,
                    longest=f"{longest / 3600:.0f}",
                ),
                next_step=text("sources.salesforce.run_again_later_when_org"),
            )
        sleep(pause)
        pause = min(pause * 1.6, 15.0)
