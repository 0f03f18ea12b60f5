"""The ledger as frames for the published marts.

Add here: a mart, or columns of one, that come from the ledger. Keep out: how scores are counted.

All of it is as known at the end of the day `as_of`, so that a past day can be published again.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import select

from pipelines.ledger.due import IsWorkday
from pipelines.ledger.leftovers import RulesTonight, overruled, rows_of
from pipelines.ledger.models import Episode, EpisodeChange, Response
from pipelines.ledger.openings import hours_between, openings_frame
from pipelines.ledger.scores import case_library_frame, response_scores_frame, reward_list
from pipelines.ledger.store import Ledger
from pipelines.ledger.transitions import PROPOSED_OUTCOME, RULE_CHANGED

__all__ = ["alert_responses_frame", "ledger_frames", "merge_ledger_state", "response_scores_frame"]

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


def ledger_frames(
    ledger: Ledger,
    *,
    as_of: dt.date,
    timezone: ZoneInfo,
    is_workday: IsWorkday,
    judged: Collection[str] | None = None,
) -> dict[str, pd.DataFrame]:
    """The marts that come from the ledger alone, by name; rewards are those of the running month.

    `judged`: who is told of alerts. Whoever is not a recipient is never told, so never late either.
    """
    openings = openings_frame(ledger, as_of=as_of, timezone=timezone)
    known: dict[str, Any] = {"as_of": as_of, "timezone": timezone, "openings": openings}
    scores = response_scores_frame(ledger, **known, is_workday=is_workday)
    rewards = reward_list(ledger, month=as_of, **known, is_workday=is_workday, scores=scores)
    return {
        "fct_alert_responses": alert_responses_frame(ledger, **known),
        "rpt_response_scores": _of(judged, scores),
        "rpt_reward_list": _of(judged, rewards, rewards["reason"] == "reported").assign(
            month=as_of.replace(day=1)
        ),
        "rpt_case_library": case_library_frame(ledger, **known),
    }


def _of(
    judged: Collection[str] | None, frame: pd.DataFrame, also: pd.Series | None = None
) -> pd.DataFrame:
    if judged is None:
        return frame
    keep = frame["person_id"].isin(list(judged))
    return frame[keep if also is None else keep | also].reset_index(drop=True)


def alert_responses_frame(
    ledger: Ledger, *, as_of: dt.date, timezone: ZoneInfo, openings: pd.DataFrame | None = None
) -> pd.DataFrame:
    """`fct_alert_responses`: one row per response, oldest first.

    `hours_to_ack` stands on the first response of an opening, `hours_to_plan` on its first plan,
    null elsewhere, so that neither is counted twice. Clock hours from the first notice.
    """
    if openings is None:
        openings = openings_frame(ledger, as_of=as_of, timezone=timezone)
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
) -> pd.DataFrame:
    """The frame of `fct_alerts` with what people did, and the episodes only the ledger has.

    `state` becomes closed once a person resolved an open alert; `STATE_COLUMNS` are added. Rows
    of hand-reported, ended and held-back episodes are appended with what was last said of them: which have
    ended follows from tonight's `rules` (`leftovers.py`), and `proposed_outcome` says why.
    Row order: the given rows as they came, then the appended ones by id.
    """
    states = _states(ledger, as_of, timezone)
    alerts = adopted(ledger, alerts, rules.renamed if rules else {})
    with ledger.reading() as session:
        query = select(Episode).where(Episode.opened_on <= as_of).order_by(Episode.alert_id)
        known = {episode.alert_id: episode for episode in session.scalars(query)}
    given = [str(alert_id) for alert_id in alerts["alert_id"]]
    merged = alerts.drop(columns=[name for name in STATE_COLUMNS if name in alerts.columns])
    over = overruled(merged, known, as_of, rules)
    missing, ended = rows_of(
        [episode for ident, episode in known.items() if ident not in set(given)],
        merged,
        as_of,
        rules,
    )
    if len(missing):
        merged = pd.concat([merged, missing], ignore_index=True) if len(merged) else missing
    ids = [str(alert_id) for alert_id in merged["alert_id"]]
    ended |= {ident: RULE_CHANGED for ident in over if known[ident].state == "open"}
    for ident, outcome in ended.items():
        states.setdefault(ident, {"origin": "evaluated"})["proposed_outcome"] = outcome
    extra = pd.DataFrame(
        [states.get(alert_id, {"origin": "evaluated"}) for alert_id in ids],
        columns=list(STATE_COLUMNS),
    ).astype(STATE_COLUMNS)
    merged = pd.concat([merged.reset_index(drop=True), extra], axis=1)
    resolved = (merged["state"] == "open") & merged["resolved_at"].notna()
    merged.loc[resolved | merged["alert_id"].isin(over), "state"] = "closed"
    for ident, day in over.items():
        merged.loc[merged["alert_id"] == ident, "closed_on"] = day
    return merged


def adopted(
    ledger: Ledger, alerts: pd.DataFrame, new_names: Mapping[str, str] = MappingProxyType({})
) -> pd.DataFrame:
    """The frame with the ids under which the ledger knows its open alerts.

    A changed limit may move the day of an opening, and with it the id. An open alert of the ledger that
    the evaluation no longer yields is the open one of the same rule, scope and dimension, if there is
    exactly one: plans and answers stay with it. `new_names`: of rules, by the name in the ledger.
    """
    if alerts.empty:
        return alerts
    with ledger.reading() as session:
        known = list(session.scalars(select(Episode).where(Episode.origin == "evaluated")))
    ids = {str(alert_id) for alert_id in alerts["alert_id"]}
    heard_of = {episode.alert_id for episode in known}
    new: dict[tuple[str, ...], list[str]] = {}
    for row in alerts[alerts["state"] == "open"].to_dict("records"):
        if str(row["alert_id"]) not in heard_of:
            key = tuple(str(row[name] or "") for name in ("rule", "scope_type", "scope_id"))
            dimension = str(row.get("dimension") or "")
            new.setdefault((*key, dimension), []).append(str(row["alert_id"]))
    known_by: dict[str, str] = {}
    for episode in sorted(known, key=lambda one: (one.opened_on, one.alert_id), reverse=True):
        if episode.state != "open" or episode.alert_id in ids:
            continue
        dimension = str(json.loads(episode.details or "{}").get("dimension") or "")
        rule = new_names.get(episode.rule, episode.rule)
        found = new.pop((rule, episode.scope_type, episode.scope_id, dimension), [])
        if len(found) == 1:
            known_by[found[0]] = episode.alert_id
    if not known_by:
        return alerts
    columns = [name for name in ("alert_id", "parent_alert_id") if name in alerts]
    return alerts.assign(**{name: alerts[name].replace(known_by) for name in columns})


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
