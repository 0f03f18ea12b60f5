"""The commands of whoever keeps an installation alive: `doctor`, `backup`, `restore`.

Add here: names and options of such a command. Keep out: what it does (`commands/upkeep.py`), which
is imported only when one is called.
"""

from pathlib import Path
from typing import Annotated

import typer


def doctor(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Is this installation well, and what to do where it is not."""
    from pipelines.commands.upkeep import run_doctor

    raise typer.Exit(run_doctor(as_json=as_json))


def backup(file: Path) -> None:
    """Raw zone, ledger, configuration and keys in one file."""
    from pipelines.commands.upkeep import run_backup

    raise typer.Exit(run_backup(file))


def restore(file: Path) -> None:
    """An installation from a backup, in empty folders."""
    from pipelines.commands.upkeep import run_restore

    raise typer.Exit(run_restore(file))


def add_to(app: typer.Typer) -> None:
    """Give `forewarn` these commands."""
    for command in (doctor, backup, restore):
        app.command()(command)
