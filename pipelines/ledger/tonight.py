"""What the evaluation of a day changes in the ledger: decided here, told by the marts, logged by the recording.

Add here: what one run of a day makes of the alerts that are known. Keep out: when one alert has changed
(`transitions.py`), what ends one that the evaluation does not yield (`leftovers.py`), the database's rows.

The marts are written before the ledger is. Both ask this module, so that a night says of its alerts what
the ledger will know of them, and a second run of the day, which finds it there, says the same. What an
earlier run of the day has ended is judged anew, as if that run had not been.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipelines.ledger.episode_frames import plain
from pipelines.ledger.leftovers import dissolved
from pipelines.ledger.models import Episode, EpisodeChange, Run
from pipelines.ledger.mornings import as_in_the_morning
from pipelines.ledger.transitions import ENDS, GONE, Change, Standing, change_again, change_of, rank


@dataclass(frozen=True)
class Known:
    """What the ledger holds of evaluated alerts when a day is judged.

    `stored`: all, by alert_id in order; `episodes`: the same as the first run of the day found them.
    `ended`: of them, what the last run of the day ended, and how. `later`: a later day is recorded, so this
    one is told as it is stored and changes nothing.
    """

    stored: Mapping[str, Episode]
    episodes: Mapping[str, Any]
    ended: Mapping[str, Change]
    later: bool


def known_on(session: Session, as_of: dt.date) -> Known:
    """The ledger before a run of the day `as_of` is recorded."""
    query = select(Episode).order_by(Episode.alert_id)
    stored = {episode.alert_id: episode for episode in session.scalars(query)}
    logged = (
        select(EpisodeChange.alert_id, EpisodeChange.change)
        .where(EpisodeChange.as_of == as_of, EpisodeChange.change != "overdue")
        .order_by(EpisodeChange.number)
    )
    last: dict[str, Any] = dict(session.execute(logged).tuples().all())
    ended: dict[str, Change] = {ident: what for ident, what in last.items() if what in ENDS}
    recorded = session.scalar(select(func.max(Run.as_of)))
    if recorded is not None and as_of < recorded:
        return Known(stored, stored, ended, True)
    found = {
        ident: as_in_the_morning(episode, as_of, ended=ident in ended)
        for ident, episode in stored.items()
    }
    return Known(stored, found, ended, False)


def adopted(
    known: Known, alerts: pd.DataFrame, new_names: Mapping[str, str] = MappingProxyType({})
) -> pd.DataFrame:
    """The frame with the ids under which the ledger knows its open alerts.

    A changed limit may move the day of an opening, and with it the id. An open alert of the ledger that
    the evaluation no longer yields is the open one of the same rule, scope and dimension, if there is
    exactly one: plans and answers stay with it. So is one that an earlier run of the day has ended.
    `new_names`: of rules, by the name in the ledger.
    """
    if alerts.empty:
        return alerts
    evaluated = [one for one in known.episodes.values() if one.origin == "evaluated"]
    ids = {str(alert_id) for alert_id in alerts["alert_id"]}
    heard_of = {episode.alert_id for episode in evaluated}
    new: dict[tuple[str, ...], list[str]] = {}
    for row in alerts[alerts["state"] == "open"].to_dict("records"):
        if str(row["alert_id"]) not in heard_of:
            key = tuple(str(row[name] or "") for name in ("rule", "scope_type", "scope_id"))
            dimension = str(row.get("dimension") or "")
            new.setdefault((*key, dimension), []).append(str(row["alert_id"]))
    known_by: dict[str, str] = {}
    for episode in sorted(evaluated, key=lambda one: (one.opened_on, one.alert_id), reverse=True):
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


@dataclass(frozen=True)
class Seen:
    """One row of the evaluation, as far as it decides a change."""

    alert_id: str
    rule: str
    level: str
    state: str
    amount: Decimal | None


def seen_in(alerts: pd.DataFrame) -> list[Seen]:
    """The rows of a frame of alerts."""
    columns = (alerts[n] for n in ("alert_id", "rule", "level", "state", "amount_at_risk"))
    return [
        Seen(str(ident), str(rule), str(level), str(state), money(amount))
        for ident, rule, level, state, amount in zip(*columns, strict=True)
    ]


def money(value: Any) -> Decimal | None:
    """An amount as the ledger keeps it; None for any missing one."""
    amount = plain(value)
    return None if amount is None else round(Decimal(str(amount)), 2)


def stays_resolved(episode: Any, level: str) -> bool:
    """Whether an open alert is one that a person has closed, and that has not become worse since."""
    resolved = episode is not None and episode.resolved_at is not None
    return resolved and rank(level) <= rank(episode.level)


def gone_of(alerts: pd.DataFrame) -> dict[str, Change]:
    """The end of each alert that is in the frame only because the ledger has it, by alert_id."""
    if "proposed_outcome" not in alerts:
        return {}
    over = alerts[(alerts["state"] == "closed") & alerts["proposed_outcome"].isin(GONE)]
    ends = (GONE[outcome] for outcome in over["proposed_outcome"])
    return dict(zip(over["alert_id"], ends, strict=True))


@dataclass(frozen=True)
class Coming:
    """A row of the change log as the recording of tonight will write it; never told yet."""

    alert_id: str
    epoch: int
    change: Change
    as_of: dt.date
    level_to: str
    change_id: None = None
    recorded_at: None = None


@dataclass(frozen=True)
class Tonight:
    """What the recording will change. `rows`: the alerts it writes, by alert_id, as the ledger then has them."""

    changes: Sequence[Coming]
    rows: Mapping[str, Any]


_WRITTEN = ("alert_id", "rule", "scope_type", "scope_id", "scope_name", "owner_id")


def tonight_of(
    known: Known,
    alerts: pd.DataFrame,
    gone: Mapping[str, Change],
    as_of: dt.date,
    not_evaluated: Collection[str],
) -> Tonight:
    """The same of a whole frame of alerts, reported ones among them, before it is recorded."""
    if known.later:
        return Tonight((), {})
    reported = [i for i, episode in known.episodes.items() if episode.origin != "evaluated"]
    alerts = alerts[~alerts["alert_id"].isin(reported)]
    levels = dict(zip(alerts["alert_id"], alerts["level"], strict=True))
    changes = []
    for ident, change in changes_of(known, seen_in(alerts), gone, as_of, not_evaluated).items():
        episode = known.episodes.get(ident)
        epoch = (episode.epoch if episode else 1) + (change == "reopened")
        level = levels[ident] if episode is None or ident not in gone else episode.level
        changes.append(Coming(ident, epoch, change, as_of, level))
    written = alerts[[*_WRITTEN]].assign(origin="evaluated")
    written = written.astype(object).where(written.notna(), None)
    return Tonight(changes, {str(row.alert_id): row for row in written.itertuples(index=False)})


def changes_of(
    known: Known,
    rows: Iterable[Seen],
    gone: Mapping[str, Change],
    as_of: dt.date,
    not_evaluated: Collection[str] = (),
) -> dict[str, Change]:
    """What a run of `as_of` changes, by alert_id in order; `gone` are rows that end as it says.

    Open alerts that are in neither are withdrawn, unless their rule is in `not_evaluated`. Nothing where a
    later day is recorded.
    """
    if known.later:
        return {}
    found: dict[str, Change | None] = {}
    given = {row.alert_id: row for row in rows if row.alert_id not in gone}
    for ident, row in given.items():
        episode, ended = known.stored.get(ident), known.ended.get(ident)
        seen = Standing(row.level, row.state, row.amount)
        if episode is None:
            found[ident] = change_of(None, seen)
        elif ended is not None or episode.rule not in not_evaluated:
            morning = standing_of(known.episodes[ident])
            found[ident] = change_again(morning, standing_of(episode), ended, seen)
    for ident, episode in known.episodes.items():
        if ident in given or episode.origin != "evaluated" or episode.rule in not_evaluated:
            continue
        if episode.state == "open":
            end = gone.get(ident) or ("recovered" if dissolved(episode, as_of) else "withdrawn")
            found[ident] = None if end == known.ended.get(ident) else end
    return {ident: change for ident, change in sorted(found.items()) if change is not None}


def standing_of(episode: Any) -> Standing:
    """Where an episode stands."""
    resolved = episode.resolved_at is not None
    return Standing(episode.level, episode.state, episode.amount_marked, resolved)
