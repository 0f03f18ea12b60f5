"""Marts as JSON: their list, and the rows of one, a page at a time, cut to the reader.

Add here: a question about a mart as it is published. Keep out: warnings as they stand now (`warnings.py`).
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from pipelines.board.api.asking import (
    chosen,
    conditions,
    limit_of,
    make_cursor,
    next_address,
    read_cursor,
)
from pipelines.board.api.fields import fields_of
from pipelines.board.reading.slicing import CUTS
from pipelines.board.site import NotHere, Visit

BASE = "/api/v1"


class Moved(Exception):
    """A page was asked for that belongs to a publication which is no longer the current one."""


def plain(value: object) -> object:
    """A value as JSON has it: amounts as numbers, instants in UTC."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC)
    return value


def publication(visit: Visit) -> dict[str, Any]:
    """Which night the answer is of."""
    manifest = visit.version.manifest
    return {
        "version": manifest.version,
        "as_of": manifest.as_of,
        "published_at": manifest.created_at,
        "fingerprint": manifest.fingerprint,
    }


def index(visit: Visit) -> dict[str, Any]:
    """Where everything is, and who is asking."""
    return {
        "publication": publication(visit),
        "reader": {"id": visit.viewer.person_id, "role": visit.viewer.role},
        "links": {
            "marts": f"{BASE}/marts",
            "warnings": f"{BASE}/warnings",
            "description": f"{BASE}/openapi.json",
        },
    }


def listed(visit: Visit) -> dict[str, Any]:
    """Every mart that may be read, with its columns."""
    found = fields_of(visit)
    return {
        "publication": publication(visit),
        "marts": [
            {
                "name": name,
                "about": comment,
                "link": f"{BASE}/marts/{name}",
                "fields": [
                    {"name": f.name, "type": f.type, "format": f.format or None, "about": f.comment}
                    for f in fields.values()
                ],
            }
            for name, (comment, fields) in found.items()
            if name in CUTS
        ],
    }


def rows(visit: Visit) -> dict[str, Any]:
    """One page of a mart. Raises NotHere, Wrong, or Moved for a page of an earlier night."""
    mart, query = visit.request.path_params["mart"], visit.request.query_params
    if mart not in CUTS or mart not in fields_of(visit):
        raise NotHere
    _, fields = fields_of(visit)[mart]
    limit, names = limit_of(query), chosen(query, fields)
    where, values = conditions(query, fields)
    relation = visit.marts.whole_rows(mart)
    condition = " and ".join(where) or "true"
    counted = visit.cursor.execute(
        f"select count(*) from {relation} where {condition}", values
    ).fetchall()[0][0]
    after = -1
    if "cursor" in query:
        version, after = read_cursor(query["cursor"], (int, int))
        if version != visit.version.manifest.version:
            raise Moved
    columns = ", ".join(f'"{name}"' for name in names)
    found = visit.cursor.execute(
        f"select rowid, {columns} from {relation} where {condition} and rowid > ? "
        "order by rowid limit ?",
        [*values, after, limit + 1],
    ).fetchall()
    page = found[:limit]
    more = make_cursor(visit.version.manifest.version, page[-1][0]) if len(found) > limit else None
    return {
        "publication": publication(visit),
        "mart": mart,
        "total": counted,
        "rows": [dict(zip(names, map(plain, row[1:]), strict=True)) for row in page],
        "next": next_address(f"{BASE}/marts/{mart}", query, more),
    }
