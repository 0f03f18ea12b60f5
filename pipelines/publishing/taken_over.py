"""What of the last version is tonight's as well, and is taken over: a mart's Parquet by a second name.

Add here: when a published mart counts as the same, and when a version may lend. Keep out: how a mart is written (`reader_files.py`), what
the build takes over (`warehouse/private/standing.py`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

from pipelines.publishing.manifest import Manifest, read_manifest
from pipelines.warehouse.private.file import READERS_FILE

WAREHOUSE = "warehouse.duckdb"


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


def lending_warehouse(version: Path) -> Path | None:
    """The private warehouse of a version, if a night may take tables over from it.

    None if it or the readers' file, where its marts lie, is other than when the version was sealed.
    """
    sealed = read_manifest(version)
    files = [version / name for name in (WAREHOUSE, READERS_FILE)]
    if sealed is None or not all(file.is_file() for file in files):
        return None
    whole = all(sha256_of(file) == sealed.files.get(file.name) for file in files)
    return files[0] if whole else None


def sha256_of(path: Path) -> str:
    """The checksum of a file, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
