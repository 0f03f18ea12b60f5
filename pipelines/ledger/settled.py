"""What people called the new normal: from then on a figure is held against its new level.

Add here: another answer that changes a yardstick. Keep out: the yardstick (`pipelines/alerting`).
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select

from pipelines.ledger.models import Episode
from pipelines.ledger.store import Ledger

NEW_NORMAL = "new_normal"


@dataclass(frozen=True)
class NewNormal:
    """The figure of a rule in a scope, and the day on which somebody said so."""

    rule: str
    scope_type: str
    scope_id: str
    dimension: str
    day: dt.date


def new_normals(ledger: Ledger, *, as_of: dt.date, timezone: ZoneInfo) -> list[NewNormal]:
    """Every such answer up to a day, oldest first."""
    with ledger.reading() as session:
        rows = list(session.scalars(select(Episode).where(Episode.outcome == NEW_NORMAL)))
    found = []
    for row in rows:
        if row.resolved_at is None:
            continue
        day = row.resolved_at.astimezone(timezone).date()
        if day <= as_of:
            dimension = str(json.loads(row.details or "{}").get("dimension") or "")
            found.append(NewNormal(row.rule, row.scope_type, row.scope_id, dimension, day))
    return sorted(found, key=lambda n: (n.day, n.rule, n.scope_type, n.scope_id, n.dimension))
