"""Staying below a system's limits before it refuses: sliding windows over the requests made.

Add here: another kind of limit. Keep out: the limits themselves (each connector states its own).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from pipelines.failures import TransientFailure
from pipelines.language import text


@dataclass(frozen=True)
class Rate:
    """At most `count` requests (or credits) within any `seconds`."""

    count: int
    seconds: float


class Limiter:
    """Waits before a request that would break a rate; thread-safe.

    `longest_wait`: a limit that would need a longer wait (a day's allowance) is a
    `TransientFailure` at once. Clock and sleep can be given, so that tests need not wait.
    """

    def __init__(
        self,
        *rates: Rate,
        longest_wait: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rates = rates
        self._spent: list[deque[tuple[float, int]]] = [deque() for _ in rates]
        self._sums = [0 for _ in rates]
        self._not_before = 0.0
        self._longest_wait, self._clock, self._sleep = longest_wait, clock, sleep
        self._lock = threading.Lock()
        self.requests = 0

    def acquire(self, cost: int = 1) -> None:
        """Wait until `cost` may be spent, and spend it. Raises `TransientFailure`."""
        while True:
            with self._lock:
                now = self._clock()
                wait = self._wait(now, cost)
                if wait <= 0:
                    for position, spent in enumerate(self._spent):
                        spent.append((now, cost))
                        self._sums[position] += cost
                    self.requests += 1
                    return
            if wait > self._longest_wait:
                raise TransientFailure(
                    text("sources.http.could_not_go_on_reading"),
                    cause=text(
                        "sources.http.allowance_requests_used_up_another", wait=f"{wait:.0f}"
                    ),
                    next_step=text("sources.http.run_again_later_ask_larger"),
                )
            self._sleep(wait)

    def pause(self, seconds: float) -> None:
        """Let nobody send for a while: the system has said that it is too much."""
        with self._lock:
            self._not_before = max(self._not_before, self._clock() + seconds)

    def _wait(self, now: float, cost: int) -> float:
        wait = self._not_before - now
        for position, rate in enumerate(self._rates):
            spent = self._spent[position]
            while spent and spent[0][0] <= now - rate.seconds:
                self._sums[position] -= spent.popleft()[1]
            excess = self._sums[position] + cost - rate.count
            for moment, weight in spent:
                if excess <= 0:
                    break
                excess -= weight
                # A hair more than the window, so that rounding never lets one request too many by.
                wait = max(wait, moment + rate.seconds - now + 1e-6)
        return wait
