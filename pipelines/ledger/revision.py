"""A short text that changes whenever a person has answered something.

Add here: nothing else. Keep out: what the answers are (`responses.py`, `signals.py`).
"""

from __future__ import annotations

from sqlalchemy import func, select

from pipelines.ledger.models import Comment, QuarantineDecision, Response, Signal, Snooze
from pipelines.ledger.store import Ledger


def ledger_revision(ledger: Ledger) -> str:
    """Counts of the answers given so far; the night's own recordings do not count.

    A night whose inputs are the same may stand only if nobody has answered since, for the answers
    are published with the marts.
    """
    with ledger.reading() as session:
        counts = [
            session.scalar(select(func.count()).select_from(table))
            for table in (Response, Comment, Snooze, Signal, QuarantineDecision)
        ]
    return "-".join(str(count) for count in counts)
