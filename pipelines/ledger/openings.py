"""Every opening of an alert with what came of it, from the logs, as known on a given day.

Add here: a fact about one opening that scores and the case library share.
Keep out: how it is counted (`scores.py`) and the marts' columns (`publishing.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import select

from pipelines.ledger.models import Episode, EpisodeChange, Notice, Response, Telling
from pipelines.ledger.store import Ledger
from pipelines.ledger.tonight import Tonight
from pipelines.ledger.transitions import ENDS, PROPOSED_OUTCOME

COLUMNS = (
    "alert_id",
    "epoch",
    "rule",
    "origin",
    "scope_type",
    "scope_id",
    "scope_name",
    "person_id",
    "level",
    "opened_on",
    "told_at",
    "first_response_at",
    "first_plan_at",
    "ended_on",
    "outcome",
    "resolved_by",
    "resolved_at",
    "note",
    "plans",
)
_OF_EPISODES = (
    Episode.alert_id,
    Episode.rule,
    Episode.origin,
    Episode.scope_type,
    Episode.scope_id,
    Episode.scope_name,
    Episode.owner_id,
)
_OF_CHANGES = (
    EpisodeChange.change_id,
    EpisodeChange.alert_id,
    EpisodeChange.epoch,
    EpisodeChange.change,
    EpisodeChange.as_of,
    EpisodeChange.recorded_at,
    EpisodeChange.level_to,
)


def openings_frame(
    ledger: Ledger, *, as_of: dt.date, timezone: ZoneInfo, tonight: Tonight | None = None
) -> pd.DataFrame:
    """One row per alert and opening (a return counts anew), up to the end of the day `as_of`; with what a
    night of that day will change (`tonight`), where it is not recorded yet.

    `person_id` is who was to answer: whom it was assigned to, else the owner. `opened_on` is the
    as-of day on which the ledger opened it, `told_at` when the first notice of it was sent, or
    when it was recorded if none was. `outcome` is the one a person gave, else what the end of the
    episode says (recovered, data_error, rule_changed), else None. Episodes that were over when first seen are not
    here: nobody could answer them.
    """
    with ledger.reading() as session:
        # Their columns and not themselves: an object for each of thousands is what costs.
        episodes: dict[str, Any] = {
            row.alert_id: row for row in session.execute(select(*_OF_EPISODES))
        }
        changes = session.execute(
            select(*_OF_CHANGES)
            .where(EpisodeChange.as_of <= as_of)
            .order_by(EpisodeChange.alert_id, EpisodeChange.number)
        ).all()
        responses = [
            response
            for response in session.scalars(select(Response).order_by(Response.response_id))
            if response.acted_at.astimezone(timezone).date() <= as_of
        ]
        sent = session.execute(
            select(Telling.change_id, Notice.sent_at)
            .join(Notice, Notice.notice_key == Telling.notice_key)
            .where(Notice.sent_at.is_not(None))
        ).all()
    first_sent: dict[int, dt.datetime] = {}
    for change_id, sent_at in sent:
        if sent_at is not None:
            first_sent[change_id] = min(sent_at, first_sent.get(change_id, sent_at))
    log: dict[tuple[str, int], list[Any]] = {}
    episodes |= tonight.rows if tonight else {}
    for change in (*changes, *(tonight.changes if tonight else ())):
        log.setdefault((change.alert_id, change.epoch), []).append(change)
    answers: dict[tuple[str, int], list[Response]] = {}
    assigned: dict[str, list[Response]] = {}
    for response in responses:
        answers.setdefault((response.alert_id, response.epoch), []).append(response)
        if response.action == "assign":
            assigned.setdefault(response.alert_id, []).append(response)
    rows = []
    for (alert_id, epoch), log_rows in sorted(log.items()):
        if log_rows[0].change not in {"opened", "reopened"}:
            continue
        holders = [row for row in assigned.get(alert_id, []) if row.epoch <= epoch]
        rows.append(
            _opening(
                episodes[alert_id],
                log_rows,
                answers.get((alert_id, epoch), []),
                holders[-1].assigned_to if holders else episodes[alert_id].owner_id,
                first_sent,
            )
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _opening(
    episode: Any,
    changes: list[Any],
    responses: list[Response],
    person_id: str | None,
    first_sent: dict[int, dt.datetime],
) -> dict[str, object]:
    opening = changes[0]
    # An end after which the night of the same day took it up again is none.
    last = [change for change in changes if change.change != "overdue"][-1]
    end = last if last.change in ENDS else None
    resolution = next((row for row in responses if row.action == "resolve"), None)
    plans = [row for row in responses if row.action == "plan"]
    if resolution is not None:
        outcome = resolution.outcome
    else:
        outcome = PROPOSED_OUTCOME.get(end.change) if end else None
    return {
        "alert_id": episode.alert_id,
        "epoch": opening.epoch,
        "rule": episode.rule,
        "origin": episode.origin,
        "scope_type": episode.scope_type,
        "scope_id": episode.scope_id,
        "scope_name": episode.scope_name or episode.scope_id,
        "person_id": person_id,
        "level": opening.level_to,
        "opened_on": opening.as_of,
        "told_at": _earliest(first_sent[c.change_id] for c in changes if c.change_id in first_sent)
        or opening.recorded_at,
        "first_response_at": _earliest(row.acted_at for row in responses),
        "first_plan_at": _earliest(row.acted_at for row in plans),
        "ended_on": end.as_of if end else None,
        "outcome": outcome,
        "resolved_by": resolution.person_id if resolution else None,
        "resolved_at": resolution.acted_at if resolution else None,
        "note": resolution.text if resolution else None,
        "plans": [row.text for row in plans],
    }


def _earliest(instants: Iterable[dt.datetime]) -> dt.datetime | None:
    return min(instants, default=None)


def hours_between(start: dt.datetime, end: dt.datetime | None) -> float | None:
    """Clock hours, weekends included; 0 when somebody acted before being told, None if never."""
    if end is None or pd.isna(end):
        return None
    return max((end - start).total_seconds(), 0.0) / 3600
