"""The order of loads: by their sequence, whatever the clock said when they were made.

Add here: what follows from a clock that was wrong. Keep out: reading loads (`zone.py`).

A night whose clock stood ahead stamps its loads with a day that has not come. Sorted by that stamp
they would hide every honest load until that day. So each load carries a sequence number, and a load
that lies after its successor, or after now, counts as made just before it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from pipelines.raw_zone.rows import KnownExtract

# Clocks of two machines differ by this much without anybody being wrong.
TOLERANCE = dt.timedelta(minutes=5)
_BEFORE = dt.timedelta(microseconds=1)
_Item = TypeVar("_Item", bound=KnownExtract)


def in_sequence(known: Sequence[_Item], now: dt.datetime) -> list[_Item]:
    """Extracts of one source in the order of their loads, each with the moment it counts from.

    `loaded_at` becomes the stamp, or, where that lies after a later load or after `now`, a
    microsecond before the next load (or `now`). Loads from before there was a sequence go by stamp.
    """
    ordered = sorted(known, key=lambda item: (item.sequence, item.stamped_at, float(item.load_id)))
    latest = now + TOLERANCE
    counted: dict[str, dt.datetime] = {}
    later_load = ""
    for item in reversed(ordered):
        if item.load_id not in counted:
            bound = latest if not later_load else counted[later_load] - _BEFORE
            if item.stamped_at > latest:
                bound = min(bound, now)
            counted[item.load_id] = min(item.stamped_at, bound)
            later_load = item.load_id
    return [replace(item, loaded_at=counted[item.load_id]) for item in ordered]


def from_the_future(known: Sequence[KnownExtract], now: dt.datetime) -> list[KnownExtract]:
    """Extracts whose load was stamped later than now: made while the clock stood ahead."""
    return [item for item in known if item.stamped_at > now + TOLERANCE]


def moved(known: Sequence[KnownExtract]) -> dict[dt.datetime, dt.datetime]:
    """Stamp to the moment it counts from, for the loads whose clock was wrong."""
    return {item.stamped_at: item.loaded_at for item in known if item.stamped_at != item.loaded_at}
