"""Loads of a simulated organisation, one after another, as the raw zone would see them.

Add here: what several tests ask of a series of loads. Keep out: what is right (the tests).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
from simulators.zoho import ZohoSimulator

from pipelines.configuration.sources import Source
from pipelines.sources.http import RetryPolicy
from pipelines.sources.protocol import Batch, Extract, Previous, Rejection
from pipelines.sources.zoho import TABLES, ZohoConnector

QUICK = RetryPolicy(tries=5, base=0.0, cap=0.0)


def source_of(simulator: ZohoSimulator, **options: Any) -> Source:
    return Source(
        name="crm", system="zoho", base_url=simulator.url, auth=simulator.auth(), options=options
    )


class Loads:
    """Runs of one connector; keeps what they bring, and hands the cursors on."""

    def __init__(self, simulator: ZohoSimulator, **options: Any) -> None:
        self.simulator, self.options = simulator, options
        self.rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        self.extracts: dict[tuple[str, str | None], Extract] = {}
        self.rejections: list[Rejection] = []
        self.slept: list[float] = []
        self._load = 0

    @property
    def connector(self) -> ZohoConnector:
        source = source_of(self.simulator, **self.options)
        return ZohoConnector(source, retry=QUICK, sleep=self.slept.append)

    def run(self, upto: dt.datetime | None = None, **options: Any) -> dict[str, Extract]:
        """One load; nothing of it counts if it fails. Returns its extracts by table."""
        self.options |= options
        rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        extracts: dict[str, Extract] = {}
        rejections = []
        for item in self.connector.extract(
            Previous(dict(self.extracts)), upto or self.simulator.clock
        ):
            if isinstance(item, Batch):
                assert isinstance(item.table, pa.Table)
                assert item.table.schema.equals(TABLES[item.entity])
                rows[item.entity] += item.table.to_pylist()
            elif isinstance(item, Extract):
                assert item.entity not in extracts
                extracts[item.entity] = item
            else:
                rejections.append(item)
        self._load += 1
        for name, found in rows.items():
            self.rows[name] += [{**row, "_load": self._load} for row in found]
        for name, extract in extracts.items():
            assert extract.rows == len(rows[name])
            self.extracts[name, None] = extract
        self.rejections = rejections
        self.new = rows
        return extracts

    def latest(self, table: str) -> dict[str, dict[str, Any]]:
        """The records that exist by the rules of staging: newest version, not deleted, not swept."""
        swept = max((row["_load"] for row in self.rows[table] if row["_full"]), default=0)
        newest: dict[str, dict[str, Any]] = {}
        for row in sorted(
            self.rows[table], key=lambda r: (r["_load"], r["modified_time"], not r["_deleted"])
        ):
            newest[row["id"]] = row
        return {k: r for k, r in newest.items() if not r["_deleted"] and r["_load"] >= swept}


def deals_of(simulator: ZohoSimulator) -> dict[str, tuple[Any, ...]]:
    """The deals as they stand in the organisation."""
    return {
        key: (row["Deal_Name"], row["Stage"], row["Amount"], row["Modified_Time"])
        for key, row in simulator.org.records["Deals"].items()
    }


def deals_in(loads: Loads) -> dict[str, tuple[Any, ...]]:
    """The deals as the raw zone knows them."""
    return {
        key: (
            row["deal_name"],
            row["stage"],
            None if row["amount"] is None else float(row["amount"]),
            row["modified_time"],
        )
        for key, row in loads.latest("deals").items()
    }


def stages_of(simulator: ZohoSimulator) -> set[tuple[Any, ...]]:
    rows = simulator.org.records["DealHistory"].values()
    return {(r["id"], r["Stage"], r["Modified_Time"]) for r in rows}


def stages_in(loads: Loads) -> set[tuple[Any, ...]]:
    rows = loads.latest("deal_history").values()
    return {(row["id"], row["stage"], row["modified_time"]) for row in rows}
