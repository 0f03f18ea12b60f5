"""A lost ledger of which no copy is left, filled from what the published marts know of it.

Add here: what the marts keep of answers. Keep out: when this is needed (`kept_ledger.py`).

The marts hold every alert and every answer with its note, but not the notices that went out. So all
that was published counts as told: nobody hears of it again.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import select

from pipelines.assets.hierarchy import hierarchy_of, named
from pipelines.ledger import responses
from pipelines.ledger.episodes import record_episodes
from pipelines.ledger.models import EpisodeChange, Telling
from pipelines.ledger.refusals import NotFound, Refused
from pipelines.ledger.store import Ledger
from pipelines.notifying.hours import week_of
from pipelines.notifying.notices import Office
from pipelines.notifying.notify import count_digests_as_told
from pipelines.notifying.recipients import RecipientBook, read_recipients
from pipelines.publishing.versions import read_manifest
from pipelines.settings import Settings
from pipelines.warehouse.binding import connect
from pipelines.working_calendar import workday_test


def refill(ledger: Ledger, settings: Settings) -> int:
    """Record the published alerts and their answers in a new ledger; returns how many alerts."""
    manifest = read_manifest(settings.current)
    assert manifest is not None  # the caller has looked
    with connect(settings.current / "forewarn.duckdb", read_only=True) as connection:
        alerts = connection.execute(
            "select * from marts.fct_alerts where coalesce(origin, 'evaluated') = 'evaluated'"
        ).df(date_as_object=True)
        reps = hierarchy_of(connection)
        given = connection.execute(
            "select * from marts.fct_alert_responses order by acted_at, response_id"
        ).df(date_as_object=True)
    if alerts.empty:
        return 0
    moment = settings.now()
    record_episodes(ledger, alerts, as_of=manifest.as_of, run_id="refilled", now=moment)
    for row in given.to_dict("records"):
        # What the ledger refuses today (an alert of a withdrawn rule) it need not keep.
        with contextlib.suppress(NotFound, Refused):
            _answer(ledger, row, settings.timezone)
    book = read_recipients(settings.config_dir / "recipients.yml", [])
    _count_as_told(ledger, settings, book, moment)
    office = Office(
        timezone=settings.timezone,
        currency=settings.company.currency,
        is_workday=workday_test(settings, manifest.as_of),
        first_weekday=settings.company.first_weekday,
        hierarchy=named(reps, book),
    )
    count_digests_as_told(ledger, book.recipients, office, now=moment)
    return len(alerts)


def _answer(ledger: Ledger, row: dict[Any, Any], zone: ZoneInfo) -> None:
    who = (ledger, row["alert_id"], row["person_id"])
    stamp = pd.Timestamp(row["acted_at"])
    now = (stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp).tz_convert(zone)
    moment, note = now.to_pydatetime(), row["note"] or ""
    match row["action"]:
        case "ack":
            responses.acknowledge(*who, now=moment)
        case "assign":
            responses.assign(*who, row["assigned_to"], now=moment)
        case "plan":
            responses.plan(*who, note, now=moment)
        case "resolve":
            responses.resolve(*who, row["outcome"], note, now=moment)
        case "snooze":
            responses.snooze(*who, row["until"], note, now=moment, today=moment.date())


def _count_as_told(
    ledger: Ledger, settings: Settings, book: RecipientBook, now: dt.datetime
) -> None:
    week = week_of(now, settings.timezone, settings.company.first_weekday)
    with ledger.writing() as session:
        changes = session.scalars(select(EpisodeChange)).all()
        session.add_all(
            Telling(
                recipient_id=person.person_id,
                change_id=change.change_id,
                alert_id=change.alert_id,
                kind="digest",
                notice_key=None,
                week=week,
                decided_at=now,
            )
            for change in changes
            for person in book.recipients
        )
