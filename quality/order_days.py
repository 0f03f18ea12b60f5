"""Findings about the days of orders.

Add here: something about an order's day that whoever keeps the orders should see. Keep out: rows whose
day cannot be read (set aside when they are loaded), and states (`order_states.py`).
"""

from __future__ import annotations

import duckdb

from pipelines.language import text
from quality.loaded import relation_of
from quality.results import CheckResult, counted

CHECK = "orders_not_dated_in_the_future"


def check_order_days(connection: duckdb.DuckDBPyConnection, timezone: str) -> list[CheckResult]:
    """A warning with the orders that are dated after the load that brought them.

    They count from their day on and nowhere before; a slip of a year would never be seen. A day of
    grace is left to time zones; `timezone` is the company's, in which days are told.
    """
    ahead = (
        f"select order_id, ordered_at, amount from ({relation_of(connection, 'orders')}) "
        "where ordered_at > _loaded_at + interval 1 day"
    )
    count, money = connection.execute(
        f"select count(*), coalesce(sum(amount), 0) from ({ahead})"
    ).fetchall()[0]
    rows = connection.execute(
        f"select order_id, cast(timezone($timezone, ordered_at) as date) from ({ahead}) "
        "order by 2 desc, 1 limit 5",
        {"timezone": timezone},
    ).fetchall()
    told = (
        text("quality.order_days.ahead", orders=count, money=f"{money:,.0f}")
        if count
        else text("quality.order_days.fine")
    )
    return [
        counted(
            CHECK,
            "orders",
            "warning",
            count,
            told=told,
            sample=(f"{order} ({day})" for order, day in rows),
        )
    ]
