"""What rules are judged on, read from a built warehouse.

Add here: another table that an evaluation reads. Keep out: judging (`pipelines/alerting`).
"""

import datetime as dt
import os
from dataclasses import dataclass

import duckdb
import pandas as pd

from pipelines.alerting.series.feeds import feed_metrics
from pipelines.alerting.series.rows import Rows
from pipelines.assets.alert_rows import WarehouseRows

# Of the file at once: its rows go through one metric after the other, and what DuckDB would keep is read by nobody.
_BUFFERS = "400MB"
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
    rows: Rows
    scopes: pd.DataFrame
    calendar: pd.DataFrame
    people: pd.DataFrame
    quarter_end: dt.date | None


def read_past(connection: duckdb.DuckDBPyConnection, as_of: dt.date) -> Past:
    """The past of a built warehouse; rows of metrics and targets are read when somebody asks for them, so the
    connection must stay open.
    """

    def table(sql: str) -> pd.DataFrame:
        return connection.execute(sql).df()

    if not os.environ.get("FOREWARN_MEMORY_LIMIT"):
        connection.execute(f"set memory_limit = '{_BUFFERS}'")
    freshness = table("select * from marts.rpt_freshness")
    return Past(
        as_of,
        freshness,
        WarehouseRows(connection, COMPLETION, feed_metrics(freshness, as_of=as_of)),
        table("select * from intermediate.int_scopes"),
        table(CALENDAR),
        table(PEOPLE),
        _quarter_end(connection, as_of),
    )


def _quarter_end(connection: duckdb.DuckDBPyConnection, as_of: dt.date) -> dt.date | None:
    """Last day of the fiscal quarter that runs, as the targets have it."""
    found = connection.execute(
        f"select min(period_end) from ({COMPLETION}) where period_type = 'quarter' "
        "and period_end >= $day and period_end < cast($day as date) + 92",
        {"day": as_of},
    ).fetchone()
    return found[0] if found else None
