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
from pipelines.alerting.filtering.likelihoods import count_gains
from pipelines.alerting.panel import Floats, Panel

SIBLINGS = 67.0
# A team that nearly everybody left is still asked for something.
LEAST_MANNED = 0.3


class CountFilter(Filter):
    """A count, by working days, season, trend and siblings. `min_mean`: least usual count a week."""

    type: Literal["count_filter"] = "count_filter"
    min_mean: float = Field(default=0.75, ge=0)

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
        # Sums over the past of (x − E)² − E and of E², for the spread beyond chance.
        self.excess = np.zeros(panel.shape)
        self.square = np.zeros(panel.shape)
        # A team is held against its siblings, who keep the same festival.
        self.wide = np.isin(panel.keys["scope_type"].to_numpy(), ["company", "region"])
        self.own_company = self.reference == np.arange(panel.shape[1])

    def at(self, t: int, clean: Flags) -> Row:
        c = self.condition
        days, series = self.value.shape
        base = np.zeros((t + 1, series))
        doubt, novel = np.zeros(series), np.zeros(series, bool)
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
            novel[mine & self.wide] = self.curves[int(r)].novel(t, clean[:, r] & self.seen[:, r])
        until = max(t - c.gap + 1, 0)
        weight = 0.5 ** ((t - np.arange(until)) / c.half_life)
        usable = clean[:until] & self.seen[:until] & (self.panel.exposure[:until] > 0.05)[:, None]
        weights = weight[:, None] * usable
        total = np.einsum("ts,ts->s", weights, self.counts[:until])
        of = np.einsum("ts,ts->s", weights, base[:until])
        weeks = usable.sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(of > 0, total / of, 0.0)
        level = share * ahead * self._manned(t, weights)
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
        known = known & ~novel & (not self.context.is_paused(t))
        ok = self.seen[t] & (weeks >= c.min_history) & (self.panel.exposure[t] > 0.05)
        self.excess[t] = np.where(ok, (self.counts[t] - expected) ** 2 - expected, 0.0)
        self.square[t] = np.where(ok, expected**2, 0.0)

        def gains_at(value: Floats, which: NDArray[np.intp]) -> Floats:
            return count_gains(value, expected[which], spread[which], self.factors)

        return self.judged(t, x, expected, known, gains_at, expected, np.ones(series))

    def _manned(self, t: int, weights: Floats) -> Floats:
        """What the people who are there can do of what those in the past did; at most 1, since a list
        of people that knows only those of today makes every team look as if it had grown.
        """
        heads = self.context.heads
        if heads is None:
            return np.ones(weights.shape[1])
        past = heads[: len(weights)]
        weight = np.where(np.isfinite(past), weights, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            usual = np.einsum("ts,ts->s", weight, np.nan_to_num(past)) / weight.sum(axis=0)
            part = heads[t] / usual
        return np.where(np.isfinite(part), np.clip(part, LEAST_MANNED, 1.0), 1.0)

    def _spread(self, t: int, until: int, usable: Flags) -> Floats:
        """V of variance E + vE²: the series' own, leaning on all of the panel, that on 0.03."""
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
