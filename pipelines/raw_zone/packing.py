"""Many small raw files as one, so that nights do not become slower: no row and no load is lost.

Add here: which files are packed, and what a packed file says of itself. Keep out: which loads count
(`zone.py`), when packing is done (`upkeep/maintenance.py`).

A packed file holds the rows of files of one table and schema, each row with the load it came from
(`_load_id`), and names the files it stands for in its own metadata. It counts from the moment its
name appears; the files it stands for are passed over from then on, and removed later, when nothing
that was built from them is open any more. So a kill at any moment loses nothing and doubles nothing.

Rows stand by their record, and by load within it: what a record was in load after load lies side by side
and takes the room of one. A sheet that is kept whole in each of its versions so costs what changed in it
(measured: a fifteenth of the same rows by load).
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

LOAD_ID = "_load_id"
# Fewer are left alone; the newest loads too, since it is they that may have to be taken away again.
FEWEST, NEWEST_LEFT = 20, 7
LARGEST_BYTES = 32 * 1024**2
# Sorted in memory: some 400 MB for a wide table.
MOST_ROWS = 1_000_000
_STANDS_FOR = b"forewarn_files"
_MARK = ".packed-"
# Ending of a packed file that is not whole yet.
PACKING = ".packing"


def load_of(name: str) -> str:
    """The load a raw file belongs to, from its name `<load id>.<file id>.parquet`."""
    return name.rsplit(".", 2)[0]


def is_packed(path: Path) -> bool:
    """Whether a raw file stands for others."""
    return _MARK in path.name


def stands_for(path: Path) -> frozenset[str]:
    """Names of the files whose rows a packed file holds."""
    return _stands_for(str(path), path.stat().st_mtime_ns)


@lru_cache(maxsize=4096)
def _stands_for(path: str, changed: int) -> frozenset[str]:
    found = (pq.read_schema(path).metadata or {}).get(_STANDS_FOR, b"[]")
    return frozenset(json.loads(found))


def counting(files: Iterable[Path]) -> list[Path]:
    """The files of a table of which each row is told by exactly one: packed ones in the place of theirs."""
    files = list(files)
    passed: set[str] = set()
    for path in files:
        if is_packed(path):
            passed |= stands_for(path)
    return [path for path in files if path.name not in passed]


def loads_in(path: Path) -> set[str]:
    """The loads that have rows in a raw file."""
    if not is_packed(path):
        return {load_of(path.name)}
    return {load_of(name) for name in stands_for(path) if _MARK not in name}


def pack(folder: Path, completed: Sequence[str]) -> int:
    """Pack the small files of one table that belong to completed loads; how many were packed.

    `completed` is in load order; files of the newest few stay as they are, and so does a table with
    fewer than `FEWEST` small files. Raises OSError if the disk refuses; nothing has then changed.
    """
    order = {load: place for place, load in enumerate(completed[:-NEWEST_LEFT])}
    small = [
        path
        for path in counting(sorted(folder.glob("*.parquet")))
        if path.stat().st_size <= LARGEST_BYTES
        and loads_in(path) <= order.keys()
        and _rows(path) <= MOST_ROWS // 2
    ]
    if len(small) < FEWEST:
        return 0
    small.sort(key=lambda path: min(order[load] for load in loads_in(path)))
    done = 0
    for group in _groups(small):
        if len(group) > 1:
            _write(folder, group)
            done += len(group)
    return done


def covered(folder: Path) -> list[tuple[Path, Path]]:
    """Files that a packed file stands for and that are still there, each with that packed file."""
    names = {path.name: path for path in folder.glob("*.parquet")}
    return [
        (names[name], path)
        for path in names.values()
        if is_packed(path)
        for name in stands_for(path)
        if name in names
    ]


def _rows(path: Path) -> int:
    return int(pq.read_metadata(path).num_rows)


def _groups(files: Sequence[Path]) -> Iterable[list[Path]]:
    """Files of one schema, up to a size: types that changed over the years stay apart."""
    by_schema: dict[str, list[Path]] = {}
    for path in files:
        schema = pq.read_schema(path)
        names = [f"{f.name}:{f.type}" for f in schema if f.name != LOAD_ID]
        by_schema.setdefault("|".join(names), []).append(path)
    for same in by_schema.values():
        group: list[Path] = []
        size = rows = 0
        for path in same:
            size, rows = size + path.stat().st_size, rows + _rows(path)
            if group and (size > 2 * LARGEST_BYTES or rows > MOST_ROWS):
                yield group
                group, size, rows = [], path.stat().st_size, _rows(path)
            group.append(path)
        yield group


def _write(folder: Path, files: Sequence[Path]) -> None:
    names: set[str] = set()
    for path in files:
        names |= {path.name} | (stands_for(path) if is_packed(path) else set())
    last = max((load for path in files for load in loads_in(path)), key=float)
    fields = [field for field in pq.read_schema(files[0]) if field.name != LOAD_ID]
    told = {_STANDS_FOR: json.dumps(sorted(names)).encode()}
    schema = pa.schema([*fields, pa.field(LOAD_ID, pa.string())], metadata=told)
    target = folder / f"{last}{_MARK}{uuid.uuid4().hex[:10]}.parquet"
    fresh = target.with_suffix(PACKING)
    try:
        table = pa.concat_tables(
            _with_load(path).select(schema.names).cast(schema) for path in files
        )
        # What the zone itself notes is read in its own order. Sorting is stable: within a record the
        # order of loads stays, and within a load that of its rows.
        if not folder.name.startswith("_"):
            table = table.sort_by(fields[0].name)
        pq.write_table(table.replace_schema_metadata(told), fresh, compression="zstd")
        if _rows(fresh) != table.num_rows:
            raise OSError(f"{fresh.name} holds other rows than were written")
        with fresh.open("rb") as handle:
            os.fsync(handle.fileno())
        os.replace(fresh, target)
    finally:
        fresh.unlink(missing_ok=True)


def _with_load(path: Path) -> pa.Table:
    table = pq.ParquetFile(path).read()
    if is_packed(path):
        return table
    load = pa.repeat(pa.scalar(load_of(path.name)), table.num_rows)
    return table.append_column(LOAD_ID, load)
