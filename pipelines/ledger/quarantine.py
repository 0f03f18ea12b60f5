"""What people decided about rows in quarantine: accepted with a reason, or opened again.

Add here: a decision about such a row. Keep out: which rows are set aside (`raw_zone/quarantine.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from pipelines.ledger.models import QuarantineDecision
from pipelines.ledger.store import Ledger


@dataclass(frozen=True)
class Decided:
    """The decision that counts for a row."""

    row_key: str
    reason: str
    person_id: str
    decided_at: dt.datetime


@dataclass(frozen=True)
class Row:
    """A row as it is decided about: `SetAside.key`, its feed, and its place in words."""

    key: str
    source: str
    entity: str
    place: str


def accepted(ledger: Ledger) -> dict[str, Decided]:
    """Rows whose last decision is that they may stay out, by key."""
    with ledger.reading() as session:
        rows = session.execute(
            select(QuarantineDecision).order_by(QuarantineDecision.decision_id)
        ).scalars()
        last = {row.row_key: row for row in rows}
        return {
            key: Decided(key, row.reason, row.person_id, row.decided_at)
            for key, row in last.items()
            if row.decision == "accepted"
        }


def decide(
    ledger: Ledger, rows: Iterable[Row], decision: str, reason: str, person: str, now: dt.datetime
) -> int:
    """Record `accepted` or `reopened` for rows that it changes something for; how many there were."""
    known = accepted(ledger)
    changed = [row for row in rows if (row.key in known) != (decision == "accepted")]
    with ledger.writing() as session:
        session.add_all(
            QuarantineDecision(
                row_key=row.key,
                decision=decision,
                source=row.source,
                entity=row.entity,
                place=row.place,
                reason=reason,
                person_id=person,
                decided_at=now,
            )
            for row in changed
        )
    return len(changed)
