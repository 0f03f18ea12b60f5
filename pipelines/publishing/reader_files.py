"""The files that readers open: one DuckDB file and a folder of Parquet files, counted and commented.

Add here: how a mart gets into a reader's file. Keep out: which version is current, and how long
one is kept (`versions.py`).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipelines.failures import PermanentFailure
from pipelines.language import has
from pipelines.language import text as words
from pipelines.nights.night import Night
from pipelines.publishing.manifest import read_manifest
from pipelines.publishing.taken_over import (
    digest_of_mart,
    same_marts,
    sha256_of,
)
from pipelines.warehouse.binding import connect, one_thread
from pipelines.warehouse.private.file import (
    READERS,
    READERS_FILE,
    READERS_FORMAT,
    attach_readers,
    has_readers,
)
from pipelines.warehouse.program import MARTS


def complete_readers_file(warehouse: Path) -> Path:
    """The readers' file of a night that is not published: its marts, and what was told, without comments."""
    with connect(warehouse) as connection:
        one_thread(connection)
        _bring_told(connection, warehouse)
        connection.execute(f"checkpoint {READERS}")
    return warehouse.with_name(READERS_FILE)


def write_reader_files(night: Night, last: Path) -> dict[str, dict[str, Any]]:
    """Complete `forewarn.duckdb` and write `parquet/` in the folder of a night; rows, columns and checksums by mart.

    Marts that the build made in that file are there; what was told since (warnings, answers, checks) and marts
    that another engine made are added from the night's warehouse. Parquet that the version in `last` (there
    may be none) holds already is taken over from it. Raises PermanentFailure if the copies do not hold the same
    number of rows.
    """
    parquet = night.folder / "parquet"
    shutil.rmtree(parquet, ignore_errors=True)
    parquet.mkdir()
    with connect(night.warehouse) as connection:
        one_thread(connection)
        comments = _comments(connection)
        private = _bring_told(connection, night.warehouse)
        rows = _tables(connection, READERS)
        said = {name: list(_told(name, comments.get(name, {}))) for name in rows}
        contents = {
            name: digest_of_mart(
                connection, f"{READERS}.{MARTS}.{name}", said[name], READERS_FORMAT
            )
            for name in rows
        }
        same = same_marts(read_manifest(last), last, parquet, contents)
        tables: dict[str, dict[str, Any]] = {}
        for name in rows:
            file = parquet / f"{name}.parquet"
            if name not in same:
                _write_parquet(connection, name, file)
            own = [f"{MARTS}.{name}"] if name in private else []
            tables[name] = {**_measured(connection, name, file, own), "content": contents[name]}
        # At once: each on its own is a commit, and a wait for the disk.
        lines = [line for name in rows for line in said[name]]
        connection.execute("; ".join(["begin", *lines, "commit"]))
        connection.execute(f"checkpoint {READERS}")
        connection.execute(f"detach {READERS}")
        connection.execute("checkpoint")
    return tables


def _tables(connection: Any, database: str | None) -> list[str]:
    """The marts that are tables of an attached database, or of the night's own (None)."""
    found = connection.execute(
        "select table_name from duckdb_tables() where schema_name = $1 "
        "and database_name = coalesce($2, current_database()) order by table_name",
        [MARTS, database],
    ).fetchall()
    return [name for (name,) in found]


def _bring_told(connection: Any, warehouse: Path) -> list[str]:
    """Write the marts that are tables of the night's own file into the readers'; their names."""
    if not has_readers(connection):
        attach_readers(connection, warehouse.with_name(READERS_FILE))
    connection.execute(f"create schema if not exists {READERS}.{MARTS}")
    names = _tables(connection, None)
    for name in names:
        # Ordered as the build does it, so that the same figures give the same bytes.
        connection.execute(
            f"create or replace table {READERS}.{MARTS}.{name} as from {MARTS}.{name} order by all"
        )
    return names


def _write_parquet(connection: Any, name: str, file: Path) -> None:
    connection.execute(
        f"copy (from {READERS}.{MARTS}.{name}) to '{_quoted(file)}' (format parquet, compression zstd)"
    )


def _comments(connection: Any) -> dict[str, dict[str, str]]:
    """By mart: column -> comment, "" for the table's own. Asked once: the catalogue is long.

    They stand in the night's own file, also of the marts that are views there.
    """
    found: dict[str, dict[str, str]] = {}
    own = "schema_name = $1 and database_name = current_database() and comment is not null"
    for name, column, comment in connection.execute(
        f"select table_name, '', comment from duckdb_tables() where {own} "
        f"union all select view_name, '', comment from duckdb_views() where {own} "
        f"union all select table_name, column_name, comment from duckdb_columns() where {own}",
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
        yield f"comment on table {READERS}.{MARTS}.{name} is '{said}'"
    for column, comment in comments.items():
        text = _named(column, comment).replace("'", "''")
        yield f"comment on column {READERS}.{MARTS}.{name}.\"{column}\" is '{text}'"


def _named(column: str, comment: str) -> str:
    """The comment after the Chinese name of the column, which BI tools show in place of the one of SQL."""
    if not has(f"column.{column}"):
        return comment
    return f"{words('publish.column_named', name=words(f'column.{column}')).zh} {comment}"


def _measured(
    connection: Any, name: str, parquet: Path, others: Sequence[str] = ()
) -> dict[str, Any]:
    """`others`: further relations that must have as many rows."""
    counts = [
        connection.execute(f"select count(*) from {relation}").fetchall()[0][0]
        for relation in (
            f"{READERS}.{MARTS}.{name}",
            f"read_parquet('{_quoted(parquet)}')",
            *others,
        )
    ]
    if len(set(counts)) != 1:
        raise PermanentFailure(
            words("publish.not_published", name=name),
            cause=words(
                "publish.rows_differ", counts=counts[-1], counts2=counts[0], counts3=counts[1]
            ),
            next_step=words("publish.check_disk"),
        )
    columns = connection.execute(f"describe {READERS}.{MARTS}.{name}").fetchall()
    return {
        "rows": counts[0],
        "columns": [column for column, *_ in columns],
        "sha256": sha256_of(parquet),
    }


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
