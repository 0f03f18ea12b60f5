"""Who looks at the board: what is theirs to see, and what they may do.

Add here: a role, a right. Keep out: how rows are cut (`reading/slicing.py`), and how somebody proves who
they are (`identity.py`).

    rep        what is about them or was given to them
    manager    themselves, everybody below, and the scopes that they lead
    director   the whole company
    analyst    the whole company, and the state of the data in full
    all        loopback without login: everything
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pipelines.board.reading.organisation import COMPANY, Organisation, Scope
from pipelines.notifying.recipients import Recipient

Role = Literal["rep", "manager", "director", "analyst", "all"]

_EVERYBODY = frozenset({"ack", "plan", "comment", "feedback", "false_alarm", "undo"})
_LEADING = _EVERYBODY | {"take", "assign", "resolve", "snooze"}
RIGHTS: dict[Role, frozenset[str]] = {
    # What was given to a rep or is about them they may also take up, finish and pause.
    "rep": _EVERYBODY | {"take", "resolve", "snooze"},
    "manager": _LEADING,
    "director": _LEADING,
    "analyst": frozenset({"comment", "feedback", "resolve", "false_alarm", "undo"}),
    "all": _LEADING,
}


@dataclass(frozen=True)
class Viewer:
    """One reader. `people` and `scopes` are None where nothing is cut away."""

    person_id: str
    name: str
    role: Role
    people: frozenset[str] | None = None
    scopes: frozenset[Scope] | None = None
    home: Scope = COMPANY

    @property
    def sees_all(self) -> bool:
        return self.people is None

    @property
    def sees_data(self) -> bool:
        """Whether the checks and what was set aside are shown: they name records of everybody."""
        return self.role in ("director", "analyst", "all")

    @property
    def sees_data_cases(self) -> bool:
        return self.role in ("analyst", "all")

    def may(self, action: str) -> bool:
        return action in RIGHTS[self.role]


def viewer_of(
    person_id: str, organisation: Organisation, recipients: Mapping[str, Recipient]
) -> Viewer | None:
    """The viewer that a person is; None for somebody who has no place in the company."""
    known = recipients.get(person_id)
    name = organisation.person(person_id)
    if known and known.name and ("rep", person_id) not in organisation.units:
        name = known.name
    if known and known.role == "data_owner":
        return Viewer(person_id, name, "analyst")
    company = organisation.units.get(COMPANY)
    leads_all = known and known.role in ("director", "manager") and COMPANY in known.scopes
    if leads_all or (company and company.owner_id == person_id):
        return Viewer(person_id, name, "director")
    is_here = person_id in organisation.active
    if not is_here and known is None:
        return None
    own = {
        scope
        for scope, unit in organisation.units.items()
        if unit.owner_id == person_id and scope[0] in ("region", "team")
    }
    if known:
        own |= {scope for scope in known.scopes if scope[0] in ("region", "team", "rep")}
    people = set(organisation.led_by(person_id))
    scopes = set(organisation.below(own))
    people |= {ident for kind, ident in scopes if kind == "rep"}
    scopes |= {("rep", person) for person in people}
    if len(people) == 1 and not own - {("rep", person_id)}:
        return Viewer(person_id, name, "rep", frozenset(people), frozenset(scopes),
                      ("rep", person_id))  # fmt: skip
    # Where a manager's day begins: the highest scope that is theirs.
    ranks = {"region": 0, "team": 1, "rep": 2}
    home = min(own or {("rep", person_id)}, key=lambda scope: (ranks.get(scope[0], 3), scope[1]))
    return Viewer(person_id, name, "manager", frozenset(people), frozenset(scopes), home)
