"""Asking one org: describe, query by pages, counts, deletions, limits.

Add here: another reading resource of the REST interface. Keep out: bulk jobs (`bulk.py`), and which
objects are read and why (`objects.py`, `reading.py`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from pipelines.configuration.sources import Source
from pipelines.language import text
from pipelines.sources.http import (
    Limiter,
    LoginMemory,
    Rate,
    ReadOnlyClient,
    Refusal,
    RetryPolicy,
    TokenAuth,
)
from pipelines.sources.record_types import RecordType
from pipelines.sources.records import PageGuard
from pipelines.sources.salesforce.answers import GONE_LOCATOR, NOT_THERE, TOO_SLOW, Judge, types_of
from pipelines.sources.salesforce.login import TOKEN_PATH, fetch_token
from pipelines.sources.salesforce.options import Options

_DATA = r"/services/data/v\d+\.\d"
# Everything this connector may ever send. Creating a query job is the one POST besides logging in.
ALLOWED = (
    ("POST", TOKEN_PATH),
    ("GET", r"/services/data/?"),
    ("GET", rf"{_DATA}/query(All)?/?"),
    ("GET", rf"{_DATA}/query(All)?/[A-Za-z0-9_-]+"),
    ("GET", rf"{_DATA}/limits/?"),
    ("GET", rf"{_DATA}/sobjects/?"),
    ("GET", rf"{_DATA}/sobjects/\w+/describe/?"),
    ("GET", rf"{_DATA}/sobjects/\w+/deleted/?"),
    ("POST", rf"{_DATA}/jobs/query/?"),
    ("GET", rf"{_DATA}/jobs/query/\w+"),
    ("GET", rf"{_DATA}/jobs/query/\w+/results"),
)
# My Domain hosts that a login may name as the place of the data.
HOSTS = ("*.my.salesforce.com", "*.sandbox.my.salesforce.com")
_PAGE = {"records": list, "done": bool, "totalSize": int}
# Of the day's requests: beyond it not even changes are read, whatever else the org needs them for.
_LAST_SHARE = 0.95
_UNSELECTABLE = {"address", "location", "base64"}


@dataclass(frozen=True)
class Described:
    """What the integration user sees of an object: field -> type; whether deletions are logged.

    `computed`: formulas and roll-ups, whose changes need not move a record's time of change.
    `types`: its record types; the one of records that have none is called Master and has no id.
    """

    fields: dict[str, str]
    replicateable: bool
    computed: frozenset[str] = frozenset()
    types: tuple[RecordType, ...] = ()


@dataclass(frozen=True)
class Deletions:
    """Ids deleted within a span, when, and up to which moment the log is complete.

    `complete` is False if the log does not reach back far enough or is too long to be read.
    """

    ids: list[str]
    moments: list[str]
    covered: dt.datetime
    complete: bool


class Org:
    """One org, by one client. All methods raise `PermanentFailure` or `TransientFailure`."""

    def __init__(
        self,
        source: Source,
        options: Options,
        *,
        retry: RetryPolicy | None = None,
        memory: LoginMemory | None = None,
    ) -> None:
        self.name, self.options = source.name, options
        self._judge = Judge(options.most_of_daily_limit)
        self._auth = TokenAuth(fetch_token(source), memory=memory)
        self.sparing: float | None = None
        self.client = ReadOnlyClient(
            source.base_url or "",
            name=source.name,
            allowed=ALLOWED,
            hosts=HOSTS,
            auth=self._auth,
            private=options.private_network,
            limiter=Limiter(Rate(options.requests_per_second, 1.0)),
            # 2 to 60 s and five tries, since the interface never says how long to wait.
            retry=retry or RetryPolicy(tries=5, base=2.0, cap=60.0),
            judge=self._judge,
        )
        self._root = f"/services/data/{options.api_version}"

    def path(self, rest: str) -> str:
        return f"{self._root}/{rest}"

    def describe(self, name: str) -> Described | None:
        """Fields of an object that can be selected, or None if the org or the user has it not."""
        try:
            reply = self.client.get_json(
                self.path(f"sobjects/{name}/describe"),
                expect={"fields": list},
                tried=text("sources.could_not_look_at", name=name, source=self.name),
            )
        except Refusal as refusal:
            if refusal.code in NOT_THERE:
                return None
            raise
        content = reply.json
        if content.get("queryable") is False:
            return None
        fields = {
            item["name"]: item["type"]
            for item in content["fields"]
            if item["type"] not in _UNSELECTABLE
        }
        computed = frozenset(item["name"] for item in content["fields"] if item.get("calculated"))
        replicateable = bool(content.get("replicateable", True))
        return Described(fields, replicateable, computed, types_of(content))

    def pages(self, soql: str, what: str, guard: PageGuard[str]) -> Iterator[list[dict[str, Any]]]:
        """Records of a query, deleted and archived ones included, page by page.

        The server decides on the size of a page, so only `done` ends the query. A cursor that the
        server has dropped starts the query anew, twice at most; `guard` knows the rows that came.
        """
        for attempt in range(3):
            try:
                yield from self._pages_once(soql, what, guard)
                return
            except Refusal as refusal:
                if refusal.code != GONE_LOCATOR or attempt == 2:
                    raise
                guard.restart()

    def _pages_once(
        self, soql: str, what: str, guard: PageGuard[str]
    ) -> Iterator[list[dict[str, Any]]]:
        path, params = self.path("queryAll"), {"q": soql}
        headers = {"Sforce-Query-Options": f"batchSize={self.options.page_size}"}
        while True:
            guard.marker((path, params.get("q")))
            content = self.client.get_json(
                path,
                params=params,
                headers=headers,
                expect=_PAGE,
                tried=text("sources.fxiaoke.could_not_read", what=what, source=self.name),
            ).json
            yield content["records"]
            if content["done"]:
                return
            # The address says /query/ even for queryAll, and is followed as it is.
            path, params = content.get("nextRecordsUrl") or path, {}

    def count(self, name: str, where: str) -> int:
        """How many records the org counts itself, deleted and archived ones included."""
        try:
            content = self._aggregate(f"SELECT COUNT() FROM {name}{_where(where)}", name)
        except Refusal as refusal:
            if refusal.code not in TOO_SLOW:
                raise
            return sum(self._of_span(name, where, *span) for span in _quarters())
        return int(content["totalSize"])

    def _of_span(
        self, name: str, where: str, start: dt.datetime | None, end: dt.datetime | None
    ) -> int:
        """The count of records created within a span, which is halved while it is too slow.

        Raises the org's `Refusal` if a day, or a span without an end, is.
        """
        parts = [f"({where})"] if where else []
        parts += [f"CreatedDate >= {moment(start)}"] if start else []
        parts += [f"CreatedDate < {moment(end)}"] if end else []
        soql = f"SELECT COUNT() FROM {name} WHERE {' AND '.join(parts)}"
        try:
            return int(self._aggregate(soql, name)["totalSize"])
        except Refusal as refusal:
            day = dt.timedelta(days=1)
            if refusal.code not in TOO_SLOW or not start or not end or end - start <= day:
                raise
        middle = start + (end - start) // 2
        halves = ((start, middle.replace(microsecond=0)), (middle.replace(microsecond=0), end))
        return sum(self._of_span(name, where, *half) for half in halves)

    def total(self, name: str, field: str, where: str) -> Decimal | None:
        """The org's own sum of an amount; None if there is nothing to sum."""
        soql = f"SELECT SUM({field}) total FROM {name}{_where(where)}"
        try:
            records = self._aggregate(soql, name)["records"]
        except Refusal as refusal:
            if refusal.code in TOO_SLOW:
                return None  # rows are counted in parts; a sum that is too slow is not compared
            raise
        value = records[0].get("total") if records else None
        return (
            None if value is None else Decimal(repr(value) if isinstance(value, float) else value)
        )

    def _aggregate(self, soql: str, name: str) -> dict[str, Any]:
        return self.client.get_json(
            self.path("queryAll"),
            params={"q": soql},
            expect=_PAGE,
            tried=text("sources.could_not_count", name=name, source=self.name),
        ).json

    def deletions(self, name: str, start: dt.datetime, end: dt.datetime) -> Deletions:
        """Ids of deleted records by the org's deletion log, which reaches back 15 days at most."""
        if end - start > dt.timedelta(days=14):
            return Deletions([], [], end, complete=False)
        # The log wants a span of at least a minute.
        start = min(start, end - dt.timedelta(minutes=2))
        try:
            content = self.client.get_json(
                self.path(f"sobjects/{name}/deleted/"),
                params={"start": moment(start, "+00:00"), "end": moment(end, "+00:00")},
                expect={"deletedRecords": list, "latestDateCovered": str},
                tried=text("sources.could_not_read_deletions", name=name, source=self.name),
            ).json
        except Refusal as refusal:
            if refusal.code in ("EXCEEDED_ID_LIMIT", "INVALID_REPLICATION_DATE"):
                return Deletions([], [], end, complete=False)
            raise
        earliest = content.get("earliestDateAvailable")
        return Deletions(
            [item["id"] for item in content["deletedRecords"]],
            [item["deletedDate"] for item in content["deletedRecords"]],
            min(dt.datetime.fromisoformat(content["latestDateCovered"]), end),
            complete=not earliest or dt.datetime.fromisoformat(earliest) <= start,
        )

    def user(self) -> str:
        """The id of the integration user; empty if the login did not name it."""
        found = str(self._auth.token(self.client).details.get("user") or "")
        return found if re.fullmatch(r"005\w{12,15}", found) else ""

    def spare(self) -> None:
        """See how much of the day's requests is spent; with more than the options allow, only changes
        are read from now on, and up to nearly all of them.
        """
        usual = self._judge.most
        self._judge.most = max(usual, _LAST_SHARE)
        told = (self.limits() or {}).get("DailyApiRequests") or {}
        most, left = told.get("Max"), told.get("Remaining")
        if most and left is not None and 1 - left / most > usual:
            self.sparing = 1 - left / most
        else:
            self._judge.most = usual

    def limits(self) -> dict[str, Any] | None:
        """The org's allowances; None if the integration user may not see them."""
        try:
            return self.client.get_json(
                self.path("limits"), tried=text("sources.could_not_read_limits")
            ).json
        except Refusal:
            return None


def _quarters() -> list[tuple[dt.datetime | None, dt.datetime | None]]:
    """All time in spans that never overlap: quarters of the last years, and what lies before and after."""
    year = dt.datetime.now(dt.UTC).year + 1
    starts = [
        dt.datetime(y, month, 1, tzinfo=dt.UTC)
        for y in range(year - 12, year + 1)
        for month in (1, 4, 7, 10)
    ]
    return [(None, starts[0]), *pairwise(starts), (starts[-1], None)]


def moment(when: dt.datetime, zone: str = "Z") -> str:
    """A UTC moment as SOQL writes it: unquoted, whole seconds."""
    return when.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S") + zone


def _where(condition: str) -> str:
    return f" WHERE {condition}" if condition else ""
