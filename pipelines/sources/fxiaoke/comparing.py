"""What the tenant counts, against what came and what was known: records that vanished or came back.

Add here: another sign that records are missing. Keep out: reading records (`reading.py`).

Deleting has two steps: 作废 (`life_status` invalid, recoverable), then 删除 (gone). Whether the former
is an edit, and whether queries show such records, is not confirmed: what came is marked deleted, and
what exists is asked for without them. The cursor carries how many records exist. If the tenant counts
fewer than those and the new ones (or does not count), and after every whole load, all ids go to
`id_sweep`, by which staging knows what is gone; if it counts more, something came back unseen, and
everything is read. Whether a new owner, a stage push or a roll-up moves `last_modified_time` is not
confirmed either; the weekly whole load settles that. An object that lost most of its records is a
lost right rather than a deletion, and stops the load; so does a whole load that brings fewer than
counted, since what it lacks would pass for deleted.
"""

from __future__ import annotations

import pyarrow as pa

from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.language import text
from pipelines.sources.fxiaoke.objects import CREATED, KEY, SWEPT
from pipelines.sources.fxiaoke.planning import Job, ms
from pipelines.sources.fxiaoke.tenant import Tenant, condition
from pipelines.sources.records import Window

# Records up to which all ids are compared every night; of more, in turn.
_COMPARED_BELOW = 2_000
_FEW = 20  # so few records may well vanish in one day


def compare(tenant: Tenant, job: Job) -> None:
    """Whether something vanished, or came back, without having been edited; see the module."""
    job.exist = tenant.count(job.item.name, job.existing)
    if job.window.full:
        return
    assert job.last is not None
    since = condition(CREATED, "GTE", ms(job.last.upto))
    created = tenant.count(job.item.name, [*job.existing, since])
    if job.exist is None or created is None:
        job.swept, job.moved = True, bool(job.types)
        return
    known = int(job.last.extra.get("live", 0)) + created
    if job.exist > known:
        job.window = Window(None, job.window.upto)
        job.notes.append(
            text(
                "sources.fxiaoke.read_whole_records_exist_were",
                exist=f"{job.exist:,}",
                known=f"{known:,}",
            )
        )
    job.moved = _others(tenant, job)
    due = job.exist <= _COMPARED_BELOW or job.turn or job.moved
    compared = "ids" in job.last.extra and due
    job.swept = job.exist < known or compared


def _others(tenant: Tenant, job: Job) -> bool:
    """Whether records of other types have changed: some may have been of one that counts."""
    if not job.types or job.window.full:
        return False  # where all count, or all are read, there is nothing to look for
    every, mine = (tenant.count(job.item.name, f) for f in (job.changed, job.filters))
    return every is None or mine is None or every > mine


def all_ids(tenant: Tenant, job: Job) -> list[str]:
    """The ids of all records that exist. Raises `TransientFailure` if fewer come than counted."""
    ids = [
        str(record[KEY])
        for page in tenant.pages(job.item.name, [KEY], job.existing, job.exist)
        for record in page
    ]
    if job.exist is not None and len(ids) < job.exist:
        _stop_if_fewer(tenant, job, len(ids), tenant.count(job.item.name, job.existing))
    return ids


def _stop_if_fewer(tenant: Tenant, job: Job, came: int, counted: int | None) -> None:
    if counted is not None and came < counted:
        raise TransientFailure(
            text("sources.fxiaoke.could_not_read_all", name=job.item.name, source=tenant.name),
            cause=text("sources.fxiaoke.records_came", came=f"{came:,}", counted=f"{counted:,}"),
            next_step=text("sources.fxiaoke.run_again_if_stays_ask"),
        )


def stop_if_lost(tenant: Tenant, job: Job, now: int) -> None:
    """Raise `PermanentFailure` if `now` records are far fewer than at the last load."""
    before = int(job.last.extra.get("live", 0)) if job.last else 0
    if job.last is None or job.last.extra.get("object") != job.item.name or not job.same_types:
        return
    share = tenant.options.largest_drop
    # A share of 1 allows even the last record to go.
    if share >= 1 or (before < _FEW and now) or now >= before * (1 - share):
        return
    raise PermanentFailure(
        text("sources.could_not_read_object", name=job.item.name, source=tenant.name),
        cause=text(
            "sources.fxiaoke.records_are_shown_at_last", now=f"{now:,}", before=f"{before:,}"
        ),
        next_step=text("sources.fxiaoke.see_whether_acting_employee_user"),
    )


def recounted(tenant: Tenant, job: Job, came: int, before: int | None) -> int | None:
    """What the tenant should be held to have: records edited while reading move between the counts."""
    if before is None or before == came:
        return before
    after = tenant.count(job.item.name, job.filters)
    if job.window.full:
        _stop_if_fewer(tenant, job, came, after)
    if after is None:
        return before
    return came if min(before, after) <= came <= max(before, after) else after


def swept_rows(table: str, ids: list[str]) -> pa.Table:
    """Ids as rows of `id_sweep`, with the row without id that ends a sweep."""
    rows = pa.array([*ids, None], pa.string())
    return pa.Table.from_arrays([pa.repeat(pa.scalar(table), len(rows)), rows], schema=SWEPT)
