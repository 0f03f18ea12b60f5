"""The published version that pages read: opened once, shared, and closed after its last reader.

Add here: how a version is opened. Keep out: what is read of it.

One read-only connection per version; every request has a cursor of its own on it, so that a page is of
one night even while the next one is published.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from pipelines.board.keeping import Kept
from pipelines.nights.freed_memory import give_back
from pipelines.publishing.holding import held_version
from pipelines.publishing.manifest import Manifest, read_manifest
from pipelines.reporting.marts import Answer, columns_of

# Questions that are answered at the same time, each on one thread: two keep two processors busy, and each takes
# memory of its own, which is what sets MEMORY.
AT_A_TIME = 2
MEMORY = "40MB"
# What a single question may take that does not fit; what a version keeps while its successor is made ready.
MOST_MEMORY, LITTLE_MEMORY = "512MB", "16MB"
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
    memory: str = MEMORY
    turns: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_A_TIME))

    def answered(self, ask: Callable[[], Answer]) -> Answer:
        """What `ask` gives, when it is its turn; a question that needs more memory than the others gets it."""
        with self.turns:
            try:
                return ask()
            except duckdb.OutOfMemoryException:
                self.limit(MOST_MEMORY)
                try:
                    return ask()
                finally:
                    self.limit(self.memory)

    def limit(self, memory: str) -> None:
        """From now on this version takes that much, unless it is using more just now."""
        with contextlib.suppress(duckdb.Error):
            self.connection.execute(f"set memory_limit = '{memory}'")

    def close(self) -> None:
        self.connection.close()
        self.hold.close()


class Publications:
    """Opens whatever version is current; several threads may read at once.

    Where somebody prepares versions (`is_prepared`), readers see a new one when it is ready, not before.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._lock = threading.Lock()
        self._open: list[Version] = []
        self.is_prepared = False

    @contextlib.contextmanager
    def reading(
        self, version: Version | None = None
    ) -> Iterator[tuple[Version, duckdb.DuckDBPyConnection]]:
        """The current version, or that one, and a cursor on it.

        Raises FileNotFoundError before the first night.
        """
        with self._lock:
            version = version or self._current()
            version.readers += 1
            cursor = version.connection.cursor()
        try:
            yield version, cursor
        finally:
            cursor.close()
            with self._lock:
                version.readers -= 1
                self._drop_old()

    def prepare(self, warm: Callable[[Version], object]) -> None:
        """Open what is current now, where readers still see another, and show it after `warm` has read of it."""
        with self._lock:
            shown = self._open[-1] if self._open else None
        folder = self._data_dir / "current"
        if shown is None or not folder.exists() or folder.resolve() == shown.folder:
            return
        coming = self._opened()
        shown.memory = LITTLE_MEMORY
        shown.limit(LITTLE_MEMORY)
        try:
            warm(coming)
        finally:
            with self._lock:
                self._open.append(coming)
                self._drop_old()

    def close(self) -> None:
        """End every version; for the end of the server."""
        with self._lock:
            for version in self._open:
                version.close()
            self._open.clear()

    def _current(self) -> Version:
        if self._open and self.is_prepared:
            return self._open[-1]
        folder = (self._data_dir / "current").resolve(strict=True)
        if self._open and self._open[-1].folder == folder:
            return self._open[-1]
        self._open.append(self._opened())
        self._drop_old()
        return self._open[-1]

    def _opened(self) -> Version:
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
                    "threads": "1",
                    "memory_limit": MEMORY,
                },
            )
        except BaseException:
            hold.close()
            raise
        return Version(folder, manifest, connection, hold, columns_of(connection))

    def _drop_old(self) -> None:
        for version in self._open[:-1]:
            if version.readers == 0:
                self._open.remove(version)
                version.close()
                give_back()
