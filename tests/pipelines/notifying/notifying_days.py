"""Days that tests of the notices share with their fixtures."""

from __future__ import annotations

import datetime as dt

WEDNESDAY = dt.date(2026, 10, 28)
NOW = dt.datetime(2026, 10, 28, 2, 0, tzinfo=dt.UTC)  # 10:00 in Shanghai
HOLIDAYS = {dt.date(2026, 10, day) for day in range(1, 8)}


def is_workday(day: dt.date) -> bool:
    return day.weekday() < 5 and day not in HOLIDAYS
