"""A copy of the whole ledger in one SQLite file, and putting it back where a ledger was lost.

Add here: what a copy holds and when it may be put back. Keep out: where copies lie and who is told
(`assets/kept_ledger.py`).
"""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import func, select

from pipelines.ledger.models import Base, Episode, Response, Signal
from pipelines.ledger.store import Ledger, open_ledger

_ROWS = 2_000


def copy_ledger(ledger: Ledger, target: Path) -> None:
    """Write every row of a ledger, on whatever database, to a SQLite file; the old file stays whole
    until the new one is.
    """
    fresh = target.with_name(f".{target.name}-{os.getpid()}")
    _remove(fresh)
    copy = open_ledger(f"sqlite:///{fresh}")
    try:
        _pour(ledger, copy)
        with copy.engine.connect() as connection:
            # One file: a copy must not need the log beside it.
            connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
    finally:
        copy.close()
    fresh.chmod(0o600)
    os.replace(fresh, target)
    _remove(fresh)


def is_new(ledger: Ledger) -> bool:
    """Whether nothing was ever recorded in it: no alert, no answer, no reported risk."""
    with ledger.reading() as session:
        return not any(
            session.scalar(select(func.count()).select_from(table))
            for table in (Episode, Response, Signal)
        )


def put_back(copy: Path, ledger: Ledger) -> int:
    """Fill a new ledger from a copy; returns the number of alerts it knows now.

    The ledger must be new: `is_new`. Another process that was first leaves nothing to do.
    """
    source = open_ledger(f"sqlite:///{copy}")
    try:
        if is_new(ledger):
            _pour(source, ledger)
    finally:
        source.close()
    with ledger.reading() as session:
        return session.scalar(select(func.count()).select_from(Episode)) or 0


def _pour(source: Ledger, target: Ledger) -> None:
    with source.reading() as read, target.writing() as write:
        target.serialise(write)
        for table in Base.metadata.sorted_tables:
            rows = read.execute(select(table)).mappings()
            for part in rows.partitions(_ROWS):
                write.execute(table.insert(), [dict(row) for row in part])


def _remove(file: Path) -> None:
    for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
        file.with_name(name).unlink(missing_ok=True)
