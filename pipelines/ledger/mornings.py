"""How an alert stood before the first run of a day, so that every further run of the day starts from there.

Add here: what of an alert decides what a night says of it. Keep out: the deciding (`tonight.py`).

Runs of one day are corrections of each other: a rule switched off for an hour, or a file that came late,
must not decide what the day says in the end.
"""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

from pipelines.ledger.models import Episode

_TEXTS = ("rule_version", "level", "state")
_DAYS = ("closed_on", "as_of", "level_since")


class Morning:
    """An episode to read, with `values` in place of its own."""

    def __init__(self, episode: Episode, values: dict[str, Any]) -> None:
        self._episode = episode
        self.__dict__.update(values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._episode, name)


def keep_morning(episode: Episode, as_of: dt.date) -> None:
    """Note how it stands, unless a run of that day has done so."""
    if _day(episode) == as_of.isoformat():
        return
    kept: dict[str, Any] = {"day": as_of.isoformat(), "withdrawn": episode.withdrawn}
    kept |= {name: getattr(episode, name) for name in _TEXTS}
    kept |= {name: _plain(getattr(episode, name)) for name in (*_DAYS, "seen_at", "amount_marked")}
    episode.morning = json.dumps(kept)


def begin_today(episode: Episode, as_of: dt.date) -> None:
    """It opened or came back on that day, and that was told: nothing older to start from."""
    episode.morning = json.dumps({"day": as_of.isoformat()})


def as_in_the_morning(episode: Episode, as_of: dt.date, *, ended: bool) -> Any:
    """The episode as the first run of that day found it; itself where no run has touched it.

    `ended`: a run of the day has ended it. What also opened on that day is then as it opened.
    """
    kept = json.loads(episode.morning or "") if _day(episode) == as_of.isoformat() else {}
    if len(kept) < 2:
        as_opened = {"state": "open", "closed_on": None, "withdrawn": False}
        return Morning(episode, as_opened) if ended else episode
    values = {name: kept[name] for name in (*_TEXTS, "withdrawn")}
    values |= {name: kept[name] and dt.date.fromisoformat(kept[name]) for name in _DAYS}
    values["seen_at"] = kept["seen_at"] and dt.datetime.fromisoformat(kept["seen_at"])
    values["amount_marked"] = kept["amount_marked"] and Decimal(kept["amount_marked"])
    return Morning(episode, values)


def go_on(episode: Episode, morning: Any) -> None:
    """What a run of the day did to it is taken back: what is owed, and until when, is what it was."""
    episode.level_since, episode.amount_marked = morning.level_since, morning.amount_marked
    episode.seen_at = episode.seen_at or morning.seen_at


def _day(episode: Episode) -> str | None:
    # Of thousands of episodes few are of the day: their beginning tells without being read.
    return (episode.morning or "")[9:19] or None


def _plain(value: Any) -> str | None:
    return None if value is None else str(value)
