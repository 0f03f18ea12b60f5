"""What is told to one recipient at once, and what waits for the digest: a pure decision.

Add here: a rule about who hears of what. Keep out: the database, words and sending.

Laws. A change is told once. New, back, raised, doubled and overdue are told at once: a warning to
the managers of the scope and to whoever is to answer, a danger to the directors as well; whom
nobody of these covers, everybody covers who may see it. An overdue step is told to the one it goes
up to and to whoever should have answered. Alerts with one cause make one notice. Of these the
heaviest by money × probability go out, as many as the recipient's budget of the week has left; the
rest waits for the digest. A danger that is new (opened, back or raised) goes out the same day whatever
the budget, and what is only overdue never takes its place: reminders go bundled, in one notice a day.
A recipient who was never told anything, and would now get several notices, gets one introduction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pipelines.ledger.lookup import Alert, importance
from pipelines.ledger.transitions import RISES
from pipelines.notifying.recipients import Recipient
from pipelines.notifying.slices import Audience, Hierarchy, in_slice, is_data_alert

# News older than this is no news: a recipient who is added later gets it by digest.
FRESH_DAYS = 7
# So many notices at once to somebody who was never told anything become one introduction.
INTRODUCED_FROM = 4


@dataclass(frozen=True)
class PendingChange:
    """A change of the log that is told at once. `person_id`: whom an overdue step goes up to."""

    change_id: int
    alert_id: str
    change: str
    as_of: dt.date
    level_to: str
    step: str | None = None
    person_id: str | None = None


@dataclass(frozen=True)
class Group:
    """One notice: the alert that stands for the cause, those below it, and what changed.

    `change` is the change that is named in its title. `reason`, where it is not sent, says why.
    """

    head: Alert
    members: tuple[Alert, ...]
    changes: tuple[PendingChange, ...]
    change: PendingChange

    @property
    def weight(self) -> float:
        """Of the heaviest alert in it: children are part of their parent's money."""
        return max(alert.weight for alert in (self.head, *self.members))

    @property
    def level(self) -> str:
        levels = {alert.level for alert in (self.head, *self.members)}
        return "danger" if "danger" in levels else "warning"


@dataclass(frozen=True)
class Choice:
    """The decision for one recipient, each list with the heaviest first."""

    recipient: Recipient
    urgent: tuple[Group, ...]
    deferred: tuple[Group, ...]
    reminders: tuple[Group, ...] = ()
    introduced: bool = False


def hears_at_once(alert: Alert, audience: Audience) -> set[str]:
    """The recipients who hear of a change of this alert at once, by person_id.

    A single rep is the manager's business at every level; directors find him in their digest.
    """
    seeing = audience.seeing(alert)
    if is_data_alert(alert):
        return {person.person_id for person in seeing}
    answering = {alert.owner_id, alert.assigned_to}
    of_one_rep = alert.scope_type == "rep"
    roles = {"manager"} if of_one_rep or alert.level == "warning" else {"manager", "director"}
    hearing = {
        person.person_id
        for person in seeing
        if person.role in roles or person.person_id in answering
    }
    return hearing or {person.person_id for person in seeing}


def hears_of_delay(alert: Alert, to_person: str | None, audience: Audience) -> set[str]:
    """Who hears that a step is overdue: the one it goes up to, and whoever should have answered.

    If that person is no recipient, their manager and so on; at the top, the directors concerned.
    """
    known = {person.person_id for person in audience.recipients}
    hearing = {alert.responsible} & known
    current, passed = to_person, set[str]()
    while current is not None and current not in known and current not in passed:
        passed.add(current)
        current = audience.hierarchy.managers.get(current)
    if current in known and current not in hearing:
        hearing.add(current)
    else:
        hearing |= {
            person.person_id
            for person in audience.seeing(alert)
            if person.role in {"director", "data_owner"}
        }
    return {person for person in hearing if person is not None}


def select(
    alerts: Mapping[str, Alert],
    pending: Sequence[PendingChange],
    recipients: Sequence[Recipient],
    hierarchy: Hierarchy,
    *,
    told: Collection[tuple[str, int]],
    used: Mapping[str, int],
    today: dt.date,
    strangers: Collection[str] | None = None,
) -> list[Choice]:
    """Decide for every recipient. `strangers` are those who were never told anything. `told` are (person_id, change_id) decided before; `used` how
    many urgent notices each had in the week; `alerts` holds every alert that a change is about.
    """
    audience = Audience(recipients, hierarchy)
    mine: dict[str, list[PendingChange]] = {}
    familiar: dict[str, set[str]] = {}
    told = set(told)
    alert_of = {change.change_id: change.alert_id for change in pending}
    for person_id, change_id in told:
        if change_id in alert_of:
            familiar.setdefault(person_id, set()).add(alert_of[change_id])
    for change in pending:
        alert = alerts[change.alert_id]
        if alert.state != "open" or alert.snoozed(today) or alert.details.get("mode") == "watch":
            continue
        if _answered(change, alert):
            continue
        if change.change == "overdue":
            hearing = hears_of_delay(alert, change.person_id, audience)
        else:
            hearing = hears_at_once(alert, audience)
        for person_id in hearing:
            if (person_id, change.change_id) not in told:
                mine.setdefault(person_id, []).append(change)
    return [
        _choose(
            recipient,
            mine.get(recipient.person_id, []),
            familiar.get(recipient.person_id, set()),
            alerts,
            hierarchy,
            used.get(recipient.person_id, 0),
            today,
            stranger=recipient.person_id in (strangers or ()),
        )
        for recipient in recipients
    ]


def _answered(change: PendingChange, alert: Alert) -> bool:
    """Whether an overdue step was done before anybody was told that it is late."""
    done = {
        "seen": alert.seen_at is not None,
        "taken": alert.assigned_to is not None or alert.planned_at is not None,
        "planned": alert.planned_at is not None,
    }
    return change.change == "overdue" and done.get(change.step or "", False)


def _choose(
    recipient: Recipient,
    changes: Sequence[PendingChange],
    familiar: Collection[str],
    alerts: Mapping[str, Alert],
    hierarchy: Hierarchy,
    used: int,
    today: dt.date,
    *,
    stranger: bool = False,
) -> Choice:
    groups: dict[str, list[PendingChange]] = {}
    for change in changes:
        head = _cause(alerts[change.alert_id], recipient, alerts, hierarchy)
        groups.setdefault(head.alert_id, []).append(change)
    ranked = sorted(
        (_group(alerts[head], found, alerts) for head, found in groups.items()),
        key=lambda group: (-group.weight, importance(group.head)),
    )
    urgent: list[Group] = []
    deferred: list[Group] = []
    reminders = [group for group in ranked if _only_overdue(group)]
    news = [group for group in ranked if not _only_overdue(group)]
    if stranger and len(news) >= INTRODUCED_FROM:
        # Everything that stands is new to whoever is told for the first time.
        return Choice(recipient, (), tuple(ranked), introduced=True)
    left = max(recipient.urgent_budget - used, 0)
    for group in news:
        fresh = any((today - change.as_of).days <= FRESH_DAYS for change in group.changes)
        grave = any(
            change.level_to == "danger" and change.change in RISES for change in group.changes
        )
        if fresh and (grave or (len(urgent) < left and not _already_explained(group, familiar))):
            urgent.append(group)
        else:
            deferred.append(group)
    return Choice(recipient, tuple(urgent), tuple(deferred), tuple(reminders))


def _only_overdue(group: Group) -> bool:
    return all(change.change == "overdue" for change in group.changes)


def _already_explained(group: Group, familiar: Collection[str]) -> bool:
    """Only milder news below a cause that the recipient was told of before."""
    own = any(change.alert_id == group.head.alert_id for change in group.changes)
    grave = any(
        change.level_to == "danger" or change.change == "overdue" for change in group.changes
    )
    return group.head.alert_id in familiar and not own and not grave


def _group(head: Alert, changes: Sequence[PendingChange], alerts: Mapping[str, Alert]) -> Group:
    members = {change.alert_id for change in changes} - {head.alert_id}
    named = next(
        (change for change in reversed(changes) if change.alert_id == head.alert_id), changes[-1]
    )
    return Group(
        head,
        tuple(sorted((alerts[alert_id] for alert_id in members), key=importance)),
        tuple(changes),
        named,
    )


def _cause(
    alert: Alert, recipient: Recipient, alerts: Mapping[str, Alert], hierarchy: Hierarchy
) -> Alert:
    """The topmost open alert above this one that the recipient may see, else the alert itself."""
    top, current, passed = alert, alert, {alert.alert_id}
    while True:
        above = alerts.get(str(current.details.get("parent_alert_id") or ""))
        if above is None or above.alert_id in passed or above.state != "open":
            return top
        passed.add(above.alert_id)
        current = above
        if in_slice(recipient, above, hierarchy):
            top = above
