"""Generated companies built by the real path (sheets, raw zone, dbt), kept as Parquet.

Add here: what a company must leave behind so that rules can be tried on it in seconds. Keep out:
trying rules (`alerting.py`). A night's audit, publication and notices play no part in an
evaluation, so they are left out.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.alerting.records.truth import Label, read_labels
from pipelines.alerting.series.scope_tree import ScopeTree
from pipelines.raw_zone.zone import RawZone
from pipelines.sample import write_sample
from pipelines.settings import PROJECT, Settings, load_settings
from pipelines.sources.registry import connector_of
from pipelines.warehouse.binding import bind, connect
from pipelines.warehouse.dbt_command import company_program
from pipelines.warehouse.private.building import build

TABLES = {
    "metrics": "marts.fct_metrics",
    "completion": "marts.fct_target_completion_history",
    "scopes": "intermediate.int_scopes",
    "calendar": "config.calendar",
    "people": "marts.dim_rep",
}
MODELS = {"dim_rep", "fct_metrics", "fct_target_completion_history"}


@dataclass(frozen=True)
class Built:
    """The tables an evaluation reads, the planted risks, and the company's last day."""

    metrics: pd.DataFrame
    completion: pd.DataFrame
    scopes: pd.DataFrame
    calendar: pd.DataFrame
    people: pd.DataFrame | None
    labels: list[Label]
    as_of: dt.date

    @property
    def tree(self) -> ScopeTree:
        return ScopeTree(self.scopes)


def built(
    folder: Path, *, reps: int, seed: int, risks: bool = True, world: str = "standard"
) -> Built:
    """The company of that seed, built on the first call and read from `folder` ever after."""
    named = "" if world == "standard" else f"-{world}"
    kept = folder / f"{reps}-{seed}{named}-{'risks' if risks else 'quiet'}"
    if not (kept / "done.json").is_file():
        _build(kept, reps=reps, seed=seed, risks=risks, world=world)
    return kept_tables(kept)


def kept_tables(kept: Path) -> Built:
    """The tables that `build_tables` left in a folder."""
    # A company kept from before has no people.
    frames: dict[str, Any] = {
        name: pd.read_parquet(path) if (path := kept / f"{name}.parquet").is_file() else None
        for name in TABLES
    }
    return Built(
        **frames,
        labels=read_labels(json.loads((kept / "labels.json").read_text(encoding="utf-8"))),
        as_of=dt.date.fromisoformat(json.loads((kept / "done.json").read_text())["as_of"]),
    )


def _build(kept: Path, *, reps: int, seed: int, risks: bool, world: str) -> None:
    work = kept.with_name(kept.name + ".building")
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(PROJECT / "config", work / "config")
    write_sample(work / "data" / "sample", reps=reps, seed=seed, risks=risks, world=world)
    build_tables(work, kept)
    shutil.copy(work / "data" / "sample" / "labels.json", kept / "labels.json")
    shutil.rmtree(work)


def build_tables(work: Path, kept: Path) -> None:
    """Load and build the installation in `work` (config/ and data/ in it); tables go to `kept`."""
    settings = load_settings(work / "config", work / "data")
    raw_zone = RawZone(settings.raw_dir, settings.data_dir / "dlt")
    for source in settings.sources:
        connector = connector_of(source, settings)
        report = raw_zone.load(source.name, source.system, connector, now=dt.datetime.now(dt.UTC))
        for extract in report.extracts:
            if extract.state != "loaded":
                raise RuntimeError(f"{extract.entity} {extract.file}: {extract.message}")
    warehouse, as_of = work / "warehouse.duckdb", settings.today()
    bind(warehouse, settings, raw_zone, as_of=as_of, known_at=None)
    _models(warehouse, settings)
    kept.mkdir(parents=True, exist_ok=True)
    with connect(warehouse, read_only=True) as connection:
        for name, table in TABLES.items():
            connection.sql(f"select * from {table}").df().to_parquet(kept / f"{name}.parquet")
    (kept / "labels.json").write_text("[]")
    (kept / "done.json").write_text(json.dumps({"as_of": as_of.isoformat()}))


def _models(warehouse: Path, settings: Settings) -> None:
    """The models that an evaluation reads and all they stand on, by the night's own build."""
    program = company_program(settings)
    wanted = {key for key, model in program.models.items() if model.name in MODELS}
    todo = list(wanted)
    while todo:
        above = {p for p in program.parents(todo.pop()) if p in program.models} - wanted
        wanted |= above
        todo += above
    models = {key: program.models[key] for key in program.models if key in wanted}
    outcomes = build(warehouse, replace(program, models=models, tests={}))
    broken = [f"{o.unique_id}: {o.message}" for o in outcomes if o.status != "success"]
    if broken:
        raise RuntimeError("the company could not be built:\n" + "\n".join(broken))
