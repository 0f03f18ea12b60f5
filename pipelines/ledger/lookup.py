"""Finding alerts: by id or the beginning of an id, open or all, one with its whole history.

Add here: a read that the command line, the links and the board share.
Keep out: frames for the published marts (`publishing.py`).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipelines.language import text
from pipelines.ledger.models import Comment, Episode, EpisodeChange, Notice, Response, Snooze
from pipelines.ledger.refusals import NotFound
from pipelines.ledger.store import Ledger


@dataclass(frozen=True)
class Alert:
    """An episode as it stood when read. `state` is open, recovered or closed, people included.

    `details` holds every column that the evaluation gave beyond those of `fct_alerts`.
    """

    alert_id: str
    rule: str
    rule_version: str
    metric: str
    scope_type: str
    scope_id: str
    scope_name: str
    period_start: dt.date | None
    opened_on: dt.date
    closed_on: dt.date | None
    as_of: dt.date
    level: str
    peak_level: str
    state: str
    value: float | None
    expected: float | None
    limit_value: float | None
    sample_size: int | None
    amount_at_risk: Decimal | None
    probability: float | None
    owner_id: str | None
    message: str
    drivers: Any
    details: dict[str, Any]
    origin: str
    level_since: dt.date
    withdrawn: bool
    proposed_outcome: str | None
    acknowledged_at: dt.datetime | None
    seen_at: dt.datetime | None
    assigned_to: str | None
    planned_at: dt.datetime | None
    snoozed_until: dt.date | None
    resolved_at: dt.datetime | None
    resolved_by: str | None
    outcome: str | None

    @property
    def responsible(self) -> str | None:
        """Who is to answer: whom it was assigned to, else the owner."""
        return self.assigned_to or self.owner_id

    @property
    def weight(self) -> float:
        """Money at risk × probability (1 where none is given), for ranking."""
        chance = 1.0 if self.probability is None else self.probability
        return float(self.amount_at_risk or 0) * chance

    def snoozed(self, day: dt.date) -> bool:
        """Whether the alert is paused on that day; the day of `snoozed_until` is its last."""
        return self.snoozed_until is not None and day <= self.snoozed_until


@dataclass(frozen=True)
class History:
    """Everything the ledger has on one alert, each list oldest first."""

    alert: Alert
    changes: list[EpisodeChange] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    snoozes: list[Snooze] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


def effective_state(state: str, resolved_at: dt.datetime | None) -> str:
    """What the evaluation says, unless a person has closed the alert."""
    return "closed" if resolved_at is not None and state == "open" else state


def as_alert(episode: Episode) -> Alert:
    """A frozen copy of an episode, free of its session."""
    values = {
        name: getattr(episode, name)
        for name in Alert.__dataclass_fields__
        if name not in {"state", "scope_name", "message", "drivers", "details"}
    }
    return Alert(
        **values,
        state=effective_state(episode.state, episode.resolved_at),
        scope_name=episode.scope_name or episode.scope_id,
        message=episode.message or "",
        drivers=_parsed(episode.drivers),
        details=_details(episode.details),
    )


def _details(stored: str) -> dict[str, Any]:
    try:
        return orjson.loads(stored)  # names that all warnings have are held once
    except orjson.JSONDecodeError:
        return json.loads(stored)  # figures that are none (NaN), as older nights wrote them


def _parsed(drivers: str | None) -> Any:
    try:
        return json.loads(drivers) if drivers else None
    except json.JSONDecodeError:
        return drivers


def list_alerts(
    ledger: Ledger, open_only: bool = True, scopes: Collection[tuple[str, str]] | None = None
) -> list[Alert]:
    """Alerts with the most at risk first: danger before warning, then money × probability.

    `open_only` leaves out what has ended or was resolved. `scopes` keeps only those scopes.
    """
    with ledger.reading() as session:
        query = select(Episode)
        if open_only:
            query = query.where(Episode.state == "open", Episode.resolved_at.is_(None))
        alerts = [as_alert(episode) for episode in session.scalars(query)]
    if scopes is not None:
        alerts = [alert for alert in alerts if (alert.scope_type, alert.scope_id) in scopes]
    return sorted(alerts, key=importance)


def importance(alert: Alert) -> tuple[bool, float, str]:
    """Sort key: danger first, then money × probability, then the id so that order is stable."""
    return (alert.level != "danger", -alert.weight, alert.alert_id)


def show_alert(ledger: Ledger, alert_id: str) -> History:
    """One alert by its id or the beginning of it, with all that happened to it.

    Raises NotFound when no alert, or more than one, begins so.
    """
    with ledger.reading() as session:
        episode = find_episode(session, alert_id)
        key = episode.alert_id

        def rows(model: Any, order: Any) -> list[Any]:
            return list(session.scalars(select(model).where(model.alert_id == key).order_by(order)))

        notices = session.scalars(
            select(Notice)
            .where(Notice.alert_ids.contains(json.dumps(key), autoescape=True))
            .order_by(Notice.notice_id)
        )
        return History(
            as_alert(episode),
            rows(EpisodeChange, EpisodeChange.number),
            rows(Response, Response.response_id),
            rows(Comment, Comment.comment_id),
            rows(Snooze, Snooze.snooze_id),
            list(notices),
        )


def find_episode(session: Session, alert_id: str, *, lock: bool = False) -> Episode:
    """The episode with that id, or the only one whose id begins so.

    `lock` keeps other writers away from the row until the session ends.
    """
    wanted = alert_id.strip()
    exact = session.get(Episode, wanted, with_for_update=lock) if wanted else None
    if exact is not None:
        return exact
    query = (
        select(Episode.alert_id)
        .where(Episode.alert_id.startswith(wanted, autoescape=True))
        .order_by(Episode.alert_id)
        .limit(4)
    )
    matches = list(session.scalars(query)) if wanted else []
    if not matches:
        raise NotFound(
            text("ledger.refused.no_such_alert", wanted=wanted),
        )
    if len(matches) > 1:
        shown = ", ".join(matches[:3]) + (", …" if len(matches) > 3 else "")
        raise NotFound(
            text("ledger.refused.several_alerts", wanted=wanted, shown=shown),
        )
    return session.get_one(Episode, matches[0], with_for_update=lock)
