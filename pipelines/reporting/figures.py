"""Everything the weekly report shows, read from the published marts in one go.

Add here: another part of the report, as a field of `ReportFigures` with a reader of its own.
Keep out: SQL of a part (its own module), wording, layout, and anything not in the marts.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import duckdb

from pipelines.reporting.alerts import Alerts, read_alerts
from pipelines.reporting.customers import Customers, read_customers
from pipelines.reporting.marts import Marts, Row
from pipelines.reporting.progress import Progress, read_progress
from pipelines.reporting.records import Funnel, Metric, Pipeline
from pipelines.reporting.selling import read_funnel, read_metrics, read_pipeline
from pipelines.reporting.trust import Trust, read_trust


@dataclass(frozen=True)
class ReportFigures:
    """The figures of one report. `missing` names contract marts that do not exist."""

    as_of: dt.date
    progress: Progress
    alerts: Alerts
    funnel: Funnel
    pipeline: Pipeline
    metrics: tuple[Metric, ...]
    customers: Customers
    trust: Trust
    missing: tuple[str, ...] = ()


def read_figures(
    connection: duckdb.DuckDBPyConnection, *, as_of: dt.date, schema: str = "marts"
) -> ReportFigures:
    """Read the report's figures as of a day from a DuckDB connection that the caller owns.

    Timestamps become dates in the connection's time zone. Empty and missing marts give empty
    parts. Raises PermanentFailure when a mart lacks a column of the contract.
    """
    marts = Marts(connection, schema)
    reps = _reps(marts, as_of)
    people = {rep_id: row["rep_name"] or rep_id for rep_id, row in reps.items()}
    alerts = read_alerts(marts, as_of, people)
    return ReportFigures(
        as_of=as_of,
        progress=read_progress(marts, as_of, reps),
        alerts=alerts,
        funnel=read_funnel(marts, as_of, alerts.open),
        pipeline=read_pipeline(marts, as_of),
        metrics=read_metrics(marts, as_of),
        customers=read_customers(marts, as_of, people),
        trust=read_trust(marts),
        missing=tuple(sorted(marts.missing)),
    )


def _reps(marts: Marts, as_of: dt.date) -> dict[str, Row]:
    """Every person's stay on that day; for people who left, the last one before it."""
    rows = marts.rows(
        "dim_rep",
        "rep_id rep_name team_id region valid_from valid_to",
        "valid_from is null or valid_from <= ?",
        [as_of],
        "rep_id, valid_from nulls first",
    )
    return {row["rep_id"]: row for row in rows}
