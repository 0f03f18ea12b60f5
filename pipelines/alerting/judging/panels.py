"""Panels by rule: which rows of the marts a rule is judged on, arranged once for all rules alike.

A panel is kept for the next rule as long as there is room for it: of thousands of scopes one is a hundred
megabytes, and those of all rules are gigabytes.

Add here: another choice of rows. Keep out: how rows become a panel (`series/panel.py`), and judging.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd

from pipelines.alerting.conditions import TOGETHER, CountFilter, Pooled
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.series.panel import Panel, as_days, completion_panel, metric_panel
from pipelines.alerting.series.rows import Rows
from pipelines.alerting.series.season import period_edges

# Judged in the week that runs as well.
RUNNING = (CountFilter, Pooled, *TOGETHER)
# Bytes of panels that are kept for the next rule.
ROOM = 256_000_000


def reference_of(panel: Panel) -> np.ndarray:
    """For each series the company's series of the same dimension, -1 if there is none."""
    keys = panel.keys
    company = {
        str(d): i
        for i, (kind, d) in enumerate(zip(keys["scope_type"], keys["dimension"], strict=True))
        if kind == "company"
    }
    return np.array([company.get(str(d), -1) for d in keys["dimension"]], dtype=np.intp)


class Panels:
    """Panels by rule, built once per metric, grain and choice of dimension."""

    def __init__(
        self,
        rows: Rows,
        as_of: dt.date,
        calendar: pd.DataFrame | None,
    ) -> None:
        self.as_of, self._rows = as_of, rows
        self.edges = period_edges(calendar)
        self.workdays: pd.Series | None = None
        if calendar is not None:
            days = pd.to_datetime(calendar["date_day"]).astype("datetime64[s]")
            flags = calendar["is_workday"].astype(float).to_numpy()
            self.workdays = pd.Series(flags, index=pd.DatetimeIndex(days)).sort_index()
        self._built: dict[tuple[str, ...], Panel | None] = {}

    def whole(self, rule: Rule) -> Panel | None:
        """The panel of a rule on metrics without the week that runs; None without rows."""
        return self._build(rule, {*rule.scopes, "company"}, with_running=False)

    def of(self, rule: Rule) -> Panel | None:
        """The panel with every scope of the rule and the company, or None without rows."""
        scopes: set[str] = {*rule.scopes, "company"}
        running = str(isinstance(rule.condition, RUNNING))
        key = (rule.metric, rule.grain, rule.dimension, running, *sorted(scopes), *rule.only)
        if rule.on_targets:
            key = (*key, rule.condition.period, rule.condition.amount)  # type: ignore[union-attr]
        if key not in self._built:
            self._built[key] = self._build(rule, scopes)
            self._make_room()
        return self._built[key]

    def _make_room(self) -> None:
        """The oldest go, but never the newest."""
        sizes = {key: 0 if panel is None else panel.nbytes for key, panel in self._built.items()}
        over = sum(sizes.values()) - ROOM
        for key in list(sizes)[:-1]:
            if over > 0:
                over -= sizes[key]
                del self._built[key]

    def _build(self, rule: Rule, scopes: set[str], *, with_running: bool = True) -> Panel | None:
        if rule.on_targets:
            rows = self._rows.targets(rule.condition.period, rule.condition.amount, scopes)  # type: ignore[union-attr]
        else:
            rows = self._rows.metric(rule.metric, rule.grain, scopes)
        if rows is None:
            return None
        keep = np.ones(len(rows), bool)
        if rule.only:
            keep &= rows["scope_id"].isin(rule.only) | (rows["scope_type"] == "company")
        if not rule.on_targets and rule.dimension != "all" and "dimension" in rows:
            total = rows["dimension"].fillna("") == ""
            keep &= ~total if rule.dimension == "each" else total
        rows = rows if keep.all() else rows[keep]
        if not len(rows):
            return None
        if rule.on_targets:
            panel = completion_panel(rows, as_of=self.as_of, edges=self.edges)
            return None if panel is None else self._with_ends(panel, rule, scopes)
        return metric_panel(
            rows,
            as_of=self.as_of,
            workdays=self.workdays if rule.described.additive or rule.pause else None,
            with_running=with_running and isinstance(rule.condition, RUNNING),
        )

    def _with_ends(self, panel: Panel, rule: Rule, scopes: set[str]) -> Panel:
        """The panel with `final_attainment` of each row's period, for periods that have ended.

        A condition may look at it only for periods that ended before the day it judges.
        """
        period, amount = rule.condition.period, rule.condition.amount  # type: ignore[union-attr]
        ends = np.full(panel.shape, np.nan)
        final = self._rows.metric("target_attainment", period, scopes)
        if final is not None:
            named = final["dimension"] == ("" if amount == "revenue" else amount)
            final = final[named & (as_days(final["period_end"]) < np.datetime64(self.as_of, "D"))]
            keys = panel.keys
            column = {
                scope: n
                for n, scope in enumerate(zip(keys["scope_type"], keys["scope_id"], strict=True))
            }
            pairs = zip(final["scope_type"], final["scope_id"], strict=True)
            at = np.array([column.get(pair, -1) for pair in pairs], dtype=np.intp)
            starts, row = np.unique(panel.starts, return_inverse=True)
            begun = as_days(final["period_start"])
            slot = np.searchsorted(starts, begun)
            there = (at >= 0) & (slot < len(starts))
            there[there] &= starts[slot[there]] == begun[there]
            by_period = np.full((len(starts), panel.shape[1]), np.nan)
            value = pd.to_numeric(final["value"]).to_numpy(dtype=np.float64, na_value=np.nan)
            by_period[slot[there], at[there]] = value[there]
            ends = by_period[row]
        return replace(panel, fields={**panel.fields, "final_attainment": ends})
