"""The bridge to dbt: every mart an asset, and the layers below it; one check for the tests of each.

Add here: what Dagster shows of the models, and which outcome stops the night. Keep out: SQL, how it is
run (`pipelines/warehouse/private/`), and how dbt is called (`pipelines/warehouse/dbt_command.py`).

Dagster shows what people look at: marts one by one, staging by system, intermediate models by
subject. Every single model and its lineage stand in dbt's own pages (`forewarn docs`).
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines.assets.models_built import build_models
from pipelines.assets.steps import WRITER, failing_clearly, log, night_of
from pipelines.failures import AuditFailure, PermanentFailure
from pipelines.language import text
from pipelines.nights.storage import storage_failure
from pipelines.publishing.versions import read_manifest
from pipelines.settings import Settings, data_dir_of
from pipelines.warehouse.dbt_command import company_program
from pipelines.warehouse.program import Program
from pipelines.warehouse.running_order import Outcome

TESTS = "dbt_tests"
MARTS = "marts"
_NAMED = 5


@dataclass(frozen=True)
class Shown:
    """What Dagster shows of the models: assets in building order, and where each model belongs."""

    specs: list[dg.AssetSpec]
    place: dict[str, dg.AssetKey]  # model -> asset


def dbt_model_assets(settings: Settings, manifest: Path) -> dg.AssetsDefinition:
    """All dbt models as one step; on an unchanged night the published ones stand."""
    shown = shown_models(json.loads(manifest.read_bytes()))
    checks = [
        dg.AssetCheckSpec(
            TESTS, asset=spec.key, description="Every dbt test of these models holds."
        )
        for spec in shown.specs
    ]

    @dg.multi_asset(
        name="dbt_build", specs=shown.specs, check_specs=checks, required_resource_keys={WRITER}
    )
    def dbt_build(context: dg.AssetExecutionContext) -> Iterator[Any]:
        with failing_clearly():
            night = night_of(context, settings)
            if night.unchanged:
                published = read_manifest(settings.current)
                rows = published.tables if published else {}
                for spec in shown.specs:
                    stands: dict[str, Any] = {"unchanged": True}
                    if _is_mart(spec.key) and spec.key.path[-1] in rows:
                        stands["dagster/row_count"] = rows[spec.key.path[-1]]["rows"]
                    yield dg.MaterializeResult(asset_key=spec.key, metadata=stands)
                    yield dg.AssetCheckResult(
                        asset_key=spec.key,
                        check_name=TESTS,
                        passed=True,
                        metadata={"unchanged": True},
                    )
                return
            program = company_program(settings)
            outcomes = build_models(settings, night, program)
            yield from _events(shown, program, outcomes)
            _report(outcomes)

    return dbt_build


def shown_models(manifest: Mapping[str, Any]) -> Shown:
    """The assets of a manifest: a mart depends on marts and subjects, a subject on staging and sources."""
    nodes, sources = manifest["nodes"], manifest["sources"]
    models = {key: node for key, node in nodes.items() if node["resource_type"] == "model"}
    place = {key: _place(node) for key, node in models.items()}
    members: dict[dg.AssetKey, list[str]] = {}
    for key, asset in place.items():
        members.setdefault(asset, []).append(key)

    def above(asset: dg.AssetKey) -> set[dg.AssetKey]:
        found, seen, ways = set(), set(members[asset]), list(members[asset])
        while ways:
            for parent in models[ways.pop()]["depends_on"]["nodes"]:
                if parent in sources:
                    found.add(dg.AssetKey([sources[parent]["schema"], sources[parent]["name"]]))
                elif parent in place and (
                    _is_mart(asset) or place[parent].path[0] != asset.path[0]
                ):
                    found.add(place[parent])
                elif parent in place and parent not in seen:
                    # Subjects lean on each other both ways: what they stand on is shown instead.
                    seen.add(parent)
                    ways.append(parent)
        return found - {asset}

    parents = {asset: above(asset) for asset in members}
    specs = []
    for asset in _in_order(parents):
        node = models[members[asset][0]]
        specs.append(
            dg.AssetSpec(
                asset,
                deps=sorted(parents[asset]),
                description=node["description"] if _is_mart(asset) else _listed(members[asset]),
                group_name="_".join(node["fqn"][1:-1][:2]) if _is_mart(asset) else asset.path[0],
                owners=_owners(node, manifest) if _is_mart(asset) else [],
                kinds={"dbt", "duckdb"},
            )
        )
    return Shown(specs, place)


def _place(node: Mapping[str, Any]) -> dg.AssetKey:
    if node["schema"] == MARTS:
        return dg.AssetKey([MARTS, node["name"]])
    folders = [*node["fqn"][1:-1], node["schema"], "models"]
    return dg.AssetKey([node["schema"], folders[1]])


def _is_mart(asset: dg.AssetKey) -> bool:
    return asset.path[0] == MARTS


def _listed(members: list[str]) -> str:
    names = sorted(member.rsplit(".", 1)[-1] for member in members)
    return f"{len(names)} models: {', '.join(names)}."


def _owners(node: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[str]:
    """The owner of the model's group: an e-mail, or a team by the group's name."""
    for group in (manifest.get("groups") or {}).values():
        if group["name"] == (node.get("group") or (node.get("config") or {}).get("group")):
            email = (group.get("owner") or {}).get("email")
            return [email if isinstance(email, str) and "@" in email else f"team:{group['name']}"]
    return []


def _in_order(parents: Mapping[dg.AssetKey, set[dg.AssetKey]]) -> list[dg.AssetKey]:
    own = {asset: sorted(found & set(parents)) for asset, found in sorted(parents.items())}
    return list(TopologicalSorter(own).static_order())


def _events(shown: Shown, program: Program, outcomes: list[Outcome]) -> Iterator[Any]:
    """What Dagster is told: an asset if all its models were built, with the tests of these."""
    models: dict[dg.AssetKey, list[Outcome]] = {}
    tests: dict[dg.AssetKey, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.unique_id in program.models:
            models.setdefault(shown.place[outcome.unique_id], []).append(outcome)
        elif outcome.unique_id in program.tests:
            subject = program.tests[outcome.unique_id].subject
            if subject in shown.place:
                tests.setdefault(shown.place[subject], []).append(outcome)
    for spec in shown.specs:
        built = models.get(spec.key, [])
        if not built or any(outcome.status != "success" for outcome in built):
            continue
        rows = [outcome.rows for outcome in built if outcome.rows is not None]
        metadata: dict[str, Any] = {
            "models": len(built),
            "taken_over": sum(outcome.stood for outcome in built),
            "seconds": round(sum(outcome.seconds for outcome in built), 2),
        }
        if rows:
            metadata["dagster/row_count"] = sum(rows)
        yield dg.MaterializeResult(asset_key=spec.key, metadata=metadata)
        yield _check(spec.key, program, tests.get(spec.key, []))


def _check(asset: dg.AssetKey, program: Program, outcomes: list[Outcome]) -> dg.AssetCheckResult:
    amiss = [outcome for outcome in outcomes if outcome.status != "pass"]
    broken = [outcome for outcome in amiss if outcome.status != "warn"]
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=TESTS,
        passed=not amiss,
        severity=dg.AssetCheckSeverity.ERROR if broken else dg.AssetCheckSeverity.WARN,
        description="\n".join(
            f"{program.tests[outcome.unique_id].name}: {outcome.message}"
            for outcome in amiss[:_NAMED]
        )
        or None,
        metadata={
            "tests": len(outcomes),
            "results": {
                program.tests[outcome.unique_id].name: outcome.status
                for outcome in sorted(outcomes, key=lambda each: each.unique_id)
            },
        },
    )


def _report(outcomes: list[Outcome]) -> None:
    """Log what was done; raise if a test found a fault (audit) or a model could not be built."""
    ended = Counter(outcome.status for outcome in outcomes)
    stood = sum(outcome.stood for outcome in outcomes)
    log.info(text("night.log.built", models=ended["success"], tests=ended["pass"], stood=stood))
    for outcome in outcomes:
        if outcome.status == "warn":
            log.warning(text("night.log.test_warns", test=_name(outcome), why=outcome.message))
    broken = [each for each in outcomes if each.status == "error" and _is_model(each)]
    if broken:
        first = broken[0]
        damaged = storage_failure(first.message, data_dir_of())
        if damaged is not None:
            raise damaged
        raise PermanentFailure(
            text("night.model_not_built", name=_name(first)),
            cause=" ".join(first.message.split())[:600],
            next_step=text("night.mend_model", count=len(broken)),
        )
    failed = [each for each in outcomes if each.status in ("fail", "error")]
    if failed:
        names = sorted(map(_name, failed))[:_NAMED]
        raise AuditFailure(
            text("night.tests_failed", count=len(failed), names=names),
            cause=" ".join(failed[0].message.split())[:300],
            next_step=text("night.mend_data_or_model"),
        )


def _name(outcome: Outcome) -> str:
    """What a model or a test is called, without the hash that dbt adds to a test's id."""
    return outcome.unique_id.split(".")[2]


def _is_model(outcome: Outcome) -> bool:
    return not outcome.unique_id.startswith("test.")
