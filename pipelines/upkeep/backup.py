"""A backup in one file, and an installation from one.

Add here: something without which the next night would not be the same. Keep out: what the next
night makes anew from the rest (published versions, the workbench, dbt's and Dagster's files).

It holds the configuration, the raw zone, mailbox attachments, the quarantine, a copy of the ledger
and the key of the links. Taken while a night runs it is whole all the same: records of completed
loads are listed before anything else, so every load that is in it has all its files.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.ledger.copies import copy_ledger, put_back
from pipelines.ledger.store import open_ledger
from pipelines.raw_zone.zone import FIRST_PUBLISHED
from pipelines.settings import Settings
from pipelines.upkeep.maintenance import reading

CONTENTS = "forewarn-backup.json"
FORMAT = 1
_LOADED = "_dlt_loads"
FOLDERS = ("raw", "mail", "quarantine")
# The key of the links; when something was first published, since what was loaded before that stands in
# for the days before (`raw_zone/zone.py`); the form of the folder.
# The mark by which the store knows its installation (`pipelines/offsite/`).
STORE_MARK = "store.mark"
_FILES = ("link.key", FIRST_PUBLISHED, "layout", STORE_MARK)
_LEDGER = "data/ledger.db"


@dataclass(frozen=True)
class Backup:
    """What a backup holds: when it was taken, and the size and SHA-256 of every file by name."""

    taken_at: str
    files: dict[str, str]
    size: int


def back_up(settings: Settings, target: Path, folders: Sequence[str] = FOLDERS) -> Backup:
    """Write a backup; the file appears under its name only when it is whole.

    `folders` are those of the data folder that are in it: none, where they are kept elsewhere.

    Raises `PermanentFailure` if the target lies inside the data folder or exists.
    """
    target = target.expanduser().resolve()
    if target.exists():
        raise _failed("backup.exists", target)
    if target.is_relative_to(settings.data_dir.resolve()):
        raise _failed("backup.inside", target)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}-{os.getpid()}")
    sums: dict[str, str] = {}
    taken_at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    try:
        with reading(settings), tarfile.open(fresh, "w:gz", compresslevel=3) as archive:
            # Named now, read later: files of the raw zone are never changed once they are there.
            paths = list(_named(settings, folders))
            for name, path in paths:
                sums[name] = _add(archive, name, path)
            with tempfile.TemporaryDirectory() as folder:
                copy = Path(folder) / "ledger.db"
                ledger = open_ledger(settings.ledger_url)
                try:
                    copy_ledger(ledger, copy)
                finally:
                    ledger.close()
                sums[_LEDGER] = _add(archive, _LEDGER, copy)
            content = json.dumps({"format": FORMAT, "taken_at": taken_at, "files": sums}).encode()
            about = tarfile.TarInfo(CONTENTS)
            about.size = len(content)
            archive.addfile(about, io.BytesIO(content))
        os.replace(fresh, target)
    finally:
        fresh.unlink(missing_ok=True)
    return Backup(taken_at, sums, target.stat().st_size)


def restore(
    source: Path,
    config_dir: Path,
    data_dir: Path,
    ledger_url: str | None,
    complete: Callable[[Path], None] | None = None,
) -> Backup:
    """Make an installation from a backup, in folders that hold none yet.

    Every file is checked against its sum before anything is put in place. `ledger_url` names a
    database other than the SQLite file of the data folder. `complete` adds to the new data folder what
    the backup leaves to another place, before the folder gets its name. Raises `PermanentFailure` for a damaged
    backup, one of a newer version, or folders that hold something.
    """
    require_empty(config_dir, data_dir)
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=data_dir.parent, prefix=".restoring-") as name:
        unpacked = Path(name)
        try:
            with tarfile.open(source, "r:gz") as archive:
                _unpack(archive, unpacked)
            content = json.loads((unpacked / CONTENTS).read_text())
        except (OSError, EOFError, tarfile.TarError, ValueError) as error:
            raise _failed("restore.unreadable", source, said=str(error)) from error
        if content["format"] > FORMAT:
            raise _failed("restore.newer", source)
        files: dict[str, str] = content["files"]
        wrong = [n for n, known in files.items() if _sum(unpacked / n) != known]
        if wrong:
            raise _failed("restore.damaged", source, said=", ".join(wrong[:3]))
        if complete:
            complete(unpacked / "data")
        if ledger_url:
            ledger = open_ledger(ledger_url)
            try:
                put_back(unpacked / _LEDGER, ledger)
            finally:
                ledger.close()
            (unpacked / _LEDGER).unlink()
        for part, place in (("config", config_dir), ("data", data_dir)):
            if place.exists():
                place.rmdir()
            (unpacked / part).mkdir(exist_ok=True)
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(unpacked / part, place)
    return Backup(content["taken_at"], files, source.stat().st_size)


def require_empty(*folders: Path) -> None:
    """Raise `PermanentFailure` where one of the folders holds something."""
    for folder in folders:
        if folder.exists() and any(folder.iterdir()):
            raise _failed("restore.not_empty", folder)


def _unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Plain files below the folder and nothing else, which is all that a backup holds.

    By hand: the library's own filter came with Python 3.11.4, and Debian 12 has 3.11.2.
    """
    for member in archive:
        if member.isdir():
            continue
        name = PurePosixPath(member.name)
        content = archive.extractfile(member) if member.isfile() else None
        if content is None or name.is_absolute() or ".." in name.parts:
            raise tarfile.TarError(member.name)
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with content, target.open("wb") as out:
            shutil.copyfileobj(content, out)
        target.chmod(member.mode & 0o755)
        os.utime(target, (member.mtime, member.mtime))


def _named(settings: Settings, folders: Sequence[str]) -> Iterator[tuple[str, Path]]:
    data = settings.data_dir
    yield from _below(settings.config_dir, "config")
    records = [path for path in (data / "raw").rglob("*") if _LOADED in path.parts]
    for path in sorted(records) if "raw" in folders else ():
        if path.is_file():
            yield f"data/{path.relative_to(data)}", path
    for folder in folders:
        for name, path in _below(data / folder, f"data/{folder}"):
            if _LOADED not in path.parts:
                yield name, path
    for name in _FILES:
        if (data / name).is_file():
            yield f"data/{name}", data / name


def _below(folder: Path, name: str) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file() and not path.is_symlink():
            yield f"{name}/{path.relative_to(folder)}", path


def _add(archive: tarfile.TarFile, name: str, path: Path) -> str:
    archive.add(path, arcname=name, recursive=False)
    return _sum(path)


def _sum(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _failed(key: str, where: Path, **values: object) -> PermanentFailure:
    return PermanentFailure(
        text(f"upkeep.{key.partition('.')[0]}.tried"),
        where=str(where),
        cause=text(f"upkeep.{key}", **values),
        next_step=text(f"upkeep.{key}.next"),
    )
