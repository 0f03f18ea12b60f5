"""The analysts' own warehouse: a copy of the published night's, to build and test single models in.

Add here: where the workbench lies and when it is made anew. Keep out: calling dbt
(`commands/analysing.py`), and anything that readers open (`publishing/`).

It is as large as everything else of a version together, so it is made when somebody first asks for it
(`forewarn dbt`); from then on every published night puts its tables there.

The file keeps the name `warehouse.duckdb`: views in it name the database they were made in, and
DuckDB calls a database after its file.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pipelines.settings import Settings
from pipelines.warehouse.binding import connect, one_thread
from pipelines.warehouse.private.file import MARTS, READERS, READERS_FILE, literal


def workbench_path(settings: Settings) -> Path:
    """The workbench, whether or not it exists; `dbt_project/profiles.yml` names the same file."""
    return settings.data_dir / "workbench" / "warehouse.duckdb"


def workbench_target(settings: Settings) -> Path:
    """Dbt's artefacts of the workbench, so that a second call takes the first one's parse up."""
    return settings.data_dir / "workbench" / "target"


def offer_workbench(settings: Settings, warehouse: Path, *, first: bool) -> None:
    """Renew the workbench after a publication, if analysts have one.

    Before the `first` publication it held loaded rows alone, to mend models with: that is done.
    Raises OSError if the disk refuses.
    """
    if not workbench_path(settings).exists():
        return
    if first:
        workbench_path(settings).unlink()
    else:
        refresh_workbench(settings, warehouse)


def refresh_workbench(settings: Settings, warehouse: Path) -> None:
    """Put a copy of a closed warehouse file in the place of the workbench.

    Whoever has the old one open keeps it; what analysts built in it is gone, as their models are not.
    Raises OSError if the disk refuses.
    """
    workbench = workbench_path(settings)
    workbench.parent.mkdir(parents=True, exist_ok=True)
    fresh = workbench.with_name(f".fresh-{os.getpid()}")
    try:
        shutil.copyfile(warehouse, fresh)
        readers = warehouse.with_name(READERS_FILE)
        if readers.is_file():
            _bring_marts(fresh, readers)
        os.replace(fresh, workbench)
    finally:
        fresh.unlink(missing_ok=True)
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
        connection.execute(f"attach {literal(str(readers))} as {READERS} (read_only)")
        for (name,) in views:
            connection.execute(f'drop view {MARTS}."{name}"')
            connection.execute(f'create table {MARTS}."{name}" as from {READERS}.{MARTS}."{name}"')
