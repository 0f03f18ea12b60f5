"""What people do about an alert: acknowledge, assign, plan, resolve, snooze, comment.

Add here: an action on an alert, with what it refuses and why. Keep out: how it is asked for
(command line, link) and what is due until when (`due.py`).

The same action twice counts once. Two people at once are both kept; the first one counts.
Every function takes an alert id or the beginning of one, and raises NotFound or Refused with a
sentence in both languages. `now` is an aware datetime in the company's time zone, `today` its date.
`expect` is what `standing_of` said when the person looked: actions that would overrule somebody raise
Moved where it has changed since.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from sqlalchemy import select

from pipelines.language import text as words
from pipelines.ledger.models import Episode, Response, Snooze
from pipelines.ledger.refusals import OUTCOMES, USES, Answer, Refused, done, outcome_name
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
    expect: str | None = None,
    people: Collection[str] | None = None,
) -> Answer:
    """Make `to_person` the one who is to answer; `people` are the ids that exist, if known."""
    to_person = required_text(to_person, "person")
    if people is not None and to_person not in people:
        raise Refused(
            words("ledger.refused.no_such_person", to_person=to_person),
        )
    with ledger.writing() as session:
        episode = answerable(session, alert_id, person_id, now, expect)
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
    expect: str | None = None,
) -> Answer:
    """Record what will be done. A further plan is added; the first one stops the clock."""
    text = required_text(text, "plan")
    with ledger.writing() as session:
        episode = answerable(session, alert_id, person_id, now, expect)
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
    expect: str | None = None,
) -> Answer:
    """Close the alert with an outcome and one line of learning.

    Raises AlreadyResolved when somebody did so before with another outcome or note; what this
    person wrote is then kept as a comment, so that nothing is lost.
    """
    if outcome not in OUTCOMES:
        raise Refused(
            words("ledger.refused.no_outcome", outcome=outcome, outcomes=[*OUTCOMES]),
        )
    note = required_text(note, "note")
    with ledger.writing() as session:
        episode = editable(session, alert_id, person_id, expect)
        if episode.resolved_at is None:
            add_response(session, episode, "resolve", person_id, now, channel, outcome=outcome,
                     text=note)  # fmt: skip
            episode.resolved_at, episode.resolved_by = now, person_id
            episode.outcome = outcome
            return done("resolve", episode.alert_id, outcome=outcome)
        before = latest_response(session, episode, "resolve", person_id=person_id)
        if before is not None and (before.outcome, before.text) == (outcome, note):
            return done("resolve", episode.alert_id, new=False, outcome=outcome)
        kept = f"[{outcome}] {note}"
        add_comment(session, episode, person_id, kept, now)
        already = already_resolved(episode, now, "resolved_kept", wrote=outcome_name(outcome))
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
    expect: str | None = None,
) -> Answer:
    """Pause the notices of an alert up to and including the day `until`; it stays in reports."""
    reason = required_text(reason, "reason")
    if not today <= until <= today + LONGEST_SNOOZE:
        raise Refused(
            words(
                "ledger.refused.snooze_until",
                until=until,
                today=today,
                latest=today + LONGEST_SNOOZE,
            ),
        )
    with ledger.writing() as session:
        episode = answerable(session, alert_id, person_id, now, expect)
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


def feedback(
    ledger: Ledger,
    alert_id: str,
    person_id: str,
    use: str,
    *,
    now: dt.datetime,
    channel: str = "cli",
) -> Answer:
    """Whether the alert was of use: useful, not_useful or false. The last word of a person counts.

    Asked after the end as well. `false` counts against the rule's record, `useful` for it.
    """
    if use not in USES:
        raise Refused(words("ledger.refused.no_use", use=use, uses=[*USES]))
    with ledger.writing() as session:
        episode = editable(session, alert_id, person_id)
        before = latest_response(session, episode, "feedback", person_id=person_id)
        if before is not None and before.outcome == use:
            return done("feedback", episode.alert_id, new=False)
        add_response(session, episode, "feedback", person_id, now, channel, outcome=use)
        return done("feedback", episode.alert_id)


def undo(ledger: Ledger, alert_id: str, person_id: str, *, now: dt.datetime) -> Answer:
    """Take back the person's last answer of this opening; a comment keeps that it was given.

    What the alert then looks like follows from the answers that remain. Refused if there is none.
    """
    with ledger.writing() as session:
        episode = editable(session, alert_id, person_id)
        query = (
            select(Response)
            .where(Response.alert_id == episode.alert_id, Response.epoch == episode.epoch)
            .order_by(Response.response_id)
        )
        given = list(session.scalars(query))
        last = next((row for row in reversed(given) if row.person_id == person_id), None)
        if last is None:
            raise Refused(words("ledger.refused.nothing_to_undo", id=episode.alert_id))
        kept = " ".join(filter(None, (f"[undone] {last.action}", last.outcome, last.text)))
        add_comment(session, episode, person_id, kept, now)
        left = [row for row in given if row is not last]
        session.delete(last)
        _after(episode, left, last.action)
        return done("undo", episode.alert_id)


def _after(episode: Episode, left: Sequence[Response], action: str) -> None:
    """The episode's own bookkeeping, from the answers that remain."""
    episode.acknowledged_at = left[0].acted_at if left else None
    episode.seen_at = left[-1].acted_at if left else None
    if action == "plan":
        plans = [row.acted_at for row in left if row.action == "plan"]
        episode.planned_at = plans[0] if plans else None
    if action == "assign":
        given = [row.assigned_to for row in left if row.action == "assign"]
        episode.assigned_to = given[-1] if given else None
    if action == "snooze":
        until = [row.until for row in left if row.action == "snooze"]
        episode.snoozed_until = until[-1] if until else None
    if action == "resolve":
        episode.resolved_at = episode.resolved_by = episode.outcome = None


def comment(
    ledger: Ledger, alert_id: str, person_id: str, text: str, *, now: dt.datetime
) -> Answer:
    """Add a remark, to a resolved alert as well."""
    text = required_text(text, "comment")
    with ledger.writing() as session:
        episode = editable(session, alert_id, person_id)
        new = add_comment(session, episode, person_id, text, now)
        return done("comment", episode.alert_id, new=new)
