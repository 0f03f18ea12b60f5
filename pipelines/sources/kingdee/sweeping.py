"""All keys of a form: how many there are, which have gone, and which changed without a date.

Add here: a use of the keys. Keep out: what is done about it (`reading.py`, dbt staging).

Deletions leave no trace, and whether approving, closing or cancelling moves a date is not
documented. So all keys are read with their states, in groups of neighbouring keys; of each group a
digest is kept in the cursor, and a group whose digest has changed is read anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

from pipelines.sources.kingdee.forms import SWEPT
from pipelines.sources.kingdee.paging import record_pages
from pipelines.sources.kingdee.site import Site

GROUP = 1_000  # neighbouring keys in a group; fewer than a page
_FEW = 20  # so many records may always vanish, whatever their share
# Raw columns that tell a change, of those a form has.
TOLD = ("modified_at", "document_status", "close_status", "cancel_status", "forbid_status")


@dataclass
class Sweep:
    """What was found. `total`: sum of the amounts, None if the form has none."""

    ids: list[str] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    total: Decimal | None = None


def sweep(
    site: Site, form_id: str, id_key: str, keys: Mapping[str, str], amount: str, where: str
) -> Sweep:
    """Read all keys that fit `where`. `keys`: raw column -> key; `amount`: the column summed."""
    told = [keys[name] for name in (*TOLD, amount) if name in keys]
    found = Sweep(total=Decimal(0) if amount in keys else None)
    hashes: dict[int, Any] = {}
    for rows in record_pages(site, form_id, id_key, told, where):
        found.ids += [str(row[0]) for row in rows]
        for row in rows:
            if isinstance(row[0], int):
                group = row[0] // GROUP
                digest = hashes.get(group)
                if digest is None:
                    digest = hashes[group] = hashlib.blake2b(digest_size=6)
                digest.update(repr(row).encode("utf-8", "surrogatepass"))
        if found.total is not None:
            found.total += sum((_amount(row[-1]) for row in rows), Decimal(0))
    found.digests = {str(group): digest.hexdigest() for group, digest in hashes.items()}
    return found


def changed_groups(now: Mapping[str, str], before: Mapping[str, str]) -> list[tuple[int, int]]:
    """Spans of keys (first, behind the last) of groups that are not as they were; neighbours joined."""
    spans: list[tuple[int, int]] = []
    for group in sorted(int(g) for g, digest in now.items() if before.get(g) != digest):
        first = group * GROUP
        if spans and spans[-1][1] == first:
            spans[-1] = (spans[-1][0], first + GROUP)
        else:
            spans.append((first, first + GROUP))
    return spans


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
