"""The analysts' own warehouse: a copy of the published night's, to build and test single models in.

Add here: where the workbench lies and when it is made anew. Keep out: calling dbt
(`commands/analysing.py`), and anything that readers open (`publishing/`).

It is as large as everything else of a version together, so it is made when somebody first asks for it
(`forewarn dbt`); from then on the night's own file keeps every table, not only what is read after the build, and
every published night puts its tables here.

The file keeps the name `warehouse.duckdb`: views in it name the database they were made in, and
DuckDB calls a database after its file.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pipelines.settings import Settings
from pipelines.warehouse.binding import connect, one_thread
from pipelines.warehouse.private.file import READERS, READERS_FILE, attach_readers
from pipelines.warehouse.private.made_again import complete
from pipelines.warehouse.program import MARTS, Program


def workbench_path(settings: Settings) -> Path:
    """The workbench, whether or not it exists; `dbt_project/profiles.yml` names the same file."""
    return settings.data_dir / "workbench" / "warehouse.duckdb"


def workbench_target(settings: Settings) -> Path:
    """Dbt's artefacts of the workbench, so that a second call takes the first one's parse up."""
    return settings.data_dir / "workbench" / "target"


def offer_workbench(
    settings: Settings, warehouse: Path, program: Program | None = None, *, first: bool
) -> None:
    """Renew the workbench after a publication, if analysts have one.

    Before the `first` publication it held loaded rows alone, to mend models with: that is done.
    `program` as in `refresh_workbench`, which raises as this does.
    """
    if not workbench_path(settings).exists():
        return
    if first:
        workbench_path(settings).unlink()
    else:
        refresh_workbench(settings, warehouse, program)


def refresh_workbench(settings: Settings, warehouse: Path, program: Program | None = None) -> None:
    """Put a copy of a closed warehouse file in the place of the workbench.

    With a `program` it has every table of it, also what the night's file did not keep. Whoever has the
    old one open keeps it; what analysts built in it is gone, as their models are not. Raises OSError if the
    disk refuses.
    """
    workbench = workbench_path(settings)
    making = workbench.parent / f".fresh-{os.getpid()}"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    fresh = making / workbench.name  # the name of its database
    try:
        shutil.copyfile(warehouse, fresh)
        readers = warehouse.with_name(READERS_FILE)
        if readers.is_file():
            _bring_marts(fresh, readers)
        if program is not None:
            # A model that cannot be made, and what stands on it, is missing: dbt says why.
            complete(fresh, program)
        os.replace(fresh, workbench)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    workbench.with_name(workbench.name + ".wal").unlink(missing_ok=True)


def _bring_marts(workbench: Path, readers: Path) -> None:
    """Make the marts tables of the workbench, in which dbt may make them anew: they were views of the readers' file."""
    with connect(workbench) as connection:
        one_thread(connection)
        views = connection.execute(
            "select view_name from duckdb_views() where schema_name = $1 "
            f"and database_name = current_database() and sql like '%{READERS}.%'",
            [MARTS],
        ).fetchall()
        if not views:
            return
        attach_readers(connection, readers, read_only=True)
        for (name,) in views:
            connection.execute(f'drop view {MARTS}."{name}"')
            connection.execute(f'create table {MARTS}."{name}" as from {READERS}.{MARTS}."{name}"')
