"""The models of a night built: by which engine, on what, and what is noted of it.

Add here: what the build is told about the night. Keep out: what Dagster shows of it (`dbt_models.py`), how a
model is made (`pipelines/warehouse/private/`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from pipelines.assets.steps import log, raw_zone_of
from pipelines.language import text
from pipelines.nights.night import Night
from pipelines.publishing.taken_over import lending_warehouse
from pipelines.publishing.versions import read_manifest
from pipelines.settings import Settings
from pipelines.warehouse.dbt_command import built_by_dbt
from pipelines.warehouse.engines import Bound, engine_of
from pipelines.warehouse.program import Program
from pipelines.warehouse.running_order import Outcome
from pipelines.warehouse.workbench import workbench_path

DBT_RUN = "dbt"  # folder of the build's own results inside the night's folder


def build_models(settings: Settings, night: Night, program: Program) -> list[Outcome]:
    """Built here, or by dbt where the project uses what only dbt can; results kept for the audit."""
    folder = night.folder / DBT_RUN
    folder.mkdir(parents=True, exist_ok=True)
    if program.beyond and settings.engine.engine == "duckdb":
        log.info(text("night.log.by_dbt", why=program.beyond[0]))
        outcomes = built_by_dbt(settings, night.as_of, night.warehouse, folder)
    else:
        # Before the first publication it holds loaded rows alone, and is no sign that analysts are at work.
        published = read_manifest(settings.current) is not None
        bound = Bound(
            settings,
            night.warehouse,
            raw_zone_of(settings),
            night.known_at,
            None if night.full else lending_warehouse(settings.current.resolve()),
            whole=published and workbench_path(settings).exists(),
        )
        outcomes = engine_of(settings).build(bound, program, _tell_progress(time.monotonic()))
    write_results(folder, outcomes)
    return outcomes


def _tell_progress(started: float) -> Callable[[int, int], None]:
    """Says how many models are done of all, and for how long it has been at it, once a second.

    Dagster keeps what is said as an event, at 15 ms each: 260 models are too many for that.
    """
    last = started

    def told(done: int, everything: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < 1 and done < everything:
            return
        last, seconds = now, f"{now - started:.0f}"
        said = text("night.log.building", done=done, models=everything, seconds=seconds)
        log.info(said, extra={"passing": True})

    return told


def write_results(folder: Path, outcomes: list[Outcome]) -> None:
    """`run_results.json` with what the audit and people read of it, under dbt's own names."""
    results = [
        {**asdict(outcome), "execution_time": round(outcome.seconds, 4)} for outcome in outcomes
    ]
    (folder / "run_results.json").write_text(json.dumps({"results": results}))
