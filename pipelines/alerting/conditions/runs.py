"""Conditions on successive periods: a run below the mean, and a lasting trend.

Add here: another rule on the order of values. Keep out: weighted sums of the past (`charts.py`).

How often such rules lie is told by `records/false_alarms.py`; the naked form "two weeks below the mean"
alarms every sixth week on a series in which nothing happens.
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
    Row,
    moments,
    past,
    row,
)
from pipelines.alerting.series.panel import Floats, Panel
from pipelines.alerting.series.season import Season, indices, phases


class Consecutive(Condition):
    """The last `periods` values all lie beyond the mean by `sigma` standard deviations.

    danger: the same for `danger_periods`. `sigma: 0` is the plain 连续两周低于平均值.
    """

    type: Literal["consecutive"] = "consecutive"
    periods: int = Field(default=2, ge=1, le=26)
    danger_periods: int = Field(default=4, ge=1, le=52)
    sigma: float = Field(default=1.0, ge=0, le=4)
    history: int = Field(default=52, ge=8, le=520)
    min_history: int = Field(default=12, ge=4)
    season: Season = "none"

    def limits(self) -> tuple[float, float, Literal["value", "evidence"]]:
        return float(self.periods), float(self.danger_periods), "evidence"

    def periods_needed(self) -> int:
        # The usual is learned from what lies before the run that is judged.
        return self.min_history + self.danger_periods

    def prepare(self, panel: Panel, context: Context) -> _RunJudge:
        return _RunJudge(self, panel, context)


class Trend(Condition):
    """A lasting trend over `periods` values: the standardised Mann-Kendall statistic.

    Limits are in standard deviations of that statistic under "no trend"; in addition the fall
    (or rise) over the span by the median slope must reach `min_change` of the first value, since
    a steady but tiny drift needs nobody.
    """

    type: Literal["trend"] = "trend"
    periods: int = Field(default=12, ge=5, le=104)
    window: int = Field(default=1, ge=1, le=104)
    warning: float = Field(default=2.5, gt=0)
    danger: float = Field(default=3.0, gt=0)
    min_change: float = Field(default=0.1, ge=0)

    def periods_needed(self) -> int:
        return self.periods + self.window - 1

    def prepare(self, panel: Panel, context: Context) -> _TrendJudge:
        return _TrendJudge(self, panel.pooled(self.window), context)


class _RunJudge(Judge):
    def __init__(self, condition: Consecutive, panel: Panel, context: Context) -> None:
        self.condition, self.panel, self.context = condition, panel, context
        value = panel.field("value")
        phase = phases(panel.dates, condition.season, context.edges)
        # Values are brought to a usual week: by season of the whole company, by working days.
        usual = panel.exposure[:, None] * (
            indices(value / panel.exposure[:, None], phase)[:, np.maximum(context.reference, 0)]
            if condition.season != "none"
            else 1.0
        )
        self.usual = np.broadcast_to(usual, value.shape)
        self.even: Floats = value / np.where(self.usual > 0, self.usual, np.nan)

    def at(self, t: int, clean: Flags) -> Row:
        c = self.condition
        sign = -1.0 if self.context.direction == "below" else 1.0
        # The run itself is not part of the mean that it is held against.
        base = moments(past(self.even, clean, t, c.history, c.danger_periods))
        limit = base.mean + sign * c.sigma * base.sd
        enough = base.count >= c.min_history
        run = np.zeros(self.even.shape[1])
        held = np.zeros(self.even.shape[1])
        alive, alive_held = np.ones(run.shape, bool), np.ones(run.shape, bool)
        slack = self.context.hysteresis * np.abs(limit)
        for back in range(min(c.danger_periods, t + 1)):
            value = self.even[t - back]
            alive &= sign * (value - limit) > 0
            alive_held &= sign * (value - limit) > -slack
            run += alive
            held += alive_held
        reached = np.where(enough & np.isfinite(self.even[t]), run, np.nan)
        shown = limit * self.usual[t]
        verdict = row(
            self.panel.field("value")[t],
            reached,
            (c.periods - 0.5, c.danger_periods - 0.5),
            hysteresis=0.0,
            expected=base.mean * self.usual[t],
            shown=(shown, shown),
            sample=self.panel.field("sample_size")[t],
        )
        kept = (held >= c.periods).astype(np.int8) + (held >= c.danger_periods).astype(np.int8)
        verdict.held = np.where(verdict.known, np.maximum(verdict.raw, kept), 0).astype(np.int8)
        return verdict


class _TrendJudge(Judge):
    def __init__(self, condition: Trend, panel: Panel, context: Context) -> None:
        self.condition, self.panel, self.context = condition, panel, context
        self.value = panel.field("value")

    def at(self, t: int, clean: Flags) -> Row:
        n = self.condition.periods
        series = self.value.shape[1]
        blank = np.full(series, np.nan)
        statistic, expected = blank, blank
        if t + 1 >= n:
            rows = self.value[t - n + 1 : t + 1]
            first, second = np.triu_indices(n, 1)
            steps = rows[second] - rows[first]
            kendall = np.sign(steps).sum(axis=0)
            # Variance of S without ties (Kendall 1975); ties only make it smaller.
            spread = np.sqrt(n * (n - 1) * (2 * n + 5) / 18)
            sign = -1.0 if self.context.direction == "below" else 1.0
            slope = np.median(steps / (second - first)[:, None], axis=0)
            start = np.median(rows, axis=0) - slope * (n - 1) / 2
            with np.errstate(divide="ignore", invalid="ignore"):
                far = sign * slope * (n - 1) / np.abs(start) >= self.condition.min_change
            whole = np.isfinite(rows).all(axis=0)
            statistic = np.where(whole, np.where(far, sign * kendall / spread, 0.0), np.nan)
            expected = np.where(whole, start, np.nan)
        sign = -1.0 if self.context.direction == "below" else 1.0
        edge = expected * (1 + sign * self.condition.min_change)
        return row(
            self.value[t],
            statistic,
            (self.condition.warning, self.condition.danger),
            hysteresis=self.context.hysteresis,
            expected=expected,
            shown=(edge, edge),
            sample=self.panel.field("sample_size")[t],
        )
