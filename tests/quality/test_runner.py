"""How the runner reads the library: empty frames, Decimals, exceptions, samples."""

import time
from decimal import Decimal

import pandas as pd
import pytest
from small_company import opportunity, order

from quality.adapter import check_name
from quality.audit import audit_suites
from quality.loaded import fetch_batch
from quality.runner import run_suite, with_floats
from quality.suite_reader import Rule, Suite, read_suites


def suite_of(*rules: Rule, at_least: int = 1, severity="error") -> Suite:
    return Suite("orders", at_least, severity, rules)


def amount_rule(severity="warning", **args) -> Rule:
    return Rule(
        check="orders_amount_range",
        expectation="expect_column_values_to_be_between",
        columns=("amount",),
        severity=severity,
        note_zh="金额不为负",
        note_en="Amounts are not negative",
        args=args or {"min_value": 0},
    )


def results_of(frame, suite, **options):
    return {result.check: result for result in run_suite(frame, suite, **options)}


def test_an_empty_frame_fails_by_its_row_count_and_judges_no_rule():
    results = results_of(pd.DataFrame({"amount": []}), suite_of(amount_rule()))
    assert not results["orders_rows"].passed
    assert results["orders_rows"].severity == "error"
    assert results["orders_rows"].message_en == "At least 1 rows are expected, 0 came."
    assert results["orders_amount_range"].passed
    assert not results["orders_amount_range"].evaluated


def test_an_entity_that_no_source_gives_may_be_empty():
    results = results_of(pd.DataFrame({"amount": []}), suite_of(amount_rule()), given=False)
    assert results["orders_rows"].passed
    assert "没有数据源" in results["orders_rows"].message_zh


def test_a_missing_column_is_an_error_and_its_rules_are_not_evaluated():
    results = results_of(pd.DataFrame({"other": [1]}), suite_of(amount_rule(severity="info")))
    assert results["orders_columns"].sample == ("amount",)
    assert not results["orders_columns"].passed
    rule = results["orders_amount_range"]
    assert (rule.passed, rule.evaluated, rule.severity) == (False, False, "error")
    assert "could not be evaluated" in rule.message_en
    assert "无法评估" in rule.message_zh


def test_a_rule_that_raises_is_an_error_with_its_own_text():
    rule = amount_rule(severity="info")
    results = results_of(pd.DataFrame({"amount": ["x", "y"]}), suite_of(rule))
    result = results["orders_amount_range"]
    assert (result.passed, result.evaluated, result.severity) == (False, False, "error")
    assert "says nothing about the data" in result.message_en


def test_a_library_that_breaks_down_is_no_pass(monkeypatch):
    def broken(*_):
        raise RuntimeError("engine gone\nwith details")

    monkeypatch.setattr("quality.runner._validate", broken)
    result = results_of(pd.DataFrame({"amount": [1.0]}), suite_of(amount_rule()))[
        "orders_amount_range"
    ]
    assert (result.passed, result.evaluated, result.severity) == (False, False, "error")
    assert "(engine gone)" in result.message_en


def test_up_to_five_different_examples_and_all_rows_counted():
    frame = pd.DataFrame({"amount": [-1.0, -1.0, -2.5, -3, -4, -5, -6, -7, 8]})
    result = results_of(frame, suite_of(amount_rule()))["orders_amount_range"]
    assert result.failed_rows == 8
    assert result.sample == ("-1", "-2.5", "-3", "-4")
    assert result.message_zh == "金额不为负：8 行不符，例如 -1、-2.5、-3、-4。"


def test_what_mostly_allows_passes_and_is_still_counted():
    rule = amount_rule(min_value=0, mostly=0.5)
    result = results_of(pd.DataFrame({"amount": [-1.0, 2, 3]}), suite_of(rule))[rule.check]
    assert (result.passed, result.failed_rows) == (True, 1)
    assert "within what is allowed" in result.message_en


def test_decimals_become_floats_and_cost_no_minutes():
    frame = pd.DataFrame({"amount": [Decimal("1.50")] * 50_000 + [None, Decimal("-2")]})
    assert with_floats(frame)["amount"].dtype == "float64"
    assert frame["amount"].dtype == object
    started = time.monotonic()
    result = results_of(frame, suite_of(amount_rule()))["orders_amount_range"]
    assert time.monotonic() - started < 20
    assert (result.failed_rows, result.sample) == (1, ("-2",))


def test_suites_run_on_what_was_loaded(warehouse):
    warehouse.load("orders", [order("O9", "2026-10-01", "-5.25")])
    warehouse.load("opportunities", [opportunity("D1", "2026-10-01")])
    results = audit_suites(warehouse.connection, read_suites())
    failed = {r.check: r for found in results.values() for r in found if not r.passed}
    assert failed["orders_amount_not_negative"].sample == ("-5.25",)
    assert failed["opportunities_opportunity_id_unique"].failed_rows == 2
    assert failed["opportunities_opportunity_id_unique"].sample == ("sheets D1",)
    assert not {r.severity for r in failed.values()} & {"error"}
    assert all(check_name(r.check) == r.check for found in results.values() for r in found)


def test_only_the_chosen_columns_are_fetched_and_money_is_float(warehouse):
    batch = fetch_batch(warehouse.connection, "orders", ("source", "order_id", "amount"))
    assert list(batch.frame.columns) == ["source", "order_id", "amount"]
    assert batch.frame["amount"].dtype == "float64"
    assert batch.total_rows == 5


@pytest.mark.parametrize("limit", [5, 20])
def test_a_large_table_is_judged_on_a_part_that_keeps_doubles_together(empty_warehouse, limit):
    rows = [order(f"O{n}", "2026-10-01", "5") for n in range(100)] * 2
    empty_warehouse.load("orders", rows)
    batch = fetch_batch(empty_warehouse.connection, "orders", ("source", "order_id"), limit=limit)
    assert batch.total_rows == 200
    assert 0 < len(batch.frame) < 100
    assert (batch.frame["order_id"].value_counts() == 2).all()
    again = fetch_batch(empty_warehouse.connection, "orders", ("source", "order_id"), limit=limit)
    assert sorted(again.frame["order_id"]) == sorted(batch.frame["order_id"])
    suite = suite_of(
        Rule(
            "orders_key",
            "expect_compound_columns_to_be_unique",
            ("source", "order_id"),
            "warning",
            "订单不重复",
            "Orders are unique",
        )
    )
    result = results_of(batch.frame, suite, total_rows=batch.total_rows)["orders_key"]
    assert not result.passed
    assert f"(looked at {len(batch.frame)} / 200 rows)" in result.message_en


def test_rows_of_a_crm_are_judged_once_staging_has_them(empty_warehouse):
    suites = {"orders": read_suites()["orders"]}
    empty_warehouse.extract("SalesOrder", source="crm", system="kingdee", file=None, rows=7)
    before = audit_suites(empty_warehouse.connection, suites)["orders"]
    assert [result for result in before if not result.passed] == []
    assert "没有数据源" in before[0].message_zh
    empty_warehouse.execute("create schema staging")
    empty_warehouse.execute(
        "create view staging.stg_kingdee__orders as "
        "select 'K1' as order_id, null::varchar as account_id, 'crm' as source where false"
    )
    empty = audit_suites(empty_warehouse.connection, suites)["orders"]
    assert [result.check for result in empty if not result.passed] == ["orders_rows"]
    empty_warehouse.execute(
        "create or replace view staging.stg_kingdee__orders as select 'K1' as order_id, "
        "null::varchar as account_id, 'crm' as source, 1.00::decimal(18, 2) as amount, "
        "timestamptz '2026-10-01 00:00:00+00' as ordered_at"
    )
    after = audit_suites(empty_warehouse.connection, suites)["orders"]
    failed = [result.check for result in after if not result.passed]
    assert failed == ["orders_account_id_present"]
