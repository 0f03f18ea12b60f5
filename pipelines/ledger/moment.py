"""What changes in the ledger whenever something happens to a warning.

Add here: another table whose rows say that something happened. Keep out: what happened.
"""

from __future__ import annotations

from sqlalchemy import func, select

from pipelines.ledger.models import Comment, EpisodeChange, Response, Run, Snooze
from pipelines.ledger.store import Ledger

_NEWEST = (EpisodeChange.change_id, Response.response_id, Comment.comment_id, Run.record_id,
           Snooze.snooze_id)  # fmt: skip


def moment(ledger: Ledger) -> tuple[int | None, ...]:
    """The same as long as no night, answer, signal or remark came; one read of five keys."""
    query = select(*(select(func.max(column)).scalar_subquery() for column in _NEWEST))
    with ledger.reading() as session:
        return tuple(session.execute(query).one().tuple())
