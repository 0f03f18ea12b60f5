"""Findings about the states of orders: words that nobody knows, and money that therefore does not count.

Add here: something about states that whoever keeps the orders should see. Keep out: what a word means
(`order_statuses.csv`, `pipelines/configuration/order_statuses.py`).
"""

from __future__ import annotations

import duckdb

from pipelines.language import text
from quality.loaded import table_exists
from quality.results import CheckResult, counted

CHECK = "order_statuses_known"


def check_order_states(connection: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """A warning with the unknown words, how many orders bear them and their money as written."""
    if not table_exists(connection, "intermediate", "int_orders__stated"):
        return []
    rows = connection.execute(
        "select source || ': ' || trim(status), count(*), coalesce(sum(original_amount), 0) "
        "from intermediate.int_orders__stated where state = 'unknown' group by 1 order by 2 desc, 1"
    ).fetchall()
    orders = sum(count for _, count, _ in rows)
    money = f"{sum(amount for _, _, amount in rows):,.0f}"
    told = (
        text("quality.order_states.unknown", words=len(rows), orders=orders, money=money)
        if rows
        else text("quality.order_states.known")
    )
    return [
        counted(
            CHECK,
            "orders",
            "warning",
            orders,
            told=told,
            sample=(f"{word} ({count:,})" for word, count, _ in rows),
        )
    ]
