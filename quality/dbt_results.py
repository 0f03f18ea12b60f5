"""What dbt's tests said: `run_results.json` and `manifest.json` as check results.

Add here: how an outcome of dbt reads. Keep out: running dbt, and the tests themselves (they stand
beside the models in `dbt_project/`).

dbt reports a failure by a return value, so a caller that only waits for it to end learns nothing:
read its artifacts.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipelines.failures import PermanentFailure
from pipelines.language import Text, text
from pipelines.language.figures import figure
from pipelines.language.text import InEach
from quality.results import CheckResult, Severity

NAMES_CHECK = "dbt_test_names_differ"
BUILD_CHECK = "dbt_model_built"
_TESTS = ("test", "unit_test")
_BUILDS = ("model", "seed", "snapshot")


def read_dbt_results(target: Path, manifest_path: Path | None = None) -> list[CheckResult]:
    """One result per test that the last build had to run, and one per model it did not build.

    `target` holds `run_results.json`, and the manifest unless its path is given.

    A test that raised, or was skipped because a model before it failed, was not evaluated and is an
    error whatever its severity. Raises `PermanentFailure` if an artifact is missing or unreadable.
    """
    manifest = _read(manifest_path or target / "manifest.json")
    run = _read(target / "run_results.json")
    nodes: dict[str, Any] = {**manifest.get("nodes", {}), **manifest.get("unit_tests", {})}
    return results_of(nodes, run.get("results", []))


def results_of(
    nodes: Mapping[str, Any], outcomes: Iterable[Mapping[str, Any]]
) -> list[CheckResult]:
    """The same of what stands in the artifacts: nodes by id, and outcomes with id, status, failures."""
    results = [_test_names(nodes)]
    for outcome in outcomes:
        node = nodes.get(outcome["unique_id"], {})
        kind = outcome["unique_id"].split(".", 1)[0]
        if kind in _TESTS:
            results.append(_test(node, outcome))
        elif kind in _BUILDS and outcome["status"] != "success":
            results.append(_model(outcome))
    return results


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PermanentFailure(
            text("quality.dbt_unread"),
            where=path.name,
            cause=f"{type(error).__name__}: {error}".splitlines()[0],
            next_step=text("quality.dbt_see_log"),
        ) from error
    if not isinstance(content, dict):
        raise PermanentFailure(
            text("quality.dbt_unread"), where=path.name, cause=text("quality.not_a_mapping")
        )
    return content


def _test_names(nodes: Mapping[str, Any]) -> CheckResult:
    """Two tests of one name on one model would be one asset check, and one of them unseen."""
    names = Counter(
        (_subject(node), node["name"])
        for node in nodes.values()
        if node.get("resource_type") in _TESTS
    )
    doubled = sorted(f"{model}: {name}" for (model, name), count in names.items() if count > 1)
    return CheckResult(
        check=NAMES_CHECK,
        subject="dbt_project",
        severity="error",
        passed=not doubled,
        failed_rows=len(doubled),
        sample=tuple(doubled[:5]),
        told=text("quality.dbt_names_shared", doubled=[*doubled[:5]])
        if doubled
        else text("quality.dbt_names_differ"),
    )


def _subject(node: Mapping[str, Any]) -> str:
    """The model a test is about, without package prefix."""
    attached = node.get("attached_node") or node.get("model")
    if not attached:
        parents = (node.get("depends_on") or {}).get("nodes") or []
        attached = parents[-1] if parents else "dbt_project"
    return str(attached).rsplit(".", 1)[-1]


def _test(node: Mapping[str, Any], outcome: Mapping[str, Any]) -> CheckResult:
    name = node.get("name") or outcome["unique_id"].split(".")[-1]
    config = node.get("config") or {}
    status = outcome["status"]
    severity: Severity = "warning" if str(config.get("severity", "")).lower() == "warn" else "error"
    failures = int(outcome.get("failures") or 0)
    note = _note(node, name)
    evaluated = status in ("pass", "warn", "fail")
    if not evaluated:
        # A unit test that fails says `fail`; `error` and `skipped` mean that nobody knows.
        cause = _first_line(outcome.get("message")) or status
        told: Text = text("quality.test_not_evaluated", note=note, cause=cause)
        severity = "error"
    elif status == "pass":
        told = note
    else:
        # An error test may be let off by `warn_if` and `error_if`: what dbt decided counts.
        severity = "warning" if status == "warn" else "error"
        failures = max(failures, 1)
        told = text("quality.rows_break", note=note, count=failures, rows=figure(failures))
    return CheckResult(
        check=str(name),
        subject=_subject(node),
        severity=severity,
        passed=status == "pass",
        failed_rows=failures,
        told=told,
        evaluated=evaluated,
    )


def _note(node: Mapping[str, Any], name: str) -> Text:
    """What must hold, by language: `meta.note_<language>`, else the description, else the name."""
    meta = {**(node.get("meta") or {}), **((node.get("config") or {}).get("meta") or {})}
    description = " ".join(str(node.get("description") or "").split())
    told = description or str(name).replace("_", " ")
    notes = {
        key.removeprefix("note_"): said for key, said in meta.items() if key.startswith("note_")
    }
    words = {"zh": told, "en": told, **notes}
    return InEach({language: str(said).rstrip("。.") for language, said in words.items() if said})


def _model(outcome: Mapping[str, Any]) -> CheckResult:
    name = outcome["unique_id"].split(".")[-1]
    cause = _first_line(outcome.get("message")) or outcome["status"]
    return CheckResult(
        check=BUILD_CHECK,
        subject=name,
        severity="error",
        passed=False,
        evaluated=False,
        told=text("quality.dbt_model_not_built", name=name, cause=cause),
    )


def _first_line(message: object) -> str:
    lines = [line.strip() for line in str(message or "").splitlines() if line.strip()]
    return " ".join(lines[:2])[:300].rstrip(".")
