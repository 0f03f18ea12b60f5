"""The records behind a figure: which count with how much, where each came from, which were left out.

Add here: a reason for which a record does not count. Keep out: the SQL of a metric (`compiled.py`),
which figure is meant (`figure.py`).

Reads the private warehouse of the published night, and what it did not keep of what `needed_by` names.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import duckdb

from pipelines.explaining.compiled import Traced, traced, traced_credits
from pipelines.explaining.figure import Figure
from pipelines.explaining.origins import describe, entity_of
from pipelines.explaining.targets import target_rows
from pipelines.failures import PermanentFailure
from pipelines.language import Text, text
from pipelines.metrics.definitions import PREFIX, definitions
from pipelines.warehouse.program import Program

# Attainment is what was credited over what was to be reached: its events are those of the credits.
CREDITS = "int_targets__credits"
ATTAINMENT = "target_attainment"
# What this folder's own queries name below the marts.
_ALWAYS_READ = {
    "int_calendar__periods", "int_metrics__leads", "int_orders__duplicates", "int_orders__stated",
    "int_reps__history", "int_scopes",
}  # fmt: skip


@dataclass(frozen=True)
class Record:
    """One record and what it brings. `origin` is file and cell, or the system and its id."""

    record_id: str
    entity: str
    event_on: Any
    owner_id: str | None
    numerator: float | None
    denominator: float | None
    origin: str = ""
    name: str = ""


@dataclass(frozen=True)
class LeftOut:
    """A record that belongs to the period and scope and does not count, with the reason."""

    record_id: str
    reason: Text
    origin: str = ""


@dataclass(frozen=True)
class Explanation:
    """A figure with all that made it. `adds_up` is None for a median, which has no sum."""

    figure: Figure
    records: list[Record]
    left_out: list[LeftOut]
    targets: list[dict[str, Any]] = field(default_factory=list)
    adds_up: bool | None = None


def needed_by(program: Program, metric: str) -> set[str]:
    """Names of the models that an explanation of a metric reads, beside the marts."""
    names = {model.name: model for model in program.models.values()}
    own = names.get(CREDITS if metric == ATTAINMENT else f"{PREFIX}{metric}")
    parents = program.parents(own.unique_id) if own else ()
    return {program.models[key].name for key in parents} | _ALWAYS_READ


def explain(
    connection: duckdb.DuckDBPyConnection,
    compiled: dict[str, str],
    figure: Figure,
    *,
    revenue_basis: str,
) -> Explanation:
    """Take a figure apart. `compiled` is the SQL of every model by name.

    Raises `PermanentFailure` for a metric whose model does not tell its records.
    """
    metric = definitions().metrics[figure.metric]
    attained = figure.metric == ATTAINMENT
    model = CREDITS if attained else f"{PREFIX}{figure.metric}"
    found = traced_credits(compiled[model]) if attained else traced(compiled[model])
    entity = entity_of(metric.records, revenue_basis)
    if found is None or not entity:
        raise PermanentFailure(
            text("explain.tried"),
            cause=text("explain.no_records", metric=metric.label),
            next_step=text("explain.no_records.next", model=model),
        )
    counted, void = _rows(connection, found, figure)
    facts = describe(connection, entity, [row["record_id"] for row in [*counted, *void]])
    records = [
        Record(
            str(row["record_id"]),
            entity,
            row["event_on"],
            row["record_owner"],
            _number(row["numerator"]),
            _number(row["denominator"]),
            *facts.get(str(row["record_id"]), (str(row["record_id"]), "")),
        )
        for row in counted
    ]
    taken_back = [
        LeftOut(
            str(row["record_id"]),
            text("explain.left.taken_back", day=row["void_on"]),
            facts.get(str(row["record_id"]), (str(row["record_id"]), ""))[0],
        )
        for row in void
    ]
    return Explanation(
        figure,
        records,
        [*taken_back, *_not_counted(connection, entity, figure)],
        target_rows(connection, figure) if attained else [],
        _adds_up(figure, records, is_median=metric.kind == "days"),
    )


def _rows(
    connection: duckdb.DuckDBPyConnection, found: Traced, figure: Figure
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Records that count, and those whose event was taken back before the period was closed."""
    dimension = figure.dimension
    if figure.metric == ATTAINMENT:
        dimension = dimension or "revenue"
    if found.shape == "flow":
        where = "event_on between ? and ? and dimension = ?"
        more: list[Any] = [figure.period_start, figure.closed_on, dimension]
    elif found.shape == "snapshot":
        where, more = "event_on = ? and dimension = ?", [figure.closed_on, dimension]
    else:
        where = "grain = ? and period_start = ? and record_id is not null"
        more = [figure.grain, figure.period_start]
    result = connection.execute(
        f"select * from ({found.sql}) where scope_type = ? and scope_id = ? and {where} "
        "order by abs(coalesce(numerator, 0)) desc, record_id",
        [figure.scope_type, figure.scope_id, *more],
    )
    names = [column[0] for column in result.description or []]
    rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    void = [row for row in rows if row["void_on"] and row["void_on"] <= figure.closed_on]
    return [row for row in rows if row not in void], void


def _not_counted(
    connection: duckdb.DuckDBPyConnection, entity: str, figure: Figure
) -> list[LeftOut]:
    """Orders of the period that are no revenue: cancelled ones, and those another source tells."""
    if entity != "orders":
        return []
    column = {
        "team": "stays.team_id",
        "region": "stays.region",
        "rep": "o.owner_id",
        "product_line": "o.product_line",
    }.get(figure.scope_type)
    own = f"and {column} = ?" if column else ""
    rows = connection.execute(
        "select o.order_id, o.source, o.status, d.kept_source "
        "from intermediate.int_orders__stated o "
        "left join intermediate.int_orders__duplicates d using (source, order_id) "
        "left join intermediate.int_reps__history stays on o.owner_id = stays.rep_id "
        "and o.ordered_on between stays.covers_from and stays.covers_to "
        "where o.ordered_on between ? and ? and (o.is_cancelled or d.order_id is not null) "
        f"{own} order by o.order_id",
        [figure.period_start, figure.closed_on, *([figure.scope_id] if column else [])],
    ).fetchall()
    return [
        LeftOut(
            order,
            text("explain.left.double", source=kept)
            if kept
            else text("explain.left.cancelled", status=status or "-"),
            source,
        )
        for order, source, status, kept in rows
    ]


def _adds_up(figure: Figure, records: list[Record], *, is_median: bool) -> bool | None:
    if is_median or figure.numerator is None:
        return None
    parts = [record.numerator or 0.0 for record in records]
    whole = max(parts, default=0.0) if figure.metric == "concentration" else math.fsum(parts)
    return math.isclose(whole, figure.numerator, rel_tol=1e-9, abs_tol=1e-6)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
