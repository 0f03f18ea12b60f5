"""The files that readers open: one DuckDB file and a folder of Parquet files, counted and commented.

Add here: how a mart gets into a reader's file. Keep out: which version is current, and how long
one is kept (`versions.py`).
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import duckdb

from pipelines.failures import PermanentFailure
from pipelines.language import has
from pipelines.language import text as words
from pipelines.nights.night import Night
from pipelines.publishing.manifest import read_manifest
from pipelines.publishing.taken_over import (
    digest_of_mart,
    gone_on_with,
    room_is_used,
    same_marts,
    sha256_of,
)
from pipelines.warehouse.binding import connect, one_thread

MARTS = "marts"
READERS_FORMAT = "v1.4.0"


def write_reader_files(night: Night, last: Path) -> dict[str, dict[str, Any]]:
    """`forewarn.duckdb` and `parquet/` in the folder of a night; rows, columns and checksums by mart.

    What the version in `last` (there may be none) holds already is taken over from it. Raises
    PermanentFailure if the three do not hold the same number of rows.
    """
    readers, parquet = night.folder / "forewarn.duckdb", night.folder / "parquet"
    readers.unlink(missing_ok=True)
    shutil.rmtree(parquet, ignore_errors=True)
    parquet.mkdir()
    with connect(night.warehouse) as connection:
        one_thread(connection)
        comments = _comments(connection)
        rows = _marts(connection)
        said = {name: list(_told(name, comments.get(name, {}))) for name in rows}
        contents = {
            name: digest_of_mart(connection, f"{MARTS}.{name}", said[name], READERS_FORMAT)
            for name in rows
        }
        before = read_manifest(last)
        same = same_marts(before, last, parquet, contents)
        stand = same if gone_on_with(before, last, readers, same, rows) else set()
        if not (stand and _only(connection, readers, stand)):
            stand = set()
            readers.unlink(missing_ok=True)
            _attach(connection, readers)
            connection.execute(f"create schema readers.{MARTS}")

        tables: dict[str, dict[str, Any]] = {}
        for name in rows:
            file = parquet / f"{name}.parquet"
            if name not in stand:
                _write_table(connection, name)
            if name not in same:
                _write_parquet(connection, name, file)
            tables[name] = {**_measured(connection, name, file), "content": contents[name]}
        # At once: each on its own is a commit, and a wait for the disk.
        lines = [line for name in rows if name not in stand for line in said[name]]
        connection.execute("; ".join(["begin", *lines, "commit"]))
        connection.execute("checkpoint readers")
        connection.execute("detach readers")
        connection.execute("checkpoint")
    return tables


def _marts(connection: Any) -> dict[str, int]:
    """Rows of each mart of the night, by name."""
    return dict(
        connection.execute(
            "select table_name, estimated_size from duckdb_tables() "
            "where schema_name = ? and database_name = current_database() order by table_name",
            [MARTS],
        ).fetchall()
    )


def _attach(connection: Any, readers: Path) -> None:
    # Nobody else has the file yet, and a night that is killed starts from new: no log is written to it.
    connection.execute(
        f"attach '{_quoted(readers)}' as readers "
        f"(storage_version '{READERS_FORMAT}', recovery_mode no_wal_writes)"
    )


def _only(connection: Any, readers: Path, stand: Collection[str]) -> bool:
    """Attach a copy of the last file with these marts alone; False if it is full of holes, or cannot be read."""
    try:
        _attach(connection, readers)
    except duckdb.Error:
        return False
    names = connection.execute(
        "select table_name from duckdb_tables() where database_name = 'readers'"
    ).fetchall()
    there = {name for (name,) in names}
    if not (room_is_used(connection, "readers") and there >= {*stand}):
        connection.execute("detach readers")
        return False
    for name in sorted(there - {*stand}):
        connection.execute(f'drop table readers.{MARTS}."{name}"')
    connection.execute("checkpoint readers")  # their blocks are free for what is written next
    return True


def _write_table(connection: Any, name: str) -> None:
    # Ordered, so that the same figures give the same bytes.
    connection.execute(f"create table readers.{MARTS}.{name} as from {MARTS}.{name} order by all")


def _write_parquet(connection: Any, name: str, file: Path) -> None:
    connection.execute(
        f"copy (from readers.{MARTS}.{name}) to '{_quoted(file)}' (format parquet, compression zstd)"
    )


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
