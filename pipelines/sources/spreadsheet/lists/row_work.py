"""What is known of one table while its rows are made.

Add here: what several steps of reading rows share. Keep out: the steps (`rows.py`,
`row_totals.py`, `row_constants.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa

from pipelines.configuration.sources import FileMapping
from pipelines.entities import Entity, canonical_schema
from pipelines.sources.protocol import Told
from pipelines.sources.spreadsheet.layout.body import Body
from pipelines.sources.spreadsheet.layout.headings import Assignment
from pipelines.sources.spreadsheet.values.columns import Converted, Reading
from pipelines.sources.spreadsheet.values.units import Unit

SHEET_COLUMNS = (("_file", pa.string()), ("_address", pa.string()), ("_raw", pa.string()))


def sheet_schema(entity: str) -> pa.Schema:
    """Arrow schema that this source yields for an entity."""
    schema = canonical_schema(entity)
    for name, kind in SHEET_COLUMNS:
        schema = schema.append(pa.field(name, kind))
    return schema


@dataclass
class RowWork:
    """One body on its way to rows.

    Rows are counted by their position in the body. `faults` holds (column, reason) by row; `units`
    the unit of each money column.
    """

    body: Body
    entity: Entity
    mapping: FileMapping | None
    reading: Reading
    file: str
    assignment: Assignment
    columns: dict[str, pa.Array] = field(default_factory=dict)
    faults: dict[int, list[tuple[str, Told]]] = field(default_factory=dict)
    doubles: set[int] = field(default_factory=set)
    remarks: list[Told] = field(default_factory=list)
    units: dict[str, Unit] = field(default_factory=dict)

    def fault(self, row: int, column: str, reason: Told) -> None:
        self.faults.setdefault(row, []).append((column, reason))

    def take(self, name: str, converted: Converted) -> None:
        self.columns[name] = converted.array
        for row, reason in converted.faults.items():
            self.fault(row, name, reason)
