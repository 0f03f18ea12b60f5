"""SQL finds at least what the library finds, on all rows; a sound table never reaches the library."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from small_company import moment, order

from quality.audit import audit_suites
from quality.loaded import fetch_batch
from quality.runner import run_suite
from quality.screening import sound
from quality.suite_reader import Rule, Suite, read_suites

VALUES = "expect_column_values_to_"


def rule_of(column: str, expectation: str, **args: Any) -> Suite:
    columns = tuple(column.split(" "))
    return Suite(
        "orders", 1, "error", (Rule("r", expectation, columns, "error", "规则", "Rule", args),)
    )


@pytest.mark.parametrize("entity", read_suites())
def test_every_rule_that_is_shipped_has_its_sql(warehouse, entity):
    """Or every night would wait for the library."""
    suite = read_suites()[entity]
    for rule in suite.rules:
        found = sound(warehouse.connection, Suite(entity, 0, "error", (rule,)))
        batch = fetch_batch(warehouse.connection, entity, rule.columns)
        if len(batch.frame) and found is None:
            told = run_suite(batch.frame, Suite(entity, 0, "error", (rule,)))[-1]
            assert told.failed_rows or not told.passed, f"{rule.check} broke nothing"


def test_sound_rows_are_told_as_the_library_tells_them(empty_warehouse):
    empty_warehouse.load("orders", [order("O1", "2026-10-01", "5"), order("O2", "2026-10-02", "6")])
    suite = read_suites()["orders"]
    ours = sound(empty_warehouse.connection, suite)
    batch = fetch_batch(empty_warehouse.connection, "orders", suite.columns)
    assert ours == run_suite(batch.frame, suite)


@pytest.mark.parametrize(
    ("expectation", "column", "args", "bad"),
    [
        (f"{VALUES}not_be_null", "account_id", {}, {"account_id": None}),
        (f"{VALUES}be_between", "amount", {"min_value": 0}, {"amount": Decimal("-0.01")}),
        (f"{VALUES}be_between", "amount", {"max_value": 10}, {"amount": Decimal("10.01")}),
        (f"{VALUES}be_between", "ordered_at", {"max_value": "2026-10-02"}, {"ordered_at": moment("2026-10-02 08:01")}),
        (f"{VALUES}match_regex", "currency", {"regex": "^[A-Za-z]{3}$"}, {"currency": "人民币元"}),
        (f"{VALUES}match_regex", "owner_id", {"regex": r"^[^@\s]+$"}, {"owner_id": "a\u3000b"}),
        (f"{VALUES}not_match_regex", "owner_id", {"regex": r"^\s|\s$|^$"}, {"owner_id": "P1\u3000"}),
        (f"{VALUES}not_match_regex", "owner_id", {"regex": r"^\d+$"}, {"owner_id": "１２"}),
        (f"{VALUES}be_in_set", "status", {"value_set": ["delivered"]}, {"status": "lost it"}),
        ("expect_compound_columns_to_be_unique", "source order_id", {}, {"order_id": "O1"}),
        (f"{VALUES}be_between", "amount", {"min_value": 0, "strict_min": True}, {"amount": Decimal(0)}),
        (f"{VALUES}be_between", "amount", {"max_value": 9, "strict_max": True}, {"amount": Decimal(9)}),
        (
            "expect_column_pair_values_a_to_be_greater_than_b",
            "promised_at ordered_at",
            {"or_equal": True},
            {"promised_at": moment("2026-09-01")},
        ),
        (
            "expect_column_proportion_of_non_null_values_to_be_between",
            "account_id",
            {"min_value": 0.9},
            {"account_id": None},
        ),
    ],
)  # fmt: skip
def test_a_broken_rule_goes_to_the_library_and_a_kept_one_does_not(
    empty_warehouse, expectation, column, args, bad
):
    good = {
        "status": "delivered",
        "currency": "CNY",
        "owner_id": "P1",
        "promised_at": moment("2026-10-20"),
    }
    suite = rule_of(column, expectation, **args)
    empty_warehouse.load("orders", [{**order("O1", "2026-10-01", "5"), **good}])
    kept = sound(empty_warehouse.connection, suite)
    assert kept is not None
    assert [result.passed for result in kept] == [True, True, True]
    empty_warehouse.load("orders", [{**order("O2", "2026-10-01", "5"), **good, **bad}])
    assert sound(empty_warehouse.connection, suite) is None


def test_what_is_not_known_here_is_left_to_the_library(warehouse):
    assert sound(warehouse.connection, rule_of("amount", f"{VALUES}be_increasing")) is None
    odd = rule_of("amount", f"{VALUES}be_between", min_value=0, parse_strings_as_datetimes=True)
    assert sound(warehouse.connection, odd) is None


def test_a_sound_company_never_asks_the_library(empty_warehouse, monkeypatch):
    def asked(*_):
        raise AssertionError("the library was asked")

    empty_warehouse.load("orders", [order("O1", "2026-10-01", "5")])
    monkeypatch.setattr("quality.runner._validate", asked)
    assert all(
        result.passed
        for result in audit_suites(empty_warehouse.connection, {"orders": read_suites()["orders"]})[
            "orders"
        ]
    )
