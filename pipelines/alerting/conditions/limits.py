"""Conditions on the value itself: a fixed limit, a change, its place among its own past values.

Add here: a condition whose limit is in the metric's own unit. Keep out: control charts.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from pipelines.alerting.conditions.base import Condition, Context, Flags, Judge, Row, past, row
from pipelines.alerting.series.panel import Floats, Panel

Pair = tuple[float, float, Literal["value", "evidence"]]


class Limit(Condition):
    """Value beyond a fixed limit; `window` periods are pooled first."""

    type: Literal["limit"] = "limit"
    warning: float
    danger: float
    window: int = Field(default=1, ge=1, le=104)

    def limits(self) -> Pair:
        return self.warning, self.danger, "value"

    def prepare(self, panel: Panel, context: Context) -> _ValueJudge:
        pooled = panel.pooled(self.window)
        level = np.ones(panel.shape)
        return _ValueJudge(
            pooled, pooled.field("value"), level, self.warning, self.danger, context, absolute=True
        )


class Change(Condition):
    """Relative change against the previous period or the same period a year before.

    Limits are changes: -0.2 is a fall by 20 %. Both periods are complete ones. A base below
    `min_base` gives no figure, because a ratio to almost nothing says nothing.
    """

    type: Literal["change"] = "change"
    against: Literal["previous", "year_ago"] = "year_ago"
    warning: float
    danger: float
    window: int = Field(default=1, ge=1, le=104)
    min_base: float = Field(default=0, ge=0)

    def limits(self) -> Pair:
        return self.warning, self.danger, "value"

    def periods_needed(self) -> int:
        # A year of weeks; a monthly rule needs fewer, and says so by being judged.
        return self.window + (self.window if self.against == "previous" else 52)

    def prepare(self, panel: Panel, context: Context) -> _ValueJudge:
        pooled = panel.pooled(self.window)
        value = pooled.field("value")
        lag = self.window if self.against == "previous" else _year(panel)
        base = np.full_like(value, np.nan)
        if lag < len(value):
            base[lag:] = value[:-lag]
        base = np.where(base > self.min_base, base, np.nan)
        return _ValueJudge(
            pooled, value, base, 1 + self.warning, 1 + self.danger, context, absolute=False
        )


class AgainstPast(Condition):
    """Value against quantiles of its own past: lower (or upper) `warning` and `danger` quantile.

    Quantile 0 is the minimum of the past for a metric that hurts below, the maximum for one that
    hurts above. `margin` asks for a distance beyond it, as a share of the quantile.
    `floor`: the value itself must lie beyond it too, where anything milder is nobody's concern.
    `errors`: a share must also lie so many standard errors from the middle of its past, those of a share of
    that many cases: a fifth more is much in a thousand opportunities and chance in eighty. Of shares of
    an amount ask for nearly twice as many, since a few large cases weigh most.
    `relative: company` judges the ratio to the whole company's value of the same day, so that a
    holiday or a season that moves everybody is nobody's alarm; the company itself is judged by
    its own value.
    """

    type: Literal["against_past"] = "against_past"
    warning: float = Field(default=0.2, ge=0, lt=0.5)
    danger: float = Field(default=0.0, ge=0, lt=0.5)
    margin: float = Field(default=0.0, ge=0, lt=1)
    danger_margin: float | None = Field(default=None, ge=0)
    relative: Literal["none", "company"] = "none"
    floor: float | None = Field(default=None, ge=0)
    errors: float = Field(default=0.0, ge=0, le=5)
    window: int = Field(default=1, ge=1, le=104)
    history: int = Field(default=52, ge=8, le=520)
    min_history: int = Field(default=12, ge=4)

    def limits(self) -> Pair:
        # A rarer quantile is worse on either side.
        return -self.warning, -self.danger, "evidence"

    def prepare(self, panel: Panel, context: Context) -> _QuantileJudge:
        return _QuantileJudge(self, panel.pooled(self.window), context)


def _year(panel: Panel) -> int:
    """Number of rows in a year, from the spacing of the panel's days."""
    if len(panel.dates) < 2:
        return 1
    spacing = float(np.median(np.diff(panel.dates).astype(int)))
    return max(1, round(364 / spacing) if spacing < 20 else round(365.25 / spacing))


class _ValueJudge(Judge):
    def __init__(
        self,
        panel: Panel,
        value: Floats,
        base: Floats,
        warning: float,
        danger: float,
        context: Context,
        *,
        absolute: bool,
    ) -> None:
        self.panel, self.value, self.base = panel, value, base
        self.warning, self.danger, self.context = warning, danger, context
        self.absolute = absolute

    def at(self, t: int, clean: Flags) -> Row:
        sign = -1.0 if self.context.direction == "below" else 1.0
        value, base = self.value[t], self.base[t]
        score = sign * value / base
        expected = np.full(value.shape, np.nan) if self.absolute else base
        return row(
            value,
            score,
            (sign * self.warning, sign * self.danger),
            hysteresis=self.context.hysteresis,
            expected=expected,
            shown=(self.warning * base, self.danger * base),
            sample=self.panel.field("sample_size")[t],
        )


class _QuantileJudge(Judge):
    def __init__(self, condition: AgainstPast, panel: Panel, context: Context) -> None:
        self.condition, self.panel, self.context = condition, panel, context
        self.value = panel.field("value")
        self.scale: Floats = np.ones_like(self.value)
        if condition.relative == "company":
            has = context.reference >= 0
            other = has & (context.reference != np.arange(len(has)))
            company = self.value[:, np.maximum(context.reference, 0)]
            self.scale = np.where(other & (company > 0), company, np.where(other, np.nan, 1.0))
        self.ratio: Floats = self.value / self.scale

    def at(self, t: int, clean: Flags) -> Row:
        c = self.condition
        below = self.context.direction == "below"
        # Pooled neighbours share weeks: keep the current window out of its own past.
        earlier = past(self.ratio, clean, t, c.history, c.window)
        enough = np.isfinite(earlier).sum(axis=0) >= c.min_history
        blank = np.full(self.value.shape[1], np.nan)
        warning, danger, middle = blank.copy(), blank.copy(), blank.copy()
        if enough.any():
            q = [c.warning, c.danger, 0.5] if below else [1 - c.warning, 1 - c.danger, 0.5]
            rows = earlier if enough.all() else earlier[:, enough]
            warning[enough], danger[enough], middle[enough] = _quantiles(rows, q)
        sign = -1.0 if below else 1.0
        far = c.margin if c.danger_margin is None else c.danger_margin
        warning, danger = warning * (1 + sign * c.margin), danger * (1 + sign * far)
        cases = self.panel.field("sample_size")[t]
        if c.errors:
            edge = middle + sign * c.errors * self._error(middle, t)
            beyond = np.fmin if below else np.fmax
            warning, danger = beyond(warning, edge), beyond(danger, edge)
        usable = enough & ~(cases < self.context.min_sample)
        score = np.where(usable, sign * self.ratio[t], np.nan)
        if c.floor is not None:
            mild = sign * self.value[t] <= sign * c.floor
            score = np.where(mild & np.isfinite(score), -np.inf, score)
        scale = self.scale[t]
        return row(
            self.value[t],
            score,
            (sign * warning, sign * danger),
            hysteresis=self.context.hysteresis,
            expected=middle * scale,
            shown=(warning * scale, danger * scale),
            sample=cases,
        )

    def _error(self, middle: Floats, t: int) -> Floats:
        """Standard error of a share, on the scale of the ratio; weeks pooled hold the same cases again."""
        # A share that is usually near nought is judged as one at the floor: one case moves it that far.
        p = np.clip(np.maximum(middle * self.scale[t], self.condition.floor or 0.0), 0.0, 1.0)
        n = np.maximum(self.panel.field("sample_size")[t] / self.condition.window, 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.sqrt(p * (1 - p) / n) / self.scale[t]


def _quantiles(rows: Floats, shares: list[float]) -> list[Floats]:
    """Quantiles of the finite values of each column, linear between neighbours.

    The same as numpy's nanquantile, which goes column by column and is a hundred times slower.
    """
    ordered = np.sort(rows, axis=0)  # gaps go last
    last = np.isfinite(rows).sum(axis=0) - 1
    columns = np.arange(rows.shape[1])
    found = []
    for share in shares:
        place = share * last
        low = np.floor(place).astype(np.intp)
        high = np.minimum(low + 1, last)
        lower = ordered[low, columns]
        found.append(lower + (ordered[high, columns] - lower) * (place - low))
    return found
