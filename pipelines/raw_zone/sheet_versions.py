"""Versions of spreadsheet files: which one is in force, and from when to when each one was.

Add here: what follows from the order of a file's loads. Keep out: the views made of it
(`warehouse.py`), and what rows of two versions have to do with each other (dbt).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.raw_zone.rows import KnownExtract

# Entities of which dbt reads every version too, and the raw relation that holds them.
EVERY_VERSION = {
    "opportunities": "opportunity_versions",
    "teams": "team_versions",
    "users": "user_versions",
}


@dataclass(frozen=True)
class SheetVersion:
    """A good version of one file; `replaced_at` is the moment the next one (or none) came in."""

    item: KnownExtract
    replaced_at: dt.datetime | None


def good_versions(known: Iterable[KnownExtract]) -> list[SheetVersion]:
    """Loaded versions of every (entity, file), oldest first; refused ones replace nothing.

    `known` is in load order. A file that was withdrawn ends its last version.
    """
    by_file: dict[tuple[str, str | None], list[KnownExtract]] = {}
    for item in known:
        if item.extract.state in ("loaded", "gone"):
            by_file.setdefault((item.extract.entity, item.extract.file), []).append(item)
    return [
        SheetVersion(item, items[place + 1].loaded_at if place + 1 < len(items) else None)
        for items in by_file.values()
        for place, item in enumerate(items)
        if item.extract.state == "loaded"
    ]


def in_force(known: Iterable[KnownExtract]) -> list[KnownExtract]:
    """The versions whose rows count: the last good one of each (entity, file) not withdrawn."""
    return [version.item for version in good_versions(known) if version.replaced_at is None]
