"""Two questions about one person: works far less than usual, or leaves no trace at all.

Add here: another question about a person. Keep out: verdicts on people. What these conditions find is
asked of the manager; it is never 危险, since leave, a handover or a new territory look the same.

Usual = the own mean of the half year before the window, by working days, times what the rest of the
team did in the window (at most 1): a week in which everybody does less accuses nobody. Weeks without
any trace are absence, not slackness, so the first question leaves them out and the second asks for
them.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import scipy
from pydantic import Field

from pipelines.alerting.conditions.base import Condition, Context, Flags, Judge, Row
from pipelines.alerting.series.panel import Floats, Panel

# Spread beyond chance of one person's weeks, as a part of the mean squared.
SPREAD = 0.12
USUAL_WEEKS = 12
LOOKED_BACK = 26
# The whole company at less than this: whatever happens to one person is not about that person.
EVERYBODY = 0.7


class Collapse(Condition):
    """At most `share` of the usual over `weeks`, and by chance less often than `chance`."""

    type: Literal["collapse"] = "collapse"
    weeks: int = Field(default=3, ge=2, le=8)
    share: float = Field(default=0.4, gt=0, lt=1)
    chance: float = Field(default=0.002, gt=0, lt=1)
    min_mean: float = Field(default=12.0, gt=0)

    def periods_needed(self) -> int:
        return USUAL_WEEKS + self.weeks

    def prepare(self, panel: Panel, context: Context) -> _Person:
        return _Person(self, panel, context)


class NoTrace(Condition):
    """Not a single one in `weeks` whole weeks, where `min_mean` a week and more are usual."""

    type: Literal["no_trace"] = "no_trace"
    weeks: int = Field(default=2, ge=2, le=8)
    min_mean: float = Field(default=7.5, gt=0)

    def periods_needed(self) -> int:
        return USUAL_WEEKS + self.weeks

    def prepare(self, panel: Panel, context: Context) -> _Person:
        return _Person(self, panel, context)


class _Person(Judge):
    """The last weeks against the own weeks before them and against everybody else."""

    def __init__(self, condition: Collapse | NoTrace, panel: Panel, context: Context) -> None:
        self.condition, self.panel, self.context = condition, panel, context
        self.value = panel.field("value")
        self.seen = np.isfinite(self.value)
        self.counts = np.where(self.seen, self.value, 0.0)
        self.of = np.maximum(context.reference, 0)
        absent = context.absent
        self.absent = np.zeros(panel.shape, bool) if absent is None else absent
        self.limit = condition.share if isinstance(condition, Collapse) else 0.0

    def at(self, t: int, clean: Flags) -> Row:
        c, series = self.condition, self.value.shape[1]
        work = np.asarray(self.panel.exposure)
        # A week with fewer than two working days shows nothing of anybody.
        full = np.flatnonzero((work[: t + 1] >= 0.4) & ~self._paused(t))
        window, before = full[-c.weeks :], full[-c.weeks - LOOKED_BACK : -c.weeks]
        empty = np.full(series, np.nan)
        if len(window) < c.weeks or len(before) < USUAL_WEEKS or (len(full) and full[-1] != t):
            return self._row(t, empty, empty, np.zeros(series, bool), np.zeros(series, bool))
        there = self.seen[before] & clean[before] & (self.counts[before] > 0)
        there &= ~self.absent[before]
        days = np.einsum("ts,t->s", there.astype(float), work[before])
        with np.errstate(divide="ignore", invalid="ignore"):
            usual = np.where(there, self.counts[before], 0.0).sum(axis=0) / days
            now = self.counts[window].sum(axis=0)[self.of] / work[window].sum()
            lately = before[-USUAL_WEEKS:]
            then = self.counts[lately].sum(axis=0)[self.of] / work[lately].sum()
            everybody = np.where(self.context.reference >= 0, now / then, 1.0)
        team = np.clip(np.nan_to_num(everybody, nan=1.0), 0.0, 1.0)
        at_work = (
            self.counts[window] > 0
            if isinstance(c, Collapse)
            else np.ones_like(self.counts[window], bool)
        )
        value = np.where(at_work, self.counts[window], 0.0).sum(axis=0)
        expected = usual * team * (at_work * work[window][:, None]).sum(axis=0)
        known = (
            self.seen[window].all(axis=0)
            & (there.sum(axis=0) >= USUAL_WEEKS * 2 // 3)
            & (usual >= c.min_mean)
            & (team >= EVERYBODY)
            # Leave, a handover, a new territory or a farewell that is known needs no question.
            & ~self.absent[window].any(axis=0)
        )
        if isinstance(c, NoTrace):
            return self._row(t, value, expected, known, known & (value == 0))
        size = 1 / SPREAD
        with np.errstate(divide="ignore", invalid="ignore"):
            # The negative binomial's distribution function (DLMF 8.17.24).
            tail = scipy.special.betainc(size, np.floor(value) + 1, size / (size + expected))
        enough = at_work.sum(axis=0) >= max(2, c.weeks - 1)
        found = known & enough & (value <= c.share * expected) & (tail < c.chance)
        return self._row(t, value, expected, known, found)

    def _paused(self, t: int) -> Flags:
        paused = self.context.paused
        return np.zeros(t + 1, bool) if paused is None else paused[: t + 1]

    def _row(self, t: int, value: Floats, expected: Floats, known: Flags, found: Flags) -> Row:
        series = len(value)
        nothing = np.full(series, np.nan)
        limit = np.floor(self.limit * expected)
        return Row(
            raw=found.astype(np.int8),
            held=(known & (value <= limit)).astype(np.int8) | found.astype(np.int8),
            known=known,
            value=value,
            expected=expected,
            warning_limit=limit,
            danger_limit=nothing,
            sample=value,
            probability=nothing,
            early=np.zeros(series, bool),
        )
