"""What is known of one table while its rows are made.

Add here: what several steps of reading rows share. Keep out: the steps (`rows.py`,
`row_totals.py`, `row_constants.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa

from pipelines.configuration.sources import FileMapping
from pipelines.entities import Entity
from pipelines.entity_schemas import canonical_schema
from pipelines.language import Text
from pipelines.sources.spreadsheet.layout.body import Body
from pipelines.sources.spreadsheet.layout.headings import Assignment
from pipelines.sources.spreadsheet.values.columns import Converted
from pipelines.sources.spreadsheet.values.reading import Reading
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
    faults: dict[int, list[tuple[str, Text]]] = field(default_factory=dict)
    doubles: set[int] = field(default_factory=set)
    merged: set[int] = field(default_factory=set)  # rows whose amounts went into another row
    remarks: list[Text] = field(default_factory=list)
    left_out: int = 0  # rows of the body that are no records: totals, drop_rows, where
    shifted: set[int] = field(default_factory=set)  # lines of text with a cell too many
    readings: dict[str, Reading] = field(default_factory=dict)  # of columns that decide their own
    currency: str | None = None  # what a unit says of rows that name no currency
    blocks: set[int] = field(default_factory=set)  # rows before which a totals row stood
    units: dict[str, Unit] = field(default_factory=dict)

    def fault(self, row: int, column: str, reason: Text) -> None:
        self.faults.setdefault(row, []).append((column, reason))

    def take(self, name: str, converted: Converted) -> None:
        self.columns[name] = converted.array
        for row, reason in converted.faults.items():
            if row not in self.shifted:
                self.fault(row, name, reason)
