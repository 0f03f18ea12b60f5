"""`forewarn tokens make | list | revoke`: which programs may use the HTTP interface.

Add here: a command about tokens. Keep out: what a token opens (`board/access/tokens.py`).
"""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.commands.options import SpeakingApp
from pipelines.commands.terminal import say, say_json
from pipelines.language import text

tokens_app = SpeakingApp(no_args_is_help=True)


@tokens_app.command("make")
def tokens_make(
    name: Annotated[str, typer.Option()],
    person: Annotated[str | None, typer.Option()] = None,
    role: Annotated[str | None, typer.Option()] = None,
    scopes: Annotated[list[str] | None, typer.Option("--scope")] = None,
    write: Annotated[bool, typer.Option("--write")] = False,
    days: Annotated[int, typer.Option(min=1, max=3650)] = 365,
    by: Annotated[str | None, typer.Option("--by")] = None,
) -> None:
    """A new token, for what a person sees or for a role with scopes; it is printed once."""
    from pipelines.board.access.tokens import ROLES
    from pipelines.commands.answering import known_people, me
    from pipelines.commands.reading import opened_ledger, refused_with
    from pipelines.ledger.programs import make_token
    from pipelines.ledger.refusals import Refused
    from pipelines.ledger.signals import parse_scope

    with opened_ledger() as (settings, ledger):
        try:
            if (person is None) == (role is None):
                raise Refused(text("command.tokens.one_of"))
            if role is not None and role not in ROLES:
                raise Refused(text("command.tokens.no_role", given=role, known=[*ROLES]))
            if bool(scopes) != (role == "manager"):
                raise Refused(text("command.tokens.scopes"))
            if person is not None:
                known_people(settings, person)
            parsed = [":".join(parse_scope(scope)) for scope in scopes or ()]
            token, row = make_token(
                ledger, name, person_id=person, role=role, scopes=parsed, by=me(by),
                now=settings.now(), days=days, may_write=write,
            )  # fmt: skip
        except Refused as refused:
            raise typer.Exit(refused_with(refused, settings)) from None
        say(token)
        until = row.expires_at.astimezone(settings.timezone).date() if row.expires_at else ""
        typer.echo(str(text("command.tokens.made", ident=row.token_id, until=until)), err=True)


@tokens_app.command("list")
def tokens_list(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Every token with whom it reads as; never the token itself."""
    from pipelines.commands.reading import opened_ledger
    from pipelines.ledger.programs import tokens

    with opened_ledger() as (settings, ledger):
        found, now = tokens(ledger), settings.now()
    if as_json:
        shown = ("token_id", "name", "person_id", "role", "scopes", "created_by", "created_at",
                 "expires_at", "revoked_at", "may_write")  # fmt: skip
        say_json([{key: getattr(row, key) for key in shown} for row in found])
        return
    for row in found:
        whose = row.person_id or f"{row.role} {row.scopes if row.role == 'manager' else ''}".strip()
        until = row.expires_at.astimezone(settings.timezone).date() if row.expires_at else ""
        state = "good" if row.is_good(now) else "revoked" if row.revoked_at else "expired"
        words = text(f"command.tokens.{state}", until=until)
        right = text(f"command.tokens.{'writes' if row.may_write else 'reads'}")
        say(f"{row.token_id}  {row.name}  {whose}  {right}  {words}")
    if not found:
        say(text("command.tokens.none"))


@tokens_app.command("revoke")
def tokens_revoke(token_id: str) -> None:
    """End a token at once, by its id of `tokens list`."""
    from pipelines.commands.reading import opened_ledger, refused_with
    from pipelines.ledger.programs import revoke_token
    from pipelines.ledger.refusals import Refused

    with opened_ledger() as (settings, ledger):
        if not revoke_token(ledger, token_id, now=settings.now()):
            refused = Refused(text("command.tokens.no_such", ident=token_id))
            raise typer.Exit(refused_with(refused, settings))
    say(text("command.tokens.ended", ident=token_id))
