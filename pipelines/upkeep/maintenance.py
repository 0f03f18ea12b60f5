"""What keeps an installation from growing and slowing down over the years; run once a week.

Add here: something that grows with every night. Keep out: the night itself, and anything that would
change a figure: after it every past day is what it was before.

| what | kept |
|---|---|
| published versions | the newest three, and any that a reader holds |
| Dagster's runs, events and ticks | 90 days (`FOREWARN_KEEP_RUNS_DAYS`) |
| raw zone | every row of every load; small files are packed (`raw_zone/packing.py`) |
| ledger | everything; vacuumed, and a copy for each of the last eight weeks |
| files of the quarantine | 400 days; the raw zone keeps the rows |
| leftovers of killed processes | none |

Reports are kept: people link to them.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from pipelines.language import Text, text
from pipelines.ledger.copies import copy_ledger
from pipelines.ledger.store import open_ledger
from pipelines.nights.history import forget_runs, forget_ticks, shrink
from pipelines.nights.instance import dagster_home
from pipelines.nights.night import BUILDING
from pipelines.nights.writer_lock import writer_lock
from pipelines.publishing.versions import forget_old, read_manifest
from pipelines.raw_zone.packing import PACKING, covered, pack
from pipelines.raw_zone.zone import RawZone
from pipelines.settings import Settings

COPIES, COPIES_KEPT = "copies", 8
RUN_DAYS, QUARANTINE_DAYS = 90, 400
KEEP_RUNS = "FOREWARN_KEEP_RUNS_DAYS"
# Held by a backup while it reads the raw zone: nothing is removed meanwhile.
READING = "raw.reading"
_LEFTOVER = re.compile(r"^\.(?:fresh|compiling|ledger\.db|restoring)-")
_LEFTOVER_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Done:
    """One thing that was done: a sentence, and bytes that became free."""

    told: Text
    freed: int = 0


def maintain(settings: Settings, *, wait_seconds: float = 0) -> list[Done]:
    """Do all of it under the writer lock; safe to end at any moment and to repeat.

    Raises `WriterBusy` if a night is at work longer than `wait_seconds`.
    """
    with writer_lock(settings.data_dir, "forewarn maintain", wait_seconds=wait_seconds):
        return [
            _versions(settings),
            _raw_zone(settings),
            _ledger(settings),
            _dagster(settings),
            _files(settings),
        ]


def _versions(settings: Settings) -> Done:
    before = _size(settings.versions_dir)
    for leftover in settings.versions_dir.glob(f"{BUILDING}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    forget_old(settings)
    freed = max(0, before - _size(settings.versions_dir))
    count = len(list(settings.versions_dir.glob("[0-9]*")))
    return Done(text("maintain.versions", count=count), freed)


def _raw_zone(settings: Settings) -> Done:
    zone = RawZone(settings.raw_dir, settings.data_dir / "dlt")
    packed, freed, folders = 0, 0, []
    sources = sorted(p for p in settings.raw_dir.glob("*") if p.is_dir())
    for source in sources:
        completed = zone.completed_loads(source.name)
        folders += [(p, completed) for p in sorted(source.iterdir()) if p.is_dir()]
    for cut_off in settings.raw_dir.rglob(f"*{PACKING}"):
        cut_off.unlink()
    freed = _remove_covered(settings, [folder for folder, _ in folders])
    for folder, completed in folders:
        packed += pack(folder, completed)
    files = sum(1 for _ in settings.raw_dir.rglob("*.parquet"))
    return Done(text("maintain.raw", packed=packed, files=files), freed)


def _remove_covered(settings: Settings, folders: list[Path]) -> int:
    """Remove files whose rows a packed one holds, once a night has been published from that one.

    Views of the published warehouse and the workbench name raw files: until the next night those
    that they name must stay.
    """
    manifest = read_manifest(settings.current)
    if manifest is None:
        return 0
    published = dt.datetime.fromisoformat(manifest.created_at).timestamp()
    freed = 0
    with nobody_reading(settings) as alone:
        for folder in folders if alone else ():
            for path, by in covered(folder):
                if by.stat().st_mtime < published:
                    freed += path.stat().st_size
                    path.unlink()
    return freed


@contextlib.contextmanager
def reading(settings: Settings) -> Iterator[None]:
    """While the block runs no raw file is removed."""
    with _flock(settings, fcntl.LOCK_SH):
        yield


@contextlib.contextmanager
def nobody_reading(settings: Settings) -> Iterator[bool]:
    """Whether nobody reads raw files outside the writer lock; while the block runs nobody begins."""
    try:
        with _flock(settings, fcntl.LOCK_EX | fcntl.LOCK_NB):
            yield True
    except BlockingIOError:
        yield False


@contextlib.contextmanager
def _flock(settings: Settings, how: int) -> Iterator[None]:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(settings.data_dir / READING, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


def _ledger(settings: Settings) -> Done:
    ledger = open_ledger(settings.ledger_url)
    freed = 0
    try:
        if ledger.engine.dialect.name == "sqlite":
            file = settings.data_dir / "ledger.db"
            before = file.stat().st_size if file.exists() else 0
            with ledger.engine.connect() as connection:
                raw = connection.connection.dbapi_connection
                assert raw is not None  # a connection that is open
                raw.execute("vacuum")  # type: ignore[attr-defined]
                raw.execute("pragma wal_checkpoint(truncate)")  # type: ignore[attr-defined]
            freed = max(0, before - file.stat().st_size) if file.exists() else 0
        folder = settings.data_dir / COPIES
        folder.mkdir(exist_ok=True, mode=0o700)
        copy = folder / f"ledger-{settings.now():%Y-%m-%d}.db"
        copy_ledger(ledger, copy)
    finally:
        ledger.close()
    for old in sorted(folder.glob("ledger-*.db"))[:-COPIES_KEPT]:
        freed += old.stat().st_size
        old.unlink()
    return Done(text("maintain.ledger", copy=copy), freed)


def _dagster(settings: Settings) -> Done:
    days = max(1, int(os.environ.get(KEEP_RUNS) or RUN_DAYS))
    before = dt.datetime.now(dt.UTC) - dt.timedelta(days=days)
    home = dagster_home(settings)
    with dg.DagsterInstance.get() as instance:
        runs = forget_runs(instance, before)
        forget_ticks(instance, before)
    return Done(text("maintain.dagster", count=runs, days=days), shrink(home))


def _files(settings: Settings) -> Done:
    now, freed, count = time.time(), 0, 0
    old = [
        path
        for path in settings.quarantine_dir.rglob("*.csv")
        if now - path.stat().st_mtime > QUARANTINE_DAYS * 24 * 3600
    ]
    old += [
        path
        for folder in (settings.data_dir, settings.data_dir / "workbench", settings.data_dir / "dbt",
                       settings.current.resolve())
        for path in (folder.iterdir() if folder.is_dir() else ())
        if _LEFTOVER.match(path.name) and now - path.stat().st_mtime > _LEFTOVER_SECONDS
    ]  # fmt: skip
    for path in old:
        freed += _size(path)
        count += 1
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    return Done(text("maintain.files", count=count), freed)


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    seen: dict[int, int] = {}
    for each in path.rglob("*") if path.is_dir() else ():
        with contextlib.suppress(FileNotFoundError):
            if each.is_file():
                seen[each.stat().st_ino] = each.stat().st_size
    return sum(seen.values())
