"""Which alerts lie in whose slice: a recipient's scopes and everything below them.

Add here: another way in which scopes contain each other. Keep out: what is told about an alert.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from pipelines.ledger.lookup import Alert
from pipelines.notifying.recipients import Recipient

Scope = tuple[str, str]
COMPANY: Scope = ("company", "company")


@dataclass(frozen=True)
class Hierarchy:
    """The sales organisation: the scope right above each, and each person's manager."""

    above: Mapping[Scope, Scope] = field(default_factory=dict)
    managers: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)  # person → name

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

    def containing(self, scope: Scope) -> set[Scope]:
        """The scope and every scope it lies in. Data sources lie in none but themselves."""
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
    scopes = set(recipient.scopes)
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
    return bool(hierarchy.containing((alert.scope_type, alert.scope_id)) & scopes)
