"""The region of a team: Salesforce has roles, and a role has none, so the company says it.

Add here: another way to tell a team's region. Keep out: what a team is (dbt staging).
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa


def with_regions(roles: pa.Table, regions: Mapping[str, str]) -> pa.Table:
    """The roles with `custom_region` filled: that of the nearest role at or above it which
    `regions` names by its developer name. A region that the org itself gave stays.
    """
    if not regions:
        return roles
    parents = dict(zip(roles["id"].to_pylist(), roles["parent_role_id"].to_pylist(), strict=True))
    own = {
        role: regions[name]
        for role, name in zip(
            roles["id"].to_pylist(), roles["developer_name"].to_pylist(), strict=True
        )
        if name in regions
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
    found = [old or region(role) for old, role in zip(given, parents, strict=True)]
    position = roles.schema.get_field_index("custom_region")
    return roles.set_column(position, roles.schema.field(position), pa.array(found, pa.string()))
