"""Where the rows of an entity lie in the night's warehouse, whatever systems they came from.

Add here: how a check reads loaded rows. Keep out: what they ought to be (the checks).

Sheets are canonical in the raw zone already: `raw.spreadsheet__<entity>`. Rows of other systems
become canonical in staging, `stg_<system>__<entity>`, so a check that needs them runs after it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pandas as pd

from pipelines.entities import ENTITIES
from pipelines.entity_schemas import raw_schema
from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.working_calendar import FIRST_DAY

# Rows fetched per suite: enough to judge every rule, small enough for a machine of 4 GiB.
BATCH_ROWS = 500_000
# What a row cannot do without, and the moment it stands for: vars of dbt_project.yml have the same.
REQUIRED: dict[str, tuple[str, ...]] = {
    "users": ("user_id",),
    "teams": ("team_id",),
    "accounts": ("account_id",),
    "contacts": ("contact_id",),
    "leads": ("lead_id",),
    "opportunities": ("opportunity_id", "owner_id", "stage", "created_at"),
    "stage_history": ("opportunity_id", "to_stage", "changed_at"),
    "activities": ("activity_id", "owner_id", "occurred_at"),
    "orders": ("order_id", "ordered_at"),
    "targets": ("period", "scope_type", "scope_id"),
}
EVENTS = {
    "leads": "created_at",
    "opportunities": "created_at",
    "stage_history": "changed_at",
    "activities": "occurred_at",
    "orders": "ordered_at",
}
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")


@dataclass(frozen=True)
class LoadedBatch:
    """Rows fetched for a suite, and how many there are in all.

    `frame` has the asked columns only; money is float64. If there are more than `BATCH_ROWS`, it
    holds the records whose key hashes into one part, the same ones for the same data.
    """

    frame: pd.DataFrame
    total_rows: int


def given_entities(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Entities of which rows can be looked at and are due.

    A sheet gives one if `config.extracts` has a file of it in force; another system if its staging
    model of the entity is there. Before staging the rows of such a system are nobody's business yet.
    """
    rows = connection.execute(
        "select distinct entity from config.extracts "
        "where system = 'spreadsheet' and (state = 'loaded' or rows_previous is not null) "
        "and state <> 'gone'"
    ).fetchall()
    given = {entity for (entity,) in rows if entity in ENTITIES}
    for entity in set(ENTITIES) - given:
        if any(system != "spreadsheet" for system, _, _ in _tables(connection, entity)):
            given.add(entity)
    return given


def relation_of(connection: duckdb.DuckDBPyConnection, entity: str) -> str:
    """SQL (a select) of all loaded rows of an entity: its canonical columns, `source` and more.

    Columns are those of the raw zone plus `system`; what a staging model lacks is null. An entity
    that no system gives is an empty select of the same columns.
    """
    fields = [field.name for field in raw_schema(entity)]
    parts = []
    for system, schema, table in _tables(connection, entity):
        present = _columns(connection, schema, table)
        # Staging keeps the source's own word for a stage beside the company's.
        renamed = {"stage": "source_stage", "to_stage": "source_to_stage"}
        selected = []
        for name in fields:
            origin = renamed.get(name, name) if renamed.get(name) in present else name
            selected.append(f'"{origin}" as "{name}"' if origin in present else f'null as "{name}"')
        parts.append(f"select {', '.join(selected)}, '{system}' as system from {schema}.{table}")
    if not parts:
        empty = ", ".join(f'null::varchar as "{name}"' for name in [*fields, "system"])
        return f"select {empty} where false"
    return " union all ".join(parts)


def sound_relation_of(connection: duckdb.DuckDBPyConnection, entity: str) -> str:
    """SQL of the loaded rows that the models read: those that `fault_of` finds nothing wrong with."""
    return f"select * from ({relation_of(connection, entity)}) where {fault_of(entity)} is null"


def fault_of(entity: str) -> str:
    """SQL of the column for whose sake a row is set aside, null for a sound row; `<` before it: too early.

    The rule of dbt's macro `only_sound_rows`: what the entity cannot do without is there, and its event
    lies on a plausible day.
    """
    kinds = {column.name: column.kind for column in ENTITIES[entity].columns}
    cases = [
        f"when {f'nullif(trim({name}), {chr(39) * 2})' if kinds[name] == 'text' else name} is null "
        f"then '{name}'"
        for name in REQUIRED[entity]
    ]
    if entity in EVENTS:
        cases.append(
            f"when {EVENTS[entity]} < timestamptz '{FIRST_DAY} 00:00:00+00' then '<{EVENTS[entity]}'"
        )
    return f"case {' '.join(cases)} end"


def select_of(
    connection: duckdb.DuckDBPyConnection, entity: str, of: tuple[str, str] | None = None
) -> tuple[str, dict[str, str]]:
    """SQL of all loaded rows of an entity and its parameters; `of` (system, source): of one alone."""
    relation = relation_of(connection, entity)
    if of is None:
        return relation, {}
    return (
        f"select * from ({relation}) where system = $system and source = $source",
        {"system": of[0], "source": of[1]},
    )


def fetch_batch(
    connection: duckdb.DuckDBPyConnection,
    entity: str,
    columns: Sequence[str],
    *,
    limit: int = BATCH_ROWS,
    of: tuple[str, str] | None = None,
) -> LoadedBatch:
    """The chosen columns of an entity's loaded rows, money cast to DOUBLE.

    `of` (system, source) takes the rows of one source alone. Raises `PermanentFailure` if the rows
    cannot be read.
    """
    kinds = {column.name: column.kind for column in ENTITIES[entity].columns}
    relation, values = select_of(connection, entity, of)
    selected = ", ".join(
        f'"{name}"::double as "{name}"' if kinds.get(name) == "money" else f'"{name}"'
        for name in columns
    )
    try:
        total = connection.execute(f"select count(*) from ({relation})", values).fetchall()[0][0]
        where = ""
        if total > limit:
            # Both rows of a doubled key fall into the same part, so doubles are still seen.
            key = ", ".join(f'"{name}"' for name in ENTITIES[entity].key)
            where = f" where hash(source, {key}) % {-(-total // limit)} = 0"
        frame = connection.execute(f"select {selected} from ({relation}){where}", values).df()
    except duckdb.Error as error:
        raise PermanentFailure(
            text("quality.loaded_unread", entity=entity),
            where=", ".join(
                f"{schema}.{table}" for _, schema, table in _tables(connection, entity)
            ),
            cause=str(error).splitlines()[0],
            next_step=text("quality.columns_declared"),
        ) from error
    return LoadedBatch(frame, total)


def staged_sources(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    """(system, source, entity) of all that is staged and no sheet; empty before staging."""
    sources = connection.execute(
        "select distinct system, source from config.extracts where system <> 'spreadsheet' order by all"
    ).fetchall()
    staged = {
        entity: {system for system, _, _ in _tables(connection, entity)} for entity in ENTITIES
    }
    return [
        (system, source, entity)
        for system, source in sources
        for entity in ENTITIES
        if system in staged[entity]
    ]


def table_exists(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    """Whether the warehouse has a table or view of that name."""
    return bool(_columns(connection, schema, table))


def columns_in(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> set[str]:
    """Names of the columns of a table or view; empty if there is no such thing."""
    return _columns(connection, schema, table)


def _columns(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> set[str]:
    # The views of information_schema go through every column of the warehouse each time they are read.
    try:
        found = connection.execute(f'select * from "{schema}"."{table}" limit 0').description
    except duckdb.CatalogException:
        return set()
    return {column[0] for column in found or ()}


def _tables(connection: duckdb.DuckDBPyConnection, entity: str) -> list[tuple[str, str, str]]:
    """(system, schema, table) of every place where the entity's rows lie, sheets first."""
    systems = [
        system
        for (system,) in connection.execute(
            "select distinct system from config.extracts where system <> 'spreadsheet' order by 1"
        ).fetchall()
        if _NAME.match(system)
    ]
    found = []
    if table_exists(connection, "raw", f"spreadsheet__{entity}"):
        found.append(("spreadsheet", "raw", f"spreadsheet__{entity}"))
    for system in systems:
        rows = connection.execute(
            "select table_schema from information_schema.tables "
            "where table_catalog = current_database() and table_name = ? order by 1",
            [f"stg_{system}__{entity}"],
        ).fetchall()
        found += [(system, schema, f"stg_{system}__{entity}") for (schema,) in rows[:1]]
    return found
