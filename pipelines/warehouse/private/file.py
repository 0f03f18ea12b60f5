"""The night's own DuckDB file: how it is opened to be built in, and how its relations are written.

Add here: settings of that connection, quotes. Keep out: what is made in it (`building.py`), how other
parts open the file (`pipelines/warehouse/binding.py`).
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from pipelines.warehouse.program import Model


def open_alone(warehouse: Path) -> duckdb.DuckDBPyConnection:
    """A connection that uses the file without a log of what is not yet in it.

    The file belongs to the night alone, and a night that is killed starts from new: the log would be
    written, waited for at each of 190 commits, and never read (an eighth of the build's processor time).
    """
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "threads": "1",
            "preserve_insertion_order": "false",
            "memory_limit": os.environ.get("FOREWARN_MEMORY_LIMIT", "3GB"),
            # Only at the end: a checkpoint in between would hold up those who build beside it.
            "checkpoint_threshold": "1GB",
        },
    )
    # Times are stored in UTC; the company's day is cut by macros, never by the session.
    connection.execute("set global timezone = 'UTC'")
    name = name_of(warehouse.stem)  # as DuckDB calls a file that is opened by itself
    connection.execute(
        f"attach {literal(str(warehouse))} as {name} (recovery_mode no_wal_writes); use {name}"
    )
    return connection


def relation_of(model: Model) -> str:
    """The relation of a model in DuckDB's quotes, without its database."""
    return f"{name_of(model.schema)}.{name_of(model.name)}"


def name_of(text: str) -> str:
    """A name in DuckDB's quotes."""
    return '"' + text.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in DuckDB's quotes."""
    return "'" + text.replace("'", "''") + "'"
