"""The rows behind an answer: found, checked and added inside a writing session.

Add here: a check or a row that several actions share. Keep out: the actions (`responses.py`).

The episode's row is locked first, so whatever is read of it afterwards cannot change until the
session ends: that is what makes a double click count once.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipelines.ledger.lookup import find_episode
from pipelines.ledger.models import Comment, Episode, Response
from pipelines.ledger.refusals import OUTCOME_NAMES, AlreadyResolved, Refused

LONGEST_TEXT = 4000


def editable(session: Session, alert_id: str, person_id: str) -> Episode:
    """The episode of that id, locked; NotFound if there is none."""
    if not person_id.strip():
        raise Refused("未说明操作人。", "It is not said who acts.")
    return find_episode(session, alert_id, lock=True)


def answerable(session: Session, alert_id: str, person_id: str, now: dt.datetime) -> Episode:
    """The same, refused with AlreadyResolved once a person has closed it."""
    episode = editable(session, alert_id, person_id)
    if episode.resolved_at is not None:
        raise already_resolved(
            episode, now, "如需补充，请添加备注。", "Add a comment if there is more to say."
        )
    return episode


def already_resolved(episode: Episode, now: dt.datetime, zh: str, en: str) -> AlreadyResolved:
    """The refusal that names who resolved the alert, when and how."""
    # The day as the caller counts days: `now` comes in the company's time zone.
    resolved_at = episode.resolved_at or now
    day = f"{resolved_at.astimezone(now.tzinfo):%Y-%m-%d}"
    name = OUTCOME_NAMES[episode.outcome or "accepted"]
    return AlreadyResolved(
        f"预警 {episode.alert_id} 已由 {episode.resolved_by} 于 {day} 结案（{name[0]}）。{zh}",
        f"Alert {episode.alert_id} was resolved by {episode.resolved_by} on {day}"
        f" ({name[1]}). {en}",
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


def required_text(value: str, zh: str, en: str) -> str:
    """The text without blanks around it; Refused when it is empty or too long."""
    value = value.strip()
    if not value:
        raise Refused(f"请填写{zh}。", f"Please give {en}.")
    if len(value) > LONGEST_TEXT:
        raise Refused(
            f"{zh}过长：最多 {LONGEST_TEXT} 个字符。",
            f"Too long for {en}: at most {LONGEST_TEXT} characters.",
        )
    return value
