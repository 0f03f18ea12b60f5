"""Rows of the marts that rules are judged on, one metric at a time.

Add here: another question about rows that a judgement asks. Keep out: how rows become a panel
(`panel.py`), and reading a warehouse (`pipelines/assets/alert_rows.py`).

At thousands of scopes all rows together are gigabytes, of which a rule looks at one metric: so nobody
holds them all, and who asks lets go what it was given.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Protocol

import numpy as np
import pandas as pd

from pipelines.alerting.records.truth import period_outcomes
from pipelines.alerting.series.scope_tree import Scope


class Rows(Protocol):
    """What a night's warehouse, or frames in memory, can be asked for."""

    def metric(self, metric: str, grain: str, kinds: Collection[str]) -> pd.DataFrame | None:
        """Rows of `fct_metrics` about scopes of these types, in their order; None without any."""
        ...

    def targets(self, period: str, amount: str, kinds: Collection[str]) -> pd.DataFrame | None:
        """Rows of `fct_target_completion_history` and of tonight, likewise."""
        ...

    def outcomes(self, as_of: dt.date) -> pd.DataFrame:
        """How every period that had ended by that day ended (`truth.period_outcomes`)."""
        ...


class FrameRows:
    """Rows of frames that are in memory: `fct_metrics`, `fct_target_completion_history`."""

    def __init__(self, metrics: pd.DataFrame, completion: pd.DataFrame | None = None) -> None:
        self._whole = metrics
        self._completion = completion
        self._all, self._at = _by_metric(metrics)
        self._targets: dict[tuple[str, str], pd.DataFrame] = {}
        if completion is not None:
            kinds = completion.groupby(["period_type", "metric"], sort=False, observed=True)
            self._targets = {(str(period), str(amount)): rows for (period, amount), rows in kinds}

    def metric(self, metric: str, grain: str, kinds: Collection[str]) -> pd.DataFrame | None:
        at = self._at.get((metric, grain))
        if at is None:
            return None
        # Rows that stand together are looked at where they are; they are in order.
        together = at[-1] - at[0] == len(at) - 1
        rows = self._all.iloc[at[0] : at[-1] + 1] if together else self._all.take(at)
        return _of_kinds(rows, kinds)

    def targets(self, period: str, amount: str, kinds: Collection[str]) -> pd.DataFrame | None:
        rows = self._targets.get((period, amount))
        return None if rows is None else _of_kinds(rows, kinds)

    def outcomes(self, as_of: dt.date) -> pd.DataFrame:
        assert self._completion is not None
        return period_outcomes(self._whole, self._completion, as_of=as_of)


def rows_of(metrics: Rows | pd.DataFrame, completion: pd.DataFrame | None = None) -> Rows:
    """Frames as what can be asked, and what can be asked as it is."""
    return FrameRows(metrics, completion) if isinstance(metrics, pd.DataFrame) else metrics


def _of_kinds(rows: pd.DataFrame, kinds: Collection[str]) -> pd.DataFrame | None:
    of = rows["scope_type"].isin(list(kinds))
    rows = rows if of.all() else rows[of]
    return rows if len(rows) else None


def of_scopes(rows: pd.DataFrame, scopes: Collection[Scope]) -> np.ndarray:
    """Where rows are of one of the scopes."""
    found = np.zeros(len(rows), bool)
    for kind in {kind for kind, _ in scopes}:
        idents = [ident for other, ident in scopes if other == kind]
        found |= ((rows["scope_type"] == kind) & rows["scope_id"].isin(idents)).to_numpy(bool)
    return found


def _by_metric(
    metrics: pd.DataFrame,
) -> tuple[pd.DataFrame, dict[tuple[str, str], np.ndarray]]:
    """The frame with what rows are about as categories, compared as numbers; and where in it the rows of
    each metric and grain stand. They are taken out when they are wanted: kept, they would be a second copy
    of everything.
    """
    named = {
        name: pd.Categorical(metrics[name])
        for name in ("metric", "grain", "scope_type", "scope_id", "dimension")
        if name in metrics
    }
    if "dimension" in named:
        plain = named["dimension"]
        if "" not in plain.categories:
            plain = plain.add_categories([""])
        named["dimension"] = plain.fillna("")
    metric, grain = named["metric"], named["grain"]
    m, g = metric.codes.astype(np.int64), grain.codes.astype(np.int64)
    many = len(grain.categories)
    pair = np.where((m >= 0) & (g >= 0), m * many + g, -1)
    order = np.argsort(pair, kind="stable")
    ordered = pair[order]
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]][: len(ordered)])
    found, at = ordered[first], np.split(order, first)[1:]
    return metrics.assign(**named), {
        (str(metric.categories[n // many]), str(grain.categories[n % many])): rows
        for n, rows in zip(map(int, found), at, strict=True)
        if n >= 0
    }
