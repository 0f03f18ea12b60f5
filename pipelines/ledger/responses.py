"""What people do about an alert: acknowledge, assign, plan, resolve, snooze, comment.

Add here: an action on an alert, with what it refuses and why. Keep out: how it is asked for
(command line, link) and what is due until when (`due.py`).

The same action twice counts once. Two people at once are both kept; the first one counts.
Every function takes an alert id or the beginning of one, and raises NotFound or Refused with a
sentence in both languages. `now` is an aware datetime in the company's time zone, `today` its date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from pipelines.ledger.models import Snooze
from pipelines.ledger.refusals import OUTCOME_NAMES, Answer, Refused, done
from pipelines.ledger.response_rows import (
    add_comment,
    add_response,
    already_resolved,
    answerable,
    editable,
    latest_response,
    required_text,
)
from pipelines.ledger.store import Ledger

OUTCOMES = tuple(OUTCOME_NAMES)
LONGEST_SNOOZE = dt.timedelta(days=366)


def acknowledge(
    ledger: Ledger, alert_id: str, person_id: str, *, now: dt.datetime, channel: str = "cli"
) -> Answer:
    """The person has seen the alert."""
    with ledger.writing() as session:
        episode = answerable(session, alert_id, person_id, now)
        before = latest_response(session, episode, "ack", person_id=person_id)
        # Seen before the level rose is not seen: that is a new thing to look at.
        if before is not None and episode.seen_at is not None:
            return done("ack", episode.alert_id, new=False)
        add_response(session, episode, "ack", person_id, now, channel)
        return done("ack", episode.alert_id)


def assign(
    ledger: Ledger,
    alert_id: str,
    person_id: str,
    to_person: str,
    *,
    now: dt.datetime,
    channel: str = "cli",
    people: Collection[str] | None = None,
) -> Answer:
    """Make `to_person` the one who is to answer; `people` are the ids that exist, if known."""
    to_person = required_text(to_person, "负责人", "the person it is assigned to")
    if people is not None and to_person not in people:
        raise Refused(
            f"没有编号为“{to_person}”的人员，无法指派。",
            f"There is no person with the id {to_person!r} to assign the alert to.",
        )
    with ledger.writing() as session:
        episode = answerable(session, alert_id, person_id, now)
        if episode.assigned_to == to_person:
            return done("assign", episode.alert_id, new=False, person=to_person)
        add_response(session, episode, "assign", person_id, now, channel, assigned_to=to_person)
        episode.assigned_to = to_person
        return done("assign", episode.alert_id, person=to_person)


def plan(
    ledger: Ledger,
    alert_id: str,
    person_id: str,
    text: str,
    *,
    now: dt.datetime,
    channel: str = "cli",
) -> Answer:
    """Record what will be done. A further plan is added; the first one stops the clock."""
    text = required_text(text, "计划内容", "the plan")
    with ledger.writing() as session:
        episode = answerable(session, alert_id, person_id, now)
        before = latest_response(session, episode, "plan", person_id=person_id)
        if before is not None and before.text == text:
            return done("plan", episode.alert_id, new=False)
        add_response(session, episode, "plan", person_id, now, channel, text=text)
        episode.planned_at = episode.planned_at or now
        return done("plan", episode.alert_id)


def resolve(
    ledger: Ledger,
    alert_id: str,
    person_id: str,
    outcome: str,
    note: str,
    *,
    now: dt.datetime,
    channel: str = "cli",
) -> Answer:
    """Close the alert with an outcome and one line of learning.

    Raises AlreadyResolved when somebody did so before with another outcome or note; what this
    person wrote is then kept as a comment, so that nothing is lost.
    """
    if outcome not in OUTCOMES:
        raise Refused(
            f"结案结果“{outcome}”无效，可选：{'、'.join(OUTCOMES)}。",
            f"{outcome!r} is not an outcome. Accepted: {', '.join(OUTCOMES)}.",
        )
    note = required_text(note, "结案说明", "the note")
    with ledger.writing() as session:
        episode = editable(session, alert_id, person_id)
        if episode.resolved_at is None:
            add_response(session, episode, "resolve", person_id, now, channel, outcome=outcome,
                     text=note)  # fmt: skip
            episode.resolved_at, episode.resolved_by = now, person_id
            episode.outcome = outcome
            return done("resolve", episode.alert_id, outcome=outcome)
        before = latest_response(session, episode, "resolve", person_id=person_id)
        if before is not None and (before.outcome, before.text) == (outcome, note):
            return done("resolve", episode.alert_id, new=False, outcome=outcome)
        zh, en = OUTCOME_NAMES[outcome]
        kept = f"[{outcome}] {note}"
        add_comment(session, episode, person_id, kept, now)
        already = already_resolved(
            episode,
            now,
            f"您填写的“{zh}”已作为备注保存。",
            f"What you wrote ({en}) was kept as a comment.",
        )
    raise already


def snooze(
    ledger: Ledger,
    alert_id: str,
    person_id: str,
    until: dt.date,
    reason: str,
    *,
    now: dt.datetime,
    today: dt.date,
    channel: str = "cli",
) -> Answer:
    """Pause the notices of an alert up to and including the day `until`; it stays in reports."""
    reason = required_text(reason, "暂停原因", "the reason")
    if not today <= until <= today + LONGEST_SNOOZE:
        raise Refused(
            f"暂停截止日 {until} 无效：须在 {today} 至 {today + LONGEST_SNOOZE} 之间。",
            f"Cannot snooze until {until}: accepted is {today} to {today + LONGEST_SNOOZE}.",
        )
    with ledger.writing() as session:
        episode = answerable(session, alert_id, person_id, now)
        before = latest_response(session, episode, "snooze", person_id=person_id)
        same = before is not None and (before.until, before.text) == (until, reason)
        if same and episode.snoozed_until == until:
            return done("snooze", episode.alert_id, new=False, until=until.isoformat())
        add_response(session, episode, "snooze", person_id, now, channel, until=until, text=reason)
        session.add(
            Snooze(
                alert_id=episode.alert_id,
                person_id=person_id,
                until=until,
                reason=reason,
                snoozed_at=now,
            )
        )
        episode.snoozed_until = until
        return done("snooze", episode.alert_id, until=until.isoformat())


def comment(
    ledger: Ledger, alert_id: str, person_id: str, text: str, *, now: dt.datetime
) -> Answer:
    """Add a remark, to a resolved alert as well."""
    text = required_text(text, "备注内容", "the comment")
    with ledger.writing() as session:
        episode = editable(session, alert_id, person_id)
        new = add_comment(session, episode, person_id, text, now)
        return done("comment", episode.alert_id, new=new)
