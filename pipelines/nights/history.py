"""What Dagster remembers of past nights, and for how long: runs, events, ticks of schedules.

Add here: something of Dagster's own storage that grows. Keep out: when it is cut
(`upkeep/maintenance.py`), what a night writes of its own.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from pathlib import Path

import dagster as dg

_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
_AT_ONCE = 100


def forget_runs(instance: dg.DagsterInstance, before: dt.datetime) -> int:
    """Delete ended runs older than a moment with all their events; how many there were.

    Runs that still stand as started are left to whoever looks for dead ones (`assets/dead_runs.py`).
    """
    done = 0
    asked = dg.RunsFilter(statuses=_ENDED, created_before=before)
    while records := instance.get_run_records(asked, limit=_AT_ONCE):
        for record in records:
            instance.delete_run(record.dagster_run.run_id)
        done += len(records)
    return done


def forget_ticks(instance: dg.DagsterInstance, before: dt.datetime) -> None:
    """Delete what schedules and sensors noted of each time they looked, older than a moment."""
    for state in instance.all_instigator_state():
        instance.purge_ticks(state.instigator_origin_id, state.selector_id, before.timestamp())


def shrink(home: Path) -> int:
    """Give freed space of Dagster's SQLite files back; the bytes won.

    A file that somebody writes to at that moment is left for the next time.
    """
    won = 0
    for file in sorted(home.rglob("*.db")):
        before = file.stat().st_size
        with (
            contextlib.suppress(sqlite3.OperationalError),
            contextlib.closing(sqlite3.connect(file, timeout=5)) as connection,
        ):
            connection.execute("vacuum")
            connection.execute("pragma wal_checkpoint(truncate)")
        won += max(0, before - file.stat().st_size)
    return won
