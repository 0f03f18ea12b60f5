"""The bridge to dbt: every model an asset, every data test an asset check.

Add here: how dbt is run and named in Dagster. Keep out: SQL, and how dbt is called
(`pipelines/warehouse/dbt_command.py`).
"""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliResource,
    dbt_assets,
)

from pipelines.assets.steps import WRITER, failing_clearly, log, night_of
from pipelines.failures import AuditFailure, PermanentFailure
from pipelines.language import text
from pipelines.nights.night import Night
from pipelines.nights.storage import storage_failure
from pipelines.settings import DBT_PROJECT, Settings, data_dir_of
from pipelines.warehouse.dbt_command import (
    EXECUTABLE,
    dbt_environment,
    dbt_vars,
    prepared_manifest,
    stable_warehouse,
)

DBT_RUN = "dbt"  # folder of dbt's own artefacts inside the night's folder


class Translator(DagsterDbtTranslator):
    """Key = schema + table; group = the model's folder, so that the graph looks like the repository."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "model":
            return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])
        return super().get_asset_key(dbt_resource_props)

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        folders = dbt_resource_props["fqn"][1:-1]
        return "_".join(folders[:2]) if folders else None


class ChildDbt(DbtCliResource):
    """dbt as a child process only.

    The stock resource also opens dbt's adapter in this process, which costs seconds and would hold
    the warehouse open beside the child that writes it.
    """

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:
        return None


def dbt_resource() -> ChildDbt:
    """The resource that runs dbt for the nightly job."""
    return ChildDbt(
        project_dir=os.fspath(DBT_PROJECT),
        profiles_dir=os.fspath(DBT_PROJECT),
        dbt_executable=os.fspath(EXECUTABLE),
    )


def dbt_model_assets(settings: Settings, manifest: Path) -> dg.AssetsDefinition:
    """All dbt models as one step; on an unchanged night the published ones stand."""

    @dbt_assets(
        manifest=manifest,
        name="dbt_build",
        dagster_dbt_translator=Translator(
            settings=DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True)
        ),
        required_resource_keys={WRITER, "dbt"},
    )
    def dbt_build(context: dg.AssetExecutionContext) -> Iterator[Any]:
        with failing_clearly():
            night = night_of(context, settings)
            if night.unchanged:
                yield from _stands(context)
                return
            yield from _build(context, context.resources.dbt, settings, night)

    return dbt_build


def _stands(context: dg.AssetExecutionContext) -> Iterator[Any]:
    # Dagster wants an asset after those it depends on.
    for key in TopologicalSorter(context.assets_def.asset_deps).static_order():
        if key in context.selected_asset_keys:
            yield dg.MaterializeResult(asset_key=key, metadata={"unchanged": True})
    for check in context.selected_asset_check_keys:
        yield dg.AssetCheckResult(
            asset_key=check.asset_key,
            check_name=check.name,
            passed=True,
            metadata={"unchanged": True},
        )


def _build(
    context: dg.AssetExecutionContext, dbt: ChildDbt, settings: Settings, night: Night
) -> Iterator[Any]:
    target = night.folder / DBT_RUN
    target.mkdir(parents=True, exist_ok=True)
    parsed = prepared_manifest(settings).with_name("partial_parse.msgpack")
    if parsed.is_file():
        # What the definitions were made from; dbt parses anew only what the day changes.
        shutil.copy(parsed, target)
    os.environ.update(dbt_environment(stable_warehouse(settings, night.folder)))
    # Unit tests try the logic on made-up rows: they belong to the test suite, not to the night.
    arguments = ["build", "--partial-parse", "--exclude-resource-type", "unit_test"]
    arguments += ["--vars", json.dumps(dbt_vars(settings, night.as_of))]
    invocation = dbt.cli(arguments, context=context, target_path=target, raise_on_error=False)
    with (target / "console.log").open("w") as console, contextlib.redirect_stdout(console):
        yield from invocation.stream()
    _report(target)


def _report(target: Path) -> None:
    """Log what dbt did; raise if a test found a fault (audit) or a model could not be built."""
    try:
        results = json.loads((target / "run_results.json").read_text())["results"]
    except (OSError, ValueError):
        raise PermanentFailure(
            text("night.models_not_built"),
            where=str(target / "console.log"),
            cause=text("night.dbt_no_results"),
            next_step=text("night.dbt_read_file"),
        ) from None
    by_status: dict[str, list[dict[str, Any]]] = {}
    for result in results:
        by_status.setdefault(result["status"], []).append(result)
    built = len(by_status.get("success", []))
    log.info("build     %d models built, %d tests passed", built, len(by_status.get("pass", [])))
    for result in by_status.get("warn", []):
        log.warning("build     %s: %s", result["unique_id"].split(".")[-2], result["message"])
    broken = [r for r in by_status.get("error", []) if not r["unique_id"].startswith("test.")]
    if broken:
        first = broken[0]
        damaged = storage_failure(str(first["message"]), data_dir_of())
        if damaged is not None:
            raise damaged
        raise PermanentFailure(
            f"Could not build {first['unique_id'].split('.')[-1]}",
            cause=" ".join(str(first["message"]).split())[:600],
            next_step=f"mend the model; {len(broken)} failed in all",
        )
    failed = by_status.get("fail", []) + by_status.get("error", [])
    if failed:
        names = ", ".join(sorted(r["unique_id"].split(".")[2] for r in failed)[:5])
        raise AuditFailure(
            f"The audit stopped the publication: {len(failed)} dbt tests failed ({names})",
            cause=" ".join(str(failed[0]["message"]).split())[:300],
            next_step="readers keep the last version; mend the data or the model and run again",
        )
