"""Publication: one version directory a night, made current by one symlink swap.

Add here: what a version holds, how it is checked and kept.
Keep out: what the tables mean, and whether they may be published (`quality/gate.py`).

A version holds `warehouse.duckdb` (private; the current one only; its marts are views of the next),
`forewarn.duckdb` (readers; schema `marts`; a storage format that DuckDB 1.4 opens), `parquet/<mart>.parquet` and `manifest.json`. Readers that have an
older version open keep it: its folder stays until three newer ones exist, or longer where one holds
it (`holding.py`).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from pathlib import Path
from typing import Any

from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.language import text as words
from pipelines.nights.night import Night
from pipelines.publishing.holding import MANIFEST, unheld
from pipelines.publishing.manifest import Manifest, read_manifest
from pipelines.publishing.reader_files import write_reader_files
from pipelines.publishing.taken_over import sha256_of
from pipelines.raw_zone.zone import FIRST_PUBLISHED
from pipelines.settings import Settings

KEPT_VERSIONS = 3


def damaged_files(folder: Path, manifest: Manifest) -> list[str]:
    """Files of a version whose checksum is not the manifest's (empty: the version is whole)."""
    return [
        name
        for name, checksum in manifest.files.items()
        if not (folder / name).is_file() or sha256_of(folder / name) != checksum
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
    tables = write_reader_files(night, settings.current)
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
        files={name: sha256_of(night.folder / name) for name in names[:2]}
        | {f"parquet/{name}.parquet": table["sha256"] for name, table in tables.items()},
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


def _share_unchanged(current: Path, folder: Path, tables: dict[str, dict[str, Any]]) -> None:
    """One file on disk for a mart that was written anew and has the bytes of the current version's (its comments
    are other, or DuckDB is), named by both. What was taken over (`taken_over.py`) is one file already: to
    rename one name of a file to another would do nothing, and leave both.
    """
    before = read_manifest(current)
    for name, table in tables.items() if before else ():
        old, new = (place / "parquet" / f"{name}.parquet" for place in (current, folder))
        assert before is not None
        if before.tables.get(name, {}).get("sha256") != table["sha256"] or not old.is_file():
            continue
        if new.samefile(old):
            continue
        if sha256_of(old) == table["sha256"]:  # whole, whatever its manifest says
            link = new.with_suffix(".link")
            try:
                os.link(old.resolve(), link)
            except OSError:
                return  # a disk without links: each version then has its own
            link.replace(new)


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


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
