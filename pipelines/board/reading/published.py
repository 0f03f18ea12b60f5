"""The published version that pages read: opened once, shared, and closed after its last reader.

Add here: how a version is opened. Keep out: what is read of it.

One read-only connection per version; every request has a cursor of its own on it, so that a page is of
one night even while the next one is published.
"""

from __future__ import annotations

import contextlib
import ctypes
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from pipelines.board.keeping import Kept
from pipelines.publishing.holding import held_version
from pipelines.publishing.manifest import Manifest, read_manifest
from pipelines.reporting.marts import Answer, columns_of

# With 48 MB questions of four readers at once ran out of it, at a million deals.
MEMORY = "64MB"
# Values of all answers that are kept of a version: about 60 bytes each.
MOST_VALUES = 100_000


def _values(answer: Answer) -> int:
    names, rows = answer
    return 20 + len(names) * len(rows)


@dataclass
class Version:
    """One open version. `kept` holds what was worked out of it once, by name."""

    folder: Path
    manifest: Manifest
    connection: duckdb.DuckDBPyConnection
    hold: contextlib.ExitStack
    columns: dict[str, set[str]]
    rows: Kept[Answer] = field(default_factory=lambda: Kept(MOST_VALUES, _values))
    readers: int = 0
    kept: dict[Any, Any] = field(default_factory=dict)

    def close(self) -> None:
        self.connection.close()
        self.hold.close()


def _give_back() -> None:
    """What was freed goes back to the machine at once, where the C library can (glibc)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


class Publications:
    """Opens whatever version is current; several threads may read at once."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._lock = threading.Lock()
        self._open: list[Version] = []

    @contextlib.contextmanager
    def reading(self) -> Iterator[tuple[Version, duckdb.DuckDBPyConnection]]:
        """The current version and a cursor on it. Raises FileNotFoundError before the first night."""
        with self._lock:
            version = self._current()
            version.readers += 1
            cursor = version.connection.cursor()
        try:
            yield version, cursor
        finally:
            cursor.close()
            with self._lock:
                version.readers -= 1
                self._drop_old()

    def close(self) -> None:
        """End every version; for the end of the server."""
        with self._lock:
            for version in self._open:
                version.close()
            self._open.clear()

    def _current(self) -> Version:
        folder = (self._data_dir / "current").resolve(strict=True)
        if self._open and self._open[-1].folder == folder:
            return self._open[-1]
        hold = contextlib.ExitStack()
        try:
            folder = hold.enter_context(held_version(self._data_dir))
            manifest = read_manifest(folder)
            if manifest is None:
                raise FileNotFoundError(folder)
            connection = duckdb.connect(
                str(folder / "forewarn.duckdb"),
                read_only=True,
                config={
                    "autoinstall_known_extensions": "false",
                    "autoload_known_extensions": "false",
                    "threads": "2",
                    "memory_limit": MEMORY,
                },
            )
        except BaseException:
            hold.close()
            raise
        self._open.append(Version(folder, manifest, connection, hold, columns_of(connection)))
        self._drop_old()
        return self._open[-1]

    def _drop_old(self) -> None:
        for version in self._open[:-1]:
            if version.readers == 0:
                self._open.remove(version)
                version.close()
                _give_back()
