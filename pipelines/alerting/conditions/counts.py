"""Conditions that know what they count: shares with limits (p-chart) and rare events (Poisson).

Add here: another condition on one pooled window of counts. Keep out: sums of evidence over many
periods (`evidence.py`) and rates judged by a prior (`rates.py`).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import scipy
from pydantic import Field

from pipelines.alerting.conditions.base import Condition, Context, Flags, Judge, Row, past, row
from pipelines.alerting.series.panel import Floats, Panel
from pipelines.alerting.series.season import Season, indices, phases


class PChart(Condition):
    """Share against the pooled share of the clean past, in standard deviations.

    sd² = φ · p̄(1−p̄) · (1/n + 1/n_past); φ >= 1 is the past's own over-dispersion (Laney's p′
    chart), so that weeks that always scatter more than a coin do not alarm for it.
    """

    type: Literal["p_chart"] = "p_chart"
    window: int = Field(default=4, ge=1, le=52)
    history: int = Field(default=52, ge=8, le=520)
    min_history: int = Field(default=12, ge=4)
    warning: float = Field(default=2.0, gt=0)
    danger: float = Field(default=3.0, gt=0)
    min_change: float = Field(default=0.0, ge=0)

    def prepare(self, panel: Panel, context: Context) -> _ShareJudge:
        return _ShareJudge(self, panel, context)


class Poisson(Condition):
    """A count over `window` periods so low (or high) that chance alone would hardly give it.

    Limits are one-sided sigmas: 2.5 means a tail probability below 0.6 %. The mean comes from the
    clean past (a gamma posterior, so a short past widens the limits); exposure by working days.
    """

    type: Literal["poisson"] = "poisson"
    window: int = Field(default=2, ge=1, le=52)
    history: int = Field(default=52, ge=8, le=520)
    min_history: int = Field(default=12, ge=4)
    min_mean: float = Field(default=0.0, ge=0)
    warning: float = Field(default=2.5, gt=0)
    danger: float = Field(default=3.3, gt=0)
    min_change: float = Field(default=0.0, ge=0, lt=1)
    season: Season = "none"

    def prepare(self, panel: Panel, context: Context) -> _CountJudge:
        return _CountJudge(self, panel, context)


class _ShareJudge(Judge):
    def __init__(self, condition: PChart, panel: Panel, context: Context) -> None:
        self.condition, self.context = condition, context
        self.numerator, self.denominator = panel.field("numerator"), panel.field("denominator")
        self.pooled = panel.pooled(condition.window)

    def at(self, t: int, clean: Flags) -> Row:
        c = self.condition
        sign = -1.0 if self.context.direction == "below" else 1.0
        hits = past(self.numerator, clean, t, c.history, c.window)
        cases = past(self.denominator, clean, t, c.history, c.window)
        counted = np.isfinite(hits) & (cases > 0)
        weeks = counted.sum(axis=0)
        k = np.where(counted, hits, 0.0).sum(axis=0)
        n = np.where(counted, cases, 0.0).sum(axis=0)
        value = self.pooled.field("value")[t]
        now = self.pooled.field("denominator")[t]
        with np.errstate(divide="ignore", invalid="ignore"):
            # Half a case on either side keeps a past of 0 % or 100 % from having no spread.
            share = (k + 0.5) / (n + 1)
            spread = share * (1 - share)
            scatter = np.where(counted, (hits - cases * share) ** 2 / (cases * spread), 0.0)
            phi = np.maximum(scatter.sum(axis=0) / np.maximum(weeks - 1, 1), 1.0)
            sd = np.sqrt(phi * spread * (1 / now + 1 / n))
            z = sign * (value - share) / sd
        usable = (weeks >= c.min_history) & (now >= max(self.context.min_sample, 1))
        if c.min_change:
            z = np.where(sign * (value - share) >= c.min_change * share, z, np.minimum(z, 0.0))
        return row(
            value,
            np.where(usable, z, np.nan),
            (c.warning, c.danger),
            hysteresis=self.context.hysteresis,
            expected=share,
            shown=(share + sign * c.warning * sd, share + sign * c.danger * sd),
            sample=now,
        )


class _CountJudge(Judge):
    def __init__(self, condition: Poisson, panel: Panel, context: Context) -> None:
        self.condition, self.context = condition, context
        value = panel.field("value")
        exposure = panel.exposure[:, None]
        usual = np.broadcast_to(exposure, value.shape)
        if condition.season != "none":
            even = value / np.where(exposure > 0, exposure, np.nan)
            phase = phases(panel.dates, condition.season, context.edges)
            usual = usual * indices(even[:, np.maximum(context.reference, 0)], phase)
        self.value = value
        self.usual: Floats = np.where(np.isfinite(value), usual, np.nan)

    def at(self, t: int, clean: Flags) -> Row:
        c = self.condition
        below = self.context.direction == "below"
        counts = past(self.value, clean, t, c.history, c.window)
        weights = past(self.usual, clean, t, c.history, c.window)
        weeks = np.isfinite(counts).sum(axis=0)
        total, weight = np.nansum(counts, axis=0), np.nansum(weights, axis=0)
        recent = slice(max(0, t - c.window + 1), t + 1)
        seen = np.isfinite(self.value[recent]).sum(axis=0) == c.window
        now = np.nansum(self.value[recent], axis=0)
        span = np.nansum(self.usual[recent], axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            expected = total / weight * span
            # Predictive distribution of a count after a gamma posterior is negative binomial.
            shape, success = total + 0.5, weight / (weight + span)
            if below:
                tail = scipy.special.betainc(shape, now + 1, success)
            else:
                tail = scipy.special.betaincc(shape, np.maximum(now, 1e-9), success)
            z = -scipy.special.ndtri(np.clip(tail, 1e-12, 1 - 1e-12))
        sign = -1.0 if below else 1.0
        if c.min_change:
            z = np.where(sign * (now - expected) >= c.min_change * expected, z, np.minimum(z, 0))
        usable = (weeks >= c.min_history) & seen & (weight > 0) & (expected >= c.min_mean)
        edges = [
            np.maximum(expected + sign * limit * np.sqrt(expected + expected * span / weight), 0.0)
            for limit in (c.warning, c.danger)
        ]
        return row(
            now,
            np.where(usable, z, np.nan),
            (c.warning, c.danger),
            hysteresis=self.context.hysteresis,
            expected=expected,
            shown=(edges[0], edges[1]),
            sample=now,
        )
