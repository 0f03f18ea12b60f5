"""Several nodes side by side, and one alone where memory did not suffice for it beside others.

Add here: who may run at a moment. Keep out: the order of nodes (`running_order.py`), what they do (`building.py`).

The limit of memory is one for all that runs: a query that spills what it can still fails if another holds the
rest (17 million rows of metrics beside another mart, 2.5 GB).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Threads that work side by side, until one asks to be alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running = 0
        self._alone = False

    @contextmanager
    def beside_others(self) -> Iterator[None]:
        """A turn that begins when nobody is alone."""
        with self._changed:
            self._changed.wait_for(lambda: not self._alone)
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """A turn in which nobody else works; not to be asked for within another turn."""
        with self._changed:
            self._changed.wait_for(lambda: not self._alone)
            self._alone = True
            self._changed.wait_for(lambda: self._running == 0)
        try:
            yield
        finally:
            with self._changed:
                self._alone = False
                self._changed.notify_all()
