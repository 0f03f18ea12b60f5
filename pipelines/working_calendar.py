"""Workdays of the company: the country's calendar, make-up workdays, and its own exceptions.

Add here: how a day becomes a workday. Keep out: fiscal periods (dbt's `int_calendar__days`).

Chinese days come from `chinese_calendar` (State Council notices, including 调休 make-up workdays);
other countries, and Chinese years whose notice is not out yet, from `holidays`.
"""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

import chinese_calendar
import holidays

from pipelines.configuration.tables import CalendarDay
from pipelines.settings import Settings

# Said of years that a calendar does not reach, once a night and country; such days are weekdays.
warnings.filterwarnings("ignore", message="Requested Holidays are available only")
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
    exceptions = {
        day.date: Day(day.date, is_workday=day.is_workday, holiday_name=day.note)
        for day in overrides
    }
    return [exceptions.get(day.date_day, day) for day in _of_country(country, until, first)]


@lru_cache(maxsize=4)
def _of_country(country: str, until: dt.date, first: dt.date) -> tuple[Day, ...]:
    """The country's own days. Kept: a night asks four times, and it is half a second each time."""
    names = holidays.country_holidays(country, years=range(first.year, until.year + 1))
    dates = (first + dt.timedelta(days=n) for n in range((until - first).days + 1))
    return tuple(Day(day, _is_workday(country, day, names), names.get(day, "")) for day in dates)


def _is_workday(country: str, date: dt.date, names: holidays.HolidayBase) -> bool:
    if country == "CN":
        try:
            return bool(chinese_calendar.is_workday(date))
        except NotImplementedError:
            pass  # the year's notice is not in the library: weekends and statutory days only
    return bool(names.is_working_day(date))


def workday_test(settings: Settings, as_of: dt.date) -> Callable[[dt.date], bool]:
    """A function that says whether a day is a workday of the company, up to the year after next."""
    country = settings.company.calendar
    until = dt.date(as_of.year + 2, 12, 31)
    names = holidays.country_holidays(country)  # reads a year when a day of it is asked for
    own = {day.date: day.is_workday for day in settings.calendar_days}

    @cache
    def is_workday(day: dt.date) -> bool:
        if not FIRST_DAY <= day <= until:
            return day.weekday() < 5
        return own[day] if day in own else _is_workday(country, day, names)

    return is_workday
