"""Which figure is meant: metric, scope, period; and what is published of it.

Add here: another way of naming a period or a scope. Keep out: the records behind it (`records.py`).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import duckdb

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.metrics.definitions import definitions

COMPANY = "company:company"
_PERIOD = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})|(?P<month>\d{4}-\d{2})|(?P<quarter>\d{4}-[Qq]\d)|(?P<week>\d{4}-[Ww]\d{2})"
)
_SPAN = {"month": (28, 42), "quarter": (80, 100), "week": (6, 8)}


@dataclass(frozen=True)
class Figure:
    """One row of `fct_metrics`, and the day it was closed at: its end or the as-of day."""

    metric: str
    grain: str
    period_start: dt.date
    period_end: dt.date
    closed_on: dt.date
    scope_type: str
    scope_id: str
    dimension: str
    value: float | None
    numerator: float | None
    denominator: float | None
    sample_size: int | None


def find_figure(
    connection: duckdb.DuckDBPyConnection,
    metric: str,
    *,
    scope: str,
    period: str | None,
    dimension: str = "",
) -> Figure:
    """The published figure that is meant; without a period the newest quarter or month it is told for.

    `scope` is `type:id` or `type:name`, `period` such as 2026-Q4, 2026-10, 2026-W44 or a day inside
    it, quarters being fiscal ones. Raises `PermanentFailure` that lists what there is.
    """
    if metric not in definitions().metrics:
        raise _no("explain.no_metric", given=metric, known=sorted(definitions().metrics))
    scope_type, _, wanted = scope.partition(":")
    as_of = connection.execute("select config.as_of_day()").fetchall()[0][0]
    rows = connection.execute(
        "select m.grain, m.period_start, m.period_end, m.scope_id, m.dimension, m.value, m.numerator, "
        "m.denominator, m.sample_size from marts.fct_metrics m "
        "left join intermediate.int_scopes s using (scope_type, scope_id) "
        "where m.metric = ? and m.scope_type = ? and (m.scope_id = ? or s.scope_name = ?) "
        "and m.period_start <= ?",
        [metric, scope_type, wanted or scope_type, wanted, as_of],
    ).fetchall()
    if not rows:
        raise _no("explain.no_scope", given=scope, known=_scopes(connection, metric))
    of_period = [row for row in rows if _meant(period, row, connection)]
    if not of_period:
        known = sorted({f"{row[1]} ({row[0]})" for row in rows})[-12:]
        raise _no("explain.no_period", given=period, known=known)
    of_dimension = [row for row in of_period if row[4] == dimension]
    if not of_dimension:
        known = sorted({row[4] for row in of_period if row[4]})
        raise _no("explain.no_dimension", given=dimension or "-", known=known)
    # Without a period the longest that is running: a quarter before a month before a week.
    chosen = max(of_dimension, key=lambda row: (row[2] >= as_of, row[2] - row[1], row[1]))
    grain, start, end, scope_id, dimension_, value, numerator, denominator, cases = chosen
    return Figure(
        metric, grain, start, end, min(end, as_of), scope_type, scope_id, dimension_,
        value, numerator, denominator, cases,
    )  # fmt: skip


def _meant(period: str | None, row: tuple, connection: duckdb.DuckDBPyConnection) -> bool:
    grain, start, end = row[:3]
    if period is None:
        return True
    asked = _PERIOD.fullmatch(period)
    if asked is None:
        return False
    if asked["day"]:
        day = dt.date.fromisoformat(asked["day"])
        return start == day or (start <= day <= end and grain == "day")
    if asked["month"]:
        return grain == "month" and start in _named(connection, "month", asked["month"])
    if asked["week"]:
        year, week, _ = (start + dt.timedelta(days=3)).isocalendar()
        return grain == "week" and f"{year}-W{week:02d}" == asked["week"].upper()
    if grain != "quarter":
        return False
    return start in _named(connection, "quarter", asked["quarter"].upper())


def _named(connection: duckdb.DuckDBPyConnection, kind: str, label: str) -> set[dt.date]:
    """First day of the fiscal month or quarter that the company calls so (none if there is no such)."""
    rows = connection.execute(
        "select period_start from intermediate.int_calendar__periods "
        "where period_type = ? and period_label = ?",
        [kind, label],
    ).fetchall()
    return {start for (start,) in rows}


def _scopes(connection: duckdb.DuckDBPyConnection, metric: str) -> list[str]:
    rows = connection.execute(
        "select distinct scope_type || ':' || scope_id from marts.fct_metrics "
        "where metric = ? and scope_type != 'rep' order by 1 limit 20",
        [metric],
    ).fetchall()
    return [name for (name,) in rows]


def _no(key: str, **values: object) -> PermanentFailure:
    return PermanentFailure(text("explain.tried"), cause=text(key, **values))
