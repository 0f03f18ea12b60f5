"""A simulated tenant of 简道云: forms, records, directory, limits and oddities of its open API.

Add here: how the server behaves. Keep out: what the sample company's forms look like
(`jiandaoyun_company.py`). Records are keyed by widget ids inside and by aliases outside, as there.
"""

from __future__ import annotations

import copy
import datetime as dt
import time
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from simulators.server import Request, Response, Simulator

SYSTEM = ("creator", "updater", "deleter", "createTime", "updateTime", "deleteTime")
_KEYS = {
    "/v5/app/list": {"skip", "limit"},
    "/v5/app/entry/list": {"app_id", "skip", "limit"},
    "/v5/app/entry/widget/list": {"app_id", "entry_id"},
    "/v5/app/entry/data/list": {"app_id", "entry_id", "data_id", "fields", "filter", "limit"},
    "/v5/app/entry/data/get": {"app_id", "entry_id", "data_id"},
    "/v5/corp/department/list": {"dept_no", "has_child"},
    "/v5/corp/department/user/list": {"dept_no", "has_child"},
}


def utc_text(moment: dt.datetime) -> str:
    """A moment as the API writes it."""
    moment = moment.astimezone(dt.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


@dataclass
class Form:
    """One form; `rows` by id, with values by widget id and by the names of system fields."""

    name: str
    app_id: str
    entry_id: str
    widgets: list[dict[str, Any]]
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    trash: dict[str, dict[str, Any]] = field(default_factory=dict)
    system: tuple[str, ...] = SYSTEM
    order: list[str] | None = None  # ids in their order, made anew after each change of the set

    def widget(self, label: str) -> dict[str, Any]:
        return next(item for item in self.widgets if item["label"] == label)

    def ids(self) -> list[str]:
        if self.order is None:
            self.order = sorted(self.rows)
        return self.order


class Refused(Exception):
    def __init__(self, code: int, msg: str) -> None:
        super().__init__(msg)
        self.code, self.msg = code, msg


class JiandaoyunSimulator(Simulator):
    """`key` is the one valid API key, `scope` the applications it may read.

    `cap`: rows a page has at most; `strict`: more than 100 are refused, not cut. `most_per_second`:
    calls that are answered within a second. `filters_updates` False: a filter on `updateTime` is
    ignored. `root_listed`: the root department is in the list. `gives_key_error`: the reply to a
    bad key. `unexpected` collects keys of requests that the manual does not know.
    """

    admin = ("advance", "edit", "remove", "restore", "create", "set_alias", "relabel")

    def __init__(
        self, clock: dt.datetime | None = None, *, key: str = "jdy-key-0123456789"
    ) -> None:
        super().__init__(clock)
        self.key, self.prefix = key, "/api"
        self.apps = {"64a0c0ffee0000000000a001": "简道云CRM"}
        self.scope = set(self.apps)
        self.forms: dict[str, Form] = {}
        self.departments: dict[int, dict[str, Any]] = {}
        self.people: dict[str, dict[str, Any]] = {}
        self.directory: set[str] = set()  # usernames that the directory still lists
        self.cap, self.strict, self.most_per_second = 100, False, 0
        self.filters_updates, self.root_listed = True, True
        self.gives_key_error = (400, 8302)
        self.unexpected: list[tuple[str, str]] = []
        self._recent: deque[float] = deque()
        self._counter = 0

    # Admin: changes between and during loads ----------------------------------------------------

    def form_named(self, name: str) -> Form:
        return next(form for form in self.forms.values() if form.name == name)

    def new_id(self, created: dt.datetime) -> str:
        self._counter += 1
        return f"{int(created.timestamp()):08x}{self._counter:016x}"

    def create(
        self, form: str, values: dict[str, Any], created: dt.datetime | None = None, by: str = ""
    ) -> str:
        """A record with values by caption; created now unless said otherwise."""
        with self.lock:
            target, moment = self.form_named(form), created or self.clock
            key = self.new_id(moment)
            target.rows[key] = {
                "creator": copy.copy(self.people.get(by)),
                "updater": None,
                "deleter": None,
                "createTime": utc_text(moment),
                "updateTime": utc_text(moment),
                "deleteTime": None,
                **{target.widget(label)["widgetName"]: value for label, value in values.items()},
            }
            target.order = None
            return key

    def edit(
        self, form: str, record: str, values: dict[str, Any], silent: bool = False, by: str = ""
    ) -> None:
        """Values by caption; `silent` leaves `updateTime` alone, as write-backs may do."""
        with self.lock:
            target = self.form_named(form)
            row = target.rows[record]
            row.update(
                {target.widget(label)["widgetName"]: value for label, value in values.items()}
            )
            if not silent:
                row["updateTime"] = utc_text(self.clock)
                row["updater"] = copy.copy(self.people.get(by))

    def remove(self, form: str, record: str) -> None:
        with self.lock:
            target = self.form_named(form)
            target.trash[record] = target.rows.pop(record)
            target.order = None

    def restore(self, form: str, record: str) -> None:
        with self.lock:
            target = self.form_named(form)
            target.rows[record] = target.trash.pop(record)
            target.order = None

    def set_alias(self, form: str, label: str, alias: str | None) -> None:
        with self.lock:
            widget = self.form_named(form).widget(label)
            widget["name"] = alias or widget["widgetName"]

    def relabel(self, form: str, label: str, new: str) -> None:
        with self.lock:
            self.form_named(form).widget(label)["label"] = new

    # The API ------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        path = request.path.removeprefix(self.prefix)
        if request.method != "POST" or path not in _KEYS or path == request.path:
            return Response.of_json({"code": 404, "msg": "not found"}, 404)
        if request.headers.get("authorization") != f"Bearer {self.key}":
            status, code = self.gives_key_error
            return Response.of_json({"code": code, "msg": "The request is not authorized"}, status)
        if self._too_many():
            return Response.of_json({"code": 8303, "msg": "超出请求频率限制"}, 400)
        body = request.json or {}
        self.unexpected += [(path, key) for key in body if key not in _KEYS[path]]
        try:
            return Response.of_json(self._call(path, body))
        except Refused as refused:
            return Response.of_json({"code": refused.code, "msg": refused.msg}, 400)

    def _too_many(self) -> bool:
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if self.most_per_second and len(self._recent) >= self.most_per_second:
            return True
        self._recent.append(now)
        return False

    def _call(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if path == "/v5/app/list":
            apps = [{"name": self.apps[key], "app_id": key} for key in sorted(self.scope)]
            return {"apps": self._skipped(apps, body)}
        if path.startswith("/v5/corp"):
            return self._directory(path, body)
        app = body.get("app_id")
        if app not in self.scope:
            raise Refused(8302, "the application is not authorised")
        if path == "/v5/app/entry/list":
            forms = [
                {"name": form.name, "app_id": form.app_id, "entry_id": form.entry_id}
                for form in self.forms.values()
                if form.app_id == app
            ]
            return {"forms": self._skipped(forms, body)}
        form = self.forms.get(str(body.get("entry_id")))
        if form is None or form.app_id != app:
            raise Refused(4001, "表单不存在")
        if path.endswith("widget/list"):
            newest = max((row["updateTime"] for row in form.rows.values()), default=None)
            system = [{"name": name} for name in form.system]
            return {"widgets": form.widgets, "sysWidgets": system, "dataModifyTime": newest}
        if path.endswith("data/get"):
            if body.get("data_id") not in form.rows:
                raise Refused(4001, "数据不存在")
            return {"data": self._shown(form, body["data_id"], None)}
        return {"data": self._data(form, body)}

    def _limit(self, body: dict[str, Any], default: int) -> int:
        limit = body.get("limit", default)
        if not isinstance(limit, int) or limit < 1 or (self.strict and limit > 100):
            raise Refused(1, "请求参数错误")
        return min(limit, self.cap)

    def _skipped(self, items: list[Any], body: dict[str, Any]) -> list[Any]:
        skip = body.get("skip", 0)
        return items[skip : skip + self._limit(body, 100)]

    def _directory(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("dept_no") != 1 or not body.get("has_child"):
            raise Refused(1, "请求参数错误")
        if path.endswith("user/list"):
            return {"users": [self.people[name] for name in sorted(self.directory)]}
        listed = [node for key, node in self.departments.items() if self.root_listed or key != 1]
        return {"departments": listed}

    def _data(self, form: Form, body: dict[str, Any]) -> list[dict[str, Any]]:
        limit, ids = self._limit(body, 10), form.ids()
        start = bisect_right(ids, str(body["data_id"])) if body.get("data_id") else 0
        conditions = self._conditions(form, body.get("filter"))
        rows: list[dict[str, Any]] = []
        for key in ids[start:]:
            if all(_meets(form.rows[key].get(name), cond) for name, cond in conditions):
                rows.append(self._shown(form, key, body.get("fields")))
                if len(rows) == limit:
                    break
        return rows

    def _conditions(self, form: Form, given: dict[str, Any] | None) -> list[tuple[str, Any]]:
        if not given:
            return []
        if given.get("rel") not in ("and", "or") or not isinstance(given.get("cond"), list):
            raise Refused(1, "请求参数错误")
        names = {item["name"]: item["widgetName"] for item in form.widgets}
        conditions = [
            (names.get(item["field"], item["field"]), item)
            for item in given["cond"]
            if item["field"] != "updateTime" or self.filters_updates
        ]
        if any(item["method"] not in _METHODS for _, item in conditions):
            raise Refused(1, "请求参数错误")
        return conditions

    def _shown(self, form: Form, key: str, fields: list[str] | None) -> dict[str, Any]:
        row = form.rows[key]
        shown = {"_id": key, "appId": form.app_id, "entryId": form.entry_id}
        for item in form.widgets:
            if (fields is None or item["name"] in fields) and item["widgetName"] in row:
                shown[item["name"]] = _renamed(row[item["widgetName"]], item)
        for name in form.system:
            if fields is None or name in fields:
                shown[name] = row.get(name)
        return shown


def _renamed(value: Any, widget: dict[str, Any]) -> Any:
    if widget["type"] != "subform" or not value:
        return value
    names = {item["widgetName"]: item["name"] for item in widget["items"]}
    return [{names.get(key, key): cell for key, cell in row.items()} for row in value]


_METHODS = {"range", "eq", "ne", "in", "nin", "empty", "not_empty", "like"}


def _meets(value: Any, condition: dict[str, Any]) -> bool:
    method, wanted = condition["method"], condition.get("value") or []
    if method in ("empty", "not_empty"):
        return (value in (None, "", [])) == (method == "empty")
    if method == "range":
        low, high = wanted
        text = str(value or "")
        # Inclusive; a bound that is a day reaches to that day's end.
        return (low is None or text >= low) and (high is None or text[: len(high)] <= high)
    if method == "like":
        return wanted[0] in str(value)
    return (value in wanted) == (method in ("eq", "in"))
