"""What a notice says: the urgent one about one cause, and the digest about all that is open.

Add here: a part of a notice. Keep out: how one alert is described (`describing.py`), layout.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from pipelines.ledger.due import IsWorkday, overdue_steps
from pipelines.ledger.lookup import Alert, importance
from pipelines.ledger.transitions import RULE_CHANGED, rank
from pipelines.notifying.describing import (
    figures,
    headline,
    owed,
    reasons,
    short_line,
    statement,
    title_of,
)
from pipelines.notifying.messages import Block, Heading, Items, Line, Link, Message, compose
from pipelines.notifying.recipients import Recipient
from pipelines.notifying.selection import Group, PendingChange
from pipelines.notifying.slices import Hierarchy
from pipelines.notifying.wording import Language, word

# Gives the signed address for (alert_id, person_id), None where no endpoint is offered.
MakeLink = Callable[[str, str], str]
_MOST_CHILDREN, _MOST_LINES = 10, 25


@dataclass(frozen=True)
class Office:
    """What every notice needs to know about the company."""

    timezone: ZoneInfo
    currency: str
    is_workday: IsWorkday
    hierarchy: Hierarchy = field(default_factory=Hierarchy)
    link: MakeLink | None = None
    first_weekday: int = 0
    # By language: how many rules were judged, and a sentence for each that cannot be judged yet.
    unready: Mapping[Language, tuple[int, tuple[str, ...]]] = field(default_factory=dict)


def change_words(change: PendingChange, language: Language) -> str:
    """The change in words; an overdue one names the step."""
    key = f"overdue_{change.step}" if change.change == "overdue" and change.step else change.change
    return word(key, language)


def urgent_message(group: Group, recipient: Recipient, office: Office) -> Message:
    """The notice about one cause, in the recipient's language."""
    language, head = recipient.language, group.head
    changed = change_words(group.change, language)
    blocks: list[Block] = [
        Line(statement(head, language)),
        Line(changed, word("change", language)),
        *figures(head, language, office.currency),
        *reasons(head, language, office.currency, office.hierarchy),
    ]
    if group.members:
        noted = {change.alert_id: change_words(change, language) for change in group.changes}
        lines = [
            short_line(member, language, office.currency, noted.get(member.alert_id, ""))
            for member in group.members[:_MOST_CHILDREN]
        ]
        if len(group.members) > _MOST_CHILDREN:
            more = len(group.members) - _MOST_CHILDREN
            lines.append(word("digest_more", language, count=more))
        blocks.append(Items(tuple(lines), word("children", language)))
    blocks += owed(head, language, office.hierarchy, office.is_workday)
    if office.link is not None:
        blocks.append(
            Link(word("respond", language), office.link(head.alert_id, recipient.person_id))
        )
    blocks.append(Line(head.alert_id, word("id", language)))
    if office.link is None:
        command = f"forewarn alerts ack {head.alert_id[:16]}"
        blocks.append(Line(command, word("by_command", language)))
    return compose(headline(head, language, changed, group.level), blocks)


def reminder_message(groups: Sequence[Group], recipient: Recipient, office: Office) -> Message:
    """One notice about everything that is overdue, a line for each case."""
    language = recipient.language
    lines = [
        short_line(group.head, language, office.currency, change_words(group.change, language))
        for group in groups[:_MOST_LINES]
    ]
    if len(groups) > _MOST_LINES:
        lines.append(word("digest_more", language, count=len(groups) - _MOST_LINES))
    return compose(word("reminder_title", language, found=len(groups)), [Items(tuple(lines))])


def digest_message(
    recipient: Recipient,
    office: Office,
    *,
    day: dt.date,
    today: dt.date,
    alerts: Sequence[Alert],
    ended: Sequence[Alert],
    news: dict[str, str],
    told: Collection[str] = (),
    is_first: bool = False,
) -> Message | None:
    """The digest: new or raised, overdue, still open, snoozed, ended. None if all are empty.

    `alerts` are the open ones in the recipient's slice, `ended` those that ended since the last
    digest, `news` the change in words of those that changed since. A case stands once, as the alert
    that is its root; its symptoms are counted in its line. Alerts in
    `told` have a notice of their own tonight: they are counted and not repeated. A person's first digest also
    says what is not judged yet, and from which day on, even if it has nothing else to say.
    """
    language = recipient.language
    judged, unready = office.unready.get(language, (0, ())) if is_first else (0, ())
    if not alerts and not ended and not unready:
        return None
    alone = [alert for alert in alerts if alert.alert_id in told]
    awake = [a for a in alerts if not a.snoozed(today) and a.alert_id not in told]
    snoozed = [alert for alert in alerts if alert.snoozed(today)]
    late = {alert.alert_id for alert in awake if overdue_steps(alert, today, office.is_workday)}
    new = [alert for alert in awake if alert.alert_id in news and alert.alert_id not in late]
    shown = late | {alert.alert_id for alert in new}
    blocks: list[Block] = []
    if alone:
        blocks.append(Line(word("digest_alone", language, count=len(alone))))
    sections = (
        ("digest_new", new),
        ("digest_overdue", [alert for alert in awake if alert.alert_id in late]),
        ("digest_open", [alert for alert in awake if alert.alert_id not in shown]),
        ("digest_snoozed", snoozed),
        ("digest_ended", list(ended)),
    )
    for key, found in sections:
        if found:
            blocks.append(
                Heading(word("counted", language, name=word(key, language), found=len(found)))
            )
            blocks.append(Items(_lines(found, recipient, office, news, today)))
    if unready:
        blocks.append(
            Heading(word("digest_unready", language, judged=judged, total=judged + len(unready)))
        )
        blocks.append(Items(unready[:_MOST_LINES]))
    if office.link is not None:
        blocks += [
            Link(
                f"{word('respond', language)} · {alert.scope_name} · {title_of(alert, language)}",
                office.link(*ids),
            )
            for alert in sorted(awake, key=importance)[:5]
            for ids in [(alert.alert_id, recipient.person_id)]
        ]
    title = word("digest_title", language, day=day, open=len(alerts))
    return compose(title, blocks)


def _lines(
    alerts: Sequence[Alert],
    recipient: Recipient,
    office: Office,
    news: dict[str, str],
    today: dt.date,
) -> tuple[str, ...]:
    language = recipient.language
    cases: list[tuple[Alert, list[Alert]]] = []
    for alert, below in nested(alerts):
        if below and cases:
            cases[-1][1].append(alert)
        else:
            cases.append((alert, []))
    lines = []
    for alert, symptoms in cases[:_MOST_LINES]:
        note = _note(alert, language, office, news, today)
        if symptoms:
            more = word("digest_symptoms", language, count=len(symptoms))
            note = " · ".join(filter(None, (note, more)))
        level = max((one.level for one in (alert, *symptoms)), key=rank)
        lines.append(short_line(alert, language, office.currency, note, level))
    if len(cases) > _MOST_LINES:
        lines.append(word("digest_more", language, count=len(cases) - _MOST_LINES))
    return tuple(lines)


def _note(
    alert: Alert, language: Language, office: Office, news: dict[str, str], today: dt.date
) -> str:
    parts = []
    if alert.state != "open":
        rule_gone = alert.proposed_outcome == RULE_CHANGED and alert.resolved_at is None
        parts.append(word(RULE_CHANGED if rule_gone else alert.state, language))
    elif alert.alert_id in news:
        parts.append(news[alert.alert_id])
    parts += [
        word(f"overdue_{step.name}", language)
        for step in overdue_steps(alert, today, office.is_workday)[:1]
    ]
    if alert.snoozed(today):
        parts.append(word("snoozed_until", language, day=alert.snoozed_until))
    if alert.assigned_to and alert.state == "open":
        person = office.hierarchy.name_of(alert.assigned_to)
        parts.append(word("assigned", language, person=person))
    return " · ".join(dict.fromkeys(parts))


def nested(alerts: Collection[Alert]) -> list[tuple[Alert, bool]]:
    """Alerts by importance, each followed by those it explains; True marks the latter."""
    ids = {alert.alert_id for alert in alerts}
    children: dict[str, list[Alert]] = {}
    tops = []
    for alert in sorted(alerts, key=importance):
        parent = str(alert.details.get("parent_alert_id") or "")
        if parent in ids and parent != alert.alert_id:
            children.setdefault(parent, []).append(alert)
        else:
            tops.append(alert)
    rows: list[tuple[Alert, bool]] = []
    placed: set[str] = set()

    def place(alert: Alert, below: bool) -> None:
        if alert.alert_id in placed:
            return
        placed.add(alert.alert_id)
        rows.append((alert, below))
        for child in children.get(alert.alert_id, ()):
            place(child, True)

    for alert in tops:
        place(alert, False)
    for alert in sorted(alerts, key=importance):  # a circle of parents has no top
        place(alert, False)
    return rows
