"""Control charts on standardised residuals: EWMA and CUSUM, one-sided, season removed first.

Add here: another chart with a memory. Keep out: charts that model counts or shares (`counts.py`).

Formulae: Roberts 1959 (EWMA, exact starting limits) and Page 1954 (CUSUM). The residual is
standardised by the mean and deviation of the clean past, inflated by sqrt(1 + 1/n) since both are
estimated from n values.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from pipelines.alerting.conditions.base import (
    Condition,
    Context,
    Flags,
    Judge,
    Moments,
    Row,
    moments,
    past,
    row,
)
from pipelines.alerting.series.panel import Floats, Panel
from pipelines.alerting.series.season import Season, indices, phases


class _Chart(Condition):
    """What both charts need: the yardstick and its season.

    `history`: clean periods that make the yardstick; `gap`: newest periods kept out of it;
    `counts`: the deviation is at least that of a Poisson count; `min_mean`: below this mean of a
    usual period the chart gives no level (use a Poisson condition there).
    """

    history: int = Field(default=52, ge=8, le=520)
    min_history: int = Field(default=12, ge=4)
    gap: int = Field(default=4, ge=1, le=26)
    season: Season = "none"
    counts: bool = True
    min_mean: float = Field(default=0.0, ge=0)
    min_change: float = Field(default=0.0, ge=0, lt=1)


class Ewma(_Chart):
    """EWMA of the residuals beyond `warning` (danger) of its own standard deviations."""

    type: Literal["ewma"] = "ewma"
    weight: float = Field(default=0.2, gt=0, le=1)
    warning: float = Field(default=2.5, gt=0)
    danger: float = Field(default=2.86, gt=0)

    def prepare(self, panel: Panel, context: Context) -> EwmaJudge:
        return EwmaJudge(self, panel, context)


class Cusum(_Chart):
    """One-sided CUSUM with reference value `drift` (k) and decision limits in sigma (h)."""

    type: Literal["cusum"] = "cusum"
    drift: float = Field(default=0.5, ge=0)
    warning: float = Field(default=4.0, gt=0)
    danger: float = Field(default=5.0, gt=0)

    def prepare(self, panel: Panel, context: Context) -> CusumJudge:
        return CusumJudge(self, panel, context)


class Residuals:
    """Signed standardised residual of each day; positive is on the bad side."""

    def __init__(self, chart: _Chart, panel: Panel, context: Context) -> None:
        self.chart, self.context = chart, context
        self.sign = -1.0 if context.direction == "below" else 1.0
        value = panel.field("value")
        exposure = panel.exposure[:, None]
        even = value / np.where(exposure > 0, exposure, np.nan)
        season: Floats = np.ones_like(value)
        if chart.season != "none":
            phase = phases(panel.dates, chart.season, context.edges)
            season = indices(even[:, np.maximum(context.reference, 0)], phase)
        self.value = value
        self.usual = exposure * season
        self.even: Floats = value / np.where(self.usual > 0, self.usual, np.nan)
        self.sample = panel.field("sample_size")

    def at(self, t: int, clean: Flags) -> tuple[Floats, Moments]:
        c = self.chart
        base = moments(past(self.even, clean, t, c.history, c.gap))
        sd = base.sd
        if c.counts:
            sd = np.fmax(sd, np.sqrt(np.maximum(base.mean, 0)))
        usable = (base.count >= c.min_history) & (base.mean >= c.min_mean) & (sd > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = self.sign * (self.even[t] - base.mean) / (sd * np.sqrt(1 + 1 / base.count))
        return np.where(usable, z, np.nan), Moments(base.mean, sd, base.count)

    def verdict(self, t: int, score: Floats, base: Moments, scale: float, memory: Floats) -> Row:
        """Grade `score`; limits are shown as the even value at which the chart would stand."""
        c = self.chart
        warning, danger = getattr(c, "warning", 0.0), getattr(c, "danger", 0.0)
        expected = base.mean * self.usual[t]
        edges = [
            (base.mean + self.sign * limit * scale * base.sd) * self.usual[t]
            for limit in (warning, danger)
        ]
        if c.min_change:
            # Statistically sure but too small to matter: no level.
            with np.errstate(divide="ignore", invalid="ignore"):
                change = self.sign * (memory - base.mean) / np.abs(base.mean)
            score = np.where(change >= c.min_change, score, np.minimum(score, 0.0))
        return row(
            self.value[t],
            score,
            (warning, danger),
            hysteresis=self.context.hysteresis,
            expected=expected,
            shown=(edges[0], edges[1]),
            sample=self.sample[t],
        )


class EwmaJudge(Judge):
    """Carries the average of each series from day to day; a gap leaves it as it was."""

    def __init__(self, condition: Ewma, panel: Panel, context: Context) -> None:
        self.condition = condition
        self.residuals = Residuals(condition, panel, context)
        series = panel.shape[1]
        self.mean, self.seen = np.zeros(series), np.zeros(series)
        self.level = np.full(series, np.nan)

    def at(self, t: int, clean: Flags) -> Row:
        weight = self.condition.weight
        z, base = self.residuals.at(t, clean)
        here = np.isfinite(z)
        self.mean = np.where(here, weight * z + (1 - weight) * self.mean, self.mean)
        self.seen += here
        even = self.residuals.even[t]
        start = np.where(np.isfinite(self.level), self.level, base.mean)
        self.level = np.where(here, weight * even + (1 - weight) * start, self.level)
        variance = weight / (2 - weight) * (1 - (1 - weight) ** (2 * np.maximum(self.seen, 1)))
        score = np.where(here, self.mean / np.sqrt(variance), np.nan)
        scale = float(np.sqrt(weight / (2 - weight)))
        return self.residuals.verdict(t, score, base, scale, self.level)

    def forget(self, which: Flags) -> None:
        self.mean[which] = self.seen[which] = 0.0
        self.level[which] = np.nan


class CusumJudge(Judge):
    """Carries the sum of each series; it falls back to zero when the past is made good."""

    def __init__(self, condition: Cusum, panel: Panel, context: Context) -> None:
        self.condition = condition
        self.residuals = Residuals(condition, panel, context)
        series = panel.shape[1]
        self.sum, self.length = np.zeros(series), np.zeros(series)
        self.total = np.zeros(series)

    def at(self, t: int, clean: Flags) -> Row:
        c = self.condition
        z, base = self.residuals.at(t, clean)
        here = np.isfinite(z)
        # A sum far above the limit would need as long to come down: cap it at twice danger.
        step = np.clip(self.sum + np.where(here, z, 0.0) - np.where(here, c.drift, 0.0), 0, None)
        self.sum = np.minimum(step, 2 * c.danger)
        running = self.sum > 0
        even = np.where(here, self.residuals.even[t], 0.0)
        self.length = np.where(running, self.length + here, 0.0)
        self.total = np.where(running, self.total + even, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            level = np.where(self.length > 0, self.total / self.length, base.mean)
        score = np.where(here, self.sum, np.nan)
        return self.residuals.verdict(t, score, base, 1.0, level)

    def forget(self, which: Flags) -> None:
        self.sum[which] = self.length[which] = self.total[which] = 0.0
