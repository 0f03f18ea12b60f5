"""A simulated Kingdee Cloud Galaxy site: WebAPI logins, bill queries, errors with HTTP 200.

Add here: how the site behaves. Keep out: its filters (`kingdee_filters.py`), its forms
(`kingdee_forms.py`) and the sample company in it (`kingdee_company.py`).

It answers as the real one: rows without names or a total, pages cut silently at `cap`, `TopRowCount`
as the last row, no order unless asked for, header cells repeated for each entry, times of its own
clock without offset, `FModifyDate` empty until the first edit, a lost session as a row.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import random
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from simulators.kingdee_filters import FilterFault, holds, ordered
from simulators.kingdee_forms import HEAD, SimulatedForm, forms, info
from simulators.server import Request, Response, Simulator

_PREFIX = "Kingdee.BOS.WebApi.ServicesStub."
_SITE_KEY = b"0054f397c6234378b09ca7d3e5debce7"
_WRITES = ("Save", "Submit", "Audit", "Delete", "Push", "BatchSave", "UnAudit")
_MOST_FAILED_LOGINS = 5


class KingdeeSimulator(Simulator):
    """One site. `calls_per_session`: a session is lost after so many calls (None: never)."""

    admin = ("advance", "put", "edit", "delete", "expire", "add_field", "remove_field")

    def __init__(
        self,
        clock: dt.datetime | None = None,
        *,
        cap: int = 2000,
        calls_per_session: int | None = None,
        zone: str = "Asia/Shanghai",
        seed: int = 1,
    ) -> None:
        super().__init__(clock)
        self.cap, self.calls_per_session, self.zone = cap, calls_per_session, zone
        self.acct_id, self.user_name = "60a1b2c3d4e5f6", "bi_reader"
        self.app_id = "123456_AbCdEfGhIjKlMnOpQrStUvWxYz012345"
        self.app_secret = "0123456789abcdef0123456789abcdef"
        self.users = {"bi_reader"}  # on the application's list
        self.forms = forms()
        self.plain_types = False  # Content-Type text/html for JSON, as some sites have it
        self._sessions: dict[str, int] = {}
        self._random = random.Random(seed)
        self._failed = 0
        self._next_id = 100_001

    @property
    def base_url(self) -> str:
        """What belongs into sources.yml."""
        return f"{self.url}/k3cloud/"

    # Admin surface ----------------------------------------------------------------------------

    def now(self) -> str:
        """The server's wall clock as it writes it."""
        local = self.clock.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)
        return local.isoformat(timespec="milliseconds")

    def put(self, form: str, record: Mapping[str, Any], *, dated: bool = True) -> int:
        """Add a record; its key is given unless it has one. `dated` sets its date of creation."""
        with self.lock:
            target = self.forms[form]
            number = int(record.get(target.key) or self._next_id)
            self._next_id = max(self._next_id, number + 1)
            whole = {
                **dict.fromkeys(
                    k for k, (e, _) in target.fields.items() if self._is_head(target, e)
                ),
                **record,
            }
            whole[target.key] = number
            create = next((k for k in target.fields if k.upper() == "FCREATEDATE"), None)
            if dated and create and whole.get(create) is None:
                whole[create] = self.now()
            for entry in target.entries:
                whole[entry] = self._numbered(whole.get(entry) or [])
            target.records[number] = whole
            return number

    def edit(
        self, form: str, number: int, changes: Mapping[str, Any], *, touch: bool = True
    ) -> None:
        """Change a record; without `touch` no date tells it, as for write-backs."""
        with self.lock:
            target = self.forms[form]
            record = {**target.records[number], **changes}
            for entry in target.entries:
                record[entry] = self._numbered(record[entry])
            if touch and "FModifyDate" in target.fields:
                record["FModifyDate"] = self.now()
            target.records[number] = record

    def delete(self, form: str, number: int) -> None:
        """Delete a record; nothing tells that it was there."""
        with self.lock:
            del self.forms[form].records[number]

    def expire(self) -> None:
        """End all sessions."""
        with self.lock:
            self._sessions.clear()

    def add_field(self, form: str, key: str, label: str = "") -> None:
        with self.lock:
            self.forms[form].fields[key] = (HEAD, label or key)
            for record in self.forms[form].records.values():
                record.setdefault(key, None)

    def remove_field(self, form: str, key: str) -> None:
        with self.lock:
            del self.forms[form].fields[key]

    def _is_head(self, form: SimulatedForm, entry: str) -> bool:
        return entry not in form.entries

    def _numbered(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        numbered = []
        for position, row in enumerate(rows, 1):
            number = row.get("FEntryId")
            if number is None:
                number, self._next_id = self._next_id, self._next_id + 1
            numbered.append({**row, "FEntryId": number, "FSeq": position})
        return numbered

    # Answers ----------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        root = "/k3cloud/"
        if not request.path.lower().startswith(root) or not request.path.endswith(".common.kdsvc"):
            return Response(
                404, b"<html><title>404 - IIS</title></html>", {"Content-Type": "text/html"}
            )
        name = request.path[len(root) :].removesuffix(".common.kdsvc")
        if name.startswith(_PREFIX + "AuthService."):
            return self._login(name.rpartition(".")[2], request)
        service = name.removeprefix(_PREFIX + "DynamicFormService.")
        if service in _WRITES:
            raise AssertionError(f"a reader called {service}")
        refused = self._session_fault(request)
        if refused:
            return self._json(refused)
        try:
            data = _data_of(request)
            form = self._form(data["FormId"])
            if service == "QueryBusinessInfo":
                status = {"IsSuccess": True, "Errors": [], "MsgCode": 0}
                return self._json(
                    {"Result": {"ResponseStatus": status, "NeedReturnData": info(form)}}
                )
            if service in ("ExecuteBillQuery", "BillQuery"):
                return self._json(self._query(form, data, named=service == "BillQuery"))
        except _Refused as refused_by:
            return self._json([[error(refused_by.code, str(refused_by))]])
        return Response(
            404, b"<html><title>404 - IIS</title></html>", {"Content-Type": "text/html"}
        )

    def _json(self, content: Any) -> Response:
        kind = "text/html; charset=utf-8" if self.plain_types else "application/json; charset=utf-8"
        return Response.of_json(content, headers={"Content-Type": kind})

    def _form(self, form_id: str) -> SimulatedForm:
        form = self.forms.get(form_id)
        if form is None or form.hidden:
            raise _Refused(10, f"标识为“{form_id}”的业务对象不存在，或者被删除")
        if form.forbidden:
            raise _Refused(2, f"您没有“{form_id}”的查询权限")
        return form

    # Logging in -------------------------------------------------------------------------------

    def _login(self, name: str, request: Request) -> Response:
        body = request.json
        given = body.get("parameters")
        if given is None:
            names = ("acctId", "username", "appId", "appSecret", "lcid")
            given = [body.get(key) for key in names]
        acct, user, app, *rest = given
        if self._failed >= _MOST_FAILED_LOGINS:
            return self._json(_no_login("登录次数超限，请30分钟后再试", "", 0))
        if name == "LoginBySign":
            timestamp, signature = rest[0], rest[1]
            united = "".join(sorted([acct, user, app, self.app_secret, timestamp]))
            right = hashlib.sha256(united.encode()).hexdigest() == signature
        else:
            right = name == "LoginByAppSecret" and rest[0] == self.app_secret
        if not right or app != self.app_id or acct != self.acct_id:
            self._failed += 1
            return self._json(_no_login("应用ID或签名错误", "002005000003016", 0))
        if user not in self.users:
            self._failed += 1
            told = f"第三方应用：BI 不允许用户{user}登录，请联系系统管理员添加！"
            return self._json(_no_login(told, "", 2))
        session = f"{self._random.getrandbits(128):032x}"
        self._sessions[session] = 0
        offset = self.clock.astimezone(ZoneInfo(self.zone)).utcoffset()
        assert offset is not None
        content = {
            "Message": None,
            "MessageCode": "",
            "LoginResultType": 1,
            "KDSVCSessionId": session,
            "Context": {
                "UserId": 100201,
                "UserName": user,
                "DataCenterName": "示例账套",
                "CurrentOrganizationInfo": {"ID": 1, "Name": "示例公司"},
                "STimeZone": {
                    "OffsetTicks": int(offset.total_seconds()) * 10_000_000,
                    "StandardName": "",
                },
            },
            "Lcid": 2052,
            "IsSuccessByAPI": True,
        }
        cookie = {"Set-Cookie": f"kdservice-sessionid={session}; path=/; HttpOnly"}
        reply = self._json(content)
        return Response(reply.status, reply.body, {**reply.headers, **cookie})

    def _session_fault(self, request: Request) -> Any:
        if request.headers.get("x-kd-appkey"):
            return None if self._signed(request) else error(1, "签名验证失败")
        session = request.headers.get("kdservice-sessionid", "")
        calls = self._sessions.get(session)
        if calls is None or (
            self.calls_per_session is not None and calls >= self.calls_per_session
        ):
            self._sessions.pop(session, None)
            return [[error(1, "会话信息已丢失，请重新登录")]]
        self._sessions[session] = calls + 1
        return None

    def _signed(self, request: Request) -> bool:
        """The vendor's own way: each request signed, no login."""
        head = request.headers
        number, part = self.app_id.split("_")
        raw = base64.b64decode(part)
        key = base64.b64encode(bytes(a ^ b for a, b in zip(raw, _SITE_KEY, strict=False)))
        signed = (
            f"POST\n{quote(request.path, safe='')}\n\nx-api-nonce:{head['x-api-nonce']}\n"
            f"x-api-timestamp:{head['x-api-timestamp']}\n"
        )
        data = base64.b64decode(head["x-kd-appdata"]).decode()
        return (
            head["x-api-clientid"] == number
            and head["x-kd-appkey"] == self.app_id
            and data.split(",")[:2] == [self.acct_id, self.user_name]
            and head["x-api-signature"] == _mac(key, signed)
            and head["x-kd-signature"] == _mac(self.app_secret.encode(), self.app_id + data)
        )

    # Queries ----------------------------------------------------------------------------------

    def _query(self, form: SimulatedForm, data: Mapping[str, Any], *, named: bool) -> list[Any]:
        keys = [key.strip() for key in data["FieldKeys"].split(",") if key.strip()]
        where, order = data.get("FilterString") or "", data.get("OrderString") or ""
        rows = [self._cells(form, record, entry) for record, entry in self._rows(form, keys, where)]
        try:
            rows = [row for row in rows if holds(where, row)]
            if order:
                rows = ordered(rows, order)
            else:
                self._random.shuffle(rows)
            start, end = int(data.get("StartRow") or 0), int(data.get("TopRowCount") or 0)
            limit = min(int(data.get("Limit") or self.cap), self.cap)
            last = min(start + limit, end) if end else start + limit
            # An unknown key fails the query even where no row fits.
            for key in keys:
                self._cells(form, dict.fromkeys(form.fields), None)(key)
            cells = [[row(key) for key in keys] for row in rows[start:last]]
        except FilterFault as fault:
            raise _Refused(8, f"过滤条件错误：{fault}") from None
        return [dict(zip(keys, row, strict=True)) for row in cells] if named else cells

    def _rows(self, form: SimulatedForm, keys: list[str], where: str) -> list[tuple[Any, Any]]:
        """Records, or their entries if a key of an entry is asked for or filtered by."""
        for entry in form.entries:
            own = {key for key, (place, _) in form.fields.items() if place == entry}
            own |= {f"{entry}_FEntryId", f"{entry}_FSeq"}
            if any(key.split(".")[0] in own for key in keys) or any(key in where for key in own):
                return [(r, (entry, row)) for r in form.records.values() for row in r[entry]]
        return [(record, None) for record in form.records.values()]

    def _cells(self, form: SimulatedForm, record: Mapping[str, Any], entry: Any) -> Any:
        def cell(key: str) -> Any:
            root, _, rest = key.partition(".")
            if entry and root in (f"{entry[0]}_FEntryId", f"{entry[0]}_FSeq"):
                return entry[1][root.rpartition("_")[2]]
            if root == form.key:
                return record.get(root)
            if root not in form.fields:
                for name in form.entries:
                    if root in (f"{name}_FEntryId", f"{name}_FSeq"):
                        return None
                raise _Refused(9, f"元数据中标识为{root}的字段不存在")
            inside = entry and form.fields[root][0] == entry[0]
            value = (entry[1] if inside else record).get(root)
            if rest and root in form.plain:
                raise _Refused(9, f"元数据中标识为{key}的字段不存在")
            if isinstance(value, dict):
                return value.get(rest) if rest else value.get("Id", 0)
            return None if rest else value

        return cell


class _Refused(Exception):
    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def error(code: int | str, text: str) -> dict[str, Any]:
    """An error as the site writes it."""
    told = {"FieldName": None, "Message": text, "DIndex": 0}
    status = {
        "ErrorCode": 500,
        "IsSuccess": False,
        "Errors": [told],
        "SuccessEntitys": [],
        "SuccessMessages": [],
        "MsgCode": code,
    }
    return {"Result": {"ResponseStatus": status}}


def _no_login(text: str, code: str, kind: int) -> dict[str, Any]:
    return {
        "Message": text,
        "MessageCode": code,
        "LoginResultType": kind,
        "Context": None,
        "KDSVCSessionId": None,
        "IsSuccessByAPI": False,
    }


def _data_of(request: Request) -> dict[str, Any]:
    """The query in any of the three envelopes."""
    if "x-www-form-urlencoded" in request.headers.get("content-type", ""):
        return dict(json.loads(request.form["data"]))
    body = request.json
    if "parameters" in body:
        return dict(json.loads(body["parameters"][0]))
    data = body["data"]
    return dict(json.loads(data) if isinstance(data, str) else data)


def _mac(key: bytes, text: str) -> str:
    return base64.b64encode(
        hmac.new(key, text.encode(), hashlib.sha256).hexdigest().encode()
    ).decode()
