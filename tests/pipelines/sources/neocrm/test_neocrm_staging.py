"""The staging models on what really was loaded: the sample company comes out as it went in.

The system keeps no past of people and no entry at creation, and its log of changes names nobody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import duckdb
import pandas as pd
import pytest
from neocrm_source import AUTH, NOW, QUICK
from simulators.company import records
from simulators.neocrm import NeocrmSimulator
from simulators.neocrm_company import OPTIONS, TARGET_OPTIONS, fill
from staging_build import build_staging, settings_of

from pipelines.raw_zone.zone import RawZone
from pipelines.sources.neocrm import NeocrmConnector
from pipelines.warehouse.binding import bind
from quality.completeness import check_counted_by_systems, counted_by_systems

AS_OF = dt.date(2026, 10, 31)
DAY = 86_400
# Canonical column -> the object whose id it holds.
IDS = {
    "account_id": "account",
    "contact_id": "contact",
    "lead_id": "lead",
    "opportunity_id": "opportunity",
    "activity_id": "activityRecord",
    "order_id": "order",
    "user_id": "user",
    "owner_id": "user",
    "manager_id": "user",
    "team_id": "department",
    "parent_team_id": "department",
}
# Columns that the system cannot give back as they were, and why.
DIFFERENT = {
    "users": {"valid_from", "valid_to"},  # only the present is known
}


class Staged:
    """The warehouse, and the ids under which the tenant keeps the company's records."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, ids: dict[tuple[str, str], str]
    ) -> None:
        self.connection = connection
        self._canonical = {(name, own): given for (name, given), own in ids.items()}

    def rows(self, model: str) -> list[dict[str, Any]]:
        """The rows of a staging model, with the company's ids."""
        cursor = self.connection.execute(f"select * from staging.stg_neocrm__{model}")
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        for row in rows:
            for key, name in IDS.items():
                if row.get(key):
                    row[key] = self._canonical.get((name, row[key]), row[key])
            if row.get("scope_type") in ("rep", "team"):
                name = {"rep": "user", "team": "department"}[row["scope_type"]]
                row["scope_id"] = self._canonical[name, row["scope_id"]]
        return rows


@pytest.fixture(scope="module")
def staged(
    tmp_path_factory: pytest.TempPathFactory, company: dict[str, pd.DataFrame]
) -> Iterator[Staged]:
    root = tmp_path_factory.mktemp("neocrm")
    with NeocrmSimulator(NOW) as simulator, pytest.MonkeyPatch.context() as environment:
        environment.setenv("NEO_ID", simulator.client_id)
        environment.setenv("NEO_SECRET", simulator.client_secret)
        environment.setenv("NEO_USER", simulator.username)
        environment.setenv("NEO_PASSWORD", simulator.password)
        environment.setenv("NEO_TOKEN", simulator.security_token)
        ids = fill(simulator, company)
        options = {**OPTIONS, **TARGET_OPTIONS, "requests_per_second": 10_000}
        options |= {"history_days": 1_200, "history_window_days": 400}
        source = {
            "name": "neo",
            "system": "neocrm",
            "base_url": simulator.url,
            "auth": AUTH,
            "options": options,
        }
        settings = settings_of(root, source, dt.date(2026, 10, 30))
        zone = RawZone(settings.raw_dir, root / "dlt")
        # On the second night a deal and a target are there for a moment only, on the third gone.
        for night in range(3):
            connector = NeocrmConnector(settings.sources[0], settings, retry=QUICK)
            zone.load("neo", "neocrm", connector, now=simulator.clock)
            if night == 0:
                deal = simulator.put(
                    "opportunity", opportunityName="x", ownerId="1", saleStageId="2001", money=1
                )
                target = simulator.put("salesTarget__c", period__c="2030-01", amount__c=1)
            if night == 1:
                simulator.delete("opportunity", deal)
                simulator.delete("salesTarget__c", target)
            simulator.advance(DAY)
    path = root / "warehouse.duckdb"
    bind(path, settings, zone, as_of=AS_OF, known_at=None)
    build_staging("neocrm", path)
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        yield Staged(connection, ids)


def compared(
    staged: Staged, company: dict[str, pd.DataFrame], entity: str
) -> tuple[dict[Any, dict[str, Any]], dict[Any, dict[str, Any]]]:
    """What came out and what went in, by key, in the columns that the system can give back."""
    found, expected = staged.rows(entity), records(company, entity)
    if entity == "users":  # of several stays the last is the present
        expected.sort(key=lambda row: row["valid_from"])
        expected = list({row["user_id"]: row for row in expected}.values())
        for row in expected:
            row["is_active"] = row["is_active"] is not False and row["valid_to"] is None
    columns = set(expected[0]) - DIFFERENT.get(entity, set())
    assert columns <= set(found[0])
    key = next(iter(expected[0]))
    sides = [{row[key]: {c: row[c] for c in columns} for row in rows} for rows in (found, expected)]
    assert len(found) == len(sides[0]) == len(expected)
    return sides[0], sides[1]


def moves(company: dict[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Changes of stage in their order, each with the amount that the system can know.

    The sample has edits of an amount without a time of their own: the record then has the new amount
    since its last move.
    """
    deals = {row["opportunity_id"]: row for row in records(company, "opportunities")}
    rows = sorted(records(company, "stage_history"), key=lambda row: row["changed_at"])
    for row in rows:
        deal = deals[row["opportunity_id"]]
        if row["changed_at"] == deal["updated_at"]:
            row["amount"] = deal["amount"]
    return rows


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "entity",
    ["users", "teams", "accounts", "contacts", "leads", "opportunities", "activities", "orders"],
)
def test_staging_gives_the_sample_back(
    staged: Staged, company: dict[str, pd.DataFrame], entity: str
) -> None:
    found, expected = compared(staged, company, entity)
    assert found == expected


def test_changes_of_stage_come_from_the_log(
    staged: Staged, company: dict[str, pd.DataFrame]
) -> None:
    columns = ("opportunity_id", "from_stage", "to_stage", "changed_at", "amount")
    rows = moves(company)
    moved = {row["opportunity_id"] for row in rows if row["from_stage"] is not None}
    # The entry at creation is no change; of a deal that never moved, the record itself tells it.
    expected = {
        (*(row[c] for c in columns), row["from_stage"] is None)
        for row in rows
        if row["from_stage"] is not None or row["opportunity_id"] not in moved
    }
    found = staged.rows("stage_history")
    assert {(*(row[c] for c in columns), row["is_observed"]) for row in found} == expected
    assert len(found) == len(expected)


def test_earlier_amounts_come_from_the_log(
    staged: Staged, company: dict[str, pd.DataFrame]
) -> None:
    first = {}
    for row in moves(company):
        first.setdefault(row["opportunity_id"], row["amount"])
    deals = {row["opportunity_id"]: row for row in records(company, "opportunities")}
    versions = sorted(staged.rows("opportunity_versions"), key=lambda r: r["changed_at"])
    earliest, latest = {}, {}
    for row in versions:
        earliest.setdefault(row["opportunity_id"], (row["amount"], row["changed_at"]))
        latest[row["opportunity_id"]] = (row["amount"], row["owner_id"], row["expected_close_date"])
    assert earliest == {key: (first[key], row["created_at"]) for key, row in deals.items()}
    assert latest == {
        key: (row["amount"], row["owner_id"], row["expected_close_date"])
        for key, row in deals.items()
    }
    assert len(versions) > len(deals)


def test_targets_of_an_own_object(staged: Staged, company: dict[str, pd.DataFrame]) -> None:
    columns = [*records(company, "targets")[0]]
    expected = {tuple(row[c] for c in columns) for row in records(company, "targets")}
    assert {tuple(row[c] for c in columns) for row in staged.rows("targets")} == expected


def test_what_the_tenant_counted_has_arrived(staged: Staged) -> None:
    counted = {item.object: item for item in counted_by_systems(staged.connection)}
    assert {"opportunity", "account", "order"} <= set(counted)
    assert counted["opportunity"].system_amount == counted["opportunity"].arrived_amount
    results = check_counted_by_systems(staged.connection)
    assert [result for result in results if not result.passed] == []
