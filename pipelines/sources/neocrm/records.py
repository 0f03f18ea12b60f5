"""Odd values of 销售易 made plain before they become columns.

Add here: another way in which a tenant writes a value. Keep out: the conversion itself
(`records/columns.py`).

Picklists come as lists of labels, ids as numbers or texts, moments as milliseconds, seconds or
texts of wall-clock time, and nothing as "" or null.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.sources.records import Field

# Greater numbers are milliseconds (from March 1973 on), others seconds.
_MILLISECONDS_FROM = 100_000_000_000
_SEPARATOR = ";"


def make_plain(records: list[dict[str, Any]], fields: Iterable[Field], zone: str) -> None:
    """Change the records in place, field by field."""
    clock = ZoneInfo(zone)
    for field in fields:
        key = field.source_path
        if field.kind == "loose_text":
            for record in records:
                value = record.get(key)
                if value is not None and value.__class__ is not str:
                    record[key] = text_of(value)
        elif field.kind in ("timestamp", "date"):
            for record in records:
                value = record.get(key)
                if value is None:
                    continue
                if value.__class__ is not int or -_MILLISECONDS_FROM <= value <= _MILLISECONDS_FROM:
                    record[key] = milliseconds(value, clock)


def text_of(value: Any) -> Any:
    """A list of labels as one text, a number as its digits; other things stay as they are."""
    if isinstance(value, list):
        parts = [str(text_of(part)) for part in value if part not in (None, "")]
        return _SEPARATOR.join(parts) or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        # A reference that comes as an object: its id identifies it, its label names it.
        for key in ("id", "value", "apiKey", "label", "name"):
            if value.get(key) not in (None, ""):
                return text_of(value[key])
    return value


def milliseconds(value: Any, clock: ZoneInfo) -> Any:
    """A moment in milliseconds since 1970; what cannot be read stays as it is, to be rejected."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        if not text.lstrip("-").isdigit():
            return _wall_clock(text, clock)
        value = int(text)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and -_MILLISECONDS_FROM <= value <= _MILLISECONDS_FROM:
        return value * 1_000
    return value


def _wall_clock(text: str, clock: ZoneInfo) -> Any:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=clock)
    return round(moment.timestamp() * 1_000)
