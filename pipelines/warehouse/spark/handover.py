"""Spark's tables taken over into the night's warehouse file, so that whoever reads that file notices nothing.

Add here: how a table gets from Spark's Parquet files into DuckDB's. Keep out: how it was made.

Audit, alerts, told tables, publication and analysts read one file whatever made its tables. The types are
those that DuckDB itself would give: it plans the model's own SQL, without running it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.warehouse.binding import connect
from pipelines.warehouse.private.building import comment_on
from pipelines.warehouse.private.file import name_of
from pipelines.warehouse.program import Model, Program
from pipelines.warehouse.running_order import Outcome


def take_over(
    warehouse: Path, folder: Path, program: Program, outcomes: list[Outcome]
) -> list[Outcome]:
    """Create in a bound warehouse file what Spark made below `folder`; outcomes with counted rows.

    `program` is the one compiled for DuckDB: it gives the types, and views are made as it says. Models
    that Spark could not make are passed over. Raises `PermanentFailure` if columns differ.
    """
    made = {each.unique_id for each in outcomes if each.status == "success"}
    rows: dict[str, int] = {}
    with connect(warehouse) as connection:
        for schema in sorted({model.schema for model in program.models.values()}):
            connection.execute(f"create schema if not exists {name_of(schema)}")
        for model in _parents_first(program):
            if model.unique_id not in made:
                continue
            relation = f"{name_of(model.schema)}.{name_of(model.name)}"
            if model.materialized == "view":
                connection.execute(f"create or replace view {relation} as (\n{model.sql}\n)")
            else:
                place = folder / f"{model.schema}.db" / model.name
                connection.execute(
                    f"create or replace table {relation} as {_rows(connection, model, place)}"
                )
                counted = connection.execute(f"select count(*) from {relation}").fetchall()
                rows[model.unique_id] = counted[0][0]
            kind = "view" if model.materialized == "view" else "table"
            comment_on(connection, model, relation, kind)
        connection.execute("checkpoint")
    return [replace(each, rows=rows.get(each.unique_id)) for each in outcomes]


def _parents_first(program: Program) -> Iterator[Model]:
    order = TopologicalSorter({key: program.parents(key) for key in program.models}).static_order()
    return (program.models[key] for key in order)


def _rows(connection: duckdb.DuckDBPyConnection, model: Model, place: Path) -> str:
    """SQL of a table's rows in Spark's files, each column cast to the type that DuckDB gives it."""
    wanted = {
        row[0]: row[1] for row in connection.execute(f"describe (\n{model.sql}\n)").fetchall()
    }
    files = sorted(place.glob("*.parquet"))
    if not files:  # no row, so no part was written
        typed = ", ".join(f"cast(null as {kind}) as {name_of(n)}" for n, kind in wanted.items())
        return f"select {typed} where false"
    pattern = str(place / "*.parquet").replace("'", "''")
    found = f"read_parquet('{pattern}')"
    names = {row[0] for row in connection.execute(f"describe select * from {found}").fetchall()}
    if names != set(wanted):
        raise PermanentFailure(
            text("spark.columns_differ", model=model.name),
            cause=", ".join(sorted(names ^ set(wanted))),
            next_step=text("night.report_fault"),
        )
    columns = ", ".join(
        f"cast({name_of(name)} as {kind}) as {name_of(name)}" for name, kind in wanted.items()
    )
    return f"select {columns} from {found}"
