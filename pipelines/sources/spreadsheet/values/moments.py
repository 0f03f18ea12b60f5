"""Dates and times as sheets write them.

Add here: another way of writing a day or a time of day.
Keep out: months as headings (`months.py`). A form that two countries read differently is refused
unless the source says which is meant (`options: {date_order: dmy}`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pipelines.language.text import text as text_
from pipelines.sources.spreadsheet.faults import CellFault

DateOrder = Literal["dmy", "mdy"]
# Excel counts days from here; below 20000 (1954) its calendar and people's meaning part ways.
_EPOCH = dt.datetime(1899, 12, 30)
_SERIAL = (20_000, 80_000)
_YEARS = (1950, 2100)
NO_END = 9999  # a year that systems write for "no end"

_TIME = r"(?:T|\s|,)*(上午|下午|am|pm)?\s*(\d{1,2})[:时点](\d{1,2})(?:[:分](\d{1,2}(?:\.\d+)?))?[分秒]?\s*(am|pm)?"
_ZONE = r"\s*(Z|UTC|[+-]\d{2}:?\d{2})?"
_DAY = re.compile(
    r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?"
    rf"(?:\s*\(?(?:星期|周)[一二三四五六日天]\)?)?(?:{_TIME}{_ZONE})?$",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?)?$")
_SHORT = re.compile(
    rf"^(\d{{1,2}})[/.\-](\d{{1,2}})[/.\-](\d{{4}}|\d{{2}})(?:{_TIME}{_ZONE})?$", re.I
)
_NUMBER = re.compile(r"^\d{5}(?:\.\d+)?$")
_NAMED = (*("%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%y", "%b %d %Y"),)


def parse_moment(value: Any, zone: ZoneInfo, order: DateOrder | None = None) -> dt.datetime:
    """One cell as a UTC time; without offset it is a time in `zone`, without time its midnight.

    Raises `CellFault` saying what is wrong. Where a zone's clock is set back the first of the two
    times is taken; a time that its clock skips is read with the offset before the change.
    """
    moment = _moment(value, order)
    if not _YEARS[0] <= moment.year <= _YEARS[1]:
        raise _unlikely(value)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(dt.UTC)


def parse_day(value: Any, zone: ZoneInfo, order: DateOrder | None = None) -> dt.date | None:
    """One cell as a day in `zone`; None for the year 9999, which systems write for "no end"."""
    moment = _moment(value, order)
    if moment.year == NO_END:
        return None
    if not _YEARS[0] <= moment.year <= _YEARS[1]:
        raise _unlikely(value)
    return moment.date() if moment.tzinfo is None else moment.astimezone(zone).date()


def _unlikely(value: Any) -> CellFault:
    return CellFault(text_("sheets.moments.unlikely", value=value, first=_YEARS[0], last=_YEARS[1]))


def written_order(values: Iterable[Any]) -> DateOrder | None:
    """Which of day and month comes first in a column, if one cell can mean one order only and none the
    other: 31/03/2026 has no 31st month.
    """
    found: set[DateOrder] = set()
    for value in values:
        match = _SHORT.match(value.strip()) if isinstance(value, str) else None
        if match and "." not in match.group(0)[: match.start(3)]:
            first, second = int(match.group(1)), int(match.group(2))
            if first > 12 >= second:
                found.add("dmy")
            elif second > 12 >= first:
                found.add("mdy")
    return found.pop() if len(found) == 1 else None


def _moment(value: Any, order: DateOrder | None) -> dt.datetime:
    if isinstance(value, dt.datetime):
        return value
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise CellFault(text_("sheets.moments.no_date", value=value))
    if isinstance(value, str):
        return _from_text(value, order)
    return _from_number(value)


def _from_number(value: float) -> dt.datetime:
    if _SERIAL[0] <= value <= _SERIAL[1]:
        # Serials are floats: a second is the finest that survives.
        seconds = round(value * 86_400)
        return _EPOCH + dt.timedelta(seconds=seconds)
    if float(value).is_integer() and 19_000_000 <= value <= 21_001_231:
        return _from_text(str(int(value)), None)
    raise CellFault(text_("sheets.moments.number_for_date", value=value))


def _from_text(text: str, order: DateOrder | None) -> dt.datetime:
    if len(text) >= 10 and text[4] == "-" and text[7] == "-":
        try:
            return dt.datetime.fromisoformat(text)
        except ValueError:
            pass
    if _NUMBER.match(text):
        return _from_number(float(text))
    try:
        if match := _DIGITS.match(text):
            return dt.datetime(*(int(part) for part in match.groups() if part))  # type: ignore[arg-type]
        if match := _DAY.match(text):
            year, month, day, *time = match.groups()
            return _with_time(dt.datetime(int(year), int(month), int(day)), time)
        if match := _SHORT.match(text):
            return _short(match, order)
    except ValueError:
        raise CellFault(text_("sheets.moments.no_calendar_day", text=text)) from None
    for pattern in _NAMED:
        try:
            return dt.datetime.strptime(text, pattern)
        except ValueError:
            continue
    if re.match(r"^\d{4}\s*[-/.年]\s*\d{1,2}\s*月?$", text):
        raise CellFault(text_("sheets.moments.month_for_day", text=text))
    if re.match(r"^\d{1,2}\s*[-/.月]\s*\d{1,2}\s*[日号]?$", text):
        raise CellFault(text_("sheets.moments.has_no_year", text=text))
    raise CellFault(text_("sheets.moments.no_date_text", text=text))


def _short(match: re.Match[str], order: DateOrder | None) -> dt.datetime:
    first, second, year, *time = match.groups()
    if order is None and match.string[match.end(1)] == ".":
        order = "dmy"  # nobody writes the month first before a point
    if order is None:
        raise CellFault(text_("sheets.moments.can_mean_two_days", group=match.group(0)))
    day, month = (first, second) if order == "dmy" else (second, first)
    full = int(year) if len(year) == 4 else 2000 + int(year)
    return _with_time(dt.datetime(full, int(month), int(day)), time)


def _with_time(day: dt.datetime, parts: list[str | None]) -> dt.datetime:
    before, hour, minute, second, after, zone = parts
    if hour is None:
        return day
    hours = int(hour)
    half = (before or after or "").casefold()
    if half in ("下午", "pm") and hours < 12:
        hours += 12
    elif half in ("上午", "am") and hours == 12:
        hours = 0
    seconds = float(second or 0)
    moment = day.replace(
        hour=hours,
        minute=int(minute or 0),
        second=int(seconds),
        microsecond=round(seconds % 1 * 1_000_000) % 1_000_000,
    )
    if zone is None:
        return moment
    if zone.upper() in ("Z", "UTC"):
        return moment.replace(tzinfo=dt.UTC)
    return dt.datetime.fromisoformat(
        moment.isoformat() + (zone if ":" in zone else f"{zone[:3]}:{zone[3:]}")
    )
