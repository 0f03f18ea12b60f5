"""What is due until when, and what goes one level up when it is not done.

Add here: a step that people owe an alert. Keep out: who is a recipient and how it is told.

Steps and terms: a warning is to be seen in 2 working days; a danger is to be seen the same day,
taken (assigned or planned) in 1 working day and planned in 2. They count from the day the level
was reached; a day off counts as the next working day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipelines.ledger.change_log import log_change
from pipelines.ledger.lookup import Alert, as_alert
from pipelines.ledger.models import Episode, EpisodeChange
from pipelines.ledger.store import Ledger

IsWorkday = Callable[[dt.date], bool]
# Working days per step, in the order in which they fall due.
TERMS: dict[str, dict[str, int]] = {
    "warning": {"seen": 2},
    "danger": {"seen": 0, "taken": 1, "planned": 2},
}
# How many levels above the responsible person each overdue step goes.
LEVELS_UP = {"seen": 1, "taken": 2, "planned": 3}
# No real calendar has so many days off in a row; a broken one must not loop for ever.
_LONGEST_BREAK = 60


@dataclass(frozen=True)
class Step:
    """One owed step of one alert: `due_on` is the last day on which it is in time."""

    name: str
    due_on: dt.date
    done: bool


@dataclass(frozen=True)
class Escalation:
    """An overdue step and whom it goes up to; `to_person` is None when nobody is known."""

    alert_id: str
    step: str
    due_on: dt.date
    to_person: str | None


def add_workdays(day: dt.date, days: int, is_workday: IsWorkday) -> dt.date:
    """The first working day from `day` on, then that many working days further."""
    left, current, off = days, day, 0
    while True:
        if is_workday(current) or off >= _LONGEST_BREAK:
            if left == 0:
                return current
            left, off = left - 1, 0
        else:
            off += 1
        current += dt.timedelta(days=1)


def steps_of(alert: Alert, is_workday: IsWorkday) -> list[Step]:
    """The steps that an alert of its level owes, in order, with whether they are done."""
    done = {
        "seen": alert.seen_at is not None,
        "taken": alert.assigned_to is not None or alert.planned_at is not None,
        "planned": alert.planned_at is not None,
    }
    return [
        Step(name, add_workdays(alert.level_since, days, is_workday), done[name])
        for name, days in TERMS[alert.level].items()
    ]


def overdue_steps(alert: Alert, today: dt.date, is_workday: IsWorkday) -> list[Step]:
    """Steps that are late on `today`; none while the alert is over, resolved or snoozed."""
    if alert.state != "open" or alert.snoozed(today):
        return []
    return [step for step in steps_of(alert, is_workday) if not step.done and step.due_on < today]


def next_step(alert: Alert, is_workday: IsWorkday) -> Step | None:
    """The first step that is still owed, for "who is to answer until when"."""
    return next((step for step in steps_of(alert, is_workday) if not step.done), None)


def superior(person_id: str | None, levels: int, managers: Mapping[str, str]) -> str | None:
    """Who stands `levels` above a person, or the topmost there is; None if there is nobody.

    `managers` gives each person's manager. A circle in it ends the climb.
    """
    seen, current, above = {person_id}, person_id, None
    for _ in range(levels):
        current = managers.get(current) if current is not None else None
        if current is None or current in seen:
            break
        seen.add(current)
        above = current
    return above


def escalate(
    ledger: Ledger,
    *,
    managers: Mapping[str, str],
    is_workday: IsWorkday,
    today: dt.date,
    now: dt.datetime,
) -> list[Escalation]:
    """Log every step that has become overdue, once each; gives those that are new.

    The change log then holds `overdue` with the step and the person, for the notices to pick up.
    """
    found: list[Escalation] = []
    with ledger.writing() as session:
        ledger.serialise(session)
        query = select(Episode).where(Episode.state == "open", Episode.resolved_at.is_(None))
        for episode in session.scalars(query.order_by(Episode.alert_id)):
            alert = as_alert(episode)
            for step in overdue_steps(alert, today, is_workday):
                if step.name in _logged(session, episode):
                    continue
                person = superior(alert.responsible, LEVELS_UP[step.name], managers)
                log_change(session, episode, "overdue", level_from=episode.level, as_of=today,
                           now=now, step=step.name, person_id=person)  # fmt: skip
                session.flush()
                found.append(Escalation(alert.alert_id, step.name, step.due_on, person))
    return found


def _logged(session: Session, episode: Episode) -> set[str | None]:
    """Steps already logged as overdue since the level was last reached."""
    query = select(EpisodeChange.step).where(
        EpisodeChange.alert_id == episode.alert_id,
        EpisodeChange.change == "overdue",
        EpisodeChange.epoch == episode.epoch,
        EpisodeChange.level_to == episode.level,
        EpisodeChange.as_of >= episode.level_since,
    )
    return set(session.scalars(query))
