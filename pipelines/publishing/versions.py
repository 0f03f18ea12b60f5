"""Publication: one version directory a night, made current by one symlink swap.

Add here: what a version holds, how it is checked and kept.
Keep out: what the tables mean, and whether they may be published (`quality/gate.py`).

A version holds `warehouse.duckdb` (private; the current one only), `forewarn.duckdb` (readers; schema
`marts`; a storage format that DuckDB 1.4 opens), `parquet/<mart>.parquet` and `manifest.json`. Readers that have an
older version open keep it: its folder stays until three newer ones exist, or longer where one holds
it (`holding.py`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.language import has
from pipelines.language import text as words
from pipelines.nights.night import Night
from pipelines.publishing.holding import MANIFEST, unheld
from pipelines.raw_zone.zone import FIRST_PUBLISHED
from pipelines.settings import Settings
from pipelines.warehouse.binding import connect

MARTS = "marts"
KEPT_VERSIONS = 3
READERS_FORMAT = "v1.4.0"


@dataclass(frozen=True)
class Manifest:
    """What a version says of itself. `tables`: rows, columns and the Parquet file's SHA-256 by mart."""

    version: int
    as_of: dt.date
    fingerprint: str
    created_at: str
    run_id: str
    tables: dict[str, dict[str, Any]]
    files: dict[str, str]

    def content(self) -> dict[str, Any]:
        return {**vars(self), "as_of": self.as_of.isoformat()}


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a version folder, or None if there is none that can be read."""
    try:
        content = json.loads((folder / MANIFEST).read_text())
        content["as_of"] = dt.date.fromisoformat(content["as_of"])
        return Manifest(**content)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def damaged_files(folder: Path, manifest: Manifest) -> list[str]:
    """Files of a version whose checksum is not the manifest's (empty: the version is whole)."""
    return [
        name
        for name, checksum in manifest.files.items()
        if not (folder / name).is_file() or _sha256(folder / name) != checksum
    ]


def publish(settings: Settings, night: Night) -> Manifest:
    """Turn a night's audited warehouse into the current version.

    Every connection to the warehouse must be closed. Raises `PermanentFailure` if the copy differs
    from the warehouse, `TransientFailure` if the disk refuses; readers then keep what they have.
    """
    try:
        return _publish(settings, night)
    except OSError as error:
        raise TransientFailure(
            words("publish.version_not_published"),
            where=str(settings.versions_dir),
            cause=f"{type(error).__name__}: {error.strerror or error}",
            next_step=words("publish.free_space"),
        ) from error


def _publish(settings: Settings, night: Night) -> Manifest:
    tables = _write_reader_files(night)
    _share_unchanged(settings.current, night.folder, tables)
    number = max((n for n, _ in _versions(settings)), default=0) + 1
    names = ["warehouse.duckdb", "forewarn.duckdb", *(f"parquet/{name}.parquet" for name in tables)]
    for name in names:
        if (night.folder / f"{name}.wal").exists():
            raise PermanentFailure(
                words("publish.version_not_published"),
                where=name,
                cause=words("publish.log_beside"),
                next_step=words("publish.report_fault"),
            )
    manifest = Manifest(
        version=number,
        as_of=night.as_of,
        fingerprint=night.fingerprint,
        created_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        run_id=night.run_id,
        tables=tables,
        files={name: _sha256(night.folder / name) for name in names},
    )
    (night.folder / MANIFEST).write_text(json.dumps(manifest.content(), indent=1, sort_keys=True))
    for name in [*names, MANIFEST]:
        _sync(night.folder / name)
    _sync(night.folder / "parquet")
    _sync(night.folder)
    target = settings.versions_dir / str(number)
    night.folder.rename(target)
    _sync(settings.versions_dir)
    _swap(settings.current, target)
    first = settings.data_dir / FIRST_PUBLISHED
    if number == 1 and not first.exists():
        first.write_text(manifest.created_at)
    forget_old(settings)
    return manifest


def _write_reader_files(night: Night) -> dict[str, dict[str, Any]]:
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
            _copy_comments(connection, name)
            tables[name] = _measured(connection, name, parquet / f"{name}.parquet")
        connection.execute("checkpoint readers")
        connection.execute("detach readers")
        connection.execute("checkpoint")
    return tables


def _share_unchanged(current: Path, folder: Path, tables: dict[str, dict[str, Any]]) -> None:
    """One file on disk for a mart that is the same as in the current version, named by both."""
    before = read_manifest(current)
    for name, table in tables.items() if before else ():
        old, new = (place / "parquet" / f"{name}.parquet" for place in (current, folder))
        assert before is not None
        if before.tables.get(name, {}).get("sha256") != table["sha256"] or not old.is_file():
            continue
        if _sha256(old) == table["sha256"]:  # whole, whatever its manifest says
            link = new.with_suffix(".link")
            try:
                os.link(old.resolve(), link)
            except OSError:
                return  # a disk without links: each version then has its own
            link.replace(new)


def _copy_comments(connection: Any, name: str) -> None:
    told = connection.execute(
        "select comment from duckdb_tables() where schema_name = ? and table_name = ? "
        "and database_name = current_database()",
        [MARTS, name],
    ).fetchone()
    about = words(f"mart.{name}").zh if has(f"mart.{name}") else ""
    said = " ".join(part for part in (about, told[0] if told else None) if part)
    if said:
        said = " ".join(said.split()).replace("'", "''")
        connection.execute(f"comment on table readers.{MARTS}.{name} is '{said}'")
    comments = connection.execute(
        "select column_name, comment from duckdb_columns() where schema_name = ? and table_name = ? "
        "and database_name = current_database() and comment is not null",
        [MARTS, name],
    ).fetchall()
    for column, comment in comments:
        text = comment.replace("'", "''")
        connection.execute(f"comment on column readers.{MARTS}.{name}.\"{column}\" is '{text}'")


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
    columns = connection.execute(
        "select column_name from duckdb_columns() where schema_name = ? and table_name = ? "
        "and database_name = 'readers' order by column_index",
        [MARTS, name],
    ).fetchall()
    return {
        "rows": counts[0],
        "columns": [column for (column,) in columns],
        "sha256": _sha256(parquet),
    }


def _versions(settings: Settings) -> list[tuple[int, Path]]:
    folders = settings.versions_dir.iterdir() if settings.versions_dir.is_dir() else ()
    return sorted((int(path.name), path) for path in folders if path.name.isdigit())


def _swap(link: Path, target: Path) -> None:
    """Point `current` to the version in one step; a reader sees the old or the new, never none."""
    temporary = link.with_name(f"{link.name}.new")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(os.path.relpath(target, link.parent))
    os.replace(temporary, link)
    _sync(link.parent)


def forget_old(settings: Settings) -> None:
    """Remove versions beyond the newest few that no reader holds."""
    kept = {path for _, path in _versions(settings)[-KEPT_VERSIONS:]}
    kept.add(settings.current.resolve())
    for _, path in _versions(settings):
        if path not in kept and path.resolve() not in kept:
            with unheld(path) as free:
                if free:
                    shutil.rmtree(path, ignore_errors=True)
        elif path.resolve() != settings.current.resolve():
            # Readers need it not, and it is the largest file: only the current version keeps it.
            with unheld(path) as free:
                if free:
                    (path / "warehouse.duckdb").unlink(missing_ok=True)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
