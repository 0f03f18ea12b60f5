"""The engine of the night: one seam, and DuckDB and Spark behind it.

Add here: another engine, or what every engine must do. Keep out: how one does it (`building.py`, `spark/`).

An engine makes and tests all models for a night whose warehouse file is bound, and leaves the tables that are
kept in that file. What comes after (audit, alerts, told tables, publication, analysts) reads the file alone.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipelines.failures import Failure, PermanentFailure
from pipelines.language import text
from pipelines.raw_zone.zone import RawZone
from pipelines.settings import Settings
from pipelines.warehouse.dbt_command import company_program
from pipelines.warehouse.private import building
from pipelines.warehouse.private.file import memory_limit
from pipelines.warehouse.program import Program
from pipelines.warehouse.raw_tables import known_on, raw_tables, shifts_of
from pipelines.warehouse.running_order import Outcome

Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Bound:
    """A night's warehouse file before any model, and what was known when it was bound.

    `last` is the warehouse of the version that stands, whose tables may be taken over (None: none may).
    `whole`: analysts want every table in the file, not only what is read after the build.
    """

    settings: Settings
    warehouse: Path
    raw_zone: RawZone
    known_at: dt.datetime | None
    last: Path | None = None
    whole: bool = False


class Engine(Protocol):
    """Makes the models of a night. `program` is what dbt compiled for DuckDB."""

    def build(self, bound: Bound, program: Program, told: Told | None = None) -> list[Outcome]:
        """Outcomes of all models and tests, whose tables then stand in the bound file."""


class OnDuckDB:
    """Makes the models by DuckDB, and what is read afterwards in the warehouse file itself."""

    def build(self, bound: Bound, program: Program, told: Told | None = None) -> list[Outcome]:
        raw = sum(file.stat().st_size for file in bound.settings.raw_dir.rglob("*.parquet"))
        limit = memory_limit(raw)
        return building.build(
            bound.warehouse,
            program,
            last=bound.last,
            memory=limit,
            whole=bound.whole,
            apart=True,
            told=told,
        )


class OnSpark:
    """Makes the models on Spark and takes the tables over.

    Raises `PermanentFailure` where Spark or Java is not installed or a model needs dbt itself,
    `TransientFailure` where the cluster does not answer.
    """

    def build(self, bound: Bound, program: Program, told: Told | None = None) -> list[Outcome]:
        from pipelines.warehouse.spark.binding import bind_company_tables, bind_raw_tables
        from pipelines.warehouse.spark.building import build
        from pipelines.warehouse.spark.handover import take_over
        from pipelines.warehouse.spark.session import require_installed, session
        from pipelines.warehouse.spark.tables import tables_of

        settings = bound.settings
        require_installed()
        ours = company_program(settings, "spark")
        if ours.beyond:
            raise PermanentFailure(
                text("spark.beyond"), cause=ours.beyond[0], next_step=text("spark.use_duckdb")
            )
        known = known_on(settings, bound.raw_zone, bound.known_at)
        # Below the night's own folder: what a killed night leaves here goes with it.
        folder = bound.warehouse.parent / "spark"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        tables = tables_of(settings, bound.warehouse.parent.name.lstrip("."))
        try:
            with session(settings.engine, folder, tables) as spark:
                bind_company_tables(spark, tables, bound.warehouse, folder)
                found = raw_tables(settings, bound.raw_zone, known)
                bind_raw_tables(spark, tables, found, shifts_of(known))
                outcomes = build(spark, tables, ours, told=told)
            tables.bring(folder)
            return take_over(bound.warehouse, folder, program, outcomes)
        finally:
            with contextlib.suppress(Failure):  # the next night does it
                tables.clear()
            shutil.rmtree(folder, ignore_errors=True)


def engine_of(settings: Settings) -> Engine:
    """The engine that engine.yml names."""
    return OnSpark() if settings.engine.engine == "spark" else OnDuckDB()
