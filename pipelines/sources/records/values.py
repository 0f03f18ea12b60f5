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

from pipelines import language
from pipelines.language import Text
from pipelines.sources.records.fields import LONGEST_TEXT, Field

_STEP = Decimal("0.00000001")
_LARGEST = Decimal(10) ** 20
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_OFFSET = re.compile(r"[T ].*(Z|[+-]\d{2}:?\d{2})$")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Misfit(ValueError):
    """A value that its column cannot hold. `told` is the reason; `str()` gives the English one."""

    def __init__(self, told: Text) -> None:
        self.told = told
        super().__init__(told.en)


def _said(why: str, **values: Any) -> Text:
    return language.text(f"sources.records.misfit.{why}", **values)


def _text(value: Any, field: Field) -> str:
    if not isinstance(value, str):
        raise _other_kind("text", value)
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise Misfit(_said("half_character")) from None
    if size > LONGEST_TEXT:
        raise Misfit(_said("too_long", size=size, most=LONGEST_TEXT))
    return value.replace("\x00", "")


def _loose_text(value: Any, field: Field) -> str:
    if isinstance(value, (dict, list)):
        return json_text(value, field)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))  # an id or a phone number that went through a spreadsheet
    if not isinstance(value, (str, int, float)):
        raise _other_kind("text_or_number", value)
    return _text(str(value), field)


def json_text(value: Any, field: Field) -> str:
    """Any JSON value as text, keys in order. Raises `Misfit`."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError as error:
        raise Misfit(_said("no_json", said=error)) from None


def _integer(value: Any, field: Field) -> int:
    number = _decimal(value, field)
    if number != number.to_integral_value():
        raise Misfit(_said("whole_number"))
    if not -(2**63) <= number < 2**63:
        raise Misfit(_said("beyond_64_bits"))
    return int(number)


def _decimal(value: Any, field: Field) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise _other_kind("a_number", value)
    try:
        number = Decimal(value.strip() if isinstance(value, str) else repr(value))
    except InvalidOperation:
        raise Misfit(_said("no_number")) from None
    if not number.is_finite():
        raise Misfit(_said("not_finite"))
    if abs(number) >= _LARGEST:
        raise Misfit(_said("too_many_digits"))
    # Beyond eight decimals there is only the noise of binary fractions.
    return number.quantize(_STEP, ROUND_HALF_EVEN)


def _boolean(value: Any, field: Field) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise _other_kind("true_or_false", value)


def _timestamp(value: Any, field: Field) -> dt.datetime:
    if field.form in ("epoch_ms", "epoch_s"):
        unit = "milliseconds" if field.form == "epoch_ms" else "seconds"
        return _EPOCH + dt.timedelta(**{unit: _integer(value, field)})
    if not isinstance(value, str):
        raise _other_kind("a_time", value)
    try:
        moment = dt.datetime.fromisoformat(value.strip())
    except ValueError:
        raise Misfit(_said("no_time")) from None
    if field.form == "local" and moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(field.zone))
    if moment.tzinfo is None:
        raise Misfit(_said("no_offset"))
    return moment.astimezone(dt.UTC)


def _date(value: Any, field: Field) -> dt.date:
    if field.form in ("epoch_ms", "epoch_s"):
        return _timestamp(value, field).astimezone(ZoneInfo(field.zone)).date()
    if not isinstance(value, str):
        raise _other_kind("a_date", value)
    text = value.strip()
    if field.form == "local" and len(text) > 10:
        # A time with its offset falls on the day that it has in the field's zone.
        moment = _timestamp(text, field) if _OFFSET.search(text) else None
        text = f"{moment.astimezone(ZoneInfo(field.zone)):%Y-%m-%d}" if moment else text[:10]
    if not _DAY.fullmatch(text):
        raise Misfit(_said("no_date"))
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Misfit(_said("no_such_day")) from None


_KINDS: dict[type, Text] = {
    str: language.text("sources.records.kind.text"),
    bool: language.text("sources.records.kind.boolean"),
    int: language.text("sources.records.kind.number"),
    float: language.text("sources.records.kind.number"),
    dict: language.text("sources.records.object"),
    list: language.text("sources.records.list"),
}


def _other_kind(wanted: str, value: Any) -> Misfit:
    """A value of another kind than the column wants."""
    kind = list if isinstance(value, list) else type(value)
    found = _KINDS.get(kind, language.text("sources.records.kind.other", name=kind.__name__))
    kind_wanted = language.text(f"sources.records.kind.{wanted}")
    return Misfit(_said("other_kind", wanted=kind_wanted, found=found))


# kind -> function that gives the fitting value or raises `Misfit`, or a ValueError, TypeError or
# ArithmeticError of Python itself.
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
