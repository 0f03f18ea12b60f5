"""Workdays of the company: the country's calendar, make-up workdays, and its own exceptions.

Add here: how a day becomes a workday. Keep out: fiscal periods (dbt's `int_calendar__days`).

Chinese days come from `chinese_calendar` (State Council notices, including 调休 make-up workdays);
other countries, and Chinese years whose notice is not out yet, from `holidays`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import chinese_calendar
import holidays

from pipelines.configuration.tables import CalendarDay
from pipelines.settings import Settings

# The first day that a record may plausibly bear; rows before it are set aside (dbt's only_sound_rows).
FIRST_DAY = dt.date(1990, 1, 1)


@dataclass(frozen=True)
class Day:
    """One calendar day. `holiday_name` is empty on ordinary days."""

    date_day: dt.date
    is_workday: bool
    holiday_name: str


def working_days(
    country: str, until: dt.date, overrides: Iterable[CalendarDay] = (), first: dt.date = FIRST_DAY
) -> list[Day]:
    """Every day from `first` to `until`, inclusive, in order."""
    exceptions = {day.date: day for day in overrides}
    years = range(first.year, until.year + 1)
    names = holidays.country_holidays(country, years=years)
    days = []
    for offset in range((until - first).days + 1):
        date = first + dt.timedelta(days=offset)
        if date in exceptions:
            days.append(Day(date, exceptions[date].is_workday, exceptions[date].note))
            continue
        name = names.get(date, "")
        days.append(Day(date, _is_workday(country, date, names), name))
    return days


def _is_workday(country: str, date: dt.date, names: holidays.HolidayBase) -> bool:
    if country == "CN":
        try:
            return bool(chinese_calendar.is_workday(date))
        except NotImplementedError:
            pass  # the year's notice is not in the library: weekends and statutory days only
    return bool(names.is_working_day(date))


def workday_test(settings: Settings, as_of: dt.date) -> Callable[[dt.date], bool]:
    """A function that says whether a day is a workday of the company, up to the year after next."""
    company = settings.company
    days = working_days(company.calendar, dt.date(as_of.year + 2, 12, 31), settings.calendar_days)
    known = {day.date_day: day.is_workday for day in days}
    return lambda day: known.get(day, day.weekday() < 5)
