"""Which past days a backfill builds."""

import datetime as dt

import pytest

from pipelines.commands.backfilling import days_between
from pipelines.configuration.company import Company

FIRST, LAST = dt.date(2026, 1, 28), dt.date(2026, 2, 12)


@pytest.mark.parametrize(
    ("every", "starts_on", "days"),
    [
        ("week", "monday", ["2026-02-01", "2026-02-08", "2026-02-12"]),
        ("week", "sunday", ["2026-01-31", "2026-02-07", "2026-02-12"]),
        ("month", "monday", ["2026-01-31", "2026-02-12"]),
    ],
)
def test_periods_end_as_the_companys_do_and_the_last_day_is_always_there(every, starts_on, days):
    company = Company(name="c", timezone="UTC", currency="CNY", week_starts_on=starts_on)
    assert [str(day) for day in days_between(FIRST, LAST, every, company)] == days


def test_every_day_is_every_day():
    company = Company(name="c", timezone="UTC", currency="CNY")
    assert len([*days_between(FIRST, LAST, "day", company)]) == 16
