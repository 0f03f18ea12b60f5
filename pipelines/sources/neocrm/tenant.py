"""Asking one tenant: XOQL by scroll or by id, counts, sums, descriptions, lists, field history.

Add here: another reading resource. Keep out: which objects are read and why (`objects.py`,
`reading.py`). The older interfaces (v1, v2 SQL) and writing ones are not on the list of paths.

Assumption: how long a scroll's locator lives and what it does when rows change meanwhile is not
known. So the rows of every scroll are compared with the tenant's own count, and what differs is
read once more by id, which cannot lose a row.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pipelines.configuration.sources import Source
from pipelines.failures import TransientFailure
from pipelines.language import text
from pipelines.sources.http import (
    Limiter,
    LoginMemory,
    Rate,
    ReadOnlyClient,
    Refusal,
    Reply,
    RetryPolicy,
    TokenAuth,
)
from pipelines.sources.neocrm.answers import SERVER_FAULT, TOO_MANY_ROWS, judge
from pipelines.sources.neocrm.login import RENEWED_EARLY, fetch_token
from pipelines.sources.neocrm.options import Options
from pipelines.sources.records import PageGuard

_XOBJECTS = "/rest/data/v2.0/xobjects"
_STAGES = f"{_XOBJECTS}/stage/actions/getStageListByEntityTypeApiKey"
_HISTORY = "/rest/data/v2.0/logs/xobjectFieldHistory/actions/query"
_CURRENCIES = "/rest/metadata/v2.0/settings/systemSettings/currencies"
_FILTER = "/rest/metadata/v2.0/xobjects/filter"
_XOQL = "/rest/data/v2.0/query/xoql"
_SCROLL = "/rest/data/v2.0/query/xoqlScroll"
# Everything this connector may ever send; the POSTs are queries.
ALLOWED = (
    ("POST", r"/rest/data/v2\.0/query/xoql(Scroll)?"),
    ("GET", r"/rest/data/v2\.0/xobjects/\w+/(description|busiType)"),
    ("POST", _STAGES.replace(".", r"\.")),
    ("POST", _HISTORY.replace(".", r"\.")),
    ("GET", _CURRENCIES.replace(".", r"\.")),
    ("GET", _FILTER.replace(".", r"\.")),
)
HOSTS = ("*.xiaoshouyi.com",)
_CODE = (str, int)
_NOTHING = type(None)
_PAGE = {"code": _CODE, "data": (dict, _NOTHING)}
_USUAL_RETRY = RetryPolicy(tries=8, base=1.5, cap=60.0)
_SHRINKS = 5


class BrokenScroll(Exception):
    """A scroll that goes round in a circle; the query has to be read by id."""


@dataclass(frozen=True)
class Described:
    """What the integration user sees of an object: API key -> type, and the entries of picklists."""

    fields: dict[str, str]
    entries: dict[str, list[dict[str, Any]]]

    @property
    def own(self) -> set[str]:
        """Fields that the company has added."""
        return {
            key for key in self.fields if key.endswith("__c") or key.startswith(("custom", "dbc"))
        }


class _Size:
    """The rows asked for per page; smaller after the tenant has refused or failed."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def shrink(self) -> None:
        self.rows = max(1, self.rows // 2)


class Tenant:
    """One tenant, by one client. All methods raise `PermanentFailure` or `TransientFailure`."""

    def __init__(
        self,
        source: Source,
        options: Options,
        *,
        retry: RetryPolicy | None = None,
        memory: LoginMemory | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name, self.options = source.name, options
        self._retry, self._sleep = retry or _USUAL_RETRY, sleep
        self.auth = TokenAuth(
            fetch_token(source, options, self._retry), early=RENEWED_EARLY, memory=memory
        )
        self.client = ReadOnlyClient(
            source.base_url or "",
            name=source.name,
            allowed=ALLOWED,
            hosts=HOSTS,
            auth=self.auth,
            private=options.private_network,
            limiter=Limiter(Rate(options.requests_per_second, 1.0)),
            retry=self._retry,
            judge=judge,
            headers={"xsy-criteria": "10"} if options.admin_criteria else None,
        )

    # Queries ----------------------------------------------------------------------------------

    def query(self, statement: str, what: str) -> list[dict[str, Any]]:
        """Records of one XOQL statement that fits one page."""
        # Its limit stands in the statement, so there is no smaller page to be asked for.
        reply = self._sized(_XOQL, {"xoql": statement}, None, what)
        return _records(reply)

    def count(self, source: str, where: str) -> int:
        """How many records the tenant counts itself."""
        records = self.query(f"select count(id) cnt from {source}{_where(where)}", source)
        return int(records[0].get("cnt") or 0) if records else 0

    def total(self, source: str, field: str, where: str) -> Decimal | None:
        """The tenant's own sum of a field; None if there is nothing to sum."""
        statement = f"select sum({field}) amt from {source}{_where(where)}"
        records = self.query(statement, source)
        value = records[0].get("amt") if records else None
        return None if value in (None, "") else Decimal(str(value))

    def scroll(self, select: str, source: str, where: str) -> Iterator[list[dict[str, Any]]]:
        """Pages of a query by the tenant's cursor. Raises `BrokenScroll` if it does not advance."""
        size, locator, seen = _Size(self.options.scroll_size), "", set()
        statement = f"{select} from {source}{_where(where)}"
        while True:
            reply = self._sized(_SCROLL, {"xoql": statement, "queryLocator": locator}, size, source)
            yield _records(reply)
            # Beside `data`, not inside it.
            locator = str(reply.json.get("queryLocator") or "")
            if not locator:
                return
            if locator in seen:
                raise BrokenScroll
            seen.add(locator)

    def by_id(self, select: str, source: str, where: str) -> Iterator[list[dict[str, Any]]]:
        """Pages of a query in the order of ids, each beginning behind the last id of the one before.

        Only an empty page ends it, since a server may give fewer rows than it was asked for.
        """
        size, last = _Size(self.options.page_size), ""
        guard: PageGuard[str] = PageGuard(text("sources.pages.of", object=source, source=self.name))
        while True:
            behind = f"id > {literal(last)}" if last else ""
            condition = " and ".join(part for part in (where, behind) if part)
            guard.marker(last)
            rest = f"{_where(condition)} order by id limit 0,"
            form = {"xoql": f"{select} from {source}{rest}"}
            records = _records(self._sized(_XOQL, form, size, source))
            if not records:
                return
            last = str(records[-1].get("id") or "")
            yield records
            if not last:
                return

    def ids(self, source: str, where: str) -> list[str]:
        """All ids of a query."""
        pages = self.by_id("select id", source, where)
        return [str(record["id"]) for page in pages for record in page]

    def _sized(self, path: str, form: dict[str, str], size: _Size | None, what: str) -> Reply:
        """One page; asked for again with fewer rows if there were too many, or the server broke."""
        tried = text("sources.fxiaoke.could_not_read", what=what, source=self.name)
        failures = 0
        while True:
            sent = dict(form)
            if size and path == _SCROLL:
                sent["batchCount"] = str(size.rows)
            elif size:
                sent["xoql"] += str(size.rows)
            try:
                return self.client.post_form(path, sent, expect=_PAGE, authorised=True, tried=tried)
            except Refusal as refusal:
                if refusal.code == TOO_MANY_ROWS and size and size.rows > 1:
                    size.shrink()
                    continue
                if refusal.code != SERVER_FAULT:
                    raise
                failures += 1
                if failures > _SHRINKS:
                    raise TransientFailure(
                        tried,
                        where=refusal.where,
                        cause=text(
                            "sources.neocrm.again_again_ever_smaller_pages", cause=refusal.cause
                        ),
                        next_step=text("sources.neocrm.run_again_later"),
                    ) from None
                if size:
                    size.shrink()
                self._sleep(self._retry.wait(failures))

    # What the tenant is like ------------------------------------------------------------------

    def describe(self, name: str) -> Described | None:
        """Fields that can be selected, or None if the tenant or the user has not the object."""
        try:
            reply = self.client.get_json(
                f"{_XOBJECTS}/{name}/description",
                expect={"code": _CODE, "data": dict},
                tried=text("sources.could_not_look_at", name=name, source=self.name),
            )
        except Refusal as refusal:
            if refusal.status == 200 or refusal.status == 404:
                return None
            raise
        fields, entries = {}, {}
        for item in reply.json["data"].get("fields") or []:
            if item.get("enabled") is False or not item.get("apiKey"):
                continue
            fields[item["apiKey"]] = str(item.get("type") or item.get("itemType") or "")
            if item.get("selectitem"):
                entries[item["apiKey"]] = item["selectitem"]
        return Described(fields, entries) if fields else None

    def busi_types(self, name: str) -> list[dict[str, Any]]:
        """Record types (业务类型) of an object: id, label, apiKey."""
        reply = self.client.get_json(
            f"{_XOBJECTS}/{name}/busiType",
            expect=_PAGE,
            tried=text("sources.could_not_list_types", name=name),
        )
        return _records(reply)

    def stages(self, busi_type: str) -> list[dict[str, Any]]:
        """Sales stages of one record type of opportunities."""
        reply = self.client.post_json(
            _STAGES,
            {"data": {"entityTypeApiKey": busi_type}},
            expect={"code": _CODE, "data": (list, _NOTHING)},
            tried=text("sources.could_not_list_stages", busi_type=busi_type),
        )
        return reply.json["data"] or []

    def xobjects(self) -> list[dict[str, Any]]:
        """All objects: objectId, apiKey, label."""
        reply = self.client.get_json(
            _FILTER, expect=_PAGE, tried=text("sources.could_not_list_objects")
        )
        return _records(reply)

    def currencies(self) -> list[dict[str, Any]]:
        reply = self.client.get_json(
            _CURRENCIES, expect=_PAGE, tried=text("sources.could_not_list_currencies")
        )
        return _records(reply)

    def history_page(self, item: str, start: int, end: int, page: int) -> dict[str, Any]:
        """One page of the changes of a field of opportunities, both bounds (ms) inclusive."""
        reply = self.client.post_json(
            _HISTORY,
            {
                "pageNum": page,
                "objectApiKey": "opportunity",
                "itemApiKey": item,
                "startTime": start,
                "endTime": end,
            },
            expect={"code": _CODE, "result": (dict, _NOTHING)},
            tried=text("sources.could_not_read_changes", item=item, source=self.name),
        )
        return reply.json["result"] or {}


def _records(reply: Reply) -> list[dict[str, Any]]:
    return (reply.json["data"] or {}).get("records") or []


def _where(condition: str) -> str:
    return f" where {condition}" if condition else ""


def literal(value: str) -> str:
    """An id as it stands in a condition."""
    return value if value.isdigit() else "'" + value.replace("'", "''") + "'"
