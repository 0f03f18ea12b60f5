"""Two nights of the sample company through Kingdee, raw zone and staging: it comes out as it went in."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from kingdee_site import NOW, QUICK
from simulators.company import by_accounts, records, sample_frames
from simulators.kingdee import KingdeeSimulator
from simulators.kingdee_company import OPTIONS, auth, fill
from staging_build import build_staging, settings_of

from pipelines.raw_zone.zone import RawZone
from pipelines.sources.kingdee import KingdeeConnector
from pipelines.warehouse.binding import bind, connect
from quality.completeness import check_counted_by_systems, counted_by_systems

AS_OF = dt.date(2026, 10, 31)
DAY = 86_400
# Canonical ids that Kingdee replaces by its own key, and the entity they are of; customers, people and
# departments keep their numbers.
KEYS = {
    "opportunity_id": "opportunities",
    "order_id": "orders",
    "lead_id": "leads",
    "contact_id": "contacts",
    "activity_id": "activities",
}
# Columns that cannot come back as they were, and why.
DIFFERENT = {
    # Phases have ids of their own, and who closed a deal is not kept: only its state tells it.
    "stage_history": {"event_id", "changed_by"},
}
CLOSING = ("赢单", "输单")
GRAIN = {
    "stage_history": ("opportunity_id", "changed_at", "to_stage"),
    "targets": ("period", "scope_type", "scope_id", "metric", "effective_from"),
}


class Trial:
    """The site of two nights, its warehouse, and what was changed between them."""

    def __init__(self, frames, root):
        self.frames = frames
        with KingdeeSimulator(NOW) as simulator:
            self.ids = fill(simulator, frames)
            self.names = {
                entity: {str(n): name for name, n in given.items()}
                for entity, given in self.ids.items()
            }
            settings = self._settings(simulator, root)
            zone = RawZone(settings.raw_dir, root / "work")
            connector = KingdeeConnector(
                settings.sources[0], settings, retry=QUICK, sleep=lambda _: None
            )
            zone.load("erp", "kingdee", connector, now=simulator.clock)
            self._second_day(simulator)
            zone.load("erp", "kingdee", connector, now=simulator.clock)
        self.path = root / "warehouse.duckdb"
        bind(self.path, settings, zone, as_of=AS_OF, known_at=None)
        assert build_staging("kingdee", self.path) == {}

    def _settings(self, simulator, root):
        teams = records(self.frames, "teams")
        source = {
            "name": "erp",
            "system": "kingdee",
            "base_url": simulator.base_url,
            "auth": auth(simulator),
            "options": {
                **OPTIONS,
                "regions": {row["team_id"]: row["region"] for row in teams if row["region"]},
            },
        }
        source["options"]["forms"] = {
            **OPTIONS["forms"],
            "contact": {"columns": {"title": "F_KD_Title"}},
        }
        return settings_of(root, source, AS_OF)

    def _second_day(self, simulator):
        """One deal is deleted, one is worth more, one order is cancelled, one goes back for a change."""
        deals = [r["opportunity_id"] for r in records(self.frames, "opportunities")]
        orders = [r["order_id"] for r in records(self.frames, "orders") if r["status"] == "执行中"]
        self.deleted, self.dearer = deals[0], deals[-1]
        self.cancelled, self.reopened = orders[:2]
        of = {entity: self.ids[entity] for entity in ("opportunities", "orders")}
        simulator.advance(DAY)
        self.edited_at = simulator.clock
        deal, order = "CRM_OPP_Opportunity", "SAL_SaleOrder"
        simulator.delete(deal, of["opportunities"][self.deleted])
        simulator.edit(deal, of["opportunities"][self.dearer], {"F_KD_Amount": 77.5})
        simulator.edit(order, of["orders"][self.cancelled], {"FCancelStatus": "B"}, touch=False)
        simulator.edit(order, of["orders"][self.reopened], {"FDocumentStatus": "D"})
        simulator.advance(3600)

    def staged(self, model):
        """Rows of a staging model, with the sample's ids where it had others."""
        with connect(self.path, read_only=True) as connection:
            rows = connection.sql(f"from staging.stg_kingdee__{model}").to_arrow_table().to_pylist()
        for row in rows:
            for column, entity in KEYS.items():
                if row.get(column):
                    row[column] = self.names[entity][row[column]]
        return rows

    def expected(self, entity):
        """The sample's rows as they should stand on the second night."""
        rows = records(self.frames, entity)
        if entity == "users":  # of several stays the last is the present
            rows.sort(key=lambda row: row["valid_from"])
            rows = list({row["user_id"]: row for row in rows}.values())
        if entity in ("opportunities", "stage_history"):
            rows = [row for row in rows if row["opportunity_id"] != self.deleted]
        if entity == "stage_history":
            rows = self._without_closings_taken_back(rows)
        for row in rows:
            if entity == "opportunities" and row["opportunity_id"] == self.dearer:
                row |= {"amount": Decimal("77.50"), "updated_at": self.edited_at}
            if entity == "orders" and row["order_id"] == self.cancelled:
                row["status"] = "已取消"
        if entity == "orders":
            rows = [row for row in rows if row["order_id"] != self.reopened]
        return rows

    def _without_closings_taken_back(self, rows):
        """A closing is a state and no phase: once taken back, before any load has seen it, it is gone."""
        kept: dict[str, list[dict]] = {}
        for row in sorted(rows, key=lambda row: (row["opportunity_id"], row["changed_at"])):
            events = kept.setdefault(row["opportunity_id"], [])
            if events and events[-1]["to_stage"] in CLOSING:
                events.pop()
            if not events or events[-1]["to_stage"] != row["to_stage"]:
                events.append(row)
        return [row for events in kept.values() for row in events]


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    whole = sample_frames(reps=4)
    # Every eighth customer, and all of the targets.
    frames = by_accounts(whole, set(whole["accounts"]["account_id"][::8]))
    return Trial({**frames, "targets": whole["targets"]}, tmp_path_factory.mktemp("kingdee"))


@pytest.mark.timeout(300)
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
        "targets",
    ],
)
def test_staging_gives_the_sample_back(trial, entity):
    got, expected = trial.staged(entity), trial.expected(entity)
    assert set(expected[0]) <= set(got[0])
    compared = set(expected[0]) - DIFFERENT.get(entity, set())
    grain = GRAIN.get(entity, (next(iter(expected[0])),))

    def bare(rows):
        return {
            tuple(row[k] for k in grain): {name: row[name] for name in compared} for row in rows
        }

    assert len(got) == len(expected) == len(bare(got))
    found, wanted = bare(got), bare(expected)
    assert set(found) == set(wanted)
    different = [key for key, row in wanted.items() if found[key] != row]
    assert different == [], (found[different[0]], wanted[different[0]])


def test_who_moved_a_deal_is_known_but_for_its_closing(trial):
    by_event = {
        (row["opportunity_id"], row["changed_at"], row["to_stage"]): row["changed_by"]
        for row in trial.staged("stage_history")
    }
    moves = [row for row in trial.expected("stage_history") if row["to_stage"] not in CLOSING]
    assert moves
    for row in moves:
        key = (row["opportunity_id"], row["changed_at"], row["to_stage"])
        assert by_event[key] == row["changed_by"]


def test_a_changed_amount_leaves_the_version_before(trial):
    versions = [
        r for r in trial.staged("opportunity_versions") if r["opportunity_id"] == trial.dearer
    ]
    (deal,) = (
        row
        for row in records(trial.frames, "opportunities")
        if row["opportunity_id"] == trial.dearer
    )
    versions.sort(key=lambda row: row["changed_at"])
    assert [(row["amount"], row["changed_at"]) for row in versions] == [
        (deal["amount"], deal["updated_at"] or deal["created_at"]),
        (Decimal("77.50"), trial.edited_at),
    ]


def test_what_the_site_listed_has_arrived(trial):
    with connect(trial.path, read_only=True) as connection:
        counted = {item.object: item for item in counted_by_systems(connection)}
        results = check_counted_by_systems(connection)
    # Forms of changes are compared by the connector; these are read whole every night.
    assert {"customer", "department", "salesman"} <= set(counted)
    assert counted["customer"].arrived_rows == counted["customer"].system_rows > 0
    assert [result for result in results if not result.passed] == []
