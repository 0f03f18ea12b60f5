"""Orders that two sources tell: what was left out of the marts, and whether it was rightly left out.

Add here: a check on `int_orders__duplicates`. Keep out: the rule itself (that model), totals of what
counts (`reconciliation.py`).

The rule is tried here a second time on the loaded rows, so that a fault in the model cannot lose an
order unseen.
"""

from __future__ import annotations

import duckdb

from pipelines.language import text
from pipelines.language.figures import figure
from quality.loaded import relation_of, table_exists
from quality.results import CheckResult, counted

# Most days between the dates that two systems give one order; the macro order_match_days has the same.
MATCH_DAYS = 7
_CENT = "0.01"


def check_duplicate_orders(
    connection: duckdb.DuckDBPyConnection, timezone: str
) -> list[CheckResult]:
    """What was left out, for information; pairs of one number that differ, a warning; an order left
    out without one that counts in its place, an error.

    `timezone` is the company's, in which days are counted.
    """
    if not table_exists(connection, "intermediate", "int_orders__duplicates"):
        return []
    connection.execute(
        f"create or replace temp table double_orders as {_pairs(connection)}",
        {"timezone": timezone},
    )
    results = [_left_out(connection), _numbers(connection), _replaced(connection)]
    connection.execute("drop table double_orders")
    return results


def _pairs(connection: duckdb.DuckDBPyConnection) -> str:
    """SQL of one row per order left out, beside the order that counts as the sources told both."""
    customer = "trim({}.account_id)"
    aliases = ""
    if table_exists(connection, "intermediate", "int_accounts__aliases"):
        customer = "coalesce({}_alias.account_id, {}.account_id)"
        aliases = "".join(
            f"left join intermediate.int_accounts__aliases as {side}_alias "
            f"on {side}.account_id = {side}_alias.alias "
            for side in ("here", "there")
        )
    here, there = customer.format("here", "here"), customer.format("there", "there")
    days = (
        "abs(date_diff('day', cast(timezone($timezone, here.ordered_at) as date), "
        "cast(timezone($timezone, there.ordered_at) as date)))"
    )
    return f"""
        with named as (
            select source, order_id from intermediate.int_orders__duplicates
            union select kept_source, kept_order_id from intermediate.int_orders__duplicates
        ),
        told as (
            select loaded.* replace (trim(loaded.order_id) as order_id)
            from ({relation_of(connection, "orders")}) as loaded
            semi join named on loaded.source = named.source and trim(loaded.order_id) = named.order_id
            qualify row_number() over (
                partition by loaded.source, trim(loaded.order_id)
                order by loaded._loaded_at desc, loaded.ordered_at desc nulls last,
                loaded.amount desc nulls last
            ) = 1
        )
        select
            doubles.source,
            doubles.order_id,
            doubles.kept_source,
            doubles.rule,
            here.currency,
            here.amount,
            counting.order_id is not null as is_marted,
            coalesce(
                doubles.source <> doubles.kept_source
                and {here} = {there}
                and abs(here.amount - there.amount) <= {_CENT} * (1 + doubles.is_further)
                and ({days} <= {MATCH_DAYS} * (1 + doubles.is_further) or doubles.rule = 'number'),
                false
            ) as agrees
        from (
            -- A double of a double may be twice as far from the order that counts.
            select *, case when count(*) over (partition by kept_source, kept_order_id) > 1
                then 1 else 0 end as is_further
            from intermediate.int_orders__duplicates
        ) as doubles
        left join told as here
            on doubles.source = here.source and doubles.order_id = here.order_id
        left join told as there
            on doubles.kept_source = there.source and doubles.kept_order_id = there.order_id
        {aliases}
        left join marts.fct_orders as counting
            on doubles.kept_source = counting.source and counting.order_id in (
                doubles.kept_order_id, doubles.kept_source || ':' || doubles.kept_order_id
            )
    """


def _left_out(connection: duckdb.DuckDBPyConnection) -> CheckResult:
    rows = connection.execute(
        "select source, kept_source, coalesce(currency, ''), count(*), coalesce(sum(amount), 0) "
        "from double_orders group by all order by 4 desc, 1, 2, 3"
    ).fetchall()
    count = sum(row[3] for row in rows)
    sums = [f"{a} → {b}: {n:,}, {amount:,.2f} {code}".strip() for a, b, code, n, amount in rows]
    return counted(
        "orders_told_twice_count_once",
        "orders",
        "info",
        count,
        told=text("quality.orders_told_twice", count=figure(count))
        if count
        else text("quality.orders_told_once"),
        sample=sums,
    )


def _numbers(connection: duckdb.DuckDBPyConnection) -> CheckResult:
    rows = connection.execute(
        "select order_id, source, kept_source from double_orders "
        "where rule = 'number' and not agrees order by all"
    ).fetchall()
    return counted(
        "orders_of_one_number_agree",
        "orders",
        "warning",
        len(rows),
        told=text("quality.order_numbers_disagree", rows_count=figure(len(rows)))
        if rows
        else text("quality.order_numbers_agree"),
        sample=(f"{order} ({source} ≠ {kept})" for order, source, kept in rows),
    )


def _replaced(connection: duckdb.DuckDBPyConnection) -> CheckResult:
    rows = connection.execute(
        "select source, order_id from double_orders "
        "where not is_marted or (rule <> 'number' and not agrees) order by all"
    ).fetchall()
    return counted(
        "orders_left_out_are_counted_elsewhere",
        "marts.fct_orders",
        "error",
        len(rows),
        told=text("quality.left_out_without_partner", rows_count=figure(len(rows)))
        if rows
        else text("quality.left_out_have_partner"),
        sample=(f"{source}: {order}" for source, order in rows),
    )
