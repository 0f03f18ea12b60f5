"""A published night's warehouse with tables that its file did not keep, made again in memory.

Add here: how somebody who looks into a night finds its tables. Keep out: what is kept (`places.py`), what is
looked for (`pipelines/explaining/`), the analysts' own file (`pipelines/warehouse/workbench.py`).

The raw files of a published version and its day do not change, so that its tables come out as they were;
a model that was edited since comes out as it is written now.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.warehouse.private.building import build_in
from pipelines.warehouse.private.file import READERS, connection_beside
from pipelines.warehouse.private.places import in_file, in_one, shown
from pipelines.warehouse.program import Program
from pipelines.warehouse.running_order import Outcome, as_many_as_processors


@contextmanager
def with_models(
    file: Path, program: Program, wanted: Collection[str]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that finds a warehouse file's relations, and the `wanted` models (by name) as well.

    The file is only read. Raises `PermanentFailure` if a model cannot be made any more, `duckdb.Error` if the
    file cannot be opened.
    """
    with (
        tempfile.TemporaryDirectory(prefix="forewarn-") as spill,
        connection_beside(Path(spill) / file.name) as connection,
    ):
        places = shown(connection, file)
        missing = _needed(program, wanted, _tables(connection, places.file, READERS))
        made = build_in(connection, missing, in_one(connection))
        broken = [outcome for outcome in made if outcome.status == "error"]
        if broken:
            raise PermanentFailure(
                text("explain.tried"),
                where=broken[0].unique_id,
                cause=" ".join(broken[0].message.split())[:300],
                next_step="forewarn run",
            )
        yield connection


def complete(file: Path, program: Program) -> list[Outcome]:
    """Make in a warehouse file, whose marts are tables of its own, all models that it lacks."""
    with connection_beside(file) as connection:
        places = in_file(connection, file, apart=False)
        everything = [model.name for model in program.models.values()]
        missing = _needed(program, everything, _tables(connection, places.file))
        made = build_in(connection, missing, places, at_once=as_many_as_processors())
        connection.execute("checkpoint")
        return made


def _tables(connection: duckdb.DuckDBPyConnection, *databases: str) -> set[tuple[str, str]]:
    found = connection.execute(
        "select schema_name, table_name from duckdb_tables() where list_contains($databases, database_name)",
        {"databases": list(databases)},
    )
    return set(found.fetchall())


def _needed(program: Program, wanted: Collection[str], stand: set[tuple[str, str]]) -> Program:
    """Of a program what is wanted and does not stand, with what that needs."""
    found: set[str] = set()
    ways = [key for key, model in program.models.items() if model.name in wanted]
    while ways:
        key = ways.pop()
        model = program.models[key]
        if key not in found and (model.schema, model.name) not in stand:
            found.add(key)
            ways += program.parents(key)
    models = {
        key: replace(
            model,
            parents=tuple(parent for parent in model.parents if parent in found),
            comments={},
        )
        for key, model in program.models.items()
        if key in found
    }
    return replace(program, models=models, tests={})
