"""Which alerts lie in whose slice: a recipient's scopes and everything below them.

Add here: another way in which scopes contain each other. Keep out: what is told about an alert.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.ledger.lookup import Alert
from pipelines.notifying.recipients import Recipient

if TYPE_CHECKING:
    import pandas as pd

Scope = tuple[str, str]
COMPANY: Scope = ("company", "company")


@dataclass(frozen=True)
class Hierarchy:
    """The sales organisation: the scope right above each, and each person's manager."""

    above: Mapping[Scope, Scope] = field(default_factory=dict)
    managers: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)  # person → name
    # Asked once for every alert and recipient, so the answers are kept.
    _containing: dict[Scope, frozenset[Scope]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @classmethod
    def from_reps(cls, reps: pd.DataFrame, teams: pd.DataFrame | None = None) -> Hierarchy:
        """From `dim_rep` (current rows count) and, if given, teams (team_id, parent_team_id,
        region). A team lies in its parent team, else in its region.
        """
        current = reps[reps["is_current"].astype(bool)] if "is_current" in reps else reps
        above: dict[Scope, Scope] = {}
        managers: dict[str, str] = {}
        names: dict[str, str] = {}
        for row in current.to_dict("records"):
            rep, team, region = (_text(row.get(key)) for key in ("rep_id", "team_id", "region"))
            if rep is None:
                continue
            manager, name = _text(row.get("manager_id")), _text(row.get("rep_name"))
            names[rep] = name or rep
            if manager is not None and manager != rep:
                managers[rep] = manager
            if team is not None:
                above[("rep", rep)] = ("team", team)
                if region is not None:
                    above.setdefault(("team", team), ("region", region))
            elif region is not None:
                above[("rep", rep)] = ("region", region)
        for row in teams.to_dict("records") if teams is not None else []:
            team, parent = _text(row.get("team_id")), _text(row.get("parent_team_id"))
            region = _text(row.get("region"))
            if team is not None and parent is not None and parent != team:
                above[("team", team)] = ("team", parent)
            elif team is not None and region is not None:
                above[("team", team)] = ("region", region)
        return cls(above, managers, names)

    def containing(self, scope: Scope) -> frozenset[Scope]:
        """The scope and every scope it lies in. Data sources lie in none but themselves."""
        if scope not in self._containing:
            self._containing[scope] = frozenset(self._climb(scope))
        return self._containing[scope]

    def _climb(self, scope: Scope) -> set[Scope]:
        found = {scope}
        if scope[0] == "source":
            return found
        current: Scope | None = scope
        while current is not None:
            current = self.above.get(current)
            if current in found:  # a circle in the data must not hang the night
                break
            if current is not None:
                found.add(current)
        return found | {COMPANY}

    def name_of(self, person_id: str | None) -> str:
        return self.names.get(person_id, person_id) if person_id else ""


def _text(value: object) -> str | None:
    import pandas as pd  # here: the board reads this module and no frame

    return None if value is None or pd.isna(value) or value == "" else str(value)  # type: ignore[call-overload]


def is_data_alert(alert: Alert) -> bool:
    """Whether it is about a data feed: a matter of the data owners, not of the salespeople."""
    return alert.scope_type == "source"


def in_slice(recipient: Recipient, alert: Alert, hierarchy: Hierarchy) -> bool:
    """Whether a recipient may see an alert.

    Data owners see feeds: all of them, unless their scopes name some. A rep sees what is about
    them or is theirs to answer. Everybody else sees their scopes with all below, and what is
    theirs to answer.
    """
    scopes = recipient.scopes
    if is_data_alert(alert):
        named = {scope for scope in scopes if scope[0] == "source"}
        if recipient.role == "data_owner":
            return not named or (alert.scope_type, alert.scope_id) in named
        return (alert.scope_type, alert.scope_id) in named
    if recipient.role == "data_owner":
        return False
    if recipient.person_id in (alert.owner_id, alert.assigned_to):
        return True
    if (alert.scope_type, alert.scope_id) == ("rep", recipient.person_id):
        return True
    if recipient.role == "rep":
        return (alert.scope_type, alert.scope_id) in scopes
    return not hierarchy.containing((alert.scope_type, alert.scope_id)).isdisjoint(scopes)


class Audience:
    """All recipients, to ask who may see an alert without asking each of them."""

    def __init__(self, recipients: Sequence[Recipient], hierarchy: Hierarchy) -> None:
        self.recipients, self.hierarchy = recipients, hierarchy
        self._by_scope: dict[Scope, set[int]] = {}
        self._by_person: dict[str, set[int]] = {}
        self._data_owners: set[int] = set()
        for number, recipient in enumerate(recipients):
            for scope in recipient.scopes:
                self._by_scope.setdefault(scope, set()).add(number)
            self._by_person.setdefault(recipient.person_id, set()).add(number)
            if recipient.role == "data_owner":
                self._data_owners.add(number)

    def seeing(self, alert: Alert) -> list[Recipient]:
        """The recipients in whose slice the alert lies, in the order of the file."""
        scope = (alert.scope_type, alert.scope_id)
        candidates = set(self._data_owners) if is_data_alert(alert) else set()
        for container in self.hierarchy.containing(scope):
            candidates |= self._by_scope.get(container, set())
        people = [alert.owner_id, alert.assigned_to, alert.scope_id if scope[0] == "rep" else None]
        for person in filter(None, people):
            candidates |= self._by_person.get(person, set())
        found = (self.recipients[number] for number in sorted(candidates))
        return [recipient for recipient in found if in_slice(recipient, alert, self.hierarchy)]
