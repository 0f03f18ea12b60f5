"""Holding a version: a reader that opens several files gets all of them from one night.

Add here: how a reader keeps a version from being removed. Keep out: what a version holds
(`versions.py`).

`current` may be swapped between two opens. A reader resolves it once, to `versions/<n>`, and takes a
shared lock on that folder's manifest; the night removes no version whose manifest is locked. From a
shell: `v=$(readlink -f data/current); flock -s "$v/manifest.json" my-report "$v"`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

MANIFEST = "manifest.json"


@contextlib.contextmanager
def held_version(data_dir: Path) -> Iterator[Path]:
    """The folder of the version that is current now; it stays until the block ends.

    Raises FileNotFoundError where nothing has been published.
    """
    while True:
        folder = (data_dir / "current").resolve(strict=True)
        try:
            descriptor = os.open(folder / MANIFEST, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            if folder == (data_dir / "current").resolve():
                raise
            continue  # removed between the two steps: a newer one is current
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            if (folder / MANIFEST).exists():
                yield folder
                return
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def unheld(folder: Path) -> Iterator[bool]:
    """Whether no reader holds the version; while the block runs none can take hold of it."""
    try:
        descriptor = os.open(folder / MANIFEST, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield True  # no version that a reader could have opened
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(descriptor)
