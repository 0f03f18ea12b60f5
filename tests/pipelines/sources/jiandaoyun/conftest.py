"""A small tenant of 简道云 on loopback, the source that reads it, and the raw zone it ends in."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from simulators.jiandaoyun import JiandaoyunSimulator
from simulators.jiandaoyun_company import APP, fill

from pipelines.configuration.sources import Source
from pipelines.raw_zone import LoadReport, RawZone
from pipelines.sample import generate
from pipelines.settings import Settings
from pipelines.sources.jiandaoyun import JiandaoyunConnector
from pipelines.sources.protocol import Extract

NOW = dt.datetime(2026, 10, 30, 18, tzinfo=dt.UTC)


class Tenant:
    """A simulator, its connector with the options given, and the raw zone of one source."""

    def __init__(self, simulator: JiandaoyunSimulator, settings: Settings, folder: Path) -> None:
        self.simulator, self.settings = simulator, settings
        self.zone = RawZone(folder / "raw", folder / "dlt")
        self.waits: list[float] = []
        self.ids: dict[str, dict[str, str]] = {}

    def connector(self, key: str = "${JDY_KEY}", **options: Any) -> JiandaoyunConnector:
        source = Source(
            name="jdy",
            system="jiandaoyun",
            base_url=f"{self.simulator.url}/api/",
            auth={"api_key": key},
            options={"app_id": APP, "requests_per_second": 50, **options},
        )
        return JiandaoyunConnector(source, self.settings, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def load(self, now: dt.datetime | None = None, **options: Any) -> LoadReport:
        moment = now or self.simulator.clock
        return self.zone.load("jdy", "jiandaoyun", self.connector(**options), now=moment)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All versions in the raw zone, in the order of loads."""
        loads = self.zone.completed_loads("jdy")
        return [
            row
            for path in self.zone.files("jdy", table, loads)
            for row in pq.read_table(path).to_pylist()
        ]

    def latest(self, entity: str, key: str) -> dict[str, dict[str, Any]]:
        """The newest version of each record whose id was in the newest list of ids.

        Fails if one load holds a record twice.
        """
        versions = self.rows(entity)
        twice = Counter((row[key], row["_loaded_at"]) for row in versions)
        assert not [pair for pair, count in twice.items() if count > 1]
        listed = [row for row in self.rows("live_ids") if row["entity"] == entity]
        counted_at = max((row["_loaded_at"] for row in listed), default=None)
        live = {row["record_id"] for row in listed if row["_loaded_at"] == counted_at}
        versions.sort(key=lambda row: (row.get("updated_at") or NOW, row["_loaded_at"]))
        return {
            row[key]: row
            for row in versions
            if row.get("record_id", row[key]) in live or row["_loaded_at"] > counted_at
        }


def extract_of(report: LoadReport, entity: str) -> Extract:
    return next(item for item in report.extracts if item.entity == entity)


@pytest.fixture(scope="session")
def company() -> dict[str, pd.DataFrame]:
    """The smallest sample company, its last months only."""
    frames = dict(generate(reps=4, seed=5).frames)
    frames["activities"] = frames["activities"].tail(250)
    frames["leads"] = frames["leads"].tail(120)
    return frames


@pytest.fixture
def simulator() -> Iterator[JiandaoyunSimulator]:
    with JiandaoyunSimulator(NOW) as running:
        yield running


@pytest.fixture
def tenant(
    simulator: JiandaoyunSimulator,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Tenant:
    """A tenant without records; `fill` it or create some."""
    monkeypatch.setenv("JDY_KEY", simulator.key)
    return Tenant(simulator, settings, tmp_path)


@pytest.fixture
def filled(tenant: Tenant, company: dict[str, pd.DataFrame]) -> Tenant:
    """The tenant with the whole sample company in it."""
    tenant.ids = fill(tenant.simulator, company)
    return tenant
