"""The rows behind an answer: found, checked and added inside a writing session.

Add here: a check or a row that several actions share. Keep out: the actions (`responses.py`).

The episode's row is locked first, so whatever is read of it afterwards cannot change until the
session ends: that is what makes a double click count once.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipelines.language import text as words
from pipelines.ledger.lookup import find_episode
from pipelines.ledger.models import Comment, Episode, Response
from pipelines.ledger.refusals import AlreadyResolved, Moved, Refused, outcome_name

LONGEST_TEXT = 4000


def editable(session: Session, alert_id: str, person_id: str, expect: str | None = None) -> Episode:
    """The episode of that id, locked; NotFound if there is none.

    `expect` is the standing (`standing_of`) that the person saw when they decided; Moved if the alert
    has another one by now.
    """
    if not person_id.strip():
        raise Refused(words("ledger.refused.no_actor"))
    episode = find_episode(session, alert_id, lock=True)
    if expect is not None and _moved(session, episode, expect, person_id):
        raise Moved(words("ledger.refused.moved", id=episode.alert_id))
    return episode


def _moved(session: Session, episode: Episode, expect: str, person_id: str) -> bool:
    """Whether the night or somebody else changed the alert: nobody is in their own way."""
    night, _, seen = expect.rpartition(".")
    if night != f"{episode.epoch}.{episode.changes}" or not seen.isdigit():
        return True
    others = select(Response.response_id).where(
        Response.alert_id == episode.alert_id,
        Response.response_id > int(seen),
        Response.person_id != person_id,
    )
    return session.scalar(others.limit(1)) is not None


def standing_of(session: Session, episode: Episode) -> str:
    """Where an alert stands: it changes with every night that changes it and with every answer."""
    last = session.scalar(
        select(func.max(Response.response_id)).where(Response.alert_id == episode.alert_id)
    )
    return f"{episode.epoch}.{episode.changes}.{last or 0}"


def answerable(
    session: Session, alert_id: str, person_id: str, now: dt.datetime, expect: str | None = None
) -> Episode:
    """The same, refused with AlreadyResolved once a person has closed it."""
    episode = editable(session, alert_id, person_id, expect)
    if episode.resolved_at is not None:
        raise already_resolved(episode, now, "resolved_add_comment")
    return episode


def already_resolved(
    episode: Episode, now: dt.datetime, key: str, **values: object
) -> AlreadyResolved:
    """The refusal that names who resolved the alert, when and how, and what can still be done."""
    # The day as the caller counts days: `now` comes in the company's time zone.
    resolved_at = episode.resolved_at or now
    return AlreadyResolved(
        words(
            f"ledger.refused.{key}",
            id=episode.alert_id,
            person=episode.resolved_by,
            day=f"{resolved_at.astimezone(now.tzinfo):%Y-%m-%d}",
            outcome=outcome_name(episode.outcome or "accepted"),
            **values,
        )
    )


def latest_response(
    session: Session, episode: Episode, action: str, *, person_id: str
) -> Response | None:
    """The person's last response of that kind since the episode last opened."""
    query = (
        select(Response)
        .where(
            Response.alert_id == episode.alert_id,
            Response.epoch == episode.epoch,
            Response.action == action,
            Response.person_id == person_id,
        )
        .order_by(Response.response_id.desc())
        .limit(1)
    )
    return session.scalar(query)


def add_response(
    session: Session,
    episode: Episode,
    action: str,
    person_id: str,
    now: dt.datetime,
    channel: str,
    *,
    assigned_to: str | None = None,
    outcome: str | None = None,
    until: dt.date | None = None,
    text: str | None = None,
) -> None:
    """Add a response and note when the alert was first seen."""
    # Whoever assigns, plans, snoozes or resolves has seen the alert.
    episode.acknowledged_at = episode.acknowledged_at or now
    episode.seen_at = episode.seen_at or now
    session.add(
        Response(
            alert_id=episode.alert_id,
            epoch=episode.epoch,
            person_id=person_id,
            action=action,
            acted_at=now,
            assigned_to=assigned_to,
            outcome=outcome,
            until=until,
            text=text,
            channel=channel,
        )
    )


def add_comment(
    session: Session, episode: Episode, person_id: str, text: str, now: dt.datetime
) -> bool:
    """Add a comment unless it repeats the person's last one on this alert."""
    query = (
        select(Comment.text)
        .where(Comment.alert_id == episode.alert_id, Comment.person_id == person_id)
        .order_by(Comment.comment_id.desc())
        .limit(1)
    )
    if session.scalar(query) == text:
        return False
    session.add(Comment(alert_id=episode.alert_id, person_id=person_id, text=text, written_at=now))
    return True


def required_text(value: str, what: str) -> str:
    """The text without blanks around it; Refused when it is empty or too long."""
    value = value.replace("\0", "").strip()  # which no database keeps
    name = words(f"ledger.part.{what}")
    if not value:
        raise Refused(words("ledger.refused.give", what=name))
    if len(value) > LONGEST_TEXT:
        raise Refused(words("ledger.refused.too_long", what=name, longest=LONGEST_TEXT))
    return value
