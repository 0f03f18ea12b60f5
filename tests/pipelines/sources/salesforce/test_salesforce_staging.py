"""The staging models on what really was loaded: the sample company comes out as it went in."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from simulators.company import records, sample_frames
from simulators.salesforce_company import OPTIONS, sf_id
from staging_build import build_staging

from pipelines.raw_zone.zone import RawZone
from pipelines.warehouse.binding import bind, connect

AS_OF = dt.date(2026, 10, 31)
# Canonical column -> object whose id it holds.
IDS = {
    "account_id": "Account", "contact_id": "Contact", "lead_id": "Lead", "opportunity_id": "Opportunity",
    "owner_id": "User", "changed_by": "User", "manager_id": "User", "user_id": "User",
    "order_id": "Order", "event_id": "OpportunityHistory", "team_id": "UserRole",
}  # fmt: skip


def build(night, folder: Path) -> Path:
    """The warehouse of the loads, with the staging models built and tested by dbt."""
    warehouse = folder / "warehouse.duckdb"
    # dbt is called for the sample company, and refuses a warehouse of any other.
    company = night.settings.company.model_copy(
        update={"timezone": "Asia/Shanghai", "currency": "CNY", "language": "zh"}
    )
    settings = replace(night.settings, sources=(night.connector.source,), company=company)
    bind(warehouse, settings, night.raw_zone, as_of=AS_OF, known_at=None)
    build_staging("salesforce", warehouse)
    return warehouse


def staged(warehouse: Path, model: str) -> list[dict[str, Any]]:
    with connect(warehouse, read_only=True) as connection:
        relation = connection.sql(f"from staging.stg_salesforce__{model}")
        return relation.to_arrow_table().to_pylist()


def in_org(row: dict[str, Any], columns: set[str]) -> dict[str, Any]:
    """A canonical record with the org's ids in place of its own."""
    return {
        key: sf_id(IDS[key], value) if key in IDS else value
        for key, value in row.items()
        if key in columns
    }


def by(rows: list[dict[str, Any]], key: str) -> dict[Any, dict[str, Any]]:
    found = {row[key]: row for row in rows}
    assert len(found) == len(rows)
    return found


COMPARED = {
    "accounts": (
        "account_id",
        "account_name owner_id created_at industry region credit_code status",
    ),
    "contacts": ("contact_id", "account_id contact_name title"),
    "leads": (
        "lead_id",
        "lead_name owner_id source_channel status created_at converted_at opportunity_id",
    ),
    "opportunities": (
        "opportunity_id",
        "opportunity_name account_id owner_id product_line stage amount currency created_at "
        "expected_close_date closed_at updated_at lost_reason",
    ),
    "orders": (
        "order_id",
        "opportunity_id account_id owner_id product_line amount currency ordered_at promised_at "
        "delivered_at status",
    ),
    "teams": ("team_id", "team_name region"),
}


@pytest.mark.timeout(300)
def test_the_sample_company_comes_out_as_it_went_in(night):
    frames = sample_frames(4)
    night.zone_kind = RawZone  # dlt and all, as in a night
    simulator = night.simulator
    simulator.fill(4)
    night.options.update(OPTIONS)
    night.load()
    # A second night, on which two deals are deleted and one comes back.
    deals = sorted(simulator.org.records["Opportunity"])[:2]
    simulator.advance(24 * 3600)
    simulator.delete("Opportunity", deals[0])
    simulator.delete("Opportunity", deals[1])
    simulator.advance(3600)
    simulator.undelete("Opportunity", deals[1])
    simulator.advance(3600)
    night.load()
    warehouse = build(night, night.folder)

    for entity, (key, names) in COMPARED.items():
        columns = {key, *names.split()}
        expected = by([in_org(row, columns) for row in records(frames, entity)], key)
        found = by([{c: row[c] for c in columns} for row in staged(warehouse, entity)], key)
        if entity == "opportunities":
            del expected[deals[0]]
            # Coming back moved its stamp.
            expected[deals[1]]["updated_at"] = found[deals[1]]["updated_at"]
        if entity == "teams":
            # Roles of the company and its regions have no people and no counterpart.
            found = {name: row for name, row in found.items() if name in expected}
        assert set(found) == set(expected), entity
        different = [name for name in expected if found[name] != expected[name]]
        assert different == [], (entity, found[different[0]], expected[different[0]])

    activities = {
        (sf_id("User", row["owner_id"]), row["occurred_at"], row["direction"], row["activity_type"])
        for row in records(frames, "activities")
    }
    assert {
        (row["owner_id"], row["occurred_at"], row["direction"], row["activity_type"])
        for row in staged(warehouse, "activities")
    } == activities
    completeness = by(staged(warehouse, "completeness"), "object")
    assert completeness["Opportunity"]["system_rows"] == len(frames["opportunities"]) - 1
    assert (
        completeness["Opportunity"]["system_amount"]
        == completeness["Opportunity"]["arrived_amount"]
    )
    monthly = {
        (row["period"], sf_id("User", row["scope_id"])): row["target_amount"]
        for row in sorted(records(frames, "targets"), key=lambda row: row["effective_from"])
        if row["scope_type"] == "rep" and row["metric"] == "revenue" and len(row["period"]) == 7
    }
    assert {
        (row["period"], row["scope_id"]): row["target_amount"]
        for row in staged(warehouse, "targets")
    } == monthly
