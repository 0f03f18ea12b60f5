"""A published version and a load, made by hand in the order in which a night makes them.

Add here: what tests of the mirror make more than once. Keep out: what must hold.
"""

from __future__ import annotations

import datetime as dt

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.nights.night import begin_night
from pipelines.publishing.versions import publish
from pipelines.settings import Settings


def load(settings: Settings, number: int) -> None:
    """A complete load: files first, then its record."""
    source = settings.raw_dir / "crm"
    (source / "orders").mkdir(parents=True, exist_ok=True)
    (source / "_dlt_loads").mkdir(exist_ok=True)
    pq.write_table(pa.table({"id": [number]}), source / "orders" / f"{number}.0.a.parquet")
    record = f'{{"load_id": "{number}.0", "status": 0}}'
    (source / "_dlt_loads" / f"crm__{number}.0.jsonl").write_text(record)


def published(settings: Settings, run_id: str = "run1") -> None:
    """One published version with one mart."""
    night = begin_night(settings, run_id, dt.date(2026, 3, 28))
    with duckdb.connect(str(night.warehouse)) as connection:
        connection.execute("create schema marts; create table marts.fct_orders as from range(3)")
    publish(settings, night)
