"""Which changes go to which program, what is said of them, and that each goes once.

Add here: a field of what is posted. Keep out: the sending (`posting.py`), the configuration.

A change is one message per program, found again by its key, so a rerun adds none. Changes of the last
week are looked at: a program that is added later is not told of years.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipelines.language import languages
from pipelines.ledger.lookup import Alert, as_alert
from pipelines.ledger.models import Episode, EpisodeChange, Response
from pipelines.ledger.store import Ledger
from pipelines.ledger.transitions import rank
from pipelines.notifying.describing import title_of
from pipelines.notifying.messages import Message
from pipelines.notifying.outbox import WEBHOOK, Delivery, deliver, enqueue, key_of
from pipelines.notifying.recipients import Recipient
from pipelines.notifying.selection import FRESH_DAYS
from pipelines.notifying.slices import Hierarchy, in_slice
from pipelines.notifying.webhooks.configured import Webhook
from pipelines.notifying.webhooks.posting import post_to


def tell_programs(
    ledger: Ledger,
    webhooks: Sequence[Webhook],
    hierarchy: Hierarchy,
    *,
    now: dt.datetime,
    base_url: str,
    pauses: Sequence[float] = (1.0,),
    environment: Mapping[str, str] = os.environ,
) -> Delivery:
    """Queue what each program has not been told, then send everything that is due.

    Call it after the night's episodes were recorded; a second call queues nothing twice.
    """
    if webhooks:
        with ledger.writing() as session:
            ledger.serialise(session)
            for change in _changes(session, now - dt.timedelta(days=FRESH_DAYS)):
                for webhook in webhooks:
                    if _wants(webhook, change, hierarchy):
                        _queue(session, webhook, change, now, base_url)
    return send_to_programs(ledger, webhooks, now=now, pauses=pauses, environment=environment)


def send_to_programs(
    ledger: Ledger,
    webhooks: Sequence[Webhook],
    *,
    now: dt.datetime,
    pauses: Sequence[float] = (1.0,),
    environment: Mapping[str, str] = os.environ,
) -> Delivery:
    """Send what is due. What waits for a program that was taken out of the file is dropped."""
    ways = {
        one.reference: post_to(
            one.url, one.secret, private=one.private_network, environment=environment
        )
        for one in webhooks
    }

    def send(reference: str, message: Message, **more: Any):
        return ways[reference](reference, message, **more)

    readers = [_reader(one) for one in webhooks]
    return deliver(
        ledger, readers, now=now, outbox_dir=Path(), pauses=pauses, sending=send, programs=True
    )


class _Change:
    """One thing that happened to a warning: its word, its own number, when."""

    def __init__(self, row: EpisodeChange | Response, alert: Alert) -> None:
        self.alert = alert
        if isinstance(row, EpisodeChange):
            self.word, self.number, self.at = row.change, f"change {row.change_id}", row.recorded_at
            self.detail: dict[str, Any] = {
                "level_from": row.level_from, "level_to": row.level_to, "step": row.step,
                "person_id": row.person_id, "as_of": row.as_of,
            }  # fmt: skip
        else:
            self.word, self.number, self.at = "answered", f"answer {row.response_id}", row.acted_at
            self.detail = {
                "action": row.action, "person_id": row.person_id, "assigned_to": row.assigned_to,
                "outcome": row.outcome, "until": row.until, "text": row.text,
            }  # fmt: skip


def _changes(session: Session, since: dt.datetime) -> Iterator[_Change]:
    """Changes and answers since a moment, each kind in its order."""
    queries: Iterable[Any] = (
        select(EpisodeChange, Episode)
        .join(Episode, Episode.alert_id == EpisodeChange.alert_id)
        .where(EpisodeChange.recorded_at >= since, EpisodeChange.change != "recorded")
        .order_by(EpisodeChange.change_id),
        select(Response, Episode)
        .join(Episode, Episode.alert_id == Response.alert_id)
        .where(Response.acted_at >= since)
        .order_by(Response.response_id),
    )
    alerts: dict[str, Alert] = {}
    for query in queries:
        found: list[Any] = [*session.execute(query).all()]
        for row, episode in found:
            if episode.alert_id not in alerts:
                alerts[episode.alert_id] = as_alert(episode)
            yield _Change(row, alerts[episode.alert_id])


def _wants(webhook: Webhook, change: _Change, hierarchy: Hierarchy) -> bool:
    alert = change.alert
    level = max((alert.level, alert.peak_level), key=rank)
    return (
        change.word in webhook.changes
        and rank(level) >= rank(webhook.level)
        and (webhook.symptoms or alert.details.get("role") != "symptom")
        and alert.details.get("mode") != "watch"
        and in_slice(_reader(webhook), alert, hierarchy)
    )


def _reader(webhook: Webhook) -> Recipient:
    """The program as the outbox and the slices know whoever is told."""
    return Recipient(
        person_id=webhook.reader, role="director", channels=(webhook.reference,),
        scopes=[":".join(scope) for scope in webhook.scopes],  # type: ignore[arg-type]
    )  # fmt: skip


def _queue(
    session: Session, webhook: Webhook, change: _Change, now: dt.datetime, base_url: str
) -> None:
    alert = change.alert
    content = {
        "type": f"warning.{change.word}",
        "timestamp": change.at,
        "data": {**change.detail, "warning": _described(alert, base_url)},
    }
    message = Message(
        str(content["type"]), orjson.dumps(content, option=orjson.OPT_UTC_Z).decode(), "", ""
    )
    enqueue(
        session, _reader(webhook), message, kind=WEBHOOK, notice_key=key_of(webhook.name, change.number),
        alert_ids=[alert.alert_id], now=now, not_before=now,
    )  # fmt: skip


def _described(alert: Alert, base_url: str) -> dict[str, Any]:
    """The warning in the fields of /api/v1/warnings that say what it is."""
    money = alert.amount_at_risk
    return {
        "alert_id": alert.alert_id,
        "case_id": alert.details.get("case_id") or None,
        "role": alert.details.get("role") or None,
        "origin": alert.origin,
        "rule": alert.rule,
        "title": {language: title_of(alert, language) for language in languages()},
        "metric": alert.metric,
        "scope_type": alert.scope_type,
        "scope_id": alert.scope_id,
        "scope_name": alert.scope_name,
        "level": alert.level,
        "state": alert.state,
        "opened_on": alert.opened_on,
        "value": alert.value,
        "expected": alert.expected,
        "amount_at_risk": None if money is None else float(money),
        "probability": alert.probability,
        "owner_id": alert.owner_id,
        "assigned_to": alert.assigned_to,
        "outcome": alert.outcome,
        "message": alert.message,
        "link": f"{base_url.rstrip('/')}/warnings/{alert.alert_id}",
    }
