"""The filter of shares: odds, by the own past leaning on the company's, and the rest of the company.

Add here: what a share is held against. Keep out: opening, closing and limits (`filters.py`).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray
from pydantic import Field

from pipelines.alerting.conditions.base import Context, Flags, Row
from pipelines.alerting.conditions.filters import Filter, FilterJudge
from pipelines.alerting.filtering.fading import Fading
from pipelines.alerting.filtering.likelihoods import share_gains
from pipelines.alerting.series.panel import Floats, Panel


class RateFilter(Filter):
    """A share of cases. `prior`: cases of the company's rate added to the own past;
    `correlation`: likeness of the cases of one week.
    """

    type: Literal["rate_filter"] = "rate_filter"
    prior: float = Field(default=20.0, gt=0)
    correlation: float = Field(default=0.012, ge=0, lt=1)

    def prepare(self, panel: Panel, context: Context) -> _RateFilter:
        return _RateFilter(self, panel, context)


class _RateFilter(FilterJudge):
    condition: RateFilter

    def __init__(self, condition: RateFilter, panel: Panel, context: Context) -> None:
        super().__init__(condition, panel, context)
        numerator, denominator = panel.field("numerator"), panel.field("denominator")
        counted = np.isfinite(numerator) & (denominator > 0)
        self.seen = np.isfinite(panel.field("value")) | np.isfinite(numerator)
        self.hits = np.where(counted, np.minimum(numerator, denominator), 0.0)
        self.cases = np.where(counted, denominator, 0.0)
        fades = 2 * condition.half_life
        self.past = Fading(self.seen, [(self.hits, fades), (self.cases, fades), (None, None)])

    def at(self, t: int, clean: Flags) -> Row:
        c = self.condition
        k, n, weeks = self.past.at(t, max(t - c.gap + 1, 0), clean)
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
        expected = scipy.special.expit(scipy.special.logit(rate) + shift)
        known = self.seen[t] & (weeks >= c.min_history) & (n >= self.context.min_sample)
        known = known & (not self.context.is_paused(t))
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.where(cases > 0, hits / cases, np.nan)
        self._now = cases

        def gains_at(found: Floats, which: NDArray[np.intp]) -> Floats:
            some = np.where(np.isfinite(found), found, 0.0) * cases[which]
            return share_gains(some, cases[which], expected[which], c.correlation, self.factors)

        return self.judged(t, value, expected, known, gains_at, cases, cases)

    def summed(self, total: Floats, weight: Floats) -> Floats:
        return np.where(weight > 0, total / np.maximum(weight, 1e-9), np.nan)

    def widest(self, expected: Floats, which: NDArray[np.intp]) -> Floats:
        return np.ones(len(expected))

    def rounded(self, edge: Floats, which: NDArray[np.intp]) -> Floats:
        cases = np.maximum(self._now[which], 1.0)
        whole = edge * cases
        return (np.floor(whole) if self.context.direction == "below" else np.ceil(whole)) / cases
