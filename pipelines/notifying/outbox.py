"""The outbox: a row before a message is sent, `sent` afterwards, whatever happens between.

Add here: how a row moves. Keep out: what a message says and how a channel sends it.

A row is pending, then sending (claimed by one process), then sent. A process that dies while
sending leaves its row in `sending`; the next one takes it over and sends it again, since it cannot
know: at most one repeat for one crash, and it is logged. A failed sending goes back to pending with
a growing delay and is never given up; only a channel that was taken out of recipients.yml drops it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pipelines.language import text
from pipelines.ledger.models import Episode, Notice
from pipelines.ledger.store import Ledger
from pipelines.notifying.channels import Outcome, is_mail, send
from pipelines.notifying.claims import claim, take_over_abandoned
from pipelines.notifying.messages import Message, with_remark
from pipelines.notifying.recipients import Recipient
from pipelines.notifying.secrets import fingerprint, masked
from pipelines.notifying.wording import word

log = logging.getLogger("forewarn.outbox")

# The kind of rows that go to programs: `webhooks/` queues and sends them.
WEBHOOK = "webhook"
FIRST_DELAY, LONGEST_DELAY = dt.timedelta(minutes=1), dt.timedelta(hours=6)
# Sent at once would have been within this of the decision; later than that is said in the text.
_LATE = dt.timedelta(hours=1)


@dataclass
class Delivery:
    """What a delivery did. `failed` and `dropped` hold (person, masked channel, why)."""

    sent: int = 0
    repeated: int = 0
    waiting: int = 0
    failed: list[tuple[str, str, str]] = field(default_factory=list)
    dropped: list[tuple[str, str, str]] = field(default_factory=list)


def together(deliveries: Sequence[Delivery]) -> Delivery:
    """Several deliveries in a row as one; what waits is what waited after the last."""
    return Delivery(
        sent=sum(each.sent for each in deliveries),
        repeated=sum(each.repeated for each in deliveries),
        waiting=deliveries[-1].waiting,
        failed=[failure for each in deliveries for failure in each.failed],
        dropped=[drop for each in deliveries for drop in each.dropped],
    )


def key_of(*parts: object) -> str:
    """A short stable key of these parts."""
    return hashlib.sha256("\n".join(str(part) for part in parts).encode()).hexdigest()[:40]


def enqueue(
    session: Session,
    recipient: Recipient,
    message: Message,
    *,
    kind: str,
    notice_key: str,
    alert_ids: Sequence[str],
    now: dt.datetime,
    not_before: dt.datetime,
    in_mails: Callable[[], Message] | None = None,
) -> int:
    """Write the intent, one row per channel; rows that are there already are left alone.

    `in_mails` gives what goes into mails in place of the message. The caller holds the ledger's serialising lock. Returns how many rows are new.
    """
    added = 0
    for reference in dict.fromkeys(recipient.channels):
        key = key_of(notice_key, fingerprint(reference))
        known = select(Notice.notice_id).where(Notice.idempotency_key == key)
        if session.scalar(known) is not None:
            continue
        told = in_mails() if in_mails is not None and is_mail(reference) else message
        session.add(
            Notice(
                idempotency_key=key,
                notice_key=notice_key,
                recipient_id=recipient.person_id,
                channel=fingerprint(reference),
                kind=kind,
                alert_ids=json.dumps(list(alert_ids), ensure_ascii=False),
                title=told.title,
                text=told.text,
                markdown=told.markdown,
                html=told.html,
                created_at=now,
                not_before=not_before,
                state="pending",
                attempts=0,
                repeats=0,
                next_attempt_at=not_before,
            )
        )
        added += 1
    session.flush()
    return added


def deliver(
    ledger: Ledger,
    recipients: Sequence[Recipient],
    *,
    now: dt.datetime,
    outbox_dir: Path,
    pauses: Sequence[float] = (1.0, 3.0),
    sending: Callable[..., Outcome] = send,
    programs: bool = False,
) -> Delivery:
    """Send every row that is due at `now`. Call it again (say every 5 minutes) for the rest.

    Rows for people and rows for `programs` are sent by calls of their own.

    `pauses` are seconds between tries within this call; what fails then waits for a later call,
    1 minute at first, doubling up to 6 hours. Safe when several processes deliver at once.
    """
    done = Delivery()
    done.repeated = take_over_abandoned(ledger, now)
    people = {recipient.person_id: recipient for recipient in recipients}
    theirs = Notice.kind == WEBHOOK if programs else Notice.kind != WEBHOOK
    with ledger.reading() as session:
        due = list(
            session.scalars(
                select(Notice.notice_id)
                .where(Notice.state == "pending", Notice.next_attempt_at <= now, theirs)
                .order_by(Notice.created_at, Notice.notice_id)
            )
        )
    for notice_id in due:
        notice = claim(ledger, notice_id, now)
        if notice is not None:  # else another process has it
            _send_one(ledger, notice, people, now, outbox_dir, pauses, sending, done)
    with ledger.reading() as session:
        waiting = select(Notice.notice_id).where(Notice.state == "pending", theirs)
        done.waiting = len(list(session.scalars(waiting)))
    return done


def _send_one(
    ledger: Ledger,
    notice: Notice,
    people: dict[str, Recipient],
    now: dt.datetime,
    outbox_dir: Path,
    pauses: Sequence[float],
    sending: Callable[..., Outcome],
    done: Delivery,
) -> None:
    recipient = people.get(notice.recipient_id)
    references = {fingerprint(each): each for each in recipient.channels} if recipient else {}
    reference = references.get(notice.channel)
    if recipient is None or reference is None:
        why = str(text("notice.log.recipient_gone"))
        _settle(ledger, notice, state="dropped", last_error=why)
        done.dropped.append((notice.recipient_id, notice.channel, why))
        log.warning(
            text(
                "notice.log.dropped",
                notice=notice.notice_id,
                person=notice.recipient_id,
                why=why,
            )
        )
        return
    message = _as_sent(ledger, notice, recipient, now)
    outcome = Outcome(False)
    for pause in (0.0, *pauses):
        time.sleep(pause)
        outcome = sending(
            reference,
            message,
            recipient_id=recipient.person_id,
            key=f"{notice.created_at:%Y%m%d}-{notice.kind}-{notice.notice_key[:12]}",
            outbox_dir=outbox_dir,
        )
        if outcome.sent:
            break
    if outcome.sent:
        _settle(ledger, notice, state="sent", sent_at=now, last_error=None)
        done.sent += 1
        log.info(text("notice.log.sent", notice=notice.notice_id, person=recipient.person_id))
        return
    delay = min(FIRST_DELAY * 2 ** min(notice.attempts - 1, 20), LONGEST_DELAY)
    _settle(ledger, notice, state="pending", last_error=outcome.error, next_attempt_at=now + delay)
    done.failed.append((recipient.person_id, masked(reference), outcome.error))
    log.warning(
        text(
            "notice.log.failed",
            notice=notice.notice_id,
            person=recipient.person_id,
            channel=masked(reference),
            attempt=notice.attempts,
            delay=str(delay),
            why=outcome.error,
        )
    )


def _as_sent(ledger: Ledger, notice: Notice, recipient: Recipient, now: dt.datetime) -> Message:
    """The message, with a remark in front if it may be a repeat or if it is late and outdated."""
    message = Message(notice.title, notice.text, notice.markdown, notice.html)
    if notice.kind == WEBHOOK:  # its id says that it is the same one
        return message
    if notice.kind == "urgent" and now - notice.created_at > _LATE:
        with ledger.reading() as session:
            head = session.get(Episode, json.loads(notice.alert_ids)[0])
        if head is not None and (head.state != "open" or head.resolved_at is not None):
            state = word(head.state if head.state != "open" else "closed", recipient.language)
            message = with_remark(message, word("late", recipient.language, state=state))
    if notice.repeats:
        message = with_remark(message, word("repeat", recipient.language))
    return message


def _settle(ledger: Ledger, notice: Notice, **values: object) -> None:
    with ledger.writing() as session:
        session.execute(update(Notice).where(Notice.notice_id == notice.notice_id).values(**values))
