"""Growth over a year: what an installation weighs and what a night's start costs, with maintenance and without.

    python -m benchmarks.growth [NIGHTS]

Add here: something else that every night adds to. Keep out: the cost of building (`__main__.py`).

Each night a CRM-like feed adds a load of changed records to six raw tables, and every fifteenth night
Dagster a run with some hundred events. What is measured is what grows: reading what all loads left, binding the raw zone, files and bytes.
"""

import datetime as dt
import json
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.entity_schemas import raw_schema
from pipelines.nights.instance import dagster_home
from pipelines.nights.night import begin_night
from pipelines.publishing.versions import publish
from pipelines.raw_zone.rows import EXTRACTS_SCHEMA
from pipelines.raw_zone.zone import RawZone
from pipelines.settings import Settings, load_settings
from pipelines.upkeep.maintenance import maintain
from pipelines.warehouse.binding import bind, connect

ENTITIES = ("users", "accounts", "opportunities", "stage_history", "activities", "orders")
ROWS = 200
DAGSTER_EVERY = 15  # a run takes most of the time of this benchmark
START = dt.datetime(2026, 1, 1, 2, tzinfo=dt.UTC)
COMPANY = "name: Growth\nlanguage: en\ncurrency: EUR\ntimezone: Europe/Berlin\ncalendar: DE\n"
SOURCES = "sources:\n  - {name: sheets, system: spreadsheet, folder: sheets}\n"
STAGES = "source,source_stage,stage,stage_order,outcome\n*,A,A,1,open\n*,W,W,2,won\n*,L,L,3,lost\n"


def site(root: Path) -> Settings:
    (root / "config" / "sheets").mkdir(parents=True)
    for name, content in (
        ("company.yml", COMPANY),
        ("sources.yml", SOURCES),
        ("stages.csv", STAGES),
    ):
        (root / "config" / name).write_text(content)
    return load_settings(root / "config", root / "data")


def load(settings: Settings, number: int) -> None:
    """A load as dlt writes it, a sheet per day, so that every version counts."""
    load_id, stamp = f"{1_700_000_000 + number * 86_400}.5", START + dt.timedelta(days=number)
    source = settings.raw_dir / "sheets"
    told = []
    for entity in ENTITIES:
        schema = raw_schema(entity)
        key = schema.names[0]
        file = f"{entity}-{number:04}.csv"
        rows = [
            {key: f"{number}-{row}", "_file": file, "source": "sheets", "_loaded_at": stamp}
            for row in range(ROWS)
        ]
        write(source / entity, load_id, pa.Table.from_pylist(rows, schema=schema))
        told.append(
            {"source": "sheets", "system": "spreadsheet", "entity": entity, "file": file,
             "state": "loaded", "cursor": "x", "rows": ROWS, "rejected_rows": 0, "full": True,
             "sequence": number + 1, "_loaded_at": stamp}
        )  # fmt: skip
    write(source / "_extracts", load_id, pa.Table.from_pylist(told, schema=EXTRACTS_SCHEMA))
    folder = source / "_dlt_loads"
    folder.mkdir(exist_ok=True)
    record = {"load_id": load_id, "status": 0}
    (folder / f"sheets__{load_id}.jsonl").write_text(json.dumps(record))


def write(folder: Path, load_id: str, table: pa.Table) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / f"{load_id}.a.parquet")


def dagster_run(settings: Settings, number: int, nights: int) -> None:
    """A run with some hundred events, dated to its night."""
    home = dagster_home(settings)

    @dg.op
    def step(context: dg.OpExecutionContext) -> None:
        for _ in range(300):
            context.log.info("a line of the night" * 4)

    @dg.job
    def nightly() -> None:
        step()

    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with dg.DagsterInstance.get() as instance:
        run = nightly.execute_in_process(instance=instance, run_config=quiet).run_id
    day = dt.datetime.now(dt.UTC).replace(tzinfo=None) - dt.timedelta(days=nights - number)
    with sqlite3.connect(home / "history" / "runs.db") as connection:
        connection.execute(
            "update runs set create_timestamp = ? where run_id = ?", [f"{day:%F %T.%f}", run]
        )


def publish_small(settings: Settings, number: int) -> None:
    night = begin_night(settings, f"run{number}", None)
    with connect(night.warehouse) as connection:
        connection.execute("create schema marts; create table marts.fct_orders as from range(3)")
    publish(settings, night)


def measured(settings: Settings) -> tuple[float, float, int, float, float]:
    """Seconds to know all loads and to bind them, raw files, MB of the raw zone and of Dagster."""
    zone = RawZone(settings.raw_dir, settings.data_dir / "dlt")
    started = time.monotonic()
    zone.known_extracts("sheets")
    known = time.monotonic() - started
    path = settings.data_dir / "trial.duckdb"
    path.unlink(missing_ok=True)
    started = time.monotonic()
    bind(path, settings, zone, as_of=dt.date(2026, 12, 31), known_at=None)
    with connect(path) as connection:
        for entity in ENTITIES:
            connection.execute(f"select count(*) from raw.spreadsheet__{entity}").fetchall()
    bound = time.monotonic() - started
    files = sum(1 for _ in settings.raw_dir.rglob("*.parquet"))
    return known, bound, files, megabytes(settings.raw_dir), megabytes(dagster_home(settings))


def megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def main() -> None:
    nights = int(sys.argv[1]) if len(sys.argv) > 1 else 365
    print("| maintenance | night | know all loads s | bind s | raw files | raw MB | Dagster MB |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for kept in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            settings = site(Path(folder))
            for number in range(nights):
                load(settings, number)
                if number % DAGSTER_EVERY == 0:
                    dagster_run(settings, number, nights)
                if number % 7 == 0 and kept:
                    time.sleep(1.1)  # a manifest is dated to the second
                    publish_small(settings, number)
                    maintain(settings)
                if number + 1 in (30, 90, nights):
                    row = measured(settings)
                    name = "weekly" if kept else "none"
                    print(
                        f"| {name} | {number + 1} | {row[0]:.2f} | {row[1]:.2f} | {row[2]} | "
                        f"{row[3]:.1f} | {row[4]:.1f} |",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
