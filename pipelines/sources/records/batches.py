"""Few large writes instead of many small ones: pages gathered into batches.

Add here: how rows are gathered on their way to the raw zone. Keep out: how they are read.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from pipelines.sources.protocol import Batch


class Batches:
    """Gathers pages into batches of at least `size` rows: few large writes instead of many small.

    Use: `yield from batches.add(table)` per page, and `yield from batches.rest()` at the end.
    """

    def __init__(self, entity: str, size: int = 50_000) -> None:
        self._entity, self._size = entity, size
        self._tables: list[pa.Table] = []
        self._held = 0
        self.rows = 0

    def add(self, table: pa.Table) -> Iterator[Batch]:
        if table.num_rows:
            self._tables.append(table)
            self._held += table.num_rows
            self.rows += table.num_rows
        if self._held >= self._size:
            yield from self.rest()

    def rest(self) -> Iterator[Batch]:
        if self._tables:
            united = pa.concat_tables(self._tables).combine_chunks()
            self._tables, self._held = [], 0
            yield Batch(self._entity, united)
