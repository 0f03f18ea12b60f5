"""Files that are never changed once they are there: raw loads, mail attachments, files of the quarantine.

Add here: which of them go to the address, and in which order. Keep out: versions (`versions.py`).

What is missing is found by comparing the two listings, so a night that could not send is caught up by the
next, whatever became of it. Rows go first and the record that makes a load complete last: whoever reads
the address sees whole loads only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines.raw_zone.packing import is_packed, load_of, stands_for
from pipelines.raw_zone.zone import RawZone
from pipelines.settings import Settings
from pipelines.store.address import Store
from pipelines.store.pointer import FOLDERS

_RECORDS = "_dlt_loads"
# What a mailbox brought: the one file among them that is written anew, and names the others.
INDEX = "index.json"


@dataclass(frozen=True)
class Sent:
    """What went up: files and bytes."""

    files: int
    bytes: int


def send_loads(settings: Settings, store: Store) -> Sent:
    """Send what the address lacks of completed loads; call under the writer lock, so that none is at work."""
    there: dict[str, int] = {}
    for folder in FOLDERS:
        there |= store.sizes(folder)
    missing = [
        (path, name)
        for path, name in own_files(settings)
        if there.get(name) != path.stat().st_size or path.name == INDEX
    ]
    for last in (False, True):
        store.send([(path, name) for path, name in missing if _names_others(path) == last])
    return Sent(len(missing), sum(path.stat().st_size for path, _ in missing))


def _names_others(path: Path) -> bool:
    return path.parent.name == _RECORDS or path.name == INDEX


def own_files(settings: Settings) -> Iterator[tuple[Path, str]]:
    """Files of the data folder that belong at the address, each with its name there."""
    zone = RawZone(settings.raw_dir, settings.data_dir / "dlt")
    completed: dict[str, set[str]] = {}
    for folder in FOLDERS:
        for path in sorted((settings.data_dir / folder).rglob("*")):
            if not path.is_file() or path.is_symlink() or path.name.startswith("."):
                continue
            name = path.relative_to(settings.data_dir)
            if folder == "raw" and path.suffix == ".parquet" and not is_packed(path):
                source = name.parts[1]
                if source not in completed:
                    completed[source] = set(zone.completed_loads(source))
                if load_of(path.name) not in completed[source]:
                    continue  # cut off: no night will ever count it
            yield path, name.as_posix()


def remove_packed(settings: Settings, store: Store) -> int:
    """Remove raw files at the address whose rows a packed file there holds, and that are gone here too.

    Call after the pointer has moved. What is merely missing here stays: it may be all that is left.
    """
    there = store.sizes("raw")
    gone: list[str] = []
    for folder in sorted({name.rpartition("/")[0] for name in there}):
        here = settings.data_dir / folder
        for packed in here.glob("*.parquet") if here.is_dir() else ():
            if not is_packed(packed) or f"{folder}/{packed.name}" not in there:
                continue
            names = stands_for(packed)
            gone += [
                f"{folder}/{name}"
                for name in names
                if f"{folder}/{name}" in there and not (here / name).exists()
            ]
    store.remove(gone)
    return len(gone)
