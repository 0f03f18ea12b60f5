"""One installation that reads one simulated Kingdee site, night after night."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from direct_zone import DirectZone
from simulators.kingdee import KingdeeSimulator
from simulators.kingdee_company import OPTIONS

from pipelines.configuration.sources import Source
from pipelines.raw_zone.zone import LoadReport, RawZone
from pipelines.settings import Settings
from pipelines.sources.http import RetryPolicy
from pipelines.sources.kingdee import KingdeeConnector
from pipelines.sources.protocol import Extract

NOW = dt.datetime(2026, 10, 30, 18, tzinfo=dt.UTC)
QUICK = RetryPolicy(tries=5, base=0.001, cap=0.002)
AUTH = {
    "acct_id": "${SIM_KD_ACCT}",
    "user_name": "${SIM_KD_USER}",
    "app_id": "${SIM_KD_APP}",
    "app_secret": "${SIM_KD_SECRET}",
}


def plant(monkeypatch: pytest.MonkeyPatch, simulator: KingdeeSimulator) -> None:
    """The site's credentials in the environment."""
    monkeypatch.setenv("SIM_KD_ACCT", simulator.acct_id)
    monkeypatch.setenv("SIM_KD_USER", simulator.user_name)
    monkeypatch.setenv("SIM_KD_APP", simulator.app_id)
    monkeypatch.setenv("SIM_KD_SECRET", simulator.app_secret)


@dataclass
class Night:
    """`slept` collects the waits that a load would have made."""

    simulator: KingdeeSimulator
    settings: Settings
    folder: Path
    options: dict[str, Any] = field(default_factory=dict)
    slept: list[float] = field(default_factory=list)
    zone_kind: type[RawZone] = DirectZone

    @property
    def connector(self) -> KingdeeConnector:
        source = Source(
            name="erp",
            system="kingdee",
            base_url=self.simulator.base_url,
            auth=AUTH,
            options={**OPTIONS, **self.options},
        )
        return KingdeeConnector(source, self.settings, retry=QUICK, sleep=self.slept.append)

    @property
    def raw_zone(self) -> RawZone:
        return self.zone_kind(self.folder / "raw", self.folder / "work")

    def load(self) -> LoadReport:
        """One night's load at the simulated time."""
        return self.raw_zone.load("erp", "kingdee", self.connector, now=self.simulator.clock)

    def extract(self) -> dict[str, Extract]:
        """What a run after the completed loads would say of each table, without loading it."""
        items = self.connector.extract(self.raw_zone.previous("erp"), self.simulator.clock)
        return {item.entity: item for item in items if isinstance(item, Extract)}

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All versions in the raw zone."""
        zone = self.raw_zone
        files = zone.files("erp", table, zone.completed_loads("erp"))
        return [row for path in files for row in pq.read_table(path).to_pylist()]

    def alive(self, form: str) -> dict[str, dict[str, Any]]:
        """Newest version of each record that still exists, by the rule of the staging models."""
        newest: dict[str, dict[str, Any]] = {}
        for row in self.rows(form):
            old = newest.get(row["id"])
            assert old is None or old["_loaded_at"] != row["_loaded_at"], "twice in one load"
            if old is None or row["_loaded_at"] > old["_loaded_at"]:
                newest[row["id"]] = row
        sweeps = [row for row in self.rows("id_sweep") if row["form"] == form]
        last = max((row["_loaded_at"] for row in sweeps), default=None)
        seen = {row["id"] for row in sweeps if row["_loaded_at"] == last}
        return {
            key: row
            for key, row in newest.items()
            if last is None or row["_loaded_at"] > last or key in seen
        }

    def entries(self, table: str) -> dict[str, list[dict[str, Any]]]:
        """Entries of each record as its newest load brought them."""
        rows = self.rows(table)
        last: dict[str, dt.datetime] = {}
        for row in rows:
            last[row["parent_id"]] = max(
                last.get(row["parent_id"], row["_loaded_at"]), row["_loaded_at"]
            )
        found: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            if row["_loaded_at"] == last[row["parent_id"]]:
                found.setdefault(row["parent_id"], []).append(row)
        return found


def extract_of(report: LoadReport, entity: str) -> Extract:
    """The report's extract of a raw table."""
    return next(item for item in report.extracts if item.entity == entity)
