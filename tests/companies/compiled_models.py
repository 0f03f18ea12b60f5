"""The SQL of every model and dbt test, compiled once and run for any small company.

Add here: how SQL is compiled and run quickly. Keep out: what a company is and what must come out.
Contracts are dbt's own business and not enforced here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import pickle
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.settings import DBT_PROJECT, Settings
from pipelines.warehouse.dbt_command import dbt_environment, dbt_vars
from quality.dbt_results import results_of
from quality.results import CheckResult

DATABASE = "company"
# Variables whose text stands in the SQL as it is: compiled as a word that nothing else has, and then
# replaced. Every other variable changes the SQL itself: each of its values is compiled on its own.
STAND_INS: dict[str, Any] = {
    "as_of": "1987-06-05",
    "timezone": "Atlantis/Poseidonis",
    "currency": "XQZ",
    "fiscal_year_start": 77001,
}
_NOT_SOURCE = {"target", "logs", "dbt_packages"}


@dataclass(frozen=True)
class CompiledModels:
    """Models in building order and tests, as (schema, name, sql) and (manifest node, sql)."""

    models: list[tuple[str, str, str]]
    tests: list[tuple[dict[str, Any], str]]

    def build(self, connection: duckdb.DuckDBPyConnection, values: dict[str, Any]) -> None:
        """Create every model in a bound warehouse called DATABASE."""
        connection.execute("set timezone = 'UTC'; set threads = 1")
        for schema in sorted({schema for schema, _, _ in self.models}):
            connection.execute(f'create schema if not exists "{schema}"')
        for schema, name, code in self.models:
            try:
                connection.execute(f'create table "{schema}"."{name}" as {_filled(code, values)}')
            except duckdb.Error as error:
                raise AssertionError(f"model {name} was not built: {error}") from error

    def tested(
        self, connection: duckdb.DuckDBPyConnection, values: dict[str, Any]
    ) -> list[CheckResult]:
        """What dbt's tests say, in the words the audit uses."""
        nodes, outcomes = {}, []
        for node, code in self.tests:
            nodes[node["unique_id"]] = node
            outcomes.append(_outcome(connection, node, _filled(code, values)))
        return results_of(nodes, outcomes)


def _outcome(
    connection: duckdb.DuckDBPyConnection, node: dict[str, Any], code: str
) -> dict[str, Any]:
    """As dbt judges: failures, and whether they are beyond warn_if and error_if."""
    config = node["config"]
    calculated = config["fail_calc"]
    try:
        failures, warns, errs = connection.execute(
            f"select {calculated}, {calculated} {config['warn_if']}, "
            f"{calculated} {config['error_if']} from ({code}) as failing"
        ).fetchall()[0]
    except duckdb.Error as error:
        return {"unique_id": node["unique_id"], "status": "error", "message": str(error)}
    status = "pass"
    if config["severity"].upper() == "ERROR" and errs:
        status = "fail"
    elif warns:
        status = "warn"
    return {"unique_id": node["unique_id"], "status": status, "failures": failures}


def _filled(code: str, values: dict[str, Any]) -> str:
    for name, stand_in in STAND_INS.items():
        code = code.replace(str(stand_in), str(values[name]))
    return code


def values_of(settings: Settings, as_of: dt.date) -> dict[str, Any]:
    """The variables of a company; no figure depends on the language."""
    return {**dbt_vars(settings, as_of), "language": "en"}


def compiled_models(values: dict[str, Any], cache: Path) -> CompiledModels:
    """The project for these variables, from `cache` if it has not changed since."""
    given = {**values, **STAND_INS}
    digest = hashlib.sha256(json.dumps(given, sort_keys=True).encode())
    for path in sorted(DBT_PROJECT.rglob("*")):
        if path.is_file() and not _NOT_SOURCE & set(path.relative_to(DBT_PROJECT).parts):
            digest.update(str(path.relative_to(DBT_PROJECT)).encode() + path.read_bytes())
    kept = cache / f"{digest.hexdigest()[:16]}.pickle"
    if kept.exists():
        with kept.open("rb") as handle:
            return CompiledModels(*pickle.load(handle))
    compiled = _compile(given, cache / f"dbt-{digest.hexdigest()[:16]}")
    with kept.open("wb") as handle:
        pickle.dump((compiled.models, compiled.tests), handle)
    return compiled


def _compile(given: dict[str, Any], folder: Path) -> CompiledModels:
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "compile", "--vars", json.dumps(given)]
        + ["--project-dir", str(DBT_PROJECT), "--threads", "1"]
        + ["--target-path", str(folder), "--log-path", str(folder)],
        env=dbt_environment(folder / f"{DATABASE}.duckdb"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    nodes = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    results = json.loads((folder / "run_results.json").read_text(encoding="utf-8"))["results"]
    code = {result["unique_id"]: result["compiled_code"] for result in results}
    parents = {key: nodes[key]["depends_on"]["nodes"] for key in code if key.startswith("model.")}
    return CompiledModels(
        [(nodes[key]["schema"], nodes[key]["name"], code[key]) for key in _in_order(parents)],
        [(_told(nodes[key]), code[key]) for key in sorted(code) if key.startswith("test.")],
    )


def _told(node: dict[str, Any]) -> dict[str, Any]:
    """What the audit reads of a test's node."""
    wanted = ("unique_id", "name", "config", "meta", "description", "attached_node", "depends_on")
    return {name: node.get(name) for name in (*wanted, "resource_type")}


def _in_order(parents: dict[str, list[str]]) -> list[str]:
    """Keys of the graph, each after those of its parents that are in it."""
    ordered: dict[str, None] = {}

    def add(key: str) -> None:
        for parent in sorted(parents[key]):
            if parent in parents and parent not in ordered:
                add(parent)
        ordered[key] = None

    for key in sorted(parents):
        if key not in ordered:
            add(key)
    return list(ordered)
