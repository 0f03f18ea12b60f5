"""A copy of the whole ledger in one SQLite file, and putting it back where a ledger was lost.

Add here: what a copy holds and when it may be put back. Keep out: where copies lie and who is told
(`assets/kept_ledger.py`).
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Integer, Table, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from pipelines.ledger.models import Base, Episode, Response, Signal
from pipelines.ledger.store import Ledger, open_ledger

_ROWS = 2_000
# Tables of which no row is ever deleted.
_GROWING = ("episodes", "episode_changes", "tellings", "runs", "outbox")
_SAID = ("responses", "comments")
# What people gave, numbered as it came.
_ANSWERS = ("responses", "comments", "snoozes", "quarantine_decisions")
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def copy_ledger(ledger: Ledger, target: Path) -> None:
    """Write every row of a ledger, on whatever database, to a SQLite file; the old file stays whole
    until the new one is.
    """
    fresh = target.with_name(f".{target.name}-{os.getpid()}")
    _remove(fresh)
    if ledger.engine.dialect.name == "sqlite":
        # As it stands at one moment, by SQLite itself: row by row it takes ten times as long.
        with contextlib.closing(ledger.engine.raw_connection()) as connection:
            connection.cursor().execute("vacuum into ?", (str(fresh),))
    else:
        _poured(ledger, fresh)
    fresh.chmod(0o600)
    os.replace(fresh, target)
    _remove(fresh)


def _poured(ledger: Ledger, fresh: Path) -> None:
    copy = open_ledger(f"sqlite:///{fresh}")
    try:
        _pour(ledger, copy)
        with copy.engine.connect() as connection:
            # One file: a copy must not need the log beside it.
            connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
    finally:
        copy.close()


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


def is_behind(ledger: Ledger, copy: Path) -> bool:
    """Whether a copy holds more than the ledger: then it is an older one, or was emptied in part.

    Nothing is ever deleted from the tables that are looked at; an answer that is taken back leaves a
    comment in its place. Raises as `open_ledger`.
    """
    source = open_ledger(f"sqlite:///{copy}")
    try:
        with ledger.reading() as mine, source.reading() as theirs:
            said = (sum(_grown(one, name)[0] for name in _SAID) for one in (mine, theirs))
            fewer = next(said) < next(said)
            # Each for itself: of an older ledger that has gone on only the count is smaller.
            pairs = [zip(_grown(mine, n), _grown(theirs, n), strict=True) for n in _GROWING]
            return fewer or any(own < other for pair in pairs for own, other in pair)
    finally:
        source.close()


def complete(ledger: Ledger, copy: Path) -> int:
    """Add what a copy has and the ledger lacks; returns the number of alerts it knows now.

    Rows of the ledger stay. An answer whose number another one has by now gets a new number; an
    alert of which the copy knows more is as in the copy.
    """
    source = open_ledger(f"sqlite:///{copy}")
    try:
        with source.reading() as read, ledger.writing() as write:
            ledger.serialise(write)
            for table in Base.metadata.sorted_tables:
                _add_missing(table, read, write)
            _follow_numbers(write)
            return write.scalar(select(func.count()).select_from(Episode)) or 0
    finally:
        source.close()


def _grown(session: Session, name: str) -> tuple[int, int]:
    table = Base.metadata.tables[name]
    key = next(iter(table.primary_key.columns))
    highest: Any = func.max(key) if isinstance(key.type, Integer) else literal(0)
    found: Any = session.execute(select(func.count(), highest).select_from(table)).one()
    return int(found[0]), int(found[1] or 0)


def _add_missing(table: Table, read: Session, write: Session) -> None:
    key = next(iter(table.primary_key.columns)).name
    own = {row[key]: dict(row) for row in write.execute(select(table)).mappings()}
    plain = [{**row, key: None} for row in own.values()] if table.name in _ANSWERS else []
    for found in read.execute(select(table)).mappings():
        row = cast("dict[str, Any]", dict(found))
        mine = own.get(row[key])
        if mine is None:
            insert = _INSERT[write.get_bind().dialect.name]
            write.execute(insert(table).values(**row).on_conflict_do_nothing())
        elif table.name in _ANSWERS and mine != row and {**row, key: None} not in plain:
            del row[key]
            write.execute(table.insert().values(**row))
        elif table.name == Episode.__tablename__ and row["changes"] > mine["changes"]:
            write.execute(table.update().where(table.c[key] == row[key]).values(**row))


def _pour(source: Ledger, target: Ledger) -> None:
    with source.reading() as read, target.writing() as write:
        target.serialise(write)
        for table in Base.metadata.sorted_tables:
            rows = read.execute(select(table)).mappings()
            for part in rows.partitions(_ROWS):
                write.execute(table.insert(), [cast("dict[str, Any]", dict(row)) for row in part])
        _follow_numbers(write)


def _follow_numbers(session: Session) -> None:
    """PostgreSQL goes on counting behind the numbers that came with the rows; SQLite does anyway."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in Base.metadata.sorted_tables:
        key = next(iter(table.primary_key.columns))
        if isinstance(key.type, Integer):
            sequence = func.pg_get_serial_sequence(table.name, key.name)
            session.execute(select(func.setval(sequence, func.max(key))).where(key.is_not(None)))


def _remove(file: Path) -> None:
    for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
        file.with_name(name).unlink(missing_ok=True)
