"""The sales organisation of a version: scopes, what lies in what, who leads whom.

Add here: a question about who belongs where. Keep out: what somebody may see (`access/viewers.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from pipelines.failures import PermanentFailure
from pipelines.language import text

Scope = tuple[str, str]
COMPANY: Scope = ("company", "company")
# From the company down; product lines stand beside the tree.
LEVELS = ("company", "region", "team", "rep")


@dataclass(frozen=True)
class Unit:
    """One scope: what it is called, what it lies in, who answers for it."""

    scope: Scope
    name: str
    parent: Scope | None
    owner_id: str | None
    is_current: bool


@dataclass(frozen=True)
class Organisation:
    """`units` by scope, `children` by scope, `managers` by person."""

    units: Mapping[Scope, Unit] = field(default_factory=dict)
    children: Mapping[Scope, tuple[Scope, ...]] = field(default_factory=dict)
    managers: Mapping[str, str] = field(default_factory=dict)
    active: frozenset[str] = frozenset()
    # What was worked out of it once, by name: it never changes.
    kept: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def name_of(self, scope_type: str, scope_id: str) -> str:
        """What a scope is called; its id where nobody knows a name."""
        unit = self.units.get((scope_type, scope_id))
        return unit.name if unit else scope_id

    def person(self, person_id: str | None) -> str:
        """A person's name, empty for nobody."""
        return self.name_of("rep", person_id) if person_id else ""

    def below(self, scopes: Iterable[Scope]) -> frozenset[Scope]:
        """The scopes and everything in them."""
        found: set[Scope] = set()
        waiting = list(scopes)
        while waiting:
            scope = waiting.pop()
            if scope not in found:
                found.add(scope)
                waiting.extend(self.children.get(scope, ()))
        return frozenset(found)

    def path(self, scope: Scope) -> list[Scope]:
        """From the company down to the scope."""
        found: list[Scope] = []
        current: Scope | None = scope
        while current is not None and current not in found:
            found.append(current)
            unit = self.units.get(current)
            current = unit.parent if unit else None
        return found[::-1]

    def led_by(self, person_id: str) -> frozenset[str]:
        """The person and everybody who reports to them, at any depth."""
        found = {person_id}
        grew = True
        while grew:
            more = {p for p, boss in self.managers.items() if boss in found} - found
            found |= more
            grew = bool(more)
        return frozenset(found)


def read_organisation(cursor: duckdb.DuckDBPyConnection) -> Organisation:
    """From `dim_scope` and `dim_rep`. Raises PermanentFailure for a version older than the board."""
    try:
        rows = cursor.execute(
            "select scope_type, scope_id, scope_name, parent_scope_type, parent_scope_id, owner_id, "
            "is_current from marts.dim_scope order by scope_type, scope_id"
        ).fetchall()
    except duckdb.CatalogException as error:
        raise PermanentFailure(
            text("board.failure.opening"),
            where="marts.dim_scope",
            cause=text("board.failure.old_version"),
            next_step=text("board.failure.run_a_night"),
        ) from error
    units: dict[Scope, Unit] = {}
    children: dict[Scope, list[Scope]] = {}
    for kind, ident, name, above, above_id, owner, current in rows:
        scope, parent = (kind, ident), (above, above_id) if above else None
        units[scope] = Unit(scope, name or ident, parent, owner, bool(current))
        if parent:
            children.setdefault(parent, []).append(scope)
    people = cursor.execute(
        "select rep_id, manager_id from marts.dim_rep where is_current"
    ).fetchall()
    return Organisation(
        units,
        {scope: tuple(found) for scope, found in children.items()},
        {rep: boss for rep, boss in people if boss and boss != rep},
        frozenset(rep for rep, _ in people),
    )
