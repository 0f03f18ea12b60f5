"""What of the last version is tonight's as well, and is taken over: a mart's Parquet by a second name, its
table with the readers' DuckDB file.

Add here: when a published mart counts as the same, and whether the last file may be gone on with. Keep out: how a
mart is written (`reader_files.py`), what the build takes over (`warehouse/private/standing.py`).
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from pipelines.publishing.manifest import Manifest

# A file is gone on with as long as at most this part of it would be blocks that nothing uses.
_MOST_FREE = 0.25


def digest_of_mart(
    connection: duckdb.DuckDBPyConnection, relation: str, said: Iterable[str], form: str
) -> str:
    """A digest of all that readers see of a mart: its rows in any order, columns, types and comments.

    `said` are its comments as statements, `form` how files are written. Another release of DuckDB hashes
    otherwise, so that after an upgrade everything is written anew.
    """
    [(rows, told)] = connection.execute(
        f"select count(*), sum(hash(row_of_the_mart)::hugeint) from {relation} as row_of_the_mart"
    ).fetchall()
    columns = connection.execute(f"describe {relation}").fetchall()
    parts = (duckdb.__version__, form, rows, told, [column[:2] for column in columns], *said)
    return hashlib.sha256("\x1e".join(map(str, parts)).encode()).hexdigest()


def same_marts(
    before: Manifest | None, last: Path, parquet: Path, contents: Mapping[str, str]
) -> set[str]:
    """Marts that are in the last version as they are tonight; their files are in `parquet` afterwards.

    One file on disk, named by both versions. A file that is not what the manifest says is no mart of the
    last version. On a disk without links nothing is the same.
    """
    found = set()
    for name, content in contents.items() if before else ():
        table = before.tables.get(name, {}) if before else {}
        if table.get("content") != content:
            continue
        file = parquet / f"{name}.parquet"
        try:
            os.link((last / "parquet" / file.name).resolve(), file)
        except OSError:
            continue
        if sha256_of(file) == table["sha256"]:
            found.add(name)
        else:
            file.unlink()
    return found


def gone_on_with(
    before: Manifest | None,
    last: Path,
    readers: Path,
    same: Collection[str],
    tables: Mapping[str, int],
) -> bool:
    """Whether `readers` is now a copy of the last version's DuckDB file, whole, and worth going on with.

    `tables`: rows of tonight's marts. A copy is worth it where at least half of the rows stand.
    """
    rows = sum(tables.values())
    if before is None or 2 * sum(tables[name] for name in same) < rows or not same:
        return False
    try:
        shutil.copyfile(last / readers.name, readers)
    except OSError:
        return False
    return sha256_of(readers) == before.files.get(readers.name)


def room_is_used(connection: duckdb.DuckDBPyConnection, database: str) -> bool:
    """Whether an attached file is of a sound size: most of its blocks hold something."""
    row: Any = connection.execute(
        "select free_blocks, total_blocks from pragma_database_size() where database_name = ?",
        [database],
    ).fetchone()
    return bool(row[0] <= _MOST_FREE * row[1])


def sha256_of(path: Path) -> str:
    """The checksum of a file, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
