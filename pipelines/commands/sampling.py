"""`forewarn sample`: writes a generated company.

Add here: what the command says. Keep out: the company itself (`pipelines/sample/`).
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import typer

from pipelines.commands.terminal import say
from pipelines.language import text


def write(
    directory: Path, *, reps: int, seed: int, end: dt.date | None, world: str, risks: bool
) -> int:
    """Write the sample company to a folder; returns the exit code."""
    from pipelines.sample import write_sample
    from pipelines.sample.company import SHIPPED_END

    try:
        company = write_sample(
            directory, reps=reps, seed=seed, end=end or SHIPPED_END, world=world, risks=risks
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    say(text("command.sample.wrote", folder=directory, reps=reps, risks=len(company.labels)))
    return 0
