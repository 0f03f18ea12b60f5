"""Single JSON or CSV values -> the Python value of a column, or the reason why they do not fit.

Add here: how one value of a kind is read. Keep out: whole columns (`columns.py`). This is the slow
way, taken only for a column in which some value does not fit.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from pipelines.sources.http.fields import LONGEST_TEXT, Field

_STEP = Decimal("0.00000001")
_LARGEST = Decimal(10) ** 20
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _text(value: Any, field: Field) -> str:
    if not isinstance(value, str):
        raise ValueError(f"text expected, {_kind(value)} found")
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise ValueError("text with half a character (lone surrogate)") from None
    if size > LONGEST_TEXT:
        raise ValueError(f"text of {size} bytes, at most {LONGEST_TEXT} are read")
    return value.replace("\x00", "")


def _loose_text(value: Any, field: Field) -> str:
    if isinstance(value, (dict, list)):
        return json_text(value, field)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))  # an id or a phone number that went through a spreadsheet
    if not isinstance(value, (str, int, float)):
        raise ValueError(f"text or a number expected, {_kind(value)} found")
    return _text(str(value), field)


def json_text(value: Any, field: Field) -> str:
    """Any JSON value as text, keys in order. Raises ValueError."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError as error:
        raise ValueError(f"not to be written as JSON: {error}") from None


def _integer(value: Any, field: Field) -> int:
    number = _decimal(value, field)
    if number != number.to_integral_value():
        raise ValueError("a whole number expected")
    if not -(2**63) <= number < 2**63:
        raise ValueError("a number beyond 64 bits")
    return int(number)


def _decimal(value: Any, field: Field) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"a number expected, {_kind(value)} found")
    try:
        number = Decimal(value.strip() if isinstance(value, str) else repr(value))
    except InvalidOperation:
        raise ValueError("a number expected, text found") from None
    if not number.is_finite():
        raise ValueError("a finite number expected")
    if abs(number) >= _LARGEST:
        raise ValueError("a number of more than 20 digits")
    # Beyond eight decimals there is only the noise of binary fractions.
    return number.quantize(_STEP, ROUND_HALF_EVEN)


def _boolean(value: Any, field: Field) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise ValueError(f"true or false expected, {_kind(value)} found")


def _timestamp(value: Any, field: Field) -> dt.datetime:
    if field.form in ("epoch_ms", "epoch_s"):
        unit = "milliseconds" if field.form == "epoch_ms" else "seconds"
        return _EPOCH + dt.timedelta(**{unit: _integer(value, field)})
    if not isinstance(value, str):
        raise ValueError(f"a time expected, {_kind(value)} found")
    try:
        moment = dt.datetime.fromisoformat(value.strip())
    except ValueError:
        raise ValueError("not a time that can be read") from None
    if field.form == "local" and moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(field.zone))
    if moment.tzinfo is None:
        raise ValueError("a time without its offset from UTC")
    return moment.astimezone(dt.UTC)


def _date(value: Any, field: Field) -> dt.date:
    if field.form in ("epoch_ms", "epoch_s"):
        return _timestamp(value, field).astimezone(ZoneInfo(field.zone)).date()
    if not isinstance(value, str):
        raise ValueError(f"a date expected, {_kind(value)} found")
    text = value.strip()
    if field.form == "local" and len(text) > 10:
        text = text[:10]
    if not _DAY.fullmatch(text):
        raise ValueError("a date such as 2026-03-01 expected")
    return dt.date.fromisoformat(text)


def _kind(value: Any) -> str:
    names = {str: "text", bool: "true/false", int: "number", float: "number", dict: "an object"}
    return names.get(type(value), "a list" if isinstance(value, list) else type(value).__name__)


# kind -> function that gives the fitting value or raises ValueError, TypeError or ArithmeticError.
VALUES: dict[str, Callable[[Any, Field], Any]] = {
    "text": _text,
    "loose_text": _loose_text,
    "json": json_text,
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "timestamp": _timestamp,
    "date": _date,
}
