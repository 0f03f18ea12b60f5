"""Weeks and fiscal periods of single days, by calendars that others publish.

Add here: another calendar to compare with. Keep out: what figures make of periods (tests/companies/weeks).
"""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.configuration.company import WEEK_DAYS, Company
from pipelines.fiscal_calendar import DayPeriods, calendar_end, periods_of, week_start

RETAIL = {"fiscal_calendar": "4-5-4", "fiscal_year_start": 2, "week_starts_on": "sunday"}
DAY = dt.timedelta(days=1)


def told(day: dt.date, **company: object) -> DayPeriods:
    (found,) = periods_of(Company(name="Acme", **company), [day])
    return found


@pytest.mark.parametrize(
    ("year", "first", "last"),
    # The National Retail Federation's calendar: Saturday nearest to 31 January, 53 weeks in 2012, 2017, 2023.
    [
        (2012, dt.date(2012, 1, 29), dt.date(2013, 2, 2)),
        (2017, dt.date(2017, 1, 29), dt.date(2018, 2, 3)),
        (2023, dt.date(2023, 1, 29), dt.date(2024, 2, 3)),
        (2024, dt.date(2024, 2, 4), dt.date(2025, 2, 1)),
        (2025, dt.date(2025, 2, 2), dt.date(2026, 1, 31)),
    ],
)
def test_retail_years(year: int, first: dt.date, last: dt.date) -> None:
    for day in (first, last):
        found = told(day, **RETAIL)
        assert (found.fiscal_year_start, found.fiscal_year_end) == (first, last)
        assert found.fiscal_year_name == str(year)
    assert told(last, **RETAIL).fiscal_month_name == f"{year + 1}-01"


@given(st.dates(dt.date(1991, 1, 1), dt.date(2060, 12, 31)))
def test_nearest_monday_to_january_is_the_iso_year(day: dt.date) -> None:
    found = told(day, fiscal_calendar="4-4-5")
    year, week, _ = day.isocalendar()
    assert found.fiscal_year_name == str(year)
    assert (week_start(day, Company(name="A")) - found.fiscal_year_start).days // 7 + 1 == week


@given(
    st.dates(dt.date(1995, 1, 1), dt.date(2040, 12, 31)),
    st.sampled_from(["months", "4-4-5", "4-5-4", "5-4-4"]),
    st.integers(1, 12),
    st.sampled_from(WEEK_DAYS),
    st.sampled_from(["start", "end"]),
    st.booleans(),
)
def test_every_day_lies_in_one_period_of_each_kind(
    day: dt.date, cut: str, month: int, weekday: str, named_by: str, before: bool
) -> None:
    begins = {"fiscal_year_begins": "on_or_before"} if before and cut != "months" else {}
    company = Company(
        name="A", fiscal_calendar=cut, fiscal_year_start=month, week_starts_on=weekday,
        fiscal_year_named_by=named_by, **begins,
    )  # fmt: skip
    days = [day + DAY * n for n in range(400)]
    found = list(periods_of(company, days))
    for one, at, after in zip(found, days, found[1:], strict=False):
        for kind in ("month", "quarter", "year"):
            first, last, name = (
                getattr(one, f"fiscal_{kind}_{part}") for part in ("start", "end", "name")
            )
            assert first <= at <= last
            following = getattr(after, f"fiscal_{kind}_start")
            assert following == (first if at < last else last + DAY)
            assert (getattr(after, f"fiscal_{kind}_name") == name) == (at < last)
        # The month that it stands for holds its 15th day, which is how the report names it.
        assert f"{one.fiscal_month_start + 14 * DAY:%Y-%m}" == one.fiscal_month_name
        weeks = (one.fiscal_year_end - one.fiscal_year_start).days + 1
        assert weeks in ((365, 366) if cut == "months" else (364, 371))
        if cut != "months":
            assert WEEK_DAYS[one.fiscal_month_start.weekday()] == weekday
        assert WEEK_DAYS[one.week_start.weekday()] == weekday
        assert dt.timedelta(0) <= at - one.week_start < 7 * DAY
    assert calendar_end(company, day) >= day
