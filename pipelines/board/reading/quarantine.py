"""What was set aside at the last load of every source: the rows that could not be read, and why.

Add here: a read of the quarantine. Keep out: how rows get there (`raw_zone/zone.py`).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

MOST = 200


@dataclass(frozen=True)
class SetAside:
    """The newest file of a source: its rows as the file has them, and how many there are."""

    source: str
    name: str
    rows: tuple[dict[str, str], ...]
    count: int


def set_aside(folder: Path) -> list[SetAside]:
    """The newest file of every source that has one; the first rows of each."""
    found = []
    for source in sorted(path for path in folder.glob("*") if path.is_dir()):
        files = sorted(source.glob("*.csv"))
        if not files:
            continue
        with files[-1].open(encoding="utf-8-sig", newline="") as handle:
            rows = list(csv.DictReader(handle))
        found.append(SetAside(source.name, files[-1].name, tuple(rows[:MOST]), len(rows)))
    return found
