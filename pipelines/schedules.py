"""When the jobs run by themselves: the nightly run, the weekly report, and a watch on the sheets.

Add here: a job, a schedule or a sensor. Keep out: what the jobs do.
"""

import hashlib

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from pipelines.assets.missed_nights import tell_of_missed_night
from pipelines.assets.notices import send_what_waits, tell, tell_of_failure
from pipelines.assets.reports import WEEKLY_REPORT
from pipelines.assets.run_failures import causes_of
from pipelines.assets.steps import ONLY_TAG
from pipelines.failures import WriterBusy
from pipelines.language import text as words
from pipelines.nights.writer_lock import writer_lock
from pipelines.publishing.versions import read_manifest
from pipelines.settings import Settings
from pipelines.upkeep.maintenance import maintain
from pipelines.working_calendar import workday_test

NIGHTLY = "nightly"
MAINTENANCE = "maintenance"
# A night that has run late is waited for.
_WAIT_SECONDS = 3600
# A stuck run would keep later nights from starting; run monitoring ends it after this time.
MAX_RUNTIME_SECONDS = 4 * 3600


def nightly_job(settings: Settings) -> UnresolvedAssetJobDefinition:
    """Everything, in one process: extract, bind, build, audit, warn, publish, notify, report."""
    return dg.define_asset_job(
        NIGHTLY,
        selection=dg.AssetSelection.all(),
        description="Extract, build, audit, warn, publish, notify, report.",
        tags={
            "forewarn/company": settings.company.name,
            "dagster/max_runtime": str(MAX_RUNTIME_SECONDS),
            # The run resumes nothing half-way: every step is safe to do again.
            "dagster/max_retries": "1",
        },
        executor_def=dg.in_process_executor,
    )


def weekly_report_job() -> UnresolvedAssetJobDefinition:
    """The weekly report alone, from what is published."""
    return dg.define_asset_job(
        WEEKLY_REPORT,
        selection=dg.AssetSelection.groups("reports"),
        description="The weekly progress and risk report, from the published version.",
        executor_def=dg.in_process_executor,
    )


def maintenance_job(settings: Settings) -> dg.JobDefinition:
    """`forewarn maintain`: what keeps the installation from growing and slowing down."""

    @dg.op(name="maintain", description="Versions, raw zone, ledger, Dagster's past, leftovers.")
    def do_maintain(context: dg.OpExecutionContext) -> None:
        for done in maintain(settings, wait_seconds=_WAIT_SECONDS):
            context.log.info(str(done.told))

    @dg.job(name=MAINTENANCE, executor_def=dg.in_process_executor)
    def maintenance() -> None:
        do_maintain()

    return maintenance


def schedules(
    settings: Settings,
    nightly: UnresolvedAssetJobDefinition,
    weekly: UnresolvedAssetJobDefinition,
    maintenance: dg.JobDefinition,
) -> list[dg.ScheduleDefinition]:
    """Nightly at 02:15, after CRMs have closed their day; the report on Monday before work;
    maintenance on Sunday, after the night; every hour of work what has changed.
    """
    timezone = settings.company.timezone
    return [
        dg.ScheduleDefinition(
            name="nightly_schedule",
            target=nightly,
            cron_schedule="15 2 * * *",
            execution_timezone=timezone,
            default_status=dg.DefaultScheduleStatus.RUNNING,
        ),
        dg.ScheduleDefinition(
            name="weekly_report_schedule",
            target=weekly,
            cron_schedule="30 6 * * 1",
            execution_timezone=timezone,
            default_status=dg.DefaultScheduleStatus.RUNNING,
        ),
        dg.ScheduleDefinition(
            name="maintenance_schedule",
            target=maintenance,
            cron_schedule="30 5 * * 0",
            execution_timezone=timezone,
            default_status=dg.DefaultScheduleStatus.RUNNING,
        ),
        hourly(settings, nightly),
    ]


def hourly(settings: Settings, nightly: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """The same job in working hours: where nothing has changed, the published version stands."""
    named = [source.name for source in settings.sources if source.refresh == "hourly"]

    def skipped() -> str | None:
        """Why this hour reads nothing, or None."""
        today = settings.today()
        if not named:
            return "Every source is read by the night alone (refresh: nightly)."
        if settings.company.clock:
            return "The company's clock stands still: nothing new is known."
        if read_manifest(settings.current) is None:
            return "Nothing has been published yet: the first night reads everything."
        if not workday_test(settings, today)(today):
            return "No workday."
        try:
            with writer_lock(settings.data_dir, "hourly_schedule"):
                return None
        except WriterBusy:
            return "A run is at work; the next hour reads what has changed."

    def asked(_: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        why = skipped()
        return dg.SkipReason(why) if why else dg.RunRequest(tags={ONLY_TAG: ",".join(named)})

    return dg.ScheduleDefinition(
        name="hourly_schedule",
        target=nightly,
        cron_schedule="20 9-18 * * *",
        execution_timezone=settings.company.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="In working hours, what has changed in the sources that may be read hourly.",
        execution_fn=asked,
    )


def sheets_sensor(settings: Settings) -> dg.SensorDefinition:
    """Runs the nightly job when a sheet has changed and then lain still for one more look."""

    @dg.sensor(
        name="sheets_sensor",
        job_name=NIGHTLY,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="A new or changed file in a sheet folder starts the nightly job.",
    )
    def sheets_changed(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        found = _folder_state(settings)
        seen, _, handled = (context.cursor or "|").partition("|")
        if found == handled:
            return dg.SkipReason("No sheet has changed.")
        if found != seen:
            # Perhaps still being written: wait until it looks the same twice.
            return dg.SensorResult(cursor=f"{found}|{handled}", skip_reason="A sheet is changing.")
        return dg.SensorResult(
            run_requests=[dg.RunRequest(run_key=found)], cursor=f"{found}|{found}"
        )

    return sheets_changed


def outbox_sensor(settings: Settings) -> dg.SensorDefinition:
    """Between the nights: escalates what is overdue, sends what waited for its hour or failed."""

    @dg.sensor(
        name="outbox_sensor",
        minimum_interval_seconds=300,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Overdue answers go one level up; notices held back or failed are sent.",
        job_name=WEEKLY_REPORT,  # a sensor needs one; this never requests a run
    )
    def outbox(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        if read_manifest(settings.current) is None:
            # A first night that failed at night has told its owners for the morning.
            done = send_what_waits(settings)
            return dg.SkipReason(f"Nothing has been published yet; {done.sent} notices sent.")
        tell_of_missed_night(settings)
        _, report = tell(settings, run_id="outbox sensor")
        sent = report.delivery.sent if report.delivery else 0
        return dg.SkipReason(f"{sent} notices sent, {len(report.failed)} failed.")

    return outbox


def failure_sensor(
    settings: Settings, *jobs: UnresolvedAssetJobDefinition | dg.JobDefinition
) -> dg.SensorDefinition:
    """Tells the data owners when a run has failed, was stopped by the audit, or died."""

    @dg.run_failure_sensor(
        name="failure_sensor",
        monitored_jobs=list(jobs),
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="A failed run is told to the data owners, once per cause and day.",
    )
    def failed(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        logs = context.instance.all_logs(run.run_id)
        events = [entry.dagster_event for entry in logs if entry.dagster_event is not None]
        report = tell_of_failure(
            settings, job=run.job_name, run_id=run.run_id, causes=causes_of(events)
        )
        context.log.info(str(words("night.log.owners_told", count=len(report.told))))

    return failed


def _folder_state(settings: Settings) -> str:
    digest = hashlib.sha256()
    for source in settings.sources:
        if not source.folder:
            continue
        folder = settings.config_dir / source.folder
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.is_file() and not path.name.startswith(("~$", ".")):
                facts = path.stat()
                digest.update(f"{path.name}|{facts.st_size}|{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]
