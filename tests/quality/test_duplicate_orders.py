"""Orders told twice: counted and summed, and none may be left out without one that counts."""

from pathlib import Path

import pytest
from small_company import order

from pipelines.settings import DBT_PROJECT
from quality.duplicate_orders import MATCH_DAYS, check_duplicate_orders
from quality.reconciliation import reconcile

LEFT_OUT = "orders_told_twice_count_once"
NUMBERS = "orders_of_one_number_agree"
REPLACED = "orders_left_out_are_counted_elsewhere"
ZONE = "Asia/Shanghai"


@pytest.fixture
def company(warehouse):
    """The small company with a CRM sheet that tells two of its orders once more."""
    warehouse.load(
        "orders",
        [
            order("C1", "2026-09-12", "100.11", opportunity_id="D1"),
            order("O2", "2026-09-30T17:00", "200.20"),
        ],
        source="crm_sheet",
    )
    warehouse.execute(
        "alter table marts.fct_orders add column source varchar; "
        "update marts.fct_orders set source = 'sheets'; create schema intermediate; "
        "create table intermediate.int_orders__duplicates (source varchar, order_id varchar, "
        "kept_source varchar, kept_order_id varchar, rule varchar); "
        "insert into intermediate.int_orders__duplicates values "
        "('crm_sheet', 'C1', 'sheets', 'O1', 'match'), ('crm_sheet', 'O2', 'sheets', 'O2', 'number')"
    )
    return warehouse


def results(company):
    return {r.check: r for r in check_duplicate_orders(company.connection, ZONE)}


def test_what_was_left_out_is_counted_and_summed(company, terms):
    found = results(company)
    assert (found[LEFT_OUT].severity, found[LEFT_OUT].failed_rows) == ("info", 2)
    assert found[LEFT_OUT].sample == ("crm_sheet → sheets: 2, 300.31",)
    assert found[NUMBERS].passed
    assert found[REPLACED].passed
    totals = reconcile(company.connection, terms)
    assert all(result.passed for result in totals), totals


def test_without_the_list_the_totals_do_not_agree(company, terms):
    company.execute("delete from intermediate.int_orders__duplicates where order_id = 'C1'")
    failed = {r.check for r in reconcile(company.connection, terms) if not r.passed}
    assert "orders_loaded_equal_fct_orders" in failed


@pytest.mark.parametrize(
    ("sql", "broken"),
    [
        ("delete from marts.fct_orders where order_id = 'O1'", REPLACED),
        ("update raw.spreadsheet__orders set amount = 100.13 where order_id = 'C1'", REPLACED),
        ("update raw.spreadsheet__orders set account_id = 'A2' where order_id = 'C1'", REPLACED),
        (
            "update raw.spreadsheet__orders set ordered_at = '2026-09-01 00:00:00+00' "
            "where order_id = 'C1'",
            REPLACED,
        ),
        (
            "update intermediate.int_orders__duplicates set kept_source = 'crm_sheet', "
            "kept_order_id = 'C1' where order_id = 'C1'",
            REPLACED,
        ),
        (
            "update raw.spreadsheet__orders set amount = 999 where source = 'crm_sheet' "
            "and order_id = 'O2'",
            NUMBERS,
        ),
    ],
)
def test_an_order_left_out_without_its_like_is_found(company, sql, broken):
    company.execute(sql)
    failed = {r.check: r for r in results(company).values() if not r.passed}
    assert set(failed) == {LEFT_OUT, broken}
    assert failed[broken].severity == ("error" if broken == REPLACED else "warning")
    assert failed[broken].failed_rows == 1


def test_a_company_without_doubles_has_nothing_to_say(company):
    company.execute("delete from intermediate.int_orders__duplicates")
    assert all(result.passed for result in results(company).values())


def test_a_number_used_twice_is_two_orders(company, terms):
    """The mart tells them apart by their source; both are in the totals."""
    company.load("orders", [order("O1", "2026-09-20", "7.00", account_id="A9")], source="crm_sheet")
    failed = {r.check for r in reconcile(company.connection, terms) if not r.passed}
    assert "orders_loaded_equal_fct_orders" in failed
    company.execute(
        "insert into marts.fct_orders values ('crm_sheet:O1', '2026-09-20', 7.00, false, 'crm_sheet')"
    )
    by_check = {r.check: r for r in reconcile(company.connection, terms)}
    assert by_check["orders_loaded_equal_fct_orders"].passed


def test_before_the_build_there_is_nothing_to_check(warehouse):
    assert check_duplicate_orders(warehouse.connection, ZONE) == []


def test_the_days_are_those_of_dbt():
    macros = Path(DBT_PROJECT / "macros" / "orders.sql").read_text(encoding="utf-8")
    assert f"var('order_match_days', {MATCH_DAYS})" in macros
