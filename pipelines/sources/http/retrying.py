"""How often and how long to wait: bounded exponential back-off with jitter, Retry-After obeyed.

Add here: a rule of waiting. Keep out: which replies are worth another try (`client.py`, judges).
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime


@dataclass(frozen=True)
class RetryPolicy:
    """At most `tries` attempts per request; waits of `base` * 2^n seconds, at most `cap`, jittered.

    A wait that the system names (Retry-After) is obeyed up to `longest_wait`; a longer one is
    given up at once, since a nightly run cannot wait a day. `spread` gives the jitter, 0 to 1.
    """

    tries: int = 5
    base: float = 1.0
    cap: float = 60.0
    longest_wait: float = 300.0
    spread: Callable[[], float] = field(default=random.random, repr=False)

    def wait(self, failures: int) -> float:
        """Seconds before the next try after so many failures (from 1): between half and full."""
        full = min(self.cap, self.base * 2.0 ** (failures - 1))
        return full * (0.5 + 0.5 * self.spread())


def retry_after(value: str | None, now: dt.datetime) -> float | None:
    """Seconds that a Retry-After header asks for: a number, or an HTTP date; None if unreadable."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return max(0.0, (moment - now).total_seconds())
