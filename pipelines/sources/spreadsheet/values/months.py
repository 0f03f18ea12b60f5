"""Periods as sheets write them: month headings, quarters, halves, years, and canonical periods.

Add here: another way of writing a month or a period.
Keep out: days and times (`moments.py`), and what a column of months means (`targets.py`).
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from pipelines.language import Text
from pipelines.language.text import text as text_

_CHINESE = {
    word: number
    for number, word in enumerate(
        ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"), start=1
    )
}
# Names of months, with the short forms that are no other word (`set`, `out` and `mag` are).
_NAMES = {
    word: number
    for number, words in enumerate(
        (
            "january jan januar jänner janvier janv enero ene janeiro gennaio",
            "february feb februar februari février fevrier févr fevr fév febrero fevereiro fev febbraio",
            "march mar märz maerz mär mrz mars marzo março marco",
            "april apr avril avr abril abr aprile",
            "may mai mayo maio maggio",
            "june jun juni juin junio junho giugno",
            "july jul juli juillet juil julio julho luglio",
            "august aug août aout agosto ago",
            "september sep sept septembre septiembre setembro settembre",
            "october oct oktober okt octobre octubre outubro ottobre",
            "november nov novembre noviembre novembro",
            "december dec dezember dez décembre decembre déc diciembre dic dezembro dicembre",
        ),
        start=1,
    )
    for word in words.split()
}
_NAME = "|".join(sorted(_NAMES, key=len, reverse=True))
# What may stand behind a month: words, no digits, and not a day or a range.
_REST = r"(?![日\-至到~])([^\d]{0,12})$"
_MONTH_CN = re.compile(
    r"^(?:(\d{4}|\d{2})年度?)?(0?[1-9]|1[0-2]|十一|十二|[一二三四五六七八九十])月份?" + _REST
)
_MONTH_NUMBERS = re.compile(r"^((?:19|20)\d{2})(?:[-/.年](0?[1-9]|1[0-2])|(0[1-9]|1[0-2]))" + _REST)
_MONTH_FULL_DATE = re.compile(r"^((?:19|20)\d{2})[-/.](0?[1-9]|1[0-2])[-/.]0?1(?:0{2}:.*)?$")
_MONTH_NAME = re.compile(rf"^({_NAME})\b\.?[\s\-'/]*((?:20)?\d{{2}})?\b([^\d]*)$")
_QUARTER = re.compile(
    r"^(?:((?:19|20)\d{2})年?度?[-/]?)?(?:fy)?(?:第?([一二三四1-4])季度?|([1-4])q|q([1-4]))([^\d]*)$"
)
_RANGE = re.compile(r"^(1-3|4-6|7-9|10-12)月([^\d]*)$")
_HALF = re.compile(r"^(?:((?:19|20)\d{2})年?[-/]?)?(?:fy)?(?:(上|下)半年?度?|h([12]))([^\d]*)$")
_TOTAL = re.compile(
    r"^(?:(?:19|20)\d{2})?年?度?(全年|年度|年计|合计|总计|小计|共计|汇总|total|fullyear|fy)"
    r"(合计|总计|小计|total)?([^\d]{0,8})$"
)


@dataclass(frozen=True)
class Span:
    """What period a heading names: `number` is the month, quarter or half; 0 for a total.

    `year` is None where the heading does not say it; `rest` is the text around the period.
    """

    kind: Literal["month", "quarter", "half", "total"]
    number: int = 0
    year: int | None = None
    rest: str = ""


def compact(text: str) -> str:
    """NFKC, lower case, without any space: what headings are compared by."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


def _year(text: str | None) -> int | None:
    if not text:
        return None
    return int(text) if len(text) == 4 else 2000 + int(text)


def parse_month(value: Any) -> Span | None:
    """The month that a heading cell names, None if it names none (`Q1`, `全年`, `合计`)."""
    if isinstance(value, dt.date):  # a datetime too: headings are often real dates shown as 1月
        return Span("month", value.month, value.year) if value.day == 1 else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    shown = unicodedata.normalize("NFKC", str(value)).strip().casefold()
    text = compact(shown)
    if match := _MONTH_CN.match(text):
        word = match.group(2)
        return Span("month", _CHINESE.get(word) or int(word), _year(match.group(1)), match.group(3))
    if match := _MONTH_FULL_DATE.match(text):
        return Span("month", int(match.group(2)), int(match.group(1)))
    if match := _MONTH_NUMBERS.match(text):
        number = int(match.group(2) or match.group(3))
        return Span("month", number, int(match.group(1)), match.group(4).removeprefix("月"))
    if match := _MONTH_NAME.match(shown):
        return Span("month", _NAMES[match.group(1)], _year(match.group(2)), match.group(3))
    return None


def parse_span(value: Any) -> Span | None:
    """The month, quarter, half or total that a heading cell names; None if it is a label."""
    if month := parse_month(value):
        return month
    if not isinstance(value, str):
        return None
    text = compact(value)
    if match := _RANGE.match(text):
        return Span("quarter", int(match.group(1).split("-")[1]) // 3, None, match.group(2))
    if match := _QUARTER.match(text):
        word = match.group(2) or match.group(3) or match.group(4)
        number = _CHINESE.get(word) or int(word)
        return Span("quarter", number, _year(match.group(1)), match.group(5))
    if match := _HALF.match(text):
        number = int(match.group(3)) if match.group(3) else {"上": 1, "下": 2}[match.group(2)]
        return Span("half", number, _year(match.group(1)), match.group(4))
    if match := _TOTAL.match(text):
        return Span("total", 0, None, match.group(3) or "")
    return None


# A year of its own, not part of a date such as 2025-12-20 or 2025年12月.
_YEAR = re.compile(
    r"(?<!\d)(?:(20\d{2})(?:年度?|财年)?|(\d{2})年度?)(?![\d.]*\d)(?!\s*[-/.年]?\s*\d{1,2}\s*[月/.\-])"
)


def years_in(text: str) -> set[int]:
    """The years that a title, sheet name or file name speaks of; dates in it do not count."""
    plain = unicodedata.normalize("NFKC", text)
    return {
        int(match.group(1)) if match.group(1) else 2000 + int(match.group(2))
        for match in _YEAR.finditer(plain)
    }


# 2026-P03, FY2026 P3: the third month of the fiscal year called 2026.
_MONTH_OF_YEAR = re.compile(
    r"^(?:fy)?((?:19|20)\d{2})(?:年|年度|财年)?[-/]?(?:p|period|第)(0?[1-9]|1[0-2])期?$"
)
_PERIOD_YEAR = re.compile(r"^(?:fy)?((?:19|20)\d{2})(?:年|年度|财年|\.0)?$")


def parse_month_of_year(value: Any, year_start: int, named_by: str) -> str | None:
    """`2026-05` of a cell that numbers the months of a fiscal year (`2027-P02`); else None.

    `year_start`: the month in which the year begins; `named_by`: start or end, the calendar year that
    gives it its name.
    """
    match = _MONTH_OF_YEAR.match(compact(value)) if isinstance(value, str) else None
    if match is None:
        return None
    begins = int(match.group(1)) - (named_by == "end" and year_start > 1)
    months = begins * 12 + year_start - 1 + int(match.group(2)) - 1
    return f"{months // 12:04d}-{months % 12 + 1:02d}"


def parse_period(value: Any) -> str | None:
    """`2026-05`, `2026-Q2` or `2026` of a cell that names a period with its year; else None."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str) and (match := _PERIOD_YEAR.match(compact(value))):
        return match.group(1)
    span = parse_span(value)
    if span is None or span.year is None or span.rest:
        return None
    if span.kind == "month":
        return f"{span.year:04d}-{span.number:02d}"
    return f"{span.year:04d}-Q{span.number}" if span.kind == "quarter" else None


_DAY = re.compile(r"^((?:19|20)\d{2})[-/.](0?[1-9]|1[0-2])[-/.]([0-2]?\d|3[01])(?:[ T].*)?$")


def day_written(value: Any) -> tuple[int, int, int] | None:
    """Year, month and day of a cell in a column of periods that names a day, else None."""
    if isinstance(value, dt.date):
        return value.year, value.month, value.day
    if isinstance(value, str) and (match := _DAY.match(value.strip())):
        return int(match.group(1)), int(match.group(2)), int(match.group(3))
    return None


def why_no_months(values: Iterable[Any]) -> Text | None:
    """Why the days in a column of periods name no months; None if they do, or if there is but one.

    Each is a first of a month where they are months. Days that all begin a quarter may be quarters.
    """
    days = {day for value in values if (day := day_written(value))}
    if len(days) < 2:
        return None
    shown = [f"{year:04d}-{month:02d}-{day:02d}" for year, month, day in sorted(days)[:3]]
    if any(day != 1 for _, _, day in days):
        return text_("sheets.months.days", days=shown)
    if len({month % 3 for _, month, _ in days}) == 1:
        return text_("sheets.months.quarters", days=shown)
    return None


# 2026-W40, W40, 40周, 第40周, 2026年第40周, week 40, KW 40.
_WEEK = re.compile(
    r"^(?:(?:19|20)\d{2}(?:年度?)?[-/]?)?"
    r"(?:(?:w|wk|week|kw|cw)-?(?:0?[1-9]|[1-4]\d|5[0-3])|第?(?:0?[1-9]|[1-4]\d|5[0-3])周)$"
)


def is_week(value: Any) -> bool:
    """Whether a cell names a week by its number."""
    return isinstance(value, str) and bool(_WEEK.match(compact(value)))


def why_no_period(value: Any) -> Text:
    """What to state instead of a cell that names no period of targets."""
    if is_week(value):
        return text_("sheets.columns.week", value=value)
    if (span := parse_span(value)) and span.kind == "half":
        first, second = (f"Q{2 * span.number - 1}", f"Q{2 * span.number}")
        return text_("sheets.columns.half_year", value=value, first=first, second=second)
    return text_("sheets.columns.no_period", value=value)
