"""Runs whose process died: closed in Dagster and told, by whatever starts next.

Add here: how a dead run is known. Keep out: runs that hang (run monitoring in `nights/instance.py`).

Where only cron starts the nights no daemon watches them, and a killed run would stand as started
for ever with nobody told.
"""

from __future__ import annotations

import time

import dagster as dg

from pipelines.assets.notices import tell_of_failure
from pipelines.assets.run_failures import Cause
from pipelines.assets.steps import log
from pipelines.failures import WriterBusy
from pipelines.language import text
from pipelines.nights.writer_lock import writer_lock
from pipelines.settings import Settings

# Given to runs that take the writer lock before they begin.
LOCKED_FIRST = "forewarn/locked_first"
# What Dagster gives to runs that it starts itself; without it a run is on no job's page. The location is the module that workspace.yaml names.
OF_THE_LOCATION = {".dagster/repository": "__repository__@pipelines.definitions"}
# A run of the daemon may be between its start and the lock for a moment.
GRACE_SECONDS = 120.0
_OPEN = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def close_dead_runs(
    settings: Settings, instance: dg.DagsterInstance, job: str, *, own_run: str = ""
) -> list[str]:
    """Mark every run of a job that cannot be alive as failed and tell the data owners; their ids.

    Call while this process holds the writer lock: then no other run of the job is at work.
    """
    records = instance.get_run_records(dg.RunsFilter(job_name=job, statuses=_OPEN))
    dead = [
        record
        for record in records
        if record.dagster_run.run_id != own_run
        and (
            LOCKED_FIRST in record.dagster_run.tags
            or time.time() - (record.start_time or record.create_timestamp.timestamp())
            > GRACE_SECONDS
        )
    ]
    said = text("night.run_died")
    for record in dead:
        run = record.dagster_run
        instance.report_run_failed(run, str(said))
        log.warning("%s", text("night.run_died.closed", run=run.run_id[:8], why=said))
        tell_of_failure(
            settings, job=job, run_id=run.run_id, causes=[Cause("run", said, said, False)]
        )
    return [record.dagster_run.run_id for record in dead]


def close_dead_runs_if_idle(settings: Settings, job: str) -> list[str]:
    """The same for a command that does not write: nothing happens while a run is at work."""
    if not (settings.data_dir / "dagster").exists():
        return []
    from pipelines.nights.instance import dagster_home

    try:
        with writer_lock(settings.data_dir, "looking for runs that died"):
            dagster_home(settings)
            with dg.DagsterInstance.get() as instance:
                return close_dead_runs(settings, instance, job)
    except WriterBusy:
        return []
