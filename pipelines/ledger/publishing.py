"""The ledger as frames for the published marts.

Add here: a mart, or columns of one, that come from the ledger. Keep out: how scores are counted.

All of it is as known at the end of the day `as_of`, so that a past day can be published again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from sqlalchemy import select

from pipelines.ledger.due import IsWorkday
from pipelines.ledger.leftovers import RulesTonight, overruled, rows_of
from pipelines.ledger.models import Episode, EpisodeChange, Response
from pipelines.ledger.openings import hours_between, openings_frame
from pipelines.ledger.scores import case_library_frame, response_scores_frame, reward_list
from pipelines.ledger.store import Ledger
from pipelines.ledger.tonight import Tonight, adopted, known_on, stays_resolved, tonight_of
from pipelines.ledger.transitions import GONE, PROPOSED_OUTCOME, RULE_CHANGED, Change

__all__ = ["alert_responses_frame", "ledger_frames", "merge_ledger_state"]

RESPONSE_COLUMNS = {
    "response_id": "Int64",
    "alert_id": "str",
    "person_id": "str",
    "action": "str",
    "acted_at": "datetime64[us, UTC]",
    "assigned_to": "str",
    "outcome": "str",
    "until": "datetime64[us]",
    "note": "str",
    "hours_to_ack": "Float64",
    "hours_to_plan": "Float64",
}
STATE_COLUMNS = {
    "origin": "str",
    "acknowledged_at": "datetime64[us, UTC]",
    "assigned_to": "str",
    "planned_at": "datetime64[us, UTC]",
    "snoozed_until": "datetime64[us]",
    "resolved_at": "datetime64[us, UTC]",
    "resolved_by": "str",
    "outcome": "str",
    "proposed_outcome": "str",
    "feedback": "str",
}
# What was done about one opening: a return begins without it.
_OF_AN_OPENING = ("acknowledged_at", "planned_at", "resolved_at", "resolved_by", "outcome")


def ledger_frames(
    ledger: Ledger,
    *,
    as_of: dt.date,
    timezone: ZoneInfo,
    is_workday: IsWorkday,
    judged: Collection[str] | None = None,
    tonight: Tonight | None = None,
) -> dict[str, pd.DataFrame]:
    """The marts that come from the ledger alone, by name; rewards are those of the running month.

    `tonight`: what the night will change in the ledger, told as if it had.

    `judged`: who is told of alerts. Whoever is not a recipient is never told, so never late either.
    """
    openings = openings_frame(ledger, as_of=as_of, timezone=timezone, tonight=tonight)
    scores = response_scores_frame(openings, as_of=as_of, timezone=timezone, is_workday=is_workday)
    rewards = reward_list(ledger, openings, scores, month=as_of)
    return {
        "fct_alert_responses": alert_responses_frame(
            ledger, openings, as_of=as_of, timezone=timezone
        ),
        "rpt_response_scores": _of(judged, scores),
        "rpt_reward_list": _of(judged, rewards, rewards["reason"] == "reported").assign(
            month=as_of.replace(day=1)
        ),
        "rpt_case_library": case_library_frame(openings, timezone=timezone),
    }


def _of(
    judged: Collection[str] | None, frame: pd.DataFrame, also: pd.Series | None = None
) -> pd.DataFrame:
    if judged is None:
        return frame
    keep = frame["person_id"].isin(list(judged))
    return frame[keep if also is None else keep | also].reset_index(drop=True)


def alert_responses_frame(
    ledger: Ledger, openings: pd.DataFrame, *, as_of: dt.date, timezone: ZoneInfo
) -> pd.DataFrame:
    """`fct_alert_responses`: one row per response, oldest first.

    `hours_to_ack` stands on the first response of an opening, `hours_to_plan` on its first plan,
    null elsewhere, so that neither is counted twice. Clock hours from the first notice.
    """
    told = {
        (alert_id, epoch): told_at
        for alert_id, epoch, told_at in zip(
            openings["alert_id"], openings["epoch"], openings["told_at"], strict=True
        )
    }
    seen: set[tuple[str, int]] = set()
    planned: set[tuple[str, int]] = set()
    rows = []
    for response in _responses(ledger, as_of, timezone):
        key = (response.alert_id, response.epoch)
        hours = hours_between(told[key], response.acted_at) if key in told else None
        first, plan = key not in seen, response.action == "plan" and key not in planned
        seen.add(key)
        if plan:
            planned.add(key)
        rows.append(
            {
                "response_id": response.response_id,
                "alert_id": response.alert_id,
                "person_id": response.person_id,
                "action": response.action,
                "acted_at": response.acted_at,
                "assigned_to": response.assigned_to,
                "outcome": response.outcome,
                "until": response.until,
                "note": response.text,
                "hours_to_ack": hours if first else None,
                "hours_to_plan": hours if plan else None,
            }
        )
    return pd.DataFrame(rows, columns=list(RESPONSE_COLUMNS)).astype(RESPONSE_COLUMNS)


def merge_ledger_state(
    ledger: Ledger,
    alerts: pd.DataFrame,
    *,
    as_of: dt.date,
    timezone: ZoneInfo,
    rules: RulesTonight | None = None,
) -> tuple[pd.DataFrame, Tonight]:
    """The frame of `fct_alerts` with what people did, and the episodes only the ledger has; and what it
    will change in the ledger, as which it is told already.

    `state` becomes closed once a person resolved an open alert, until it gets worse; `STATE_COLUMNS` are added. Rows
    of hand-reported, ended and held-back episodes are appended with what was last said of them: which have
    ended follows from tonight's `rules` (`leftovers.py`), and `proposed_outcome` says why.
    Row order: the given rows as they came, then the appended ones by id.
    """
    with ledger.reading() as session:
        known = known_on(session, as_of)
    alerts = adopted(known, alerts, rules.renamed if rules else {})
    ids = {str(alert_id) for alert_id in alerts["alert_id"]}
    merged = alerts.drop(columns=[name for name in STATE_COLUMNS if name in alerts.columns])
    over = overruled(merged, known.episodes, as_of, rules)
    missing, outcomes = rows_of(
        [e for e in known.episodes.values() if e.opened_on <= as_of and e.alert_id not in ids],
        merged,
        as_of,
        rules,
        known.ended,
    )
    if len(missing):
        merged = pd.concat([merged, missing], ignore_index=True) if len(merged) else missing
    merged = merged.reset_index(drop=True)
    idents = merged["alert_id"].astype(str)
    for ident, day in over.items():
        merged.loc[idents == ident, "closed_on"] = day
    states = _states(ledger, as_of, timezone)
    resolved = [
        state == "open"
        and states.get(ident, {}).get("resolved_at") is not None
        and (known.later or stays_resolved(known.episodes.get(ident), level))
        for ident, state, level in zip(idents, merged["state"], merged["level"], strict=True)
    ]
    merged.loc[idents.isin(over) | np.array(resolved, dtype=bool), "state"] = "closed"
    outcomes |= dict.fromkeys(over, RULE_CHANGED)
    gone = {ident: GONE[outcome] for ident, outcome in outcomes.items() if outcome in GONE}
    tonight = tonight_of(known, merged, gone, as_of, rules.refused if rules else ())
    for coming in tonight.changes:
        _follow(states.setdefault(coming.alert_id, {"origin": "evaluated"}), coming.change)
    if known.later:
        for ident, outcome in outcomes.items():
            if known.episodes[ident].state == "open":
                states.setdefault(ident, {"origin": "evaluated"})["proposed_outcome"] = outcome
    extra = pd.DataFrame(
        [states.get(ident, {"origin": "evaluated"}) for ident in idents],
        columns=list(STATE_COLUMNS),
    ).astype(STATE_COLUMNS)
    return pd.concat([merged, extra], axis=1), tonight


def _follow(state: dict[str, object], change: Change) -> None:
    """The state columns of an alert after a change of tonight, as `_states` tells them tomorrow."""
    state["proposed_outcome"] = PROPOSED_OUTCOME.get(change)
    if change == "reopened":
        for name in _OF_AN_OPENING:
            state.pop(name, None)


def _responses(ledger: Ledger, as_of: dt.date, timezone: ZoneInfo) -> list[Response]:
    with ledger.reading() as session:
        query = select(Response).order_by(Response.acted_at, Response.response_id)
        return [
            response
            for response in session.scalars(query)
            if response.acted_at.astimezone(timezone).date() <= as_of
        ]


def _states(ledger: Ledger, as_of: dt.date, timezone: ZoneInfo) -> dict[str, dict[str, object]]:
    """Per alert, the state columns at the end of `as_of`, from the logs rather than from today."""
    with ledger.reading() as session:
        changes = session.execute(
            select(EpisodeChange.alert_id, EpisodeChange.epoch, EpisodeChange.change)
            .where(EpisodeChange.as_of <= as_of)
            .order_by(EpisodeChange.alert_id, EpisodeChange.number)
        ).all()
        origins = dict(session.execute(select(Episode.alert_id, Episode.origin)).tuples().all())
    epochs: dict[str, int] = {}
    states: dict[str, dict[str, object]] = {}
    for alert_id, epoch, change in changes:
        epochs[alert_id] = epoch
        state = states.setdefault(alert_id, {"origin": origins[alert_id]})
        if change != "overdue":
            state["proposed_outcome"] = PROPOSED_OUTCOME.get(change)
    for response in _responses(ledger, as_of, timezone):
        state = states.setdefault(response.alert_id, {"origin": origins[response.alert_id]})
        if response.action == "assign":
            state["assigned_to"] = response.assigned_to
        if response.action == "feedback":
            state["feedback"] = response.outcome
        if response.action == "snooze":
            state["snoozed_until"] = response.until
        if response.epoch != epochs.get(response.alert_id):
            continue
        state.setdefault("acknowledged_at", response.acted_at)
        if response.action == "plan":
            state.setdefault("planned_at", response.acted_at)
        if response.action == "resolve":
            state["resolved_at"] = response.acted_at
            state["resolved_by"], state["outcome"] = response.person_id, response.outcome
    return states
