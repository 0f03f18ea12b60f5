"""Is this installation well? One answer per question, each with what to do.

Add here: a question that an administrator would ask before trusting a host with the nights.
Keep out: what was read, published and told (`doctor_data.py`), whether sources can be reached
(`forewarn check`), what figures say.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from pipelines.failures import Failure, WriterBusy
from pipelines.language import text
from pipelines.nights.past_runs import run_rows
from pipelines.nights.storage import damage
from pipelines.nights.writer_lock import writer_lock
from pipelines.publishing.versions import read_manifest
from pipelines.settings import PROJECT, Settings
from pipelines.upkeep.answer import Answer, Question, State, answer
from pipelines.upkeep.doctor_data import feeds, ledger, postgres, store, version

LOW_BYTES = 2 * 1024**3
LATE_HOURS = 30  # a night each day, with time for a long one
# A line of the lock: name, version, and the machines that it is for.
_PIN = re.compile(r"^([\w.-]+)==([^\s;]+)(?: ; (.*?))? \\$", flags=re.M)
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def examine(settings: Settings, now: dt.datetime | None = None) -> list[Answer]:
    """All questions in a fixed order; none raises for what it finds."""
    moment = now or dt.datetime.now(dt.UTC)
    questions: list[Question] = [
        _packages, _rights, _disk, _clock, _lock, _night, version, feeds, _runs, _raw, ledger,
        postgres, store, _secrets,
    ]  # fmt: skip
    answers: list[Answer] = []
    for question in questions:
        try:
            answers += question(settings, moment)
        except Failure as failure:
            answers.append(Answer(question.__name__.strip("_"), "problem", failure.told))
        except Exception as error:  # what is broken is told, and the other questions are asked
            name, why = question.__name__.strip("_"), type(error).__name__
            said = text("doctor.not_answered", why=why)
            answers.append(Answer(name, "problem", said, text("doctor.not_answered.next")))
    return answers


def _packages(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    """Is what is installed what was tried together? An upgrade that was cut off leaves a mixture."""
    found = {canonicalize_name(one.name): one.version for one in metadata.distributions()}
    lock = PROJECT / "requirements.lock"
    pins = _PIN.findall(lock.read_text(encoding="utf-8")) if lock.is_file() else []
    wanted = {
        canonicalize_name(name): version
        for name, version, only in pins
        if not only or Marker(only).evaluate()
    }
    others = sorted(name for name, version in wanted.items() if found.get(name) != version)
    python = ".".join(str(part) for part in sys.version_info[:3])
    values = {"version": metadata.version("forewarn"), "python": python, "count": len(wanted)}
    if others:
        yield answer("packages", "warning", "other", names=others, **values)
    else:
        yield answer("packages", "ok", "pinned", **values)


def _rights(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    folder = settings.data_dir
    if not folder.exists():
        yield answer("rights", "warning", "no_folder", folder=folder)
    elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield answer("rights", "problem", "not_writable", folder=folder)
    elif folder.stat().st_mode & 0o007:
        yield answer("rights", "warning", "open", folder=folder)
    else:
        yield answer("rights", "ok", "private", folder=folder)


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
    yield answer("disk", state, key, free=f"{free / 1e9:.1f}", needed=f"{needed / 1e9:.1f}")


def _clock(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    manifest = read_manifest(settings.current)
    if manifest and dt.datetime.fromisoformat(manifest.created_at) > now + dt.timedelta(minutes=5):
        yield answer("clock", "problem", "behind", stamp=manifest.created_at)
    else:
        yield answer("clock", "ok", "plausible", now=now.isoformat(timespec="minutes"))


def _lock(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    if not settings.data_dir.exists():
        return
    try:
        with writer_lock(settings.data_dir, "forewarn doctor"):
            yield answer("lock", "ok", "free")
    except WriterBusy as busy:
        yield Answer("lock", "warning", busy.told, text("doctor.lock.busy.next"))


def _night(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    manifest = read_manifest(settings.current)
    if manifest is None:
        yield answer("night", "problem", "never")
        return
    if settings.company.clock:
        yield answer("night", "ok", "frozen", day=manifest.as_of)
        return
    last = last_good_night(settings) or now
    hours = (now - last).total_seconds() / 3600
    state: State = "ok" if hours <= LATE_HOURS else "problem"
    key = "in_time" if state == "ok" else "late"
    yield answer("night", state, key, last=last.isoformat(timespec="minutes"), count=round(hours))


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


def _runs(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    rows = run_rows(
        settings, "select status from runs where pipeline_name = 'nightly' order by id desc limit 5"
    )
    if rows is None:
        yield answer("runs", "warning", "not_asked")
        return
    failed = [status for (status,) in rows if status == "FAILURE"]
    started = [status for (status,) in rows if status in ("STARTED", "STARTING")]
    if rows and rows[0][0] == "FAILURE":
        yield answer("runs", "problem", "failed", count=len(failed), of=len(rows))
    elif len(started) > 1:
        yield answer("runs", "warning", "dead", count=len(started))
    elif rows:
        yield answer("runs", "ok", "well", count=len(rows))


def _raw(settings: Settings, now: dt.datetime) -> Iterator[Answer]:
    failure = damage(settings.data_dir)
    if failure is not None and str(failure.where).startswith(str(settings.data_dir / "raw")):
        yield Answer("raw", "problem", failure.told)
    elif (settings.data_dir / "raw").is_dir():
        yield answer("raw", "ok", "readable")


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
        yield answer("secrets", "problem", "missing", names=missing)
    else:
        yield answer("secrets", "ok", "set", count=len(named))
