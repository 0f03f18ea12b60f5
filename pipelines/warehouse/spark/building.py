"""The compiled models made and tested by Spark: the counterpart of `pipelines/warehouse/private/building.py`.

Add here: how a model or test becomes Spark's statements. Keep out: the order they run in
(`running_order.py`), and what becomes of the tables (`handover.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from pipelines.warehouse.program import Model, Program, Test
from pipelines.warehouse.running_order import (
    Outcome,
    as_many_as_processors,
    examples_query,
    in_order,
    judged,
    verdict_query,
)
from pipelines.warehouse.spark.null_order import nulls_last
from pipelines.warehouse.spark.session import first_line
from pipelines.warehouse.spark.steps import steps_of, with_steps
from pipelines.warehouse.spark.tables import STEPS, Tables
from pipelines.warehouse.spark.words import quoted

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def build(
    spark: SparkSession,
    tables: Tables,
    program: Program,
    *,
    told: Callable[[int, int], None] | None = None,
) -> list[Outcome]:
    """Make all models of a program compiled for Spark and run its tests, in a bound session.

    `told(done, all)` hears of every model that is done. Raises nothing for what a node does wrong:
    its outcome says it, and the models that stand on it are skipped.
    """
    for schema in sorted({STEPS, *(model.schema for model in program.models.values())}):
        spark.sql(f"create database if not exists {quoted(schema)}")
    # Planning is done on this machine, the work elsewhere.
    return in_order(program, partial(_one, spark, tables, program), as_many_as_processors(), told)


def _one(spark: SparkSession, tables: Tables, program: Program, key: str) -> Outcome:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    started = time.monotonic()
    try:
        if key in program.models:
            _make(spark, tables, program.models[key])
            return Outcome(key, "success", seconds=time.monotonic() - started)
        status, failures, message = _try(spark, program.tests[key])
        return Outcome(key, status, message, failures, seconds=time.monotonic() - started)
    except (PySparkException, Py4JError, ContractBroken) as error:
        return Outcome(key, "error", first_line(error), seconds=time.monotonic() - started)


class ContractBroken(Exception):
    """A model whose columns or types are not those that it declares."""


def _make(spark: SparkSession, tables: Tables, model: Model) -> None:
    """Create a model's table. A view becomes one too: several models read it, each from the start."""
    relation = f"{quoted(model.schema)}.{quoted(model.name)}"
    # A session of its own: steps of two models that are made side by side may bear one name.
    own = spark.newSession()
    tables.prepare(own)
    steps, rest = steps_of(nulls_last(model.sql))
    kept = []
    try:
        for position, step in enumerate(steps):
            if step.kept:
                name = f"{model.schema}__{model.name}__{step.name}"
                table = f"{STEPS}.{quoted(name)}"
                tables.make(own, STEPS, name, with_steps(steps[:position], step.sql))
                kept.append(name)
                own.table(table).createOrReplaceTempView(step.name)
        tables.make(own, model.schema, model.name, with_steps(steps, rest))
    finally:
        for name in kept:
            tables.drop(own, STEPS, name)
    if model.contract:
        _check_contract(own, relation, model)


def _check_contract(spark: SparkSession, relation: str, model: Model) -> None:
    """Raise `ContractBroken` unless the table has the declared columns and types."""
    casts = ", ".join(
        # Text without a length has one name in a query, and two in a declaration.
        f"cast(null as {'string' if kind == 'varchar' else kind}) as {quoted(name)}"
        for name, kind in model.contract.items()
    )
    declared, found = (
        {field.name: field.dataType.simpleString() for field in frame.schema}
        for frame in (spark.sql(f"select {casts}"), spark.table(relation))
    )
    wrong = [
        f"{name} is {found.get(name, 'missing')}, declared {declared.get(name, 'nowhere')}"
        for name in dict.fromkeys((*declared, *found))
        if found.get(name) != declared.get(name)
    ]
    if wrong:
        raise ContractBroken(f"{model.name} does not keep its contract: {'; '.join(wrong)}")


def _try(spark: SparkSession, test: Test) -> tuple[str, int, str]:
    row: Any = spark.sql(nulls_last(verdict_query(test))).collect()[0]

    def examples() -> list[dict[str, Any]]:
        return [found.asDict() for found in spark.sql(nulls_last(examples_query(test))).collect()]

    return judged(test, row, examples)
