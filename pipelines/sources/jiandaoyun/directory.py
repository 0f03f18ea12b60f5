"""Departments and members of the tenant -> teams and users.

Add here: what the directory tells of people. Keep out: what they sold (`loading.py`).

The directory has no history and no managers: staging makes stays of the versions seen.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipelines.sources.jiandaoyun.api import ROOT, Api, Row
from pipelines.sources.jiandaoyun.loading import lost_too_many
from pipelines.sources.jiandaoyun.options import Options
from pipelines.sources.jiandaoyun.records import Rows, live_ids
from pipelines.sources.protocol import Batch, Extract, Previous, Rejection
from pipelines.sources.records import Cursor


def load_directory(
    api: Api, options: Options, previous: Previous, upto: dt.datetime, met: Mapping[str, Row]
) -> Iterator[Batch | Rejection | Extract]:
    """Teams and users, always whole: two requests. `met`: members that records named."""
    departments, members = api.departments(), api.members()
    yield from _table("teams", team_records(departments, members, options), previous, upto, options)
    users = user_records(members, options)
    known = {record["user_id"] for record in users}
    gone = [member for name, member in sorted(met.items()) if name not in known]
    left = [{**record, "in_directory": False} for record in user_records(gone, options)]
    yield from _table("users", users, previous, upto, options, left)


def _table(
    entity: str,
    records: Sequence[dict[str, Any]],
    previous: Previous,
    upto: dt.datetime,
    options: Options,
    more: Sequence[dict[str, Any]] = (),
) -> Iterator[Batch | Rejection | Extract]:
    """`more`: records that the system's own list does not hold, and so are not among its ids."""
    rows = Rows(entity)
    yield from rows.add([*records, *more])
    yield from rows.rest()
    cursor = Cursor.read(previous.cursor(entity))
    known = cursor.extra.get("ids") if cursor else None
    key = "team_id" if entity == "teams" else "user_id"
    lost = lost_too_many(known, len(records), options)
    if lost is None:
        known = len(records)
        yield live_ids(entity, sorted(str(record[key]) for record in records))
    yield Extract(
        entity,
        cursor=Cursor(upto, upto, {"ids": known}).text(),
        rows=rows.rows,
        rejected_rows=rows.rejected,
        source_rows=len(records) + len(more),
        message=lost,
    )


def team_records(
    departments: Sequence[Row], members: Sequence[Row], options: Options
) -> list[dict[str, Any]]:
    """One record per department but the root.

    `region` is the name of the department at `region_level` at or above it. A department that only
    groups others (it has departments below and no member of its own) is no team.
    """
    nodes = {int(node["dept_no"]): node for node in departments}
    direct = Counter(
        int(number) for member in members for number in member.get("departments") or ()
    )
    parents = {_number(node.get("parent_no")) for node in departments}
    records = []
    for number, node in sorted(nodes.items()):
        if number == ROOT:
            continue
        path = _path(number, nodes)
        level = options.region_level
        region = nodes[path[level - 1]].get("name") if 0 < level <= len(path) else None
        parent = _number(node.get("parent_no"))
        records.append(
            {
                "team_id": str(number),
                "team_name": node.get("name"),
                "parent_team_id": None if parent in (None, ROOT) else str(parent),
                "region": region,
                "department_type": node.get("type"),
                "status": node.get("status"),
                "is_team": number not in parents or direct[number] > 0,
            }
        )
    return records


def _path(number: int, nodes: Mapping[int, Row]) -> list[int]:
    """Departments from below the root down to this one; a circle ends where it closes."""
    path: list[int] = []
    step: int | None = number
    while step is not None and step != ROOT and step in nodes and step not in path:
        path.append(step)
        step = _number(nodes[step].get("parent_no"))
    return path[::-1]


def user_records(members: Sequence[Row], options: Options) -> list[dict[str, Any]]:
    """One record per member, by username; who stands in several departments comes once."""
    records: dict[str, dict[str, Any]] = {}
    for member in members:
        name = str(member.get("username") or "")
        team = options.departments.get(name)
        if team is None:
            numbers = [int(number) for number in member.get("departments") or ()]
            numbers = [number for number in numbers if number != ROOT]
            pick = 0 if options.primary_department == "first" else -1
            team = numbers[pick] if numbers else None
        integrate = member.get("integrate_id")
        records[name] = {
            "user_id": name or None,
            "user_name": member.get("name"),
            "team_id": None if team is None else str(team),
            "departments": member.get("departments") or [],
            "member_type": member.get("type"),
            "status": member.get("status"),
            "integrate_id": None if integrate is None else str(integrate),
            "in_directory": True,
        }
    return list(records.values())


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, (int, str)) and str(value).isdigit() else None
