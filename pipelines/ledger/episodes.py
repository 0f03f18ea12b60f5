"""Recording a night's episodes, so that the same night twice changes nothing.

Add here: how an evaluation enters the ledger. Keep out: when an episode has changed
(`transitions.py`), and what people answer (`responses.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from sqlalchemy.orm import Session

from pipelines.ledger.change_log import log_change
from pipelines.ledger.episode_frames import COLUMNS, read_episodes
from pipelines.ledger.models import Episode, Run
from pipelines.ledger.mornings import begin_today, go_on, keep_morning
from pipelines.ledger.store import Ledger
from pipelines.ledger.tonight import Known, changes_of, gone_of, known_on, seen_in
from pipelines.ledger.transitions import PROPOSED_OUTCOME, Change

_LISTED = ("raised", "eased", "doubled", "recovered", "closed", "withdrawn", "rule_changed",
           "recorded", "resumed")  # fmt: skip


@dataclass(frozen=True)
class Changes:
    """What a recording changed: alert ids by kind of change, each list in order of id.

    `opened` holds those that came back as well. `recorded` were over when first seen, `resumed` had
    been ended by an earlier run of the day.
    `unchanged` is a count. `stale`: the ledger already knows a later day, so nothing was done.
    """

    opened: list[str] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    eased: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    recovered: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    rule_changed: list[str] = field(default_factory=list)
    recorded: list[str] = field(default_factory=list)
    resumed: list[str] = field(default_factory=list)
    unchanged: int = 0
    stale: bool = False

    @property
    def any(self) -> bool:
        """Whether an episode opened, ended or changed its level."""
        return bool(self.opened) or any(getattr(self, name) for name in _LISTED)


def record_episodes(
    ledger: Ledger,
    episodes: pd.DataFrame,
    *,
    as_of: dt.date,
    run_id: str,
    now: dt.datetime | None = None,
    not_evaluated: Collection[str] = (),
) -> Changes:
    """Bring the ledger to what the evaluation of `as_of` says; idempotent.

    `episodes` has the columns of `fct_alerts` and holds every episode that the evaluation yields
    up to `as_of`, past ones included. Open episodes that it no longer yields are withdrawn: closed
    with the proposed outcome data_error, or with the one that the frame states for them
    (`leftovers.py`: their rule was changed or removed). Not so for rules named in `not_evaluated` (untrusted
    data, a broken rule), whose episodes stay as they are, nor for hand-reported ones. An
    evaluation of a day before the last recorded one changes nothing.

    `now` is when this is recorded (default: the clock). Raises PermanentFailure for a frame that
    cannot be used, in which case nothing is recorded.
    """
    gone = gone_of(episodes)
    rows = read_episodes(episodes[~episodes["alert_id"].isin(gone)] if gone else episodes)
    moment = now or dt.datetime.now(dt.UTC)
    with ledger.writing() as session:
        ledger.serialise(session)
        known, untold = known_on(session, as_of), frozenset(not_evaluated)
        if known.later:
            return Changes(unchanged=len(rows), stale=True)
        tonight = changes_of(known, seen_in(episodes), gone, as_of, untold)
        changes = _record(session, known, rows, tonight, as_of, run_id, moment, untold)
        session.add(
            Run(
                run_id=run_id,
                as_of=as_of,
                recorded_at=moment,
                episodes=len(rows),
                opened=len(changes.opened),
                raised=len(changes.raised),
                eased=len(changes.eased),
                recovered=len(changes.recovered),
            )
        )
        return changes


def _record(
    session: Session,
    known: Known,
    rows: list[dict[str, Any]],
    changes: Mapping[str, Change],
    as_of: dt.date,
    run_id: str,
    now: dt.datetime,
    not_evaluated: frozenset[str],
) -> Changes:
    found: dict[str, list[str]] = {}
    given = {row["alert_id"]: row for row in rows}
    for ident in sorted({*given, *changes}):
        episode, change = known.stored.get(ident), changes.get(ident)
        before = episode.level if episode is not None else None
        row = given.get(ident)
        if row is not None:
            if episode is not None and episode.rule in not_evaluated and change is None:
                continue
            if episode is not None and (
                change or episode.state == "open" or row["level"] != before
            ):
                keep_morning(episode, as_of)
            episode = _take_over(session, episode, row, now)
        assert episode is not None  # what is not given ends, so it is known
        if change is None:
            continue
        if row is None:
            keep_morning(episode, as_of)
            morning = known.episodes[ident]
            episode.level, episode.rule_version = morning.level, morning.rule_version
            episode.state = "recovered" if change == "recovered" else "closed"
            episode.withdrawn = change != "recovered"
            episode.closed_on = episode.as_of = as_of
        log_change(session, episode, change, level_from=before, as_of=as_of, run_id=run_id,
                   now=now)  # fmt: skip
        if change == "resumed":
            go_on(episode, known.episodes[ident])
        elif change in {"opened", "reopened"}:
            begin_today(episode, as_of)
        found.setdefault(change, []).append(ident)
    opened = sorted([*found.pop("opened", []), *found.pop("reopened", [])])
    lists: dict[str, Any] = {change: found.get(change, []) for change in _LISTED}
    return Changes(opened=opened, unchanged=len(given.keys() - changes.keys()), **lists)


def _take_over(
    session: Session, episode: Episode | None, row: dict[str, Any], now: dt.datetime
) -> Episode:
    """Write tonight's figures into the episode; a row that is the same is left alone."""
    if episode is None:
        episode = Episode(
            **row,
            origin="evaluated",
            recorded_at=now,
            level_since=row["as_of"],
            opened_value=row["value"],
            amount_marked=None,
            withdrawn=False,
            epoch=1,
            changes=0,
        )
        session.add(episode)
        return episode
    # Most of a long past is over: its rows need not be written again for each new day.
    over = episode.state != "open" and row["state"] != "open"
    for name in (*COLUMNS, "details"):
        if getattr(episode, name) != row[name] and not (over and name == "as_of"):
            setattr(episode, name, row[name])
    if episode.withdrawn:
        episode.withdrawn, episode.proposed_outcome = False, PROPOSED_OUTCOME.get(row["state"])
    return episode
