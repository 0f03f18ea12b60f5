"""The code location loads as Dagster loads it, and its names do not change by accident."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
import time_machine

from pipelines.alerting.rules.rule_file import load_rules
from pipelines.assets.dbt_models import TESTS, shown_models
from pipelines.assets.steps import AS_OF_TAG, ONLY_TAG, day_asked, sources_asked
from pipelines.commands.past_day import past_day_definitions
from pipelines.definitions import build_defs
from pipelines.failures import PermanentFailure
from pipelines.publishing.holding import MANIFEST
from pipelines.publishing.versions import Manifest
from pipelines.schedules import hourly, nightly_job
from pipelines.settings import PROJECT, Settings, load_settings
from pipelines.sources.registry import CONNECTORS
from pipelines.warehouse.dbt_command import COMPILED_IN, prepared_manifest
from pipelines.warehouse.program import read_program


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The shipped configuration where its sheets are not: no source can be read."""
    root = tmp_path_factory.mktemp("site")
    shutil.copytree(PROJECT / "config", root / "config")
    return load_settings(root / "config", root / "data")


@pytest.fixture(scope="module")
def definitions(shipped: Settings) -> dg.Definitions:
    return build_defs(shipped)


def test_the_steps_of_the_night(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def("nightly")
    assert {node.name for node in job.nodes} == {
        "extract_spreadsheet",
        "bind_warehouse",
        "audit_of_loaded_rows",
        "dbt_build",
        "audit_of_marts",
        "evaluate_alerts",
        "published__current",
        "told__notices",
        "reports__weekly",
    }


def test_postgresql_and_the_heartbeat_are_steps_where_they_are_configured(
    shipped: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOREWARN_PUBLISH_URL", "postgresql://nobody@127.0.0.1:9/none")
    monkeypatch.setenv("FOREWARN_HEARTBEAT_URL", "http://127.0.0.1:9/")
    job = build_defs(shipped).resolve_job_def("nightly")
    upstream = {
        step: {
            each.node
            for needed in job.dependencies[node].values()
            for each in needed.get_node_dependencies()
        }
        for node in job.dependencies
        for step in [node.alias or node.name]
    }
    assert upstream["published__postgres"] == {"published__current"}
    assert upstream["told__heartbeat"] == {"told__notices", "reports__weekly"}
    # Nobody waits for a database that may be down.
    assert "published__postgres" not in set().union(*upstream.values())


def test_a_past_day_is_built_without_extracting_publishing_or_telling(
    shipped: Settings, definitions: dg.Definitions
) -> None:
    apart = past_day_definitions(shipped).resolve_job_def("past_day")
    nightly = definitions.resolve_job_def("nightly")
    outward = {"extract_spreadsheet", "published__current", "told__notices", "reports__weekly"}
    assert {node.name for node in apart.nodes} == {node.name for node in nightly.nodes} - outward


def test_schedules_run_at_company_time(definitions: dg.Definitions) -> None:
    found = {
        schedule.name: (schedule.cron_schedule, schedule.execution_timezone)
        for schedule in definitions.schedules or ()
        if isinstance(schedule, dg.ScheduleDefinition)
    }
    assert found == {
        "nightly_schedule": ("15 2 * * *", "Asia/Shanghai"),
        "weekly_report_schedule": ("30 6 * * 1", "Asia/Shanghai"),
        "maintenance_schedule": ("30 5 * * 0", "Asia/Shanghai"),
        "hourly_schedule": ("20 9-18 * * *", "Asia/Shanghai"),
    }


def test_changes_are_read_in_hours_of_work_where_something_is_published(
    shipped: Settings, tmp_path: Path
) -> None:
    def asked(settings: Settings, moment: str) -> dg.RunRequest | str:
        schedule = hourly(settings, nightly_job(settings))
        with time_machine.travel(moment, tick=False):
            (got,) = schedule.evaluate_tick(dg.build_schedule_context()).run_requests or (None,)
            if got is not None:
                return got
            return str(schedule.evaluate_tick(dg.build_schedule_context()).skip_message)

    assert "stands still" in asked(shipped, "2026-10-29 10:20 +08:00")
    company = shipped.company.model_copy(update={"clock": None})
    site = dataclasses.replace(shipped, company=company, data_dir=tmp_path)
    assert "Nothing has been published" in asked(site, "2026-10-29 10:20 +08:00")
    version = tmp_path / "versions" / "1"
    version.mkdir(parents=True)
    day = dt.date(2026, 10, 29)
    manifest = Manifest(1, day, "", "2026-10-29T02:20:00+00:00", "run", {}, {})
    (version / MANIFEST).write_text(json.dumps(manifest.content()))
    site.current.symlink_to(version)
    request = asked(site, "2026-10-29 10:20 +08:00")
    assert isinstance(request, dg.RunRequest)
    assert request.tags[ONLY_TAG] == "sales_sheets"
    # A holiday, and a Sunday that is worked instead of a day before it (调休).
    assert asked(site, "2026-10-01 10:20 +08:00") == "No workday."
    assert isinstance(asked(site, "2026-09-20 10:20 +08:00"), dg.RunRequest)
    nightly_only = tuple(s.model_copy(update={"refresh": "nightly"}) for s in site.sources)
    by_night = dataclasses.replace(site, sources=nightly_only)
    assert "by the night alone" in asked(by_night, "2026-10-29 10:20 +08:00")


def test_every_mart_is_an_asset_named_like_its_table(definitions: dg.Definitions) -> None:
    keys = {tuple(key.path) for key in definitions.resolve_asset_graph().get_all_asset_keys()}
    models = {path.stem for path in (PROJECT / "dbt_project" / "models" / "marts").rglob("*.sql")}
    assert {("marts", name) for name in models} <= keys
    assert ("marts", "fct_alerts") in keys
    assert ("raw", "spreadsheet__orders") in keys


def test_every_dbt_data_test_has_its_check_and_every_rule_an_alert_check(
    definitions: dg.Definitions, shipped: Settings
) -> None:
    checks = {
        (tuple(key.asset_key.path), key.name)
        for key in definitions.resolve_asset_graph().asset_check_keys
    }
    rules, problems = load_rules(PROJECT / "config" / "alert_rules.yml")
    assert problems == []
    assert {(("alerts", rule.family), rule.name) for rule in rules} <= checks
    manifest = prepared_manifest(shipped)
    place = shown_models(json.loads(manifest.read_bytes())).place
    tests = read_program(manifest).tests
    ymls = list((PROJECT / "dbt_project" / "models" / "marts").rglob("*_*.yml"))
    declared = {f"{path.stem}_is_as_declared" for path in ymls if not path.stem.startswith("_")}
    assert len(declared) > 15
    assert declared <= {test.name for test in tests.values()}
    of_models = [test for test in tests.values() if test.parents]
    assert len(tests) - len(of_models) < 3  # of macros alone
    assert {(tuple(place[test.subject].path), TESTS) for test in of_models} <= checks


def test_each_family_of_alerts_hangs_on_the_marts_it_reads(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()

    def parents(*path: str) -> set[str]:
        return {key.path[-1] for key in graph.get(dg.AssetKey(list(path))).parent_keys}

    targets = {"fct_target_completion_history", "fct_target_completion"}
    assert parents("alerts", "target") == targets | {"fct_opportunities"}
    assert parents("alerts", "coverage") == {"fct_metrics", "fct_opportunities"}
    assert parents("alerts", "orders") == {"fct_metrics"}
    assert parents("alerts", "data") == {"extracts"}
    families = {key.path[-1] for key in graph.get_all_asset_keys() if key.path[0] == "alerts"}
    assert parents("marts", "fct_alerts") == families | {"fct_target_completion"}
    assert parents("marts", "fct_alert_responses") == set()


def test_nothing_after_the_gate_can_run_before_it(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    blocking = {key.name for key in graph.asset_check_keys if graph.get(key).blocking}
    assert {"loaded_rows_may_be_used", "marts_may_be_published"} <= blocking
    job = definitions.resolve_job_def("nightly")
    before = {
        node.name: {
            output.node_name
            for _, outputs in job.graph.dependency_structure.input_to_upstream_outputs_for_node(
                node.name
            ).items()
            for output in outputs
        }
        for node in job.nodes
    }

    def upstream(name: str) -> set[str]:
        found = set(before[name])
        return found.union(*(upstream(other) for other in found)) if found else found

    assert "audit_of_loaded_rows" in upstream("dbt_build")
    assert {"audit_of_marts", "dbt_build"} <= upstream("evaluate_alerts")
    assert {"audit_of_marts", "evaluate_alerts"} <= upstream("published__current")
    assert "published__current" in upstream("told__notices")
    assert "published__current" in upstream("reports__weekly")


def test_it_loads_with_no_secret_set_and_from_workspace_yaml(tmp_path: Path) -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name == COMPILED_IN or not name.startswith(("FOREWARN", "DAGSTER"))
    }
    script = Path(sys.executable).parent / "dagster"
    done = subprocess.run(
        [str(script), "definitions", "validate", "-w", "workspace.yaml"],
        cwd=PROJECT,
        env={**environment, "FOREWARN_DATA": str(tmp_path), "DAGSTER_HOME": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def test_every_system_has_its_steps_and_its_models(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    shutil.copytree(PROJECT / "config", folder)
    crm = [system for system in CONNECTORS if system != "spreadsheet"]
    with (folder / "sources.yml").open("a") as handle:
        for system in crm:
            handle.write(
                f"  - {{name: {system}_one, system: {system}, base_url: 'https://{system}.example.com'}}\n"
            )
    job = build_defs(load_settings(folder, tmp_path / "data")).resolve_job_def("nightly")
    steps = {node.name for node in job.nodes}
    assert {f"extract_{system}" for system in crm} <= steps
    staged = {tuple(key.path) for key in job.asset_layer.executable_asset_keys}
    assert {("staging", system) for system in crm} <= staged


def test_a_run_on_a_bad_source_is_told_to_the_data_owner_once_by_the_sensor(
    shipped: Settings, definitions: dg.Definitions
) -> None:
    job = definitions.resolve_job_def("nightly")
    sensor = definitions.resolve_sensor_def("failure_sensor")
    with dg.DagsterInstance.ephemeral() as instance:
        done = job.execute_in_process(instance=instance, raise_on_error=False)
        assert not done.success
        run = instance.get_run_by_id(done.run_id)
        assert run is not None
        failed = next(event for event in done.all_events if event.is_run_failure)
        context = dg.build_run_status_sensor_context(sensor.name, failed, instance, run)
        for _ in range(2):
            sensor(context.for_run_failure())
    notices = list((shipped.data_dir / "outbox").rglob("*.md"))
    assert [path.parent.name for path in notices] == ["data_owner"]
    text = notices[0].read_text(encoding="utf-8")
    assert "数据异常" in text
    assert "nightly" in text
    assert "extract\\_spreadsheet" in text
    assert "尚无已发布的数据" in text


def test_tags_that_are_typed_by_hand_are_read_or_refused(shipped: Settings) -> None:
    """In the launchpad nothing looks at a tag before the run does."""
    (source,) = shipped.sources
    assert day_asked({}, shipped) is None
    assert day_asked({AS_OF_TAG: " 2026-04-30 "}, shipped) == dt.date(2026, 4, 30)
    assert sources_asked({}, shipped) == sources_asked({ONLY_TAG: source.name}, shipped) == [source]
    tomorrow = shipped.today() + dt.timedelta(days=1)
    for wrong in ("31.09.2026", "2026-09-31", "yesterday", tomorrow.isoformat()):
        with pytest.raises(PermanentFailure, match=re.escape(wrong)):
            day_asked({AS_OF_TAG: wrong}, shipped)
    with pytest.raises(PermanentFailure, match="crm"):
        sources_asked({ONLY_TAG: f"{source.name}, crm"}, shipped)
