"""Modules and fields of the company's own in Zoho, and what stands for teams there."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from simulators.faults import Fault
from simulators.zoho import ZohoSimulator
from zoho_runs import Loads

from pipelines.configuration.problems import ConfigurationError
from pipelines.failures import PermanentFailure

ORDERS = {
    "object": "Contracts",
    "fields": {
        "account_id": "Customer",
        "amount": "Value_Net",
        "ordered_at": "Signed_On",
        "product_line": ["Line", "Line_Old"],
    },
}
FAULTS = (Fault("status", status=503), Fault("cut"), Fault("reset"), Fault("html"))


def contracts(simulator: ZohoSimulator, count: int) -> list[str]:
    simulator.org.add_module(
        "Contracts",
        Customer="lookup", Value_Net="formula", Signed_On="date", Line="picklist", Line_Old="text",
    )  # fmt: skip
    account = next(iter(simulator.org.records["Accounts"]))
    return [
        simulator.put(
            "Contracts",
            Customer=account,
            Value_Net=100 + number,
            Signed_On=dt.date(2026, 10, 1),
            Line=None if number % 2 else "Pumps",
            Line_Old="Valves",
            Owner="4970762000000000011",
        )
        for number in range(count)
    ]


def test_orders_in_a_module_of_the_companys_own_take_the_place_of_the_standard_one(simulator):
    keys = contracts(simulator, 3)
    simulator.advance(60)
    loads = Loads(simulator, objects={"orders": ORDERS})
    found = {str(f.subject): f for f in loads.connector.check()}
    assert found["Contracts"].ok, found["Contracts"]
    assert "Sales_Orders" not in found
    extracts = loads.run()
    rows = loads.latest("custom_orders")
    assert [rows[key]["amount"] for key in keys] == [Decimal(100), Decimal(101), Decimal(102)]
    assert [rows[key]["product_line"] for key in keys] == ["Pumps", "Valves", "Pumps"]
    assert rows[keys[0]]["account_id"] in simulator.org.records["Accounts"]
    assert rows[keys[0]]["ordered_at"] == dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
    assert extracts["custom_orders"].source_rows == 3
    assert not simulator.asked("/Sales_Orders")
    # A changed one, a deleted one, a new one.
    simulator.advance(86_400)
    simulator.put("Contracts", keys[0], Line="Seals")
    simulator.delete("Contracts", keys[1])
    new = simulator.put("Contracts", Value_Net=9, Signed_On=dt.date(2026, 10, 31), Customer="1")
    simulator.advance(60)
    loads.run()
    rows = loads.latest("custom_orders")
    assert set(rows) == {keys[0], keys[2], new}
    assert rows[keys[0]]["product_line"] == "Seals"


@pytest.mark.parametrize("several", [False, True])
def test_amounts_of_an_own_module_have_the_currency_of_their_record(several):
    with ZohoSimulator(multi_currency=several) as simulator:
        simulator.put("Accounts", Account_Name="Acme", Owner="1")
        (key,) = contracts(simulator, 1)
        if several:
            simulator.put("Contracts", key, Currency="USD")
        simulator.advance(60)
        loads = Loads(simulator, objects={"orders": ORDERS})
        loads.run()
        assert loads.latest("custom_orders")[key]["currency"] == ("USD" if several else None)


def test_a_formula_is_read_anew_each_night_or_its_age_is_said(simulator):
    first, *_ = contracts(simulator, 3)
    simulator.advance(60)
    loads = Loads(simulator, objects={"orders": ORDERS})
    loads.run()
    simulator.org.reckon("Contracts", first, Value_Net=7)
    simulator.advance(86_400)
    assert loads.run()["custom_orders"].full
    assert loads.latest("custom_orders")[first]["amount"] == 7
    # Too many for that: what changed is read, and the rest is said.
    simulator.org.reckon("Contracts", first, Value_Net=8)
    simulator.advance(86_400)
    told = loads.run(bulk_from=2)["custom_orders"]
    assert not told.full
    assert "Value_Net" in str(told.message)
    assert loads.latest("custom_orders")[first]["amount"] == 7


@pytest.mark.parametrize("seed", [1, 2])
def test_many_records_in_bulk_under_faults_are_all_there(simulator, seed):
    keys = contracts(simulator, 25)
    simulator.advance(60)
    simulator.bulk_rows = 10
    simulator.failing_jobs, simulator.lost_results = seed % 2, 1 - seed % 2
    plain = {**ORDERS, "fields": {**ORDERS["fields"], "product_line": "Line"}}
    loads = Loads(simulator, objects={"orders": plain}, bulk_from=5)
    simulator.faults.at_random(seed, 0.15, FAULTS)
    loads.run()
    assert simulator.faults.injected
    assert simulator.asked("/crm/bulk/")
    rows = loads.latest("custom_orders")
    assert {key: row["amount"] for key, row in rows.items()} == {
        key: Decimal(100 + number) for number, key in enumerate(keys)
    }


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"account_id": "Customer"}, "amount"),
        ({**ORDERS["fields"], "colour": "X"}, "colour"),
    ],
)
def test_a_mapping_that_lacks_or_invents_columns_is_refused(simulator, fields, says):
    with pytest.raises(ConfigurationError, match=says):
        _ = Loads(
            simulator, objects={"orders": {"object": "Contracts", "fields": fields}}
        ).connector


def test_a_field_that_the_own_module_has_not_is_named_by_check_and_stops_the_load(simulator):
    contracts(simulator, 1)
    fields = {**ORDERS["fields"], "delivered_at": "Handed_Over"}
    loads = Loads(simulator, objects={"orders": {**ORDERS, "fields": fields}})
    assert any("Handed_Over" in str(f.text) for f in loads.connector.check() if not f.ok)
    with pytest.raises(PermanentFailure, match="Handed_Over"):
        loads.run()


@pytest.mark.parametrize("kind", ["territory", "group", "field"])
def test_teams_may_be_territories_groups_or_what_a_field_of_the_user_says(simulator, kind):
    org, anna = simulator.org, "4970762000000000011"
    east = {"id": "4970762000000777001", "name": "East"}
    west = {"id": "4970762000000777002", "name": "West"}
    org.users[anna] |= {"territories": [east], "Division": "East"}
    org.groups[anna] = [west, east]
    loads = Loads(
        simulator,
        team_by=kind,
        team_field="Division" if kind == "field" else None,
        regions={"East": "East China"},
    )
    loads.run()
    (team,) = [row for row in loads.rows["roles"] if row["region"]]
    assert (team["name"], team["region"]) == ("East", "East China")
    (person,) = [row for row in loads.rows["users"] if row["id"] == anna]
    assert person["role_id"] == team["id"]
    assert [r["role_id"] for r in loads.rows["users"] if r["id"] != anna] == [None, None]
