"""Two-state filters: is the count (share) off now, judged on a yardstick that knows the year.

Add here: what the filters of all kinds of figures share. Keep out: one kind's likelihood and yardstick
(`count_filter.py`, `rate_filter.py`), the chain, the curve and the calibration (`filtering/`).

One quantity opens and closes: q, the calibrated probability that the figure is off. 警戒 at
`warning` if the last weeks together are off by `warning_size` or more, 危险 at `danger` if it is also
off by `danger_size` or more; a level is held while q is above `close` and the last weeks are off by half
of `warning_size` (危险 while above `warning`): what is surely off by a few per cent is no news.
 The limit shown is the figure of the week at which that
decision turns, found by asking the same function, so that it never disagrees with the level.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import scipy
from numpy.typing import NDArray
from pydantic import Field, model_validator

from pipelines.alerting.conditions.base import Condition, Context, Flags, Judge, Row
from pipelines.alerting.filtering import chain
from pipelines.alerting.filtering.said import calibrated, shown
from pipelines.alerting.panel import Floats, Panel
from pipelines.language import text

ONSET_WEEKS = 40
# A week that is still running asks for a little more: it is read every night.
NIGHTLY = 0.38
# The last weeks together: each counts this much less than the one after it.
FADE = 0.7


class Filter(Condition):
    warning: float = Field(default=0.75, gt=0, lt=1)
    danger: float = Field(default=0.92, gt=0, lt=1)
    close: float = Field(default=0.4, gt=0, lt=1)
    warning_size: float = Field(default=0.8, gt=0, le=1)
    danger_size: float = Field(default=0.7, gt=0, lt=1)
    min_history: int = Field(default=12, ge=4)
    half_life: float = Field(default=20.0, gt=0)
    gap: int = Field(default=3, ge=1, le=26)

    @model_validator(mode="after")
    def _close_lies_below(self) -> Filter:
        if self.close >= self.warning:
            raise ValueError(text("config.rules.close_below", warning=f"{self.warning:g}"))
        return self


@dataclass
class _Kept:
    """What the onset of a spell is found from, one entry per week."""

    usual: list[Floats] = field(default_factory=list)
    gains: list[Floats] = field(default_factory=list)
    norms: list[Floats] = field(default_factory=list)

    def add(self, usual: Floats, gains: Floats, norms: Floats) -> None:
        for kept, new in ((self.usual, usual), (self.gains, gains), (self.norms, norms)):
            kept.append(new.astype(np.float32))
            if len(kept) > ONSET_WEEKS:
                del kept[0]


class FilterJudge(Judge):
    """The chain over one panel; a subclass says what is usual and how likely a figure is."""

    def __init__(self, condition: Filter, panel: Panel, context: Context) -> None:
        self.condition, self.panel, self.context = condition, panel, context
        self.factors = chain.FALLS if context.direction == "below" else chain.RISES
        series = panel.shape[1]
        self.alpha = chain.start(series)
        self.kept = _Kept()
        self.level = np.zeros(series, np.int8)
        kinds = panel.keys["scope_type"].to_numpy()
        # A seventh less in the whole company weighs as much as a third less in one team.
        size = np.where(np.isin(kinds, ["company", "region"]), 0.87, condition.danger_size)
        self.size = size if context.direction == "below" else 1 / size
        # What is little in one team is much in all of them together.
        wide = np.isin(kinds, ["company", "region"])
        self.least = np.where(wide, np.sqrt(condition.warning_size), condition.warning_size)
        self.reference = context.reference
        # What the last weeks had and what they should have had.
        self.had, self.should = np.zeros(series), np.zeros(series)
        self.of = np.maximum(context.reference, 0)
        self.last = panel.shape[0] - 1

    def levels(
        self, alpha: Floats, ratio: Floats, held: NDArray[np.int8], running: bool
    ) -> tuple[Floats, ...]:
        """(raw level, level while held, q) of a belief; `ratio` of the last weeks to their usual."""
        c = self.condition
        q = calibrated(1 - alpha[:, 0])
        size = chain.mean_size(alpha, self.factors[: alpha.shape[1] - 1])
        size_limit = self.size if len(size) == len(self.size) else self._size_of
        big = size <= size_limit if self.context.direction == "below" else size >= size_limit
        ask = scipy.special.expit(
            scipy.special.logit(np.array([c.warning, c.danger])) + NIGHTLY * running
        )
        least = self.least if len(size) == len(self.least) else self._least_of
        matters, lasts = self._matters(ratio, least)
        raw = ((q >= ask[0]) & matters).astype(np.int8)
        raw = raw + ((q >= ask[1]) & big & matters)
        keep = ((q >= c.close) & lasts).astype(np.int8)
        keep = keep + ((q >= c.warning) & big & lasts & (held == 2))
        return raw, np.maximum(raw, keep), q

    _size_of: Floats
    _least_of: Floats

    def _matters(self, ratio: Floats, least: Floats) -> tuple[Flags, Flags]:
        """Whether the last weeks are off by enough to open a level, and to hold one."""
        half = np.sqrt(least)
        if self.context.direction == "below":
            return ratio <= least, ratio <= half
        return ratio >= 1 / least, ratio >= 1 / half

    def _ratio(
        self, value: Floats, expected: Floats, weight: Floats, which: NDArray[np.intp]
    ) -> Floats:
        """Of the last weeks and these figures to what they should have been; 1 where nothing is."""
        had = FADE * self.had[which] + np.nan_to_num(value) * weight
        should = FADE * self.should[which] + expected * weight
        return np.where(should > 0, had / np.maximum(should, 1e-9), 1.0)

    def judged(
        self,
        t: int,
        value: Floats,
        expected: Floats,
        known: Flags,
        gains_at: Callable[[Floats, NDArray[np.intp]], Floats],
        sample: Floats,
        weight: Floats,
    ) -> Row:
        """Take the week's figures; `gains_at(value, series)` is the likelihood of other figures, `weight`
        how much of a mean over weeks this week is (1 for counts, the cases of a share).
        """
        every = np.arange(len(value))
        running = bool(self.panel.running[t])
        gains = np.zeros((len(value), len(self.factors)))
        some = np.flatnonzero(known)
        if len(some):
            gains[some] = gains_at(value[some], some)
        belief = chain.step(self.alpha, gains)
        before = self.alpha
        self.kept.add(before[:, 0], gains, np.where(known, belief.log_norm, 0.0))
        alpha = np.where(known[:, None], belief.alpha, before)
        ratio = self._ratio(value, expected, weight, every)
        raw, held, q = self.levels(alpha, ratio, self.level, running)
        warning, danger = np.full(len(value), np.nan), np.full(len(value), np.nan)
        worth = every if t == self.last else np.flatnonzero(held > 0)
        worth = worth[known[worth]]
        if len(worth):
            ask = self._limits(before, worth, expected, gains_at, weight, running)
            warning[worth], danger[worth] = ask
        if not running:
            self.alpha = alpha
            self.had[some] = FADE * self.had[some] + np.nan_to_num(value[some]) * weight[some]
            self.should[some] = FADE * self.should[some] + expected[some] * weight[some]
            self.level = np.where(raw > self.level, raw, np.minimum(self.level, held)).astype(
                np.int8
            )
        return Row(
            raw=np.where(known, raw, 0).astype(np.int8),
            held=np.where(known, held, 0).astype(np.int8),
            known=known,
            value=value,
            expected=expected,
            warning_limit=warning,
            danger_limit=danger,
            sample=sample,
            probability=np.where(known, shown(q), np.nan),
            early=np.zeros(len(value), bool),
            size=chain.mean_size(alpha, self.factors),
        )

    def _limits(
        self,
        before: Floats,
        which: NDArray[np.intp],
        expected: Floats,
        gains_at: Callable[[Floats, NDArray[np.intp]], Floats],
        weight: Floats,
        running: bool,
    ) -> tuple[Floats, Floats]:
        """The figure at which each level turns, by bisection of the very decision.

        NaN where no figure between nought and three times the usual turns it.
        """
        found = []
        below = self.context.direction == "below"
        for wanted in (1, 2):
            low, high = np.zeros(len(which)), self.widest(expected[which], which)

            def bad(x: Floats, wanted: int = wanted) -> Flags:
                gains = gains_at(x, which)
                self._size_of, self._least_of = self.size[which], self.least[which]
                alpha = chain.step(before[which], gains).alpha
                ratio = self._ratio(x, expected[which], weight[which], which)
                raw, held, _ = self.levels(alpha, ratio, self.level[which], running)
                stands = np.where(self.level[which] >= wanted, held, raw)
                return stands >= wanted

            at_low, at_high = bad(low), bad(high)
            turns = at_low & ~at_high if below else ~at_low & at_high
            for _ in range(14):
                middle = (low + high) / 2
                is_bad = bad(middle)
                up = is_bad if below else ~is_bad
                low, high = np.where(up, middle, low), np.where(up, high, middle)
            edge = low if below else high
            found.append(np.where(turns, self.rounded(edge, which), np.nan))
        return found[0], found[1]

    def widest(self, expected: Floats, which: NDArray[np.intp]) -> Floats:
        return np.maximum(3 * expected, 3.0)

    def rounded(self, edge: Floats, which: NDArray[np.intp]) -> Floats:
        return np.floor(edge) if self.context.direction == "below" else np.ceil(edge)

    def began(self, t: int, which: NDArray[np.intp]) -> tuple[NDArray[np.intp], ...]:
        """Rows of the 10, 50 and 90 % point of the present spell's first week."""
        rows = len(self.kept.usual)
        points = chain.onset(
            np.stack([k[which] for k in self.kept.usual]),
            np.stack([k[which] for k in self.kept.gains]),
            np.stack([k[which] for k in self.kept.norms]),
        )
        return tuple(point + t - rows + 1 for point in points)

    def gathered(self, since: NDArray[np.intp], t: int, which: NDArray[np.intp]) -> Floats:
        """Log-evidence of series `which` since the rows `since`: how much better "off by one of the
        factors" explains those weeks together than "as usual".
        """
        rows = len(self.kept.gains)
        first = np.maximum(since - (t - rows + 1), 0)
        total = np.zeros((len(which), len(self.factors)))
        for n, gains in enumerate(self.kept.gains):
            total += np.where((first <= n)[:, None], gains[which], 0.0)
        return scipy.special.logsumexp(total + np.log(chain.WEIGHTS), axis=1)

    def forget(self, which: Flags) -> None:
        self.alpha[which] = chain.start(int(which.sum()))
        self.had[which] = self.should[which] = 0.0
        self.level[which] = 0
