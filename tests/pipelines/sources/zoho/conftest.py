"""A simulated Zoho organisation with a few people, customers and deals, and loads from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from simulators.zoho import ZohoSimulator
from zoho_runs import Loads


@pytest.fixture
def simulator() -> Iterator[ZohoSimulator]:
    with ZohoSimulator() as simulator:
        org = simulator.org
        top = org.add_role("CEO")
        north = org.add_role("North", top)
        team = org.add_role("Team One", north)
        boss = org.add_user("Boss", role=north)
        org.add_user("Anna", "4970762000000000011", role=team, Reporting_To=boss)
        org.add_user("Gone", "4970762000000000012", role=team, status="deleted")
        simulator.advance(-30 * 86_400)
        account = simulator.put("Accounts", Account_Name="Acme", Owner="4970762000000000011")
        for number in range(7):
            simulator.advance(3600)
            simulator.put(
                "Deals",
                Deal_Name=f"Deal {number}",
                Stage="Qualification",
                Amount=1000.10 + number,
                Owner="4970762000000000011",
                Account_Name=account,
            )
        simulator.put("Calls", Call_Start_Time=simulator.clock, Owner="4970762000000000011")
        simulator.advance(25 * 86_400)
        yield simulator


@pytest.fixture
def loads(simulator: ZohoSimulator) -> Loads:
    return Loads(simulator)


@pytest.fixture
def deal(simulator: ZohoSimulator) -> Callable[[int], str]:
    """The id of the n-th deal."""
    keys = list(simulator.org.records["Deals"])
    return lambda number: keys[number]
