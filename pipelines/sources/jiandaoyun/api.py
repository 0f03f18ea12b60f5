"""Requests that read 简道云, and pages of records that can neither lose nor double a row.

Add here: another path that only reads. Keep out: what records mean, and codes (`answers.py`).

The whole system is called by POST, writes too; so the list of paths is what keeps this read-only.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from pipelines.failures import TransientFailure
from pipelines.language import Said, text
from pipelines.sources.http import (
    FixedAuth,
    Limiter,
    LoginMemory,
    Rate,
    ReadOnlyClient,
    RetryPolicy,
)
from pipelines.sources.jiandaoyun.answers import judge
from pipelines.sources.records import PageGuard, prefetched

READ_PATHS = (
    "/v5/app/list",
    "/v5/app/entry/list",
    "/v5/app/entry/widget/list",
    "/v5/app/entry/data/list",
    "/v5/corp/department/list",
    "/v5/corp/department/user/list",
)
ROOT = 1  # number of the root department
Row = dict[str, Any]


class Api:
    """One tenant. Requests raise what `ReadOnlyClient.post_json` raises.

    `key` is the API key, `key_name` where it stands in the configuration. All calls share one
    allowance, which the tenant's other programs draw on too; calls of the directory count double.
    """

    def __init__(
        self,
        base_url: str,
        *,
        name: str,
        key: str,
        key_name: str,
        per_second: float = 10,
        page_size: int = 100,
        private: bool = False,
        memory: LoginMemory | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        prefix = re.escape(urlsplit(base_url).path.rstrip("/"))
        self.page_size = page_size
        allowance = Rate(int(per_second), 1.0) if per_second >= 1 else Rate(1, 1 / per_second)
        self.client = ReadOnlyClient(
            base_url,
            name=name,
            allowed=[("POST", prefix + re.escape(path)) for path in READ_PATHS],
            auth=FixedAuth({"Authorization": f"Bearer {key}"}, memory=memory),
            private=private,
            limiter=Limiter(allowance, sleep=sleep),
            retry=RetryPolicy(tries=6, base=1.0, cap=30.0),
            judge=judge(key_name),
            sleep=sleep,
        )

    def close(self) -> None:
        self.client.close()

    def _post(self, path: str, body: Row, key: str, tried: Said, cost: int = 1) -> list[Row]:
        reply = self.client.post_json(path, body, expect={key: list}, cost=cost, tried=tried)
        rows: list[Row] = reply.json[key]
        return rows

    def _paged(self, path: str, body: Row, key: str, tried: Said) -> list[Row]:
        """All entries of a list that is paged by position; only an empty page ends it."""
        entries: list[Row] = []
        guard: PageGuard[str] = PageGuard(tried, path)
        while True:
            page = self._post(path, {**body, "skip": len(entries), "limit": 100}, key, tried)
            if not page:
                return entries
            guard.new([str(sorted(entry.items())) for entry in page])
            entries += page

    def apps(self) -> list[Row]:
        """Applications in the key's scope: `name`, `app_id`."""
        return self._paged("/v5/app/list", {}, "apps", text("sources.could_not_list_applications"))

    def forms(self, app_id: str) -> list[Row]:
        """Forms of an application: `name`, `app_id`, `entry_id`."""
        tried = text("sources.could_not_list_forms_application", app_id=app_id)
        return self._paged("/v5/app/entry/list", {"app_id": app_id}, "forms", tried)

    def widgets(self, app_id: str, entry_id: str) -> tuple[list[Row], set[str]]:
        """Widgets of a form, and the names of its system fields."""
        reply = self.client.post_json(
            "/v5/app/entry/widget/list",
            {"app_id": app_id, "entry_id": entry_id},
            expect={"widgets": list},
            tried=text("sources.could_not_read_widgets_form", entry_id=entry_id),
        )
        system = {item.get("name") for item in reply.json.get("sysWidgets") or []}
        return reply.json["widgets"], {name for name in system if name}

    def departments(self) -> list[Row]:
        """All departments below the root (which may or may not be among them)."""
        body, tried = (
            {"dept_no": ROOT, "has_child": True},
            text("sources.could_not_read_departments"),
        )
        return self._post("/v5/corp/department/list", body, "departments", tried, cost=2)

    def members(self) -> list[Row]:
        """All members of all departments."""
        body, tried = {"dept_no": ROOT, "has_child": True}, text("sources.could_not_read_members")
        return self._post("/v5/corp/department/user/list", body, "users", tried, cost=2)

    def some(
        self,
        app_id: str,
        entry_id: str,
        condition: Row | None,
        tried: Said,
        fields: Sequence[str] = ("updateTime",),
        most: int = 1,
    ) -> list[Row]:
        """At most so many records that meet a condition, to try a query out."""
        body = _query(app_id, entry_id, fields, condition, most)
        return self._post("/v5/app/entry/data/list", body, "data", tried)

    def pages(
        self,
        app_id: str,
        entry_id: str,
        fields: Sequence[str],
        condition: Row | None = None,
        *,
        what: str = "",
    ) -> Iterator[list[Row]]:
        """The records of a form page by page in the order of their ids, up to an empty page.

        A page that is shorter than asked for ends nothing: the server may cut pages as it likes.
        Raises `TransientFailure` if ids do not rise, which a page that was sent before would show.
        """
        return prefetched(self._pages(app_id, entry_id, fields, condition, what), ahead=2)

    def _pages(
        self,
        app_id: str,
        entry_id: str,
        fields: Sequence[str],
        condition: Row | None,
        what: str,
    ) -> Iterator[list[Row]]:
        body = _query(app_id, entry_id, fields, condition, self.page_size)
        tried, last = text("sources.could_not_read_records_of_form", entry_id=what or entry_id), ""
        while True:
            rows = self._post("/v5/app/entry/data/list", body, "data", tried)
            if not rows:
                return
            for row in rows:
                key = row.get("_id")
                if not isinstance(key, str) or not key:
                    raise _out_of_order(tried, text("sources.jiandaoyun.record_without_id"))
                # Ids are hexadecimal of one length, so their texts rise as they do.
                if key <= last:
                    raise _out_of_order(
                        tried, text("sources.jiandaoyun.record_came_after", key=key, last=last)
                    )
                last = key
            yield rows
            body = {**body, "data_id": last}


def updated_since(day: str | None) -> Row:
    """The filter for records changed on or after a day (YYYY-MM-DD)."""
    condition = {
        "field": "updateTime",
        "type": "datetime",
        "method": "range",
        "value": [day, None],
    }
    return {"rel": "and", "cond": [condition]}


def _query(
    app_id: str,
    entry_id: str,
    fields: Sequence[str],
    condition: Mapping[str, Any] | None,
    limit: int,
) -> Row:
    body: Row = {"app_id": app_id, "entry_id": entry_id, "limit": limit, "fields": list(fields)}
    if condition:
        body["filter"] = condition
    return body


def _out_of_order(tried: Said, cause: Said) -> TransientFailure:
    return TransientFailure(
        tried,
        where="/v5/app/entry/data/list",
        cause=text("sources.jiandaoyun.pages_are_not_order_ids", cause=cause),
        next_step=text("sources.jiandaoyun.run_again_if_stays_look"),
    )
