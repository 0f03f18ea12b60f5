"""Keys of rows: derived where a sheet has none, and each one only once per file.

Add here: the derivation of another key. Keep out: keys across files and systems.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.entities import Entity


def digest(*parts: str | None) -> str:
    """SHA-1 of the parts joined by `|`, an empty part for a missing one."""
    return hashlib.sha1("|".join(part or "" for part in parts).encode("utf-8")).hexdigest()


def event_ids(
    given: pa.Array, opportunity: pa.Array, stage: pa.Array, changed: pa.Array
) -> pa.Array:
    """Ids of stage changes; a missing one is the digest of opportunity, stage and time (UTC)."""
    if not given.null_count:
        return given
    return pa.array(
        [
            known or digest(deal, to_stage, _instant(moment))
            for known, deal, to_stage, moment in zip(
                *(column.to_pylist() for column in (given, opportunity, stage, changed)),
                strict=True,
            )
        ],
        pa.string(),
    )


def _instant(moment: dt.datetime | None) -> str | None:
    return moment.astimezone(dt.UTC).isoformat() if moment else None


def deal_ids(account: pa.Array, name: pa.Array, owner: pa.Array) -> pa.Array:
    """Ids of deals in a list without numbers: the digest of customer, project and owner."""
    rows = zip(account.to_pylist(), name.to_pylist(), owner.to_pylist(), strict=True)
    return pa.array([digest(*row) for row in rows], pa.string())


def repeated(entity: Entity, columns: dict[str, pa.Array], skip: Sequence[int]) -> dict[int, int]:
    """Rows whose key already stands in an earlier row: {row: the earlier row}.

    Rows in `skip` do not count. An empty part of a key is a value like any other.
    """
    arrays = [columns[name] for name in entity.key]
    if len(arrays) == 1 and pc.count_distinct(arrays[0], mode="all").as_py() == len(arrays[0]):
        return {}
    left_out = set(skip)
    first: dict[tuple[object, ...], int] = {}
    found: dict[int, int] = {}
    for row, key in enumerate(zip(*(array.to_pylist() for array in arrays), strict=True)):
        if row not in left_out and first.setdefault(key, row) != row:
            found[row] = first[key]
    return found


def equal_rows(columns: dict[str, pa.Array], one: int, other: int) -> bool:
    """True if two rows agree in every column."""
    return all(array[one].as_py() == array[other].as_py() for array in columns.values())
