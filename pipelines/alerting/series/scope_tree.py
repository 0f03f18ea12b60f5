"""Who lies above and below whom: parents, children, names and owners of scopes.

Add here: a question about the tree of scopes. Keep out: how the tree is built (dbt).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import pandas as pd

Scope = tuple[str, str]
COMPANY: Scope = ("company", "company")


class ScopeTree:
    """The frame of scopes (scope_type, scope_id, scope_name, parent_scope_type, parent_scope_id,
    owner_id; one row per scope) as a tree. A scope without a parent lies below the company.
    """

    def __init__(self, scopes: pd.DataFrame) -> None:
        self.name: dict[Scope, str] = {}
        self.owner: dict[Scope, str] = {}
        self.parent: dict[Scope, Scope | None] = {}
        self._above: dict[Scope, frozenset[Scope]] = {}
        self._children: dict[Scope, list[Scope]] = defaultdict(list)
        frame = scopes.astype(object).where(scopes.notna(), "")
        columns = (
            "scope_type",
            "scope_id",
            "scope_name",
            "parent_scope_type",
            "parent_scope_id",
            "owner_id",
        )
        cells = [frame[c] if c in frame else pd.Series("", frame.index) for c in columns]
        for kind, ident, name, above_kind, above_id, owner in zip(*cells, strict=True):
            scope = (str(kind), str(ident))
            self.name[scope] = str(name) or scope[1]
            self.owner[scope] = str(owner)
            above = (str(above_kind), str(above_id)) if above_kind else COMPANY
            self.parent[scope] = None if scope == COMPANY or kind == "source" else above
        for scope, above_scope in self.parent.items():
            if above_scope is not None and above_scope in self.parent:
                self._children[above_scope].append(scope)

    def ancestors(self, scope: Scope) -> Iterator[Scope]:
        """From the parent up; stops at the top and at a loop."""
        seen = {scope}
        above = self.parent.get(scope)
        while above is not None and above not in seen:
            seen.add(above)
            yield above
            above = self.parent.get(above)

    def children(self, scope: Scope) -> list[Scope]:
        return self._children.get(scope, [])

    def related(self, one: Scope, other: Scope) -> bool:
        """The same scope, or one above the other."""
        return one == other or one in self._all_above(other) or other in self._all_above(one)

    def _all_above(self, scope: Scope) -> frozenset[Scope]:
        found = self._above.get(scope)
        if found is None:
            found = self._above[scope] = frozenset(self.ancestors(scope))
        return found

    def owner_of(self, scope: Scope) -> str:
        """The owner, else the nearest owner above."""
        if self.owner.get(scope):
            return self.owner[scope]
        return next((self.owner[a] for a in self.ancestors(scope) if self.owner.get(a)), "")
