"""`forewarn quarantine list | show | replay | accept`: names, options, and what is shown.

Add here: a command about rows in quarantine. Keep out: what it does (`upkeep/quarantine.py`),
which is imported only when one is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands.options import SpeakingApp
from pipelines.commands.terminal import coloured, say, say_json
from pipelines.language import text

if TYPE_CHECKING:
    from pipelines.raw_zone.quarantine import SetAside

quarantine_app = SpeakingApp(no_args_is_help=True)
JsonOption = Annotated[bool, typer.Option("--json")]
_SHOWN_ROWS = 50


@quarantine_app.command("list")
def quarantine_list(
    everything: Annotated[bool, typer.Option("--all")] = False, as_json: JsonOption = False
) -> None:
    """Rows that were set aside, by feed and column; accepted ones with --all."""
    from pipelines.commands.reading import opened_ledger
    from pipelines.upkeep.quarantine import SHOWN, groups, refused

    with opened_ledger() as (settings, ledger):
        found = groups(settings, ledger, everything=everything)
        whole = refused(settings)
    if as_json:
        files = [{**vars(one), "row": None, "group": None, "why": str(one.why)} for one in whole]
        say_json([*(_record(row) for one in found for row in one.rows), *files])
        return
    for file in whole:
        what = ".".join(part for part in (file.source, file.entity) if part)
        say(text("command.quarantine.refused", what=what, file=file.file or "-", why=str(file.why)))
    for one in found:
        row = one.first
        what = ".".join(part for part in (row.source, row.entity, row.column) if part)
        said = text(
            "command.quarantine.line", what=what, count=len(one.rows), file=row.file or "-",
            why=str(one.why),
        )  # fmt: skip
        mark = f" {coloured(str(text('command.quarantine.accepted')), 'dim')}"
        say(f"{one.key[:SHOWN]}  {said}{mark if len(one.accepted) == len(one.rows) else ''}")
    if found:
        say(text("command.quarantine.next"))
    elif whole:
        say(text("command.quarantine.then_replay"))
    else:
        say(text("command.quarantine.none"))


@quarantine_app.command("show")
def quarantine_show(ident: str) -> None:
    """Every row of one line of the list: where it stands, what stood there, why it was refused."""
    from pipelines.commands.reading import opened_ledger
    from pipelines.upkeep.quarantine import SHOWN, chosen, groups, place_of

    with opened_ledger() as (settings, ledger):
        found = groups(settings, ledger, everything=True)
        agreed = {one.row_key: one for group in found for one in group.accepted}
    rows = chosen(found, ident)
    for row in rows[:_SHOWN_ROWS]:
        say(f"{row.key[:SHOWN]}  {place_of(row)}")
        say(f"    {text('command.quarantine.read', value=row.value or '-', why=row.why)}")
        if row.key in agreed:
            one = agreed[row.key]
            when = one.decided_at.astimezone(settings.timezone)
            values = {"who": one.person_id, "when": f"{when:%Y-%m-%d %H:%M}", "why": one.reason}
            say(f"    {text('command.quarantine.agreed', **values)}")
    if len(rows) > _SHOWN_ROWS:
        say(text("command.quarantine.more", more=len(rows) - _SHOWN_ROWS))


@quarantine_app.command("replay")
def quarantine_replay(ident: Annotated[str, typer.Argument()] = "") -> None:
    """Read corrected rows again now: those of one line of the list, or all."""
    from pipelines.commands.reading import opened_ledger
    from pipelines.upkeep.quarantine import chosen, groups, refused, replay

    with opened_ledger() as (settings, ledger):
        found = groups(settings, ledger, everything=bool(ident))
        rows = chosen(found, ident) if ident else [row for one in found for row in one.rows]
    done = replay(settings, rows, [] if ident else refused(settings))
    for one in done:
        say(
            text(
                "command.quarantine.replayed",
                source=one.source,
                rows=one.rows,
                before=one.before,
                still=one.still,
            )
        )
    say(text("command.quarantine.then_run") if done else text("command.quarantine.none"))
    raise typer.Exit(1 if any(one.still for one in done) else 0)


@quarantine_app.command("accept")
def quarantine_accept(
    ident: str,
    reason: Annotated[str, typer.Option()] = "",
    undo: Annotated[bool, typer.Option("--undo")] = False,
    by: Annotated[str | None, typer.Option("--by")] = None,
) -> None:
    """These rows may stay out: they are told and counted no more; the reason is kept."""
    from pipelines.commands.answering import me
    from pipelines.commands.reading import opened_ledger
    from pipelines.upkeep.quarantine import accept, chosen, groups, reopen

    if not undo and not reason.strip():
        raise typer.BadParameter(str(text("command.quarantine.no_reason")))
    with opened_ledger() as (settings, ledger):
        rows = chosen(groups(settings, ledger, everything=True), ident)
        if undo:
            count = reopen(ledger, rows, me(by), settings.now())
        else:
            count = accept(ledger, rows, reason.strip(), me(by), settings.now())
    say(text("command.quarantine.reopened" if undo else "command.quarantine.kept", count=count))


def _record(row: SetAside) -> dict[str, object]:
    from pipelines.upkeep.quarantine import SHOWN

    return {"row": row.key[:SHOWN], "group": row.group[:SHOWN], **vars(row)}
