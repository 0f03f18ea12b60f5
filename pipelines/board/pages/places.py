"""What several pages need to know of the scope they show: its way from the company, its teams, its parts.

Add here: a fact of the page's scope. Keep out: figures of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.board.reading.organisation import LEVELS, Scope
from pipelines.board.site import NotHere, Visit


@dataclass(frozen=True)
class Place:
    """A page's scope. `path` leads from the company to it, as far as the viewer may go."""

    scope: Scope
    name: str
    path: tuple[tuple[Scope, str], ...]
    teams: list[str]
    children: tuple[Scope, ...]
    lines: tuple[Scope, ...]

    @property
    def key(self) -> str:
        return ":".join(self.scope)


def place_of(visit: Visit) -> Place:
    """The scope that the address asks for. Raises NotHere for one outside the viewer's slice."""
    scope = visit.scope()
    if scope is None:
        raise NotHere
    organisation = visit.organisation
    allowed = visit.viewer.scopes
    path = [s for s in organisation.path(scope) if allowed is None or s in allowed]
    inside = organisation.below([scope])
    children = [
        child
        for child in organisation.children.get(scope, ())
        if child[0] in LEVELS and organisation.units[child].is_current
        and (allowed is None or child in allowed)
    ]  # fmt: skip
    # A manager of several scopes without one above them sees them beside each other.
    if scope == visit.viewer.home and allowed is not None and not children:
        children = [
            ("rep", person)
            for person in sorted(visit.viewer.people or ())
            if ("rep", person) != scope
        ]
    lines = (
        [s for s in organisation.units if s[0] == "product_line"] if scope[0] == "company" else []
    )
    return Place(
        scope=scope,
        name=visit.scope_name(*scope),
        path=tuple((s, visit.scope_name(*s)) for s in path) or ((scope, visit.scope_name(*scope)),),
        teams=[ident for kind, ident in inside if kind == "team"] or ["-"],
        children=tuple(children),
        lines=tuple(sorted(lines)),
    )


def page_number(visit: Visit) -> int:
    """Which page of a list, from 0."""
    asked = visit.query.get("page", "")
    return min(int(asked), 10_000) if asked.isdigit() else 0
