"""Many nights of one sheet in a raw zone, written as dlt writes them but without its seconds.

Add here: what a raw zone of many nights holds, and how all it tells is read. Keep out: what is right.
"""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.entity_schemas import raw_schema
from pipelines.raw_zone.packing import FEWEST, NEWEST_LEFT
from pipelines.raw_zone.rows import EXTRACTS_SCHEMA
from pipelines.raw_zone.zone import RawZone
from pipelines.settings import Settings
from pipelines.warehouse.binding import _united, bind, connect
from pipelines.warehouse.raw_tables import RawTable

NIGHTS = FEWEST + NEWEST_LEFT + 3


def at(night: int) -> dt.datetime:
    return dt.datetime(2026, 1, 1, 2, tzinfo=dt.UTC) + dt.timedelta(days=night)


def night(zone: RawZone, number: int, source: str = "sheets") -> None:
    """One night's load as dlt writes it: an order more in the sheet, files before their record."""
    load = f"{1700000000 + number}.5"
    schema = raw_schema("orders")
    rows = [
        {"order_id": f"o{n}", "account_id": "a", "amount": Decimal(n), "ordered_at": at(n),
         "source": source, "_loaded_at": at(number), "_file": "orders.csv"}
        for n in range(number + 1)
    ]  # fmt: skip
    told = [
        {"source": source, "system": "spreadsheet", "entity": "orders", "file": "orders.csv",
         "state": "loaded", "cursor": str(number), "rows": len(rows), "rejected_rows": 0,
         "full": True, "sequence": number + 1, "_loaded_at": at(number)}
    ]  # fmt: skip
    for table, found, kind in (("orders", rows, schema), ("_extracts", told, EXTRACTS_SCHEMA)):
        folder = zone.root / source / table
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(found, schema=kind), folder / f"{load}.a.parquet")
    folder = zone.root / source / "_dlt_loads"
    folder.mkdir(exist_ok=True)
    (folder / f"{source}__{load}.jsonl").write_text(json.dumps({"load_id": load, "status": 0}))


def told(settings: Settings, zone: RawZone) -> list[object]:
    """What is known and bound, today and on a day of the past, and each load by itself."""
    found: list[object] = []
    path = settings.data_dir / "warehouse.duckdb"
    for moment in (None, at(FEWEST - 5)):
        found.append(zone.known_extracts("sheets", moment))
        path.unlink(missing_ok=True)
        bind(path, settings, zone, as_of=dt.date(2026, 3, 31), known_at=moment)
        with connect(path) as connection:
            for view in ("orders", "opportunity_versions"):
                sql = f"select * from raw.spreadsheet__{view} order by all"
                found.append(connection.execute(sql).fetchall())
            columns = connection.execute("describe raw.spreadsheet__orders").fetchall()
            assert "_load_id" not in [name for name, *_ in columns]
    with duckdb.connect() as connection:
        for loads in ([load] for load in zone.completed_loads("sheets")):
            files = zone.files("sheets", "orders", loads)
            of_all = RawTable("orders", tuple(files), frozenset(loads), None)
            sql = f"select count(*), sum(amount) from ({_united(of_all, {})})"
            found.append(connection.execute(sql).fetchall())
    return found
