"""`forewarn alerts ack`, `plan`, ... and `forewarn signal add`: answering warnings in the shell.

Add here: how an answer is read from arguments and shown. Keep out: what an answer does
(`pipelines/ledger/`).
"""

from __future__ import annotations

import datetime as dt
import getpass
from collections.abc import Callable
from decimal import Decimal

from pipelines.assets.hierarchy import published_hierarchy
from pipelines.commands.reading import opened_ledger, refused_with
from pipelines.commands.terminal import say
from pipelines.language import text as words
from pipelines.ledger.refusals import Answer, Refused
from pipelines.ledger.responses import (
    acknowledge,
    assign,
    comment,
    feedback,
    plan,
    resolve,
    snooze,
    undo,
)
from pipelines.ledger.signals import add_signal, parse_scope
from pipelines.ledger.store import Ledger
from pipelines.notifying.recipients import read_recipients
from pipelines.publishing.versions import read_manifest
from pipelines.settings import Settings, load_settings
from pipelines.warehouse.binding import connect


def me(person: str | None) -> str:
    """Who acts: the person given, else the user of this machine."""
    return person or getpass.getuser()


def _people(settings: Settings) -> set[str] | None:
    """Ids of everybody in the company and among the recipients; None before the first night."""
    if read_manifest(settings.current) is None:
        return None
    problems: list = []  # faults of recipients.yml are told by `forewarn check`
    book = read_recipients(settings.config_dir / "recipients.yml", problems)
    return {*published_hierarchy(settings).names, *(one.person_id for one in book.recipients)}


def known_people(settings: Settings, *named: str, by: str | None = None) -> None:
    """Refused for an id that nobody has: an answer by nobody answers nothing.

    `by` is who acts, and learns how to say so; `named` are others.
    """
    people = _people(settings)
    if people is None:
        return
    if by is not None and by not in people:
        raise Refused(words("ledger.refused.nobody", person=by))
    for person in named:
        if person not in people:
            raise Refused(words("ledger.refused.unknown_person", person=person))


def answer(
    action: Callable[[Ledger, dt.datetime, dt.date], Answer], person: str | None, *others: str
) -> int:
    """Take one action and print what the ledger says; 2 if it was refused.

    `person` acts, `others` are named in it: all of them must be known in the company.
    """
    with opened_ledger() as (settings, ledger):
        try:
            known_people(settings, *others, by=me(person))
            done = action(ledger, settings.now(), settings.today())
        except Refused as refused:
            return refused_with(refused, settings)
        say(done.told)
    return 0


def ack(alert_id: str, person: str | None) -> int:
    """The person has seen it."""
    return answer(lambda ledger, now, _: acknowledge(ledger, alert_id, me(person), now=now), person)


def give(alert_id: str, to_person: str, person: str | None) -> int:
    """Someone else is to answer it."""
    return answer(
        lambda ledger, now, _: assign(ledger, alert_id, me(person), to_person, now=now),
        person,
        to_person,
    )


def will_do(alert_id: str, text: str, person: str | None) -> int:
    """What will be done."""
    return answer(lambda ledger, now, _: plan(ledger, alert_id, me(person), text, now=now), person)


def close(alert_id: str, outcome: str, note: str, person: str | None) -> int:
    """How it ended, with one line of learning."""
    return answer(
        lambda ledger, now, _: resolve(ledger, alert_id, me(person), outcome, note, now=now),
        person,
    )


def pause(alert_id: str, until: dt.date, reason: str, person: str | None) -> int:
    """No notices until a day; it stays open and in the report."""
    return answer(
        lambda ledger, now, today: snooze(
            ledger, alert_id, me(person), until, reason, now=now, today=today
        ),
        person,
    )


def remark(alert_id: str, text: str, person: str | None) -> int:
    """A comment, on an alert that is resolved as well."""
    return answer(
        lambda ledger, now, _: comment(ledger, alert_id, me(person), text, now=now), person
    )


def take_back(alert_id: str, person: str | None) -> int:
    """The person's last answer is undone."""
    return answer(lambda ledger, now, _: undo(ledger, alert_id, me(person), now=now), person)


def say_use(alert_id: str, use: str, person: str | None) -> int:
    """Whether the alert was of use."""
    return answer(
        lambda ledger, now, _: feedback(ledger, alert_id, me(person), use, now=now), person
    )


def report_risk(
    scope: str,
    text: str,
    person: str | None,
    *,
    owner: str | None = None,
    amount: float | None = None,
    level: str = "warning",
) -> int:
    """A risk reported by hand, in the same ledger; its scope must be one of the company's."""
    names = _scopes(load_settings())

    def act(ledger: Ledger, now: dt.datetime, today: dt.date) -> Answer:
        found = parse_scope(scope)
        return add_signal(
            ledger,
            *found,
            text,
            me(person),
            now=now,
            today=today,
            level=level,
            amount_at_risk=None if amount is None else Decimal(str(amount)),
            owner_id=owner or (names or {}).get(found, ("", None))[1],
            scope_name=(names or {}).get(found, (None, None))[0],
            scopes=names,
        )

    return answer(act, person, *([owner] if owner else []))


def _scopes(settings: Settings) -> dict[tuple[str, str], tuple[str, str | None]] | None:
    """Name and owner of every scope of the published night; None before the first."""
    if read_manifest(settings.current) is None:
        return None
    with connect(settings.current.resolve() / "warehouse.duckdb", read_only=True) as connection:
        rows = connection.execute(
            "select scope_type, scope_id, scope_name, owner_id from intermediate.int_scopes"
        ).fetchall()
    return {(kind, ident): (name, owner) for kind, ident, name, owner in rows}
