"""A past day built apart: the night's own steps on what was known then, nothing published or told.

Add here: what has to be kept away from the installation while a past day is built. Keep out: the
steps, which are those of the night.

It works in a private data folder beside the real one. Loads are read where they lie and never
written; the ledger is read as a copy, unless it is a database of its own, which these steps only
read. Nothing is extracted, so no source is called.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from pipelines.assets.alert_records import FALSE_ALARMS
from pipelines.assets.alerts import alert_assets
from pipelines.assets.audits import GATE, marts_audit, raw_audit
from pipelines.assets.bound import bound_assets
from pipelines.assets.dbt_models import dbt_model_assets
from pipelines.assets.raw import raw_assets
from pipelines.assets.run_failures import causes_of
from pipelines.assets.steps import AS_OF_TAG, WRITER, writer_resource
from pipelines.failures import AuditFailure, PermanentFailure
from pipelines.nights.night import folder_of
from pipelines.publishing.reader_files import complete_readers_file
from pipelines.settings import Settings
from pipelines.warehouse.dbt_command import prepared_manifest

_JOB = "past_day"
# Read where they lie; what is made anew below the private folder is everything else.
_SHARED = ("raw", "quarantine", "dlt", "dbt")


@contextlib.contextmanager
def built_past_day(settings: Settings, as_of: dt.date) -> Iterator[Path]:
    """The readers' file of that day as it was known then; it is gone when the context ends.

    Raises AuditFailure when the audit refuses the day, PermanentFailure when a step fails.
    """
    private = settings.data_dir / f".past-{as_of}-{os.getpid()}"
    try:
        apart = _apart(settings, private)
        definitions = past_day_definitions(apart)
        job = definitions.resolve_job_def(_JOB)
        with dg.DagsterInstance.ephemeral() as instance:
            result = job.execute_in_process(
                instance=instance,
                raise_on_error=False,
                tags={AS_OF_TAG: as_of.isoformat()},
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )
        if not result.success:
            causes = causes_of(result.all_events)
            failure = AuditFailure if any(cause.is_audit for cause in causes) else PermanentFailure
            raise failure(
                f"Could not build {as_of}",
                cause="; ".join(f"{cause.step}: {cause.full}" for cause in causes),
                next_step="mend it, then ask for the report again; nothing was published or told",
            )
        yield complete_readers_file(folder_of(apart, result.run_id) / "warehouse.duckdb")
    finally:
        shutil.rmtree(private, ignore_errors=True)  # links in it are removed, not followed


def _apart(settings: Settings, private: Path) -> Settings:
    private.mkdir(parents=True)
    for name in _SHARED:
        original = settings.data_dir / name
        original.mkdir(parents=True, exist_ok=True)
        (private / name).symlink_to(original.resolve(), target_is_directory=True)
    simulated = settings.data_dir / FALSE_ALARMS
    if simulated.is_file():
        shutil.copy(simulated, private / FALSE_ALARMS)
    ledger = settings.data_dir / "ledger.db"
    if ledger.is_file():
        # A copy by the database itself is whole even while somebody answers an alert.
        with (
            contextlib.closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as source,
            contextlib.closing(sqlite3.connect(private / "ledger.db")) as target,
        ):
            source.backup(target)
    return dataclasses.replace(settings, data_dir=private)


def past_day_definitions(settings: Settings) -> dg.Definitions:
    """The steps of the night that build and judge a day, without those that reach outside."""
    models = dbt_model_assets(settings, prepared_manifest(settings))
    marts = sorted(key for key in models.keys if key.path[0] == "marts")
    # Known, so that checks of loaded rows have their place, but nothing extracts them.
    loaded = [spec for asset in raw_assets(settings) for spec in asset.specs]
    everything = dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks()
    return dg.Definitions(
        assets=[
            *loaded,
            *bound_assets(settings),
            models,
            *alert_assets(settings, gate=GATE),
        ],
        asset_checks=[raw_audit(settings), marts_audit(settings, marts)],
        resources={WRITER: writer_resource(settings, lambda _: None)},
        jobs=[dg.define_asset_job(_JOB, selection=everything, executor_def=dg.in_process_executor)],
        executor=dg.in_process_executor,
    )
