"""What the doctor asks of data and people: the published version, its feeds, the ledger, PostgreSQL.

Add here: a question about what was read, published or told. Keep out: the machine (`doctor.py`).
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator

import psycopg
import pyarrow.parquet as pq
from sqlalchemy import func, select

from pipelines.failures import endpoint
from pipelines.ledger.due import overdue_steps
from pipelines.ledger.lookup import as_alert
from pipelines.ledger.models import Episode, Notice
from pipelines.ledger.store import open_ledger
from pipelines.publishing.postgres import SCHEMA, publish_url, published_in
from pipelines.publishing.reader_files import MARTS
from pipelines.publishing.versions import damaged_files, read_manifest
from pipelines.settings import Settings
from pipelines.store.address import Store, store_address
from pipelines.store.pointer import read_pointer
from pipelines.upkeep.answer import Answer, answer
from pipelines.working_calendar import workday_test

WAITING_HOURS = 24


def version(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    """Are the published files those that were published?"""
    manifest = read_manifest(settings.current)
    if manifest is None:
        return
    damaged = damaged_files(settings.current, manifest)
    if damaged:
        yield answer("version", "problem", "damaged", files=damaged)
    else:
        yield answer("version", "ok", "whole", number=manifest.version, day=manifest.as_of)


def feeds(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    """Does every source still send? As the last night found it (`rpt_freshness`)."""
    file = settings.current / "parquet" / "rpt_freshness.parquet"
    if not file.is_file():
        return
    rows = pq.read_table(file, columns=["source", "entity", "state"]).to_pylist()
    named = {
        state: [f"{row['source']}.{row['entity']}" for row in rows if row["state"] in states]
        for state, states in (("stale", ["stale"]), ("late", ["late", "empty"]))
    }
    if named["stale"]:
        yield answer("feeds", "problem", "stale", names=named["stale"])
    elif named["late"]:
        yield answer("feeds", "warning", "late", names=named["late"])
    else:
        yield answer("feeds", "ok", "fresh", count=len(rows))


def ledger(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    """Is the ledger there, did its notices go out, and were they answered?"""
    if not (settings.data_dir / "ledger.db").exists() and not os.environ.get("FOREWARN_LEDGER_URL"):
        if read_manifest(settings.current) is not None:
            yield answer("ledger", "problem", "gone")
        return
    today = settings.today()
    is_workday = workday_test(settings, today)
    opened = open_ledger(settings.ledger_url)
    try:
        with opened.reading() as session:
            before = now - dt.timedelta(hours=WAITING_HOURS)
            waiting = session.scalar(
                select(func.count())
                .select_from(Notice)
                .where(Notice.state.in_(("pending", "sending")), Notice.not_before < before)
            )
            stands = Episode.state == "open", Episode.resolved_at.is_(None)
            alerts = [
                as_alert(episode) for episode in session.scalars(select(Episode).where(*stands))
            ]
    finally:
        opened.close()
    if waiting:
        yield answer("ledger", "problem", "unsent", count=waiting)
    else:
        yield answer("ledger", "ok", "well")
    overdue = sum(bool(overdue_steps(alert, today, is_workday)) for alert in alerts)
    if overdue:
        yield answer("answers", "warning", "overdue", count=overdue, of=len(alerts))
    else:
        yield answer("answers", "ok", "in_time", count=len(alerts))


def postgres(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    """Does PostgreSQL, where it is configured, hold what is published?"""
    url, manifest = publish_url(), read_manifest(settings.current)
    if not url or manifest is None:
        return
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            found = published_in(connection, os.environ.get(SCHEMA) or MARTS)
    except psycopg.Error:
        yield answer("postgres", "problem", "unreachable", where=endpoint(url))
        return
    if found == (manifest.version, manifest.fingerprint):
        yield answer("postgres", "ok", "current", number=manifest.version)
    else:
        yield answer("postgres", "problem", "behind", number=manifest.version)


def store(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    """Does the store, where one is configured, hold what is published?"""
    address, manifest = store_address(), read_manifest(settings.current)
    if not address or manifest is None:
        return
    pointer = read_pointer(Store(address))  # what it raises is told as it is
    if pointer and (pointer.version, pointer.created_at) == (manifest.version, manifest.created_at):
        yield answer("store", "ok", "current", number=manifest.version)
    else:
        yield answer("store", "problem", "behind", number=manifest.version)
