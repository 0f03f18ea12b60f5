"""A tenant of 销售易, the source that reads it, and the raw zone it ends in.

Add here: what several tests of this source ask of them. Keep out: fixtures (`conftest.py`).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from direct_zone import DirectZone
from simulators.neocrm import NeocrmSimulator

from pipelines.configuration.sources import Source
from pipelines.raw_zone.zone import LoadReport, RawZone
from pipelines.settings import Settings
from pipelines.sources.http import RetryPolicy
from pipelines.sources.neocrm import NeocrmConnector
from pipelines.sources.protocol import Extract

NOW = dt.datetime(2026, 10, 30, 18, tzinfo=dt.UTC)
QUICK = RetryPolicy(tries=5, base=0.001, cap=0.002)
AUTH = {
    "client_id": "${NEO_ID}",
    "client_secret": "${NEO_SECRET}",
    "username": "${NEO_USER}",
    "password": "${NEO_PASSWORD}",
    "security_token": "${NEO_TOKEN}",
}


class Tenant:
    """A simulator, its connector with the options given, and the raw zone of one source."""

    def __init__(self, simulator: NeocrmSimulator, settings: Settings, folder: Path) -> None:
        self.simulator, self.settings = simulator, settings
        self.zone: RawZone = DirectZone(folder / "raw", folder / "dlt")
        self.ids: dict[tuple[str, str], str] = {}
        self.options: dict[str, Any] = {}

    def source(self, **options: Any) -> Source:
        usual = {"requests_per_second": 10_000, "history_days": 3, **self.options}
        return Source(
            name="neo",
            system="neocrm",
            base_url=self.simulator.url,
            auth=AUTH,
            options={**usual, **options},
        )

    def connector(self, **options: Any) -> NeocrmConnector:
        return NeocrmConnector(self.source(**options), self.settings, retry=QUICK)

    def load(self, now: dt.datetime | None = None, **options: Any) -> LoadReport:
        moment = now or self.simulator.clock
        return self.zone.load("neo", "neocrm", self.connector(**options), now=moment)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All versions in the raw zone, in the order of loads."""
        loads = self.zone.completed_loads("neo")
        return [
            row
            for path in self.zone.files("neo", table, loads)
            for row in pq.read_table(path).to_pylist()
        ]

    def latest(self, table: str, name: str) -> dict[str, dict[str, Any]]:
        """The newest version of each record that the last sweep of ids did not miss.

        Fails if one load holds a record twice.
        """
        versions = self.rows(table)
        twice = Counter((row["id"], row["_loaded_at"]) for row in versions)
        assert not [pair for pair, count in twice.items() if count > 1]
        sweeps = [row for row in self.rows("id_sweep") if row["object"] == name]
        swept_at = max((row["_loaded_at"] for row in sweeps), default=None)
        seen = {row["id"] for row in sweeps if row["_loaded_at"] == swept_at}
        versions.sort(key=lambda row: (row["updated_at"], row["_loaded_at"]))
        return {
            row["id"]: row
            for row in versions
            if swept_at is None or row["_loaded_at"] > swept_at or row["id"] in seen
        }

    def expected(self, name: str) -> dict[str, tuple[Any, ...]]:
        """Id -> what the raw zone must know of a simulated opportunity."""
        return {
            key: (row.get("opportunityName"), row.get("money"), row["updatedAt"])
            for key, row in self.simulator.tenant.records[name].items()
        }


def seen_deals(tenant: Tenant) -> dict[str, tuple[Any, ...]]:
    """As `Tenant.expected`, from the raw zone."""
    return {
        key: (
            row["opportunity_name"],
            None if row["money"] is None else float(row["money"]),
            round(row["updated_at"].timestamp() * 1_000),
        )
        for key, row in tenant.latest("opportunity", "opportunity").items()
    }


def extract_of(report: LoadReport, table: str) -> Extract:
    return next(item for item in report.extracts if item.entity == table)
