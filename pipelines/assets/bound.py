"""Binding: the night's warehouse file with what was in force, and whether anything has changed.

Add here: what happens between the raw zone and dbt. Keep out: the views themselves
(`pipelines/warehouse/binding.py`).
"""

import dataclasses
from collections.abc import Iterator

import dagster as dg

from pipelines.assets.kept_ledger import open_kept
from pipelines.assets.steps import (
    STORED_LOADS,
    WRITER,
    failing_clearly,
    log,
    night_of,
    raw_zone_of,
)
from pipelines.language import text as words
from pipelines.ledger.quarantine import accepted
from pipelines.ledger.revision import ledger_revision
from pipelines.nights.night import Night, fingerprint
from pipelines.publishing.versions import damaged_files, read_manifest
from pipelines.raw_zone.sheet_versions import EVERY_VERSION
from pipelines.settings import Settings
from pipelines.sources.registry import raw_tables
from pipelines.store.address import store_address
from pipelines.warehouse.binding import bind
from pipelines.warehouse.workbench import refresh_workbench

COMPANY_TABLES = {
    "stages": "The company's stages and what each source calls them.",
    "sources": "The sources, and by what each one's closings are dated.",
    "exchange_rates": "Units of the company currency for one unit of another, by day.",
    "people": "Accounts of different sources that are one person.",
    "product_lines": "The company's product lines, against which names are checked.",
    "order_statuses": "What each word for the state of an order means.",
    "account_aliases": "Old ids of customers that were merged into others.",
    "calendar": "Workdays: the country's, with make-up days and the company's own exceptions.",
    "extracts": "The last completed extract of each source, entity and file, as known on the day.",
    "rejected": "Rows in quarantine, each with its reason.",
    "build": "The variables of this build; dbt refuses to build the same file with others.",
}

# Made of the loads here, as the rows in force are, but read by dbt beside them.
VERSIONS = {
    f"spreadsheet__{name}": f"Rows of every version of the {entity} sheets that was known on the "
    "day, so that what changed between two loads can be dated."
    for entity, name in EVERY_VERSION.items()
}


def bound_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """The `config.*` tables and sheet versions; they wait for every extraction, and dbt waits for them."""
    raw_keys = [
        dg.AssetKey(["raw", f"{system}__{table}"])
        for system in sorted({*settings.systems, "spreadsheet"})
        for table in raw_tables(system)
    ]
    if store_address() and settings.engine.engine == "spark":
        # Spark reads the loads at the address: without them the night ends before anything is made.
        raw_keys.append(STORED_LOADS)
    specs = [
        dg.AssetSpec(
            dg.AssetKey([schema, name]),
            deps=raw_keys,
            group_name=schema,
            description=text,
            kinds={"duckdb"},
        )
        for schema, tables in (("config", COMPANY_TABLES), ("raw", VERSIONS))
        for name, text in tables.items()
    ]

    @dg.multi_asset(name="bind_warehouse", specs=specs, required_resource_keys={WRITER})
    def bind_warehouse(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        with failing_clearly():
            night = _with_fingerprint(settings, night_of(context, settings))
            if night.unchanged:
                log.info(words("night.log.unchanged"))
            else:
                bind(
                    night.warehouse,
                    settings,
                    raw_zone_of(settings),
                    as_of=night.as_of,
                    known_at=night.known_at,
                    accepted=_accepted(settings),
                )
                if read_manifest(settings.current) is None:
                    # Should the first night fail at a model, analysts have its rows to mend it with.
                    refresh_workbench(settings, night.warehouse)
        for spec in specs:
            yield dg.MaterializeResult(asset_key=spec.key)

    return [bind_warehouse]


def _accepted(settings: Settings) -> frozenset[str]:
    ledger = open_kept(settings)
    try:
        return frozenset(accepted(ledger))
    finally:
        ledger.close()


def _with_fingerprint(settings: Settings, night: Night) -> Night:
    ledger = open_kept(settings)
    try:
        revision = ledger_revision(ledger)
    finally:
        ledger.close()
    found = fingerprint(settings, raw_zone_of(settings), night, ledger_revision=revision)
    current = read_manifest(settings.current)
    unchanged = False
    if current and current.fingerprint == found and not night.full:
        damaged = damaged_files(settings.current, current)
        unchanged = not damaged
        if damaged:
            log.warning(words("night.log.damaged", files=[*damaged]))
    night = dataclasses.replace(night, fingerprint=found, unchanged=unchanged)
    night.save()
    return night
