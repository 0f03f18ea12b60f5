"""Which tables of a build stand at a moment: made when the first reader needs them, let go after the last.

Add here: who needs a table, and until when. Keep out: how it is made (`building.py`), where it lies
(`places.py`), whether it need be made at all (`standing.py`).

A model that stands, since nothing that it reads is other than last night, is not made again. If it was not
kept either and a model behind it has to be made, it is made for that one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from pipelines.warehouse.program import Program


class Lifetimes:
    """What stands, of the models that are not kept (`passing`). Several threads ask at once.

    `make(key)` makes a table or view whose parents stand; `drop(key)` lets a table go.
    """

    def __init__(
        self,
        passing: Collection[str],
        program: Program,
        make: Callable[[str], object],
        drop: Callable[[str], object],
    ) -> None:
        self._program, self._make, self._drop = program, make, drop
        self._passing = passing
        self._locks = {key: threading.Lock() for key in self._passing}
        self._stand: set[str] = set()
        # Not made in their turn, since they stood: somebody may need them yet, and with them what they read.
        self._waiting: set[str] = set()
        self._needs: dict[str, list[str]] = {}
        self._read_by = dict.fromkeys(self._passing, 0)
        for node in (*program.models, *program.tests):
            for key in self._needed_by(node):
                self._read_by[key] += 1

    @contextmanager
    def reading(self, node: str) -> Iterator[None]:
        """All that a node reads stands meanwhile."""
        taken = []
        try:
            for key in self._needs[node]:
                self._take(key)
                taken.append(key)
            yield
        finally:
            for key in taken:
                self._leave(key)

    def made(self, node: str) -> None:
        """A model was made in its turn."""
        if node in self._passing:
            self._stand.add(node)

    def done(self, node: str) -> None:
        """A node was made, tried or found to stand: it reads nothing more, unless it has to be made yet."""
        if node not in self._passing:
            self._leave_all(node)
            return
        with self._locks[node]:
            self._waiting.add(node)
            if node in self._stand or self._read_by[node] == 0:
                self._reads_no_more(node)
            self._let_go(node)

    def _needed_by(self, node: str) -> list[str]:
        """What is not kept of what a node reads, itself or through views; parents first."""
        if node not in self._needs:
            found: dict[str, None] = {}
            for parent in self._program.parents(node):
                if parent in self._passing:
                    if self._is_view(parent):
                        found.update(dict.fromkeys(self._needed_by(parent)))
                    found[parent] = None
            self._needs[node] = list(found)
        return self._needs[node]

    def _take(self, key: str) -> None:
        with self._locks[key]:
            if key not in self._stand:
                with self.reading(key):
                    self._make(key)
                self._stand.add(key)
                self._reads_no_more(key)
            self._read_by[key] += 1

    def _leave(self, key: str) -> None:
        with self._locks[key]:
            self._read_by[key] -= 1
            self._let_go(key)

    def _leave_all(self, node: str) -> None:
        for key in self._needs[node]:
            self._leave(key)

    def _reads_no_more(self, node: str) -> None:
        if node in self._waiting:
            self._waiting.discard(node)
            self._leave_all(node)

    def _let_go(self, key: str) -> None:
        if self._read_by[key] > 0:
            return
        self._reads_no_more(key)
        if key in self._stand and not self._is_view(key):
            self._stand.discard(key)
            self._drop(key)

    def _is_view(self, key: str) -> bool:
        return self._program.models[key].materialized == "view"
