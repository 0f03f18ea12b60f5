"""One value of a widget -> the text or number of a raw column, whatever shape the widget gives.

Add here: another shape of a value. Keep out: types of columns (`tables.py`), targets (`periods.py`).

A missing key, null, an empty text, list or object are all no value. What has another shape than
expected goes on as it is, so that the column's own rule rejects it with the record's id.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

Read = Callable[[Any], Any]
_ID = re.compile(r"[0-9a-f]{24}")


def _filled(value: Any) -> Any:
    return None if value in ("", None, [], {}) else value


def text(value: Any) -> Any:
    """A text, trimmed; the name of an object; the texts of a list, joined."""
    value = _filled(value)
    if value is None:
        return None
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, dict):
        for key in ("name", "value", "phone", "text", "label"):
            if isinstance(value.get(key), str):
                return value[key].strip() or None
        return value
    if isinstance(value, list):
        parts = [text(item) for item in value]
        return "、".join(str(part) for part in parts if part is not None) or None
    return value


def reference_id(value: Any) -> Any:
    """The id of a linked record, if the link carries one."""
    value = _one(value)
    if isinstance(value, dict):
        found = value.get("_id") or value.get("id")
        return str(found) if found else None
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def reference_name(value: Any) -> Any:
    """The name of a linked record, or the text in its place."""
    value = _one(value)
    if isinstance(value, str) and _ID.fullmatch(value):
        return None
    return text(value)


def user(value: Any) -> Any:
    """The username of a member; names are not unique and serve only where a form holds text."""
    value = _one(value)
    return text(value.get("username")) if isinstance(value, dict) else text(value)


def scope(value: Any) -> Any:
    """A member's username, a department's number, or a text."""
    value = _one(value)
    if isinstance(value, dict):
        for key in ("username", "dept_no"):
            if _filled(value.get(key)) is not None:
                return str(value[key])
    return text(value)


def scope_kind(value: Any) -> Any:
    """`rep` for a member, `team` for a department, nothing for a text."""
    value = _one(value)
    if isinstance(value, dict):
        return "rep" if "username" in value else "team" if "dept_no" in value else None
    return None


def _one(value: Any) -> Any:
    value = _filled(value)
    return value[0] if isinstance(value, list) else value


def number(factor: int) -> Read:
    """A number in the currency's own unit, of one that is typed in units of `factor`."""

    def read(value: Any) -> Any:
        value = _filled(value)
        if isinstance(value, str):
            value = value.replace(",", "").replace("，", "").strip() or None
        if factor == 1 or value is None or isinstance(value, bool):
            return value
        try:
            return str(Decimal(str(value)) * factor)
        except InvalidOperation:
            return value

    return read


def moment(zone: ZoneInfo) -> Read:
    """A time with its offset; a day or a time typed as text is meant in the tenant's zone."""

    def read(value: Any) -> Any:
        value = _filled(value)
        if not isinstance(value, str) or value.endswith("Z"):
            return value
        try:
            found = dt.datetime.fromisoformat(value.strip().replace("/", "-"))
        except ValueError:
            return value
        return (found if found.tzinfo else found.replace(tzinfo=zone)).isoformat()

    return read


def day(zone: ZoneInfo) -> Read:
    """The day in the tenant's zone: a date widget gives the midnight before it in UTC."""
    moment_of = moment(zone)

    def read(value: Any) -> Any:
        value = moment_of(value)
        if not isinstance(value, str):
            return value
        try:
            found = dt.datetime.fromisoformat(value)
        except ValueError:
            return value
        return found.astimezone(zone).date().isoformat()

    return read


def first_of_rows(child: str, read: Read) -> Read:
    """The first filled value of a column of a sub-form."""

    def read_rows(rows: Any) -> Any:
        for row in rows if isinstance(rows, list) else ():
            found = read(row.get(child)) if isinstance(row, dict) else None
            if found is not None:
                return found
        return None

    return read_rows
