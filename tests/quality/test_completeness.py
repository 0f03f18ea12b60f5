"""What the source counted against what arrived."""

from decimal import Decimal

import pytest
from small_company import order

from pipelines.entities import ENTITIES
from quality.completeness import (
    AMOUNT_COLUMNS,
    arrivals,
    check_completeness,
    check_counted_by_systems,
)

ROWS = [order("O1", "2026-10-01", "10.10"), order("O2", "2026-10-02", "20.20")]


def results(warehouse):
    return {r.check: r for r in check_completeness(arrivals(warehouse.connection))}


@pytest.mark.parametrize(
    ("extract", "failing", "severity"),
    [
        ({}, set(), None),
        ({"source_rows": 2, "source_amount": Decimal("30.30")}, set(), None),
        ({"source_rows": 3, "rejected_rows": 1}, set(), None),
        ({"source_rows": 3}, {"source_row_count"}, "error"),
        ({"source_rows": 1}, {"source_row_count"}, "error"),
        # Two rows may be rounded by 0.02 together, not by more.
        ({"source_amount": Decimal("30.32")}, set(), None),
        ({"source_amount": Decimal("30.33")}, {"source_amount"}, "error"),
        ({"source_amount": Decimal("99"), "rejected_rows": 1}, {"source_amount"}, "warning"),
    ],
)
def test_rows_and_amounts_of_the_source(empty_warehouse, extract, failing, severity):
    empty_warehouse.load("orders", ROWS, **extract)
    failed = [r for r in results(empty_warehouse).values() if not r.passed]
    assert {r.check for r in failed} == failing
    assert {r.severity for r in failed} == ({severity} if severity else set())
    assert {r.subject for r in failed} <= {"sheets.orders orders.csv"}


def test_a_row_lost_on_the_way_is_an_error(empty_warehouse):
    empty_warehouse.load("orders", ROWS)
    empty_warehouse.execute("delete from raw.spreadsheet__orders where order_id = 'O2'")
    result = results(empty_warehouse)["loaded_row_count"]
    assert (result.passed, result.severity, result.failed_rows) == (False, "error", 1)
    assert "recorded 2 rows, the raw zone has 1" in result.message_en
    empty_warehouse.execute("delete from raw.spreadsheet__orders")
    assert results(empty_warehouse)["loaded_row_count"].failed_rows == 2


def test_the_sentence_gives_the_difference(empty_warehouse):
    empty_warehouse.load("orders", ROWS, source_amount=Decimal("1030.30"))
    result = results(empty_warehouse)["source_amount"]
    assert result.sample == ("-1,000.00",)
    assert result.message_zh == "来源合计 1,030.30，收到 30.30。"


def test_versions_of_other_systems_are_not_counted_but_their_totals_are(empty_warehouse):
    empty_warehouse.extract(
        "orders", source="crm", system="salesforce", file=None, rows=5, source_rows=6
    )
    (result,) = results(empty_warehouse).values()
    assert (result.check, result.passed, result.source) == ("source_row_count", False, "crm")


def test_a_rejected_file_is_not_compared(empty_warehouse):
    empty_warehouse.extract("orders", state="rejected", rows=0, source_rows=6)
    assert results(empty_warehouse) == {}


def test_every_amount_of_an_entity_that_sheets_total_can_be_compared(empty_warehouse):
    """A total was once given for an entity whose arrived amounts nobody summed: a false error."""
    event = {"event_id": "E1", "opportunity_id": "D1", "to_stage": "赢单", "amount": Decimal("7")}
    empty_warehouse.load("stage_history", [event], source_amount=Decimal("7"))
    assert results(empty_warehouse)["source_amount"].passed
    empty_warehouse.load("activities", [{"activity_id": "V"}], source_amount=Decimal("7"))
    amounts = check_completeness(arrivals(empty_warehouse.connection))
    assert [r.subject for r in amounts if r.check == "source_amount"] == [
        "sheets.stage_history stage_history.csv"
    ]
    money = {name for name, entity in ENTITIES.items() for c in entity.columns if c.kind == "money"}
    assert money == set(AMOUNT_COLUMNS)


COUNTED = (
    "create schema if not exists staging; create or replace view staging.stg_salesforce__completeness "
    "as select 'crm' as source, 'Order' as object, {rows}::bigint as system_rows, "
    "10::bigint as arrived_rows, {amount}::decimal(28, 2) as system_amount, "
    "100.00::decimal(28, 2) as arrived_amount {more}"
)


@pytest.mark.parametrize(
    ("rows", "amount", "more", "failing"),
    [
        ("10", "100.00", "", set()),
        ("10", "100.10", "", set()),
        ("10", "100.11", "", {"system_amount"}),
        ("11", "100.00", "", {"system_row_count"}),
        ("9", "100.00", "", {"system_row_count"}),
        # Changed while the load ran, or in quarantine: that many may differ, and the amount with them.
        ("11", "200.00", ", 1 as changed_since", set()),
        ("12", "200.00", ", 1 as changed_since, 1 as rejected_rows", set()),
        ("13", "200.00", ", 1 as changed_since, 1 as rejected_rows", {"system_row_count"}),
        ("null", "null", "", set()),
    ],
)
def test_what_a_system_counted_is_what_staging_counts(empty_warehouse, rows, amount, more, failing):
    empty_warehouse.execute(COUNTED.format(rows=rows, amount=amount, more=more))
    results = check_counted_by_systems(empty_warehouse.connection)
    failed = [result for result in results if not result.passed]
    assert {result.check for result in failed} == failing
    for result in failed:
        assert (result.severity, result.subject, result.source) == ("error", "crm.Order", "crm")


def test_before_staging_no_system_is_compared(empty_warehouse):
    assert check_counted_by_systems(empty_warehouse.connection) == []
