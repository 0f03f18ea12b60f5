"""How much money a level puts at risk, and how urgent that makes it.

Add here: another way from a figure to an amount. Keep out: levels and limits.
"""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd
import scipy

from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.series.panel import SERIES, Panel, WeekEnds, completion_panel, metric_panel
from pipelines.alerting.words.figures import unit_of

TRAILING_WEEKS = 26


class UsualRevenue:
    """Mean weekly revenue of each scope over the half year before a day, from weekly rows."""

    def __init__(self, rows: pd.DataFrame | None, as_of: dt.date) -> None:
        self._panel: Panel | None = None
        if rows is not None and len(rows):
            self._panel = metric_panel(rows[_kept(rows, "value")], as_of=as_of)
        self._column: dict[tuple[str, str], int] = {}
        if self._panel is not None:
            keys = self._panel.keys
            plain = keys["dimension"] == ""
            self._column = {
                (str(kind), str(ident)): int(i)
                for i, kind, ident in zip(
                    np.flatnonzero(plain),
                    keys.loc[plain, "scope_type"],
                    keys.loc[plain, "scope_id"],
                    strict=True,
                )
            }

    def at(self, scope: tuple[str, str], day: dt.date) -> float:
        """Currency per week; NaN for a scope without revenue rows."""
        column = self._column.get(scope)
        if self._panel is None or column is None:
            return math.nan
        until = int(np.searchsorted(self._panel.dates, np.datetime64(day, "D"), side="right"))
        recent = self._panel.field("value")[max(0, until - TRAILING_WEEKS) : until, column]
        recent = recent[np.isfinite(recent)]
        return float(recent.mean()) if len(recent) else math.nan


class QuarterTargets:
    """Revenue target of the quarter that runs on a day, by scope, as it stood on that day."""

    def __init__(self, rows: pd.DataFrame | None, as_of: dt.date, edges: WeekEnds) -> None:
        self._panel = None
        if rows is not None:
            rows = rows[_kept(rows, "target_amount", "as_of")]
            self._panel = completion_panel(rows, as_of=as_of, edges=edges)
        self._column: dict[tuple[str, str], int] = {}
        if self._panel is not None:
            keys = self._panel.keys
            pairs = zip(keys["scope_type"].astype(str), keys["scope_id"].astype(str), strict=True)
            self._column = {scope: n for n, scope in enumerate(pairs)}

    def at(self, scope: tuple[str, str], day: dt.date) -> float:
        """Currency; NaN for a scope without a target."""
        column = self._column.get(scope)
        if self._panel is None or column is None:
            return math.nan
        row = int(np.searchsorted(self._panel.dates, np.datetime64(day, "D"), side="right")) - 1
        return self._panel.cell("target_amount", row, column) if row >= 0 else math.nan


def _kept(rows: pd.DataFrame, *figures: str) -> list[str]:
    """Of a mart's columns those of a panel of these figures: the others are most of its memory."""
    named = ("period_start", "period_end", *SERIES, *figures)
    return [name for name in named if name in rows]


def amount_at_risk(
    rule: Rule,
    *,
    value: float,
    expected: float,
    gap: float,
    usual_weekly: float,
    most: float = math.nan,
) -> float:
    """Amount in company currency, NaN when nothing can be said.

    `gap`: target less projected end. `shortfall`: the relative distance from the expected value,
    at most 1, × usual weekly revenue × `money.weeks`; for a share that hurts above, the extra
    share itself is the part of the revenue that is touched, also where a count is judged as a share of cases. `most`: what the scope can lose (its target of
    the quarter); NaN where nothing bounds it but its usual revenue.
    """
    if rule.money.by == "none":
        return math.nan
    if rule.money.by == "gap":
        return _bounded(max(gap, 0.0), most) if math.isfinite(gap) else math.nan
    if not all(map(math.isfinite, (value, expected, usual_weekly))):
        return math.nan
    if rule.side == "above" and unit_of(rule) == "share":
        touched = value - expected
    elif expected > 0:
        touched = (expected - value if rule.side == "below" else value - expected) / expected
    else:
        return math.nan
    return _bounded(min(max(touched, 0.0), 1.0) * usual_weekly * rule.money.weeks, most)


def _bounded(amount: float, most: float) -> float:
    return min(amount, most) if math.isfinite(most) and most > 0 else amount


def urgency(amount: float, probability: float, level: str) -> float:
    """For ranking: amount × probability; 危险 before 警戒 at the same product.

    Without a probability one half is taken; without an amount the urgency is below every amount.
    """
    weight = probability if math.isfinite(probability) else 0.5
    money = amount if math.isfinite(amount) else 0.0
    return money * weight + (1.0 if level == "danger" else 0.0)


def full_miss(panel: Panel, row: int, series: int) -> float:
    """Probability of ending below the whole target, from the same projection; NaN if unknown."""
    target = panel.cell("target_amount", row, series)
    end = panel.cell("projected_amount", row, series)
    sd = panel.cell("projection_sd", row, series)
    if not all(map(math.isfinite, (target, end, sd))) or sd <= 0:
        return math.nan
    return float(scipy.special.ndtr((target - end) / sd))


def gap_of(panel: Panel, row: int, series: int) -> float:
    """Target less projected end; without a projection, target less actual."""
    target = panel.cell("target_amount", row, series)
    end = panel.cell("projected_amount", row, series)
    if not math.isfinite(end):
        end = panel.cell("actual_amount", row, series)
    return target - end
