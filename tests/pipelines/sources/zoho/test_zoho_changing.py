"""Zoho fields that change between loads: the figures are right, or the load says why it stopped."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as tried
from simulators.changing import STEPS, right_or_said
from simulators.zoho import ZohoSimulator
from zoho_runs import Loads

from pipelines.failures import PermanentFailure

FIELDS = ("Amount", "Closing_Date", "Stage", "Reason_For_Loss__s")


def organisation(simulator: ZohoSimulator) -> dict[str, Decimal]:
    amounts = {}
    for number in range(24):
        simulator.advance(60)
        key = simulator.put(
            "Deals",
            Deal_Name=f"Deal {number}",
            Stage="Qualification",
            Amount=1000 + number,
            Closing_Date=dt.date(2026, 11, 20),
            Reason_For_Loss__s="Price",
            Owner="1",
        )
        amounts[key] = Decimal(1000 + number)
    return amounts


@tried(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
@example(steps=[("blank", 0, True)])
@example(steps=[("rename", 0, False)])
@example(steps=[("retype", 0, True)])
def test_amounts_are_right_or_the_load_says_why(steps):
    with ZohoSimulator() as simulator:
        simulator.advance(-86_400)
        amounts = organisation(simulator)
        simulator.advance(86_400)
        org, loads = simulator.org, Loads(simulator)
        names = {name: name for name in FIELDS}  # as they are called now

        def change(kind: str, which: int) -> None:
            simulator.advance(3_600)
            name = FIELDS[which % len(FIELDS)]
            now = names[name]
            records = org.records["Deals"].values()
            if kind == "add" or now not in org.fields["Deals"]:
                org.add_field("Deals", f"New_{simulator.clock:%H%M}", "text")
            elif kind == "rename":
                names[name] = f"{now}_1"
                org.add_field("Deals", names[name], org.fields["Deals"][now])
                for record in records:
                    record[names[name]] = record[now]
                org.drop_field("Deals", now)
            elif kind in ("hide", "remove"):
                org.drop_field("Deals", now)
            elif kind == "blank":
                for record in records:
                    record[now] = None
            elif kind == "retype":
                org.fields["Deals"][now] = "text"
                for record in records:
                    record[now] = None if record[now] is None else f"about {record[now]}"
            else:
                key = next(iter(org.records["Deals"]))
                if names["Amount"] in org.fields["Deals"] and kind == "edit":
                    simulator.put("Deals", key, **{names["Amount"]: 7})
                    amounts[key] = Decimal(7)

        def seen() -> dict[str, Decimal]:
            return {key: row["amount"] for key, row in loads.latest("deals").items()}

        def load(full: bool) -> None:
            simulator.advance(3_600)
            loads.run(full=full)

        right_or_said(steps, change=change, load=load, seen=seen, truth=lambda: dict(amounts))


@pytest.mark.parametrize("missing", ["Amount", "Closing_Date"])
def test_what_a_hidden_field_costs_is_said_before_and_stops_the_first_load(simulator, missing):
    simulator.org.drop_field("Deals", missing)
    column = {"Amount": "amount", "Closing_Date": "expected_close_date"}[missing]
    loads = Loads(simulator)
    found = {str(finding.subject): finding for finding in loads.connector.check()}["Deals"]
    assert not found.ok
    assert f"without opportunities.{column}: no" in str(found.text)
    with pytest.raises(PermanentFailure, match=f"opportunities.{column}") as caught:
        loads.run()
    assert "accept_missing" in str(caught.value)
    known = Loads(simulator, accept_missing=[f"opportunities.{column}"])
    known.run()
    assert len(known.latest("deals")) == 7
    assert {str(f.subject): f for f in known.connector.check()}["Deals"].ok
