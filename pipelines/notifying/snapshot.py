"""What the ledger holds for a telling: open alerts, changes not told, what was told before.

Add here: a fact of the ledger that the decision needs. Keep out: the decision.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipelines.ledger.lookup import Alert, as_alert
from pipelines.ledger.models import Episode, EpisodeChange, Notice, Telling
from pipelines.ledger.transitions import ENDS, TOLD_AT_ONCE
from pipelines.notifying.selection import PendingChange


@dataclass(frozen=True)
class LoggedChange:
    """One row of the change log with when it was recorded."""

    change: PendingChange
    recorded_at: dt.datetime


@dataclass(frozen=True)
class Snapshot:
    """The ledger at one moment.

    `pending` are changes of open alerts that are told at once, told or not, oldest first; `told`
    (person_id, change_id); `used` urgent notices by (person_id, week); `log` changes by alert;
    `digests` per person when the last digest was made; `digest_keys` those that exist.
    """

    alerts: dict[str, Alert]
    pending: list[PendingChange]
    told: set[tuple[str, int]]
    used: dict[tuple[str, str], int]
    log: dict[str, list[LoggedChange]]
    digests: dict[str, dt.datetime]
    digest_keys: set[str]

    def open_alerts(self) -> list[Alert]:
        return [alert for alert in self.alerts.values() if alert.state == "open"]


def take(session: Session) -> Snapshot:
    """Read it. Alerts are the open ones and those that ended since the oldest last digest."""
    digests: dict[str, dt.datetime] = {}
    keys: set[str] = set()
    rows = session.execute(
        select(Notice.recipient_id, Notice.notice_key, Notice.created_at).where(
            Notice.kind == "digest"
        )
    )
    for person, key, created in rows:
        keys.add(key)
        digests[person] = max(created, digests.get(person, created))
    ended = select(EpisodeChange.alert_id).where(EpisodeChange.change.in_(ENDS))
    # Before the first digest there is nothing that could have ended since.
    oldest = min(digests.values(), default=dt.datetime.max.replace(tzinfo=dt.UTC))
    resolved = Episode.resolved_at >= oldest
    ended = ended.where(EpisodeChange.recorded_at >= oldest)
    episodes = session.scalars(
        select(Episode).where((Episode.state == "open") | Episode.alert_id.in_(ended) | resolved)
    )
    alerts = {episode.alert_id: as_alert(episode) for episode in episodes}
    log: dict[str, list[LoggedChange]] = {}
    pending: list[PendingChange] = []
    changes = session.execute(
        select(EpisodeChange, Episode.epoch)
        .join(Episode, Episode.alert_id == EpisodeChange.alert_id)
        .where(EpisodeChange.change != "recorded")
        .order_by(EpisodeChange.change_id)
    )
    for row, epoch in changes:
        if row.alert_id not in alerts:
            continue
        change = PendingChange(
            row.change_id, row.alert_id, row.change, row.as_of, row.level_to, row.step,
            row.person_id,
        )  # fmt: skip
        log.setdefault(row.alert_id, []).append(LoggedChange(change, row.recorded_at))
        current = row.epoch == epoch and alerts[row.alert_id].state == "open"
        if current and row.change in TOLD_AT_ONCE:
            pending.append(change)
    told = set(session.execute(select(Telling.recipient_id, Telling.change_id)).tuples())
    used = {
        (person, week): count
        for person, week, count in session.execute(
            select(Telling.recipient_id, Telling.week, func.count(Telling.notice_key.distinct()))
            .where(Telling.kind == "urgent")
            .group_by(Telling.recipient_id, Telling.week)
        )
    }
    return Snapshot(alerts, pending, told, used, log, digests, keys)
