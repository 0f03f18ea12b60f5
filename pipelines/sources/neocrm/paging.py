"""What one load reads of one object, and its records page by page: by scroll, else by id.

Add here: a way of getting at all records of a query. Keep out: what becomes of them (`reading.py`),
requests (`tenant.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pipelines.failures import TransientFailure
from pipelines.language import Text, text
from pipelines.sources.http import Refusal
from pipelines.sources.neocrm.answers import NOT_THERE
from pipelines.sources.neocrm.objects import NeocrmObject
from pipelines.sources.neocrm.selection import Selection
from pipelines.sources.neocrm.tenant import BrokenScroll, Described, Tenant, literal
from pipelines.sources.records import Cursor, PageGuard, Window, prefetched


@dataclass
class Job:
    """One object to be read, and what is noticed while it is read."""

    item: NeocrmObject
    described: Described | None
    selection: Selection
    last: Cursor | None
    window: Window
    before: int = 0  # the tenant's count of the window before and after the reading
    after: int = 0
    turn: bool = False  # all ids are compared, though the counts agree
    notes: list[Text] = field(default_factory=list)
    types: tuple[str, ...] = ()  # ids of the record types that count; none: all do

    @property
    def where(self) -> str:
        """The condition of the query, with the fixed bounds of this load."""
        if not self.item.stamped or self.window.since is None:
            return self.existing
        return both(self.changed, of_types(self.types))

    @property
    def changed(self) -> str:
        """The condition for what has changed since the last load, of whatever type."""
        assert self.window.since is not None
        since, upto = ms(self.window.since), ms(self.window.upto)
        return f"updatedAt >= {since} and updatedAt < {upto}"

    @property
    def existing(self) -> str:
        """The condition for everything that had been created by this load's bound."""
        bound = f"createdAt < {ms(self.window.upto)}" if self.item.stamped else ""
        return both(bound, of_types(self.types))


def of_types(ids: tuple[str, ...]) -> str:
    """The condition for records of these record types; empty if all count."""
    return f"entityType in ({', '.join(map(literal, ids))})" if ids else ""


def both(*conditions: str) -> str:
    """Conditions that must all hold; empty ones count as true."""
    return " and ".join(condition for condition in conditions if condition)


def ms(moment: dt.datetime) -> int:
    """Milliseconds since 1970."""
    return round(moment.timestamp() * 1_000)


def pages(tenant: Tenant, job: Job, guard: PageGuard[str]) -> Iterator[list[dict[str, Any]]]:
    """Records that have not come yet: by scroll, and by id for whatever the scroll did not give."""
    item, query = job.item, (job.selection.select, job.item.source, job.where)
    if tenant.options.paging == "scroll" and item.stamped:
        try:
            for records in prefetched(tenant.scroll(*query)):
                yield _scrolled(records, guard)
        except Refusal as refusal:
            if refusal.code in NOT_THERE:
                raise
            job.notes.append(text("sources.neocrm.scroll_was_refused_so_was", code=refusal.code))
        except BrokenScroll:
            job.notes.append(text("sources.neocrm.scroll_did_not_advance_so"))
        job.after = tenant.count(item.source, job.where)
        if job.before == job.after == guard.rows:
            return
        guard.restart()
    for records in prefetched(tenant.by_id(*query)):
        yield _fresh(records, guard)
    job.after = tenant.count(item.source, job.where)


def _scrolled(records: list[dict[str, Any]], guard: PageGuard[str]) -> list[dict[str, Any]]:
    try:
        return _fresh(records, guard)
    except TransientFailure:
        raise BrokenScroll from None  # a page that came before: the rest is read by id


def _fresh(records: list[dict[str, Any]], guard: PageGuard[str]) -> list[dict[str, Any]]:
    positions = guard.new([str(record.get("id")) for record in records])
    return records if len(positions) == len(records) else [records[p] for p in positions]
