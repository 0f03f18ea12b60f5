"""The dbt project compiled once and then built for any number of days by running its SQL.

Add here: how a test gets the marts of many days cheaply. Keep out: what is right (the tests).
A dbt run costs some twenty seconds, most of it around the SQL; the SQL of one small company takes a
few. Contracts, tests and comments are dbt's own business and not done here.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb

from pipelines.settings import DBT_PROJECT

# Stands for the day in the compiled SQL: a date that nothing else has.
SOME_DAY = "1987-06-05"
DATABASE = "company"


class CompiledProject:
    """Models of `select` and what they need, in building order."""

    def __init__(self, folder: Path, *select: str, **variables: Any) -> None:
        """Compile in `folder`. AssertionError with dbt's words if the project does not compile."""
        folder.mkdir(parents=True, exist_ok=True)
        given = {"as_of": SOME_DAY, "systems": ["spreadsheet"], **variables}
        done = subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", "compile", "--select", *select]
            + ["--project-dir", str(DBT_PROJECT), "--vars", json.dumps(given)]
            + ["--target-path", str(folder), "--log-path", str(folder)],
            env={
                **os.environ,
                "FOREWARN_WAREHOUSE": str(folder / f"{DATABASE}.duckdb"),
                "DBT_PROFILES_DIR": str(DBT_PROJECT),
                "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:]
        nodes = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["nodes"]
        results = json.loads((folder / "run_results.json").read_text(encoding="utf-8"))["results"]
        compiled = {
            result["unique_id"]: result["compiled_code"]
            for result in results
            if result["unique_id"].startswith("model.")
        }
        self.models = [
            (nodes[key]["schema"], nodes[key]["name"], compiled[key])
            for key in _in_order({key: nodes[key]["depends_on"]["nodes"] for key in compiled})
        ]

    def build(self, warehouse: Path, as_of: dt.date) -> None:
        """Create every model in a bound warehouse, a file named DATABASE."""
        assert warehouse.stem == DATABASE, "compiled SQL names the database"
        with duckdb.connect(str(warehouse)) as connection:
            # One thread adds up floats in one order, so that equal inputs give equal figures.
            connection.execute("set timezone = 'UTC'; set threads = 1")
            for schema in sorted({schema for schema, _, _ in self.models}):
                connection.execute(f'create schema if not exists "{schema}"')
            for schema, name, code in self.models:
                sql = code.replace(SOME_DAY, as_of.isoformat())
                connection.execute(f'create table "{schema}"."{name}" as {sql}')


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
