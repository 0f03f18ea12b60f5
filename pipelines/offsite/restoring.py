"""An installation from an address: configuration, ledger, keys, loads and the last whole version.

Add here: what a machine needs to go on where the lost one ended. Keep out: backups in one file
(`pipelines/upkeep/backup.py`).

Everything is fetched beside and checked before the folders get their names, so a restore that is cut off
leaves nothing and can begin again. The private warehouse is not at the address: the next night makes it.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.offsite.loads import INDEX
from pipelines.publishing.holding import MANIFEST
from pipelines.publishing.manifest import read_manifest
from pipelines.publishing.taken_over import sha256_of
from pipelines.store.address import Store
from pipelines.store.pointer import FOLDERS, VERSIONS, Pointer, read_pointer
from pipelines.upkeep.backup import Backup, require_empty, restore


@dataclass(frozen=True)
class Restored:
    """What came back: the version, when it was sent, and how many files of how many bytes."""

    version: int
    taken_at: str
    files: int
    size: int


def restore_from(
    address: str, config_dir: Path, data_dir: Path, ledger_url: str | None
) -> Restored:
    """Make an installation from what lies at an address, in folders that hold none yet.

    Raises `PermanentFailure` for folders that hold something, an address at which nothing was published, or
    where files are missing or damaged; else as `Store` does.
    """
    require_empty(config_dir, data_dir)
    store = Store(address)
    pointer = read_pointer(store)
    if pointer is None:
        raise _failed(store, "nothing_there")
    wanted = _wanted(store, pointer)

    def complete(data: Path) -> None:
        store.fetch([(name, data / name) for name in wanted])
        wrong = [name for name, size in wanted.items() if (data / name).stat().st_size != size]
        if wrong:
            raise _failed(store, "damaged_there", names=wrong[:3])
        _bring_version(store, pointer, data)

    with tempfile.TemporaryDirectory(prefix="forewarn-store-") as place:
        archive = Path(place) / "installation.tar.gz"
        store.fetch([(f"{pointer.installation}.tar.gz", archive)])
        done: Backup = restore(archive, config_dir, data_dir, ledger_url, complete)
        done = replace(done, size=done.size + sum(wanted.values()))
    return Restored(pointer.version, done.taken_at, len(done.files) + len(wanted), done.size)


def _wanted(store: Store, pointer: Pointer) -> dict[str, int]:
    """Name -> bytes of the files of the data folder, all of which are at the address."""
    listed = store.read(f"{pointer.installation}.json")
    if listed is None:
        raise _failed(store, "missing_there", names=[f"{pointer.installation}.json"])
    wanted: dict[str, int] = json.loads(listed)["files"]
    there: dict[str, int] = {}
    for folder in FOLDERS:
        there |= store.sizes(folder)
    # Loads that came up after the last publication belong to it as well: they were complete.
    # An index is written anew with each; its newest is there.
    wanted = {
        name: there.get(name, size) if name.endswith(f"/{INDEX}") else size
        for name, size in {**there, **wanted}.items()
    }
    missing = [name for name, size in wanted.items() if there.get(name) != size]
    if missing:
        raise _failed(store, "missing_there", names=missing[:3])
    for name in wanted:
        parts = Path(name).parts
        if parts[0] not in FOLDERS or ".." in parts:
            raise _failed(store, "damaged_there", names=[name])
    return wanted


def _bring_version(store: Store, pointer: Pointer, data: Path) -> None:
    folder = data / VERSIONS / str(pointer.version)
    store.fetch([(f"{pointer.folder}/{MANIFEST}", folder / MANIFEST)])
    manifest = read_manifest(folder)
    if manifest is None or sha256_of(folder / MANIFEST) != pointer.manifest_sha256:
        raise _failed(store, "damaged_there", names=[f"{pointer.folder}/{MANIFEST}"])
    # The manifest is whole, so its names are ours.
    there = store.sizes(pointer.folder)
    names = [name for name in manifest.files if f"{pointer.folder}/{name}" in there]
    store.fetch([(f"{pointer.folder}/{name}", folder / name) for name in names])
    expected = [name for name in manifest.files if name.endswith(".parquet")] + ["forewarn.duckdb"]
    wrong = [
        name
        for name in expected
        if name not in names or sha256_of(folder / name) != manifest.files[name]
    ]
    if wrong:
        raise _failed(store, "damaged_there", names=wrong[:3])
    os.symlink(os.path.relpath(folder, data), data / "current")


def _failed(store: Store, key: str, **values: object) -> PermanentFailure:
    return PermanentFailure(
        text("store.restore.tried"),
        where=store.shown,
        cause=text(f"store.restore.{key}", **values),
        next_step=text(f"store.restore.{key}.next"),
    )
