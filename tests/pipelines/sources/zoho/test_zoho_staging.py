"""A region of the sample company through Zoho, raw zone and staging: the same as in the sample."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest
from simulators.company import of_regions, records, regions, sample_frames
from simulators.zoho import ZohoSimulator
from simulators.zoho_company import canonical_id, fill, source_options
from staging_build import build_staging, settings_of
from zoho_runs import QUICK

from pipelines.raw_zone.zone import RawZone
from pipelines.sources.zoho import ZohoConnector
from pipelines.warehouse.binding import bind
from quality.completeness import check_counted_by_systems, counted_by_systems

AS_OF = dt.date(2026, 10, 30)
IDS = ("opportunity_id", "account_id", "owner_id", "contact_id", "lead_id", "activity_id")
IDS += ("order_id", "event_id", "changed_by", "user_id", "team_id", "manager_id")
# Columns that Zoho cannot give back as they were, and why.
DIFFERENT = {
    "users": {"valid_from", "valid_to", "team_id"},  # only the present; the heads have a role, too
    "teams": {"parent_team_id"},  # the role above is the region's
}


@pytest.fixture(scope="module")
def frames():
    whole = sample_frames()
    return of_regions(whole, regions(whole)[:1])


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory, frames):
    root = tmp_path_factory.mktemp("zoho")
    with ZohoSimulator() as simulator:
        fill(simulator, frames)
        source = {
            "name": "crm",
            "system": "zoho",
            "base_url": simulator.url,
            "auth": simulator.auth(),
            "options": source_options(frames),
        }
        settings = settings_of(root, source, AS_OF)
        zone = RawZone(settings.raw_dir, root / "work")
        for _ in range(2):
            connector = ZohoConnector(settings.sources[0], retry=QUICK, sleep=lambda _: None)
            zone.load("crm", "zoho", connector, now=simulator.clock)
            simulator.advance(86_400)
    path = root / "warehouse.duckdb"
    bind(path, settings, zone, as_of=AS_OF, known_at=None)
    assert build_staging("zoho", path) == {}
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        yield connection


@pytest.mark.parametrize(
    "entity",
    [
        "users",
        "teams",
        "accounts",
        "contacts",
        "leads",
        "opportunities",
        "stage_history",
        "activities",
        "orders",
    ],
)
def test_staging_gives_the_sample_back(warehouse, frames, entity):
    cursor = warehouse.execute(f"select * from staging.stg_zoho__{entity}")
    names = [column[0] for column in cursor.description]
    got = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in got:
        row |= {key: canonical_id(row[key]) for key in IDS if row.get(key)}
    expected = records(frames, entity)
    if entity == "users":  # of several stays the last is the present
        expected = list(
            {u["user_id"]: u for u in sorted(expected, key=lambda u: u["valid_from"])}.values()
        )
    if entity == "teams":
        got = [row for row in got if row["team_name"] in {t["team_name"] for t in expected}]
    compared = set(expected[0]) & set(names) - DIFFERENT.get(entity, set())
    if entity == "activities":  # follow-up of a deal stands at the deal's customer
        assert {"opportunity_id", "account_id", "direction"} <= compared
    key = next(iter(expected[0]))

    def bare(rows):
        return {row[key]: {name: row[name] for name in compared} for row in rows}

    assert len(got) == len(expected) == len(bare(got))
    assert bare(got) == bare(expected)


def test_the_canonical_columns_are_all_there(warehouse, frames):
    for entity in frames:
        columns = warehouse.execute(f"describe staging.stg_zoho__{entity}").fetchall()
        assert set(records(frames, entity)[0]) <= {name for name, *_ in columns}


def test_what_zoho_counted_is_what_staging_counts(warehouse):
    counted = {item.object: item for item in counted_by_systems(warehouse)}
    assert {"deals", "accounts", "sales_orders", "calls"} <= set(counted)
    assert counted["deals"].system_rows is not None
    results = check_counted_by_systems(warehouse)
    assert results
    assert [result for result in results if not result.passed] == []
