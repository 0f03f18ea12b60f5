"""The night's build: the compiled models made and tested in the warehouse, as many at once as there
are processors.

Add here: how a model or test becomes statements of DuckDB. Keep out: what they mean (`dbt_project/`),
the order they run in (`running_order.py`), what is built (`program.py`), Dagster (`assets/dbt_models.py`).

It does what `dbt build` does: each model once all its parents stand, contracts checked,
descriptions kept as comments, each test once what it reads stands. Two things differ. A
test that fails does not stop the rest: the night is not published anyway, and all faults are told at
once. What a table of the last good warehouse already holds is taken over from it (`standing.py`). Each query runs on one thread, so that the rows of a sum are added in the same order every night
and the same inputs give the same bytes; several queries run side by side instead.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from pipelines.warehouse.private.file import (
    MARTS,
    READERS,
    has_readers,
    literal,
    name_of,
    open_alone,
    relation_of,
)
from pipelines.warehouse.private.standing import LAST, LAST_READERS, Made, Standing, standing
from pipelines.warehouse.private.taking_over import seal, take_whole
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
    told: Callable[[int, int], None] | None = None,
    marts_apart: bool = False,
) -> list[Outcome]:
    """Make all models of a program in a bound warehouse file and run its tests.

    `marts_apart`: marts are made in the readers' file beside it, rows in order, and are views in this one.

    `last` is the last good warehouse, of which what would come out the same is taken over (None: all is
    made anew). `memory`: what DuckDB may take, in its own words; beyond it, it spills beside the file.

    `told(done, all)` hears of every model that is done. Raises nothing for what a node does wrong:
    its outcome says it, and the models that stand on it are skipped.
    """
    with open_alone(warehouse, memory, marts_apart=marts_apart) as connection:
        stands = standing(connection, program, last)
        if last is None or not stands.everything():
            at_once = as_many_as_processors()
            outcomes = build_in(connection, program, stands=stands, at_once=at_once, told=told)
            seal(connection, warehouse, stands)
            return outcomes
    return take_whole(warehouse, program, last, stands, marts_apart=marts_apart)


def build_in(
    connection: duckdb.DuckDBPyConnection,
    program: Program,
    *,
    stands: Standing | None = None,
    at_once: int = 1,
    told: Callable[[int, int], None] | None = None,
) -> list[Outcome]:
    """The same in the database that a connection uses, of a file or of memory alone; its settings are
    left as they are. `at_once`: how many nodes are worked on side by side. Without `stands` nothing is
    taken over and nothing is remembered for the next night.
    """
    for schema in sorted({model.schema for model in program.models.values()}):
        connection.execute(f"create schema if not exists {name_of(schema)}")
    apart = has_readers(connection)
    _drop_what_changed_kind(connection, program, apart)
    [(database,)] = connection.execute("select current_database()").fetchall()
    one = partial(_one, connection, database, program, stands, apart)
    return in_order(program, one, at_once, told)


def _drop_what_changed_kind(
    connection: duckdb.DuckDBPyConnection, program: Program, apart: bool
) -> None:
    """Drop views that become tables and tables that become views: `create or replace` refuses these."""
    stand = dict(
        connection.execute(
            "select table_schema || '.' || table_name, table_type from information_schema.tables "
            "where table_catalog = current_database()"
        ).fetchall()
    )
    for model in program.models.values():
        found = stand.get(f"{model.schema}.{model.name}")
        viewed = model.materialized == "view" or _is_apart(model, apart)
        if found and (found == "VIEW") != viewed:
            was = "view" if found == "VIEW" else "table"
            connection.execute(f"drop {was} {name_of(model.schema)}.{name_of(model.name)}")


def _one(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    program: Program,
    stands: Standing | None,
    apart: bool,
    key: str,
) -> Outcome:
    started = time.monotonic()
    cursor = connection.cursor()
    try:
        cursor.execute(f"use {name_of(database)}")  # cursors begin in the first database again
        if stands is None:
            outcome = _made(cursor, program, key, apart)
        else:
            outcome = _made_or_taken_over(cursor, program, key, stands, apart)
        return replace(outcome, seconds=time.monotonic() - started)
    except duckdb.Error as error:
        return Outcome(key, "error", str(error), seconds=time.monotonic() - started)
    finally:
        cursor.close()


def _made(cursor: duckdb.DuckDBPyConnection, program: Program, key: str, apart: bool) -> Outcome:
    if key in program.models:
        return Outcome(key, "success", rows=_make(cursor, program.models[key], apart))
    status, failures, message = _try(cursor, program.tests[key])
    return Outcome(key, status, message, failures)


def _made_or_taken_over(
    cursor: duckdb.DuckDBPyConnection, program: Program, key: str, stands: Standing, apart: bool
) -> Outcome:
    """How a node ended, which is noted with its mark and with the digest of the rows it made."""
    mark, model = stands.mark_of(key), program.models.get(key)
    outcome = _taken_over(cursor, model, key, apart) if stands.stands(key, mark) else None
    if outcome:
        content = stands.content_before(key)
    else:
        outcome = _made(cursor, program, key, apart)
        content = stands.content_of(cursor, key, _place_of(model, apart)) if model else None
    stands.note(key, Made(mark, content, outcome.status))
    return outcome


def _taken_over(
    cursor: duckdb.DuckDBPyConnection, model: Model | None, key: str, apart: bool
) -> Outcome | None:
    """A node as it is in the last good warehouse. None of a view, which is as quickly made, and of a damaged block there."""
    if model is None:
        return Outcome(key, "pass", failures=0, stood=True)
    if model.materialized == "view":
        return None
    try:
        last = LAST_READERS if _is_apart(model, apart) else LAST
        rows = _make(cursor, replace(model, sql=f"from {last}.{relation_of(model)}"), apart)
    except duckdb.Error:
        cursor.execute("rollback")
        return None
    return Outcome(key, "success", rows=rows, stood=True)


def _is_apart(model: Model, apart: bool) -> bool:
    return apart and model.schema == MARTS and model.materialized != "view"


def _place_of(model: Model, apart: bool) -> str:
    relation = relation_of(model)
    return f"{READERS}.{relation}" if _is_apart(model, apart) else relation


def _make(cursor: duckdb.DuckDBPyConnection, model: Model, apart: bool) -> int | None:
    relation = _place_of(model, apart)
    kind = "view" if model.materialized == "view" else "table"
    sql = f"(\n{model.sql}\n)"
    if _is_apart(model, apart):
        # Ordered, so that the same figures give the same bytes, and similar ones lie side by side.
        sql = f"from {sql} order by all"
    cursor.execute("begin transaction")
    created = cursor.execute(f"create or replace {kind} {relation} as {sql}")
    # Making a table says how many rows it got; a view has none of its own.
    rows = int(created.fetchall()[0][0]) if kind == "table" else None
    if model.contract:
        _check_contract(cursor, relation, model)
    if _is_apart(model, apart):  # one transaction writes to one file
        cursor.execute("commit; begin transaction")
        cursor.execute(f"create or replace view {relation_of(model)} as from {relation}")
        kind = "view"
    comment_on(cursor, model, kind)
    cursor.execute("commit")
    return rows


def comment_on(cursor: duckdb.DuckDBPyConnection, model: Model, kind: str) -> None:
    """Keep a model's descriptions as comments of its relation, a table or view that must stand."""
    relation = relation_of(model)
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
