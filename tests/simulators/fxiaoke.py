"""纷享销客 on loopback: token, object list, descriptions, queries, address book.

Add here: a behaviour of the system that a connector must cope with. Keep out: what a filter means
(`fxiaoke_filters.py`) and the sample company in its shape (`fxiaoke_company.py`).

As the system does: errors come with HTTP 200; the token endpoint gives the same token for 6600
seconds and takes ten calls a minute; 100 calls per 20 seconds and address; pages of at most 100, by
offsets that are multiples of the limit and end at 10,000; no total unless asked for; empty fields are
absent; numbers are text; people are lists; dates are milliseconds of midnight in Asia/Shanghai.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import deque
from collections.abc import Callable
from typing import Any

from simulators.fxiaoke_filters import holds
from simulators.server import Request, Response, Simulator

_OK = {"errorCode": 0, "errorMessage": "OK", "errorDescription": "success", "traceId": "E-O.1"}
_LISTS = {"owner", "created_by", "last_modified_by", "leader", "main_department", "parent_id"}
# What every object has, unless a tenant's own definition says otherwise.
_USUAL = {
    "create_time": "date_time",
    "last_modified_time": "date_time",
    "created_by": "employee",
    "last_modified_by": "employee",
    "life_status": "select_one",
    "is_deleted": "true_or_false",
    "name": "text",
}


class FxiaokeSimulator(Simulator):
    """One tenant. What nobody has confirmed is a switch: `invalid_shown`, whether queries show
    records in the recycle bin; `bin_is_edit`, whether going there and back moves the time of change;
    `counts`, whether totals are told; `fields_as_list`, how descriptions hold their fields.

    `forbidden` objects are refused, `hidden_rows` shows none of an object's rows, `hidden` fields
    (object, field) are neither described nor given. `on_page` is called before each page, with its
    number, and may change records; `short_page` is the most that a page holds whatever is asked.
    """

    admin = ("advance", "put", "change", "invalidate", "recover", "remove")

    def __init__(self, clock: dt.datetime | None = None) -> None:
        super().__init__(clock)
        self.secrets = {"appId": "FSAID_1", "appSecret": "sim-secret", "permanentCode": "sim-perm"}
        self.data: dict[str, dict[str, dict[str, Any]]] = {}
        self.fields: dict[str, dict[str, dict[str, Any]]] = {}
        self.inactive: set[str] = set()
        self.forbidden: set[str] = set()
        self.hidden_rows: set[str] = set()
        self.hidden: set[tuple[str, str]] = set()
        self.employees: list[dict[str, Any]] = []
        self.invalid_shown, self.counts, self.fields_as_list = False, True, False
        self.bin_is_edit = False
        self.on_page: Callable[[FxiaokeSimulator, int], None] | None = None
        self.short_page: int | None = None
        self.pages = 0
        self.refused: list[int | str] = []
        self.life, self.codes = 7_200, deque[int | str]()
        self.per_20_seconds, self.last_offset = 100, 10_000
        self._tokens: list[tuple[str, dt.datetime]] = []
        self._calls: dict[str, deque[dt.datetime]] = {}
        self._logins = deque[dt.datetime]()
        self._serial = itertools.count(1)

    # Admin ------------------------------------------------------------------------------------

    @property
    def now_ms(self) -> int:
        return round(self.clock.timestamp() * 1_000)

    def define(self, name: str, fields: dict[str, dict[str, Any]]) -> None:
        """An object with its fields: API name -> type, label, options."""
        self.fields[name] = {**{k: {"type": v} for k, v in _USUAL.items()}, **fields}
        self.data.setdefault(name, {})

    def put(self, api_name: str, id: str | None = None, **values: Any) -> str:
        """A new record; times are now unless given."""
        with self.lock:
            # Ids come in no order of time, and of two lengths.
            number = next(self._serial)
            key = (
                id or f"{number * 7_919_993 % 0xFFFFFFFF:08x}{number:0{16 if number % 2 else 24}x}"
            )
            self.data[api_name][key] = {
                "_id": key,
                "create_time": self.now_ms,
                "last_modified_time": self.now_ms,
                "life_status": "normal",
                "is_deleted": False,
                **values,
            }
            return key

    def change(self, api_name: str, id: str, **values: Any) -> None:
        with self.lock:
            self.data[api_name][id].update({"last_modified_time": self.now_ms, **values})

    def invalidate(self, api_name: str, id: str) -> None:
        """作废: into the recycle bin."""
        self._move(api_name, id, "invalid")

    def recover(self, api_name: str, id: str) -> None:
        """恢复: out of it."""
        self._move(api_name, id, "normal")

    def _move(self, api_name: str, id: str, life: str) -> None:
        with self.lock:
            self.data[api_name][id]["life_status"] = life
            if self.bin_is_edit:
                self.data[api_name][id]["last_modified_time"] = self.now_ms

    def remove(self, api_name: str, id: str) -> None:
        """删除: gone for good."""
        with self.lock:
            del self.data[api_name][id]

    @property
    def token(self) -> str:
        """The token that is given out now."""
        return self._tokens[-1][0]

    def end_tokens(self) -> None:
        """All tokens are dead; the next login gives a new one."""
        self._tokens.clear()

    # Answers ----------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        body = request.json or {}
        if request.path == "/oauth2.0/token":
            return self._login(body)
        if not request.query.get("thirdTraceId"):
            return self._refuse(1_001, "thirdTraceId is missing")
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not any(
            t == token and (self.clock - at).total_seconds() < self.life for t, at in self._tokens
        ):
            return self._refuse(20016, "accessToken is missing or expired")
        if request.headers.get("x-fs-ea") != "demo001" or not request.headers.get("x-fs-userid"):
            return self._refuse(20017, "corpId not found")
        if self.codes:
            return self._refuse(self.codes.popleft(), "told to fail")
        calls = self._calls.setdefault(request.path, deque())
        if self._too_many(calls, self.per_20_seconds, 20):
            return self._refuse(30004, "too many calls")
        if request.path == "/cgi/crm/v2/object/list":
            return Response.of_json({**_OK, "data": {"objects": self._listed()}})
        if request.path == "/cgi/crm/v2/object/describe":
            return self._describe((body.get("data") or {}).get("apiName"))
        if request.path == "/cgi/user/list":
            return Response.of_json({**_OK, "userList": self.employees})
        name = (body.get("data") or {}).get("dataObjectApiName", "")
        own = "custom/" if name.endswith("__c") else ""
        if request.path == f"/cgi/crm/{own}v2/data/query":
            return self._query(name, body)
        return Response.of_json({"error": "no such address"}, 404)

    def _refuse(self, code: int | str, text: str) -> Response:
        self.refused.append(code)
        told = {"errorCode": code, "errorMessage": text, "errorDescription": text}
        return Response.of_json({**told, "traceId": "E-O.2"})

    def _too_many(self, calls: deque[dt.datetime], most: int, seconds: int) -> bool:
        while calls and (self.clock - calls[0]).total_seconds() >= seconds:
            calls.popleft()
        calls.append(self.clock)
        return len(calls) > most

    def _login(self, body: dict[str, Any]) -> Response:
        if self._too_many(self._logins, 10, 60):
            return self._refuse(14001, "at most 10 logins a minute")
        if {k: body.get(k) for k in self.secrets} != self.secrets:
            return self._refuse(
                10006, f"the parameter appSecret {body.get('appSecret')} is illegal"
            )
        age = (self.clock - self._tokens[-1][1]).total_seconds() if self._tokens else 9_999
        # The last token is given again; for its last ten minutes a new one, beside the old.
        if age >= min(6_600, self.life):
            self._tokens.append((f"token-of-the-simulator-{next(self._serial)}", self.clock))
            age = 0
        left = max(1, int(self.life - age))
        return Response.of_json(
            {**_OK, "accessToken": self._tokens[-1][0], "expiresIn": left, "ea": "demo001"}
        )

    def _listed(self) -> list[dict[str, Any]]:
        hidden = {"GoalValueObj"}  # not in the list, though it can be described
        return [
            {"describeApiName": name, "isActive": name not in self.inactive}
            for name in self.fields
            if name not in hidden
        ]

    def _describe(self, name: str | None) -> Response:
        if name not in self.fields or name in self.forbidden:
            return self._refuse(32_000, f"没有{name}权限")
        fields = {
            key: {"api_name": key, "label": key, "is_active": True, **shape}
            for key, shape in self.fields[name].items()
            if (name, key) not in self.hidden
        }
        given: Any = list(fields.values()) if self.fields_as_list else fields
        return Response.of_json({**_OK, "data": {"describe": {"api_name": name, "fields": given}}})

    def _query(self, name: str, body: dict[str, Any]) -> Response:
        if name not in self.data or name in self.forbidden:
            return self._refuse(32_000, "无此操作的数据权限")
        asked = body["data"]["search_query_info"]
        limit, offset = asked["limit"], asked["offset"]
        if offset > self.last_offset:
            return self._refuse(10013, f"offset out of range {self.last_offset}")
        if not 0 < limit <= 100 or offset % limit:
            return self._refuse(1_002, "limit is at most 100, offset a multiple of it")
        if asked["orders"] != [{"fieldName": "_id", "isAsc": True}]:
            return self._refuse(1_002, "this simulator sorts by _id only")
        exact = body.get("returnTotalNum") == 1
        if not exact:
            self.pages += 1
            if self.on_page:
                self.on_page(self, self.pages)
        rows = [] if name in self.hidden_rows else self._matching(name, asked["filters"])
        page = rows[offset : offset + min(limit, self.short_page or limit)]
        data = {
            "total": len(rows) if exact and self.counts else 0,
            "offset": offset,
            "limit": limit,
            "dataList": [self._shown(name, row, asked["fieldProjection"]) for row in page],
        }
        return Response.of_json({**_OK, "data": data})

    def _matching(self, name: str, filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
        rows = [
            row
            for row in self.data[name].values()
            if (self.invalid_shown or row.get("life_status") != "invalid")
            and all(holds(row, condition) for condition in filters)
        ]
        return sorted(rows, key=lambda row: row["_id"])

    def _shown(self, name: str, row: dict[str, Any], keys: list[str]) -> dict[str, Any]:
        shown: dict[str, Any] = {"_id": row["_id"]}
        for key in keys:
            value = row.get(key)
            if value in (None, "", []) or (name, key) in self.hidden:
                continue
            shape = self.fields[name].get(key, {})
            shown[key] = [value] if key in _LISTS and not isinstance(value, list) else value
            kind = shape.get("type", "")
            if kind == "employee":
                # With phone and mail, which nobody wants in a raw table.
                shown[f"{key}__r"] = {"id": value, "name": "某人", "phone": "13800000000"}
            elif kind == "object_reference":
                shown[f"{key}__r"] = f"name of {value}"
            elif kind == "select_one" and shape.get("labelled"):
                shown[f"{key}__r"] = next(
                    (o["label"] for o in shape["options"] if o["value"] == value), value
                )
        return shown
