"""The change log of episodes: one row for whatever happens to one.

Add here: what a change does to its episode. Keep out: when an episode has changed (`transitions.py`), and
frames: the board reads this module and does without the library for them.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy.orm import Session

from pipelines.ledger.models import Episode, EpisodeChange
from pipelines.ledger.transitions import PROPOSED_OUTCOME, RISES, Change


def log_change(
    session: Session,
    episode: Episode,
    change: Change,
    *,
    level_from: str | None,
    as_of: dt.date,
    now: dt.datetime,
    run_id: str | None = None,
    step: str | None = None,
    person_id: str | None = None,
) -> None:
    """Append one row to the change log and bring the episode's own bookkeeping with it."""
    if change == "reopened":
        episode.epoch += 1
        episode.withdrawn = False
        episode.acknowledged_at = episode.planned_at = None
        episode.resolved_at = episode.resolved_by = episode.outcome = None
    if change in RISES:
        # A higher level has to be seen anew, though a plan made for the lower one stays.
        episode.level_since, episode.seen_at = as_of, None
    if change != "overdue":
        # The mark moves with a change only, so that an amount that swings is told once.
        episode.amount_marked = episode.amount_at_risk or Decimal(0)
        episode.proposed_outcome = PROPOSED_OUTCOME.get(change)
    episode.changes += 1
    session.add(
        EpisodeChange(
            alert_id=episode.alert_id,
            number=episode.changes,
            epoch=episode.epoch,
            change=change,
            level_from=level_from,
            level_to=episode.level,
            step=step,
            person_id=person_id,
            as_of=as_of,
            run_id=run_id,
            recorded_at=now,
        )
    )
