"""Two-state filters: is the count (share) off now, judged on a yardstick that knows the year.

Add here: the filter of another kind of figure. Keep out: the chain, the curve and the calibration
(`filtering/`).

One quantity opens and closes: q, the calibrated probability that the figure is off. 警戒 at
`warning`, 危险 at `danger` if it is also off by `danger_size` or more; a level is held while q is
above `close` (危险 while above `warning`). The limit shown is the figure of the week at which that
decision turns, found by asking the same function, so that it never disagrees with the level.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from scipy import special

from pipelines.alerting.conditions.base import Condition, Context, Flags, Judge, Row
from pipelines.alerting.filtering import chain
from pipelines.alerting.filtering.curve import Curve, features
from pipelines.alerting.filtering.likelihoods import count_gains, share_gains
from pipelines.alerting.filtering.said import calibrated, shown
from pipelines.alerting.panel import Floats, Panel

ONSET_WEEKS = 40
# A week that is still running asks for a little more: it is read every night.
NIGHTLY = 0.42
SIBLINGS = 67.0


class _Filter(Condition):
    warning: float = Field(default=0.7, gt=0, lt=1)
    danger: float = Field(default=0.9, gt=0, lt=1)
    close: float = Field(default=0.3, gt=0, lt=1)
    danger_size: float = Field(default=0.7, gt=0, lt=1)
    min_history: int = Field(default=12, ge=4)
    half_life: float = Field(default=20.0, gt=0)
    gap: int = Field(default=3, ge=1, le=26)

    @model_validator(mode="after")
    def _close_lies_below(self) -> _Filter:
        if self.close >= self.warning:
            raise ValueError(
                f"close below warning {self.warning:g}: where an alert opens it cannot close"
            )
        return self


class CountFilter(_Filter):
    """A count, by working days, season, trend and siblings. `min_mean`: least usual count a week."""

    type: Literal["count_filter"] = "count_filter"
    min_mean: float = Field(default=0.75, ge=0)

    def prepare(self, panel: Panel, context: Context) -> _CountFilter:
        return _CountFilter(self, panel, context)


class RateFilter(_Filter):
    """A share of cases. `prior`: cases of the company's rate added to the own past;
    `correlation`: likeness of the cases of one week.
    """

    type: Literal["rate_filter"] = "rate_filter"
    prior: float = Field(default=20.0, gt=0)
    correlation: float = Field(default=0.012, ge=0, lt=1)

    def prepare(self, panel: Panel, context: Context) -> _RateFilter:
        return _RateFilter(self, panel, context)


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

    def __init__(self, condition: _Filter, panel: Panel, context: Context) -> None:
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
        self.reference = context.reference
        self.of = np.maximum(context.reference, 0)
        self.last = panel.shape[0] - 1

    def levels(self, alpha: Floats, held: NDArray[np.int8], running: bool) -> tuple[Floats, ...]:
        """(raw level, level while held, q) of a belief."""
        c = self.condition
        q = calibrated(1 - alpha[:, 0])
        size = chain.mean_size(alpha, self.factors[: alpha.shape[1] - 1])
        size_limit = self.size if len(size) == len(self.size) else self._size_of
        big = size <= size_limit if self.context.direction == "below" else size >= size_limit
        ask = special.expit(special.logit(np.array([c.warning, c.danger])) + NIGHTLY * running)
        raw = (q >= ask[0]).astype(np.int8) + ((q >= ask[1]) & big)
        keep = (q >= c.close).astype(np.int8) + ((q >= c.warning) & big & (held == 2))
        return raw, np.maximum(raw, keep), q

    _size_of: Floats

    def judged(
        self,
        t: int,
        value: Floats,
        expected: Floats,
        known: Flags,
        gains_at: Callable[[Floats, NDArray[np.intp]], Floats],
        sample: Floats,
    ) -> Row:
        """Take the week's figures; `gains_at(value, series)` is the likelihood of other figures."""
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
        raw, held, q = self.levels(alpha, self.level, running)
        warning, danger = np.full(len(value), np.nan), np.full(len(value), np.nan)
        worth = every if t == self.last else np.flatnonzero(held > 0)
        worth = worth[known[worth]]
        if len(worth):
            ask = self._limits(before, worth, expected, gains_at, running)
            warning[worth], danger[worth] = ask
        if not running:
            self.alpha = alpha
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
                self._size_of = self.size[which]
                alpha = chain.step(before[which], gains).alpha
                raw, held, _ = self.levels(alpha, self.level[which], running)
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

    def forget(self, which: Flags) -> None:
        self.alpha[which] = chain.start(int(which.sum()))
        self.level[which] = 0


class _CountFilter(FilterJudge):
    condition: CountFilter

    def __init__(self, condition: CountFilter, panel: Panel, context: Context) -> None:
        super().__init__(condition, panel, context)
        self.value = panel.field("value")
        self.seen = np.isfinite(self.value)
        self.counts = np.where(self.seen, self.value, 0.0)
        shape = features(panel.starts, panel.dates, panel.workdays, context.fiscal_year_start)
        self.curves = {
            int(r): Curve(shape, self.value[:, r], panel.exposure)
            for r in np.unique(self.reference)
            if r >= 0
        }
        self.flat = np.where(panel.exposure > 0.05, panel.exposure, 0.0)
        # Sums over the past of (x − E)² − E and of E², for the spread beyond chance.
        self.excess = np.zeros(panel.shape)
        self.square = np.zeros(panel.shape)
        self.own_company = self.reference == np.arange(panel.shape[1])

    def at(self, t: int, clean: Flags) -> Row:
        c = self.condition
        days, series = self.value.shape
        base = np.zeros((t + 1, series))
        doubt = np.zeros(series)
        ahead: Floats = np.zeros(series)
        for r in np.unique(self.reference):
            mine = self.reference == r
            if r < 0:
                base[:, mine], ahead[mine] = self.flat[: t + 1, None], self.flat[t]
                continue
            curve = self.curves[int(r)].at(t, clean[:, r] & self.seen[:, r])
            now = self.counts[: t + 1, r]
            with np.errstate(divide="ignore", invalid="ignore"):
                moved = curve[: t + 1] * (now + SIBLINGS) / (curve[: t + 1] + SIBLINGS)
            base[:, mine], ahead[mine] = moved[:, None], curve[t]
            base[:, r] = curve[: t + 1]
            doubt[r] = self.curves[int(r)].doubt(t)
        until = max(t - c.gap + 1, 0)
        weight = 0.5 ** ((t - np.arange(until)) / c.half_life)
        usable = clean[:until] & self.seen[:until] & (self.panel.exposure[:until] > 0.05)[:, None]
        weights = weight[:, None] * usable
        total = np.einsum("ts,ts->s", weights, self.counts[:until])
        of = np.einsum("ts,ts->s", weights, base[:until])
        weeks = usable.sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(of > 0, total / of, 0.0)
        level = share * ahead
        whole = np.maximum(self.reference, 0)
        rest = np.maximum(self.counts[t, whole] - self.counts[t], 0.0)
        rest_expected = np.maximum(ahead - level, 0.0)
        lift = np.where(
            (self.reference >= 0) & ~self.own_company & self.seen[t, whole],
            (rest + SIBLINGS) / (rest_expected + SIBLINGS),
            1.0,
        )
        expected = level * lift
        spread = self._spread(t, until, usable)
        spread = spread + np.where(self.own_company, doubt, 1.5 / (rest_expected + SIBLINGS))
        x = self.value[t]
        usual = level / max(float(self.panel.exposure[t]), 1e-9)
        known = (
            self.seen[t]
            & (weeks >= c.min_history)
            & (usual >= c.min_mean)
            & (self.panel.exposure[t] > 0.15)
            & (expected > 1e-6)
        )
        known = known & (not self.context.is_paused(t))
        ok = self.seen[t] & (weeks >= c.min_history) & (self.panel.exposure[t] > 0.05)
        self.excess[t] = np.where(ok, (self.counts[t] - expected) ** 2 - expected, 0.0)
        self.square[t] = np.where(ok, expected**2, 0.0)

        def gains_at(value: Floats, which: NDArray[np.intp]) -> Floats:
            return count_gains(value, expected[which], spread[which], self.factors)

        return self.judged(t, x, expected, known, gains_at, expected)

    def _spread(self, t: int, until: int, usable: Flags) -> Floats:
        """v of variance E + vE²: the series' own, leaning on all of the panel, that on 0.03."""
        past = usable.astype(float)
        excess = np.einsum("ts,ts->s", past, self.excess[:until])
        square = np.einsum("ts,ts->s", past, self.square[:until])
        counted = np.einsum("ts,ts->s", past, (self.square[:until] > 0).astype(float))
        mean = np.where(counted > 0, square / np.maximum(counted, 1.0), 0.0)
        lean = 20.0 * float(mean.mean()) if len(mean) else 0.0
        pooled = (excess.sum() + 0.03 * (lean + 1e-9)) / (square.sum() + lean + 1e-9)
        pooled = float(np.clip(pooled, 0.005, 0.2))
        v = (excess + 20 * pooled * mean) / np.maximum(square + 20 * mean, 1e-9)
        return np.clip(np.where(mean > 0, v, pooled), 0.003, 0.5)


class _RateFilter(FilterJudge):
    condition: RateFilter

    def __init__(self, condition: RateFilter, panel: Panel, context: Context) -> None:
        super().__init__(condition, panel, context)
        numerator, denominator = panel.field("numerator"), panel.field("denominator")
        counted = np.isfinite(numerator) & (denominator > 0)
        self.seen = np.isfinite(panel.field("value")) | np.isfinite(numerator)
        self.hits = np.where(counted, np.minimum(numerator, denominator), 0.0)
        self.cases = np.where(counted, denominator, 0.0)

    def at(self, t: int, clean: Flags) -> Row:
        c = self.condition
        until = max(t - c.gap + 1, 0)
        weight = (0.5 ** ((t - np.arange(until)) / (2 * c.half_life)))[:, None]
        usable = clean[:until] & self.seen[:until]
        k = np.einsum("ts,ts->s", weight * usable, self.hits[:until])
        n = np.einsum("ts,ts->s", weight * usable, self.cases[:until])
        weeks = usable.sum(axis=0)
        has = self.reference >= 0
        general = np.where(has, (k[self.of] + 0.5) / (n[self.of] + 1), (k + 0.5) / (n + 1))
        rate = np.clip((k + c.prior * general) / (n + c.prior), 0.005, 0.995)
        hits, cases = self.hits[t], self.cases[t]
        # What moved in the rest of the company in the same week, shrunk to nought.
        others = has & (self.of != np.arange(len(k)))
        rest_k = np.where(others, np.maximum(hits[self.of] - hits, 0), 0.0)
        rest_n = np.where(others, np.maximum(cases[self.of] - cases, 0), 0.0)
        p = np.clip(rate[self.of], 0.005, 0.995)
        worth = 1 / (1 + np.maximum(rest_n - 1, 0) * c.correlation)
        shift = worth * (rest_k - rest_n * p) / (worth * rest_n * p * (1 - p) + 1 / 0.2**2)
        shift = np.clip(shift, -0.7, 0.7)
        expected = special.expit(special.logit(rate) + shift)
        known = self.seen[t] & (weeks >= c.min_history) & (n >= self.context.min_sample)
        known = known & (not self.context.is_paused(t))
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.where(cases > 0, hits / cases, np.nan)
        self._now = cases

        def gains_at(found: Floats, which: NDArray[np.intp]) -> Floats:
            some = np.where(np.isfinite(found), found, 0.0) * cases[which]
            return share_gains(some, cases[which], expected[which], c.correlation, self.factors)

        return self.judged(t, value, expected, known, gains_at, cases)

    def widest(self, expected: Floats, which: NDArray[np.intp]) -> Floats:
        return np.ones(len(expected))

    def rounded(self, edge: Floats, which: NDArray[np.intp]) -> Floats:
        cases = np.maximum(self._now[which], 1.0)
        whole = edge * cases
        return (np.floor(whole) if self.context.direction == "below" else np.ceil(whole)) / cases


__all__ = ["CountFilter", "FilterJudge", "RateFilter"]
