"""Zoho CRM as a source: what it can fill, one run of extraction, and the look around.

Add here: the order of a run. Keep out: the load of one module (`loading.py`) and how things are
asked for.

Assumptions that only an organisation can confirm (option or probe in brackets): the tracker's
`Modified_Time` is the moment a stage was entered [`history_time`]; a filter by `If-Modified-Since` is
exact to the second [covered by overlap]; restored records come back with a new `Modified_Time`
[else seen by the weekly load of everything]; changes by workflows move `Modified_Time` [likewise];
reading scopes suffice for Bulk Read [probed: refused jobs fall back to pages]; COQL sums and counts
[probed: no count if refused]. Quotas have no interface: targets come from a sheet.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from pipelines.configuration.sources import Source
from pipelines.language import Text, text
from pipelines.settings import Settings
from pipelines.sources.http import LoginMemory, Refusal, RetryPolicy
from pipelines.sources.http.replies import USUAL_STEP
from pipelines.sources.protocol import NOTHING_YET, Batch, Extract, Finding, Previous, Rejection
from pipelines.sources.records import Cursor, RowShape
from pipelines.sources.records.emptied import stop_at_vanished, watched
from pipelines.sources.zoho import lists
from pipelines.sources.zoho.answers import STEPS
from pipelines.sources.zoho.checking import look_around
from pipelines.sources.zoho.loading import ModuleLoad, Task
from pipelines.sources.zoho.metadata import plans_of
from pipelines.sources.zoho.modules import HISTORY, LISTS
from pipelines.sources.zoho.options import options_of
from pipelines.sources.zoho.own_modules import TABLES, modules_of
from pipelines.sources.zoho.session import RETRY, Session

Items = Iterator[Batch | Rejection | Extract]


class ZohoConnector:
    """One configured Zoho organisation; see `pipelines.sources.protocol.Connector`.

    `retry` and `sleep` are for tests, which do not want to wait.
    """

    def __init__(
        self,
        source: Source,
        settings: Settings | None = None,
        *,
        retry: RetryPolicy = RETRY,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._source, self._retry, self._sleep = source, retry, sleep
        self._zone = settings.company.timezone if settings else "UTC"
        self._data_dir = settings.data_dir if settings else None
        self._options = options_of(source)

    def tables(self) -> Mapping[str, pa.Schema]:
        return TABLES

    def extract(self, previous: Previous, upto: dt.datetime) -> Items:
        """Lists whole, modules by what has changed. See the protocol for what is raised."""
        items = self._items(previous, upto)
        yield from watched(items, previous, self._source.name, self._options, upto)

    def _items(self, previous: Previous, upto: dt.datetime) -> Items:
        session = self._session()
        try:
            yield from self._lists(session, previous, upto)
            yield from self._modules(session, previous, upto)
        finally:
            session.close()

    def check(self, previous: Previous = NOTHING_YET) -> list[Finding]:
        session = self._session(once_more=True)
        try:
            return look_around(session, self._source, self._zone, previous)
        finally:
            session.close()

    def _session(self, *, once_more: bool = False) -> Session:
        memory = LoginMemory(self._source, self._data_dir, once_more=once_more)
        return Session(
            self._source, self._options, retry=self._retry, memory=memory, sleep=self._sleep
        )

    def _lists(self, session: Session, previous: Previous, upto: dt.datetime) -> Items:
        company = lists.organisation(session)
        self._single_currency = company.get("mc_status") is not True
        told = {**company, "history_time": self._options.history_time}
        yield from _listed("organisation", [told], upto)
        people = lists.users(session)
        yield from _listed("roles", lists.teams(session, people), upto)
        yield from _listed("users", lists.in_teams(people, self._options), upto)
        yield from _listed("stages", lists.stages(session), upto)

    def _modules(self, session: Session, previous: Previous, upto: dt.datetime) -> Items:
        plans, refused = plans_of(session, self._zone)
        for declared in modules_of(self._options.objects, self._options.without):
            name, table = declared.name, declared.table
            if name in plans:
                # A cursor that cannot be read must not stop the run that reads everything anew.
                cursor = None if self._options.full else Cursor.read(previous.cursor(table))
                plan, options = plans[name], self._options
                stop_at_vanished(self._source.name, table, cursor, plan.lost, options)
                task = Task(plan, cursor, upto, self._single_currency)
                yield from ModuleLoad(session, task).items()
            elif name in refused:
                said = _refused(name, refused[name])
                yield Extract(
                    table,
                    state="rejected",
                    cursor=previous.cursor(table),
                    message=said,
                )


def _refused(name: str, refusal: Refusal) -> Text:
    """Why a module is not read, what that costs, and what to do about it."""
    key = "sources.zoho.history_not_read" if name == HISTORY else "sources.zoho.module_not_read"
    step = STEPS.get(refusal.code, USUAL_STEP)
    return text(key, module=name, why=refusal.words, step=step)


def _listed(name: str, records: Iterable[dict[str, Any]], upto: dt.datetime) -> Items:
    """A list as rows of its raw table, and its account."""
    page = RowShape(name, LISTS[name], key="id", checked=False).convert(list(records))
    yield from page.rejections
    if page.table.num_rows:
        yield Batch(name, page.table)
    yield Extract(
        name,
        cursor=Cursor(upto, upto).text(),
        rows=page.table.num_rows,
        rejected_rows=len(page.rejections),
    )
