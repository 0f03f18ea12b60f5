"""Where the answers to warnings stand, read live from the ledger.

Add here: a fact about answers that a card shows. Keep out: figures (the marts have them).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipelines.ledger.lookup import Alert, as_alert
from pipelines.ledger.models import Episode, EpisodeChange, Response
from pipelines.ledger.store import Ledger


@dataclass(frozen=True)
class LastAnswer:
    """The newest answer to a warning."""

    person_id: str
    action: str
    acted_at: dt.datetime
    text: str
    assigned_to: str | None = None
    until: dt.date | None = None
    outcome: str | None = None


@dataclass(frozen=True)
class Standing:
    """One warning as the ledger has it now. `key` is what `ledger.standing_of` says."""

    alert: Alert
    key: str
    last: LastAnswer | None = None
    plan: str = ""
    # Changes of the level since the day asked about: opened, raised, eased, reopened, doubled.
    changes: tuple[str, ...] = ()
    since: dt.date = dt.date.min
    answers: tuple[LastAnswer, ...] = field(default=())


def given_to(ledger: Ledger, person_id: str) -> frozenset[str]:
    """Ids of the warnings that somebody gave to the person, or that they reported themselves."""
    with ledger.reading() as session:
        found = session.scalars(select(Episode.alert_id).where(Episode.assigned_to == person_id))
        return frozenset(found)


def standings(ledger: Ledger, alert_ids: Collection[str] | None) -> dict[str, Standing]:
    """The warnings of those ids (None: every open one), by id."""
    with ledger.reading() as session:
        query = select(Episode)
        if alert_ids is None:
            query = query.where(Episode.state == "open", Episode.resolved_at.is_(None))
        else:
            query = query.where(Episode.alert_id.in_(alert_ids))
        episodes = list(session.scalars(query))
        ids = [episode.alert_id for episode in episodes]
        answers = _answers(session, ids)
        found = {}
        for episode in episodes:
            ident = episode.alert_id
            rows = answers.get(ident, [])
            here = [row for row in rows if row.epoch == episode.epoch]
            plans = [row.text for row in here if row.action == "plan" and row.text]
            newest = max((row.response_id for row in rows), default=0)
            told = tuple(_answer(row) for row in here)
            found[ident] = Standing(
                alert=as_alert(episode),
                key=f"{episode.epoch}.{episode.changes}.{newest}",
                last=told[-1] if told else None,
                plan=plans[-1] if plans else "",
                answers=told,
            )
        return found


def _answer(row: Response) -> LastAnswer:
    return LastAnswer(
        row.person_id, row.action, row.acted_at, row.text or "", row.assigned_to, row.until,
        row.outcome,
    )  # fmt: skip


def _answers(session: Session, ids: Collection[str]) -> Mapping[str, list[Response]]:
    query = select(Response).where(Response.alert_id.in_(ids)).order_by(Response.response_id)
    found: dict[str, list[Response]] = {}
    for row in session.scalars(query):
        found.setdefault(row.alert_id, []).append(row)
    return found


def changed_since(
    ledger: Ledger, found: Mapping[str, Standing], since: dt.date
) -> dict[str, Standing]:
    """The same warnings with the changes of their levels after a day; all else of them is shared."""
    query = (
        select(EpisodeChange.alert_id, EpisodeChange.change)
        .where(EpisodeChange.as_of > since)
        .order_by(EpisodeChange.number)
    )
    changes: dict[str, tuple[str, ...]] = {}
    with ledger.reading() as session:
        for ident, change in session.execute(query):
            changes[ident] = (*changes.get(ident, ()), change)
    return {
        ident: replace(one, changes=changes.get(ident, ()), since=since)
        for ident, one in found.items()
    }


def resolved_since(ledger: Ledger, moment: dt.datetime) -> int:
    """How many warnings people closed since a moment."""
    with ledger.reading() as session:
        query = select(func.count()).where(Episode.resolved_at >= moment)
        return int(session.scalar(query) or 0)
