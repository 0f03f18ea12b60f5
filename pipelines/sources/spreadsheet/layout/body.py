"""The body of one table, column by column, whether it came from a workbook or a text file.

Add here: what every shape needs to know about a body. Keep out: entities and their columns.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from pipelines.configuration.sources import FileMapping
from pipelines.entities import Column
from pipelines.language import Text, text
from pipelines.language.text import text as text_
from pipelines.sources.protocol import Rejection
from pipelines.sources.spreadsheet.faults import FileRejected, Sentences
from pipelines.sources.spreadsheet.formats.grid import Grid, address, at
from pipelines.sources.spreadsheet.layout.headings import Heading, read_heading
from pipelines.sources.spreadsheet.layout.table import Table
from pipelines.sources.spreadsheet.values.cells import clean_text
from pipelines.sources.spreadsheet.values.reading import Values


@dataclass
class SheetRows:
    """What one sheet gave: rows with canonical columns, `_file`, `_address`, `_raw`, and the rest.

    `read` counts the rows of the sheet that hold records, whether they could be read or not.
    """

    table: pa.Table
    rejections: list[Rejection] = field(default_factory=list)
    remarks: list[Text] = field(default_factory=list)
    read: int = 0
    left_out: int = (
        0  # rows that are no records of their own: totals, repetitions, drop_rows, where
    )
    decimals: frozenset[str] = frozenset()  # how columns of amounts decided to be read


@dataclass
class Body:
    """Headings and columns of a table. `rows` are 0-based rows of the sheet."""

    sheet: str
    headings: list[Heading]
    places: list[int]
    rows: Sequence[int]
    columns: list[pa.Array] | None = None  # a plain text file
    grid: Grid | None = None
    where: str = ""
    title: list[str] = field(default_factory=list)
    remarks: list[Text] = field(default_factory=list)
    is_part: bool = False  # of a large file, whose other rows are not seen
    # Columns that the sheet does not have: joined or computed, by position, one value a row.
    made: dict[int, list[Any]] = field(default_factory=dict)

    def add(self, heading: Heading, values: list[Any]) -> int:
        """Put a column that is not in the sheet behind the others; its position."""
        self.headings.append(heading)
        self.places.append(-1)
        self.made[len(self.headings) - 1] = values
        return len(self.headings) - 1

    def cells(self, position: int, *, merged: bool = True) -> Values:
        """The cells under one heading; `merged` fills merged ranges from their first cell."""
        if position in self.made:
            return self.made[position]
        if self.columns is not None:
            return self.columns[position]
        assert self.grid is not None
        rows = self.grid.filled if merged else self.grid.rows
        cells = [at(rows, row, self.places[position]) for row in self.rows]
        # Text from a text file takes the quick way.
        return pa.array(cells, pa.string()) if self.grid.is_text else cells

    def keep(self, wanted: Sequence[int]) -> None:
        """Keep only the rows at these positions."""
        self.rows = [self.rows[index] for index in wanted]
        self.made = {
            place: [values[index] for index in wanted] for place, values in self.made.items()
        }
        if self.columns is not None:
            chosen = pa.array(wanted, pa.int64())
            self.columns = [column.take(chosen) for column in self.columns]

    def address(self, position: int, heading: int | None = None) -> str:
        """`sheet!C5` of a row (by position in the body) and a heading, or `sheet!5`."""
        place = self.places[heading] if heading is not None else -1
        return address(self.sheet, self.number(position) - 1, place if place >= 0 else None)

    def number(self, position: int) -> int:
        """The number that a spreadsheet program shows beside the row at a position in the body."""
        row = self.rows[position]
        return (self.grid.in_file(row) if self.grid is not None else row) + 1

    def refuse_dead_formulas(self, position: int, column: Column) -> None:
        """Raise `FileRejected` if cells under the heading are formulas without a real value."""
        if self.grid is None or self.grid.is_text or position in self.made:
            return
        facts, place = self.grid.facts, self.places[position]
        body = set(self.rows)
        dead = sorted(row for row, where in facts.uncached if where == place and row in body)
        if not dead and column.kind in ("money", "date", "timestamp"):
            zeros = [row for row, where in facts.hollow if where == place and row in body]
            formulas = sum(1 for row, where in facts.formulas if where == place and row in body)
            values = [at(self.grid.rows, row, place) for row in self.rows]
            if zeros and len(zeros) == formulas and not any(v not in ("", 0) for v in values):
                dead = sorted(zeros)
        if dead:
            raise refuse_formulas(self.grid, [(row, place) for row in dead])

    def serials_of_1904(self, position: int) -> dict[int, Text]:
        """Rows with a date typed as a plain number in a workbook that counts its days from 1904.

        Such a number could be off by 1,462 days, so its row is set aside.
        """
        if self.grid is None or not self.grid.date1904 or position in self.made:
            return {}
        found: dict[int, Text] = {}
        for row, value in enumerate(self.cells(position)):
            if isinstance(value, int | float) and not isinstance(value, bool):
                found[row] = text("sheets.serial_of_1904", number=f"{value:g}")
        return found


def refuse_formulas(grid: Grid, cells: Sequence[tuple[int, int]]) -> FileRejected:
    """The rejection for formulas that were never calculated, with their first addresses."""
    shown = [grid.address(row, column) for row, column in cells[:5]]
    return FileRejected(
        text_("sheets.body.formulas_uncalculated_of_many", shown=shown, rest=len(cells) - 5)
        if len(cells) > 5
        else text_("sheets.body.formulas_uncalculated", shown=shown),
        where=grid.address(*cells[0]),
        next_step=text_("sheets.body.open_and_save"),
    )


def body_of_table(table: Table) -> Body:
    """The body of a table found in a sheet."""
    return Body(
        table.grid.name,
        [column.heading for column in table.columns],
        [column.index for column in table.columns],
        table.body,
        grid=table.grid,
        where=table.where,
        title=table.title,
        remarks=[*table.remarks, *_hidden(table.hidden)],
        is_part=table.grid.is_part,
    )


def _hidden(count: int) -> list[Text]:
    text = text_("sheets.body.hidden_rows", number=count)
    return [text] if count else []


def body_of_text(name: str, headings: Sequence[str], cells: pa.Table, above: int = 1) -> Body:
    """The body of a plain text table; `above` its cells stand so many records of the file, headings first."""
    return Body(
        name,
        [read_heading(heading) for heading in headings],
        list(range(len(headings))),
        range(above, above + cells.num_rows),
        columns=[_flat(cells.column(index)) for index in range(cells.num_columns)],
        where=address(name, 0),
    )


def _flat(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], pa.string())


def as_typed(value: Any) -> str | None:
    """A cell as text for `_raw` and rejections; None if it is empty."""
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value)


def is_dropped(mapping: FileMapping | None, label: Any) -> bool:
    """True if the mapping's `drop_rows` matches the whole label of a row."""
    if mapping is None or mapping.drop_rows is None or not isinstance(label, str):
        return False
    return re.fullmatch(mapping.drop_rows, clean_text(label)) is not None


def refuse_many(
    read: int, rejections: Sequence[Rejection], share: float, rows: int, hint: Text | None = None
) -> None:
    """Raise `FileRejected` if so many rows are bad that the file as a whole is not what it should be.

    More than `rows` of them, and more than this share of all that were read.
    """
    bad = len(rejections)
    if bad <= rows or bad <= share * read:
        return
    shown = [
        text("sheets.at", address=one.address or "", reason=one.reason) for one in rejections[:10]
    ]
    raise FileRejected(
        text(
            "sheets.too_many_bad",
            count=bad,
            read=read,
            share=f"{share:.0%}",
            shown=Sentences(shown),
        ),
        where=rejections[0].address or "",
        next_step=hint or text("sheets.next.correct_cells"),
    )
