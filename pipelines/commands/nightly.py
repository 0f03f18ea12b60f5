"""`forewarn run`: the nightly job in this process, with progress and a summary.

Add here: how a run is started from the shell and what it prints. Keep out: the steps
(`pipelines/assets/`).
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import typer

from pipelines.commands.terminal import coloured, say, speak_on
from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.nights.instance import dagster_home
from pipelines.nights.writer_lock import writer_lock
from pipelines.publishing.versions import read_manifest
from pipelines.settings import Settings, load_settings

if TYPE_CHECKING:
    from pipelines.assets.run_failures import Cause

DONE, STEP_FAILED, AUDIT_FAILED = 0, 1, 3


def run_nightly(
    as_of: dt.date | None,
    only: Sequence[str] = (),
    *,
    full: bool = False,
    loaded: Callable[[], None] = lambda: None,
) -> int:
    """Run the job and print; returns the exit code. Raises what stops it before its first step.

    `only`: names of the sources to read; of the others the last load stands. Empty: all. `full`: make
    everything anew, also what the last version could lend. `loaded` is called when all programs are there.
    """
    settings = load_settings()
    sources = [source.name for source in settings.sources]
    unknown = sorted(set(only) - set(sources))
    if unknown:
        raise typer.BadParameter(
            str(text("command.run.no_source", names=unknown, sources=sources)),
            param_hint="--only",
        )
    if as_of is not None and as_of > settings.today():
        raise PermanentFailure(
            text("command.run.not_as_of", as_of=as_of),
            cause=text("command.today_is", today=settings.today()),
            next_step=text("command.give_past_day"),
        )
    started = time.monotonic()
    _speak(as_of or settings.today(), settings)
    with writer_lock(settings.data_dir, "forewarn run"):
        code = _run(settings, as_of, only, full=full, loaded=loaded)
    say()
    say(text("command.run.took", seconds=f"{time.monotonic() - started:.1f}"))
    return code


def _speak(day: dt.date, settings: Settings) -> None:
    speak_on(sys.stdout)
    say(coloured(str(text("command.run.starts", company=settings.company.name, day=day)), "strong"))


def _run(
    settings: Settings,
    as_of: dt.date | None,
    only: Sequence[str],
    *,
    full: bool,
    loaded: Callable[[], None],
) -> int:
    dagster_home(settings)
    import dagster as dg

    from pipelines.assets.dead_runs import LOCKED_FIRST, OF_THE_LOCATION, close_dead_runs
    from pipelines.assets.missed_nights import tell_of_missed_night
    from pipelines.assets.run_failures import causes_of
    from pipelines.assets.steps import AS_OF_TAG, FULL_TAG, ONLY_TAG
    from pipelines.commands.summary import print_failure, print_summary
    from pipelines.definitions import build_defs
    from pipelines.schedules import NIGHTLY

    definitions = build_defs(settings)
    job = definitions.resolve_job_def(NIGHTLY)
    with dg.DagsterInstance.get() as instance:
        close_dead_runs(settings, instance, NIGHTLY)
        tell_of_missed_night(settings)
        loaded()
        result = job.execute_in_process(
            instance=instance,
            raise_on_error=False,
            tags=OF_THE_LOCATION
            | {LOCKED_FIRST: "yes"}
            | ({AS_OF_TAG: as_of.isoformat()} if as_of else {})
            | ({ONLY_TAG: ",".join(only)} if only else {})
            | ({FULL_TAG: "yes"} if full else {}),
            # Dagster's own console lines repeat ours at length; its pages show them all the same.
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
        if result.success:
            print_summary(settings)
            return DONE
        causes = causes_of(result.all_events)
        manifest = read_manifest(settings.current)
        out = manifest is not None and manifest.run_id == result.run_id
        audit = print_failure(causes, published=out)
        _tell_owners(settings, result.run_id, causes)
        return AUDIT_FAILED if audit else STEP_FAILED


def _tell_owners(settings: Settings, run_id: str, causes: list[Cause]) -> None:
    """As the failure sensor does, for a machine on which only cron starts the nights."""
    from pipelines.assets.notices import tell_of_failure
    from pipelines.schedules import NIGHTLY

    try:
        report = tell_of_failure(settings, job=NIGHTLY, run_id=run_id, causes=causes)
    except Exception as error:  # the failure of the run is what has to be seen
        say(text("command.run.owners_not_told", why=type(error).__name__))
        return
    people = sorted({each.person_id for each in report.told})
    if people:
        say(text("command.run.owners_told", people=people))
