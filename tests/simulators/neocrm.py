"""A 销售易 tenant on loopback: password grant, XOQL, scroll, descriptions, lists, log of changes.

Add here: how the tenant answers a resource. Keep out: what happens to its records
(`neocrm_tenant.py`) and the grammar of queries (`neocrm_xoql.py`).

Where the fact sheet says that something is not known, the tenant behaves in the worse way: a scroll
is a window over the living result, so rows that leave it let others slip by.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Callable
from typing import Any

from simulators.neocrm_schema import LABELS, RELATIONS, XOQL_NAMES
from simulators.neocrm_tenant import Tenant
from simulators.neocrm_xoql import Query, XoqlError, parse
from simulators.server import Request, Response, Simulator

_XOBJECT = re.compile(r"/rest/data/v2\.0/xobjects/(\w+)/(description|busiType)")
_STAGES = "/rest/data/v2.0/xobjects/stage/actions/getStageListByEntityTypeApiKey"
_HISTORY = "/rest/data/v2.0/logs/xobjectFieldHistory/actions/query"


class NeocrmSimulator(Simulator):
    """One tenant.

    Switches: `token_seconds` (life of a token by simulated time), `token_life` (requests until a
    token dies), `expiry_in_body` (a dead token answers 200 with a code), `throttled` (how many next
    data requests get 1020025), `broken` (how many get 290007), `scroll_cap` and `page_cap` (rows a
    page never exceeds), `largest_page` (more is refused with 290012), `locator_life` (pages until a
    locator is refused), `stuck` (a scroll repeats its first page), `number_ids`, `history_days`
    (longest window of the log), `no_history`, `on_page(simulator, number)` before each page.
    """

    admin = ("advance", "edit", "delete", "expire_tokens", "throttle", "fill")

    def __init__(self, clock: dt.datetime | None = None) -> None:
        super().__init__(clock)
        self.tenant = Tenant()
        self.client_id, self.client_secret = "sim-client-id", "sim-client-secret"
        self.username, self.password = "bot@example.com", "sim-password"
        self.security_token = "ABCD1234"
        self.api_base_url: str | None = None
        self.token_seconds, self.token_life = 7_200, 10**9
        self.expiry_in_body = False
        self.throttled = self.broken = 0
        self.scroll_cap, self.page_cap, self.largest_page = 2_000, 3_000, 3_000
        self.locator_life, self.stuck, self.number_ids = 10**9, False, False
        self.history_days, self.no_history, self.history_page = 400, False, 100
        self.on_page: Callable[[NeocrmSimulator, int], None] | None = None
        self._tokens: dict[str, tuple[int, dt.datetime]] = {}
        self._numbers, self._pages, self._answers = (itertools.count(1) for _ in range(3))

    # What tests and benchmarks do ---------------------------------------------------------------

    def put(self, name: str, record_id: str | None = None, /, **values: Any) -> str:
        """Create or edit a record at the simulated time; returns its id."""
        with self.lock:
            return self.tenant.put(name, self.clock, record_id, **values)

    def edit(self, object_name: str, values: dict[str, Any], record_id: str | None = None) -> str:
        """`put` for calls over HTTP."""
        return self.put(object_name, record_id, **values)

    def delete(self, name: str, record_id: str) -> None:
        with self.lock:
            self.tenant.delete(name, record_id)

    def expire_tokens(self) -> None:
        """Every token given out so far is dead."""
        self._tokens.clear()

    def throttle(self, times: int) -> None:
        """So many next data requests are too many."""
        self.throttled = times

    def fill(self, reps: int = 8, seed: int = 7) -> int:
        """Fill the tenant with the sample company; returns the number of records."""
        from simulators.company import sample_frames
        from simulators.neocrm_company import fill

        fill(self, sample_frames(reps, seed))
        return sum(len(table) for table in self.tenant.records.values())

    # Resources ----------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        if request.path == "/auc/oauth2/token":
            return self._login(request)
        refused = self._refused(request)
        if refused:
            return refused
        if self.throttled > 0:
            self.throttled -= 1
            return self._told("1020025", "user call frequency exceeded")
        if request.method == "POST" and request.path.startswith("/rest/data/v2.0/query/xoql"):
            if self.broken > 0:
                self.broken -= 1
                return self._told("290007", "internal server error")
            try:
                scrolled = request.path.endswith("Scroll")
                return self._scroll(request) if scrolled else self._xoql(request)
            except XoqlError as error:
                return self._told(error.code, str(error))
        if match := _XOBJECT.fullmatch(request.path):
            return self._xobject(match[1], match[2])
        if request.path == _STAGES:
            return self._stages(request)
        if request.path == _HISTORY:
            return self._history(request)
        if request.path == "/rest/metadata/v2.0/xobjects/filter":
            rows = [
                {"objectId": int(number), "apiKey": key, "label": LABELS.get(key, key)}
                for key, number in self.tenant.object_ids.items()
            ]
            return Response.of_json({"code": 0, "data": {"records": rows}})
        if request.path == "/rest/metadata/v2.0/settings/systemSettings/currencies":
            rows = [
                {"label": "人民币", "code": "1", "currencyCode": "CNY", "rate": 1},
                {"label": "美元", "code": "2", "currencyCode": "USD", "rate": "7.1"},
            ]
            return Response.of_json({"code": 0, "data": {"records": rows}})
        return Response.of_json({"error_code": "404", "message": "no such path"}, 404)

    def _login(self, request: Request) -> Response:
        form = request.form
        wanted = {
            "grant_type": "password",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "username": self.username,
            "password": self.password + self.security_token,
        }
        if request.method != "POST" or any(form.get(k) != v for k, v in wanted.items()):
            told = {"error": "invalid_grant", "error_description": "authentication failure"}
            return Response.of_json(told, 400)
        token = f"sim-secret-token-{next(self._numbers):06d}"
        ends = self.clock + dt.timedelta(seconds=self.token_seconds)
        self._tokens[token] = (self.token_life, ends)
        body = {
            "access_token": token,
            "refresh_token": f"sim-secret-refresh-{token[-6:]}",
            "token_type": "Bearer",
            "issued_at": str(round(self.clock.timestamp() * 1_000)),
            "expires_in": self.token_seconds,
        }
        if self.api_base_url:
            body["api_base_url"] = self.api_base_url
        return Response.of_json(body)

    def _refused(self, request: Request) -> Response | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        left, ends = self._tokens.get(token, (0, self.clock))
        if left > 0 and ends > self.clock:
            self._tokens[token] = (left - 1, ends)
            return None
        if self.expiry_in_body:
            return Response.of_json({"code": "20000002", "msg": "invalid access token"})
        return Response.of_json({"code": 401, "msg": "unauthorized"}, 401)

    def _told(self, code: str, text: str) -> Response:
        body = {"code": code, "msg": text, "errorInfo": None, "debugInfo": None, "data": None}
        return Response.of_json(body)

    def _success(self) -> str | int:
        # Sometimes a number, sometimes a text.
        return "200" if next(self._answers) % 2 else 200

    # Queries ------------------------------------------------------------------------------------

    def _found(self, text: str) -> tuple[str, Query, list[dict[str, Any]]]:
        query = parse(text)
        name = self.tenant.object_of(query.object)
        if name is None or name in self.tenant.closed:
            raise XoqlError("290008", f"entity [{query.object}] is not supported")
        if name in self.tenant.forbidden:
            raise XoqlError("290014", f"no rights on entity [{query.object}]")
        for path in [c.path for c in query.chosen] + [c[0] for c in query.conditions]:
            self._check(name, path)
        rows = [r for r in self.tenant.records[name].values() if query.holds(r)]
        # Without an order the server gives them as they were created.
        rows.sort(key=lambda r: int(r["id"]) if query.ordered else (r["createdAt"], r["id"]))
        return name, query, rows

    def _check(self, name: str, path: str) -> None:
        root, _, rest = path.partition(".")
        if root not in self.tenant.schema[name] or (name, root) in self.tenant.hidden:
            raise XoqlError("290003", f"no such column [{root}] on entity [{name}]")
        if rest:
            parent = RELATIONS.get(root)
            if parent is None or rest not in self.tenant.schema[parent]:
                raise XoqlError("290013", f"no such relation [{path}]")

    def _xoql(self, request: Request) -> Response:
        name, query, rows = self._found(request.form.get("xoql", ""))
        if query.aggregate:
            return self._page([_aggregate(query, rows)], 1)
        limit = self.page_cap if query.limit is None else query.limit
        if limit > self.largest_page:
            raise XoqlError("290012", "too many rows requested")
        if limit > 1 and self.on_page:
            self.on_page(self, next(self._pages))
            name, query, rows = self._found(request.form["xoql"])
        part = rows[query.offset : query.offset + min(limit, self.page_cap)]
        return self._page([self._row(name, query, row) for row in part], len(part))

    def _scroll(self, request: Request) -> Response:
        form = request.form
        if self.on_page:
            self.on_page(self, next(self._pages))
        name, query, rows = self._found(form.get("xoql", ""))
        size = int(form.get("batchCount") or 100)
        if size > self.largest_page:
            raise XoqlError("290012", "too many rows requested")
        number, _, start = (form.get("queryLocator") or "0-0").partition("-")
        if int(number) >= self.locator_life:
            raise XoqlError("290099", "the locator is not valid any more")
        first = 0 if self.stuck else int(start)
        part = rows[first : first + min(size, self.scroll_cap)]
        after = int(start) + len(part)
        more = after < len(rows)
        locator = f"{int(number) + 1}-{after}" if more else ""
        return self._page([self._row(name, query, row) for row in part], len(rows), locator)

    def _page(self, rows: list[dict[str, Any]], total: int, locator: str = "") -> Response:
        return Response.of_json(
            {
                "code": self._success(),
                "msg": "OK",
                "errorInfo": None,
                "debugInfo": None,
                "queryLocator": locator,
                "data": {"totalSize": total, "count": len(rows), "records": rows},
            }
        )

    def _row(self, name: str, query: Query, record: dict[str, Any]) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for item in query.chosen:
            root, _, rest = item.path.partition(".")
            kind, value = self.tenant.schema[name][root], record.get(root)
            if rest:
                parent = self.tenant.records[RELATIONS[root]].get(str(value), {})
                value, kind = parent.get(rest), "text"
            if value is None:
                # Both ways of saying nothing are seen.
                row[item.key] = "" if int(record["id"]) % 2 else None
            elif kind == "picklist":
                row[item.key] = [value]
            elif kind in ("id", "reference") and self.number_ids and str(value).isdigit():
                row[item.key] = int(value)
            else:
                row[item.key] = value
        return row

    # What the tenant is like --------------------------------------------------------------------

    def _xobject(self, name: str, what: str) -> Response:
        if name not in self.tenant.schema or name in self.tenant.forbidden:
            return self._told("1010001", "the object does not exist")
        if what == "busiType":
            rows = self.tenant.busi_types.get(name, [])
            return Response.of_json({"code": self._success(), "data": {"records": rows}})
        fields: list[dict[str, Any]] = [
            {"apiKey": key, "label": key, "type": kind, "enabled": True}
            for key, kind in self.tenant.schema[name].items()
            if (name, key) not in self.tenant.undescribed
        ]
        if name == "opportunity":
            entries = [
                {"value": int(details[0]), "label": stage}
                for stage, details in self.tenant.stages.items()
            ]
            for field in fields:
                if field["apiKey"] == "saleStageId":
                    field["selectitem"] = entries
        return Response.of_json(
            {"code": self._success(), "data": {"apiKey": name, "fields": fields}}
        )

    def _stages(self, request: Request) -> Response:
        wanted = request.json["data"]["entityTypeApiKey"]
        types = [item["apiKey"] for item in self.tenant.busi_types["opportunity"]]
        if wanted not in types:
            return self._told("1010002", "no such record type")
        rows = [
            {"id": int(number), "stageName": name, "percent": float(percent), "order": order}
            for name, (number, percent, order) in self.tenant.stages.items()
        ]
        return Response.of_json({"code": self._success(), "data": rows})

    def _history(self, request: Request) -> Response:
        asked = request.json
        if self.no_history:
            return Response.of_json({"code": "1020099", "msg": "not enabled", "result": None})
        span = asked["endTime"] - asked["startTime"]
        if span > self.history_days * 86_400_000:
            return Response.of_json({"code": "1", "msg": "window too long", "result": None})
        rows = [
            row
            for row in self.tenant.log
            if row["itemApiKey"] == asked["itemApiKey"]
            and asked["startTime"] <= row["createdAt"] <= asked["endTime"]
        ]
        size, start = self.history_page, (asked["pageNum"] - 1) * self.history_page
        pages = -(-len(rows) // size)
        return Response.of_json(
            {"code": "0", "result": {"pages": pages, "records": rows[start : start + size]}}
        )


def _aggregate(query: Query, rows: list[dict[str, Any]]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for item in query.chosen:
        values = [row[item.path] for row in rows if row.get(item.path) is not None]
        if item.function == "sum":
            values = [float(value) for value in values if str(value).replace(".", "").isdigit()]
        if item.function == "count":
            told[item.key] = len(values)
        else:
            told[item.key] = round(sum(values), 2) if values else None
    return told


def xoql_name(name: str) -> str:
    """What XOQL calls an object."""
    return XOQL_NAMES.get(name, name)
