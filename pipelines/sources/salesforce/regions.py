"""The region of a team: Salesforce has roles, and a role has none, so the company says it.

Add here: another way to tell a team's region. Keep out: what a team is (dbt staging).
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa


def with_regions(roles: pa.Table, regions: Mapping[str, str]) -> pa.Table:
    """The roles with `custom_region` filled; a region that the org itself gave stays.

    With `regions` (developer name -> region): that of the nearest named role at or above. Without:
    the name of the role right below the top one, for that role and all below it, provided that it
    has roles below it (a flat list of teams has no regions).
    """
    ids = roles["id"].to_pylist()
    parents = dict(zip(ids, roles["parent_role_id"].to_pylist(), strict=True))
    if regions:
        names = zip(ids, roles["developer_name"].to_pylist(), strict=True)
        own = {role: regions[name] for role, name in names if name in regions}
    else:
        has_children = set(parents.values())
        own = {
            role: name
            for role, name in zip(ids, roles["name"].to_pylist(), strict=True)
            if parents[role] in parents and parents[parents[role]] is None and role in has_children
        }

    def region(role: str | None) -> str | None:
        seen: set[str] = set()
        while role is not None and role not in seen:
            if role in own:
                return own[role]
            seen.add(role)
            role = parents.get(role)
        return None

    given = roles["custom_region"].to_pylist()
    found = [old or region(role) for old, role in zip(given, ids, strict=True)]
    position = roles.schema.get_field_index("custom_region")
    return roles.set_column(position, roles.schema.field(position), pa.array(found, pa.string()))
