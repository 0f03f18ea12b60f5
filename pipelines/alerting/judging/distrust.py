"""Untrusted is not normal: which figure of which day and scope is not to be believed.

Add here: another way to name untrusted figures. Keep out: how a fault is found (`quality`).
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from typing import Any

import numpy as np
import pandas as pd

from pipelines.alerting.conditions.base import Flags
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.series.panel import Panel


class Distrust:
    """Which day, series and metric is not to be believed."""

    def __init__(self, untrusted: Collection[str] | pd.DataFrame | None) -> None:
        self.names: set[str] = set()
        self.frame: pd.DataFrame | None = None
        if isinstance(untrusted, pd.DataFrame):
            self.frame = untrusted
        elif untrusted is not None:
            self.names = set(untrusted)

    def of(self, rule: Rule, panel: Panel) -> Flags | None:
        names = {rule.metric}
        if rule.on_targets:
            names.add(rule.condition.amount)  # type: ignore[union-attr]
        if names & self.names:
            flags = np.zeros(panel.shape, bool)
            flags[-1] = True
            return flags
        if self.frame is None:
            return None
        hit = self.frame[self.frame["metric"].isin(names)]
        if hit.empty:
            return None
        flags = np.zeros(panel.shape, bool)
        for entry in hit.to_dict("records"):
            flags |= self._span(entry, panel)[:, None] & self._series(entry, panel)[None, :]
        return flags

    @staticmethod
    def _span(entry: dict[Hashable, Any], panel: Panel) -> np.ndarray:
        days = np.ones(len(panel.dates), bool)
        start, end = entry.get("from_date"), entry.get("to_date")
        has_start, has_end = not _missing(start), not _missing(end)
        if not has_start and not has_end:
            days[:-1] = False
        if has_start:
            days &= panel.dates >= pd.Timestamp(start).to_datetime64()  # type: ignore[arg-type]
        if has_end:
            days &= panel.dates <= pd.Timestamp(end).to_datetime64()  # type: ignore[arg-type]
        return days

    @staticmethod
    def _series(entry: dict[Hashable, Any], panel: Panel) -> np.ndarray:
        series = np.ones(panel.shape[1], bool)
        for name in ("scope_type", "scope_id"):
            if not _missing(entry.get(name)):
                series &= (panel.keys[name] == entry[name]).to_numpy()
        return series


def _missing(value: object) -> bool:
    return value is None or value == "" or bool(pd.isna(value))  # type: ignore[call-overload]
