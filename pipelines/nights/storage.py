"""What storage throws, as a failure a person can act on: which file, why, and what to do.

Add here: another way in which a disk or a file fails. Keep out: faults of a model, a rule or a
connector, which have their own failures, and who catches (`assets/steps.py`, `cli.py`).

A full disk reaches the code as an error of Python, of DuckDB, of SQLite or of Arrow, and a damaged
Parquet file as any of a dozen. Only after such an error the raw files are read through, so a good
night pays nothing.
"""

from __future__ import annotations

import errno
import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.failures import Failure, PermanentFailure, TransientFailure
from pipelines.language import text
from pipelines.raw_zone.packing import is_packed, load_of

Chain = Sequence[BaseException | str]
_FULL = re.compile(
    r"no space left|file too large|disk is full|database or disk is full|disk quota|could not write all bytes"
    r"|max_temp_directory_size|failed to offload",
    re.IGNORECASE,
)
_MEMORY = re.compile(r"out of memory|could not allocate|cannot allocate memory", re.IGNORECASE)
_READ_ONLY = re.compile(
    r"read-only file system|permission denied|attempt to write a readonly", re.IGNORECASE
)
# Said of a file that is not what it should be, by any of its readers.
_DAMAGED = re.compile(
    r"TProtocolException|thrift|parquet|magic bytes|invalid (?:input|string|utf)|snappy|zstd"
    r"|corrupt|checksum|malformed|not a (?:valid|database)|could not read|unexpected end"
    r"|disk image|deserialize|serialization",
    re.IGNORECASE,
)
# Of SQLite and DuckDB when the system refuses them a page, whatever its reason.
_REFUSES = re.compile(r"disk i/o error|input/output error|unable to open database file", re.I)
# A limit on the size of files is met by every writer as a full disk is.
_FULL_NUMBERS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_RIGHTS_NUMBERS = {errno.EACCES, errno.EPERM, errno.EROFS}


def storage_failure(error: BaseException | str, data_dir: Path) -> Failure | None:
    """The failure behind an error, if storage is what failed; None for anything else.

    `error` may be the text of a child process, such as what dbt says of a model.
    """
    if isinstance(error, Failure) and not _FULL.search(str(error.cause)):
        return error
    # A child's last words may be quoted by a failure that took them for its own.
    chain: Chain = [error] if isinstance(error, str) else list(_chain(error))
    said = " | ".join(str(part) for part in chain)
    if _FULL.search(said) or _numbers(chain) & _FULL_NUMBERS:
        return TransientFailure(
            text("night.storage.tried"),
            where=str(data_dir),
            cause=text("night.storage.full"),
            next_step=text("night.storage.full.next"),
        )
    if any(isinstance(part, MemoryError) for part in chain) or _MEMORY.search(said):
        return TransientFailure(
            text("night.storage.tried"),
            where=str(data_dir),
            cause=text("night.storage.memory", said=_line(said)),
            next_step=text("night.storage.memory.next"),
        )
    if _numbers(chain) & _RIGHTS_NUMBERS or _READ_ONLY.search(said):
        return TransientFailure(
            text("night.storage.tried"),
            where=_file_of(chain) or str(data_dir),
            cause=text("night.storage.rights"),
            next_step=text("night.storage.rights.next"),
        )
    refuses = bool(_REFUSES.search(said)) or errno.EIO in _numbers(chain)
    if not (refuses or _by_a_reader(chain) or _DAMAGED.search(said)):
        return None
    found = damage(data_dir)
    if found or not refuses:
        return found
    return TransientFailure(
        text("night.storage.tried"),
        where=_file_of(chain) or str(data_dir),
        cause=text("night.storage.refuses", said=_line(str(chain[-1]))),
        next_step=text("night.storage.refuses.next"),
    )


def damage(data_dir: Path) -> PermanentFailure | None:
    """The first file of the data folder that cannot be read whole, and what to do about it."""
    for path, why in _damaged_raw(data_dir / "raw"):
        pattern = path.parent.parent / "*" / f"{load_of(path.name)}.*"
        step = text("night.storage.raw.next", pattern=str(pattern))
        if is_packed(path):  # it stands for many loads: taking it away would lose them all
            step = text("night.storage.packed.next")
        return PermanentFailure(
            text("night.storage.read_raw"),
            where=str(path),
            cause=text("night.storage.damaged", said=_line(why)),
            next_step=step,
        )
    current = data_dir / "current" / "forewarn.duckdb"
    why = _unreadable_database(current)
    if why:
        return PermanentFailure(
            text("night.storage.read_published"),
            where=str(current),
            cause=text("night.storage.damaged", said=_line(why)),
            next_step=text("night.storage.published.next"),
        )
    return None


def _damaged_raw(root: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(root.rglob("*")) if root.is_dir() else ():
        if not path.is_file():
            continue
        try:
            if path.suffix == ".parquet":
                pq.read_table(path)
            elif path.suffix == ".jsonl":
                json.loads(path.read_text())
        except (pa.ArrowException, OSError, ValueError) as error:
            yield path, str(error)


def _unreadable_database(path: Path) -> str:
    if not path.is_file():
        return ""
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            for (name,) in connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'marts'"
            ).fetchall():
                connection.execute(f'select sum(hash(t)) from marts."{name}" t').fetchall()
    except duckdb.Error as error:
        return str(error)
    return ""


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _numbers(chain: Chain) -> set[int | None]:
    return {part.errno for part in chain if isinstance(part, OSError)}


def _file_of(chain: Chain) -> str:
    return next(
        (str(p.filename) for p in chain if isinstance(p, OSError) and p.filename is not None), ""
    )


def _by_a_reader(chain: Chain) -> bool:
    kinds = (duckdb.IOException, duckdb.FatalException, pa.ArrowException, sqlite3.DatabaseError)
    return any(isinstance(part, kinds) for part in chain)


def _line(said: str) -> str:
    return " ".join(said.split())[:200]
