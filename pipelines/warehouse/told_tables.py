"""The marts that Python writes: alerts, answers, data quality, freshness.

Add here: how such a table is created from its declaration. Keep out: its content.

Columns, types, keys and descriptions are declared beside the other marts, in
`dbt_project/models/marts/alerts/_told__sources.yml`, so that dbt's documentation shows them and
analysts find them in one place; this module enforces that declaration as dbt enforces contracts.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import duckdb
import pandas as pd
import yaml

from pipelines.configuration.problems import FastLoader
from pipelines.failures import PermanentFailure
from pipelines.language import text as words
from pipelines.settings import DBT_PROJECT

DECLARATION = DBT_PROJECT / "models" / "marts" / "alerts" / "_told__sources.yml"


@cache
def declared_tables() -> dict[str, dict[str, Any]]:
    """The declaration of every such table by name, as dbt's YAML has it."""
    content = yaml.load(DECLARATION.read_text(encoding="utf-8"), Loader=FastLoader)
    return {table["name"]: table for table in content["sources"][0]["tables"]}


def write_told_table(connection: duckdb.DuckDBPyConnection, name: str, frame: pd.DataFrame) -> None:
    """Create `marts.<name>` as declared and fill it from a frame by column name.

    Columns the declaration does not have are left out; one it has and the frame lacks is null.
    Raises `PermanentFailure` if the key is not unique or a cell does not fit its type.
    """
    table = declared_tables()[name]
    columns = table["columns"]
    connection.execute("create schema if not exists marts")
    listed = ", ".join(f'"{column["name"]}" {column["data_type"]}' for column in columns)
    connection.execute(f"create or replace table marts.{name} ({listed})")
    if len(frame):
        connection.register("told_frame", frame)
        values = ", ".join(_value(column, frame) for column in columns)
        try:
            connection.execute(f"insert into marts.{name} select {values} from told_frame")
        except duckdb.Error as error:
            raise PermanentFailure(
                words("night.mart_not_written", name=name),
                cause=str(error).splitlines()[0],
                next_step=words("night.table_misfit"),
            ) from error
        finally:
            connection.unregister("told_frame")
    comments = [f"comment on table marts.{name} is {_quoted(table['description'])}"]
    comments += [
        f'comment on column marts.{name}."{column["name"]}" is {_quoted(column["description"])}'
        for column in columns
    ]
    connection.execute("; ".join(comments))
    _check_key(connection, name, table["config"]["meta"]["key"])


def _value(column: dict[str, Any], frame: pd.DataFrame) -> str:
    name, kind = column["name"], column["data_type"]
    return f'cast("{name}" as {kind})' if name in frame.columns else f"cast(null as {kind})"


def _quoted(about: str) -> str:
    return "'" + " ".join(about.split()).replace("'", "''") + "'"


def _check_key(connection: duckdb.DuckDBPyConnection, name: str, key: list[str]) -> None:
    listed = ", ".join(f'"{column}"' for column in key)
    rows = connection.execute(
        f"select {listed} from marts.{name} group by all having count(*) > 1 limit 1"
    ).fetchall()
    if rows:
        raise PermanentFailure(
            words("night.mart_not_written", name=name),
            cause=words("night.not_unique", listed=listed, rows=rows[0]),
            next_step=words("night.report_fault"),
        )


def unready_rules(
    connection: duckdb.DuckDBPyConnection, language: str
) -> tuple[int, tuple[str, ...]]:
    """How many rules that tell were judged on the published day, and a sentence for each of the others.

    Nothing of a copy that was published before `rpt_rule_readiness` was written.
    """
    told = "sentence_zh" if language == "zh" else "sentence_en"
    try:
        rows = connection.execute(
            f"select state = 'judged', {told} from marts.rpt_rule_readiness "
            "where mode = 'alert' order by ready_on nulls last, rule"
        ).fetchall()
    except duckdb.CatalogException:
        return 0, ()
    lines = tuple(sentence for judged, sentence in rows if not judged)
    return len(rows) - len(lines), lines
