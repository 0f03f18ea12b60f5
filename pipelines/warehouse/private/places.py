"""Where a table of the night lies: in the readers' file, in the night's own, or in memory while somebody reads it.

Add here: which database a model is made in, what the SQL of models finds under its names. Keep out: when
a table is made and let go (`lifetimes.py`), how (`building.py`).

Most of what a night makes is read within minutes by the models behind it, and by nobody afterwards. To
write it to disk cost a fifth of the build's processor time, half of the file's size, and memory. So the file
gets what is read after the build (`Model.kept`), and all else lies in a database without a file, which
DuckDB spills to disk where it does not fit. The SQL of models names one database, the one in memory,
and finds the file's relations in it as views.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.warehouse.private.file import (
    READERS,
    READERS_FILE,
    UNLOGGED,
    attach_beside,
    attach_readers,
    attached,
    has_readers,
    name_of,
    relation_of,
)
from pipelines.warehouse.program import MARTS, Model

_FILE = "kept"  # as which the night's file is attached beside the database that the SQL names


@dataclass(frozen=True)
class Places:
    """`named`: the database whose name stands in the SQL. `file`: that of the night's file, which is the
    same where everything is kept. `apart`: marts are made in the readers' file, their rows in order.
    """

    named: str
    file: str
    apart: bool = False

    @property
    def everything_kept(self) -> bool:
        """Whether all tables lie in one database, and stay."""
        return self.named == self.file

    def is_apart(self, model: Model) -> bool:
        """Whether a model is made in the readers' file."""
        return self.apart and model.kept and model.schema == MARTS and model.materialized != "view"

    def of(self, model: Model) -> str:
        """The quoted relation in which a model is made."""
        if self.is_apart(model):
            return relation_of(model, READERS)
        return relation_of(model, self.file if model.kept else self.named)

    def aliases(self, model: Model) -> list[str]:
        """Databases in which a model that was made elsewhere is found by its name."""
        if self.is_apart(model):
            return list(dict.fromkeys((self.file, self.named)))
        return [self.named] if model.kept and not self.everything_kept else []


def in_one(connection: duckdb.DuckDBPyConnection) -> Places:
    """All in the database that a connection uses."""
    [(database,)] = connection.execute("select current_database()").fetchall()
    return Places(database, database)


def in_file(connection: duckdb.DuckDBPyConnection, file: Path, *, apart: bool) -> Places:
    """All in a bound warehouse file, which is attached; marts in the readers' file beside it if `apart`."""
    name = name_of(file.stem)
    connection.execute(f"attach {attached(file)} as {name} ({UNLOGGED}); use {name}")
    _set_apart(connection, file, apart=apart)
    return Places(file.stem, file.stem, apart)


def beside_file(connection: duckdb.DuckDBPyConnection, file: Path, *, apart: bool) -> Places:
    """Attach a bound warehouse file, and a database in memory of its name that shows what stands in it.

    Raises `duckdb.Error` if the file cannot be opened.
    """
    connection.execute(f"attach {attached(file)} as {_FILE} ({UNLOGGED})")
    _set_apart(connection, file, apart=apart)
    return _shown(connection, file, apart=apart)


def shown(connection: duckdb.DuckDBPyConnection, file: Path) -> Places:
    """The same of a file that is only read, and of the readers' file beside it."""
    connection.execute(f"attach {attached(file)} as {_FILE} (read_only)")
    attach_beside(connection, file, read_only=True)
    return _shown(connection, file, apart=has_readers(connection))


def _set_apart(connection: duckdb.DuckDBPyConnection, file: Path, *, apart: bool) -> None:
    if apart:
        attach_readers(connection, file.with_name(READERS_FILE))
        connection.execute(f"create schema if not exists {READERS}.{MARTS}")


def _shown(connection: duckdb.DuckDBPyConnection, file: Path, *, apart: bool) -> Places:
    places = Places(file.stem, _FILE, apart)
    connection.execute(f"attach ':memory:' as {name_of(places.named)}; use {name_of(places.named)}")
    for schema, name in connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = $file "
        "union all select schema_name, view_name from duckdb_views() "
        "where database_name = $file and schema_name in ('raw', 'config', 'marts')",
        {"file": _FILE},
    ).fetchall():
        named = f"{name_of(schema)}.{name_of(name)}"
        connection.execute(
            f"create schema if not exists {name_of(schema)}; "
            f"create view {named} as from {_FILE}.{named}"
        )
    for schema, name, given, body, kind in connection.execute(
        "select schema_name, function_name, parameters, macro_definition, function_type from duckdb_functions() "
        "where database_name = $file and not internal and macro_definition is not null",
        {"file": _FILE},
    ).fetchall():
        table = "table " if kind == "table_macro" else ""
        asked = ", ".join(map(name_of, given))
        connection.execute(
            f"create schema if not exists {name_of(schema)}; "
            f"create macro {name_of(schema)}.{name_of(name)}({asked}) as {table}{body}"
        )
    return places
