"""A tenant of 简道云 under test: simulator, connector and the raw zone it loads into.

Add here: how tests load and read. Keep out: what is right (the tests).
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from direct_zone import DirectZone
from simulators.jiandaoyun import JiandaoyunSimulator
from simulators.jiandaoyun_company import APP

from pipelines.configuration.sources import Source
from pipelines.raw_zone.zone import LoadReport, RawZone
from pipelines.settings import Settings
from pipelines.sources.jiandaoyun import JiandaoyunConnector
from pipelines.sources.jiandaoyun.forms import FORMS
from pipelines.sources.protocol import Extract

NOW = dt.datetime(2026, 10, 30, 18, tzinfo=dt.UTC)
# Options that read opportunities (and the directory) only.
ONLY_DEALS: dict[str, Any] = {entity: False for entity in FORMS if entity != "opportunities"}


class Tenant:
    """A simulator, its connector with the options given, and the raw zone of one source."""

    def __init__(self, simulator: JiandaoyunSimulator, settings: Settings, folder: Path) -> None:
        self.simulator, self.settings = simulator, settings
        self.zone: RawZone = DirectZone(folder / "raw", folder / "dlt")
        self.waits: list[float] = []
        self.waits_really = False
        self.ids: dict[str, dict[str, str]] = {}
        self.forms: dict[str, Any] = {}

    def add_people(self, *usernames: str) -> None:
        """Members of department 12, which lies in region 1."""
        nodes = ((1, "总公司", 0), (11, "华东", 1), (12, "华东一部", 11))
        for number, name, parent in nodes:
            self.simulator.departments[number] = {
                "dept_no": number,
                "name": name,
                "parent_no": parent,
                "type": 0,
                "status": 1,
            }
        for number, username in enumerate(usernames):
            self.simulator.people[username] = {
                "_id": f"60aa{number:020x}",
                "username": username,
                "name": f"{username}某",
                "departments": [12],
                "type": 0,
                "status": 1,
            }
            self.simulator.directory.add(username)

    def deal(self, number: int, created: dt.datetime | None = None, **values: Any) -> str:
        """A new opportunity; `values` by caption."""
        given = {
            "商机名称": f"商机{number}",
            "负责人": self.simulator.people["u_lin"],
            "销售阶段": {"name": "初步接洽"},
            "预计金额（元）": 1000 + number,
            **values,
        }
        return self.simulator.create("商机", given, created)

    def connector(self, key: str = "${JDY_KEY}", **options: Any) -> JiandaoyunConnector:
        options["forms"] = {**self.forms, **options.get("forms", {})}
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
        if self.waits_really:
            time.sleep(seconds)

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
