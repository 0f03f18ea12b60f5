"""Employees from the address book where PersonnelObj is hidden, and regions of departments.

Add here: another way to learn who works where. Keep out: what a user or team is (dbt staging).

Assumption: in header style the address book gives employee ids in `openUserId`, in the same form as
`owner`; the connector compares the two and says so when no owner is found among the users.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from pipelines.sources.fxiaoke.objects import PEOPLE, ZONE
from pipelines.sources.fxiaoke.records import text_of
from pipelines.sources.records import Converted, Field, RowShape

# Column -> key of a made-up record; phone numbers are not taken over.
_SHAPE = RowShape(
    PEOPLE.table,
    [
        Field(
            c.column,
            c.kind,
            path=c.column,
            required=c.filled and c.column == "id",
            form="epoch_ms",
            zone=ZONE,
        )
        for c in PEOPLE.columns
    ],
    key="id",
    checked=False,
)


def rows_of_employees(employees: list[dict[str, Any]]) -> Converted:
    """The address book as rows of the raw table of PersonnelObj."""
    records = []
    for person in employees:
        departments = person.get("departmentIds") or [None]
        user = text_of(person.get("openUserId"))
        stopped = str(person.get("isStop") or "").lower() in ("true", "1")
        records.append(
            {
                "id": user,
                "user_id": user,
                "full_name": person.get("name"),
                "email": person.get("email"),
                "department_id": text_of(person.get("mainDepartmentId") or departments[0]),
                "manager_id": text_of(person.get("leaderId")),
                "status": "1" if stopped else "0",
                "_deleted": False,
            }
        )
    return _SHAPE.convert(records)


def with_regions(departments: pa.Table, regions: Mapping[str, str]) -> pa.Table:
    """The departments with `custom_region` filled; a region that a field gave stays.

    With `regions` (id or name -> region): that of the nearest named department at or above. Without:
    the name of the department right below the top one, provided that it has departments below it.
    Circles and missing parents end the search.
    """
    ids, names = departments["id"].to_pylist(), departments["name"].to_pylist()
    parents = dict(zip(ids, departments["parent_id"].to_pylist(), strict=True))
    if regions:
        own = {
            i: regions.get(i) or regions[n]
            for i, n in zip(ids, names, strict=True)
            if i in regions or n in regions
        }
    else:
        has_children = set(parents.values())
        # The top one may be listed itself, or only be named as parent.
        tops = {i for i in ids if parents[i] is None} | {
            p for p in has_children if p not in parents
        }
        own = {
            i: n
            for i, n in zip(ids, names, strict=True)
            if i not in tops and parents[i] in tops and i in has_children
        }

    def region(department: str | None) -> str | None:
        seen: set[str] = set()
        while department is not None and department not in seen:
            if department in own:
                return own[department]
            seen.add(department)
            department = parents.get(department)
        return None

    given = departments["custom_region"].to_pylist()
    found = [old or region(i) for old, i in zip(given, ids, strict=True)]
    position = departments.schema.get_field_index("custom_region")
    field = departments.schema.field(position)
    return departments.set_column(position, field, pa.array(found, pa.string()))
