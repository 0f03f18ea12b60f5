"""The night's build: the compiled models made and tested in the warehouse, as many at once as there
are processors.

Add here: how a model or test becomes statements of DuckDB. Keep out: what they mean (`dbt_project/`),
the order they run in (`running_order.py`), what is built (`program.py`), Dagster (`assets/dbt_models.py`).

It does what `dbt build` does: each model once all its parents stand, contracts checked,
descriptions kept as comments, each test once what it reads stands. Two things differ. A
test that fails does not stop the rest: the night is not published anyway, and all faults are told at
once. What a table of the last good warehouse already holds is taken over from it (`standing.py`), and what
nobody reads after the build lies in memory and goes when its last reader is done (`places.py`, `lifetimes.py`). Each query runs on one thread, so that the rows of a sum are added in the same order every night
and the same inputs give the same bytes; several queries run side by side instead.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from pipelines.warehouse.private.file import (
    connection_beside,
    literal,
    more_memory,
    name_of,
    relation_of,
)
from pipelines.warehouse.private.lifetimes import Lifetimes
from pipelines.warehouse.private.places import Places, beside_file, in_file, in_one
from pipelines.warehouse.private.standing import LAST, LAST_READERS, Made, Standing, standing
from pipelines.warehouse.private.taking_over import seal, take_whole
from pipelines.warehouse.private.turns import Turns
from pipelines.warehouse.program import Model, Program, Test
from pipelines.warehouse.running_order import (
    Outcome,
    as_many_as_processors,
    examples_query,
    in_order,
    judged,
    verdict_query,
)


def build(
    warehouse: Path,
    program: Program,
    *,
    last: Path | None = None,
    memory: str | None = None,
    whole: bool = False,
    apart: bool = False,
    told: Callable[[int, int], None] | None = None,
) -> list[Outcome]:
    """Make all models of a program in a bound warehouse file and run its tests.

    `last` is the last good warehouse, of which what would come out the same is taken over (None: all is
    made anew). `memory`: what DuckDB may take, in its own words; beyond it, it spills beside the file.
    `whole`: the file gets every table, not only those that are read after the build. `apart`: marts are made
    in the readers' file beside it, and are views in this one.

    `told(done, all)` hears of every model that is done. Raises nothing for what a node does wrong:
    its outcome says it, and the models that stand on it are skipped.
    """
    with connection_beside(warehouse, memory) as connection:
        places = (in_file if whole else beside_file)(connection, warehouse, apart=apart)
        program = _with_tables_for_kept_views(program) if apart or not whole else program
        stands = standing(connection, program, last, places.file)
        if last is None or not stands.everything(whole=whole):
            outcomes = build_in(
                connection,
                program,
                places,
                stands=stands,
                at_once=as_many_as_processors(),
                told=told,
            )
            seal(connection, places, stands)
            return outcomes
    return take_whole(warehouse, program, last, stands, apart=apart)


def build_in(
    connection: duckdb.DuckDBPyConnection,
    program: Program,
    places: Places | None = None,
    *,
    stands: Standing | None = None,
    at_once: int = 1,
    told: Callable[[int, int], None] | None = None,
) -> list[Outcome]:
    """The same in the databases of a connection (without `places`: all in the one it uses); its settings are
    left as they are. `at_once`: how many nodes are worked on side by side. Without `stands` nothing is
    taken over and nothing is remembered for the next night.
    """
    places = places or in_one(connection)
    for schema in sorted({model.schema for model in program.models.values()}):
        for database in {places.named, places.file}:
            connection.execute(f"create schema if not exists {name_of(database)}.{name_of(schema)}")
    _drop_what_changed_kind(connection, program, places)
    return in_order(program, _Build(connection, program, places, stands).one, at_once, told)


def _with_tables_for_kept_views(program: Program) -> Program:
    """A view that is kept would read tables that are gone, and a mart that is one would not be published."""
    models = {
        key: replace(model, materialized="table") if model.kept else model
        for key, model in program.models.items()
    }
    return replace(program, models=models)


def _drop_what_changed_kind(
    connection: duckdb.DuckDBPyConnection, program: Program, places: Places
) -> None:
    """Drop views that become tables and tables that become views: `create or replace` refuses these."""
    stand = dict(
        connection.execute(
            "select table_schema || '.' || table_name, table_type from information_schema.tables "
            "where table_catalog = $database",
            {"database": places.file},
        ).fetchall()
    )
    for model in program.models.values():
        found = stand.get(f"{model.schema}.{model.name}")
        viewed = model.materialized == "view" or places.is_apart(model)
        if found and (found == "VIEW") != viewed:
            was = "view" if found == "VIEW" else "table"
            connection.execute(f"drop {was} {relation_of(model, places.file)}")


class _Build:
    """The nodes of one build, each asked for once, by several threads."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        program: Program,
        places: Places,
        stands: Standing | None,
    ) -> None:
        self._connection, self._program, self._places = connection, program, places
        self._stands, self._turns = stands, Turns()
        passing = {} if places.everything_kept else program.models
        self._lifetimes = Lifetimes(
            {key for key, model in passing.items() if not model.kept},
            program,
            self._make,
            self._drop,
        )

    def one(self, key: str) -> Outcome:
        """Make a model or try a test, unless it stands."""
        started = time.monotonic()
        try:
            try:
                with self._turns.beside_others():
                    outcome = self._ended(key)
            except duckdb.OutOfMemoryException:
                with self._turns.alone(), more_memory(self._connection):
                    outcome = self._ended(key)
            return replace(outcome, seconds=time.monotonic() - started)
        except duckdb.Error as error:
            return Outcome(key, "error", str(error), seconds=time.monotonic() - started)
        finally:
            self._lifetimes.done(key)

    def _ended(self, key: str) -> Outcome:
        return self._made(key) if self._stands is None else self._made_or_standing(key)

    def _made(self, key: str) -> Outcome:
        with self._lifetimes.reading(key):
            if key in self._program.models:
                rows = self._make(key)
                self._lifetimes.made(key)
                return Outcome(key, "success", rows=rows)
            with self._cursor() as cursor:
                status, failures, message = _try(cursor, self._program.tests[key])
            return Outcome(key, status, message, failures)

    def _made_or_standing(self, key: str) -> Outcome:
        """How a node ended, which is noted with its mark and with the digest of the rows it made."""
        stands = self._stands
        assert stands is not None
        mark, model = stands.mark_of(key), self._program.models.get(key)
        outcome = self._standing(key, model) if stands.stands(key, mark) else None
        if outcome:
            content = stands.content_before(key)
        else:
            outcome = self._made(key)
            with self._cursor() as cursor:
                content = stands.content_of(cursor, key, self._places.of(model)) if model else None
        stands.note(key, Made(mark, content, outcome.status))
        return outcome

    def _standing(self, key: str, model: Model | None) -> Outcome | None:
        """A node as it was in the last good warehouse. None if it has to be made all the same: a view, which is as
        quickly made, and a table that is damaged there or was not kept in it.
        """
        if model is None:
            return Outcome(key, "pass", failures=0, stood=True)
        if not self._places.everything_kept and not model.kept:
            rows = None if self._stands is None else self._stands.rows_before(key)
            return Outcome(key, "success", rows=rows, stood=True)
        if model.materialized == "view":
            return None
        try:
            last = LAST_READERS if self._places.is_apart(model) else LAST
            rows = self._create(replace(model, sql=f"from {relation_of(model, last)}"))
        except duckdb.Error:
            return None
        return Outcome(key, "success", rows=rows, stood=True)

    def _make(self, key: str) -> int | None:
        return self._create(self._program.models[key])

    def _create(self, model: Model) -> int | None:
        places, relation = self._places, self._places.of(model)
        if places.is_apart(model):
            # In order, so that the same figures give the same bytes, and similar ones lie side by side.
            model = replace(model, sql=f"from (\n{model.sql}\n) order by all")
        with self._cursor() as cursor:
            rows = _make(cursor, model, relation)
            for database in places.aliases(model):  # one transaction writes to one database
                named = relation_of(model, database)
                cursor.execute(f"create or replace view {named} as from {relation}")
            commented = relation_of(model, places.file) if places.is_apart(model) else relation
            viewed = model.materialized == "view" or places.is_apart(model)
            comment_on(cursor, model, commented, "view" if viewed else "table")
            return rows

    def _drop(self, key: str) -> None:
        with self._cursor() as cursor:
            cursor.execute(f"drop table {self._places.of(self._program.models[key])}")

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        cursor = self._connection.cursor()
        try:
            # Cursors begin in the first database again.
            cursor.execute(f"use {name_of(self._places.named)}")
            yield cursor
        finally:
            cursor.close()


def _make(cursor: duckdb.DuckDBPyConnection, model: Model, relation: str) -> int | None:
    kind = "view" if model.materialized == "view" else "table"
    cursor.execute("begin transaction")
    created = cursor.execute(f"create or replace {kind} {relation} as (\n{model.sql}\n)")
    # Making a table says how many rows it got; a view has none of its own.
    rows = int(created.fetchall()[0][0]) if kind == "table" else None
    if model.contract:
        _check_contract(cursor, relation, model)
    cursor.execute("commit")
    return rows


def comment_on(cursor: duckdb.DuckDBPyConnection, model: Model, relation: str, kind: str) -> None:
    """Keep a model's descriptions as comments of a relation, a table or view that must stand."""
    for column, text in model.comments.items():
        place = f"column {relation}.{name_of(column)}" if column else f"{kind} {relation}"
        cursor.execute(f"comment on {place} is {literal(text)}")


def _check_contract(cursor: duckdb.DuckDBPyConnection, relation: str, model: Model) -> None:
    """Raise `duckdb.ConstraintException` unless the relation has the declared columns and types.

    Declared keys and checks are tried by the model's own test (macro `declared_breaches`).
    """
    found = {row[0]: row[1] for row in cursor.execute(f"describe {relation}").fetchall()}
    casts = ", ".join(f"cast(null as {kind}) as {name_of(n)}" for n, kind in model.contract.items())
    declared = {row[0]: row[1] for row in cursor.execute(f"describe select {casts}").fetchall()}
    wrong = [
        f"{name} is {found.get(name, 'missing')}, declared {declared.get(name, 'nowhere')}"
        for name in dict.fromkeys((*declared, *found))
        if found.get(name) != declared.get(name)
    ]
    if wrong:
        raise duckdb.ConstraintException(
            f"{model.name} does not keep its contract: {'; '.join(wrong)}"
        )


def _try(cursor: duckdb.DuckDBPyConnection, test: Test) -> tuple[str, int, str]:
    row: Any = cursor.execute(verdict_query(test)).fetchone()

    def examples() -> list[dict[str, Any]]:
        found = cursor.execute(examples_query(test))
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, values, strict=True)) for values in found.fetchall()]

    return judged(test, row, examples)
