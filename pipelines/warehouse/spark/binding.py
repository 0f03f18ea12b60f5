"""What stands before the models in a Spark session: raw rows in force, the company's tables, the day.

Add here: how Spark reads what is in force. Keep out: what is in force (`raw_tables.py`), and models.

Raw rows are not copied: the files that count are tables, of which a view takes the rows that count. Where the
workers find them is said by `tables.py`. The tables of the company are small and come from the night's warehouse file.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.raw_zone.packing import LOAD_ID
from pipelines.warehouse.binding import connect
from pipelines.warehouse.raw_tables import RawTable, Shifts
from pipelines.warehouse.spark.tables import Tables
from pipelines.warehouse.spark.words import literal, quoted

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CONFIG, RAW, _FILES = "config", "raw", "raw_files"


def bind_company_tables(spark: SparkSession, tables: Tables, warehouse: Path, folder: Path) -> None:
    """`config.*` as the warehouse file of the night has them, and the day of the models."""
    spark.sql(f"create database {CONFIG}")
    with connect(warehouse, read_only=True) as connection:
        names = connection.execute(
            "select table_name from duckdb_tables() where schema_name = ? order by table_name",
            [CONFIG],
        ).fetchall()
        for (name,) in names:
            place = folder / CONFIG / name
            place.mkdir(parents=True)
            rows = place / "rows.parquet"
            connection.execute(f"copy {CONFIG}.{name} to {literal(str(rows))} (format parquet)")
            tables.small(spark, f"{CONFIG}.{name}", spark_types(pq.read_schema(rows)), rows)
        day = connection.execute(f"select {CONFIG}.as_of_day()").fetchall()[0][0]
    spark.sql(f"create function {CONFIG}.as_of_day() returns date return date '{day.isoformat()}'")


def bind_raw_tables(
    spark: SparkSession, tables: Tables, bound: Iterator[RawTable], shifts: Shifts
) -> None:
    """`raw.*` as views on the files of the raw zone."""
    spark.sql(f"create database {RAW}")
    spark.sql(f"create database {_FILES}")
    for table in bound:
        columns = _columns(table)
        given = {**columns, LOAD_ID: "string"}
        parts = [
            f"select {_counted(columns, shifts)} from {name} where {picked}{_left_out(table)}"
            for name, picked in tables.raw(spark, _FILES, given, table.files)
        ]
        if not parts:
            typed = ", ".join(f"cast(null as {kind}) as {quoted(n)}" for n, kind in columns.items())
            parts.append(f"select {typed} where false")
        spark.sql(f"create view {RAW}.{table.name} as {_rows(table, ' union all '.join(parts))}")


def _columns(table: RawTable) -> dict[str, str]:
    """Column -> type in Spark's words, declared or found in files; files of a table may differ."""
    found = [pq.read_schema(path) for path in table.files]
    declared = [] if table.schema is None else [table.schema]
    united = pa.unify_schemas(
        [schema.remove_metadata() for schema in (*declared, *found)], promote_options="permissive"
    )
    return {name: kind for name, kind in spark_types(united).items() if name != LOAD_ID}


def spark_types(schema: pa.Schema) -> dict[str, str]:
    """Column -> type in Spark's words; columns in which nothing ever stood are left out."""
    from pyspark.sql.pandas.types import from_arrow_type

    return {
        field.name: from_arrow_type(field.type, prefer_timestamp_ntz=True).simpleString()
        for field in schema
        if not pa.types.is_null(field.type)
    }


def _left_out(table: RawTable) -> str:
    if not table.left_out:
        return ""
    ids = ", ".join(map(literal, table.left_out))
    return f" and ({LOAD_ID} is null or {LOAD_ID} not in ({ids}))"


def _counted(columns: dict[str, str], shifts: Shifts) -> str:
    """The columns; rows of a load whose clock was wrong carry the moment from which that load counts."""
    cases = " ".join(
        f"when source = {literal(source)} and _loaded_at = {_moment(stamp)} then {_moment(counted)}"
        for (source, stamp), counted in shifts.items()
    )
    moved = f"case {cases} else _loaded_at end as _loaded_at" if cases else "_loaded_at"
    return ", ".join(moved if name == "_loaded_at" else quoted(name) for name in columns)


def _rows(table: RawTable, united: str) -> str:
    if not table.versions and not table.replaced:
        return united
    nowhere = "(cast(null as string), cast(null as string), cast(null as timestamp), cast(null as timestamp))"
    told = [nowhere] + [
        f"({literal(v.source)}, {literal(v.file)}, {_moment(v.loaded_at)}, {_moment(v.replaced_at)})"
        for v in table.versions
    ]
    declared = table.schema if table.exact else None
    columns = (
        "loaded.*"
        if declared is None
        else ", ".join(f"loaded.{quoted(field.name)}" for field in declared)
    )
    # Two versions of one file in one load would be one version: rows of sheets are joined once.
    versions = f"select distinct * from values {', '.join(told)} as t (source, file, loaded_at, _replaced_at)"
    return (
        f"select {columns}{', versions._replaced_at' if table.replaced else ''} "
        f"from ({united}) as loaded inner join ({versions}) as versions "
        "on loaded.source = versions.source and coalesce(loaded._file, '') = versions.file "
        "and loaded._loaded_at = versions.loaded_at"
    )


def _moment(moment: dt.datetime | None) -> str:
    return f"timestamp {literal(moment.isoformat())}" if moment else "cast(null as timestamp)"
