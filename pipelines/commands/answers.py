"""`forewarn alerts ...` and `forewarn signal ...`: names and options of answering warnings.

Add here: a command by which a person answers. Keep out: what it does (`answering.py`, `reading.py`).
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from pipelines.commands.options import SpeakingApp
from pipelines.language import text as words

JsonOption = Annotated[bool, typer.Option("--json")]
alerts_app = SpeakingApp(no_args_is_help=True)
signal_app = SpeakingApp(no_args_is_help=True)


def day_of(text: str | None) -> dt.date | None:
    """A date option, or a clear usage error."""
    return None if text is None else given_day(text)


def given_day(text: str) -> dt.date:
    """A date as it was typed, or a clear usage error."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(str(words("command.no_date", given=text))) from None


ByOption = Annotated[str | None, typer.Option("--by")]


@alerts_app.command("list")
def alerts_list(
    everything: Annotated[bool, typer.Option("--all")] = False,
    as_json: JsonOption = False,
) -> None:
    """Open warnings, the most at risk first."""
    from pipelines.commands.reading import print_list

    raise typer.Exit(print_list(everything=everything, as_json=as_json))


@alerts_app.command("show")
def alerts_show(alert_id: str) -> None:
    """One warning with everything that happened to it; the beginning of an id will do."""
    from pipelines.commands.reading import print_one

    raise typer.Exit(print_one(alert_id))


@alerts_app.command("ack")
def alerts_ack(alert_id: str, by: ByOption = None) -> None:
    """I have seen it."""
    from pipelines.commands.answering import ack

    raise typer.Exit(ack(alert_id, by))


@alerts_app.command("assign")
def alerts_assign(alert_id: str, person: str, by: ByOption = None) -> None:
    """PERSON is to answer it."""
    from pipelines.commands.answering import give

    raise typer.Exit(give(alert_id, person, by))


@alerts_app.command("plan")
def alerts_plan(alert_id: str, text: str, by: ByOption = None) -> None:
    """What will be done about it."""
    from pipelines.commands.answering import will_do

    raise typer.Exit(will_do(alert_id, text, by))


@alerts_app.command("resolve")
def alerts_resolve(
    alert_id: str,
    outcome: Annotated[str, typer.Option()],
    note: Annotated[str, typer.Option()],
    by: ByOption = None,
) -> None:
    """How it ended."""
    from pipelines.commands.answering import close

    raise typer.Exit(close(alert_id, outcome, note, by))


@alerts_app.command("snooze")
def alerts_snooze(
    alert_id: str,
    until: Annotated[str, typer.Option()],
    reason: Annotated[str, typer.Option()],
    by: ByOption = None,
) -> None:
    """No notices until a day; it stays open and in the report."""
    from pipelines.commands.answering import pause

    day = day_of(until)
    assert day is not None  # the option is required
    raise typer.Exit(pause(alert_id, day, reason, by))


@alerts_app.command("comment")
def alerts_comment(alert_id: str, text: str, by: ByOption = None) -> None:
    """A remark on a warning, open or not."""
    from pipelines.commands.answering import remark

    raise typer.Exit(remark(alert_id, text, by))


@alerts_app.command("undo")
def alerts_undo(alert_id: str, by: ByOption = None) -> None:
    """Take my last answer back."""
    from pipelines.commands.answering import take_back

    raise typer.Exit(take_back(alert_id, by))


@alerts_app.command("feedback")
def alerts_feedback(alert_id: str, use: str, by: ByOption = None) -> None:
    """Was it of use: useful, not_useful or false."""
    from pipelines.commands.answering import say_use

    raise typer.Exit(say_use(alert_id, use, by))


@signal_app.command("add")
def signal_add(
    scope: Annotated[str, typer.Option()],
    text: Annotated[str, typer.Option()],
    owner: Annotated[str | None, typer.Option()] = None,
    amount: Annotated[float | None, typer.Option(min=0)] = None,
    level: Annotated[str, typer.Option()] = "warning",
    by: ByOption = None,
) -> None:
    """Report a risk by hand."""
    from pipelines.commands.answering import report_risk

    raise typer.Exit(report_risk(scope, text, by, owner=owner, amount=amount, level=level))
