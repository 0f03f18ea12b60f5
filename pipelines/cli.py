"""`forewarn`: the commands, thin; each calls the same functions and jobs as Dagster does.

Add here: a command's name, options and help. Keep out: what a command does (`pipelines/commands/`).

Exit codes: 0 done; 1 a step failed; 2 configuration or usage wrong; 3 the audit stopped the
publication.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from pipelines.configuration.problems import ConfigurationError
from pipelines.failures import AuditFailure, Failure

app = typer.Typer(
    name="forewarn",
    help="Sales early warning: extract, build, audit, warn, publish, tell.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
alerts_app = typer.Typer(help="The warnings and what was done about them.", no_args_is_help=True)
signal_app = typer.Typer(help="Risks reported by hand.", no_args_is_help=True)
rules_app = typer.Typer(help="The alert rules.", no_args_is_help=True)
app.add_typer(alerts_app, name="alerts")
app.add_typer(signal_app, name="signal")
app.add_typer(rules_app, name="rules")

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="Configuration folder (FOREWARN_CONFIG, else config/)."),
]
DataOption = Annotated[
    Path | None, typer.Option("--data", help="Data folder (FOREWARN_DATA, else data/).")
]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", help="The day to report for, as it was known then (2026-05-31)."),
]


@app.callback()
def _everywhere(config: ConfigOption = None, data: DataOption = None) -> None:
    """Options before the command hold for every command."""
    _choose_folders(config, data)


def _choose_folders(config: Path | None, data: Path | None) -> None:
    # Through the environment, so that Dagster's own processes and dbt see the same folders.
    if config is not None:
        os.environ["FOREWARN_CONFIG"] = str(config.expanduser().resolve())
    if data is not None:
        os.environ["FOREWARN_DATA"] = str(data.expanduser().resolve())


def day_of(text: str | None) -> dt.date | None:
    """A date option, or a clear usage error."""
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date such as 2026-05-31") from None


@app.command()
def run(as_of: AsOfOption = None, config: ConfigOption = None, data: DataOption = None) -> None:
    """The nightly job: extract, build, audit, warn, publish, notify, report."""
    _choose_folders(config, data)
    from pipelines.commands.nightly import run_nightly

    raise typer.Exit(run_nightly(day_of(as_of)))


@app.command()
def check(config: ConfigOption = None, data: DataOption = None) -> None:
    """Validate the configuration, connect to every source, say what would be read."""
    _choose_folders(config, data)
    from pipelines.commands.checking import check_everything

    raise typer.Exit(check_everything())


@app.command()
def sample(
    directory: Path,
    reps: Annotated[int, typer.Option(help="Number of salespeople.")] = 32,
    seed: Annotated[int, typer.Option(help="Another seed is another company.")] = 7,
    end: Annotated[str | None, typer.Option(help="Its last day (2026-10-30).")] = None,
) -> None:
    """Write a generated sales organisation with planted risks and their labels."""
    from pipelines.commands.sampling import write

    raise typer.Exit(write(directory, reps=reps, seed=seed, end=day_of(end)))


@app.command()
def up(config: ConfigOption = None, data: DataOption = None) -> None:
    """Dagster's pages and schedules, and the answer links, on loopback ports."""
    _choose_folders(config, data)
    from pipelines.commands.serving import serve

    raise typer.Exit(serve())


@app.command()
def report(
    kind: Annotated[str, typer.Argument(help="weekly")] = "weekly",
    as_of: AsOfOption = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write to.")] = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """The weekly progress and risk report (HTML and XLSX)."""
    _choose_folders(config, data)
    if kind != "weekly":
        raise typer.BadParameter(f"{kind!r} is not a report; there is: weekly")
    from pipelines.commands.reporting import write_report

    raise typer.Exit(write_report(day_of(as_of), out))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def dbt(context: typer.Context) -> None:
    """Run dbt with the company's variables on the analysts' workbench, e.g. `forewarn dbt build`."""
    from pipelines.commands.analysing import run_dbt

    raise typer.Exit(run_dbt(context.args))


@app.command()
def docs() -> None:
    """Write docs/metrics.md and dbt's documentation pages."""
    from pipelines.commands.analysing import write_docs

    raise typer.Exit(write_docs())


def main() -> None:
    """Entry point: every failure becomes a sentence and an exit code, never a traceback."""
    try:
        app()
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    except AuditFailure as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(3)
    except Failure as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
