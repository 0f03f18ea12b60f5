"""The files that readers open: one DuckDB file and a folder of Parquet files, counted and commented.

Add here: how a mart gets into a reader's file. Keep out: which version is current, and how long
one is kept (`versions.py`).
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipelines.failures import PermanentFailure
from pipelines.language import has
from pipelines.language import text as words
from pipelines.nights.night import Night
from pipelines.warehouse.binding import connect

MARTS = "marts"
READERS_FORMAT = "v1.4.0"


def write_reader_files(night: Night) -> dict[str, dict[str, Any]]:
    """`forewarn.duckdb` and `parquet/` in the folder of a night; rows, columns and checksum by mart.

    Raises PermanentFailure if the three do not hold the same number of rows.
    """
    readers, parquet = night.folder / "forewarn.duckdb", night.folder / "parquet"
    readers.unlink(missing_ok=True)
    shutil.rmtree(parquet, ignore_errors=True)
    parquet.mkdir()
    tables: dict[str, dict[str, Any]] = {}
    with connect(night.warehouse) as connection:
        connection.execute(
            f"attach '{_quoted(readers)}' as readers (storage_version '{READERS_FORMAT}')"
        )
        connection.execute(f"create schema readers.{MARTS}")
        names = connection.execute(
            "select table_name from duckdb_tables() where schema_name = ? and database_name = current_database() "
            "order by table_name",
            [MARTS],
        ).fetchall()
        for (name,) in names:
            # Ordered, so that the same figures give the same bytes.
            connection.execute(
                f"create table readers.{MARTS}.{name} as from {MARTS}.{name} order by all"
            )
            target = _quoted(parquet / f"{name}.parquet")
            connection.execute(
                f"copy (from readers.{MARTS}.{name}) to '{target}' (format parquet, compression zstd)"
            )
            tables[name] = _measured(connection, name, parquet / f"{name}.parquet")
        # At once: each on its own is a commit, and a wait for the disk.
        comments = _comments(connection)
        said = [line for name in tables for line in _told(name, comments.get(name, {}))]
        connection.execute("; ".join(["begin", *said, "commit"]))
        connection.execute("checkpoint readers")
        connection.execute("detach readers")
        connection.execute("checkpoint")
    return tables


def _comments(connection: Any) -> dict[str, dict[str, str]]:
    """By mart: column -> comment, "" for the table's own. Asked once: the catalogue is long."""
    found: dict[str, dict[str, str]] = {}
    for name, column, comment in connection.execute(
        "select table_name, '', comment from duckdb_tables() "
        "where schema_name = $1 and database_name = current_database() and comment is not null "
        "union all select table_name, column_name, comment from duckdb_columns() "
        "where schema_name = $1 and database_name = current_database() and comment is not null",
        [MARTS],
    ).fetchall():
        found.setdefault(name, {})[column] = comment
    return found


def _told(name: str, comments: dict[str, str]) -> Iterator[str]:
    """The statements that say what a mart and its columns are."""
    about = words(f"mart.{name}").zh if has(f"mart.{name}") else ""
    said = " ".join(part for part in (about, comments.pop("", "")) if part)
    if said:
        said = " ".join(said.split()).replace("'", "''")
        yield f"comment on table readers.{MARTS}.{name} is '{said}'"
    for column, comment in comments.items():
        text = _named(column, comment).replace("'", "''")
        yield f"comment on column readers.{MARTS}.{name}.\"{column}\" is '{text}'"


def _named(column: str, comment: str) -> str:
    """The comment after the Chinese name of the column, which BI tools show in place of the one of SQL."""
    if not has(f"column.{column}"):
        return comment
    return f"{words('publish.column_named', name=words(f'column.{column}')).zh} {comment}"


def _measured(connection: Any, name: str, parquet: Path) -> dict[str, Any]:
    counts = [
        connection.execute(f"select count(*) from {relation}").fetchall()[0][0]
        for relation in (
            f"{MARTS}.{name}",
            f"readers.{MARTS}.{name}",
            f"read_parquet('{_quoted(parquet)}')",
        )
    ]
    if len(set(counts)) != 1:
        raise PermanentFailure(
            words("publish.not_published", name=name),
            cause=words(
                "publish.rows_differ", counts=counts[0], counts2=counts[1], counts3=counts[2]
            ),
            next_step=words("publish.check_disk"),
        )
    columns = connection.execute(f"describe readers.{MARTS}.{name}").fetchall()
    return {
        "rows": counts[0],
        "columns": [column for column, *_ in columns],
        "sha256": sha256_of(parquet),
    }


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def sha256_of(path: Path) -> str:
    """The checksum of a file, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
