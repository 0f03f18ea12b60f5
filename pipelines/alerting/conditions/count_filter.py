"""The filter of counts: negative binomial, by trend, working days, holidays, season and siblings.

Add here: what a count is held against. Keep out: opening, closing and limits (`filters.py`).

E = working days × curve of the company × share of the scope × its people now against then × what the
rest of the company does in the same week, shrunk to 1 (an empirical Bayes estimate of a shock common to all; its prior is worth
`SIBLINGS` cases).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipelines.alerting.conditions.base import Context, Flags, Row
from pipelines.alerting.conditions.filters import Filter, FilterJudge
from pipelines.alerting.filtering.curve import Curve, features
from pipelines.alerting.filtering.fading import Fading
from pipelines.alerting.filtering.likelihoods import count_gains
from pipelines.alerting.series.panel import Floats, Panel

SIBLINGS = 67.0
# A team that nearly everybody left is still asked for something.
LEAST_MANNED = 0.3


class CountFilter(Filter):
    """A count, by working days, season, trend and siblings. `min_mean`: least usual count a week. `persons`:
    a team is told only of a fall by more than what so many of its people do; one who is away is a third
    of three, and a question about a person, not about a team.
    """

    type: Literal["count_filter"] = "count_filter"
    min_mean: float = Field(default=0.75, ge=0)
    persons: float = Field(default=0.0, ge=0, le=5)

    def prepare(self, panel: Panel, context: Context) -> _CountFilter:
        return _CountFilter(self, panel, context)


class _CountFilter(FilterJudge):
    condition: CountFilter

    def __init__(self, condition: CountFilter, panel: Panel, context: Context) -> None:
        super().__init__(condition, panel, context)
        self.value = panel.field("value")
        self.seen = np.isfinite(self.value)
        self.counts = np.where(self.seen, self.value, 0.0)
        shape = features(panel.starts, panel.dates, panel.workdays, context.edges)
        self.curves = {
            int(r): Curve(shape, self.value[:, r], panel.exposure)
            for r in np.unique(self.reference)
            if r >= 0
        }
        self.flat = np.where(panel.exposure > 0.05, panel.exposure, 0.0)
        # Of the past: (x − E)² − E and E², for the spread beyond chance, and where there is such a thing.
        self.excess, self.square, self.judged_at = (np.zeros(panel.shape) for _ in range(3))
        heads = np.full(panel.shape, np.nan) if context.heads is None else context.heads
        manned = np.isfinite(heads)
        self.past = Fading(
            self.seen & (panel.exposure > 0.05)[:, None],
            [
                (self.counts, condition.half_life),
                (None, None),
                (manned.astype(float), condition.half_life),
                (np.where(manned, heads, 0.0), condition.half_life),
                (self.excess, None),
                (self.square, None),
                (self.judged_at, None),
            ],
        )
        # What the shares of people ask of each team, by row; other scopes have their usual limits.
        self._ask_of_teams(heads)
        # A team is held against its siblings, who keep the same festival.
        self.wide = np.isin(panel.keys["scope_type"].to_numpy(), ["company", "region"])
        self.own_company = self.reference == np.arange(panel.shape[1])
        self.companies, self.company_of = np.unique(self.reference, return_inverse=True)

    def _ask_of_teams(self, heads: Floats) -> None:
        c, below = self.condition, self.context.direction == "below"
        self.plain = self.least.copy(), self.size.copy()
        self.told_at: Floats | None = None
        if c.persons and below:
            teams = self.panel.keys["scope_type"].to_numpy() == "team"
            with np.errstate(divide="ignore", invalid="ignore"):
                left = np.clip(1 - c.persons / heads, LEAST_MANNED, 1.0)
            self.told_at = np.where(teams & np.isfinite(left), left, 1.0)

    def at(self, t: int, clean: Flags) -> Row:
        c = self.condition
        series = self.value.shape[1]
        if self.told_at is not None:
            self.least, self.size = (np.minimum(usual, self.told_at[t]) for usual in self.plain)
            self.lasting = np.sqrt(self.least)
        until = max(t - c.gap + 1, 0)
        total, weeks, manned, heads, *scatter = self.past.at(t, until, clean)
        weight = 0.5 ** ((t - np.arange(until)) / c.half_life)
        doubt, novel = np.zeros(series), np.zeros(series, bool)
        # What the past weeks of each company, as far as they count, should have had by its curve.
        base, own, now = [], {}, []
        for r in self.companies:
            if r < 0:
                base.append(weight * self.flat[:until])
                now.append(self.flat[t])
                continue
            learned = clean[:, r] & self.seen[:, r]
            curve = self.curves[int(r)].at(t, learned)
            had = self.counts[:until, r]
            base.append(weight * curve[:until] * (had + SIBLINGS) / (curve[:until] + SIBLINGS))
            own[r] = float(weight * curve[:until] @ self.past.used[:until, r])
            now.append(curve[t])
            doubt[r] = self.curves[int(r)].doubt(t)
            novel[(self.reference == r) & self.wide] = self.curves[int(r)].novel(t, learned)
        of = (np.stack(base) @ self.past.used[:until])[self.company_of, np.arange(series)]
        for r, sum_of in own.items():
            of[r] = sum_of
        ahead = np.array(now)[self.company_of]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(of > 0, total / of, 0.0)
        level = share * ahead * self._manned(t, manned, heads)
        whole = np.maximum(self.reference, 0)
        rest = np.maximum(self.counts[t, whole] - self.counts[t], 0.0)
        rest_expected = np.maximum(ahead - level, 0.0)
        lift = np.where(
            (self.reference >= 0) & ~self.own_company & self.seen[t, whole],
            (rest + SIBLINGS) / (rest_expected + SIBLINGS),
            1.0,
        )
        expected = level * lift
        spread = self._spread(*scatter)
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
        known = known & ~novel & (not self.context.is_paused(t))
        ok = self.seen[t] & (weeks >= c.min_history) & (self.panel.exposure[t] > 0.05)
        self.excess[t] = np.where(ok, (self.counts[t] - expected) ** 2 - expected, 0.0)
        self.square[t] = np.where(ok, expected**2, 0.0)
        self.judged_at[t] = self.square[t] > 0

        def gains_at(value: Floats, which: NDArray[np.intp]) -> Floats:
            return count_gains(value, expected[which], spread[which], self.factors)

        return self.judged(t, x, expected, known, gains_at, expected, np.ones(series))

    def _manned(self, t: int, weight: Floats, had: Floats) -> Floats:
        """What the people who are there can do of what those in the past did; at most 1, since a list
        of people that knows only those of today makes every team look as if it had grown. `weight`, `had`:
        weight of the past weeks whose people are known, and these by it.
        """
        heads = self.context.heads
        if heads is None:
            return np.ones(len(weight))
        with np.errstate(divide="ignore", invalid="ignore"):
            part = heads[t] / (had / weight)
        return np.where(np.isfinite(part), np.clip(part, LEAST_MANNED, 1.0), 1.0)

    def _spread(self, excess: Floats, square: Floats, counted: Floats) -> Floats:
        """V of variance E + vE²: the series' own, leaning on all of the panel, that on 0.03."""
        mean = np.where(counted > 0, square / np.maximum(counted, 1.0), 0.0)
        lean = 20.0 * float(mean.mean()) if len(mean) else 0.0
        pooled = (excess.sum() + 0.03 * (lean + 1e-9)) / (square.sum() + lean + 1e-9)
        pooled = float(np.clip(pooled, 0.005, 0.2))
        v = (excess + 20 * pooled * mean) / np.maximum(square + 20 * mean, 1e-9)
        return np.clip(np.where(mean > 0, v, pooled), 0.003, 0.5)
