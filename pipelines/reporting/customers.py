"""Customers and orders at risk: silent or overdue accounts, orders past their promise.

Add here: a figure about accounts or orders. Keep out: when an account counts as at risk (dbt),
wording and layout.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.reporting.marts import Marts

# States of churn in which nobody has to do anything.
CALM_STATES = ("active", "new", "none")


@dataclass(frozen=True)
class AccountAtRisk:
    """A customer that is silent or beyond its own order rhythm."""

    account_id: str
    account_name: str
    owner: str
    churn_state: str
    silent: bool
    last_order_on: dt.date | None
    order_gap_days: float | None
    own_rhythm_days: float | None
    last_contact_on: dt.date | None
    amount: float | None  # orders of the last 365 days plus open pipeline


@dataclass(frozen=True)
class LateOrder:
    """An order past its promised date and not delivered."""

    order_id: str
    account_name: str
    owner: str
    amount: float | None
    promised_on: dt.date | None
    days_late: int | None


@dataclass(frozen=True)
class Customers:
    """Accounts at risk and open late orders, by amount; the counts are of all, not of the list."""

    at_risk: tuple[AccountAtRisk, ...] = ()
    silent_count: int = 0
    churn_count: int = 0
    late_orders: tuple[LateOrder, ...] = ()
    late_amount: float | None = None
    has_accounts: bool = False
    has_orders: bool = False


def read_customers(marts: Marts, as_of: dt.date, people: Mapping[str, str]) -> Customers:
    """Read accounts and orders as of a day; `people` maps a person id to a name."""
    at_risk = _accounts(marts, as_of, people)
    late = _late_orders(marts, as_of, people)
    return Customers(
        at_risk=at_risk,
        silent_count=sum(account.silent for account in at_risk),
        churn_count=sum(account.churn_state not in CALM_STATES for account in at_risk),
        late_orders=late,
        late_amount=sum(order.amount or 0.0 for order in late) if late else None,
        has_accounts=marts.has_rows("fct_account_health"),
        has_orders=marts.has_rows("fct_orders"),
    )


def _accounts(marts: Marts, as_of: dt.date, people: Mapping[str, str]) -> tuple[AccountAtRisk, ...]:
    if not marts.has("fct_account_health", "dim_account", "fct_orders", "fct_opportunities"):
        return ()
    calm = ", ".join(f"'{state}'" for state in CALM_STATES)
    cancelled = "is_cancelled" if marts.has_column("fct_orders", "is_cancelled") else "false"
    rows = marts.select(
        f"""
        with bought as (
            select account_id, sum(amount) as amount
            from {marts.name("fct_orders")}
            where ordered_on between ? and ? and not coalesce({cancelled}, false)
            group by account_id
        ),

        in_hand as (
            select account_id, sum(amount) as amount
            from {marts.name("fct_opportunities")}
            where outcome = 'open'
            group by account_id
        )

        select
            health.*,
            dim_account.account_name,
            dim_account.owner_id,
            coalesce(bought.amount, 0) + coalesce(in_hand.amount, 0) as amount
        from {marts.name("fct_account_health")} as health
        left join {marts.name("dim_account")} as dim_account using (account_id)
        left join bought using (account_id)
        left join in_hand using (account_id)
        where coalesce(health.churn_state, 'active') not in ({calm}) or health.silent
        order by amount desc, health.account_id
        """,
        [as_of - dt.timedelta(days=364), as_of],
    )
    return tuple(
        AccountAtRisk(
            account_id=row["account_id"],
            account_name=row["account_name"] or row["account_id"],
            owner=people.get(row["owner_id"], row["owner_id"] or ""),
            churn_state=row["churn_state"] or "active",
            silent=bool(row["silent"]),
            last_order_on=row["last_order_on"],
            order_gap_days=row["order_gap_days"],
            own_rhythm_days=row["own_rhythm_days"],
            last_contact_on=row["last_contact_on"],
            amount=row["amount"],
        )
        for row in rows
    )


def _late_orders(marts: Marts, as_of: dt.date, people: Mapping[str, str]) -> tuple[LateOrder, ...]:
    if not marts.has("fct_orders", "dim_account"):
        return ()
    rows = marts.select(
        f"""
        select
            orders.order_id,
            orders.owner_id,
            orders.amount,
            orders.days_late,
            orders.account_id,
            dim_account.account_name,
            orders.promised_on
        from {marts.name("fct_orders")} as orders
        left join {marts.name("dim_account")} as dim_account using (account_id)
        where
            orders.is_late
            and (orders.delivered_on is null or orders.delivered_on > ?)
        order by orders.amount desc, orders.order_id
        """,
        [as_of],
    )
    return tuple(
        LateOrder(
            order_id=row["order_id"],
            account_name=row["account_name"] or row["account_id"] or "",
            owner=people.get(row["owner_id"], row["owner_id"] or ""),
            amount=row["amount"],
            promised_on=row["promised_on"],
            days_late=row["days_late"],
        )
        for row in rows
    )
