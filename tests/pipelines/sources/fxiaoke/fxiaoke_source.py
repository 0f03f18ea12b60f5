"""A tenant of 纷享销客, the source that reads it, and its loads, one after another.

Add here: what several tests of this source ask of them. Keep out: fixtures (`conftest.py`).

Loads are kept in memory, as the raw zone would keep them; the real one is used where its files are
looked at (`test_fxiaoke_staging.py`, `test_fxiaoke_check.py`).
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from simulators.fxiaoke import FxiaokeSimulator

from pipelines.configuration.sources import Source
from pipelines.settings import Settings
from pipelines.sources.fxiaoke import TABLES, FxiaokeConnector
from pipelines.sources.http import RetryPolicy
from pipelines.sources.protocol import Batch, Extract, Previous, Rejection

NOW = dt.datetime(2026, 10, 30, 18, tzinfo=dt.UTC)
DAY = 86_400
DEAL = "NewOpportunityObj"
QUICK = RetryPolicy(tries=5, base=0.001, cap=0.002)
AUTH = {
    "app_id": "${FXIAOKE_ID}",
    "app_secret": "${FXIAOKE_SECRET}",
    "permanent_code": "${FXIAOKE_CODE}",
}


@dataclass
class Load:
    """What one load brought: new rows by table, extracts, rejections."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {n: [] for n in TABLES})
    extracts: dict[str, Extract] = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)


class Tenant:
    """A simulator, its connector with the options given, and what the loads of one source left.

    Waiting lets the simulated time pass instead of the real one.
    """

    def __init__(self, simulator: FxiaokeSimulator, settings: Settings) -> None:
        self.simulator, self.settings = simulator, settings
        self.loads: list[Load] = []
        self.ids: dict[tuple[str, str], str] = {}
        self.options: dict[str, Any] = {}
        self.slept: list[float] = []

    def source(self, **options: Any) -> Source:
        return Source(
            name="fx",
            system="fxiaoke",
            base_url=self.simulator.url,
            auth=AUTH,
            options={"user_id": "1000", **self.options, **options},
        )

    def connector(self, **options: Any) -> FxiaokeConnector:
        return FxiaokeConnector(
            self.source(**options),
            self.settings,
            retry=QUICK,
            sleep=self._sleep,
            clock=lambda: self.simulator.clock.timestamp(),
        )

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.simulator.advance(seconds)

    def load(self, now: dt.datetime | None = None, **options: Any) -> Load:
        """One load; nothing of it counts if it fails."""
        moment = now or self.simulator.clock
        cursors = {(n, None): e for load in self.loads for n, e in load.extracts.items()}
        load = Load()
        for item in self.connector(**options).extract(Previous(cursors), moment):
            if isinstance(item, Batch):
                assert item.table.schema.equals(TABLES[item.entity])
                rows = [{**row, "_loaded_at": moment} for row in item.table.to_pylist()]
                load.rows[item.entity] += rows
            elif isinstance(item, Extract):
                assert item.entity not in load.extracts
                assert item.rows == len(load.rows[item.entity])
                load.extracts[item.entity] = item
            else:
                load.rejections.append(item)
        self.loads.append(load)
        return load

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All versions, in the order of loads."""
        return [row for load in self.loads for row in load.rows[table]]

    def latest(self, table: str) -> dict[str, dict[str, Any]]:
        """The newest version of each record that is not deleted and that no later sweep missed.

        Fails if one load holds a record twice.
        """
        versions = self.rows(table)
        twice = Counter((row["id"], row["_loaded_at"]) for row in versions)
        assert not [pair for pair, count in twice.items() if count > 1]
        sweeps = [row for row in self.rows("id_sweep") if row["object"] == table]
        swept_at = max((row["_loaded_at"] for row in sweeps), default=None)
        seen = {row["id"] for row in sweeps if row["_loaded_at"] == swept_at}
        versions.sort(key=lambda row: (row["modified_at"], row["_loaded_at"]))
        newest = {row["id"]: row for row in versions}
        return {
            key: row
            for key, row in newest.items()
            if not row["_deleted"]
            and (swept_at is None or row["_loaded_at"] > swept_at or key in seen)
        }

    def expected(self, name: str = DEAL) -> dict[str, tuple[Any, ...]]:
        """Id -> what the raw zone must know of a simulated deal that is not in the recycle bin."""
        return {
            key: (row.get("name") or None, _money(row.get("amount")), row["last_modified_time"])
            for key, row in self.simulator.data[name].items()
            if row["life_status"] != "invalid"
        }

    def seen(self) -> dict[str, tuple[Any, ...]]:
        """As `expected`, from the raw zone."""
        return {
            key: (row["name"], _money(row["amount"]), milliseconds(row["modified_at"]))
            for key, row in self.latest("opportunity").items()
        }

    def queries(self, name: str, *, counts: bool = False) -> list[dict[str, Any]]:
        """The queries of an object that were asked, without those that only count."""
        bodies = [seen.request.json for seen in self.simulator.asked("/data/query")]
        return [
            body["data"]["search_query_info"]
            for body in bodies
            if body["data"]["dataObjectApiName"] == name and (body["returnTotalNum"] == 1) is counts
        ]


def page_of(tenant: Tenant, first: int, last: int) -> bytes:
    """An answer with these deals, by their order of ids."""
    rows = sorted(tenant.simulator.data[DEAL].values(), key=lambda row: row["_id"])[first:last]
    shown = [{**row, "owner": [row["owner"]]} for row in rows]
    return json.dumps({"errorCode": 0, "data": {"total": 0, "dataList": shown}}).encode()


def milliseconds(moment: dt.datetime) -> int:
    return round(moment.timestamp() * 1_000)


def _money(value: Any) -> Decimal | None:
    return None if value in (None, "") else Decimal(value).normalize()
