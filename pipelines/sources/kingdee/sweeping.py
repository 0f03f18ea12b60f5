"""All keys of a form: how many there are, which have gone, and which changed without a date.

Add here: a use of the keys. Keep out: what is done about it (`reading.py`, dbt staging).

Deletions leave no trace, and whether approving, closing or cancelling moves a date is not
documented. So all keys are read with their states, and a mark is kept of each group of neighbouring
keys: a group whose mark has changed is read anew. Keys of a site have wide gaps, so how many of them
make a group follows from how many groups there are: a form of 2,000 records has one for each record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Self

import pyarrow as pa

from pipelines.sources.kingdee.forms import SWEPT
from pipelines.sources.kingdee.paging import either, record_pages
from pipelines.sources.kingdee.site import Site

_MOST_GROUPS = 4_000  # of one form: about 90 KB in its cursor
_SPANS = 25  # in one condition: about 1,000 characters
_FEW = 20  # so many records may always vanish, whatever their share
# Raw columns that tell a change, of those a form has.
TOLD = ("modified_at", "document_status", "close_status", "cancel_status", "forbid_status")


@dataclass
class Marks:
    """A mark for each group of `size` neighbouring keys, by the group's number (key // size).

    A mark is the XOR of its records' hashes, so that marks of small groups give those of larger ones.
    """

    size: int = 1
    groups: dict[int, int] = field(default_factory=dict)

    def add(self, key: int, row: Sequence[Any]) -> None:
        """One record more; groups double when there would be too many."""
        told = hashlib.blake2b(repr(row).encode("utf-8", "surrogatepass"), digest_size=6)
        group = key // self.size
        self.groups[group] = self.groups.get(group, 0) ^ int.from_bytes(told.digest(), "big")
        while len(self.groups) > _MOST_GROUPS:
            self.size, self.groups = self.size * 2, self._of(self.size * 2)

    def _of(self, size: int) -> dict[int, int]:
        factor, merged = size // self.size, dict[int, int]()
        for group, mark in self.groups.items():
            merged[group // factor] = merged.get(group // factor, 0) ^ mark
        return merged

    def spans_unlike(self, before: Marks) -> list[tuple[int, int]]:
        """Spans of keys (first, behind the last) of groups that are not as they were; neighbours joined."""
        size = max(self.size, before.size)
        was, spans = before._of(size), list[tuple[int, int]]()
        for group in sorted(g for g, mark in self._of(size).items() if was.get(g) != mark):
            first = group * size
            if spans and spans[-1][1] == first:
                spans[-1] = (spans[-1][0], first + size)
            else:
                spans.append((first, first + size))
        return spans

    def kept(self) -> dict[str, Any]:
        """As a cursor keeps it."""
        return {"size": self.size, "groups": {str(g): f"{m:x}" for g, m in self.groups.items()}}

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None) -> Self:
        """What a cursor kept; without it no group is as it was."""
        if not kept:
            return cls()
        return cls(int(kept["size"]), {int(g): int(m, 16) for g, m in kept["groups"].items()})


@dataclass
class Sweep:
    """What was found. `total`: sum of the amounts, None if the form has none."""

    ids: list[str] = field(default_factory=list)
    marks: Marks = field(default_factory=Marks)
    total: Decimal | None = None


def sweep(
    site: Site, form_id: str, id_key: str, keys: Mapping[str, str], amount: str, where: str
) -> Sweep:
    """Read all keys that fit `where`. `keys`: raw column -> key; `amount`: the column summed."""
    told = [keys[name] for name in (*TOLD, amount) if name in keys]
    found = Sweep(total=Decimal(0) if amount in keys else None)
    for rows in record_pages(site, form_id, id_key, told, where):
        found.ids += [str(row[0]) for row in rows]
        for row in rows:
            if isinstance(row[0], int):
                found.marks.add(row[0], row)
        if found.total is not None:
            found.total += sum((_amount(row[-1]) for row in rows), Decimal(0))
    return found


def conditions_of(spans: Sequence[tuple[int, int]], id_key: str) -> Iterable[str]:
    """Conditions for the keys within any of the spans, a few of them in each."""
    for start in range(0, len(spans), _SPANS):
        yield either(
            f"{id_key} >= {first} and {id_key} < {end}"
            for first, end in spans[start : start + _SPANS]
        )


def has_shrunk(now: int, before: int, most: float) -> bool:
    """Whether so many records have vanished that lost rights are likelier than deletions."""
    return before - now > max(_FEW, most * before)


def swept_rows(form: str, ids: Sequence[str]) -> pa.Table:
    """The ids as rows of `id_sweep`, with the row that marks the sweep itself."""
    column = pa.array([None, *ids], pa.string())
    return pa.Table.from_arrays([pa.repeat(pa.scalar(form), len(column)), column], schema=SWEPT)


def _amount(value: Any) -> Decimal:
    try:
        return Decimal(str(value)) if value not in (None, "") else Decimal(0)
    except InvalidOperation:
        return Decimal(0)
