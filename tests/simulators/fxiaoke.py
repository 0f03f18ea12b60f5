"""纷享销客 on loopback: token, object list, descriptions, queries, address book.

Add here: a behaviour of the system that a connector must cope with. Keep out: the sample company in
its shape (`fxiaoke_company.py`).

As the system does: errors come with HTTP 200; the token endpoint gives the same token for 6600
seconds; 100 calls per 20 seconds and address; empty fields are absent; numbers are text; people are
lists; dates are milliseconds of midnight in Asia/Shanghai; offsets end at 10,000.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import deque
from typing import Any

from simulators.server import Request, Response, Simulator

_OK = {"errorCode": 0, "errorMessage": "OK", "errorDescription": "success", "traceId": "E-O.1"}
_PERSON = {"owner", "created_by", "last_modified_by", "leader", "main_department", "parent_id"}


class FxiaokeSimulator(Simulator):
    """One tenant. `invalid_shown`: whether queries show records in the recycle bin."""

    admin = ("advance", "put", "change", "invalidate", "recover", "remove")

    def __init__(self, clock: dt.datetime | None = None) -> None:
        super().__init__(clock)
        self.secrets = {"appId": "FSAID_1", "appSecret": "sim-secret", "permanentCode": "sim-perm"}
        self.data: dict[str, dict[str, dict[str, Any]]] = {}
        self.fields: dict[str, dict[str, dict[str, Any]]] = {}
        self.inactive: set[str] = set()
        self.forbidden: set[str] = set()
        self.employees: list[dict[str, Any]] = []
        self.invalid_shown, self.counts, self.fields_as_list = False, True, False
        self.life, self.codes = 7_200, deque[int]()
        self.per_20_seconds = 100
        self._tokens: list[tuple[str, dt.datetime]] = []
        self._calls: dict[str, deque[dt.datetime]] = {}
        self._serial = itertools.count(1)

    # Admin ------------------------------------------------------------------------------------

    @property
    def now_ms(self) -> int:
        return round(self.clock.timestamp() * 1_000)

    def define(self, name: str, fields: dict[str, dict[str, Any]]) -> None:
        """An object with its fields: API name -> type, label, options."""
        usual = {
            "create_time": "date_time",
            "last_modified_time": "date_time",
            "created_by": "employee",
            "last_modified_by": "employee",
            "life_status": "select_one",
            "is_deleted": "true_or_false",
            "name": "text",
        }
        self.fields[name] = {**{k: {"type": v} for k, v in usual.items()}, **fields}
        self.data.setdefault(name, {})

    def put(self, name: str, id: str | None = None, **values: Any) -> str:
        """A new record; times are now unless given."""
        with self.lock:
            key = id or f"{next(self._serial) * 7919 % 0xFFFFFF:024x}"
            self.data[name][key] = {
                "_id": key,
                "create_time": self.now_ms,
                "last_modified_time": self.now_ms,
                "life_status": "normal",
                "is_deleted": False,
                **values,
            }
            return key

    def change(self, name: str, id: str, **values: Any) -> None:
        with self.lock:
            self.data[name][id].update({"last_modified_time": self.now_ms, **values})

    def invalidate(self, name: str, id: str) -> None:
        """作废: into the recycle bin; whether that is an edit nobody says, so it is none."""
        with self.lock:
            self.data[name][id]["life_status"] = "invalid"

    def recover(self, name: str, id: str) -> None:
        self.change(name, id, life_status="normal")

    def remove(self, name: str, id: str) -> None:
        """删除: gone for good."""
        with self.lock:
            del self.data[name][id]

    def end_tokens(self) -> None:
        """All tokens are dead; the next login gives a new one."""
        self._tokens.clear()

    # Answers ----------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        body = request.json or {}
        if request.path == "/oauth2.0/token":
            return self._login(body)
        if not request.query.get("thirdTraceId"):
            return _error(1_001, "thirdTraceId is missing")
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not any(
            t == token and (self.clock - at).total_seconds() < self.life for t, at in self._tokens
        ):
            return _error(20016, "accessToken is missing or expired")
        if request.headers.get("x-fs-ea") != "demo001" or not request.headers.get("x-fs-userid"):
            return _error(20017, "corpId not found")
        if self.codes:
            return _error(self.codes.popleft(), "told to fail")
        calls = self._calls.setdefault(request.path, deque())
        while calls and (self.clock - calls[0]).total_seconds() >= 20:
            calls.popleft()
        calls.append(self.clock)
        if len(calls) > self.per_20_seconds:
            return _error(30004, "too many calls")
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

    def _login(self, body: dict[str, Any]) -> Response:
        if {k: body.get(k) for k in self.secrets} != self.secrets:
            return _error(10006, f"the parameter appSecret {body.get('appSecret')} is illegal")
        age = (self.clock - self._tokens[-1][1]).total_seconds() if self._tokens else 9_999
        if age >= min(6_600, self.life):
            self._tokens.append((f"token-of-the-simulator-{next(self._serial)}", self.clock))
            age = 0
        left = max(1, int(7_200 - age))
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
            return _error(32_000, f"没有{name}权限")
        fields = {
            key: {"api_name": key, "label": key, "is_active": True, **shape}
            for key, shape in self.fields[name].items()
        }
        given: Any = list(fields.values()) if self.fields_as_list else fields
        return Response.of_json({**_OK, "data": {"describe": {"api_name": name, "fields": given}}})

    def _query(self, name: str, body: dict[str, Any]) -> Response:
        if name not in self.data or name in self.forbidden:
            return _error(32_000, "无此操作的数据权限")
        asked = body["data"]["search_query_info"]
        limit, offset = asked["limit"], asked["offset"]
        if offset > 10_000:
            return _error(10013, "offset out of range 10000")
        if (
            limit > 100
            or offset % limit
            or asked["orders"] != [{"fieldName": "_id", "isAsc": True}]
        ):
            return _error(1_002, "parameter error")
        rows = [
            row
            for row in self.data[name].values()
            if (self.invalid_shown or row["life_status"] != "invalid")
            and all(_holds(row, f) for f in asked["filters"])
        ]
        rows.sort(key=lambda row: row["_id"])
        exact = body.get("returnTotalNum") == 1 and self.counts
        page = [
            self._shown(name, r, asked["fieldProjection"]) for r in rows[offset : offset + limit]
        ]
        data = {"total": len(rows) if exact else 0, "offset": offset, "limit": limit}
        return Response.of_json({**_OK, "data": {**data, "dataList": page}})

    def _shown(self, name: str, row: dict[str, Any], keys: list[str]) -> dict[str, Any]:
        shown: dict[str, Any] = {"_id": row["_id"]}
        for key in keys:
            value = row.get(key)
            if value in (None, "", []):
                continue
            shape = self.fields[name].get(key, {})
            shown[key] = [value] if key in _PERSON and not isinstance(value, list) else value
            if shape.get("type") == "employee":
                shown[f"{key}__r"] = {"id": value, "name": "某人", "phone": "13800000000"}
        return shown


def _holds(row: dict[str, Any], condition: dict[str, Any]) -> bool:
    value, wanted = row.get(condition["field_name"]), condition["field_values"][0]
    if isinstance(value, int):
        wanted = int(wanted)
    if value is None:
        return False
    return bool(
        {"GT": value > wanted, "GTE": value >= wanted, "LT": value < wanted, "EQ": value == wanted}[
            condition["operator"]
        ]
    )


def _error(code: int, text: str) -> Response:
    return Response.of_json(
        {"errorCode": code, "errorMessage": text, "errorDescription": text, "traceId": "E-O.2"}
    )
