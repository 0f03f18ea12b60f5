"""Two-state filters: is the count (share) off now, judged on a yardstick that knows the year.

Add here: what the filters of all kinds of figures share. Keep out: one kind's likelihood and yardstick
(`count_filter.py`, `rate_filter.py`), the chain, the curve and the calibration (`filtering/`).

One quantity opens and closes: q, the calibrated probability that the figure is off. 警戒 at
`warning` if the last weeks together are off by `warning_size` or more, 危险 at `danger` if the figure
is believed to be off by `danger_size` or more (a stop needs no second week). A level is held while q is above `close` (danger: `warning`) and the last
weeks together are off by half of `warning_size`: what is surely off by a few per cent is no news. A
week at its usual or better holds it only while q is above `warning` all the same. The limit shown is
the figure of the week at which that decision turns, found by asking the same function, so that it never
disagrees with the level.
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
from pipelines.alerting.filtering.recent import Recent
from pipelines.alerting.filtering.said import believed_at, calibrated, crowd_of, shown
from pipelines.alerting.filtering.turning import turning_points
from pipelines.alerting.series.panel import Floats, Panel
from pipelines.language import text

ONSET_WEEKS = 40
# A week that is still running asks for a little more: it is read every night.
NIGHTLY = 0.38


class Filter(Condition):
    warning: float = Field(default=0.75, gt=0, lt=1)
    danger: float = Field(default=0.92, gt=0, lt=1)
    close: float = Field(default=0.5, gt=0, lt=1)
    warning_size: float = Field(default=0.75, gt=0, le=1)
    danger_size: float = Field(default=0.7, gt=0, lt=1)
    min_history: int = Field(default=12, ge=4)
    half_life: float = Field(default=20.0, gt=0)
    gap: int = Field(default=3, ge=1, le=26)

    @model_validator(mode="after")
    def _close_lies_below(self) -> Filter:
        if self.close >= self.warning:
            raise ValueError(text("config.rules.close_below", warning=f"{self.warning:g}"))
        return self


def least_ratio(condition: Filter, kinds: NDArray[np.object_]) -> Floats:
    """By kind of scope: the ratio of the last weeks to their usual at which a fall is told (of a rise one
    over it). What is little in one team is much in all of them together.
    """
    wide = np.isin(kinds, ["company", "region"])
    return np.where(wide, np.sqrt(condition.warning_size), condition.warning_size)


@dataclass
class _Kept:
    """What the onset of a spell is found from, one entry per week."""

    usual: list[Floats] = field(default_factory=list)
    gains: list[Floats] = field(default_factory=list)
    norms: list[Floats] = field(default_factory=list)

    def add(self, usual: Floats, gains: Floats, norms: Floats) -> None:
        for kept, new in ((self.usual, usual), (self.gains, gains), (self.norms, norms)):
            kept.append(new)
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
        self.least = least_ratio(condition, kinds)
        self.lasting = np.sqrt(self.least)
        self.reference = context.reference
        self.recent = Recent(series)
        self.of = np.maximum(context.reference, 0)
        self.last = panel.shape[0] - 1
        self._kind_of = _numbers(kinds, panel.keys["dimension"].to_numpy())
        self._among: NDArray[np.float64] | None = None
        self._crowded(np.zeros(series, bool))

    def _crowded(self, seen: Flags) -> None:
        """Limits of tonight, by how many scopes of a kind have a figure: in terms of the belief, so that nothing
        need be calibrated to be decided.
        """
        among: Floats = np.bincount(self._kind_of, weights=seen).astype(np.float64)
        if self._among is not None and np.array_equal(among, self._among):
            return
        self._among = among
        self._crowd = crowd = crowd_of(among)[self._kind_of]
        c = self.condition
        asked = scipy.special.logit(np.array([c.warning, c.danger]))[:, None]
        self._asked = [believed_at(scipy.special.expit(asked + NIGHTLY * n), crowd) for n in (0, 1)]
        self._kept_at = believed_at(np.array([c.close, c.warning])[:, None], crowd)

    def levels(
        self,
        alpha: Floats,
        figures: tuple[Floats, Floats, Floats],
        which: NDArray[np.intp] | slice,
        size: Floats,
        *,
        running: bool,
    ) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
        """(raw level, level while held) of a belief about series `which`. `figures`: the week's, its
        usual, and the ratio of the last weeks to theirs. `size`: the factor that is believed in.
        """
        below = self.context.direction == "below"
        value, expected, ratio = figures
        belief = 1 - alpha[0]
        big = size <= self.size[which] if below else size >= self.size[which]
        ask, (close, warning) = self._asked[int(running)][:, which], self._kept_at[:, which]
        usual = value >= expected if below else value <= expected
        off = ratio if below else 1 / np.maximum(ratio, 1e-9)
        matters, lasts = off <= self.least[which], off <= self.lasting[which]
        danger = (belief >= ask[1]) & big
        raw = (danger | ((belief >= ask[0]) & matters)).astype(np.int8) + danger
        holds = (belief >= np.where(usual, warning, close)) & lasts
        keep = holds.astype(np.int8)
        keep += holds & (belief >= warning) & big & (self.level[which] == 2)
        return raw, np.maximum(raw, keep)

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
        running = self.panel.unfinished and t == self.last
        self._crowded(known)
        gains = np.zeros((len(self.factors), len(value)))
        some = np.flatnonzero(known)
        before, alpha = self.alpha, self.alpha.copy()
        norm = np.zeros(len(value))
        if len(some):
            gains[:, some] = gains_at(value[some], some)
            belief = chain.step(before, gains)
            alpha = np.where(known, belief.alpha, before)
            norm = np.where(known, belief.log_norm, 0.0)
        self.kept.add(before[0], gains, norm)
        earlier = self.recent.before(running=running)
        week = np.stack([np.nan_to_num(value) * weight, expected * weight, weight])
        had, should, total = earlier + week
        figures = (value, expected, _ratio(had, should))
        size = chain.mean_size(alpha, self.factors)
        raw, held = self.levels(alpha, figures, slice(None), size, running=running)
        warning, danger = np.full(len(value), np.nan), np.full(len(value), np.nan)
        worth = some if t == self.last else np.flatnonzero(known & (held > 0))
        if len(worth) and not self.context.bare:
            sums = (earlier[0], should)
            ask = self._limits(before, worth, expected, gains_at, weight, sums, running)
            warning[worth], danger[worth] = ask
        if not running:
            self.alpha = alpha
            self.recent.add(week, known)
            self.level = _moved(self.level, raw, held)
        return Row(
            raw=np.where(known, raw, 0).astype(np.int8),
            held=np.where(known, held, 0).astype(np.int8),
            known=known,
            value=value,
            expected=expected,
            warning_limit=warning,
            danger_limit=danger,
            sample=sample,
            probability=np.where(known, shown(calibrated(1 - alpha[0], self._crowd)), np.nan),
            early=np.zeros(len(value), bool),
            size=size,
            recent=self.summed(had, total),
            recent_expected=self.summed(should, total),
            least=self.least,
            odds=np.where(known, chain.evidence(alpha), np.nan),
        )

    def summed(self, total: Floats, weight: Floats) -> Floats:
        """A sum over the last weeks in the unit of the figure."""
        return total

    def _limits(
        self,
        before: Floats,
        which: NDArray[np.intp],
        expected: Floats,
        gains_at: Callable[[Floats, NDArray[np.intp]], Floats],
        weight: Floats,
        sums: tuple[Floats, Floats],
        running: bool,
    ) -> tuple[Floats, Floats]:
        """The figure at which each level turns, by bisection of the very decision. `sums`: what the weeks
        before had, and what they and this one should have had.

        NaN where no figure between nought and three times the usual turns it.
        """
        ahead, level = before[:, which], self.level[which]
        had, should = sums

        def stands(x: Floats, index: NDArray[np.intp]) -> NDArray[np.int8]:
            of = which[index]
            alpha = chain.step(ahead[:, index], gains_at(x, of)).alpha
            figures = (x, expected[of], _ratio(had[of] + x * weight[of], should[of]))
            size = chain.mean_size(alpha, self.factors)
            raw, held = self.levels(alpha, figures, of, size, running=running)
            return _moved(level[index], raw, held)

        below = self.context.direction == "below"
        found = turning_points(stands, self.widest(expected[which], which), below=below)
        return tuple(np.where(turns, self.rounded(edge, which), np.nan) for edge, turns in found)  # type: ignore[return-value]

    def widest(self, expected: Floats, which: NDArray[np.intp]) -> Floats:
        return np.maximum(3 * expected, 3.0)

    def rounded(self, edge: Floats, which: NDArray[np.intp]) -> Floats:
        return np.floor(edge) if self.context.direction == "below" else np.ceil(edge)

    def began(self, t: int, which: NDArray[np.intp]) -> tuple[NDArray[np.intp], ...]:
        """Rows of the 10, 50 and 90 % point of the present spell's first week."""
        rows = len(self.kept.usual)
        points = chain.onset(
            np.stack([k[which] for k in self.kept.usual]),
            np.stack([k[:, which] for k in self.kept.gains]),
            np.stack([k[which] for k in self.kept.norms]),
        )
        return tuple(point + t - rows + 1 for point in points)

    def gathered(self, since: NDArray[np.intp], t: int, which: NDArray[np.intp]) -> Floats:
        """Log-evidence of series `which` since the rows `since`: how much better "off by one of the
        factors" explains those weeks together than "as usual".
        """
        rows = len(self.kept.gains)
        first = np.maximum(since - (t - rows + 1), 0)
        total = np.zeros((len(self.factors), len(which)))
        for n in range(int(first.min()), rows):
            total += np.where(first <= n, self.kept.gains[n][:, which], 0.0)
        return scipy.special.logsumexp(total + np.log(chain.WEIGHTS)[:, None], axis=0)

    def forget(self, which: Flags) -> None:
        self.alpha[:, which] = chain.start(int(which.sum()))
        self.recent.forget(which)
        self.level[which] = 0


def _numbers(*names: NDArray[np.object_]) -> NDArray[np.intp]:
    """The same number for series that have all these names in common."""
    joined = np.array(["\x1f".join(map(str, of)) for of in zip(*names, strict=True)], dtype=object)
    return np.unique(joined, return_inverse=True)[1]


def _ratio(had: Floats, should: Floats) -> Floats:
    """1 where nothing should have been."""
    return np.where(should > 0, had / np.maximum(should, 1e-9), 1.0)


def _moved(
    level: NDArray[np.int8], raw: NDArray[np.int8], held: NDArray[np.int8]
) -> NDArray[np.int8]:
    """A level rises to what opens it and falls to what still holds it."""
    return np.where(raw > level, raw, np.minimum(level, held)).astype(np.int8)
