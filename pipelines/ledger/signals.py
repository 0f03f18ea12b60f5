"""Risks reported by hand; each becomes an episode of rule `reported` with the same life.

Add here: what a reported risk must say. Keep out: what people then do about it (`responses.py`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection
from decimal import Decimal

from pipelines.entities import SCOPE_TYPES
from pipelines.language import text as words
from pipelines.ledger.change_log import log_change
from pipelines.ledger.models import Episode, Signal
from pipelines.ledger.refusals import Answer, Refused, done
from pipelines.ledger.response_rows import LONGEST_TEXT
from pipelines.ledger.store import Ledger
from pipelines.ledger.transitions import LEVELS

RULE = "reported"


def parse_scope(text: str) -> tuple[str, str]:
    """`team:T01` as (team, T01); `company` alone will do for the company. Refused otherwise."""
    scope_type, _, scope_id = (part.strip() for part in text.partition(":"))
    if scope_type == "company" and not scope_id:
        scope_id = "company"
    if scope_type not in SCOPE_TYPES or not scope_id:
        accepted = "|".join(SCOPE_TYPES)
        raise Refused(
            words("ledger.refused.no_scope", text=text, accepted=accepted),
        )
    return scope_type, scope_id


def add_signal(
    ledger: Ledger,
    scope_type: str,
    scope_id: str,
    text: str,
    person_id: str,
    *,
    now: dt.datetime,
    today: dt.date,
    level: str = "warning",
    amount_at_risk: Decimal | None = None,
    owner_id: str | None = None,
    scope_name: str | None = None,
    scopes: Collection[tuple[str, str]] | None = None,
) -> Answer:
    """Record a risk that somebody reports. The same report by the same person on a day is one.

    `owner_id` is who is to answer (who leads the scope). `scopes` are those that exist, if known.
    The episode opens at `level`, is never withdrawn by an evaluation, and ends when resolved.
    """
    scope_type, scope_id = parse_scope(f"{scope_type}:{scope_id}")
    text = text.strip()
    if not text or len(text) > LONGEST_TEXT:
        raise Refused(
            words("ledger.refused.say_risk", longest_text=LONGEST_TEXT),
        )
    if not person_id.strip():
        raise Refused(words("ledger.refused.no_reporter"))
    if level not in LEVELS:
        raise Refused(
            words("ledger.refused.no_level", level=level, levels=[*LEVELS]),
        )
    if scopes is not None and (scope_type, scope_id) not in scopes:
        raise Refused(
            words("ledger.refused.no_such_scope", scope_type=scope_type, scope_id=scope_id)
        )
    content = "\n".join((today.isoformat(), person_id, scope_type, scope_id, text))
    alert_id = f"reported-{hashlib.sha256(content.encode()).hexdigest()[:16]}"
    with ledger.writing() as session:
        ledger.serialise(session)
        if session.get(Signal, alert_id) is not None:
            return done("signal", alert_id, new=False)
        episode = Episode(
            alert_id=alert_id,
            rule=RULE,
            rule_version="1",
            metric=RULE,
            scope_type=scope_type,
            scope_id=scope_id,
            scope_name=scope_name,
            period_start=today.replace(day=1),
            opened_on=today,
            as_of=today,
            level=level,
            peak_level=level,
            state="open",
            amount_at_risk=amount_at_risk,
            owner_id=owner_id,
            message=text,
            details=json.dumps({"reported_by": person_id}, ensure_ascii=False),
            origin="reported",
            recorded_at=now,
            level_since=today,
            withdrawn=False,
            epoch=1,
            changes=0,
        )
        session.add(episode)
        session.flush()
        session.add(
            Signal(
                alert_id=alert_id,
                person_id=person_id,
                scope_type=scope_type,
                scope_id=scope_id,
                text=text,
                reported_at=now,
            )
        )
        log_change(session, episode, "opened", level_from=None, as_of=today, now=now)
        return done("signal", alert_id)
