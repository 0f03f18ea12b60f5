"""Faults that a simulator injects into its own replies, in order or at random.

Add here: another way in which a network or a server goes wrong. Keep out: what one system says when
it refuses (its simulator answers that itself).
"""

from __future__ import annotations

import gzip
import random
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS = (
    "status",  # `status`, `headers`, `body` in place of the real reply
    "html",  # an HTML page with `status` (default 200)
    "body",  # `body` as JSON with status 200, e.g. b"{}" or b"null"
    "cut",  # the whole length announced, half of it sent, the connection closed
    "reset",  # the connection closed without a word
    "drip",  # the reply in small pieces, `seconds` apart
    "stall",  # nothing for `seconds`, then the connection closed
    "gzip",  # a compressed reply that is damaged
    "redirect",  # 302 to `location`
    "call",  # `action(simulator)` first (let a token end, edit a record), then the real reply
)


@dataclass
class Fault:
    """One planned fault: the requests whose path matches, after `after` of them, `times` times."""

    kind: str
    path: str = ".*"
    after: int = 0
    times: int = 1
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0
    location: str = ""
    action: Callable[[Any], None] | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind} is none of {', '.join(KINDS)}")

    def due(self, path: str) -> bool:
        if self.times <= 0 or not re.search(self.path, path):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return True


class Faults:
    """The faults of one simulator: a plan, and a share of requests at random."""

    def __init__(self) -> None:
        self._planned: list[Fault] = []
        self._random: random.Random | None = None
        self._rate, self._kinds, self._in_a_row = 0.0, (), 0
        self.injected = 0

    def add(self, kind: str, **details: Any) -> Fault:
        """Plan a fault; `details` are the fields of `Fault`."""
        fault = Fault(kind, **details)
        self._planned.append(fault)
        return fault

    def at_random(self, seed: int, rate: float, kinds: Iterable[Fault]) -> None:
        """Let a share of all requests meet one of these, never more than two in a row.

        A kind with a `path` meets only requests that match it.
        """
        self._random, self._rate, self._kinds = random.Random(seed), rate, tuple(kinds)

    def clear(self) -> None:
        self._planned.clear()
        self._random = None

    def next(self, path: str) -> Fault | None:
        """The fault that this request meets, if any."""
        for fault in self._planned:
            if fault.due(path):
                self.injected += 1
                return fault
        if self._random and self._in_a_row < 2 and self._random.random() < self._rate:
            kinds = [kind for kind in self._kinds if re.search(kind.path, path)]
            if kinds:
                self._in_a_row += 1
                self.injected += 1
                return self._random.choice(kinds)
        self._in_a_row = 0
        return None


def damaged_gzip(body: bytes) -> bytes:
    """A compressed body whose middle has been overwritten."""
    packed = bytearray(gzip.compress(body + b" " * 64))
    middle = len(packed) // 2
    packed[middle : middle + 8] = b"\xff" * 8
    return bytes(packed)
