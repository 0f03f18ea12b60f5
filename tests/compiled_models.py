"""The SQL of every model and dbt test, compiled once and run for any small company by the night's own
build.

Add here: how compiled SQL becomes a company's own. Keep out: what a company is and what must come out.
"""

from __future__ import annotations

import functools
import json
import os
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from pipelines.settings import Settings
from pipelines.warehouse.binding import connect
from pipelines.warehouse.dbt_command import COMPILED_IN, STAND_INS, compiled, dbt_vars, words_of
from pipelines.warehouse.private.building import build, build_in
from pipelines.warehouse.program import Model, Program, filled, read_program
from pipelines.warehouse.running_order import Outcome
from quality.dbt_results import results_of
from quality.results import CheckResult

DATABASE = "warehouse"


@dataclass(frozen=True)
class CompiledModels:
    """The compiled project, and what the audit reads of its nodes."""

    program: Program
    nodes: Mapping[str, Any]

    def build(
        self, warehouse: Path | duckdb.DuckDBPyConnection, settings: Settings, *, tested: bool
    ) -> list[CheckResult]:
        """Make every model in a bound warehouse, a file or one of `in_memory`; what dbt's tests say."""
        outcomes = self._built(
            warehouse, values_of(settings), lambda _: True, tested=tested, small=True
        )
        return results_of(self.nodes, [vars(outcome) for outcome in outcomes])

    def only(self, *names: str, tests: Collection[str] = ()) -> CompiledModels:
        """The named models and tests and all that they stand on."""
        models = self.program.models
        kept_tests = {k: t for k, t in self.program.tests.items() if t.name in tests}
        waiting = [key for key, model in models.items() if model.name in names]
        assert len(waiting) == len(names), names
        waiting += [parent for test in kept_tests.values() for parent in test.parents]
        needed: set[str] = set()
        while waiting:
            key = waiting.pop()
            if key not in needed:
                needed.add(key)
                waiting += models[key].parents
        kept = {key: model for key, model in models.items() if key in needed}
        return replace(self, program=replace(self.program, models=kept, tests=kept_tests))

    def build_for(self, warehouse: Path, values: Mapping[str, Any]) -> None:
        """Make every model in a bound warehouse file of any name, for the values of dbt's variables."""
        self._built(warehouse, values, lambda _: True, tested=False)

    def build_staging(
        self, warehouse: Path, values: Mapping[str, Any], system: str
    ) -> dict[str, str]:
        """Make and test one system's staging models in a bound warehouse file of any name.

        Gives the name of each test that did not pass, with its status.
        """
        outcomes = self._built(
            warehouse,
            values,
            lambda model: model.folders[:2] == ("staging", system),
            tested=True,
        )
        return {
            self.program.tests[outcome.unique_id].name: outcome.status
            for outcome in outcomes
            if outcome.unique_id in self.program.tests and outcome.status != "pass"
        }

    def _built(
        self,
        warehouse: Path | duckdb.DuckDBPyConnection,
        values: Mapping[str, Any],
        wanted: Callable[[Model], bool],
        *,
        tested: bool,
        small: bool = False,
    ) -> list[Outcome]:
        """`small`: a few rows, of which planning costs more than reading. A view is planned again by
        each of its readers, so all are tables, and what columns mean is written nowhere.
        """
        database = warehouse.stem if isinstance(warehouse, Path) else "memory"

        words = words_of(values)

        def own(code: str) -> str:
            return filled(code, words).replace(f'"{DATABASE}"."', f'"{database}"."')

        models = {
            key: replace(
                model,
                sql=own(model.sql),
                materialized="table" if small else model.materialized,
                comments={} if small else model.comments,
                parents=tuple(p for p in model.parents if wanted(self.program.models[p])),
            )
            for key, model in self.program.models.items()
            if wanted(model)
        }
        tests = {
            key: replace(test, sql=own(test.sql))
            for key, test in self.program.tests.items()
            if tested and models.keys() >= set(test.parents)
        }
        program = replace(self.program, models=models, tests=tests)
        outcomes = (
            build(warehouse, program, whole=True)
            if isinstance(warehouse, Path)
            else build_in(warehouse, program)
        )
        broken = [
            f"{outcome.unique_id}: {outcome.message}"
            for outcome in outcomes
            if outcome.status not in ("success", "pass", "warn", "fail")
        ]
        assert not broken, "\n".join(broken)
        return outcomes


def in_memory() -> tuple[Path, duckdb.DuckDBPyConnection]:
    """A warehouse without a file: the path by which `bind` opens it, and a connection for the build.

    It is gone when the connection is closed.
    """
    path = Path(f":memory:{uuid.uuid4().hex}")
    connection = connect(path)
    connection.execute(
        "set threads = 1; set preserve_insertion_order = false; set global timezone = 'UTC'"
    )
    return path, connection


def values_of(settings: Settings) -> dict[str, Any]:
    """The variables of a company, without the day; no figure depends on the language."""
    return {
        **dbt_vars(settings),
        "whole_company": "Company",
        "people_without_team": "people without a team",
    }


def compiled_models(settings: Settings) -> CompiledModels:
    """The project for a company, as nights of the suite find it compiled too; read once per process."""
    return compiled_for(values_of(settings))


def compiled_for(values: Mapping[str, Any]) -> CompiledModels:
    """The same for the values of dbt's variables."""
    return _read(json.dumps({**values, **STAND_INS}, sort_keys=True))


@functools.cache
def _read(variables: str) -> CompiledModels:
    manifest = compiled(json.loads(variables), Path(os.environ[COMPILED_IN]))
    content = json.loads(manifest.read_bytes())
    return CompiledModels(read_program(manifest), content["nodes"])
