"""Warnings as JSON, as they stand now: what the night said, and what people have answered since.

Add here: a field of a warning, a filter. Keep out: whose they are (`reading/slicing.py`, `reading/cards.py`).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Select, and_, or_, select

from pipelines.board.api.asking import limit_of, make_cursor, next_address, read_cursor
from pipelines.board.api.fields import Wrong
from pipelines.board.api.marts import BASE, publication
from pipelines.board.reading.cards import owned_by_visible, sees_signal, visible_drivers
from pipelines.board.reading.standing import Standing, standings
from pipelines.board.site import NotHere, Visit
from pipelines.language import text
from pipelines.ledger.lookup import History, show_alert
from pipelines.ledger.models import Episode
from pipelines.notifying.describing import title_of

_EXACT = {
    "level": Episode.level, "rule": Episode.rule, "metric": Episode.metric,
    "owner_id": Episode.owner_id, "assigned_to": Episode.assigned_to, "origin": Episode.origin,
}  # fmt: skip
_DAYS = ("opened_from", "opened_to")
STATES = ("open", "recovered", "closed")
FILTERS = (*_EXACT, *_DAYS, "state", "scope")


def listed(visit: Visit) -> dict[str, Any]:
    """One page of warnings, the newest first. Raises Wrong."""
    query = visit.request.query_params
    limit, visible = limit_of(query), _visible(visit)
    found: list[str] = []
    with visit.site.ledger.reading() as session:
        rows = session.execute(_asked(visit))
        days: dict[str, dt.date] = {}
        for ident, opened, origin in rows:
            if ident in visible or origin == "reported":
                found.append(ident)
                days[ident] = opened
    # Reported by hand and not yet in the marts: whose it is stands in the ledger alone.
    hand = [ident for ident in found if ident not in visible]
    seen = standings(visit.site.ledger, hand)
    found = [
        ident for ident in found
        if ident in visible or (ident in seen and sees_signal(visit.viewer, seen[ident].alert))
    ]  # fmt: skip
    page = found[:limit]
    now = standings(visit.site.ledger, page)
    more = make_cursor(days[page[-1]].isoformat(), page[-1]) if len(found) > limit else None
    return {
        "publication": publication(visit),
        "warnings": [_warning(visit, now[ident]) for ident in page if ident in now],
        "next": next_address(f"{BASE}/warnings", query, more),
    }


def one(visit: Visit) -> dict[str, Any]:
    """One warning with all that happened to it. Raises NotHere outside the slice."""
    ident = visit.request.path_params["id"]
    standing = standings(visit.site.ledger, [ident]).get(ident)
    if standing is None or not (
        ident in _visible(visit)
        or (standing.alert.origin == "reported" and sees_signal(visit.viewer, standing.alert))
    ):
        raise NotHere
    history = show_alert(visit.site.ledger, ident)
    return {
        "publication": publication(visit),
        "warning": _warning(visit, standing),
        "events": _events(history),
    }


def _visible(visit: Visit) -> set[str]:
    """Ids of the published warnings that the reader may see; rules on trial are nobody's yet."""
    has_mode = visit.marts.has_column("fct_alerts", "mode")
    on_trial = "coalesce(mode, '') <> 'watch'" if has_mode else "true"
    return {row["alert_id"] for row in visit.marts.rows("fct_alerts", "alert_id", where=on_trial)}


def _asked(visit: Visit) -> Select[str, dt.date, str]:
    query = visit.request.query_params
    for key in query:
        if key not in (*FILTERS, "limit", "cursor"):
            raise Wrong(text("api.wrong.filter", name=key[:60]))
    wanted = select(Episode.alert_id, Episode.opened_on, Episode.origin)
    for name, column in _EXACT.items():
        if name in query:
            wanted = wanted.where(column.in_(query.getlist(name)))
    if "state" in query:
        state = query["state"]
        if state not in STATES:
            raise Wrong(text("api.wrong.one_of", name="state", given=state[:60], known=[*STATES]))
        closed = and_(Episode.state == "open", Episode.resolved_at.is_not(None))
        is_open = and_(Episode.state == "open", Episode.resolved_at.is_(None))
        wanted = wanted.where(
            is_open if state == "open"
            else or_(Episode.state == "closed", closed) if state == "closed"
            else Episode.state == state
        )  # fmt: skip
    if "scope" in query:
        kind, _, ident = query["scope"].partition(":")
        wanted = wanted.where(Episode.scope_type == kind, Episode.scope_id == (ident or kind))
    for name in _DAYS:
        if name in query:
            limit, opened_on = _day(name, query[name]), Episode.opened_on
            wanted = wanted.where(
                opened_on >= limit if name == "opened_from" else opened_on <= limit
            )
    if "cursor" in query:
        day, last = read_cursor(query["cursor"], (str, str))
        opened = _day("cursor", day)
        wanted = wanted.where(
            or_(
                Episode.opened_on < opened,
                and_(Episode.opened_on == opened, Episode.alert_id > last),
            )
        )
    return wanted.order_by(Episode.opened_on.desc(), Episode.alert_id)


def _day(name: str, written: str) -> dt.date:
    try:
        return dt.date.fromisoformat(written)
    except ValueError:
        raise Wrong(text("api.wrong.value", name=name, given=written[:60], type="date")) from None


def _warning(visit: Visit, standing: Standing) -> dict[str, Any]:
    alert, details = standing.alert, standing.alert.details
    whole = visit.viewer.sees_all or alert.origin == "reported"
    return {
        "alert_id": alert.alert_id,
        "case_id": details.get("case_id") or None,
        "role": details.get("role") or None,
        "origin": alert.origin,
        "rule": alert.rule,
        "title": title_of(alert, visit.language),
        "metric": alert.metric,
        "scope_type": alert.scope_type,
        "scope_id": alert.scope_id,
        "scope_name": visit.scope_name(alert.scope_type, alert.scope_id, alert.scope_name),
        "dimension": details.get("dimension") or None,
        "level": alert.level,
        "peak_level": alert.peak_level,
        "state": alert.state,
        "opened_on": alert.opened_on,
        "closed_on": alert.closed_on,
        "as_of": alert.as_of,
        "value": alert.value,
        "expected": alert.expected,
        "limit_value": alert.limit_value,
        "amount_at_risk": None if alert.amount_at_risk is None else float(alert.amount_at_risk),
        "probability": alert.probability,
        "owner_id": alert.owner_id,
        # The sentence names whoever drives the figure: it is for those who see them all.
        "message": alert.message if whole else None,
        "drivers": visible_drivers(alert, visit.viewer),
        "deals": owned_by_visible(details.get("deals"), visit.viewer),
        "accounts": owned_by_visible(details.get("accounts"), visit.viewer),
        "acknowledged_at": alert.acknowledged_at,
        "assigned_to": alert.assigned_to,
        "planned_at": alert.planned_at,
        "plan": standing.plan or None,
        "snoozed_until": alert.snoozed_until,
        "resolved_at": alert.resolved_at,
        "resolved_by": alert.resolved_by,
        "outcome": alert.outcome,
        "standing": standing.key,
        "link": f"{visit.site.book.links.base_url.rstrip('/')}/warnings/{alert.alert_id}",
    }


def _events(history: History) -> list[dict[str, Any]]:
    """Changes of the level, answers and remarks, oldest first. `at` is a moment in UTC."""
    events = [
        {"at": change.recorded_at, "kind": "change", "what": change.change, "level": change.level_to,
         "person_id": change.person_id, "text": None}
        for change in history.changes
    ]  # fmt: skip
    events += [
        {"at": answer.acted_at, "kind": "answer", "what": answer.action, "level": None,
         "person_id": answer.person_id, "text": answer.text or None}
        for answer in history.responses
    ]  # fmt: skip
    events += [
        {"at": remark.written_at, "kind": "comment", "what": "comment", "level": None,
         "person_id": remark.person_id, "text": remark.text}
        for remark in history.comments
    ]  # fmt: skip
    return sorted(events, key=lambda event: event["at"])
