"""The quality gate as asset checks: what was loaded before dbt, what was built before anyone sees it.

Add here: when a check runs and what it holds up. Keep out: the checks and the decision
(`quality/`), and dbt's own tests, which are checks of their models already.

Blocking is done by one check per stage: `loaded_rows_may_be_used` on `config/calendar`, for which dbt
waits, and `marts_may_be_published` on the marts, for which alerts and publication wait. The checks
beside it show what was found and where.
"""

import datetime as dt
import json
from collections.abc import Iterator, Sequence

import dagster as dg
import duckdb

from pipelines.assets.bound import COMPANY_TABLES
from pipelines.assets.models_built import DBT_RUN
from pipelines.assets.raw import may_continue
from pipelines.assets.steps import WRITER, failing_clearly, log, night_of, raw_zone_of
from pipelines.language import spoken, text
from pipelines.language.text import InEach, kept
from pipelines.nights.night import Night
from pipelines.settings import Settings
from pipelines.warehouse.binding import connect, one_thread
from pipelines.warehouse.dbt_command import prepared_manifest
from pipelines.warehouse.told_tables import write_told_table
from quality.adapter import check_results, check_specs, group_declarations, group_results, one_check
from quality.audit import audit_feeds, audit_marts, audit_staged, audit_suites
from quality.dbt_results import read_dbt_results
from quality.feeds import read_feeds
from quality.freshness import check_failed_sources, with_untrusted
from quality.gate import Verdict, decide
from quality.loaded import staged_sources
from quality.reconciliation import Terms
from quality.results import CheckResult, results_frame
from quality.runner import rule_names
from quality.suite_reader import read_suites

EXTRACTS = dg.AssetKey(["config", "extracts"])
# Every model stands on the calendar, so what holds it up holds up all of dbt.
CALENDAR = dg.AssetKey(["config", "calendar"])
# The mart whose check `marts_may_be_published` holds up all that follows.
GATE = dg.AssetKey(["marts", "fct_target_completion"])
MAY_BE_USED, MAY_BE_PUBLISHED = "loaded_rows_may_be_used", "marts_may_be_published"
RULES = "loaded_rows_keep_the_rules"
_RAW_RESULTS = "raw_audit.json"


def raw_audit(settings: Settings) -> dg.AssetChecksDefinition:
    """Great Expectations suites on the sheets' rows, volume, completeness, quarantine, freshness."""
    suites = read_suites()
    language = settings.company.language
    # One check per table, its rules as metadata: an event of Dagster costs more than a rule.
    keys = {entity: dg.AssetKey(["raw", f"spreadsheet__{entity}"]) for entity in suites}
    feeds_declared = group_declarations("feeds")
    bound = [dg.AssetKey(["config", name]) for name in COMPANY_TABLES]
    shown = [
        dg.AssetCheckSpec(RULES, asset=key, description=f"{len(rule_names(suites[entity]))} rules.")
        for entity, key in keys.items()
    ]
    shown += check_specs(EXTRACTS, feeds_declared, language=language)
    specs = [
        # These only show; the one after them holds up the night, for checks of raw assets that
        # blocked would hold up the binding they themselves need.
        dg.AssetCheckSpec(
            spec.name,
            asset=spec.asset_key,
            description=spec.description,
            additional_deps=_others(bound, spec.asset_key),
        )
        for spec in shown
    ]
    gate = dg.AssetCheckSpec(
        MAY_BE_USED, asset=CALENDAR, blocking=True, additional_deps=_others(bound, CALENDAR)
    )

    @dg.multi_asset_check(
        name="audit_of_loaded_rows", specs=[*specs, gate], required_resource_keys={WRITER}
    )
    def audit(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        with failing_clearly():
            night = night_of(context, settings)
            if night.unchanged:
                yield from _standing([*specs, gate])
                return
            failed = night.failed_sources
            with connect(night.warehouse) as connection:
                one_thread(connection)
                by_entity = audit_suites(connection, suites)
                feeds = audit_feeds(
                    connection,
                    terms_of(settings, night),
                    read_feeds(settings.config_dir, [source.name for source in settings.sources]),
                    failed_sources=failed,
                )
                write_told_table(connection, "rpt_freshness", feeds.freshness)
            of_feeds = [*check_failed_sources(failed), *feeds.results]
            results = [result for found in by_entity.values() for result in found] + of_feeds
            (night.folder / _RAW_RESULTS).write_text(
                json.dumps([{**vars(result), "told": kept(result.told)} for result in results])
            )
            verdict = decide(results, may_fail=_may_fail(settings))
            for entity, key in keys.items():
                yield one_check(key, RULES, by_entity[entity], language=language)
            yield from check_results(
                EXTRACTS, feeds_declared, group_results("feeds", of_feeds), language=language
            )
            yield _gate_result(gate, verdict, language)

    return audit


def marts_audit(settings: Settings, marts: Sequence[dg.AssetKey]) -> dg.AssetChecksDefinition:
    """Suites on the staged rows of other systems than sheets and what these counted, truths between
    loaded rows and marts, to the cent, and findings about names, references and doubtful pairs.
    """
    language = settings.company.language
    place = GATE
    declared = [*group_declarations("truths"), *group_declarations("staged_rows")]
    specs = [
        dg.AssetCheckSpec(
            spec.name,
            asset=place,
            description=spec.description,
            additional_deps=_others(marts, place),
        )
        for spec in check_specs(place, declared, language=language)
    ]
    gate = dg.AssetCheckSpec(
        MAY_BE_PUBLISHED, asset=place, blocking=True, additional_deps=_others(marts, place)
    )

    @dg.multi_asset_check(
        name="audit_of_marts", specs=[*specs, gate], required_resource_keys={WRITER}
    )
    def audit(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        with failing_clearly():
            night = night_of(context, settings)
            if night.unchanged:
                yield from _standing([*specs, gate])
                return
            with connect(night.warehouse) as connection:
                one_thread(connection)
                staged = audit_staged(connection, read_suites())
                truths = audit_marts(connection, terms_of(settings, night))
                built = read_dbt_results(night.folder / DBT_RUN, prepared_manifest(settings))
                results = [*_raw_results(night), *built, *staged, *truths]
                frame = results_frame(results, dt.datetime.now(dt.UTC))
                write_told_table(connection, "rpt_data_quality", frame)
                verdict = decide(results, may_fail=_may_fail(settings))
                _mark_untrusted(connection, verdict)
            log.info(
                text("night.log.audit", verdict=verdict.text(spoken()).replace("\n", "\n      "))
            )
            grouped = [*group_results("truths", truths), *group_results("staged_rows", staged)]
            yield from check_results(place, declared, grouped, language=language)
            yield _gate_result(gate, verdict, language)

    return audit


def terms_of(settings: Settings, night: Night) -> Terms:
    """How the night's marts count."""
    company = settings.company
    return Terms(night.as_of, company.timezone, company.currency, company.revenue_basis)


def _others(keys: Sequence[dg.AssetKey], own: dg.AssetKey) -> list[dg.AssetKey]:
    """What a check waits for beside its own asset, which Dagster adds itself."""
    return [key for key in keys if key != own]


def _standing(specs: Sequence[dg.AssetCheckSpec]) -> Iterator[dg.AssetCheckResult]:
    for spec in specs:
        yield dg.AssetCheckResult(
            asset_key=spec.asset_key,
            check_name=spec.name,
            passed=True,
            metadata={"unchanged": True},
        )


def _gate_result(spec: dg.AssetCheckSpec, verdict: Verdict, language: str) -> dg.AssetCheckResult:
    if not verdict.publish:
        log.error(text("night.log.audit", verdict=verdict.text(spoken()).replace("\n", "\n      ")))
    return dg.AssetCheckResult(
        asset_key=spec.asset_key,
        check_name=spec.name,
        passed=verdict.publish,
        severity=dg.AssetCheckSeverity.ERROR,
        description=verdict.text(language),
        metadata={
            "checks": verdict.checked,
            "errors": len(verdict.errors),
            "warnings": len(verdict.warnings),
            "untrusted": sorted(verdict.untrusted),
        },
    )


def _may_fail(settings: Settings) -> set[str]:
    raw_zone, now = raw_zone_of(settings), dt.datetime.now(dt.UTC)
    return {
        source.name for source in settings.sources if may_continue(settings, source, raw_zone, now)
    }


def _mark_untrusted(connection: duckdb.DuckDBPyConnection, verdict: Verdict) -> None:
    """Feeds of sources that fail but may: stale in `rpt_freshness`, from which alerts hold back."""
    if not verdict.untrusted:
        return
    given = {(source, entity) for _, source, entity in staged_sources(connection)}
    freshness = connection.execute("select * from marts.rpt_freshness").df()
    marked = with_untrusted(freshness, verdict.untrusted, given)
    write_told_table(connection, "rpt_freshness", marked)


def _raw_results(night: Night) -> list[CheckResult]:
    rows = json.loads((night.folder / _RAW_RESULTS).read_text())
    return [
        CheckResult(**(row | {"sample": tuple(row["sample"]), "told": InEach(row["told"])}))
        for row in rows
    ]
