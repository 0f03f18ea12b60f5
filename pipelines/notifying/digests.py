"""The weekly digest: for whom it is due, and what it holds.

Add here: what a digest covers. Keep out: its words and layout (`notices.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipelines.ledger.lookup import Alert
from pipelines.ledger.models import Notice
from pipelines.ledger.transitions import ENDS
from pipelines.notifying.hours import digest_day
from pipelines.notifying.messages import Message
from pipelines.notifying.notices import Office, change_words, digest_message
from pipelines.notifying.outbox import key_of
from pipelines.notifying.recipients import Recipient
from pipelines.notifying.selection import FRESH_DAYS
from pipelines.notifying.slices import Audience
from pipelines.notifying.snapshot import Snapshot

_NEWS = {"opened", "reopened", "raised", "eased", "doubled"}


@dataclass(frozen=True)
class Digest:
    """One digest of one recipient; `message` is None when there is nothing to say."""

    key: str
    alert_ids: tuple[str, ...]
    message: Message | None


def due_digests(
    snapshot: Snapshot,
    recipients: Sequence[Recipient],
    office: Office,
    today: dt.date,
    told_tonight: Mapping[str, Collection[str]] | None = None,
) -> Iterator[tuple[Recipient, Digest]]:
    """The digests that are due on `today` and not made yet, by recipient.

    `told_tonight`: alerts by person that tonight's own notices tell: a digest repeats none of them.
    """
    audience = Audience(recipients, office.hierarchy)
    slices: dict[str, list[Alert]] = {}
    for alert in snapshot.alerts.values():
        if alert.details.get("mode") != "watch":
            for recipient in audience.seeing(alert):
                slices.setdefault(recipient.person_id, []).append(alert)
    for recipient in recipients:
        day = digest_day(recipient, today, office.is_workday)
        if day is None:
            continue
        key = key_of(recipient.person_id, "digest", day)
        if key in snapshot.digest_keys:
            continue
        mine = slices.get(recipient.person_id, [])
        since = snapshot.digests.get(recipient.person_id)
        told = (told_tonight or {}).get(recipient.person_id, ())
        still = [alert for alert in mine if alert.state == "open"]
        ended = [alert for alert in mine if _ended_since(alert, snapshot, since)]
        message = digest_message(
            recipient,
            office,
            day=day,
            today=today,
            alerts=still,
            ended=ended,
            news=_news(still, snapshot, since, today, recipient),
            told=told,
            is_first=since is None,
        )
        ids = tuple(sorted(alert.alert_id for alert in (*still, *ended)))
        yield recipient, Digest(key, ids, message)


def _news(
    alerts: Sequence[Alert],
    snapshot: Snapshot,
    since: dt.datetime | None,
    today: dt.date,
    recipient: Recipient,
) -> dict[str, str]:
    """Per alert the last change since the last digest, in words; for a first digest, of a week."""
    found = {}
    for alert in alerts:
        for logged in snapshot.log.get(alert.alert_id, ()):
            change = logged.change
            fresh = (
                logged.recorded_at > since
                if since is not None
                else (today - change.as_of).days < FRESH_DAYS
            )
            if fresh and change.change in _NEWS:
                found[alert.alert_id] = change_words(change, recipient.language)
    return found


def _ended_since(alert: Alert, snapshot: Snapshot, since: dt.datetime | None) -> bool:
    """Whether the alert ended after the recipient's last digest; a first digest tells of none."""
    if alert.state == "open" or since is None:
        return False
    if alert.resolved_at is not None and alert.resolved_at > since:
        return True
    return any(
        logged.change.change in ENDS and logged.recorded_at > since
        for logged in snapshot.log.get(alert.alert_id, ())
    )


def empty_digest(recipient: Recipient, digest: Digest, now: dt.datetime) -> Notice:
    """The mark that a digest had nothing to say, so that later news does not make it late."""
    return Notice(
        idempotency_key=digest.key,
        notice_key=digest.key,
        recipient_id=recipient.person_id,
        channel="none",
        kind="digest",
        alert_ids="[]",
        title="",
        text="",
        markdown="",
        html="",
        created_at=now,
        not_before=now,
        state="empty",
        attempts=0,
        repeats=0,
        next_attempt_at=now,
    )
