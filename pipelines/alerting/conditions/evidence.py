"""Likelihood-ratio CUSUM: evidence for "the rate has changed by this much", summed over periods.

Add here: another distribution. Keep out: charts on standardised residuals (`charts.py`).

For a known shift no rule sees a change sooner at the same rate of false alarms (Moustakides 1986),
and no window has to be chosen: a large fall speaks after a few cases, a small one after many.
Each period adds log L(changed) − log L(unchanged); the sum never falls below zero. The mean time
to a false alarm is at least exp(limit) periods (Lorden 1971).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from pipelines.alerting.conditions.base import Condition, Context, Flags, Judge, Row, past_sums, row
from pipelines.alerting.series.panel import Floats, Panel
from pipelines.alerting.series.season import Season, indices, phases


class _Evidence(Condition):
    history: int = Field(default=52, ge=8, le=520)
    min_history: int = Field(default=12, ge=4)
    gap: int = Field(default=4, ge=1, le=26)
    prior: float = Field(default=10.0, gt=0)
    warning: float = Field(default=4.5, gt=0)
    danger: float = Field(default=6.0, gt=0)
    # One period's evidence is capped, so that a single odd week cannot decide alone.
    cap: float = Field(default=3.0, gt=0)


class RateShift(_Evidence):
    """Evidence that the odds of success are `shift` times what they were (0.5: halved odds)."""

    type: Literal["rate_shift"] = "rate_shift"
    shift: float = Field(default=0.5, gt=0)

    def prepare(self, panel: Panel, context: Context) -> _RateEvidence:
        return _RateEvidence(self, panel, context)


class CountShift(_Evidence):
    """Evidence that a count is `shift` times what it was; exposure by working days and season."""

    type: Literal["count_shift"] = "count_shift"
    shift: float = Field(default=0.6, gt=0)
    season: Season = "none"
    min_mean: float = Field(default=0.0, ge=0)

    def prepare(self, panel: Panel, context: Context) -> _CountEvidence:
        return _CountEvidence(self, panel, context)


class _Sum:
    """The running sums, with the totals since each left zero (for what is shown)."""

    def __init__(self, series: int, condition: _Evidence) -> None:
        self.condition = condition
        self.sum, self.hits, self.cases = np.zeros(series), np.zeros(series), np.zeros(series)

    def add(self, gain: Floats, hits: Floats, cases: Floats) -> Floats:
        here = np.isfinite(gain)
        c = self.condition
        step = np.where(here, np.clip(gain, -c.cap, c.cap), 0.0)
        # Capped at twice danger, so that recovery shows in reasonable time.
        self.sum = np.clip(self.sum + step, 0.0, 2 * c.danger)
        running = self.sum > 0
        self.hits = np.where(running, self.hits + np.where(here, hits, 0.0), 0.0)
        self.cases = np.where(running, self.cases + np.where(here, cases, 0.0), 0.0)
        return np.where(here, self.sum, np.nan)


class _EvidenceJudge(Judge):
    sums: _Sum

    def forget(self, which: Flags) -> None:
        self.sums.sum[which] = self.sums.hits[which] = self.sums.cases[which] = 0.0


class _RateEvidence(_EvidenceJudge):
    def __init__(self, condition: RateShift, panel: Panel, context: Context) -> None:
        self.condition, self.context = condition, context
        self.numerator, self.denominator = panel.field("numerator"), panel.field("denominator")
        counted = np.isfinite(self.numerator) & (self.denominator > 0)
        hits = np.where(counted, self.numerator, 0.0)
        cases = np.where(counted, self.denominator, 0.0)
        squares = hits**2 / np.where(counted, self.denominator, 1.0)
        self.parts = (counted.astype(float), hits, cases, squares)
        self.sums = _Sum(panel.shape[1], condition)

    def at(self, t: int, clean: Flags) -> Row:
        c, reference = self.condition, self.context.reference
        weeks, k, n, squares = past_sums(clean, t, c.history, c.gap, *self.parts)
        of = np.maximum(reference, 0)
        general = np.where(reference >= 0, (k[of] + 1) / (n[of] + 2), (k + 1) / (n + 2))
        rate = np.clip((k + c.prior * general) / (n + c.prior), 0.01, 0.99)
        odds = rate / (1 - rate) * c.shift
        changed = odds / (1 + odds)
        hits, cases = self.numerator[t], self.denominator[t]
        gain = hits * np.log(changed / rate) + (cases - hits) * np.log((1 - changed) / (1 - rate))
        gain = gain / _scatter(k, n, squares, rate, weeks)
        # A week without a case says nothing, and neither does a series without a past.
        known = (weeks >= c.min_history) & (n >= self.context.min_sample)
        known &= not self.context.is_paused(t)
        quiet = ~(cases > 0)
        gain = np.where(known, np.where(quiet, 0.0, gain), np.nan)
        score = self.sums.add(gain, np.nan_to_num(hits), np.nan_to_num(cases))
        with np.errstate(divide="ignore", invalid="ignore"):
            since = self.sums.hits / self.sums.cases
        value = np.where(self.sums.cases > 0, since, rate)
        # Where the rate since the change began would no longer favour "changed".
        even = np.log((1 - changed) / (1 - rate)) / np.log(
            rate * (1 - changed) / (changed * (1 - rate))
        )
        return row(
            value,
            score,
            (c.warning, c.danger),
            hysteresis=self.context.hysteresis,
            expected=rate,
            shown=(even, changed),
            sample=self.sums.cases,
            probability=1 / (1 + np.exp(-score)),
        )


def _scatter(k: Floats, n: Floats, squares: Floats, rate: Floats, weeks: Floats) -> Floats:
    """Variance of the past weeks over that of a coin, at least 1: it discounts the evidence.

    Sum of (k - n·rate)² / (n·rate·(1 - rate)) over the weeks, from the sums of k, n and k²/n.
    """
    total = (squares - 2 * rate * k + rate**2 * n) / (rate * (1 - rate))
    return np.maximum(total / np.maximum(weeks - 1, 1), 1.0)


class _CountEvidence(_EvidenceJudge):
    def __init__(self, condition: CountShift, panel: Panel, context: Context) -> None:
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
        seen = np.isfinite(value)
        counts, weights = np.where(seen, value, 0.0), np.where(seen, usual, 0.0)
        worth = seen & (weights > 0)
        squares = np.where(worth, counts**2 / np.where(worth, weights, 1.0), 0.0)
        self.parts = (seen.astype(float), counts, weights, squares)
        self.sums = _Sum(panel.shape[1], condition)

    def at(self, t: int, clean: Flags) -> Row:
        c = self.condition
        weeks, counts, weights, squares = past_sums(clean, t, c.history, c.gap, *self.parts)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = counts / weights
            # Scatter beyond a Poisson count discounts every week's evidence: the sum of
            # (count - mean·weight)² / (mean·weight), from the sums of its parts.
            spread = squares / mean - 2 * counts + mean * weights
            phi = np.maximum(spread / np.maximum(weeks - 1, 1), 1.0)
            expected = mean * self.usual[t]
            gain = (self.value[t] * np.log(c.shift) + expected * (1 - c.shift)) / phi
        known = (weeks >= c.min_history) & (mean >= max(c.min_mean, 1e-9))
        known &= not self.context.is_paused(t)
        score = self.sums.add(
            np.where(known, gain, np.nan), np.nan_to_num(self.value[t]), np.nan_to_num(expected)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(self.sums.cases > 0, self.sums.hits / self.sums.cases, 1.0)
        even = (1 - c.shift) / -np.log(c.shift)
        return row(
            ratio * mean,
            score,
            (c.warning, c.danger),
            hysteresis=self.context.hysteresis,
            expected=mean,
            shown=(even * mean, c.shift * mean),
            sample=self.sums.hits,
            probability=1 / (1 + np.exp(-score)),
        )
