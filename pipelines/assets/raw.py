"""Extraction: one step per system, which loads all sources of that system into the raw zone.

Add here: how a source's load becomes assets. Keep out: how a system is read
(`pipelines/sources/`) and how files are written (`pipelines/raw_zone/zone.py`).
"""

import datetime as dt
import time
from collections.abc import Iterator

import dagster as dg

from pipelines.assets.side_by_side import SideBySide
from pipelines.assets.steps import (
    RETRIES,
    WRITER,
    failing_clearly,
    log,
    night_of,
    raw_zone_of,
    sources_asked,
)
from pipelines.configuration.problems import ConfigurationError
from pipelines.configuration.sources import Source
from pipelines.failures import Failure, PermanentFailure
from pipelines.language import text as words
from pipelines.language.figures import figure
from pipelines.language.text import Said
from pipelines.nights.freed_memory import give_back
from pipelines.raw_zone.rows import LoadReport
from pipelines.raw_zone.zone import RawZone
from pipelines.settings import Settings
from pipelines.sources.registry import connector_of, raw_tables

# A new source holds the publication when it fails; one that has run this long does not.
TRIAL = dt.timedelta(days=7)
_LONGEST = 400


def raw_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """One multi-asset per configured system; spreadsheets always, since targets come from them."""
    runs: dict[str, SideBySide] = {}
    return [
        _system_asset(settings, system, runs)
        for system in sorted({*settings.systems, "spreadsheet"})
    ]


def _system_asset(
    settings: Settings, system: str, runs: dict[str, SideBySide]
) -> dg.AssetsDefinition:
    sources = [source for source in settings.sources if source.system == system]
    specs = [
        dg.AssetSpec(
            dg.AssetKey(["raw", f"{system}__{table}"]),
            group_name="raw",
            kinds={"parquet"},
            description=f"Every version of `{table}` that {system} ever gave, append-only.",
        )
        for table in raw_tables(system)
    ]

    @dg.multi_asset(
        name=f"extract_{system}",
        specs=specs,
        required_resource_keys={WRITER},
        retry_policy=RETRIES,
        can_subset=False,
    )
    def extract(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        with failing_clearly():
            rows, seconds = _load_all(context, settings, sources, runs)
        for table in raw_tables(system):
            yield dg.MaterializeResult(
                asset_key=dg.AssetKey(["raw", f"{system}__{table}"]),
                metadata={"dagster/row_count": rows.get(table, 0), "seconds": round(seconds, 2)},
            )

    return extract


def _loads_of(settings: Settings, sources: list[Source]) -> SideBySide:
    raw_zone = raw_zone_of(settings)

    def load(source: Source) -> LoadReport:
        now = dt.datetime.now(dt.UTC)
        return raw_zone.load(source.name, source.system, connector_of(source, settings), now=now)

    return SideBySide(load, sources)


def _load_all(
    context: dg.AssetExecutionContext,
    settings: Settings,
    sources: list[Source],
    runs: dict[str, SideBySide],
) -> tuple[dict[str, int], float]:
    night, raw_zone = night_of(context, settings), raw_zone_of(settings)
    started, now = time.monotonic(), dt.datetime.now(dt.UTC)
    rows: dict[str, int] = {}
    failed: dict[str, Said] = {}
    wanted = sources_asked(context.run.tags, settings)
    if context.run_id not in runs:
        runs.clear()
        runs[context.run_id] = _loads_of(settings, wanted)
    for source in sources:
        if source not in wanted:
            _leave(source, raw_zone)
            continue
        try:
            report = runs[context.run_id].report(source)
        except ConfigurationError as error:
            raise PermanentFailure(
                words("night.source_unread", name=source.name),
                cause=str(error),
                next_step=words("night.set_missing"),
            ) from error
        except Failure as failure:
            if not may_continue(settings, source, raw_zone, now):
                raise
            failed[source.name] = failure.told
            log.warning(words("night.log.source_failed", source=source.name, why=failure.told))
            continue
        _say(report)
        for table, count in report.rows.items():
            rows[table] = rows.get(table, 0) + count
    if failed:
        night.note_failed(failed)
    give_back()
    return rows, time.monotonic() - started


def _leave(source: Source, raw_zone: RawZone) -> None:
    """A source that this run does not read: its last load stands, with its age."""
    if not raw_zone.known_extracts(source.name):
        raise PermanentFailure(
            words("night.source_never_read", name=source.name),
            cause=words("night.source_never_read.cause"),
            next_step=words("night.source_never_read.next"),
        )
    log.info(words("night.log.source_left", source=source.name))


def may_continue(settings: Settings, source: Source, raw_zone: RawZone, now: dt.datetime) -> bool:
    """Whether the rest may be published while this source fails or its rows are at fault.

    Never before its first load: figures would then silently lack everything it holds. After that as
    its `on_failure` says; where it says nothing, from a week after its first completed load on. A
    company's only source holds unless it says otherwise, since there is no rest.
    """
    known = raw_zone.known_extracts(source.name)
    if not known:
        return False
    if source.on_failure:
        return source.on_failure == "continue"
    return len(settings.sources) > 1 and now - known[0].loaded_at > TRIAL


def _say(report: LoadReport) -> None:
    if report.unchanged:
        log.info(words("night.log.source_unchanged", source=report.source))
        return
    counts = [
        words("night.log.rows_of", rows=figure(count), table=table)
        for table, count in sorted(report.rows.items())
    ]
    rows = counts or words("night.log.no_rows")
    log.info(words("night.log.source_read", source=report.source, rows=rows))
    for extract in report.extracts:
        if extract.state != "loaded":
            log.warning(
                words(
                    "night.log.file_left",
                    source=report.source,
                    file=extract.file or extract.entity,
                    state=words(f"night.log.state.{extract.state}"),
                    why=_short(extract.message),
                )
            )
    if report.rejections:
        first = report.rejections[0]
        log.warning(
            words(
                "night.log.quarantined",
                source=report.source,
                count=len(report.rejections),
                where=" ".join(part for part in (first.file, first.address) if part),
                why=first.reason,
            )
        )


def _short(said: Said | None) -> str:
    """The start of a long explanation; all of it is in `rpt_data_quality` and Dagster's pages."""
    text = str(said or "")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."
