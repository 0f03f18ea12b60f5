"""The state machine of a warning, for all series at once: confirm, hold, fall by steps, cool down.

Add here: another law of how a level may move. Keep out: what the level of a day is by the limits
(`conditions/`), and what an episode looks like (`episodes.py`).

Laws. A level opens after `confirm` successive evaluations at or above it. It falls one step at a
time, each step after `clear` successive evaluations below the relaxed limit. After an episode has
ended a series stays quiet for `cool_down` days, except for 危险. A day that is not known (too few,
untrusted, paused, between evaluations) moves nothing. An episode without enough cases for
`stale_after` evaluations, or older than `relearn_after` evaluations, is closed: the first because
nobody can say any more, the second because the new state has become the normal one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pipelines.alerting.conditions.base import Flags, Levels


class Ending(IntEnum):
    """Why an episode ended."""

    NONE = 0
    RECOVERED = 1
    PERIOD_OVER = 2
    STALE = 3
    RELEARNED = 4


@dataclass(frozen=True)
class Laws:
    """Numbers of evaluations, and days for the cool-down. `straight`: a level falls at once to what
    still holds, however far that is.
    """

    confirm_warning: int = 2
    confirm_danger: int = 1
    clear: int = 2
    cool_down: int = 14
    stale_after: int = 8
    relearn_after: int = 26
    straight: bool = False


class States:
    """The machine. Call `step` once per evaluation day, in order.

    `level` is the confirmed level; `episode` numbers the episodes of each series from 1 and is 0
    when none is open; `since` is the row of the first bad evaluation of the open episode.
    """

    def __init__(self, series: int, laws: Laws) -> None:
        self.laws = laws
        self.level: Levels = np.zeros(series, np.int8)
        self.episode = np.zeros(series, np.int32)
        self.since = np.full(series, -1, np.int64)
        self._count = np.zeros(series, np.int32)
        self._bad = np.zeros(series, np.int32)
        self._worst = np.zeros(series, np.int32)
        self._good = np.zeros(series, np.int32)
        self._unknown = np.zeros(series, np.int32)
        self._age = np.zeros(series, np.int32)
        self._first_bad = np.full(series, -1, np.int64)
        self._ended = np.full(series, np.datetime64("NaT"), "datetime64[D]")

    def end_all(self, day: np.datetime64, why: Ending) -> NDArray[np.int8]:
        """Close every open episode; no cool-down follows, since a new period is a new matter."""
        ending = np.where(self.level > 0, int(why), 0).astype(np.int8)
        self._forget(np.ones(len(self.level), bool))
        self._ended[:] = np.datetime64("NaT")
        return ending

    def drop(self, which: Flags) -> None:
        """End what is open in these series without a cool-down: somebody settled it."""
        self._forget(which)
        self._ended[which] = np.datetime64("NaT")

    def _forget(self, which: Flags) -> None:
        for counter in (self._bad, self._worst, self._good, self._unknown, self._age):
            counter[which] = 0
        self.level[which] = 0
        self.episode[which] = 0
        self.since[which] = -1
        self._first_bad[which] = -1

    def step(
        self,
        t: int,
        day: np.datetime64,
        raw: Levels,
        held: Levels,
        known: Flags,
        lost: Flags | None = None,
    ) -> NDArray[np.int8]:
        """Take one evaluation; returns the `Ending` of each series (0 where nothing ended).

        `lost`: unknown for want of cases, which counts towards `stale_after`; default: all that
        is not known.
        """
        laws, level = self.laws, self.level
        was_open = level > 0
        if not (raw.any() or was_open.any()):
            # Most days of most rules: nothing is bad and nothing is open, so only counters fall back.
            for counter in (self._bad, self._worst, self._good):
                counter[known] = 0
            return np.zeros(len(level), np.int8)
        lost = ~known if lost is None else lost
        self._unknown = np.where(known, 0, self._unknown + (was_open & lost))
        fresh = known & (raw >= 1) & (self._bad == 0) & ~was_open
        self._first_bad = np.where(fresh, t, self._first_bad)
        self._bad = np.where(known, np.where(raw >= 1, self._bad + 1, 0), self._bad)
        self._worst = np.where(known, np.where(raw >= 2, self._worst + 1, 0), self._worst)
        better = known & was_open & (held < level)
        self._good = np.where(better, self._good + 1, np.where(known, 0, self._good))

        with np.errstate(invalid="ignore"):
            quiet = (day - self._ended).astype("timedelta64[D]").astype(float) < laws.cool_down
        quiet &= ~np.isnat(self._ended)
        to_danger = known & (self._worst >= laws.confirm_danger) & (level < 2)
        to_warning = known & (level == 0) & (self._bad >= laws.confirm_warning) & ~quiet
        fall = better & (self._good >= laws.clear)

        rising = to_danger | to_warning
        opening = rising & ~was_open
        self.level = np.where(to_danger, 2, np.where(to_warning, 1, level)).astype(np.int8)
        lower = np.minimum(held, self.level) if laws.straight else self.level - 1
        self.level = np.where(fall & ~rising, lower, self.level).astype(np.int8)
        self._good = np.where(fall, 0, self._good)
        self._count = self._count + opening
        self.episode = np.where(opening, self._count, self.episode).astype(np.int32)
        self.since = np.where(opening, self._first_bad, self.since)
        self._age = np.where(self.level > 0, self._age + known, 0).astype(np.int32)

        ending = np.zeros(len(level), np.int8)
        ending[was_open & (self.level == 0)] = int(Ending.RECOVERED)
        ending[(self.level > 0) & (self._unknown >= laws.stale_after)] = int(Ending.STALE)
        ending[(self.level > 0) & (self._age > laws.relearn_after)] = int(Ending.RELEARNED)
        over = ending > 0
        self._ended[over] = day
        self._forget(over)
        return ending
