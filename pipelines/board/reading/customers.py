"""Customers: whom to call today and why, who fell silent or out of rhythm, the key accounts.

Add here: a read of customers. Keep out: when a customer counts as silent or churned (dbt).
"""

from __future__ import annotations

import datetime as dt

from pipelines.board.reading.deals import within
from pipelines.board.reading.organisation import Scope
from pipelines.board.reading.slicing import SlicedMarts
from pipelines.reporting.marts import Row

CALM = ("active", "new", "none")
LISTS = ("call", "silent", "churned", "key")
PAGE = 25
_CALM = ", ".join(f"'{state}'" for state in CALM)
_WHERE = {
    "call": f"(silent or churn_state not in ({_CALM})) and coalesce(revenue_12m, 0) > 0",
    "silent": "silent",
    "churned": f"churn_state not in ({_CALM})",
    "key": "is_key_account",
}


def counts(marts: SlicedMarts, scope: Scope, teams: list[str]) -> dict[str, Row]:
    """Number of customers of each list, and what they bought in twelve months."""
    condition, values = _of(scope, teams)
    parts = [
        f"count(*) filter (where {where}) as {name}_count, "
        f"sum(revenue_12m) filter (where {where}) as {name}_revenue"
        for name, where in _WHERE.items()
    ]
    row = marts.select(
        f"select count(*) as all_count, {', '.join(parts)} "
        f"from {marts.name('fct_account_health')} where {condition}",
        values,
    )[0]
    found = {n: {"count": row[f"{n}_count"], "revenue": row[f"{n}_revenue"]} for n in LISTS}
    return {**found, "all": {"count": row["all_count"], "revenue": None}}


def _of(scope: Scope, teams: list[str]) -> tuple[str, list[object]]:
    # Customers belong to people; no product line owns one.
    return ("true", []) if scope[0] == "product_line" else within(scope, teams)


def listed(marts: SlicedMarts, scope: Scope, teams: list[str], name: str, page: int = 0) -> list[Row]:  # fmt: skip
    """One page of a list, the most valuable customers first, one row more if there is another page."""
    condition, values = _of(scope, teams)
    return marts.rows(
        "fct_account_health",
        "account_id account_name owner_id churn_state silent is_key_account last_order_on "
        "order_gap_days own_rhythm_days last_contact_on last_heard_on revenue_12m open_opportunities",
        f"{_WHERE[name]} and {condition}",
        values,
        f"revenue_12m desc nulls last, account_id limit {PAGE + 1} offset {PAGE * page}",
    )


def sources_of(marts: SlicedMarts, account_ids: list[str]) -> dict[str, str]:
    """Which system knows each customer: for the way into it."""
    if not account_ids:
        return {}
    among = ", ".join("?" * len(account_ids))
    rows = marts.rows("dim_account", "account_id source", f"account_id in ({among})", account_ids)
    return {row["account_id"]: row["source"] for row in rows}


def orders_of(
    marts: SlicedMarts, account_ids: list[str], as_of: dt.date, days: int = 365
) -> dict[str, list[dt.date]]:
    """Days of orders of the last year by customer, for the strip of its rhythm."""
    if not account_ids:
        return {}
    rows = marts.rows(
        "fct_orders",
        "account_id ordered_on",
        f"account_id in ({', '.join('?' * len(account_ids))}) and ordered_on > ? "
        "and not coalesce(is_cancelled, false)",
        [*account_ids, as_of - dt.timedelta(days=days)],
        "ordered_on",
    )
    found: dict[str, list[dt.date]] = {}
    for row in rows:
        found.setdefault(row["account_id"], []).append(row["ordered_on"])
    return found
