"""Totals at both ends of the pipeline: one cent, one month, one row off must be an error."""

import dataclasses
from decimal import Decimal

import pytest

from quality.reconciliation import loaded_order_months, reconcile

ORDERS = "orders_loaded_equal_fct_orders"
REVENUE = "revenue_equals_fct_target_completion"
DEALS = "opportunities_loaded_equal_fct_opportunities"


def by_check(results):
    return {result.check: result for result in results}


def test_a_company_that_agrees_passes(warehouse, terms):
    results = by_check(reconcile(warehouse.connection, terms))
    assert set(results) == {ORDERS, REVENUE, DEALS}
    assert all(result.passed for result in results.values()), results
    assert "372.30" in results[ORDERS].message_en
    assert results[DEALS].message_zh == "来源的 2 个商机全部在 marts 中，且只出现一次。"


@pytest.mark.parametrize(
    ("sql", "failing", "told"),
    [
        (
            "update marts.fct_orders set amount = amount + 0.01 where order_id = 'O1'",
            {ORDERS, REVENUE},
            "2026-09: 100.10 ≠ 100.11",
        ),
        ("delete from marts.fct_orders where order_id = 'O3'", {ORDERS, REVENUE}, "2 ≠ 1"),
        (
            "insert into marts.fct_orders values ('O9', '2026-10-03', 0, false)",
            {ORDERS},
            "2026-10: 272.20 ≠ 272.20 (2 ≠ 3)",
        ),
        (
            "update marts.fct_orders set ordered_on = '2026-09-30' where order_id = 'O2'",
            {ORDERS, REVENUE},
            "2026-09: 100.10 ≠ 300.30",
        ),
        (
            "update marts.fct_orders set is_cancelled = false where order_id = 'O4'",
            {ORDERS, REVENUE},
            "2026-10: 272.20 ≠ 1,271.20",
        ),
        (
            "update marts.fct_target_completion set actual_amount = 272.19 "
            "where period_type = 'month' and scope_type = 'company' and metric = 'revenue' "
            "and period_start = '2026-10-01'",
            {REVENUE},
            "2026-10: 272.20 ≠ 272.19",
        ),
        ("delete from marts.fct_target_completion", {REVENUE}, "2026-09: 100.10 ≠ 0.00"),
        ("delete from marts.fct_opportunities where opportunity_id = 'D1'", {DEALS}, "lacks 1"),
        (
            "insert into marts.fct_opportunities values ('D1', 'A1', 'won', 55.50, '2026-10-05')",
            {DEALS},
            "1 twice",
        ),
        (
            "insert into marts.fct_opportunities values ('D3', 'A1', 'open', 1, null)",
            {DEALS},
            "has 1 others",
        ),
    ],
)
def test_a_difference_is_an_error_that_names_it(warehouse, terms, sql, failing, told):
    warehouse.execute(sql)
    results = reconcile(warehouse.connection, terms)
    failed = [result for result in results if not result.passed]
    assert {result.check for result in failed} == failing
    assert {result.severity for result in failed} == {"error"}
    assert any(told in result.message_en for result in failed), [r.message_en for r in failed]


def test_an_order_that_came_twice_counts_once(warehouse, terms):
    warehouse.execute("insert into raw.spreadsheet__orders from raw.spreadsheet__orders limit 1")
    assert all(result.passed for result in reconcile(warehouse.connection, terms))


def test_won_basis_compares_won_opportunities(warehouse, terms):
    won = dataclasses.replace(terms, revenue_basis="won")
    assert not by_check(reconcile(warehouse.connection, won))[REVENUE].passed
    warehouse.execute("delete from marts.fct_target_completion")
    warehouse.execute(
        "insert into marts.fct_target_completion values "
        "('month', '2026-10-01', 'company', 'company', 'revenue', 55.50)"
    )
    assert by_check(reconcile(warehouse.connection, won))[REVENUE].passed


def test_rows_of_other_systems_come_from_staging(warehouse, terms):
    warehouse.extract("orders", source="crm", system="salesforce", file=None, rows=1)
    warehouse.execute("create schema staging")
    warehouse.execute(
        "create view staging.stg_salesforce__orders as select 'S1' as order_id, "
        "'A1' as account_id, 5.00::decimal(18, 2) as amount, null::varchar as currency, "
        "timestamptz '2026-10-02 00:00:00+00' as ordered_at, null::varchar as status, "
        "'crm' as source, timestamptz '2026-10-30 00:00:00+00' as _loaded_at"
    )
    result = by_check(reconcile(warehouse.connection, terms))[ORDERS]
    assert not result.passed
    assert "2026-10: 277.20 ≠ 272.20 (3 ≠ 2)" in result.message_en


def test_states_of_orders_are_read_as_dbt_reads_them(warehouse, terms):
    warehouse.execute(
        "create table config.order_statuses as from (values ('*', 'closedcancelled', 'void'), "
        "('*', '红字', 'credit'), ('*', 'done', 'order'), ('*', '退货', 'returned')) "
        "as known (source, status_key, state)"
    )
    warehouse.execute("delete from raw.spreadsheet__orders")
    for number, (status, amount) in enumerate(
        [
            ("Done", 100),
            ("Closed - Cancelled", 10),
            ("红字", 30),
            ("退货", 7),
            ("退货", -5),
            ("?!x", 2),
        ]
    ):
        warehouse.execute(
            "insert into raw.spreadsheet__orders (order_id, account_id, amount, ordered_at, status, source, "
            f"_loaded_at) values ('N{number}', 'A1', {amount}, timestamptz '2026-10-02 00:00:00+00', "
            f"'{status}', 'sheets', timestamptz '2026-10-30 00:00:00+00')"
        )
    assert loaded_order_months(warehouse.connection, terms) == {"2026-10": (3, Decimal(65))}
