"""What was worked out once and stays right: answers of a published version, drawings, standings of a moment.

Add here: how such things are kept. Keep out: what they are, and what their keys must say (whose slice,
which version, which language).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """The things asked for last, up to `most` of what `weigh` says; several threads may ask.

    Whoever asks for what somebody is just making waits for that instead of making it as well.
    """

    def __init__(self, most: int, weigh: Callable[[T], int] = lambda _: 1) -> None:
        self._most, self._weigh, self._weight = most, weigh, 0
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What was made for the key before, else what `make` gives."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            turn = self._making.setdefault(key, threading.Lock())
        with turn:
            with self._lock:
                if key in self._kept:
                    return self._kept[key]
            try:
                made = make()
                self._keep(key, made)
            finally:
                with self._lock:
                    self._making.pop(key, None)
            return made

    def _keep(self, key: Hashable, made: T) -> None:
        with self._lock:
            # One thing that would push out most others is not kept at all.
            if key in self._kept or self._weigh(made) > max(1, self._most // 4):
                return
            self._kept[key] = made
            self._weight += self._weigh(made)
            while self._weight > self._most:
                self._weight -= self._weigh(self._kept.popitem(last=False)[1])
