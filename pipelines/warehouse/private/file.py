"""The night's own DuckDB file and the readers' file beside it: how they are opened, and how their relations are
written.

Models of the schema `marts` are made in the file that readers open, and are views in the night's own: each
row is sorted, packed and kept once.

Add here: settings of that connection, quotes. Keep out: what is made in it (`building.py`), how other
parts open the file (`pipelines/warehouse/binding.py`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipelines.warehouse.program import Model

READERS = "readers"  # as which the readers' file is attached
READERS_FILE = "forewarn.duckdb"
READERS_FORMAT = "v1.4.0"  # of DuckDB's storage: BI tools come with older releases of it
_MB = 1_000_000
# Beside its limit DuckDB keeps about a quarter more: together with the process itself some 4 GB at most.
_LEAST, _MOST = 500 * _MB, 2500 * _MB
# The file belongs to the night alone, and a night that is killed starts from new: the log would be written,
# waited for at each of 190 commits, and never read (an eighth of the build's processor time).
UNLOGGED = "recovery_mode no_wal_writes"


def memory_limit(raw_bytes: int) -> str:
    """What DuckDB may take for a build over raw files of so many bytes, in its own words.

    About half of what the build would take if nothing held it back: it then takes an eighth more of a
    processor, and the night half the memory (96 reps, 11 MB of raw files: 500 MB). Never more than half the
    machine has, so that a large company spills to its disk and is not killed. FOREWARN_MEMORY_LIMIT goes first.
    """
    if told := os.environ.get("FOREWARN_MEMORY_LIMIT"):
        return told
    wanted = max(_LEAST, 300 * _MB + 17 * raw_bytes)
    return f"{min(wanted, _MOST, _half_the_machine()) // _MB}MB"


def _half_the_machine() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


@contextmanager
def more_memory(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Half of what the machine has, for a query that alone could not do with the limit; what the operator
    says (FOREWARN_MEMORY_LIMIT) stays.
    """
    [(before,)] = connection.execute("select current_setting('memory_limit')").fetchall()
    if not os.environ.get("FOREWARN_MEMORY_LIMIT"):
        connection.execute(f"set global memory_limit = '{_half_the_machine() // _MB}MB'")
    try:
        yield
    finally:
        connection.execute(f"set global memory_limit = '{before}'")


def block_size(raw_bytes: int) -> int:
    """Of what size the blocks of a new warehouse file are for raw files of so many bytes, in bytes.

    A table takes a whole block at least: of a company of some thousand rows the large ones are nearly empty (16 MB
    a version, 6 with the smallest). Where tables are large, small blocks pack worse (96 reps: by a half).
    """
    return 16384 if raw_bytes < 1 * _MB else 65536 if raw_bytes < 5 * _MB else 262144


def connection_beside(warehouse: Path, memory: str | None = None) -> duckdb.DuckDBPyConnection:
    """A connection with the settings of a build, to which no file is attached yet; it spills beside `warehouse`."""
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "threads": "1",
            "preserve_insertion_order": "false",
            "memory_limit": memory or memory_limit(0),
            # Beside the file, on the disk that has room for it, and gone with a night that dies.
            "temp_directory": str(warehouse.with_suffix(".spill")),
            # Only at the end: a checkpoint in between would hold up those who build beside it.
            "checkpoint_threshold": "1GB",
        },
    )
    # Times are stored in UTC; the company's day is cut by macros, never by the session.
    connection.execute("set global timezone = 'UTC'")
    return connection


def attach_readers(
    connection: duckdb.DuckDBPyConnection, file: Path, *, read_only: bool = False
) -> None:
    """Attach a readers' file, without a log where it is written to; one is made then if there is none.

    A new one has blocks of the size of an attached warehouse beside it.
    """
    how = "read_only" if read_only else f"storage_version '{READERS_FORMAT}', {UNLOGGED}"
    if not read_only and not file.exists():
        how += _block_size_beside(connection, file)
    connection.execute(f"attach {attached(file)} as {READERS} ({how})")


def _block_size_beside(connection: duckdb.DuckDBPyConnection, file: Path) -> str:
    for path, size in connection.execute(
        "select path, block_size from duckdb_databases() inner join pragma_database_size() "
        "using (database_name) where path is not null"
    ).fetchall():
        if Path(path).parent == file.parent:
            return f", block_size {size}"
    return ""


def attach_beside(
    connection: duckdb.DuckDBPyConnection, warehouse: Path, *, read_only: bool = False
) -> None:
    """Attach the readers' file beside a night's own, whose marts are views of it; nothing where there is none."""
    readers = warehouse.with_name(READERS_FILE)
    if warehouse.name != READERS_FILE and readers.is_file():
        attach_readers(connection, readers, read_only=read_only)


def has_readers(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the readers' file is attached."""
    found = connection.execute(
        "select 1 from duckdb_databases() where database_name = $1", [READERS]
    )
    return found.fetchone() is not None


def attached(file: Path) -> str:
    """A file as `attach` is told of it."""
    return literal(str(file))


def relation_of(model: Model, database: str | None = None) -> str:
    """The relation of a model in DuckDB's quotes, of a database or of the one in use."""
    named = f"{name_of(model.schema)}.{name_of(model.name)}"
    return f"{name_of(database)}.{named}" if database else named


def name_of(text: str) -> str:
    """A name in DuckDB's quotes."""
    return '"' + text.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in DuckDB's quotes."""
    return "'" + text.replace("'", "''") + "'"
