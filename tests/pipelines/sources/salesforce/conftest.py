"""A Salesforce simulator, a source that reads it, and the raw zone it is loaded into."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from direct_zone import DirectZone
from simulators.salesforce import SalesforceSimulator

from pipelines.configuration.sources import Source
from pipelines.raw_zone.zone import LoadReport, RawZone
from pipelines.settings import Settings
from pipelines.sources.http import RetryPolicy
from pipelines.sources.salesforce import SalesforceConnector
from pipelines.warehouse.binding import connect

QUICK = RetryPolicy(tries=4, base=0.001, cap=0.002, longest_wait=0.2)


@dataclass
class Night:
    """One installation that reads one simulated org, night after night."""

    simulator: SalesforceSimulator
    settings: Settings
    folder: Path
    options: dict[str, Any] = field(default_factory=dict)
    zone_kind: type[RawZone] = DirectZone
    auth: dict[str, str] = field(
        default_factory=lambda: {
            "client_id": "${SIM_SF_CLIENT_ID}",
            "client_secret": "${SIM_SF_CLIENT_SECRET}",
        }
    )

    @property
    def connector(self) -> SalesforceConnector:
        source = Source(
            name="crm",
            system="salesforce",
            base_url=self.simulator.url,
            auth=self.auth,
            options={"requests_per_second": 10_000, "overlap_minutes": 30, **self.options},
        )
        return SalesforceConnector(source, self.settings, retry=QUICK)

    @property
    def raw_zone(self) -> RawZone:
        return self.zone_kind(self.folder / "raw", self.folder / "work")

    def load(self, now: dt.datetime | None = None) -> LoadReport:
        """One night's load at the simulated time."""
        return self.raw_zone.load(
            "crm", "salesforce", self.connector, now=now or self.simulator.clock
        )

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All versions in the raw zone."""
        zone = self.raw_zone
        files = zone.files("crm", table, zone.completed_loads("crm"))
        if not files:
            return []
        listed = ", ".join(f"'{path}'" for path in files)
        with connect(Path(":memory:")) as connection:
            relation = connection.sql(f"from read_parquet([{listed}], union_by_name = true)")
            return relation.to_arrow_table().to_pylist()

    def alive(self, table: str, name: str, stamp: str = "system_modstamp") -> dict[str, dict]:
        """Newest version of each record that still exists, by the rule of the staging models."""
        newest: dict[str, dict[str, Any]] = {}
        for row in self.rows(table):
            old = newest.get(row["id"])
            if old is None or _order(row, stamp) > _order(old, stamp):
                newest[row["id"]] = row
        sweeps = [row for row in self.rows("id_sweep") if row["object"] == name]
        last = max((row["_loaded_at"] for row in sweeps), default=None)
        seen = {row["id"] for row in sweeps if row["_loaded_at"] == last}
        return {
            key: row
            for key, row in newest.items()
            if not row.get("_deleted") and (last is None or row["_loaded_at"] > last or key in seen)
        }


def _order(row: dict[str, Any], stamp: str) -> tuple[Any, ...]:
    return (row[stamp], row["_loaded_at"], bool(row.get("_deleted")))


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Planted credentials in the environment."""
    monkeypatch.setenv("SIM_SF_CLIENT_ID", "sim-client-id")
    monkeypatch.setenv("SIM_SF_CLIENT_SECRET", "sim-client-secret")
    return "sim-client-id", "sim-client-secret"


@pytest.fixture
def simulator() -> Iterator[SalesforceSimulator]:
    with SalesforceSimulator() as running:
        yield running


@pytest.fixture
def night(
    simulator: SalesforceSimulator, settings: Settings, tmp_path: Path, secrets: tuple[str, str]
) -> Night:
    return Night(simulator, settings, tmp_path / "data")


@pytest.fixture
def small_org(simulator: SalesforceSimulator) -> dict[str, Any]:
    """An org with a few of everything; ids by a short name."""
    put = simulator.put
    top = put("UserRole", Name="Company", DeveloperName="Top")
    north = put("UserRole", Name="North", DeveloperName="North", ParentRoleId=top)
    team = put("UserRole", Name="North 1", DeveloperName="North_1", ParentRoleId=north)
    put("Organization", Name="Acme", DefaultCurrencyIsoCode="EUR")
    anna = put(
        "User",
        Name="Anna",
        Email="a@x.example",
        IsActive=True,
        UserRoleId=team,
        UserType="Standard",
    )
    ben = put("User", Name="Ben", IsActive=True, UserRoleId=team, UserType="Standard")
    account = put("Account", Name="Müller & Söhne, 北京", OwnerId=anna)
    deals = [
        put(
            "Opportunity",
            Name=f"Deal {number}",
            AccountId=account,
            OwnerId=anna,
            StageName="Lead",
            Amount=1000.1 + number,
            CloseDate=dt.date(2026, 12, 31),
        )
        for number in range(5)
    ]
    task = put(
        "Task", OwnerId=anna, WhatId=deals[0], IsClosed=True, CompletedDateTime=simulator.clock
    )
    simulator.advance(3600)
    return {
        "anna": anna,
        "ben": ben,
        "account": account,
        "deals": deals,
        "task": task,
        "team": team,
    }
