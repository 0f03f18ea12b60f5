"""Rows that lack what they cannot do without are named, read by nobody, and stop a night only in bulk."""

from __future__ import annotations

import pytest
import yaml
from small_company import opportunity, order

from pipelines.settings import DBT_PROJECT
from pipelines.working_calendar import FIRST_DAY
from quality.loaded import EVENTS, REQUIRED
from quality.reconciliation import loaded_order_months
from quality.set_aside import ROWS_CHECK, SHARE_CHECK, check_set_aside


def failed(warehouse):
    return [result for result in check_set_aside(warehouse.connection) if not result.passed]


def test_a_sound_company_has_no_row_set_aside(warehouse):
    results = check_set_aside(warehouse.connection)
    assert {result.check for result in results} == {ROWS_CHECK}
    assert len(results) == 5
    assert failed(warehouse) == []


@pytest.mark.parametrize(
    ("entity", "row", "subject", "said"),
    [
        ("orders", order("O8", "1900-01-01", "5", _address="C9"), "ordered_at", "before 1990"),
        ("orders", order("O8", "2026-01-01", "5") | {"ordered_at": None}, "ordered_at", "have no"),
        ("orders", order(" ", "2026-01-01", "5"), "order_id", "have no"),
        ("opportunities", opportunity("D8", "1989-12-31"), "created_at", "before 1990"),
        ("opportunities", opportunity("D8", "2026-01-01", owner_id=None), "owner_id", "have no"),
    ],
)
def test_one_such_row_is_named_and_stops_nothing(warehouse, entity, row, subject, said):
    warehouse.load(entity, [row])
    (result,) = failed(warehouse)
    assert (result.check, result.severity, result.failed_rows) == (ROWS_CHECK, "warning", 1)
    assert result.subject == f"sheets.{entity}.{subject}"
    assert said in result.message_en
    assert f"{entity}.csv" in result.message_en


def test_such_rows_are_left_out_of_what_the_marts_are_compared_with(warehouse, terms):
    before = loaded_order_months(warehouse.connection, terms)
    warehouse.load("orders", [order("O8", "1900-01-01", "5")])
    assert loaded_order_months(warehouse.connection, terms) == before


def test_many_of_them_stop_the_night(warehouse):
    warehouse.load("orders", [order(f"X{n}", "1900-01-01", "5") for n in range(6)])
    share = next(result for result in failed(warehouse) if result.check == SHARE_CHECK)
    assert (share.severity, share.subject, share.failed_rows) == ("error", "sheets.orders", 6)


def test_the_models_set_the_same_rows_aside():
    given = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    required = {name: tuple(columns) for name, columns in given["required_columns"].items()}
    # Versions of a deal are no entity that a source gives.
    del required["opportunity_versions"]
    assert required == REQUIRED
    assert given["event_columns"] == EVENTS
    assert given["first_plausible_day"] == FIRST_DAY.isoformat()
