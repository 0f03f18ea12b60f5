"""What every step of the night does alike: find its night, speak, and fail so that Dagster can tell.

Add here: the shared frame of a step. Keep out: what a step does.
"""

import contextlib
import datetime as dt
import logging
from collections.abc import Callable, Iterator, Mapping

import dagster as dg

from pipelines.configuration.sources import Source
from pipelines.failures import AuditFailure, PermanentFailure, TransientFailure
from pipelines.language import text
from pipelines.language.text import kept
from pipelines.nights.night import Night, begin_night, folder_of, load_night
from pipelines.nights.storage import storage_failure
from pipelines.nights.writer_lock import writer_lock
from pipelines.raw_zone.zone import RawZone
from pipelines.settings import Settings, data_dir_of

log = logging.getLogger("forewarn")

AS_OF_TAG = "forewarn/as_of"
# Names of the sources that a run reads, joined by commas; without it, all.
ONLY_TAG = "forewarn/only"
# Whatever its value: everything is made anew, nothing of the last version is taken over.
FULL_TAG = "forewarn/full"
KIND = "forewarn_kind"
TOLD = "forewarn_told"
WRITER = "writer"
STORED_LOADS = dg.AssetKey(["store", "loads"])


def writer_resource(
    settings: Settings, when_held: Callable[[dg.InitResourceContext], object]
) -> dg.ResourceDefinition:
    """Holds the writer lock from the first step of a run to its last, in the run's own process.

    `when_held` is called once the lock is there, before the first step.
    """

    @dg.resource(description="The writer lock of the data folder; one run at a time.")
    def writer(context: dg.InitResourceContext) -> Iterator[None]:
        with writer_lock(settings.data_dir, f"run {context.run_id}"):
            when_held(context)
            yield None

    return writer


def raw_zone_of(settings: Settings) -> RawZone:
    """The raw zone of an installation."""
    return RawZone(settings.raw_dir, settings.data_dir / "dlt")


def night_of(context: dg.AssetExecutionContext, settings: Settings) -> Night:
    """The night of the running run; its first step opens it."""
    run_id = context.run.run_id
    if (folder_of(settings, run_id) / "night.json").is_file():
        return load_night(settings, run_id)
    tags = context.run.tags
    return begin_night(settings, run_id, day_asked(tags, settings), full=FULL_TAG in tags)


def day_asked(tags: Mapping[str, str], settings: Settings) -> dt.date | None:
    """The past day that a run's tags ask for; None without one.

    Tags are typed by hand in the launchpad: raises PermanentFailure for what is no day, or has not been.
    """
    given = tags.get(AS_OF_TAG, "").strip()
    if not given:
        return None
    try:
        day = dt.date.fromisoformat(given)
        cause = text("command.today_is", today=settings.today())
    except ValueError:
        day, cause = dt.date.max, text("command.no_date", given=given)
    if day > settings.today():
        raise PermanentFailure(
            text("command.run.not_as_of", as_of=given),
            where=AS_OF_TAG,
            cause=cause,
            next_step=text("command.give_past_day"),
        )
    return day


def sources_asked(tags: Mapping[str, str], settings: Settings) -> list[Source]:
    """The sources that a run reads: those its tags name, else all. Raises PermanentFailure for a name
    that no source has.
    """
    if ONLY_TAG not in tags:
        return list(settings.sources)
    names = [name.strip() for name in tags[ONLY_TAG].split(",") if name.strip()]
    sources = [source.name for source in settings.sources]
    unknown = sorted(set(names) - set(sources))
    if unknown:
        raise PermanentFailure(
            text("command.run.no_source", names=unknown, sources=sources), where=ONLY_TAG
        )
    return [source for source in settings.sources if source.name in names]


@contextlib.contextmanager
def failing_clearly() -> Iterator[None]:
    """Turn a `Failure` into a Dagster failure that keeps its text and says whether to retry.

    What storage throws, whoever threw it, becomes one first.
    """
    try:
        yield
    except GeneratorExit:
        raise
    except Exception as error:
        failure = storage_failure(error, data_dir_of())
        if failure is None:
            raise
        kind = "audit" if isinstance(failure, AuditFailure) else "step"
        raise dg.Failure(
            description=str(failure),
            metadata={KIND: kind, TOLD: dg.MetadataValue.json(kept(failure.told))},
            allow_retries=isinstance(failure, TransientFailure),
        ) from error


# A connector has its own short retries; this one outlasts a restart of the other side.
RETRIES = dg.RetryPolicy(max_retries=2, delay=20, backoff=dg.Backoff.EXPONENTIAL)
