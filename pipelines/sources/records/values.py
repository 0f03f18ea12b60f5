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
from pipelines.sources.protocol import Told
from pipelines.sources.records.fields import LONGEST_TEXT, Field

_STEP = Decimal("0.00000001")
_LARGEST = Decimal(10) ** 20
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_OFFSET = re.compile(r"[T ].*(Z|[+-]\d{2}:?\d{2})$")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Misfit(ValueError):
    """A value that its column cannot hold. `told` is the reason; `str()` gives the English one."""

    def __init__(self, en: str, zh: str) -> None:
        self.told = Told(en, zh)
        super().__init__(en)


def _text(value: Any, field: Field) -> str:
    if not isinstance(value, str):
        raise _other_kind("text", "文本", value)
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise Misfit("text with half a character (lone surrogate)", "文本里有残缺的字符") from None
    if size > LONGEST_TEXT:
        raise Misfit(
            f"text of {size} bytes, at most {LONGEST_TEXT} are read",
            f"文本有 {size} 字节，最多读取 {LONGEST_TEXT} 字节",
        )
    return value.replace("\x00", "")


def _loose_text(value: Any, field: Field) -> str:
    if isinstance(value, (dict, list)):
        return json_text(value, field)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))  # an id or a phone number that went through a spreadsheet
    if not isinstance(value, (str, int, float)):
        raise _other_kind("text or a number", "文本或数字", value)
    return _text(str(value), field)


def json_text(value: Any, field: Field) -> str:
    """Any JSON value as text, keys in order. Raises `Misfit`."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError as error:
        raise Misfit(f"not to be written as JSON: {error}", "无法写成 JSON") from None


def _integer(value: Any, field: Field) -> int:
    number = _decimal(value, field)
    if number != number.to_integral_value():
        raise Misfit("a whole number expected", "应为整数")
    if not -(2**63) <= number < 2**63:
        raise Misfit("a number beyond 64 bits", "数字超出 64 位")
    return int(number)


def _decimal(value: Any, field: Field) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise _other_kind("a number", "数字", value)
    try:
        number = Decimal(value.strip() if isinstance(value, str) else repr(value))
    except InvalidOperation:
        raise Misfit("a number expected, text found", "应为数字，实为文本") from None
    if not number.is_finite():
        raise Misfit("a finite number expected", "应为有限的数字")
    if abs(number) >= _LARGEST:
        raise Misfit("a number of more than 20 digits", "数字超过 20 位")
    # Beyond eight decimals there is only the noise of binary fractions.
    return number.quantize(_STEP, ROUND_HALF_EVEN)


def _boolean(value: Any, field: Field) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise _other_kind("true or false", " true 或 false", value)


def _timestamp(value: Any, field: Field) -> dt.datetime:
    if field.form in ("epoch_ms", "epoch_s"):
        unit = "milliseconds" if field.form == "epoch_ms" else "seconds"
        return _EPOCH + dt.timedelta(**{unit: _integer(value, field)})
    if not isinstance(value, str):
        raise _other_kind("a time", "时间", value)
    try:
        moment = dt.datetime.fromisoformat(value.strip())
    except ValueError:
        raise Misfit("not a time that can be read", "不是可以识别的时间") from None
    if field.form == "local" and moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(field.zone))
    if moment.tzinfo is None:
        raise Misfit("a time without its offset from UTC", "时间没有写明与 UTC 的时差")
    return moment.astimezone(dt.UTC)


def _date(value: Any, field: Field) -> dt.date:
    if field.form in ("epoch_ms", "epoch_s"):
        return _timestamp(value, field).astimezone(ZoneInfo(field.zone)).date()
    if not isinstance(value, str):
        raise _other_kind("a date", "日期", value)
    text = value.strip()
    if field.form == "local" and len(text) > 10:
        # A time with its offset falls on the day that it has in the field's zone.
        moment = _timestamp(text, field) if _OFFSET.search(text) else None
        text = f"{moment.astimezone(ZoneInfo(field.zone)):%Y-%m-%d}" if moment else text[:10]
    if not _DAY.fullmatch(text):
        raise Misfit("a date such as 2026-03-01 expected", "日期应写成 2026-03-01")
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise Misfit(str(error), "日历上没有这一天") from None


_KINDS: dict[type, Text] = {
    str: Told("text", "文本"),
    bool: Told("true/false", "是否值"),
    int: Told("number", "数字"),
    float: Told("number", "数字"),
    dict: language.text("sources.records.object"),
    list: language.text("sources.records.list"),
}


def _other_kind(en: str, zh: str, value: Any) -> Misfit:
    """A value of another kind than the column wants."""
    kind = list if isinstance(value, list) else type(value)
    found = _KINDS.get(kind, Told(kind.__name__, f" {kind.__name__}"))
    return Misfit(f"{en} expected, {found.en} found", f"应为{zh}，实为{found.zh}")


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
