"""Opening the ledger: SQLite in WAL mode or PostgreSQL by URL, upgraded on open.

Add here: how a connection is made and how transactions behave on each database.
Keep out: what is read or written in them.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from pipelines.failures import Failure, PermanentFailure, TransientFailure
from pipelines.language import text as words
from pipelines.ledger.upgrading import (
    ADVISORY_LOCK,
    HalfLedger,
    NewerLedger,
    newest_revision,
    revision_of,
    stop_at_half,
    upgrade,
)

BUSY_SECONDS = 30


class Ledger:
    """One open ledger. Sessions come from `reading()` and `writing()`; nothing else is needed.

    On SQLite a writing session holds the write lock from its start, so what it reads cannot
    change before it commits. On PostgreSQL `writing()` takes rows as they are; the recording of
    a night and the planning of notices call `serialise` first.
    """

    def __init__(self, engine: Engine, shown: str) -> None:
        self.engine = engine
        self.shown = shown  # the URL without its password
        self.created = False  # whether opening it made its tables: there was none before
        self._writer = engine.execution_options(ledger_writes=True)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading; it sees one state and is rolled back at the end."""
        with self._translated("read the ledger"), Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that is committed at the end, or rolled back on any exception."""
        with (
            self._translated("write the ledger"),
            Session(self._writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    def serialise(self, session: Session) -> None:
        """Let one process at a time go on, until the session ends (a no-op on SQLite)."""
        if self.engine.dialect.name == "postgresql":
            session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _translated(self, tried: str) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            raise _transient(tried, self.shown, error) from error


def open_ledger(url: str) -> Ledger:
    """Open the ledger at a SQLAlchemy URL, creating or upgrading its tables.

    Safe when several processes open it at once: one upgrades, the others wait for it.
    Raises PermanentFailure for an unusable URL, a damaged file or a ledger that a newer version
    wrote, TransientFailure when the database cannot be reached or stays locked.
    """
    parsed = _parse(url)
    shown = parsed.render_as_string(hide_password=True)
    file = _file_of(parsed)
    if file is not None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PermanentFailure(
                words("ledger.open"),
                where=shown,
                cause=error.strerror or str(error),
                next_step=words("ledger.make_writable"),
            ) from error
        if file.is_dir() or _leads_nowhere(file):
            raise PermanentFailure(
                words("ledger.open"),
                where=shown,
                cause=words("ledger.no_file"),
                next_step=words("ledger.restore"),
            )
    ledger = Ledger(_engine(parsed), shown)
    try:
        ledger.created = _upgrade(ledger)
    except OperationalError as error:
        ledger.close()
        raise _transient("Open the ledger", shown, error) from error
    except NewerLedger as error:
        ledger.close()
        raise PermanentFailure(
            words("ledger.upgrade"),
            where=shown,
            cause=words("ledger.newer"),
            next_step=words("ledger.install_newer"),
        ) from error
    except (SQLAlchemyError, HalfLedger) as error:
        ledger.close()
        cause = _cause(error) if isinstance(error, SQLAlchemyError) else error.words
        raise PermanentFailure(
            words("ledger.open"),
            where=shown,
            cause=cause,
            next_step=words("ledger.restore"),
        ) from error
    return ledger


def _file_of(url: URL) -> Path | None:
    """The file of a SQLite ledger, also of one that is named by a URI: `sqlite:///file:/path?uri=true`."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    name = url.database
    return Path(unquote(urlsplit(name).path) if name.startswith("file:") else name)


def _leads_nowhere(path: Path) -> bool:
    return path.is_symlink() and not path.exists()


def _parse(url: str) -> URL:
    accepted = "sqlite:///path/ledger.db or postgresql+psycopg://user@host/database"
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise PermanentFailure(
            words("ledger.open"),
            cause=words("ledger.no_url"),
            next_step=f"use {accepted}",
        ) from error
    if parsed.drivername in {"postgresql", "postgres"}:
        # The driver behind the bare name has changed between versions of SQLAlchemy: name it.
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite", "postgresql+psycopg"}:
        raise PermanentFailure(
            words("ledger.open"),
            cause=words("ledger.no_database", drivername=parsed.drivername),
            next_step=f"use {accepted}",
        )
    return parsed


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver's own transaction handling begins too late and commits around DDL.
        connection.isolation_level = None
        connection.execute(f"pragma busy_timeout = {BUSY_SECONDS * 1000}")
        _use_wal(connection)
        # A response that was confirmed to a person must survive a power cut.
        connection.execute("pragma synchronous = full")
        connection.execute("pragma foreign_keys = on")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("ledger_writes", False)
        # A transaction that starts by reading and then writes can fail at once where another
        # writer came between: writers take the lock first.
        connection.exec_driver_sql("begin immediate" if writes else "begin")

    return engine


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL. Two processes that switch a new file at once collide without waiting."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            if connection.execute("pragma journal_mode").fetchone()[0] != "wal":
                connection.execute("pragma journal_mode = wal")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _upgrade(ledger: Ledger) -> bool:
    """Bring the tables to this version; whether there were none."""
    with ledger.engine.connect() as connection:
        found = revision_of(connection)
        stop_at_half(connection, found)
    if found == newest_revision():
        return False
    with ledger._writer.begin() as connection:
        upgrade(connection)
    return found is None


def _transient(tried: str, shown: str, error: SQLAlchemyError) -> Failure:
    if "readonly" in _cause(error):
        step = words("ledger.make_writable")
        return PermanentFailure(tried, where=shown, cause=_cause(error), next_step=step)
    return TransientFailure(
        tried,
        where=shown,
        cause=_cause(error),
        next_step=words("ledger.try_again"),
    )


def _cause(error: SQLAlchemyError) -> str:
    """The driver's first line only: SQLAlchemy's text repeats the statement and its values."""
    original = error.orig if isinstance(error, DBAPIError) else error
    return (str(original).splitlines() or [type(error).__name__])[0]
