"""A night's telling: decide, write the intent, send. Also what a dry run shows.

Add here: the order of these steps. Keep out: the decision (`selection.py`), words and sending.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.language.text import in_words
from pipelines.ledger.models import Telling
from pipelines.ledger.store import Ledger
from pipelines.notifying.data_problems import DataProblem
from pipelines.notifying.digests import Digest, due_digests, empty_digest
from pipelines.notifying.hours import earliest, week_of
from pipelines.notifying.messages import Line, Message, compose
from pipelines.notifying.notices import Office, reminder_message, urgent_message
from pipelines.notifying.outbox import Delivery, deliver, enqueue, key_of, together
from pipelines.notifying.recipients import Recipient
from pipelines.notifying.secrets import masked
from pipelines.notifying.selection import Choice, Group, select
from pipelines.notifying.slices import Audience
from pipelines.notifying.snapshot import Snapshot, take
from pipelines.notifying.wording import word


@dataclass(frozen=True)
class Told:
    """One notice to one recipient, as decided. `channels` are masked; `not_before` is UTC."""

    person_id: str
    channels: tuple[str, ...]
    kind: str
    alert_ids: tuple[str, ...]
    message: Message
    not_before: dt.datetime


@dataclass(frozen=True)
class Report:
    """What a night told, or would tell.

    `deferred` are (person_id, alert_id) over the budget or too old, left to the digest. `unheard`
    are open alerts that no recipient may see. `delivery` is None for a dry run.
    """

    told: tuple[Told, ...] = ()
    deferred: tuple[tuple[str, str], ...] = ()
    unheard: tuple[str, ...] = ()
    delivery: Delivery | None = None

    @property
    def failed(self) -> list[tuple[str, str, str]]:
        """(person, masked channel, why) of sendings that failed and will be tried again."""
        return self.delivery.failed if self.delivery else []


@dataclass
class _Plan:
    urgent: list[tuple[Recipient, Group, Told, str, str]] = field(default_factory=list)
    reminders: list[tuple[Recipient, Sequence[Group], Told, str, str]] = field(default_factory=list)
    deferred: list[tuple[Recipient, Group, str]] = field(default_factory=list)
    digests: list[tuple[Recipient, Digest, Told | None]] = field(default_factory=list)


def notify(
    ledger: Ledger,
    recipients: Sequence[Recipient],
    office: Office,
    *,
    now: dt.datetime,
    outbox_dir: Path,
    dry_run: bool = False,
    pauses: Sequence[float] = (1.0, 3.0),
) -> Report:
    """Tell every recipient what the ledger holds for them; a second call tells nothing twice.

    Call it after `record_episodes` and `escalate`. Decisions and intents are written in one
    transaction, then everything that is due at `now` is sent; the rest (quiet hours, failures)
    goes with later calls of `outbox.deliver`. A dry run decides the same and writes nothing.
    """
    if dry_run:
        with ledger.reading() as session:
            snapshot = take(session)
            return _report(_decide(snapshot, recipients, office, now), snapshot, recipients, office)
    with ledger.writing() as session:
        ledger.serialise(session)
        snapshot = take(session)
        plan = _decide(snapshot, recipients, office, now)
        report = _report(plan, snapshot, recipients, office)
        for recipient, group, told, key, week in plan.urgent:
            enqueue(session, recipient, told.message, kind="urgent", notice_key=key,
                    alert_ids=told.alert_ids, now=now, not_before=told.not_before)  # fmt: skip
            session.add_all(_tellings(recipient, group, "urgent", key, week, now))
        for recipient, groups, told, key, week in plan.reminders:
            enqueue(session, recipient, told.message, kind="reminder", notice_key=key,
                    alert_ids=told.alert_ids, now=now, not_before=told.not_before)  # fmt: skip
            for group in groups:
                session.add_all(_tellings(recipient, group, "reminder", key, week, now))
        for recipient, group, week in plan.deferred:
            session.add_all(_tellings(recipient, group, "digest", None, week, now))
        for recipient, digest, message in plan.digests:
            if message is None:
                session.add(empty_digest(recipient, digest, now))
            else:
                enqueue(session, recipient, message.message, kind="digest",
                        notice_key=digest.key, alert_ids=message.alert_ids, now=now,
                        not_before=message.not_before)  # fmt: skip
    delivery = deliver(ledger, recipients, now=now, outbox_dir=outbox_dir, pauses=pauses)
    return Report(report.told, report.deferred, report.unheard, delivery)


def count_digests_as_told(
    ledger: Ledger, recipients: Sequence[Recipient], office: Office, *, now: dt.datetime
) -> None:
    """Mark the digests that are due as gone out: for a ledger that has lost what it sent."""
    today = now.astimezone(office.timezone).date()
    with ledger.writing() as session:
        for recipient, digest in due_digests(take(session), recipients, office, today):
            session.add(empty_digest(recipient, digest, now))


def notify_data_owners(
    ledger: Ledger,
    recipients: Sequence[Recipient],
    office: Office,
    problem: DataProblem,
    *,
    now: dt.datetime,
    outbox_dir: Path,
    dry_run: bool = False,
    pauses: Sequence[float] = (1.0, 3.0),
) -> Report:
    """Tell the data owners, and only them, about a failed run, audit or source.

    The same `problem.key` is told once. An owner of named sources hears of those and of what
    concerns everybody. A dry run decides the same and writes nothing.
    """
    told = []
    for recipient in recipients:
        if recipient.role == "data_owner" and _concerned(recipient, problem):
            language = recipient.language
            title = word("data_title", language, subject=problem.subject)
            message = compose(title, [Line(in_words(line, language)) for line in problem.lines])
            moment = earliest(recipient, now, office.timezone, office.is_workday)
            told.append((recipient, _told(recipient, "data", (), message, moment)))
    if dry_run:
        return Report(tuple(each for _, each in told))
    fresh = []
    with ledger.writing() as session:
        ledger.serialise(session)
        for recipient, each in told:
            added = enqueue(
                session, recipient, each.message, kind="data", alert_ids=(), now=now,
                notice_key=key_of(recipient.person_id, "data", problem.key),
                not_before=each.not_before,
            )  # fmt: skip
            if added:
                fresh.append(each)
    delivery = deliver(ledger, recipients, now=now, outbox_dir=outbox_dir, pauses=pauses)
    return Report(tuple(fresh), delivery=delivery)


def joined(one: Report, other: Report) -> Report:
    """Two reports of one telling as one."""
    deliveries = [each.delivery for each in (one, other) if each.delivery is not None]
    return Report(
        one.told + other.told,
        one.deferred + other.deferred,
        one.unheard + other.unheard,
        together(deliveries) if deliveries else None,
    )


def _concerned(recipient: Recipient, problem: DataProblem) -> bool:
    named = {ident for kind, ident in recipient.scopes if kind == "source"}
    return not named or not problem.sources or bool(named & problem.sources)


def _decide(
    snapshot: Snapshot, recipients: Sequence[Recipient], office: Office, now: dt.datetime
) -> _Plan:
    today = now.astimezone(office.timezone).date()
    moments = {
        person.person_id: earliest(person, now, office.timezone, office.is_workday)
        for person in recipients
    }
    weeks = {
        person: week_of(moment, office.timezone, office.first_weekday)
        for person, moment in moments.items()
    }
    choices: list[Choice] = select(
        snapshot.alerts,
        snapshot.pending,
        recipients,
        office.hierarchy,
        told=snapshot.told,
        used={person: snapshot.used.get((person, week), 0) for person, week in weeks.items()},
        today=today,
        strangers=_strangers(snapshot, recipients),
    )
    told_tonight: dict[str, set[str]] = {}
    plan = _Plan()
    for choice in choices:
        person, week = choice.recipient, weeks[choice.recipient.person_id]
        for group in choice.urgent:
            message = urgent_message(group, person, office)
            ids = (group.head.alert_id, *(member.alert_id for member in group.members))
            told = _told(person, "urgent", ids, message, moments[person.person_id])
            changes = sorted(change.change_id for change in group.changes)
            key = key_of(person.person_id, "urgent", group.head.alert_id, *changes)
            plan.urgent.append((person, group, told, key, week))
            told_tonight.setdefault(person.person_id, set()).update(ids)
        if choice.reminders:
            plan.reminders.append(
                _reminder(person, choice.reminders, office, moments[person.person_id], week)
            )
        plan.deferred += [(person, group, week) for group in choice.deferred]
    for person, digest in due_digests(snapshot, recipients, office, today, told_tonight):
        message_ = digest.message
        plan.digests.append(
            (
                person,
                digest,
                None
                if message_ is None
                else _told(person, "digest", digest.alert_ids, message_, moments[person.person_id]),
            )
        )
    return plan


def _strangers(snapshot: Snapshot, recipients: Sequence[Recipient]) -> set[str]:
    """Recipients who were never told anything: for them everything that stands is new."""
    known = {person for person, _ in snapshot.told} | set(snapshot.digests)
    return {one.person_id for one in recipients} - known


def _reminder(
    person: Recipient, groups: Sequence[Group], office: Office, moment: dt.datetime, week: str
) -> tuple[Recipient, Sequence[Group], Told, str, str]:
    """All that is overdue in one notice, outside the budget of news."""
    ids = tuple(dict.fromkeys(
        alert.alert_id for group in groups for alert in (group.head, *group.members)
    ))  # fmt: skip
    changes = sorted(change.change_id for group in groups for change in group.changes)
    told = _told(person, "reminder", ids, reminder_message(groups, person, office), moment)
    return person, groups, told, key_of(person.person_id, "reminder", *changes), week


def _report(
    plan: _Plan, snapshot: Snapshot, recipients: Sequence[Recipient], office: Office
) -> Report:
    told = [entry[2] for entry in plan.urgent]
    told += [entry[2] for entry in plan.reminders]
    told += [message for _, _, message in plan.digests if message is not None]
    audience = Audience(recipients, office.hierarchy)
    unheard = [
        alert.alert_id
        for alert in snapshot.open_alerts()
        if alert.details.get("mode") != "watch" and not audience.seeing(alert)
    ]
    deferred = [(person.person_id, group.head.alert_id) for person, group, _ in plan.deferred]
    return Report(tuple(told), tuple(deferred), tuple(unheard))


def _told(
    recipient: Recipient,
    kind: str,
    alert_ids: tuple[str, ...],
    message: Message,
    not_before: dt.datetime,
) -> Told:
    channels = tuple(masked(channel) for channel in recipient.channels)
    return Told(recipient.person_id, channels, kind, alert_ids, message, not_before)


def _tellings(
    recipient: Recipient, group: Group, kind: str, key: str | None, week: str, now: dt.datetime
) -> list[Telling]:
    return [
        Telling(
            recipient_id=recipient.person_id,
            change_id=change.change_id,
            alert_id=change.alert_id,
            kind=kind,
            notice_key=key,
            week=week,
            decided_at=now,
        )
        for change in group.changes
    ]
