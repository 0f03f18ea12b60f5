"""One writer at a time: an operating-system lock held by the very process that writes.

Add here: taking, holding and naming the holder of the lock. Keep out: what is written under it.

A `flock` on a side file ends with its process however that dies, so a stale lock cannot exist.
Dagster's pools cannot give this: they do not bind outside the daemon's queue, and free themselves
while an orphaned step still writes.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

from pipelines.failures import WriterBusy
from pipelines.language import Text, text
from pipelines.nights.layout import keep_layout

_held: dict[Path, list[int]] = {}  # lock file -> [descriptor, depth] of this process


@contextlib.contextmanager
def writer_lock(data_dir: Path, purpose: str, *, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the writer lock of a data folder; nested use in one process is free.

    Raises `PermanentFailure` for a folder that a newer release has written to, and `WriterBusy`, which names the holder's process, purpose and start, if another process
    still holds it after `wait_seconds`.
    """
    path = data_dir.resolve() / "writer.lock"
    if path in _held:
        _held[path][1] += 1
        try:
            yield
        finally:
            _held[path][1] -= 1
        return
    data_dir.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _acquire(descriptor, path, wait_seconds)
        keep_layout(path.parent)
        holder = {
            "pid": os.getpid(),
            "purpose": purpose,
            "since": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        }
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(holder).encode(), 0)
        _held[path] = [descriptor, 1]
        try:
            yield
        finally:
            del _held[path]
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, path: Path, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise WriterBusy(
                    text("night.writer_busy"),
                    where=str(path.parent),
                    cause=_holder(path),
                    next_step=text("night.wait_for_writer"),
                ) from None
            time.sleep(min(0.2, max(0.0, deadline - time.monotonic())))


def _holder(path: Path) -> Text:
    try:
        holder = json.loads(path.read_text())
        return text("night.held_by", **{key: holder[key] for key in ("pid", "purpose", "since")})
    except (OSError, ValueError, KeyError):
        return text("night.holder_unknown")
