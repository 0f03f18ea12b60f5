"""Truths between the loaded rows and the marts: nothing lost, nothing doubled, to the cent.

Add here: a total that must be the same at both ends of the pipeline.
Keep out: truths about one model or two neighbouring ones (dbt tests), findings about names and keys
(`naming.py`, `findings.py`).

The loaded side is computed here a second time, from the raw zone and without dbt, so that a fault in
a model cannot hide itself.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import duckdb

from pipelines.configuration.order_statuses import known_statuses
from pipelines.language import text
from pipelines.language.figures import figure
from quality.loaded import sound_relation_of, table_exists
from quality.results import CheckResult, Severity, counted


@dataclass(frozen=True)
class Terms:
    """In which terms the night's marts count: the company's, and the day."""

    as_of: dt.date
    timezone: str
    currency: str
    revenue_basis: Literal["orders", "won"] = "orders"

    @property
    def values(self) -> dict[str, object]:
        """Named parameters of the queries here and in the neighbouring modules."""
        return {"as_of": self.as_of, "timezone": self.timezone, "currency": self.currency}


# A word for a state without case, width, blanks and punctuation; the macro name_key does the same.
_KEY = (
    "regexp_replace(translate(lower(newest.status), "
    "'ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ０１２３４５６７８９＆＋', "
    "'abcdefghijklmnopqrstuvwxyz0123456789&+'), '[^\\p{L}\\p{N}&+]', '', 'g')"
)

Months = dict[str, tuple[int, Decimal]]


def reconcile(connection: duckdb.DuckDBPyConnection, terms: Terms) -> list[CheckResult]:
    """Three checks on the built warehouse, each an error if it fails.

    Orders: number and amount by month, loaded rows in force (not cancelled, converted, dated up to
    the as-of day) against `marts.fct_orders`. Revenue: the same against the company's months in
    `marts.fct_target_completion` (won opportunities, if the company counts those). Opportunities:
    their number, loaded against `marts.fct_opportunities`.
    """
    loaded = loaded_order_months(connection, terms)
    orders = _mart_order_months(connection)
    revenue = orders if terms.revenue_basis == "orders" else _won_months(connection)
    completion = _completion_months(connection)
    return [
        _same_months(
            "orders_loaded_equal_fct_orders", "marts.fct_orders", loaded, orders, counts=True
        ),
        _same_months(
            "revenue_equals_fct_target_completion",
            "marts.fct_target_completion",
            revenue,
            completion,
            counts=False,
        ),
        _same_opportunities(connection, terms),
    ]


def orders_in_force_sql(connection: duckdb.DuckDBPyConnection) -> str:
    """SQL of one row per order and source in force: order_id, currency, ordered_on, amount (company currency).

    Parameters $as_of, $timezone, $currency. Of an order that came twice the row loaded last stands.
    Orders that another source tells as well are left out as `int_orders__duplicates` lists them;
    `duplicate_orders.py` checks that list row by row. The amount is null where no rate is known on
    the day of the order. States are those of order_statuses.csv (`config.order_statuses`), and the
    shipped ones where that table is missing.
    """
    statuses = (
        "select * from config.order_statuses"
        if table_exists(connection, "config", "order_statuses")
        else "values " + ", ".join(str(tuple(row.values())) for row in known_statuses())
    )
    if statuses.startswith("values"):
        statuses = f"select * from ({statuses}) as shipped (source, status_key, state)"
    doubles = (
        "anti join intermediate.int_orders__duplicates as doubles "
        "on told.source = doubles.source and trim(told.order_id) = doubles.order_id"
        if table_exists(connection, "intermediate", "int_orders__duplicates")
        else ""
    )
    return f"""
        with loaded as ({sound_relation_of(connection, "orders")}),
        told as (
            select * from loaded qualify row_number() over (
                partition by source, trim(order_id) order by _loaded_at desc, _file desc, _address
            ) = 1
        ),
        newest as (select told.* from told {doubles}),
        dated as (
            select
                trim(order_id) as order_id,
                coalesce(upper(trim(currency)), $currency) as currency,
                cast(timezone($timezone, ordered_at) as date) as ordered_on,
                amount as told_amount,
                case when trim(coalesce(status, '')) = '' then 'order'
                    else coalesce(own_words.state, words.state, 'unknown') end as state
            from newest
            left join ({statuses}) as own_words
                on newest.source = own_words.source and {_KEY} = own_words.status_key
            left join ({statuses}) as words on words.source = '*' and {_KEY} = words.status_key
        ),
        judged as (
            select
                *,
                case when state = 'credit' then -abs(told_amount) else told_amount end as amount,
                state in ('void', 'unknown') or (state = 'returned' and told_amount >= 0) as is_cancelled
            from dated
        ),
        rates as (select rate_date, upper(trim(currency)) as currency, rate from config.exchange_rates)
        select
            judged.order_id,
            judged.currency,
            judged.ordered_on,
            judged.amount is not null as has_amount,
            cast(round(judged.amount * case
                when judged.currency = $currency then 1
                else (
                    select max_by(rates.rate, rates.rate_date) from rates
                    where rates.currency = judged.currency and rates.rate_date <= judged.ordered_on
                )
            end, 2) as decimal(18, 2)) as amount
        from judged
        where judged.ordered_on <= $as_of and not coalesce(judged.is_cancelled, false)
    """


# What the company calls the month of a day; a day without one is outside the calendar.
MONTH = "coalesce(days.fiscal_month_name, '?')"


def loaded_order_months(connection: duckdb.DuckDBPyConnection, terms: Terms) -> Months:
    """Number and amount of the orders in force by month (`2026-05`), from the loaded rows."""
    rows = connection.execute(
        f"select {MONTH}, count(*), coalesce(sum(amount), 0) "
        f"from ({orders_in_force_sql(connection)}) "
        "left join config.calendar as days on ordered_on = days.date_day group by 1",
        terms.values,
    ).fetchall()
    return _months(rows)


def _mart_order_months(connection: duckdb.DuckDBPyConnection) -> Months:
    return _months(
        connection.execute(
            f"select {MONTH}, count(*), coalesce(sum(amount), 0) from marts.fct_orders "
            "left join config.calendar as days on ordered_on = days.date_day "
            "where not is_cancelled group by 1"
        ).fetchall()
    )


def _won_months(connection: duckdb.DuckDBPyConnection) -> Months:
    return _months(
        connection.execute(
            f"select {MONTH}, count(*), coalesce(sum(amount), 0) from marts.fct_opportunities "
            "left join config.calendar as days on closed_on = days.date_day "
            "where outcome = 'won' and closed_on is not null group by 1"
        ).fetchall()
    )


def _completion_months(connection: duckdb.DuckDBPyConnection) -> Months:
    return _months(
        connection.execute(
            f"select {MONTH}, count(*), coalesce(sum(actual_amount), 0) "
            "from marts.fct_target_completion "
            "left join config.calendar as days on period_start = days.date_day "
            "where period_type = 'month' and scope_type = 'company' and metric = 'revenue' group by 1"
        ).fetchall()
    )


def _months(rows: list[tuple[str, int, object]]) -> Months:
    return {month: (count, Decimal(str(amount))) for month, count, amount in rows}


def _same_months(
    check: str, mart: str, loaded: Months, published: Months, *, counts: bool
) -> CheckResult:
    none = (0, Decimal(0))
    differing = []
    for month in sorted(set(loaded) | set(published)):
        here, there = loaded.get(month, none), published.get(month, none)
        if here[1] != there[1] or (counts and here[0] != there[0]):
            number = f" ({here[0]:,} ≠ {there[0]:,})" if counts and here[0] != there[0] else ""
            differing.append(f"{month}: {here[1]:,.2f} ≠ {there[1]:,.2f}{number}")
    total = sum((amount for _, amount in loaded.values()), Decimal(0))
    told = (
        text("quality.months_differ", mart=mart, months=len(differing))
        if differing
        else text("quality.months_agree", mart=mart, months=len(loaded), total=f"{total:,.2f}")
    )
    return counted(check, mart, "error", len(differing), told=told, sample=differing)


def _same_opportunities(connection: duckdb.DuckDBPyConnection, terms: Terms) -> CheckResult:
    severity: Severity = "error"
    loaded = f"""
        select distinct trim(opportunity_id) as opportunity_id
        from ({sound_relation_of(connection, "opportunities")})
        qualify cast(timezone($timezone, first_value(created_at) over (
            partition by trim(opportunity_id)
            order by updated_at desc nulls last, _loaded_at desc, source, _file desc, _address
        )) as date) <= $as_of
    """
    if table_exists(connection, "intermediate", "int_opportunities__duplicates"):
        loaded = (
            f"select loaded.* from ({loaded}) as loaded "
            "anti join intermediate.int_opportunities__duplicates as doubles "
            "on loaded.opportunity_id = doubles.opportunity_id"
        )
    lost, extra, total = connection.execute(
        "select count(*) filter (where marts.opportunity_id is null), "
        "count(*) filter (where loaded.opportunity_id is null), "
        f"count(loaded.opportunity_id) from ({loaded}) as loaded "
        "full join marts.fct_opportunities as marts "
        "on loaded.opportunity_id = marts.opportunity_id",
        {"timezone": terms.timezone, "as_of": terms.as_of},
    ).fetchall()[0]
    doubled = connection.execute(
        "select count(*) - count(distinct opportunity_id) from marts.fct_opportunities"
    ).fetchall()[0][0]
    differing = lost + extra + doubled
    told = (
        text(
            "quality.opportunities_differ",
            total=figure(total),
            lost=figure(lost),
            extra=figure(extra),
            doubled=figure(doubled),
        )
        if differing
        else text("quality.opportunities_agree", total=figure(total))
    )
    return counted(
        "opportunities_loaded_equal_fct_opportunities",
        "marts.fct_opportunities",
        severity,
        differing,
        told=told,
    )
