"""A source that fails: it holds the night in its first week, and afterwards its figures are untrusted."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import shutil
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from pipelines.alerting.series.catalogue import untrusted_metrics
from pipelines.assets.audits import raw_audit
from pipelines.assets.bound import bound_assets
from pipelines.assets.raw import TRIAL, may_continue, raw_assets
from pipelines.assets.steps import ONLY_TAG, WRITER, raw_zone_of, writer_resource
from pipelines.nights.night import folder_of
from pipelines.settings import Settings, load_settings
from pipelines.sources.registry import connector_of
from pipelines.warehouse.binding import connect
from quality.freshness import with_untrusted

TWO = """\
sources:
  - {name: east, system: spreadsheet, folder: east}
  - {name: west, system: spreadsheet, folder: west}
"""
USERS = "user_id,user_name\n{0}1,Li\n{0}2,Wu\n"
ORDERS = "order_id,account_id,amount,ordered_at\n{0}9,A,10.50,2026-03-30\n"
WEEK = dt.timedelta(days=7)


@pytest.fixture
def company(company_folder: Path, tmp_path: Path) -> Settings:
    """Two sources of sheets, neither loaded yet."""
    (company_folder / "sources.yml").write_text(TWO)
    for name in ("east", "west"):
        (company_folder / name).mkdir()
        (company_folder / name / "users.csv").write_text(USERS.format(name))
        (company_folder / name / "orders.csv").write_text(ORDERS.format(name))
    return load_settings(company_folder, tmp_path / "data")


def load(settings: Settings, at: dt.datetime) -> None:
    zone = raw_zone_of(settings)
    for source in settings.sources:
        zone.load(source.name, source.system, connector_of(source, settings), now=at)


def with_rule(settings: Settings, rule: str | None) -> Settings:
    sources = tuple(
        source.model_copy(update={"on_failure": rule}) if source.name == "west" else source
        for source in settings.sources
    )
    return dataclasses.replace(settings, sources=sources)


@pytest.mark.parametrize(
    ("rule", "age", "continues"),
    [
        (None, None, False),
        ("continue", None, False),
        (None, WEEK - dt.timedelta(hours=1), False),
        (None, WEEK + dt.timedelta(hours=1), True),
        ("hold", WEEK * 10, False),
        ("continue", dt.timedelta(hours=1), True),
    ],
)
def test_a_new_source_holds_for_a_week(
    company: Settings, rule: str | None, age: dt.timedelta | None, continues: bool
) -> None:
    now = dt.datetime(2026, 3, 31, 20, tzinfo=dt.UTC)
    settings = with_rule(company, rule)
    if age is not None:
        load(settings, now - age)
        if age > dt.timedelta(days=1):
            # The week counts from the first load; later ones do not begin it anew.
            (settings.config_dir / "west" / "orders.csv").write_text(ORDERS.format("new"))
            load(settings, now - dt.timedelta(days=1))
    west = settings.sources[1]
    assert TRIAL == WEEK
    assert may_continue(settings, west, raw_zone_of(settings), now) is continues


def test_the_only_source_of_a_company_holds(company: Settings) -> None:
    now = dt.datetime(2026, 3, 31, 20, tzinfo=dt.UTC)
    load(company, now - 10 * WEEK)
    alone = dataclasses.replace(company, sources=company.sources[1:])
    assert not may_continue(alone, alone.sources[0], raw_zone_of(alone), now)


def extract(
    settings: Settings, *further: dg.AssetsDefinition, only: str | None = None
) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [*raw_assets(settings), *further],
        tags={ONLY_TAG: only} if only else {},
        resources={WRITER: writer_resource(settings, lambda _: None)},
        raise_on_error=False,
    )


def test_in_its_first_week_a_failing_source_stops_the_night(company: Settings) -> None:
    load(company, dt.datetime.now(dt.UTC) - dt.timedelta(days=2))
    shutil.rmtree(company.config_dir / "west")
    done = extract(company)
    assert not done.success
    (failure,) = done.get_step_failure_events()
    assert "west" in str(failure.event_specific_data)


def test_after_a_week_the_rest_goes_on_and_the_source_is_untrusted(company: Settings) -> None:
    load(company, dt.datetime.now(dt.UTC) - WEEK * 2)
    shutil.rmtree(company.config_dir / "west")
    done = extract(company, *bound_assets(company), raw_audit(company))
    assert done.success
    gate = next(
        check
        for check in done.get_asset_check_evaluations()
        if check.check_name == "loaded_rows_may_be_used"
    )
    assert gate.passed
    assert gate.metadata["untrusted"].value == ["west"]
    folder = folder_of(company, done.run_id)
    told = json.loads((folder / "raw_audit.json").read_text())
    (failed,) = [result for result in told if result["check"] == "source_was_read"]
    assert (failed["source"], failed["passed"]) == ("west", False)
    with connect(folder / "warehouse.duckdb", read_only=True) as connection:
        states = connection.execute(
            "select source, entity, state from marts.rpt_freshness order by all"
        ).fetchall()
        rows = connection.execute(
            "select source, count(*) from raw.spreadsheet__orders group by all order by all"
        ).fetchall()
    # The last load of the source that failed still counts, marked as not to be believed.
    assert rows == [("east", 1), ("west", 1)]
    assert {(source, state) for source, _, state in states} >= {("west", "stale")}
    assert {state for source, _, state in states if source == "west"} == {"stale"}
    assert "stale" not in {state for source, _, state in states if source == "east"}


def test_of_a_source_that_is_not_asked_for_the_last_load_stands(company: Settings) -> None:
    never = extract(company, only="east")
    assert not never.success
    assert "west" in str(never.get_step_failure_events()[0].event_specific_data)
    load(company, dt.datetime.now(dt.UTC) - dt.timedelta(days=1))
    zone = raw_zone_of(company)
    before = {name: zone.known_extracts(name) for name in ("east", "west")}
    for name in ("east", "west"):
        (company.config_dir / name / "orders.csv").write_text(ORDERS.format("new"))
    assert extract(company, only="east").success
    assert zone.known_extracts("west") == before["west"]
    assert len(zone.known_extracts("east")) > len(before["east"])


def test_the_figures_of_an_untrusted_crm_are_held_back() -> None:
    """A system's own tables bear other names than the entities on which figures depend."""
    loaded = pd.Timestamp("2026-03-30 20:00:00+00:00")
    freshness = pd.DataFrame(
        [
            {"source": "crm", "entity": "deals", "last_loaded_at": loaded, "state": "fresh"},
            {"source": "sheets", "entity": "targets", "last_loaded_at": loaded, "state": "fresh"},
        ]
    )
    given = {("crm", "opportunities"), ("crm", "orders"), ("other", "activities")}
    marked = with_untrusted(freshness, {"crm"}, given)
    stale = set(marked.loc[marked["state"] == "stale", "entity"])
    assert stale == {"deals", "opportunities", "orders"}
    assert {"revenue", "win_rate"} <= untrusted_metrics(stale)
    assert "activities" not in untrusted_metrics(stale)
    assert with_untrusted(freshness, set(), given).equals(freshness)
