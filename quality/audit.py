"""The whole audit in three calls: what was loaded, what staging made of it, what was built from it.

Add here: another module of checks. Keep out: a check of its own, and the decision (`gate.py`).

The caller opens the connection, gives it and closes it: nothing here keeps the warehouse open.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import duckdb
import pandas as pd

from pipelines.raw_zone.entities import entity_of
from quality.clock import check_clock
from quality.closings import check_closings
from quality.completeness import arrivals, check_completeness, check_counted_by_systems
from quality.duplicate_deals import check_duplicate_deals
from quality.duplicate_orders import check_duplicate_orders
from quality.feeds import Feeds
from quality.findings import (
    check_currencies,
    check_open_without_account,
    check_references,
    check_stages,
)
from quality.freshness import check_freshness, freshness_frame
from quality.identity import check_identities
from quality.loaded import fetch_batch, given_entities, staged_sources
from quality.naming import check_names
from quality.order_days import check_order_days
from quality.order_states import check_order_states
from quality.reconciliation import Terms, reconcile
from quality.rejected import check_files, check_rejected_rows
from quality.results import CheckResult
from quality.runner import run_suite
from quality.screening import sound
from quality.set_aside import check_set_aside
from quality.suite_reader import Suite
from quality.target_names import check_target_names
from quality.volume import check_volume


@dataclass(frozen=True)
class LoadedAudit:
    """Results on the loaded rows, and the rows of `rpt_freshness`."""

    results: tuple[CheckResult, ...]
    freshness: pd.DataFrame


def audit_suites(
    connection: duckdb.DuckDBPyConnection, suites: Mapping[str, Suite]
) -> dict[str, list[CheckResult]]:
    """Every entity's suite on its loaded rows; only the columns its rules look at are fetched."""
    given = given_entities(connection)
    results = {}
    for entity, suite in suites.items():
        kept = sound(connection, suite, given=entity in given)
        if kept is not None:
            results[entity] = kept
            continue
        batch = fetch_batch(connection, entity, suite.columns)
        results[entity] = run_suite(
            batch.frame, suite, given=entity in given, total_rows=batch.total_rows
        )
    return results


def audit_staged(
    connection: duckdb.DuckDBPyConnection, suites: Mapping[str, Suite]
) -> list[CheckResult]:
    """Every entity's suite on the staged rows of each source that is no sheet, and what its system
    counted against what staging counts. Sheets have been through `audit_suites` before dbt.

    Subjects are `<source>.<entity>`. A source that gives no row of an entity has nothing to judge;
    rows gone missing are told by the counts and by the volume of the feed.
    """
    results = list(check_counted_by_systems(connection))
    for system, source, entity in staged_sources(connection):
        if entity not in suites:
            continue
        suite = suites[entity]
        found = sound(connection, suite, of=(system, source))
        if found is None:
            batch = fetch_batch(connection, entity, suite.columns, of=(system, source))
            found = run_suite(
                batch.frame, suite, given=batch.total_rows > 0, total_rows=batch.total_rows
            )
        results += [
            dataclasses.replace(result, subject=f"{source}.{entity}", source=source)
            for result in found
        ]
    return results


def audit_feeds(
    connection: duckdb.DuckDBPyConnection,
    terms: Terms,
    feeds: Feeds,
    *,
    failed_sources: Collection[str] = (),
) -> LoadedAudit:
    """Volume, completeness, rejected rows and files, and freshness of every feed.

    Age is judged by canonical entity, since that is what figures depend on: a CRM's tables of
    activities are one feed. `failed_sources` is that of `freshness_frame`.
    """
    extracts = connection.execute("select * from config.extracts").df()
    history = _by_entity(connection.execute("select * from config.extract_history").df())
    loads = history.groupby(["source", "entity", "loaded_at"], as_index=False)
    newest = loads.agg({"newest_record_at": "max"})
    rejected = connection.execute("select * from config.rejected").df()
    freshness = freshness_frame(
        _by_entity(extracts),
        terms.as_of,
        feeds=feeds,
        timezone=terms.timezone,
        workdays=_workdays(connection, terms.as_of),
        history=newest,
        failed_sources=failed_sources,
    )
    results = [
        *check_volume(extracts, feeds),
        *check_clock(history),
        *check_completeness(arrivals(connection)),
        *check_rejected_rows(rejected, extracts),
        *check_files(extracts),
        *check_freshness(freshness),
    ]
    return LoadedAudit(tuple(results), freshness)


def _by_entity(feeds: pd.DataFrame) -> pd.DataFrame:
    entities = [
        entity_of(str(system), str(entity))
        for system, entity in zip(feeds["system"], feeds["entity"], strict=True)
    ]
    return feeds.assign(entity=entities)


def audit_marts(connection: duckdb.DuckDBPyConnection, terms: Terms) -> list[CheckResult]:
    """Reconciliation of the built marts with the loaded rows, and findings about both."""
    return [
        *reconcile(connection, terms),
        *check_set_aside(connection),
        *check_stages(connection),
        *check_currencies(connection, terms),
        *check_references(connection),
        *check_names(connection),
        *check_identities(connection),
        *check_duplicate_orders(connection, terms.timezone),
        *check_open_without_account(connection),
        *check_closings(connection),
        *check_duplicate_deals(connection),
        *check_order_states(connection),
        *check_order_days(connection, terms.timezone),
        *check_target_names(connection),
    ]


def _workdays(connection: duckdb.DuckDBPyConnection, as_of: dt.date) -> frozenset[dt.date]:
    rows = connection.execute(
        "select date_day from config.calendar where is_workday and date_day <= ?", [as_of]
    ).fetchall()
    return frozenset(day for (day,) in rows)
