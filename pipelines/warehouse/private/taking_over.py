"""The last good warehouse taken whole, on a night on which no model would come out otherwise.

Add here: what of the last night's file is not tonight's. Keep out: when it may be taken (`standing.py`),
single tables (`building.py`).
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from pipelines.warehouse.private.file import (
    READERS,
    READERS_FILE,
    attached,
    connection_beside,
    name_of,
)
from pipelines.warehouse.private.places import Places, in_file
from pipelines.warehouse.private.standing import Standing
from pipelines.warehouse.program import Program
from pipelines.warehouse.running_order import Outcome


def take_whole(
    warehouse: Path, program: Program, last: Path, stands: Standing, *, apart: bool
) -> list[Outcome]:
    """The last warehouse, with what was bound tonight in place of what was bound then; with the readers' file
    beside it if marts lie `apart`.

    Copying a file costs a thirtieth of copying its tables.
    """
    bound = warehouse.with_suffix(".bound")
    warehouse.rename(bound)
    shutil.copyfile(last, warehouse)
    if apart:
        shutil.copyfile(last.with_name(READERS_FILE), warehouse.with_name(READERS_FILE))
    with connection_beside(warehouse) as connection:
        places = in_file(connection, warehouse, apart=apart)
        connection.execute("drop schema raw cascade; drop schema config cascade")
        models = {(model.schema, model.name): key for key, model in program.models.items()}
        rows = {}
        for database, schema, name, size in connection.execute(
            "select database_name, schema_name, table_name, estimated_size from duckdb_tables() "
            f"where database_name in (current_database(), '{READERS}')"
        ).fetchall():
            if (schema, name) in models:
                rows[models[schema, name]] = int(size)
            else:  # what was told that night (warnings, answers): told anew tonight
                connection.execute(
                    f"drop table {name_of(database)}.{name_of(schema)}.{name_of(name)}"
                )
        connection.execute(f"attach {attached(bound)} as bound (read_only)")
        connection.execute(f"copy from database bound to {name_of(warehouse.stem)}; detach bound")
        seal(connection, places, stands)
    bound.unlink()
    made = [
        Outcome(key, "success", rows=rows.get(key, stands.rows_before(key)), stood=True)
        for key in program.models
    ]
    return made + [Outcome(key, "pass", failures=0, stood=True) for key in program.tests]


def seal(connection: duckdb.DuckDBPyConnection, places: Places, stands: Standing) -> None:
    """Keep tonight's marks and write all that was made to the files."""
    stands.keep(connection, places.file)
    connection.execute(f"checkpoint {name_of(places.file)}")
    if places.apart:
        connection.execute(f"checkpoint {READERS}")
