"""Asking one tenant: the list of objects, descriptions, pages by id, counts, the list of employees.

Add here: another reading resource. Keep out: which objects are read and why (`objects.py`,
`reading.py`). Paths that write (`/data/create`, `/data/invalid` ...) are not on the list.

Pages are never asked for by offset: it ends at 10,000, and rows move while one reads. Each page begins
behind the last `_id` of the one before, in the server's own order of ids.

Assumptions: an exact count comes with `returnTotalNum: 1`; a tenant that answers 0 while it has
rows does not count at all. `object/describe` takes the API name inside `data`; where it refuses
that, it is asked once more in the older way, on top. Which code a missing right has is not known, so
a refusal that does not concern the whole source is taken for one, and its code is shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipelines.configuration.sources import Source
from pipelines.failures import PermanentFailure
from pipelines.language import Said, text
from pipelines.sources.fxiaoke.answers import CODE, STOPPING, judge
from pipelines.sources.fxiaoke.login import RENEWED_EARLY, TOKEN, fetch_token, place_token
from pipelines.sources.fxiaoke.objects import KEY
from pipelines.sources.fxiaoke.options import Options
from pipelines.sources.fxiaoke.selection import Described
from pipelines.sources.http import (
    Limiter,
    LoginMemory,
    Rate,
    ReadOnlyClient,
    Refusal,
    RetryPolicy,
    TokenAuth,
)
from pipelines.sources.records import PageGuard

_LIST, _DESCRIBE, _USERS = (
    "/cgi/crm/v2/object/list",
    "/cgi/crm/v2/object/describe",
    "/cgi/user/list",
)
# Everything this connector may ever send; all of it reads, though all of it is POST.
ALLOWED = (
    ("POST", TOKEN.replace(".", r"\.")),
    ("POST", _LIST),
    ("POST", _DESCRIBE),
    ("POST", r"/cgi/crm/(custom/)?v2/data/query"),
    ("POST", _USERS),
)
Filter = dict[str, Any]
_ROOT_DEPARTMENT = 999999
# A token that dies more often than this within a run is fought over by another program.
_MOST_LOGINS = 8


def query_path(name: str) -> str:
    """The address of an object's data: own objects have one of their own."""
    return f"/cgi/crm/{'custom/' if name.endswith('__c') else ''}v2/data/query"


def condition(field: str, operator: str, *values: str) -> Filter:
    """One filter; several are joined by and."""
    return {"field_name": field, "field_values": list(values), "operator": operator}


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
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self.options = source.name, options
        self.auth = TokenAuth(
            fetch_token(source),
            place=place_token(options.user_id),
            early=RENEWED_EARLY,
            most_logins=_MOST_LOGINS,
            memory=memory,
            clock=clock,
        )
        # The limit is per address, but nearly all calls go to one; one window for all is simpler.
        limiter = Limiter(
            Rate(options.calls_per_20_seconds, 20.0),
            Rate(options.day_call_budget, 86_400.0),
            clock=clock,
            sleep=sleep,
        )
        self.client = ReadOnlyClient(
            source.base_url or "",
            name=source.name,
            allowed=ALLOWED,
            auth=self.auth,
            private=options.private_network,
            limiter=limiter,
            retry=retry or RetryPolicy(),
            judge=judge,
            clock=clock,
            sleep=sleep,
        )

    def _ask(self, path: str, body: dict[str, Any], tried: Said) -> dict[str, Any]:
        reply = self.client.post_json(path, body, expect={"errorCode": CODE}, tried=tried)
        content: dict[str, Any] = reply.json
        return content

    # What the tenant is like ------------------------------------------------------------------

    def objects(self) -> dict[str, bool] | None:
        """API name -> whether it is active; None if the list is refused."""
        try:
            content = self._ask(
                _LIST, {"data": {}}, text("sources.could_not_list_objects_of", source=self.name)
            )
        except Refusal as refusal:
            if refusal.code in STOPPING:
                raise
            return None
        listed = (content.get("data") or {}).get("objects") or []
        return {
            str(item.get("describeApiName")): item.get("isActive", True) is not False
            for item in listed
        }

    def describe(self, name: str) -> Described | Refusal:
        """The fields of an object that the acting employee sees, or the refusal."""
        tried = text("sources.could_not_look_at", name=name, source=self.name)
        try:
            body: dict[str, Any] = {"includeDetail": False, "data": {"apiName": name}}
            content = self._ask(_DESCRIBE, body, tried)
        except Refusal as refusal:
            if refusal.code in STOPPING:
                raise
            try:
                content = self._ask(_DESCRIBE, {"includeDetail": True, "apiName": name}, tried)
            except Refusal as second:
                if second.code in STOPPING:
                    raise
                return refusal
        fields = ((content.get("data") or {}).get("describe") or {}).get("fields")
        listed = fields.values() if isinstance(fields, dict) else fields
        if not listed:
            raise self._changed(name, _DESCRIBE, text("sources.fxiaoke.description_without_fields"))
        active = [f for f in listed if f.get("api_name") and f.get("is_active", True) is not False]
        return Described(
            {f["api_name"]: str(f.get("type") or "") for f in active},
            {f["api_name"]: str(f.get("label") or "") for f in active},
            {
                # Options of record types have an API name for a value.
                f["api_name"]: {
                    str(o.get("value", o.get("api_name"))): str(o.get("label"))
                    for o in f["options"]
                }
                for f in active
                if f.get("options")
            },
        )

    # Records ----------------------------------------------------------------------------------

    def count(self, name: str, filters: list[Filter]) -> int | None:
        """How many records the tenant counts itself; None if it does not count."""
        data = self._page(name, [KEY], filters, limit=1, total=True)
        total = data.get("total")
        if isinstance(total, bool) or not isinstance(total, (int, str)):
            return None
        number = int(total)
        return None if number == 0 and data["dataList"] else number

    def first(
        self, name: str, keys: list[str], most: int, filters: list[Filter] | None = None
    ) -> list[dict[str, Any]]:
        """At most so many records, by the query that a load uses."""
        limit = min(most, self.options.page_size)
        data = self._page(name, keys, filters or [], limit=limit)
        records: list[dict[str, Any]] = data["dataList"]
        return records

    def pages(
        self, name: str, keys: list[str], filters: list[Filter], expected: int | None
    ) -> Iterator[list[dict[str, Any]]]:
        """All records of a query, in the order of their ids.

        An empty page ends it, or a short one by which all have come that the tenant had counted.
        An empty page before that, and a page that comes again, are asked for once more.
        """
        guard: PageGuard[str] = PageGuard(text("sources.pages.of", object=name, source=self.name))
        last, came, limit = "", 0, self.options.page_size
        while True:
            guard.marker(last)
            behind = [condition(KEY, "GT", last)] if last else []
            records: list[dict[str, Any]] = []
            for _ in range(2):
                records = self._page(name, keys, [*filters, *behind], limit=limit)["dataList"]
                odd = records[-1].get(KEY) == last if records else came < (expected or 0)
                if not odd:
                    break
            if not records:
                return
            if not records[-1].get(KEY):
                raise self._changed(
                    name, query_path(name), text("sources.fxiaoke.record_without", KEY=KEY)
                )
            last = str(records[-1][KEY])
            came += len(records)
            yield records
            if expected is not None and len(records) < limit and came >= expected:
                return

    def _page(
        self, name: str, keys: list[str], filters: list[Filter], *, limit: int, total: bool = False
    ) -> dict[str, Any]:
        content = self._ask(
            query_path(name),
            {
                "includeNull": False,
                "returnTotalNum": 1 if total else 3,
                "data": {
                    "dataObjectApiName": name,
                    "find_explicit_total_num": total,
                    "search_query_info": {
                        "limit": limit,
                        "offset": 0,
                        "filters": filters,
                        "orders": [{"fieldName": KEY, "isAsc": True}],
                        "fieldProjection": keys,
                    },
                },
            },
            text("sources.could_not_read_object", name=name, source=self.name),
        )
        data = content.get("data")
        # Some pages of the manual draw one record here; it must not pass for an empty list.
        if not isinstance(data, Mapping) or "dataList" not in data:
            cause = text("sources.fxiaoke.answer_without_data_datalist")
        elif data["dataList"] is not None and not (
            isinstance(data["dataList"], list)
            and all(isinstance(r, dict) for r in data["dataList"])
        ):
            cause = text("sources.fxiaoke.data_datalist_no_list_records")
        else:
            return {**data, "dataList": data["dataList"] or []}
        raise self._changed(name, query_path(name), cause)

    def _changed(self, what: str, where: str, cause: Said) -> PermanentFailure:
        return PermanentFailure(
            text("sources.fxiaoke.could_not_read", what=what, source=self.name),
            where=where,
            cause=cause,
            next_step=text("sources.see_whether_system_has_changed"),
        )

    def employees(self) -> list[dict[str, Any]]:
        """All employees of all departments, by the address book; stopped ones too."""
        body = {
            "departmentId": _ROOT_DEPARTMENT,
            "fetchChild": True,
            "showDepartmentIdsDetail": True,
        }
        listed = self._ask(
            _USERS, body, text("sources.could_not_list_employees", source=self.name)
        ).get("userList")
        if not isinstance(listed, list):
            raise self._changed(
                "the employees", _USERS, text("sources.fxiaoke.answer_without_userlist")
            )
        return listed
