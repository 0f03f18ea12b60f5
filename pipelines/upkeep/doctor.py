"""Is this installation well? One answer per question, each with what to do.

Add here: a question that an administrator would ask before trusting a host with the nights.
Keep out: whether sources can be reached (`forewarn check`), what figures say.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import psycopg
from sqlalchemy import func, select

from pipelines.failures import Failure, WriterBusy, endpoint
from pipelines.language import Text, text
from pipelines.ledger.models import Notice
from pipelines.ledger.store import open_ledger
from pipelines.nights.past_runs import run_rows
from pipelines.nights.storage import damage
from pipelines.nights.writer_lock import writer_lock
from pipelines.publishing.postgres import SCHEMA, publish_url, published_in
from pipelines.publishing.reader_files import MARTS
from pipelines.publishing.versions import damaged_files, read_manifest
from pipelines.settings import Settings

State = Literal["ok", "warning", "problem"]

LOW_BYTES = 2 * 1024**3
LATE_HOURS = 30  # a night each day, with time for a long one
WAITING_HOURS = 24
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True)
class Answer:
    """What was asked, how it stands, and what to do if it is not well."""

    question: str
    state: State
    said: Text
    next_step: Text | None = None


def examine(settings: Settings, now: dt.datetime | None = None) -> list[Answer]:
    """All questions in a fixed order; none raises for what it finds."""
    moment = now or dt.datetime.now(dt.UTC)
    questions: list[Callable[[Settings, dt.datetime], Iterator[Answer]]] = [
        _python, _rights, _disk, _clock, _lock, _night, _version, _runs, _raw, _ledger,
        _postgres, _secrets,
    ]  # fmt: skip
    answers: list[Answer] = []
    for question in questions:
        try:
            answers += question(settings, moment)
        except Failure as failure:
            answers.append(Answer(question.__name__.strip("_"), "problem", failure.told))
    return answers


def _answer(question: str, state: State, key: str, **values: object) -> Answer:
    name = f"doctor.{question}.{key}"
    step = None if state == "ok" else text(f"{name}.next", **values)
    return Answer(question, state, text(name, **values), step)


def _python(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield _answer("python", "ok", "version", version=version)


def _rights(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    folder = settings.data_dir
    if not folder.exists():
        yield _answer("rights", "warning", "no_folder", folder=folder)
    elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield _answer("rights", "problem", "not_writable", folder=folder)
    elif folder.stat().st_mode & 0o007:
        yield _answer("rights", "warning", "open", folder=folder)
    else:
        yield _answer("rights", "ok", "private", folder=folder)


def _disk(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    folder = next(p for p in (settings.data_dir, *settings.data_dir.parents) if p.exists())
    free = shutil.disk_usage(folder).free
    version = settings.current.resolve()
    size = (
        sum(p.stat().st_size for p in version.rglob("*") if p.is_file()) if version.exists() else 0
    )
    # A night writes a warehouse, a version and perhaps a workbench before anything old is removed.
    needed = max(LOW_BYTES, 5 * size)
    state: State = "ok" if free >= needed else "problem"
    key = "enough" if state == "ok" else "low"
    yield _answer("disk", state, key, free=f"{free / 1e9:.1f}", needed=f"{needed / 1e9:.1f}")


def _clock(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    manifest = read_manifest(settings.current)
    if manifest and dt.datetime.fromisoformat(manifest.created_at) > now + dt.timedelta(minutes=5):
        yield _answer("clock", "problem", "behind", stamp=manifest.created_at)
    else:
        yield _answer("clock", "ok", "plausible", now=now.isoformat(timespec="minutes"))


def _lock(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    if not settings.data_dir.exists():
        return
    try:
        with writer_lock(settings.data_dir, "forewarn doctor"):
            yield _answer("lock", "ok", "free")
    except WriterBusy as busy:
        yield Answer("lock", "warning", busy.told, text("doctor.lock.busy.next"))


def _night(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    manifest = read_manifest(settings.current)
    if manifest is None:
        yield _answer("night", "problem", "never")
        return
    if settings.company.clock:
        yield _answer("night", "ok", "frozen", day=manifest.as_of)
        return
    last = last_good_night(settings) or now
    hours = (now - last).total_seconds() / 3600
    state: State = "ok" if hours <= LATE_HOURS else "problem"
    key = "in_time" if state == "ok" else "late"
    yield _answer("night", state, key, last=last.isoformat(timespec="minutes"), count=round(hours))


def last_good_night(settings: Settings) -> dt.datetime | None:
    """When a night last ended well; None before the first publication.

    An unchanged night publishes nothing: what counts is the last run that ended well.
    """
    manifest = read_manifest(settings.current)
    if manifest is None:
        return None
    rows = run_rows(
        settings,
        "select max(end_time) from runs where status = 'SUCCESS' and pipeline_name = 'nightly'",
    )
    stamp = rows[0][0] if rows else None
    if stamp:
        return dt.datetime.fromtimestamp(float(stamp), dt.UTC)
    return dt.datetime.fromisoformat(manifest.created_at)


def _version(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    manifest = read_manifest(settings.current)
    if manifest is None:
        return
    damaged = damaged_files(settings.current, manifest)
    if damaged:
        yield _answer("version", "problem", "damaged", files=damaged)
    else:
        yield _answer("version", "ok", "whole", number=manifest.version, day=manifest.as_of)


def _runs(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    rows = run_rows(
        settings, "select status from runs where pipeline_name = 'nightly' order by id desc limit 5"
    )
    if rows is None:
        yield _answer("runs", "warning", "not_asked")
        return
    failed = [status for (status,) in rows if status == "FAILURE"]
    started = [status for (status,) in rows if status in ("STARTED", "STARTING")]
    if rows and rows[0][0] == "FAILURE":
        yield _answer("runs", "problem", "failed", count=len(failed), of=len(rows))
    elif len(started) > 1:
        yield _answer("runs", "warning", "dead", count=len(started))
    elif rows:
        yield _answer("runs", "ok", "well", count=len(rows))


def _raw(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    failure = damage(settings.data_dir)
    if failure is not None and str(failure.where).startswith(str(settings.data_dir / "raw")):
        yield Answer("raw", "problem", failure.told)
    elif (settings.data_dir / "raw").is_dir():
        yield _answer("raw", "ok", "readable")


def _ledger(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    if not (settings.data_dir / "ledger.db").exists() and not os.environ.get("FOREWARN_LEDGER_URL"):
        if read_manifest(settings.current) is not None:
            yield _answer("ledger", "problem", "gone")
        return
    ledger = open_ledger(settings.ledger_url)
    try:
        with ledger.reading() as session:
            before = now - dt.timedelta(hours=WAITING_HOURS)
            waiting = session.scalar(
                select(func.count())
                .select_from(Notice)
                .where(Notice.state.in_(("pending", "sending")), Notice.not_before < before)
            )
    finally:
        ledger.close()
    if waiting:
        yield _answer("ledger", "problem", "unsent", count=waiting)
    else:
        yield _answer("ledger", "ok", "well")


def _postgres(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    url, manifest = publish_url(), read_manifest(settings.current)
    if not url or manifest is None:
        return
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            found = published_in(connection, os.environ.get(SCHEMA) or MARTS)
    except psycopg.Error:
        yield _answer("postgres", "problem", "unreachable", where=endpoint(url))
        return
    if found == (manifest.version, manifest.fingerprint):
        yield _answer("postgres", "ok", "current", number=manifest.version)
    else:
        yield _answer("postgres", "problem", "behind", number=manifest.version)


def _secrets(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    named: set[str] = set()
    for path in settings.config_dir.glob("*.yml"):
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
        named |= {
            n
            for line in lines
            if not line.lstrip().startswith("#")
            for n in _REFERENCE.findall(line)
        }
    missing = sorted(name for name in named if not os.environ.get(name))
    if missing:
        yield _answer("secrets", "problem", "missing", names=missing)
    else:
        yield _answer("secrets", "ok", "set", count=len(named))
