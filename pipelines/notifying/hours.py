"""When a notice may go out: quiet hours, days off, the day of the digest.

Add here: a reason to wait. Keep out: what waits.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from pipelines.ledger.due import IsWorkday, add_workdays
from pipelines.notifying.recipients import Recipient

# When a day begins for those who named no quiet hours, after days off.
_MORNING = dt.time(8, 0)


def earliest(
    recipient: Recipient, now: dt.datetime, timezone: ZoneInfo, is_workday: IsWorkday
) -> dt.datetime:
    """The first instant from `now` on at which the recipient may be disturbed, in UTC.

    Not on days off, not in quiet hours. After days off it is the end of the quiet hours.
    """
    local = now.astimezone(timezone)
    quiet = recipient.quiet_hours
    morning = quiet.until if quiet else _MORNING
    day = add_workdays(local.date(), 0, is_workday)
    if day != local.date():
        local = dt.datetime.combine(day, morning, timezone)
    if quiet is not None and quiet.covers(local.timetz().replace(tzinfo=None)):
        passed_midnight = quiet.start > quiet.until and local.time() >= quiet.start
        if passed_midnight:
            day = add_workdays(local.date() + dt.timedelta(days=1), 0, is_workday)
        local = dt.datetime.combine(day, quiet.until, timezone)
    return local.astimezone(dt.UTC)


def week_of(instant: dt.datetime, timezone: ZoneInfo, first_weekday: int = 0) -> str:
    """The week of an instant in the company's time zone, as 2026-W44.

    `first_weekday`: 0 for weeks from Monday. Other weeks bear the number of the ISO week whose Monday
    lies in them.
    """
    day = instant.astimezone(timezone).date() + dt.timedelta(days=-first_weekday % 7)
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def digest_day(recipient: Recipient, today: dt.date, is_workday: IsWorkday) -> dt.date | None:
    """The digest that is due by `today`: the last digest day, from its first working day on.

    A digest is due until the next one takes its place, so a night that failed does not cost it.
    None while the working day after a holiday is still to come.
    """
    day = today - dt.timedelta(days=(today.weekday() - recipient.digest_day) % 7)
    return day if today >= add_workdays(day, 0, is_workday) else None
