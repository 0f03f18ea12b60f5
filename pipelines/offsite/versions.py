"""A published version at the address, and the pointer that makes it the one readers take.

Add here: what a version at the address is, and when an old one goes. Keep out: how versions are made
(`pipelines/publishing/`), loads (`loads.py`).

Order is all: the manifest says what the folder is to hold, files come until the listing agrees with it, then
the pointer is replaced in one step, and only then anything is removed. A kill leaves the pointer at the last
whole version, and the next night goes on where this one ended.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import tempfile
from pathlib import Path

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.offsite.loads import own_files
from pipelines.publishing.holding import MANIFEST, held_version
from pipelines.publishing.manifest import Manifest, read_manifest
from pipelines.publishing.taken_over import sha256_of
from pipelines.publishing.versions import KEPT_VERSIONS
from pipelines.settings import Settings
from pipelines.store.address import STORE, Store
from pipelines.store.pointer import CURRENT, INSTALLATION, NIGHTS, VERSIONS, Pointer, read_pointer
from pipelines.upkeep.backup import back_up

# Private and the largest: made anew from the raw zone.
_STAYS_HERE = "warehouse.duckdb"
_NUMBERED = re.compile(rf"^{VERSIONS}/(\d+)/")


def send_version(settings: Settings, store: Store) -> Pointer | None:
    """Bring the address to the current version, its ledger and configuration; None before a publication.

    Call under the writer lock, after the loads. Raises `PermanentFailure` where the address is ahead of
    this data folder, which then is an old copy of another.
    """
    if read_manifest(settings.current) is None:
        return None
    with held_version(settings.data_dir) as folder:
        manifest = read_manifest(folder)
        assert manifest is not None  # only a night swaps, and none is at work
        content = (folder / MANIFEST).read_bytes()
        _refuse_older(store, read_pointer(store), manifest, content)
        name = f"{VERSIONS}/{manifest.version}"
        _send_files(store, folder, manifest, name, content)
    now = dt.datetime.now(dt.UTC)
    pointer = Pointer(
        version=manifest.version,
        folder=name,
        as_of=manifest.as_of.isoformat(),
        created_at=manifest.created_at,
        manifest_sha256=hashlib.sha256(content).hexdigest(),
        installation=_send_installation(settings, store, now),
        written_at=now.isoformat(timespec="seconds"),
    )
    store.write(CURRENT, pointer.content())
    return pointer


def _refuse_older(store: Store, before: Pointer | None, manifest: Manifest, content: bytes) -> None:
    if before is None or before.version < manifest.version:
        return
    same = before.manifest_sha256 == hashlib.sha256(content).hexdigest()
    if before.version > manifest.version or not same:
        raise PermanentFailure(
            text("store.tried"),
            where=store.shown,
            cause=text("store.ahead", there=before.version, here=manifest.version),
            next_step=text("store.ahead.next", address=store.shown, variable=STORE),
        )


def _send_files(store: Store, folder: Path, manifest: Manifest, name: str, content: bytes) -> None:
    names = [each for each in manifest.files if each != _STAYS_HERE]
    told = f"{name}/{MANIFEST}"
    if store.read(told) != content:
        # Files of another version of this number cannot be told from ours by their sizes.
        store.remove([each for each in store.sizes(name) if each != told])
        store.write(told, content)
    there = store.sizes(name)
    missing = [each for each in names if there.get(f"{name}/{each}") != _size(folder / each)]
    # What is damaged here must not be what readers elsewhere get.
    damaged = [
        each
        for each in missing
        if not (folder / each).is_file() or sha256_of(folder / each) != manifest.files[each]
    ]
    if damaged:
        raise PermanentFailure(
            text("store.tried"),
            where=", ".join(damaged[:3]),
            cause=text("store.damaged_here"),
            next_step=text("store.damaged_here.next"),
        )
    store.send([(folder / each, f"{name}/{each}") for each in missing])


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def _send_installation(settings: Settings, store: Store, now: dt.datetime) -> str:
    """Configuration, ledger and keys, and the list of files that belong to them."""
    name = f"{INSTALLATION}/{now:%Y%m%dT%H%M%S%f}"
    with tempfile.TemporaryDirectory(prefix="forewarn-store-") as place:
        target = Path(place) / "installation.tar.gz"
        back_up(settings, target, folders=())
        store.send([(target, f"{name}.tar.gz")])
    files = {each: path.stat().st_size for path, each in own_files(settings)}
    store.write(f"{name}.json", json.dumps({"files": files}, indent=0).encode())
    return name


def remove_old(store: Store, pointer: Pointer) -> None:
    """Remove versions beyond the newest few, installations before the last few, and tables that a night on
    Spark left when it was killed; the pointer has moved.
    """
    kept = range(pointer.version - KEPT_VERSIONS + 1, pointer.version + 1)
    versions = [
        name
        for name in store.sizes(VERSIONS)
        if (number := _NUMBERED.match(name)) and int(number[1]) not in kept
    ]
    moments = sorted({name.split(".")[0] for name in store.sizes(INSTALLATION)})
    others = [each for each in moments if each != pointer.installation]
    old = others[: max(0, len(others) - KEPT_VERSIONS + 1)]
    endings = (".json", ".tar.gz")
    store.remove(
        [*versions, *(f"{name}{end}" for name in old for end in endings), *store.sizes(NIGHTS)]
    )
