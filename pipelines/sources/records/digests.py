"""One number for a set of ids, which grows with it: whether two sets are the same, without either.

Add here: another summary of many ids. Keep out: asking a system for them.

A record that was deleted and one that appeared late cancel out in a count. In this number they do not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace

from pipelines.sources.protocol import Batch, Extract, Rejection

Item = Batch | Rejection | Extract
_MODULUS = 2**64


def digest(ids: Iterable[str], start: int = 0) -> int:
    """The sum of a hash of each id, in any order; `start`: that of ids that were there before."""
    total = start
    for key in ids:
        total += int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big")
    return total % _MODULUS


def after_all(items: Iterable[Item], table: str, rows: int, rejected: int) -> Iterator[Item]:
    """A whole load that takes the place of one begun already: its extract counts those rows too."""
    for item in items:
        if isinstance(item, Extract) and item.entity == table:
            counted = item.source_rows
            item = replace(
                item,
                rows=item.rows + rows,
                rejected_rows=item.rejected_rows + rejected,
                source_rows=None if counted is None else counted + rows + rejected,
                # Rows that came twice would be summed up twice.
                source_amount=None,
            )
        yield item


def is_due(position: int, of: int, day: int) -> bool:
    """Whether it is this object's turn: each of `of` objects has one in as many days."""
    return of > 0 and day % of == position
