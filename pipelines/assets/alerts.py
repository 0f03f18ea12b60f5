"""Alerts as assets: one per rule family, whose checks show level, value, limit and drivers.

Add here: how an evaluation becomes tables and asset checks. Keep out: every decision about a level
(`pipelines/alerting/`), what people did (`pipelines/ledger/`) and telling them (`notices.py`).

A breach is a check that did not pass, with severity WARN: it is a fact about the business, never a
fault of the run, so it stops nothing.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pandas as pd

from pipelines.alerting.cases import accounts, deals
from pipelines.alerting.cases.case_money import with_case_money
from pipelines.alerting.cases.case_rows import case_rows
from pipelines.alerting.evaluation import Evaluation, evaluate
from pipelines.alerting.judging.readiness import readiness_frame
from pipelines.alerting.judging.weekly_evidence import evidence_rows
from pipelines.alerting.records.record import records_frame, with_records
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.rules.rule_file import load_rules
from pipelines.alerting.series.catalogue import untrusted_metrics
from pipelines.alerting.series.scope_tree import ScopeTree
from pipelines.assets.alert_lineage import keys_of_rules, keys_of_table
from pipelines.assets.alert_past import Past, read_past
from pipelines.assets.alert_records import records_and_calibration
from pipelines.assets.rules_tonight import rules_tonight
from pipelines.assets.steps import WRITER, failing_clearly, log, night_of
from pipelines.assets.wide_alerts import wide_alerts
from pipelines.configuration.problems import Problem
from pipelines.language import stored, text
from pipelines.ledger.publishing import ledger_frames, merge_ledger_state
from pipelines.ledger.settled import NewNormal, new_normals
from pipelines.ledger.store import open_ledger
from pipelines.nights.freed_memory import give_back
from pipelines.notifying.recipients import read_recipients
from pipelines.settings import Settings
from pipelines.warehouse.binding import connect, one_thread
from pipelines.warehouse.told_tables import write_told_table
from pipelines.working_calendar import workday_test

TOLD = (
    "fct_alerts",
    "fct_cases",
    "fct_alert_evidence",
    "fct_alert_responses",
    "rpt_response_scores",
    "rpt_reward_list",
    "rpt_case_library",
    "rpt_rule_records",
    "rpt_alert_calibration",
    "wide_alerts",
    "rpt_rule_readiness",
)
_NAMED = 5  # alerts that a check's description spells out


def usable_rules(settings: Settings) -> tuple[list[Rule], list[Problem]]:
    """The company's rules that can run, and what is wrong with the others."""
    return load_rules(settings.config_dir / "alert_rules.yml")


def alert_assets(settings: Settings, gate: dg.AssetKey) -> list[dg.AssetsDefinition]:
    """`alerts/<family>` for every family of rules, and the marts that hold alerts and answers.

    `gate` is the mart whose blocking check lets the night go on.
    """
    rules, _ = usable_rules(settings)
    families = sorted({rule.family for rule in rules})
    language = settings.company.language
    specs = [
        *(
            dg.AssetSpec(
                dg.AssetKey(["alerts", family]),
                deps=sorted(keys_of_rules(rule for rule in rules if rule.family == family)),
                group_name="alerts",
                description=f"Levels of the rules of family {family}; a breach is a check that warns.",
            )
            for family in families
        ),
        *(
            dg.AssetSpec(
                dg.AssetKey(["marts", name]),
                deps=sorted(keys_of_table(name, rules, families, gate)),
                group_name="alerts",
                kinds={"duckdb"},
            )
            for name in TOLD
        ),
    ]
    checks = [
        dg.AssetCheckSpec(
            rule.name,
            asset=dg.AssetKey(["alerts", rule.family]),
            description=rule.title.into(language),
        )
        for rule in rules
    ]

    @dg.multi_asset(
        name="evaluate_alerts", specs=specs, check_specs=checks, required_resource_keys={WRITER}
    )
    def evaluate_alerts(context: dg.AssetExecutionContext) -> Iterator[Any]:
        with failing_clearly():
            night = night_of(context, settings)
            # As they are written tonight: Dagster may have loaded the definitions long ago.
            tonight, refused = usable_rules(settings)
            if night.unchanged:
                with connect(settings.current / "forewarn.duckdb", read_only=True) as connection:
                    alerts = connection.execute("select * from marts.fct_alerts").df()
            else:
                alerts = _judged(night.warehouse, settings, night.as_of, tonight, refused)
                give_back()  # before the publication, which needs as much again
            _say(refused, alerts)
        for spec in specs:
            family = spec.key.path[-1]
            rows = alerts[
                (alerts["state"] == "open") & ((alerts["family"] == family) | (family in TOLD))
            ]
            yield dg.MaterializeResult(
                asset_key=spec.key, metadata={"dagster/row_count": len(rows)}
            )
        for rule in rules:
            yield _check(
                rule, alerts[(alerts["rule"] == rule.name) & (alerts["state"] == "open")], language
            )

    return [evaluate_alerts]


def _judged(
    warehouse: Path,
    settings: Settings,
    as_of: dt.date,
    rules: Sequence[Rule],
    refused: Sequence[Problem],
) -> pd.DataFrame:
    """`fct_alerts` of the night, written with the other told tables; whatever it took is let go."""
    with connect(warehouse) as connection:
        one_thread(connection)
        past = read_past(connection, as_of)
        found = evaluation(past, rules, settings, _settled(settings, as_of))
        give_back()
        return _write(connection, settings, rules, past, found, refused)


def evaluation(
    past: Past, rules: Sequence[Rule], settings: Settings, settled: Sequence[NewNormal] = ()
) -> Evaluation:
    """Every rule on every day of the past, with the levels that stand behind an alert or a target."""
    return evaluate(
        past.rows,
        None,
        rules,
        past.scopes,
        as_of=past.as_of,
        every_level=False,
        untrusted=untrusted_metrics(_stale_entities(past.freshness)),
        calendar=past.calendar,
        absences=settings.absences,
        people=past.people,
        settled=settled,
        language=settings.company.language,
        currency=settings.company.currency,
    )


def _settled(settings: Settings, as_of: dt.date) -> list[NewNormal]:
    ledger = open_ledger(settings.ledger_url)
    try:
        return new_normals(ledger, as_of=as_of, timezone=settings.timezone)
    finally:
        ledger.close()


def _stale_entities(freshness: pd.DataFrame) -> set[str]:
    """Entities with a stale feed; what depends on them is held back tonight."""
    return set(freshness.loc[freshness["state"] == "stale", "entity"])


def _write(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    rules: Sequence[Rule],
    past: Past,
    found: Evaluation,
    refused: Sequence[Problem],
) -> pd.DataFrame:
    as_of, zone = past.as_of, settings.timezone
    ledger = open_ledger(settings.ledger_url)
    try:
        standing = rules_tonight(rules, refused, found)
        alerts, tonight = merge_ledger_state(
            ledger, found.episodes, as_of=as_of, timezone=zone, rules=standing
        )
        frames = ledger_frames(
            ledger,
            as_of=as_of,
            timezone=zone,
            is_workday=workday_test(settings, as_of),
            judged=_recipients(settings),
            tonight=tonight,
        )
    finally:
        ledger.close()
    # With people's answers: what they have closed bears no money any more.
    alerts = with_case_money(alerts, rules, ScopeTree(past.scopes), settings.company.currency)
    records, calibration = records_and_calibration(settings, rules, past, found, alerts)
    frames["rpt_rule_records"] = records_frame(records, rules)
    frames["rpt_rule_readiness"] = readiness_frame(found.readiness)
    frames["rpt_alert_calibration"] = calibration
    with_what_is_behind = deals.with_deals(
        with_records(alerts, records),
        connection.execute(
            f"select {', '.join(deals.COLUMNS)} from marts.fct_opportunities "
            f"where outcome in {deals.OUTCOMES}"
        ).df(),
        quarter_end=past.quarter_end,
    )
    frames["fct_alerts"] = accounts.with_accounts(
        with_what_is_behind,
        connection.execute(
            f"select {', '.join(accounts.COLUMNS)} from marts.fct_account_health"
        ).df(),
        ScopeTree(past.scopes),
        as_of=as_of,
    )
    frames["fct_cases"] = case_rows(frames["fct_alerts"], ScopeTree(past.scopes))
    frames["fct_alert_evidence"] = evidence_rows(found.episodes, found.levels)
    # One transaction: otherwise each of some hundred comments is brought to disk by itself.
    connection.begin()
    for name, frame in frames.items():
        write_told_table(connection, name, frame)
    wide = wide_alerts(connection, settings.company.language)
    write_told_table(connection, "wide_alerts", wide)
    connection.commit()
    return frames["fct_alerts"]


def _recipients(settings: Settings) -> set[str]:
    problems: list[Problem] = []  # told by `forewarn check` and by the notices
    book = read_recipients(settings.config_dir / "recipients.yml", problems)
    return {person.person_id for person in book.recipients}


def _say(refused: Sequence[Problem], alerts: pd.DataFrame) -> None:
    for problem in refused:
        log.warning(text("night.log.rule_refused", problem=problem.told))
    now = alerts[alerts["state"] == "open"]
    counts = {level: int((now["level"] == level).sum()) for level in ("danger", "warning")}
    log.info(text("night.log.open_alerts", **counts))


def _check(rule: Rule, breaches: pd.DataFrame, language: str) -> dg.AssetCheckResult:
    ranked = breaches.sort_values(["level", "urgency"], ascending=[True, False])
    told = [str(text) for text in ranked["message"].head(_NAMED)]
    metadata: dict[str, Any] = {
        "open": len(breaches),
        "danger": int((breaches["level"] == "danger").sum()),
        "rule_version": rule.judged_as,
    }
    if len(ranked):
        first = ranked.iloc[0]
        metadata |= {
            "level": str(first["level"]),
            "scope": f"{first['scope_type']}:{first['scope_id']}",
            "value": _number(first["value"]),
            "limit": _number(first["limit_value"]),
            "drivers": dg.MetadataValue.text(str(first["drivers"])),
            "record": stored.found(dict(first), "record", language),
        }
    return dg.AssetCheckResult(
        asset_key=dg.AssetKey(["alerts", rule.family]),
        check_name=rule.name,
        passed=not len(breaches),
        severity=dg.AssetCheckSeverity.WARN,
        description="\n".join(told) or rule.title.into(language),
        metadata=metadata,
    )


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
