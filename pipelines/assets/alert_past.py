"""What rules are judged on, read from a built warehouse.

Add here: another table that an evaluation reads. Keep out: judging (`pipelines/alerting`).
"""

import datetime as dt
from dataclasses import dataclass

import duckdb
import pandas as pd

from pipelines.alerting.feeds import feed_metrics

# Workdays, and where weeks and quarters begin.
CALENDAR = (
    "select date_day, is_workday, week_start, columns('^fiscal_(month|quarter|year)_(start|end)$') "
    "from config.calendar order by date_day"
)
# The end of every week, and tonight: an alert about a target speaks of today, not of last week's end.
COMPLETION = """
    select * from marts.fct_target_completion_history
    union all by name
    select * from marts.fct_target_completion
    where
        target_amount is not null
        and as_of not in (select as_of from marts.fct_target_completion_history)
"""


PEOPLE = "select rep_id, team_id, valid_from, valid_to from marts.dim_rep"


@dataclass(frozen=True)
class Past:
    """What rules are judged on, up to and including `as_of`; columns of the marts they come from."""

    as_of: dt.date
    freshness: pd.DataFrame
    metrics: pd.DataFrame
    completion: pd.DataFrame
    scopes: pd.DataFrame
    calendar: pd.DataFrame
    people: pd.DataFrame


def read_past(connection: duckdb.DuckDBPyConnection, as_of: dt.date) -> Past:
    """The past of a built warehouse."""

    def table(sql: str) -> pd.DataFrame:
        return connection.execute(sql).df()

    freshness = table("select * from marts.rpt_freshness")
    metrics = table("select * from marts.fct_metrics")
    return Past(
        as_of,
        freshness,
        _united(metrics, feed_metrics(freshness, as_of=as_of)),
        table(COMPLETION),
        table("select * from intermediate.int_scopes"),
        table(CALENDAR),
        table(PEOPLE),
    )


def _united(metrics: pd.DataFrame, feeds: pd.DataFrame) -> pd.DataFrame:
    """Both, with the types of the metrics: a day that is over is complete, what is not known is null."""
    if feeds.empty:
        return metrics
    feeds = feeds.reindex(columns=metrics.columns)
    feeds["is_complete"] = True
    return pd.concat([metrics, feeds.astype(metrics.dtypes.to_dict())], ignore_index=True)
