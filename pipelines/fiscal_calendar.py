"""In which week, fiscal month, quarter and year a day lies, and what they are called.

Add here: another way to cut a year. Keep out: workdays (`working_calendar.py`), and anything that reads
data: dbt gets these columns with the calendar and asks nobody else what a period is.

Two kinds of year. By calendar months: twelve of them, beginning with `fiscal_year_start`. By weeks
(4-4-5, 4-5-4, 5-4-4): four quarters of thirteen weeks from the first day of the week that is nearest to
the 1st of that month, or the last on or before it; a year of 53 weeks gives the week to its last month.
Both are the two ways of 26 CFR 1.441-2 (52-53-week years), told by the first day instead of the last;
`nearest` with weeks from Monday and a January year is also ISO 8601's year.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from pipelines.configuration.company import Company

WEEK = dt.timedelta(days=7)
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class DayPeriods:
    """The periods one day lies in; ends are inclusive. Names as targets write them: 2026-05, 2026-Q2, 2026.

    A month is called by the calendar month it stands for, also where it begins some days before it.
    """

    week_start: dt.date
    fiscal_month_start: dt.date
    fiscal_month_end: dt.date
    fiscal_quarter_start: dt.date
    fiscal_quarter_end: dt.date
    fiscal_year_start: dt.date
    fiscal_year_end: dt.date
    fiscal_month_name: str
    fiscal_quarter_name: str
    fiscal_year_name: str


@dataclass(frozen=True)
class _Year:
    """`months`: first day of each of the twelve, then the first day of the next year."""

    nominal: int
    months: tuple[dt.date, ...]


def week_start(day: dt.date, company: Company) -> dt.date:
    """First day of the company's week that holds the day."""
    return day - dt.timedelta(days=(day.weekday() - company.first_weekday) % 7)


def calendar_end(company: Company, day: dt.date) -> dt.date:
    """Last day that a calendar which tells the day needs: years by weeks may reach over December."""
    if company.fiscal_calendar == "months":
        return day
    year = next(year for year in _years(company, day.year - 1) if year.months[-1] > day)
    return year.months[-1] - DAY


def periods_of(company: Company, days: Iterable[dt.date]) -> Iterator[DayPeriods]:
    """The periods of each day, for days in ascending order."""
    years: Iterator[_Year] | None = None
    year: _Year | None = None
    cut: list[tuple[dt.date, dt.date, DayPeriods]] = []
    end = week_end = dt.date.min  # what was found last holds for the days before both
    for day in days:
        if day >= end or day >= week_end:
            if years is None:
                years = _years(company, day.year - 2)
            while year is None or day >= year.months[-1]:
                year = next(years)
                cut = _months(company, year)
            start = week_start(day, company)
            week_end = start + WEEK
            end, month = next((end, told) for first, end, told in cut if first <= day < end)
            told = replace(month, week_start=start)
        yield told


def _years(company: Company, first: int) -> Iterator[_Year]:
    """Fiscal years without a gap, from the one that begins in the calendar year `first` by name."""
    number = first
    while True:
        yield _Year(number, _month_starts(company, number))
        number += 1


def _month_starts(company: Company, number: int) -> tuple[dt.date, ...]:
    month = company.fiscal_year_start
    if company.fiscal_calendar == "months":
        return tuple(_first_of(number, month + offset) for offset in range(13))
    begin = _nearby(company, dt.date(number, month, 1))
    end = _nearby(company, dt.date(number + 1, month, 1))
    lengths = [int(weeks) for weeks in company.fiscal_calendar.split("-")] * 4
    starts = [begin + weeks * WEEK for weeks in accumulate(lengths[:-1], initial=0)]
    return (*starts, end)


def _first_of(year: int, month: int) -> dt.date:
    """First day of a month that is counted on over December."""
    return dt.date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def _nearby(company: Company, first: dt.date) -> dt.date:
    """The first day of the week that begins the year meant to begin on the 1st of a month."""
    start = week_start(first, company)
    if company.fiscal_year_begins == "nearest" and (first - start).days > 3:
        return start + WEEK
    return start


def _months(company: Company, year: _Year) -> list[tuple[dt.date, dt.date, DayPeriods]]:
    month = company.fiscal_year_start
    ends_later = company.fiscal_year_named_by == "end" and month > 1
    name = f"{year.nominal + ends_later}"
    told = []
    for index, (first, end) in enumerate(pairwise(year.months)):
        quarter = index // 3
        stands_for = _first_of(year.nominal, month + index)
        told.append(
            (
                first,
                end,
                DayPeriods(
                    week_start=first,
                    fiscal_month_start=first,
                    fiscal_month_end=end - DAY,
                    fiscal_quarter_start=year.months[3 * quarter],
                    fiscal_quarter_end=year.months[3 * quarter + 3] - DAY,
                    fiscal_year_start=year.months[0],
                    fiscal_year_end=year.months[12] - DAY,
                    fiscal_month_name=f"{stands_for:%Y-%m}",
                    fiscal_quarter_name=f"{name}-Q{quarter + 1}",
                    fiscal_year_name=name,
                ),
            )
        )
    return told
