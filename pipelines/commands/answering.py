"""`forewarn alerts ...` and `forewarn signal add`: reading and answering warnings in the shell.

Add here: how an answer is read from arguments and shown. Keep out: what an answer does
(`pipelines/ledger/`).
"""

from __future__ import annotations

import datetime as dt
import getpass
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

from pipelines.assets.hierarchy import published_hierarchy
from pipelines.assets.kept_ledger import open_kept
from pipelines.commands.terminal import coloured, say, say_json
from pipelines.failures import PermanentFailure
from pipelines.language import has, spoken
from pipelines.language import text as words
from pipelines.ledger.lookup import Alert, History, list_alerts, show_alert
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
from pipelines.notifying.describing import LEVEL_HEAD, in_language, reasons, sentence
from pipelines.notifying.messages import Items
from pipelines.notifying.recipients import read_recipients
from pipelines.notifying.wording import word
from pipelines.publishing.versions import read_manifest
from pipelines.settings import Settings, load_settings
from pipelines.warehouse.binding import connect


@contextmanager
def _ledger() -> Iterator[tuple[Settings, Ledger]]:
    settings = load_settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    ledger = open_kept(settings)
    try:
        yield settings, ledger
    finally:
        ledger.close()


def me(person: str | None) -> str:
    """Who acts: the person given, else the user of this machine."""
    return person or getpass.getuser()


def print_list(*, everything: bool, as_json: bool = False) -> int:
    """One line per alert, the most at risk first."""
    with _ledger() as (_, ledger):
        alerts = list_alerts(ledger, open_only=not everything)
        if as_json:
            say_json([_record(alert) for alert in alerts])
            return 0
        for alert in alerts:
            say(_line(alert))
        if not alerts:
            say(words("command.alerts.none"))
    return 0


def _record(alert: Alert) -> dict[str, object]:
    """The alert as `--json` gives it: its columns, and the sentence in the language spoken."""
    kept = ("alert_id", "rule", "metric", "scope_type", "scope_id", "scope_name", "level", "state",
            "opened_on", "value", "expected", "amount_at_risk", "probability", "responsible",
            "acknowledged_at", "snoozed_until", "outcome")  # fmt: skip
    return {
        **{name: getattr(alert, name) for name in kept},
        "message": sentence(alert, spoken()),
    }


def _level(alert: Alert) -> str:
    style = {"danger": "bad", "warning": "remark"}.get(alert.level, "dim")
    return coloured(str(words(f"command.level.{alert.level}")), style)


def _line(alert: Alert) -> str:
    marks = [] if alert.state == "open" else [word(alert.state, spoken())]
    if alert.acknowledged_at:
        marks.append(str(words("command.alerts.seen")))
    mark = f" [{' · '.join(marks)}]" if marks else ""
    return f"{alert.alert_id[:10]}  {_level(alert)}{mark}  {_plain(alert)}"


def _plain(alert: Alert) -> str:
    """The sentence without the level that stands before it on the same line."""
    return LEVEL_HEAD.sub("", sentence(alert, spoken()))


def print_one(alert_id: str) -> int:
    """One alert with everything that happened to it."""
    with _ledger() as (settings, ledger):
        try:
            history = show_alert(ledger, alert_id)
        except Refused as refused:
            return _refuse(refused, settings)
        sys.stdout.write("\n".join(_story(history, settings)) + "\n")
    return 0


def _story(history: History, settings: Settings) -> list[str]:
    alert, zone, language = history.alert, settings.timezone, spoken()
    lines = [
        f"{alert.alert_id}  {_level(alert)}  {word(alert.state, language)}",
        f"  {_plain(alert)}",
        str(
            words(
                "command.alerts.rule",
                rule=alert.rule,
                scope=f"{alert.scope_type}:{alert.scope_id}",
                day=alert.opened_on,
            )
        ),
        str(words("command.alerts.responsible", person=alert.responsible or "—")),
    ]
    record = in_language(alert, "record", language)
    if record:
        lines.append(
            str(words("command.alerts.labelled", label=word("record", language), value=record))
        )
    for block in reasons(alert, language, settings.company.currency, published_hierarchy(settings)):
        if isinstance(block, Items):
            lines.append(
                str(words("command.alerts.labelled", label=block.label, value="")).rstrip()
            )
            lines += [f"    - {item}" for item in block.items]
    lines += [
        f"  {change.recorded_at.astimezone(zone):%Y-%m-%d %H:%M}  {_change(change.change)}"
        for change in history.changes
    ]
    for response in history.responses:
        done = word(
            f"act_{response.action}",
            language,
            person=response.assigned_to or "",
            day=response.until or "",
        )
        by = words("command.alerts.done_by", done=done, person=response.person_id)
        at = f"{response.acted_at.astimezone(zone):%Y-%m-%d %H:%M}"
        lines.append(f"  {at}  {by}" + (f" · {response.text}" if response.text else ""))
    return lines


def _change(change: str) -> str:
    return word(change, spoken()) if has(f"notice.{change}") else change


def print_rules(*, as_json: bool = False) -> int:
    """One line per rule that runs, and its record of the published day below it."""
    settings = load_settings()
    if read_manifest(settings.current) is None:
        raise PermanentFailure(
            words("command.rules.unlisted"),
            cause=words("command.nothing_published"),
            next_step="forewarn run",
        )
    # The columns are there in these two; a reader of a third language is shown English.
    language = "zh" if spoken() == "zh" else "en"
    with connect(settings.current / "forewarn.duckdb", read_only=True) as connection:
        rows = connection.execute(
            f"select rule, mode, title_{language}, sentence_{language} from marts.rpt_rule_records "
            "where level = 'warning' order by mode, rule"
        ).fetchall()
    if as_json:
        names = ("rule", "mode", "title", "record")
        say_json([dict(zip(names, row, strict=True)) for row in rows])
        return 0
    for name, mode, title, said in rows:
        say(f"{name:36} {words(f'command.rules.mode.{mode}')}  {title}")
        if said:
            say(f"    {said}")
    return 0


def _people(settings: Settings) -> set[str] | None:
    """Ids of everybody in the company and among the recipients; None before the first night."""
    if read_manifest(settings.current) is None:
        return None
    problems: list = []  # faults of recipients.yml are told by `forewarn check`
    book = read_recipients(settings.config_dir / "recipients.yml", problems)
    return {*published_hierarchy(settings).names, *(one.person_id for one in book.recipients)}


def _known(settings: Settings, *persons: str) -> None:
    """Refused for an id that nobody has: an answer by nobody answers nothing."""
    people = _people(settings)
    for person in persons:
        if people is not None and person not in people:
            raise Refused(words("ledger.refused.nobody", person=person))


def answer(
    action: Callable[[Ledger, dt.datetime, dt.date], Answer], person: str | None, *others: str
) -> int:
    """Take one action and print what the ledger says; 2 if it was refused.

    `person` acts, `others` are named in it: all of them must be known in the company.
    """
    with _ledger() as (settings, ledger):
        try:
            _known(settings, me(person), *others)
            done = action(ledger, settings.now(), settings.today())
        except Refused as refused:
            return _refuse(refused, settings)
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
    with connect(settings.current / "warehouse.duckdb", read_only=True) as connection:
        rows = connection.execute(
            "select scope_type, scope_id, scope_name, owner_id from intermediate.int_scopes"
        ).fetchall()
    return {(kind, ident): (name, owner) for kind, ident, name, owner in rows}


def _refuse(refused: Refused, settings: Settings) -> int:
    sys.stderr.write(f"{refused}\n")
    return 2
