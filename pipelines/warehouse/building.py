"""The night's build: the compiled models made and tested in the warehouse, as many at once as there
are processors.

Add here: how a model or test becomes statements, and the order they run in. Keep out: what they
mean (`dbt_project/`), what is built (`program.py`), Dagster (`assets/dbt_models.py`).

It does what `dbt build` does: each model once all its parents stand, contracts checked,
descriptions kept as comments, each test once what it reads stands. Two things differ. A
test that fails does not stop the rest: the night is not published anyway, and all faults are told at
once. Each query runs on one thread, so that the rows of a sum are added in the same order every night
and the same inputs give the same bytes; several queries run side by side instead.
"""

from __future__ import annotations

import heapq
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.warehouse.program import Model, Program, Test

_MOST_AT_ONCE = 4
_EXAMPLES = 2


@dataclass(frozen=True)
class Outcome:
    """How a node ended, in dbt's words: success, error, skipped; pass, warn, fail. `failures` counts
    the rows that break a test; `rows` those of a table.
    """

    unique_id: str
    status: str
    message: str = ""
    failures: int | None = None
    rows: int | None = None
    seconds: float = 0.0


def build(
    warehouse: Path, program: Program, *, told: Callable[[int, int], None] | None = None
) -> list[Outcome]:
    """Make all models of a program in a bound warehouse file and run its tests.

    `told(done, all)` hears of every model that is done. Raises nothing for what a node does wrong:
    its outcome says it, and the models that stand on it are skipped.
    """
    at_once = max(1, min(_MOST_AT_ONCE, os.cpu_count() or 1))
    with _open(warehouse) as connection:
        outcomes = build_in(connection, program, at_once=at_once, told=told)
        connection.execute(f"checkpoint {_name(warehouse.stem)}")
    return outcomes


def build_in(
    connection: duckdb.DuckDBPyConnection,
    program: Program,
    *,
    at_once: int = 1,
    told: Callable[[int, int], None] | None = None,
) -> list[Outcome]:
    """The same in the database that a connection uses, of a file or of memory alone; its settings are
    left as they are. `at_once`: how many nodes are worked on side by side.
    """
    for schema in sorted({model.schema for model in program.models.values()}):
        connection.execute(f"create schema if not exists {_name(schema)}")
    _drop_what_changed_kind(connection, program)
    with ThreadPoolExecutor(at_once, thread_name_prefix="build") as workers:
        return list(_run(connection, program, workers, at_once, told))


def _open(warehouse: Path) -> duckdb.DuckDBPyConnection:
    """A connection that uses the file without a log of what is not yet in it.

    The file belongs to the night alone, and a night that is killed starts from new: the log would be
    written, waited for at each of 190 commits, and never read (an eighth of the build's processor time).
    """
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "threads": "1",
            "preserve_insertion_order": "false",
            "memory_limit": os.environ.get("FOREWARN_MEMORY_LIMIT", "3GB"),
            # Only at the end: a checkpoint in between would hold up those who build beside it.
            "checkpoint_threshold": "1GB",
        },
    )
    # Times are stored in UTC; the company's day is cut by macros, never by the session.
    connection.execute("set global timezone = 'UTC'")
    name = _name(warehouse.stem)  # as DuckDB calls a file that is opened by itself
    connection.execute(
        f"attach {_literal(str(warehouse))} as {name} (recovery_mode no_wal_writes); use {name}"
    )
    return connection


def _drop_what_changed_kind(connection: duckdb.DuckDBPyConnection, program: Program) -> None:
    """Drop views that become tables and tables that become views: `create or replace` refuses these."""
    stand = dict(
        connection.execute(
            "select table_schema || '.' || table_name, table_type from information_schema.tables "
            "where table_catalog = current_database()"
        ).fetchall()
    )
    for model in program.models.values():
        found = stand.get(f"{model.schema}.{model.name}")
        if found and (found == "VIEW") != (model.materialized == "view"):
            was = "view" if found == "VIEW" else "table"
            connection.execute(f"drop {was} {_name(model.schema)}.{_name(model.name)}")


def _run(
    connection: duckdb.DuckDBPyConnection,
    program: Program,
    workers: ThreadPoolExecutor,
    at_once: int,
    told: Callable[[int, int], None] | None,
) -> Iterator[Outcome]:
    waiting = {key: set(program.parents(key)) for key in (*program.models, *program.tests)}
    readers: dict[str, list[str]] = {}
    for key, parents in waiting.items():
        for parent in parents:
            readers.setdefault(parent, []).append(key)
    height = _heights(program, readers)
    ready = [(-height[key], key) for key, parents in waiting.items() if not parents]
    heapq.heapify(ready)
    running: dict[Future[Outcome], str] = {}
    bad: set[str] = set()
    done = 0
    [(database,)] = connection.execute("select current_database()").fetchall()
    while ready or running:
        while ready and len(running) < at_once:
            _, key = heapq.heappop(ready)
            broken = [parent for parent in program.parents(key) if parent in bad]
            running[workers.submit(_one, connection, database, program, key, broken)] = key
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            key, outcome = running.pop(future), future.result()
            if key in program.models:
                done += 1
                if outcome.status != "success":
                    bad.add(key)
                if told:
                    told(done, len(program.models))
            yield outcome
            for reader in readers.get(key, ()):
                waiting[reader].discard(key)
                if not waiting[reader]:
                    heapq.heappush(ready, (-height[reader], reader))


def _heights(program: Program, readers: dict[str, list[str]]) -> dict[str, int]:
    """The longest way from a node to the end of the graph: what much waits for is built first."""
    heights: dict[str, int] = dict.fromkeys(program.tests, 0)

    def height(key: str) -> int:
        if key not in heights:
            heights[key] = 1 + max((height(reader) for reader in readers.get(key, ())), default=0)
        return heights[key]

    for key in program.models:
        height(key)
    return heights


def _one(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    program: Program,
    key: str,
    broken: list[str],
) -> Outcome:
    if broken:
        names = ", ".join(name.rsplit(".", 1)[-1] for name in broken)
        return Outcome(key, "skipped", f"not built: {names}")
    started = time.monotonic()
    cursor = connection.cursor()
    try:
        cursor.execute(f"use {_name(database)}")  # cursors begin in the first database again
        if key in program.models:
            rows = _make(cursor, program.models[key])
            return Outcome(key, "success", rows=rows, seconds=time.monotonic() - started)
        status, failures, message = _try(cursor, program.tests[key])
        return Outcome(key, status, message, failures, seconds=time.monotonic() - started)
    except duckdb.Error as error:
        return Outcome(key, "error", str(error), seconds=time.monotonic() - started)
    finally:
        cursor.close()


def _make(cursor: duckdb.DuckDBPyConnection, model: Model) -> int | None:
    relation = f"{_name(model.schema)}.{_name(model.name)}"
    kind = "view" if model.materialized == "view" else "table"
    cursor.execute("begin transaction")
    created = cursor.execute(f"create or replace {kind} {relation} as (\n{model.sql}\n)")
    # Making a table says how many rows it got; a view has none of its own.
    rows = int(created.fetchall()[0][0]) if kind == "table" else None
    if model.contract:
        _check_contract(cursor, relation, model)
    for column, text in model.comments.items():
        place = f"column {relation}.{_name(column)}" if column else f"{kind} {relation}"
        cursor.execute(f"comment on {place} is {_literal(text)}")
    cursor.execute("commit")
    return rows


def _check_contract(cursor: duckdb.DuckDBPyConnection, relation: str, model: Model) -> None:
    """Raise `duckdb.ConstraintException` unless the relation has the declared columns and types.

    Declared keys and checks are tried by the model's own test (macro `declared_breaches`).
    """
    found = {row[0]: row[1] for row in cursor.execute(f"describe {relation}").fetchall()}
    casts = ", ".join(f"cast(null as {kind}) as {_name(n)}" for n, kind in model.contract.items())
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
    limited = f"{test.sql}\nlimit {test.limit}" if test.limit else test.sql
    row: Any = cursor.execute(
        f"select {test.fail_calc}, {test.fail_calc} {test.warn_if}, {test.fail_calc} {test.error_if} "
        f"from (\n{limited}\n) as faults"
    ).fetchone()
    failures, warns, fails = int(row[0] or 0), bool(row[1]), bool(row[2])
    if not warns and not (fails and test.severity == "error"):
        return "pass", failures, ""
    failed = fails and test.severity == "error"
    rule = f"fails if {test.error_if}" if failed else f"warns if {test.warn_if}"
    found = cursor.execute(f"select * from (\n{limited}\n) as faults limit {_EXAMPLES}")
    names = [column[0] for column in found.description or ()]
    examples = [
        ", ".join(f"{name} {value}" for name, value in zip(names, values, strict=True))
        for values in found.fetchall()
    ]
    told = f"{failures} rows ({rule}), for example {'; '.join(examples)}"
    return "fail" if failed else "warn", failures, told


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
