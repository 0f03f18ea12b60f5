"""Rows that rules are judged on, read from a built warehouse metric by metric (`series/rows.py`).

Add here: how another question about rows is asked of DuckDB. Keep out: which tables an evaluation reads
beside them (`alert_past.py`), and judging (`pipelines/alerting`).

All metrics of 4,800 reps are gigabytes as frames; one is fifty megabytes. So nothing is held beyond what
fits a small company, whose rules ask for the same rows again and again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

import duckdb
import pandas as pd

from pipelines.alerting.records.truth import period_outcomes
from pipelines.alerting.series.panel import COMPLETION_FIELDS, SERIES
from pipelines.alerting.series.rows import FrameRows

_DAYS = ("period_start", "period_end", "as_of")
_FIGURES = ("value", "numerator", "denominator")
# What was asked for last is kept, up to so many rows in all.
KEPT_ROWS = 1_000_000
_METRIC = f"""
    select
        scope_type, scope_id, coalesce(dimension, '') as dimension,
        {", ".join((*_DAYS, *_FIGURES))}, sample_size
    from marts.fct_metrics
    where metric = $metric and grain = $grain and list_contains($kinds, scope_type)
"""
# How the last evaluation within each ended period stood, and how it ended.
_LAST = """
    select
        metric, as_of, period_type, scope_type, scope_id, period_start, period_end,
        attainment, target_amount
    from ({completion})
    where
        metric = 'revenue' and period_end < $day
        and as_of between period_start and period_end
    qualify
        row_number() over (
            partition by period_type, scope_type, scope_id, period_start order by as_of desc
        ) = 1
    order by as_of, period_type, scope_type, scope_id, period_start
"""
_FINAL = """
    select metric, grain, scope_type, scope_id, dimension, period_start, value
    from marts.fct_metrics
    where metric = 'target_attainment' and grain in ('month', 'quarter') and coalesce(dimension, '') = ''
"""


class WarehouseRows:
    """Rows of an open warehouse. `completion`: the query of targets over time; `feeds`: rows of `feed_metrics`."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, completion: str, feeds: pd.DataFrame
    ) -> None:
        self._connection, self._feeds = connection, FrameRows(feeds)
        figures = ", ".join(f"cast({name} as double) as {name}" for name in COMPLETION_FIELDS)
        self._completion = completion
        self._targets = (
            f"select scope_type, scope_id, {', '.join(_DAYS)}, {figures} from ({completion}) "
            "where period_type = $period and metric = $amount and list_contains($kinds, scope_type)"
        )
        self._kept: dict[tuple[str, ...], pd.DataFrame] = {}
        self._outcomes: dict[dt.date, pd.DataFrame] = {}

    def metric(self, metric: str, grain: str, kinds: Collection[str]) -> pd.DataFrame | None:
        rows = self._feeds.metric(metric, grain, kinds)
        if rows is None:
            asked = {"metric": metric, "grain": grain, "kinds": sorted(kinds)}
            rows = self._remembered(_METRIC, asked, SERIES)
        return rows

    def targets(self, period: str, amount: str, kinds: Collection[str]) -> pd.DataFrame | None:
        asked = {"period": period, "amount": amount, "kinds": sorted(kinds)}
        return self._remembered(self._targets, asked, ("scope_type", "scope_id"))

    def outcomes(self, as_of: dt.date) -> pd.DataFrame:
        if as_of not in self._outcomes:
            last = _LAST.format(completion=self._completion)
            self._outcomes[as_of] = period_outcomes(
                self._connection.execute(_FINAL).df(),
                self._connection.execute(last, {"day": as_of}).df(),
                as_of=as_of,
            )
        return self._outcomes[as_of]

    def _remembered(
        self, sql: str, asked: dict[str, Any], names: Sequence[str]
    ) -> pd.DataFrame | None:
        key = (sql, *map(str, asked.values()))
        rows = self._kept.pop(key, None)
        if rows is None:
            rows = self._read(sql, asked, names)
        self._kept[key] = rows  # the newest stands last
        while len(self._kept) > 1 and sum(map(len, self._kept.values())) > KEPT_ROWS:
            del self._kept[next(iter(self._kept))]
        return rows if len(rows) else None

    def _read(self, sql: str, asked: dict[str, Any], names: Sequence[str]) -> pd.DataFrame:
        """Names as categories, compared as numbers."""
        found = self._connection.execute(sql, asked).to_arrow_table()
        return found.to_pandas(categories=list(names), date_as_object=False, self_destruct=True)
