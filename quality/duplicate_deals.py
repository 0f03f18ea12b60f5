"""Deals that two sources tell: what was left out of the marts, and pairs that may be one.

Add here: a check on `int_opportunities__duplicates`. Keep out: the rule itself (that model), orders
(`duplicate_orders.py`).
"""

from __future__ import annotations

import duckdb

from pipelines.language import text
from quality.loaded import table_exists
from quality.results import CheckResult, counted

# Deals of two sources with one customer and amount may be one if created so many days apart.
DOUBTFUL_DAYS = 30


def check_duplicate_deals(connection: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """Deals left out, for information; pairs that only look like one deal, a warning."""
    if not table_exists(connection, "intermediate", "int_opportunities__duplicates"):
        return []
    left_out = connection.execute(
        "select opportunity_id || ' = ' || kept_opportunity_id "
        "from intermediate.int_opportunities__duplicates order by 1"
    ).fetchall()
    doubtful = connection.execute(
        "select here.opportunity_id || ' ? ' || there.opportunity_id "
        "from intermediate.int_opportunities__united as here "
        "inner join intermediate.int_opportunities__united as there "
        "on here.account_id = there.account_id and here.currency = there.currency "
        "and here.source < there.source and abs(here.current_amount - there.current_amount) <= 0.01 "
        f"and abs(date_diff('day', here.created_on, there.created_on)) <= {DOUBTFUL_DAYS} order by 1"
    ).fetchall()
    return [
        counted(
            "opportunities_told_twice",
            "opportunities",
            "info",
            len(left_out),
            told=text("quality.double_deals.left_out", rows=len(left_out))
            if left_out
            else text("quality.double_deals.none"),
            sample=(pair for (pair,) in left_out),
        ),
        counted(
            "opportunities_that_may_be_one",
            "opportunities",
            "warning",
            len(doubtful),
            told=text("quality.double_deals.doubtful", rows=len(doubtful))
            if doubtful
            else text("quality.double_deals.no_doubt"),
            sample=(pair for (pair,) in doubtful),
        ),
    ]
