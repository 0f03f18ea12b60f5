"""`forewarn`: the commands, thin; each calls the same functions and jobs as Dagster does.

Add here: a command's name, options and help. Keep out: what a command does (`pipelines/commands/`).

Exit codes: 0 done; 1 a step failed; 2 configuration or usage wrong; 3 the audit stopped the
publication.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.administering import add_to
from pipelines.commands.answers import JsonOption, alerts_app, day_of, given_day, signal_app
from pipelines.commands.options import SpeakingApp, hide_secrets, speak_first
from pipelines.language import text as words
from pipelines.nights.privacy import keep_files_private

app = SpeakingApp(
    name="forewarn",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
rules_app = SpeakingApp(no_args_is_help=True)
app.add_typer(alerts_app, name="alerts")
app.add_typer(signal_app, name="signal")
app.add_typer(rules_app, name="rules")

AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of"),
]


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(f"forewarn {version('forewarn')}")
        raise typer.Exit


@app.callback()
def _everywhere(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """What holds before any command."""


@app.command()
def run(
    as_of: AsOfOption = None,
    only: Annotated[list[str] | None, typer.Option("--only")] = None,
    full: Annotated[bool, typer.Option("--full")] = False,
) -> None:
    """The nightly job: extract, build, audit, warn, publish, notify, report."""
    from pipelines.commands.loading import nothing_collected

    with nothing_collected() as loaded:
        from pipelines.commands.nightly import run_nightly

        raise typer.Exit(run_nightly(day_of(as_of), only or (), full=full, loaded=loaded))


@app.command()
def check(as_json: JsonOption = False) -> None:
    """Validate the configuration, connect to every source, say what would be read."""
    from pipelines.commands.checking import check_everything

    raise typer.Exit(check_everything(as_json=as_json))


@app.command()
def explain(
    figure: str,
    scope: Annotated[str, typer.Option()] = "company:company",
    period: Annotated[str | None, typer.Option()] = None,
    part: Annotated[str, typer.Option()] = "",
    most: Annotated[int, typer.Option()] = 20,
    csv: Annotated[Path | None, typer.Option()] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """What a published figure is made of: its records, where each came from, what was left out."""
    from pipelines.commands.explaining import explain_figure

    raise typer.Exit(
        explain_figure(
            figure, scope=scope, period=period, dimension=part, most=most, file=csv, as_json=as_json
        )
    )


@app.command()
def sample(
    directory: Path,
    reps: Annotated[int, typer.Option()] = 32,
    seed: Annotated[int, typer.Option()] = 7,
    end: Annotated[str | None, typer.Option()] = None,
    world: Annotated[str, typer.Option()] = "standard",
    risks: Annotated[bool, typer.Option("--risks/--calm")] = True,
) -> None:
    """Write a generated sales organisation with planted risks and their labels."""
    from pipelines.commands.sampling import write

    raise typer.Exit(
        write(directory, reps=reps, seed=seed, end=day_of(end), world=world, risks=risks)
    )


@app.command()
def up(
    port: Annotated[int | None, typer.Option()] = None,
    board_port: Annotated[int | None, typer.Option("--board-port", "--answers-port")] = None,
) -> None:
    """The board, Dagster's pages and schedules, on loopback ports."""
    from pipelines.commands.serving import serve

    raise typer.Exit(serve(port, board_port))


@app.command()
def board(
    port: Annotated[int | None, typer.Option()] = None,
    host: Annotated[str | None, typer.Option()] = None,
) -> None:
    """The board alone, on a loopback port; on another address only with a login (board.yml)."""
    from pipelines.commands.board import serve_board

    raise typer.Exit(serve_board(port, host))


@app.command()
def report(
    kind: Annotated[str, typer.Argument()] = "weekly",
    as_of: AsOfOption = None,
    out: Annotated[Path | None, typer.Option()] = None,
) -> None:
    """The weekly progress and risk report (HTML and XLSX), or a month's or quarter's review."""
    if kind not in ("weekly", "monthly", "quarterly"):
        raise typer.BadParameter(str(words("command.no_report", given=kind)))
    from pipelines.commands.reporting import write_report

    raise typer.Exit(write_report(day_of(as_of), out, kind))


@app.command()
def backfill(
    first: str,
    last: str,
    step: Annotated[str, typer.Option("--every")] = "week",
    out: Annotated[Path | None, typer.Option()] = None,
    with_report: Annotated[bool, typer.Option("--report")] = False,
    again: Annotated[bool, typer.Option("--again")] = False,
) -> None:
    """The marts of a row of past days, each as it was known then, as Parquet."""
    from pipelines.commands.backfilling import STEPS, backfill

    if step not in STEPS:
        raise typer.BadParameter(str(words("command.backfill.no_step", given=step)))
    span = given_day(first), given_day(last)
    raise typer.Exit(backfill(*span, step, out, report=with_report, again=again))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def dbt(context: typer.Context) -> None:
    """Run dbt with the company's variables on the analysts' workbench, e.g. `forewarn dbt build`."""
    from pipelines.commands.analysing import run_dbt

    raise typer.Exit(run_dbt(context.args))


@app.command()
def docs() -> None:
    """Write docs/metrics.md, docs/openapi.json and dbt's documentation pages."""
    from pipelines.commands.analysing import write_docs

    raise typer.Exit(write_docs())


add_to(app)


@app.command()
def backtest(
    first: Annotated[str | None, typer.Option("--from")] = None,
    last: Annotated[str | None, typer.Option("--to")] = None,
    every: Annotated[str, typer.Option()] = "week",
    episodes: Annotated[Path | None, typer.Option()] = None,
    labels: Annotated[Path | None, typer.Option()] = None,
) -> None:
    """The rules over the past: precision, recall, lead time, false alarms."""
    if every not in {"week", "day"}:
        raise typer.BadParameter(str(words("command.no_rhythm", given=every)))
    from pipelines.commands import backtesting

    raise typer.Exit(backtesting.backtest(day_of(first), day_of(last), episodes, labels))


@rules_app.command("list")
def rules_list(as_json: JsonOption = False) -> None:
    """Every rule with how often it was right, and the false alarms to expect of it."""
    from pipelines.commands.reading import print_rules

    raise typer.Exit(print_rules(as_json=as_json))


@rules_app.command("tune")
def rules_tune(
    budget: Annotated[float, typer.Option()] = 1.0,
    labels: Annotated[Path | None, typer.Option()] = None,
) -> None:
    """Propose limits from the early part of the past, quoted on the untouched rest."""
    from pipelines.commands.backtesting import tune

    raise typer.Exit(tune(budget, labels))


def main() -> None:
    """Entry point: every failure becomes a sentence and an exit code, never a traceback."""
    speak_first()
    try:
        keep_files_private()
        hide_secrets()
        app()
    except Exception as error:
        from pipelines.commands.ending import told_and_coded

        code = told_and_coded(error)
        if code is None:
            raise
        sys.exit(code)
