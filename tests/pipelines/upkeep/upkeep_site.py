"""A small published installation: enough for backup and doctor.

Add here: what both need. Keep out: what is right.
"""

from __future__ import annotations

import datetime as dt

import duckdb

from pipelines.nights.night import begin_night
from pipelines.publishing.versions import publish
from pipelines.settings import Settings


def published(settings: Settings, run_id: str = "run1") -> None:
    """One published version with one mart."""
    night = begin_night(settings, run_id, dt.date(2026, 3, 28))
    with duckdb.connect(str(night.warehouse)) as connection:
        connection.execute("create schema marts; create table marts.fct_orders as from range(3)")
    publish(settings, night)
