"""Dagster's SQLite files without the waiting: a night writes some 2,500 events one by one.

Add here: how these files are opened. Keep out: which storage is used (`instance.py`), and files of
our own (the ledger has its own engine).

Dagster opens a file for every event and closes it again. The last one to close a file moves its log
into it (a checkpoint), and every commit waits for the disk: half of a small night went into that.
So one more connection stays open for as long as the process lives, and commits do not wait. In this
mode (WAL, synchronous=NORMAL) a killed process loses nothing; when the power fails the last events
of a run may be missing from its page, never from the marts or the ledger
(sqlite.org, "pragma synchronous" and "write-ahead logging").
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from dagster._core.storage.event_log.migration import (
    ASSET_DATA_MIGRATIONS,
    EVENT_LOG_DATA_MIGRATIONS,
)
from dagster._core.storage.event_log.schema import SqlEventLogStorageMetadata
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine import Engine

_MARKS = EVENT_LOG_DATA_MIGRATIONS.keys() | ASSET_DATA_MIGRATIONS.keys()


class EventStorage(ConsolidatedSqliteEventLogStorage):
    """Dagster's storage of all events in one file, with connections that are used again.

    Its own makes an engine and a connection for each of some 3,000 statements a night, and takes a file
    that is there for whole: a process that was killed while it made one left every later night without
    its tables.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        if not self._is_whole():
            self._init_db()

    def _is_whole(self) -> bool:
        """Whether all tables are there, and the marks that are set when they are."""
        with self._connect() as connection:
            found = connection.execute(text("select name from sqlite_master")).scalars().all()
            if not SqlEventLogStorageMetadata.tables.keys() <= set(found):
                return False
            marks = connection.execute(text("select name from secondary_indexes")).scalars().all()
        return set(marks) >= _MARKS

    @cached_property
    def _engine(self) -> Engine:
        return create_engine(
            self._conn_string, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
        )

    @contextmanager
    def _connect(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            yield connection

    def has_table(self, table_name: str) -> bool:
        """As Dagster's own, which asks for every event; a table that is there stays there."""
        if table_name not in self._tables:
            if not super().has_table(table_name):
                return False
            self._tables.add(table_name)
        return True

    @cached_property
    def _tables(self) -> set[str]:
        return set()

    def dispose(self) -> None:
        """Close the kept connections, too."""
        super().dispose()
        self._engine.dispose()


_held: dict[str, sqlite3.Connection] = {}
_logged: set[str] = set()
_homes: set[str] = set()


def ease_event_storage() -> None:
    """From now on, open SQLite files below DAGSTER_HOME in this process as said above.

    Does nothing without DAGSTER_HOME: Dagster then keeps nothing.
    """
    home = os.environ.get("DAGSTER_HOME")
    if not home:
        return
    if not _homes:
        event.listen(Engine, "connect", _on_connect)
    _homes.add(f"{Path(home).resolve()}{os.sep}")


def _on_connect(connection: Any, _: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    file = connection.execute("pragma database_list").fetchone()[2]
    if not file.startswith(tuple(_homes)):
        return
    connection.execute("pragma synchronous = normal")
    if file not in _held:
        # Events are written by other threads as well; this one only keeps the file open.
        _held[file] = sqlite3.connect(file, check_same_thread=False)
    if file not in _logged:
        # A connection takes part in a log once it has read, and a new file has none at first.
        _held[file].execute("select count(*) from sqlite_master").fetchone()
        if os.path.exists(f"{file}-wal"):
            _logged.add(file)
