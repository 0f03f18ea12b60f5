"""The commands of whoever keeps an installation alive: `doctor`, `backup`, `restore`, `maintain`, ...

Add here: names and options of such a command. Keep out: what it does (`commands/upkeep.py`), which
is imported only when one is called.
"""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.quarantine import quarantine_app
from pipelines.commands.tokens import tokens_app


def doctor(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Is this installation well, and what to do where it is not."""
    from pipelines.commands.upkeep import run_doctor

    raise typer.Exit(run_doctor(as_json=as_json))


def backup(file: Path) -> None:
    """Raw zone, ledger, configuration and keys in one file."""
    from pipelines.commands.upkeep import run_backup

    raise typer.Exit(run_backup(file))


def restore(source: str) -> None:
    """An installation from a backup or from the store's address, in empty folders."""
    from pipelines.commands.upkeep import run_restore

    raise typer.Exit(run_restore(source))


def maintain() -> None:
    """What keeps the installation from growing and slowing down; once a week."""
    from pipelines.commands.upkeep import run_maintain

    raise typer.Exit(run_maintain())


def publish() -> None:
    """Bring PostgreSQL (FOREWARN_PUBLISH_URL) and the store (FOREWARN_STORE) to the published version now."""
    from pipelines.commands.upkeep import run_publish

    raise typer.Exit(run_publish())


def dagster(context: typer.Context) -> None:
    """Dagster's own command line on this installation, e.g. `forewarn dagster job list`."""
    from pipelines.commands.serving import run_dagster

    raise typer.Exit(run_dagster(context.args))


def add_to(app: typer.Typer) -> None:
    """Give `forewarn` these commands."""
    for command in (doctor, backup, restore, maintain, publish):
        app.command()(command)
    anything = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command(context_settings=anything)(dagster)
    app.add_typer(quarantine_app, name="quarantine")
    app.add_typer(tokens_app, name="tokens")
