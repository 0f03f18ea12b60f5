"""What rules are judged on, read from a built warehouse.

Add here: another table that an evaluation reads. Keep out: judging (`pipelines/alerting`).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pandas as pd

from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.series.feeds import feed_metrics

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

NAMES = ("metric", "grain", "scope_type", "scope_id", "dimension")
FIGURES = (
    "period_start",
    "period_end",
    "value",
    "numerator",
    "denominator",
    "sample_size",
    "as_of",
)
# What is looked at beside the rules' own metrics: money at risk, and how targets ended.
BESIDES = {("revenue", "week")} | {
    ("target_attainment", grain) for grain in ("week", "month", "quarter", "year")
}


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


def read_past(connection: duckdb.DuckDBPyConnection, as_of: dt.date, rules: Sequence[Rule]) -> Past:
    """The past of a built warehouse, as far as the rules look at it."""

    def table(sql: str) -> pd.DataFrame:
        return connection.execute(sql).df()

    freshness = table("select * from marts.rpt_freshness")
    metrics = _metrics(connection, rules)
    return Past(
        as_of,
        freshness,
        _united(metrics, feed_metrics(freshness, as_of=as_of)),
        table(COMPLETION),
        table("select * from intermediate.int_scopes"),
        table(CALENDAR),
        table(PEOPLE),
    )


def _metrics(connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule]) -> pd.DataFrame:
    """The rows of `fct_metrics` that rules are judged on, names as categories: whole companies are
    hundreds of thousands of rows, in which a name repeated as text is what costs.
    """
    pairs = sorted({(rule.metric, rule.grain) for rule in rules} | BESIDES)
    wanted = ", ".join(f"('{metric}', '{grain}')" for metric, grain in pairs)
    rows = f"from marts.fct_metrics where (metric, grain) in ({wanted})"
    listed = ", ".join(f"array_agg(distinct {_named(name)})" for name in NAMES)
    kinds = connection.execute(f"select {listed} {rows}").fetchall()[0]
    names = ", ".join(
        f"cast({_named(name)} as {_enum(found or [])}) as {name}"
        for name, found in zip(NAMES, kinds, strict=True)
    )
    return connection.execute(f"select {names}, {', '.join(FIGURES)} {rows}").df()


def _named(name: str) -> str:
    return "coalesce(dimension, '')" if name == "dimension" else name


def _enum(found: Sequence[str | None]) -> str:
    """The type of a column of these names, and of none, which an enumeration must not be without."""
    names = sorted({"", *(name for name in found if name is not None)})
    return "enum(" + ", ".join("'" + name.replace("'", "''") + "'" for name in names) + ")"


def _united(metrics: pd.DataFrame, feeds: pd.DataFrame) -> pd.DataFrame:
    """Both, with the types of the metrics: what is not known is null."""
    if feeds.empty:
        return metrics
    feeds = feeds.reindex(columns=metrics.columns)
    for name in NAMES:
        known = metrics[name].cat.categories
        more = [value for value in feeds[name].unique() if value not in known]
        metrics[name] = metrics[name].cat.add_categories(more)
    return pd.concat([metrics, feeds.astype(metrics.dtypes.to_dict())], ignore_index=True)
