"""The first day at a real Zoho organisation: dates as moments, deleted accounts, mappings added later."""

from __future__ import annotations

import datetime as dt

import pytest
from zoho_runs import Loads

MOMENTS = ("ordered_at", "promised_at", "delivered_at")


def ordered(simulator, **more):
    return simulator.put(
        "Sales_Orders",
        Grand_Total=100,
        Account_Name=next(iter(simulator.org.records["Accounts"]), None),
        Owner="4970762000000000011",
        **more,
    )


def test_a_date_behind_a_moment_is_the_companys_midnight_in_bulk_too(simulator):
    for column in MOMENTS:
        simulator.org.add_field("Sales_Orders", column.title(), "date")
    days = {column.title(): dt.date(2026, 9, number) for number, column in enumerate(MOMENTS, 1)}
    key = ordered(simulator, **days)
    simulator.advance(60)
    mapping = {"orders": {column: column.title() for column in MOMENTS}}
    for bulk_from in (10_000, 0):
        loads = Loads(simulator, fields=mapping, bulk_from=bulk_from)
        assert all(f.ok for f in loads.connector.check() if str(f.subject) == "Sales_Orders")
        loads.run()
        row = loads.latest("sales_orders")[key]
        assert [row[f"custom_{column}"] for column in MOMENTS] == [
            dt.datetime(2026, 9, number, tzinfo=dt.UTC) for number in (1, 2, 3)
        ]
        assert loads.rejections == []


@pytest.mark.parametrize("full", [False, True])
def test_orders_of_a_deleted_account_stay(simulator, full):
    key = ordered(simulator)
    account = simulator.org.records["Sales_Orders"][key]["Account_Name"]
    simulator.advance(60)
    loads = Loads(simulator)
    loads.run()
    simulator.advance(86_400)
    simulator.delete("Accounts", account)
    simulator.put("Sales_Orders", key, Account_Name=None)
    simulator.advance(60)
    loads.run(full=full)
    row = loads.latest("sales_orders")[key]
    assert (row["account_id"], loads.rejections) == (None, [])
    # Staging takes the last account that a version named (unit test of stg_zoho__orders).
    assert account in {r["account_id"] for r in loads.rows["sales_orders"]}


def test_a_mapping_added_later_is_applied_in_the_next_load(simulator):
    simulator.org.add_field("Deals", "Line", "picklist")
    for key in list(simulator.org.records["Deals"]):
        simulator.put("Deals", key, Line="Pumps")
    simulator.advance(60)
    loads = Loads(simulator)
    loads.run()
    simulator.advance(86_400)
    loads.run(fields={"opportunities": {"product_line": "Line"}})
    rows = loads.latest("deals").values()
    assert {row["custom_product_line"] for row in rows} == {"Pumps"}


def test_without_the_tracker_of_stages_the_rest_is_read_and_that_is_said(simulator):
    simulator.no_permission = {"DealHistory"}
    loads = Loads(simulator)
    extracts = loads.run()
    assert len(loads.latest("deals")) == 7
    assert extracts["deal_history"].state == "rejected"
    assert "DealHistory" in str(extracts["deal_history"].message)
