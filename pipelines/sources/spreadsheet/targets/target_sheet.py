"""One target sheet while it is read, and its checks against itself.

Add here: another check of a target sheet. Keep out: how its rows become records
(`target_rows.py`), and the order of the steps (`targets.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from pipelines.configuration.sources import FileMapping
from pipelines.language import Text
from pipelines.language.text import text as text_
from pipelines.sources.spreadsheet.checks import TOLERANCE, Line, check_totals, plain
from pipelines.sources.spreadsheet.formats.grid import at, is_blank
from pipelines.sources.spreadsheet.layout.body import refuse_formulas
from pipelines.sources.spreadsheet.layout.table import Table
from pipelines.sources.spreadsheet.targets.matrix import Matrix, SpanColumn, months_of
from pipelines.sources.spreadsheet.values.cells import clean_text
from pipelines.sources.spreadsheet.values.reading import Reading
from pipelines.sources.spreadsheet.values.units import Unit

UNDECIDED = frozenset(("待定", "未定", "tbd"))


@dataclass
class TargetSheet:
    """One target sheet on its way to records.

    Positions are those of the table's columns. `units` holds the unit of every column of figures,
    `problems` what rejects the file (address, what is wrong), `places` where a target stands.
    """

    table: Table
    matrix: Matrix
    mapping: FileMapping
    reading: Reading
    file: str
    units: dict[int, Unit]
    scope_type: str | None
    year: int | None
    records: list[dict[str, Any]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    problems: list[tuple[str, Text]] = field(default_factory=list)
    remarks: list[Text] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    places: dict[tuple[Any, ...], str] = field(default_factory=dict)
    read: int = 0
    dashes: int = 0

    def problem(self, address: str, text: Text) -> None:
        self.problems.append((address, text))

    def raw(self, row: int, position: int) -> Any:
        return at(self.table.grid.rows, row, self.table.columns[position].index)

    def label(self, row: int, position: int) -> Any:
        index = self.table.columns[position].index
        value = at(self.table.grid.filled, row, index)
        if not is_blank(value) or position not in self.filled_down:
            return value
        above = [r for r in self.table.body if r < row]
        given = (at(self.table.grid.filled, r, index) for r in reversed(above))
        return next((label for label in given if not is_blank(label)), value)

    @cached_property
    def filled_down(self) -> set[int]:
        """Positions of the label columns whose empty cells take the value above."""
        wanted = self.mapping.fill_down
        return {place for name, place in self.matrix.labels.items() if name in wanted}

    def address(self, row: int, position: int) -> str:
        return self.table.grid.address(row, self.table.columns[position].index)

    def multiplier(self, position: int, metric: str) -> Decimal:
        """What a figure is multiplied by; counts have no unit."""
        return Decimal(1) if metric == "new_accounts" else self.units[position].multiplier


def is_open(
    sheet: TargetSheet, row: int, column: SpanColumn, amounts: dict[int, Decimal | None]
) -> bool:
    """True for a month without a figure that nobody left out on purpose.

    A dash says that there is no target: the person is not here yet, or gone. An empty cell or
    待定 says nothing of the kind.
    """
    if amounts.get(column.position) is not None:
        return False
    value = sheet.raw(row, column.position)
    return is_blank(value) or clean_text(str(value)).casefold() in UNDECIDED


def refuse_dead_formulas(sheet: TargetSheet) -> None:
    """Raise `FileRejected` for formulas without a real value among the figures."""
    facts, columns = sheet.table.grid.facts, sheet.table.columns
    used = {columns[c.position].index for c in (*sheet.matrix.months, *sheet.matrix.checks)}
    body = set(sheet.table.body)

    def within(cells: set[tuple[int, int]]) -> list[tuple[int, int]]:
        return sorted(cell for cell in cells if cell[0] in body and cell[1] in used)

    dead = within(facts.uncached)
    zeros, formulas = within(facts.hollow), within(facts.formulas)
    if not dead and zeros and len(zeros) == len(formulas):
        # Programs store 0 for formulas that they cannot calculate. Real sums of zeros have only
        # zeros around them.
        values = [at(sheet.table.grid.rows, row, index) for row in body for index in used]
        if any(isinstance(value, int | float) and value for value in values) or len(zeros) == len(
            [value for value in values if not is_blank(value)]
        ):
            dead = zeros
    if dead:
        raise refuse_formulas(sheet.table.grid, dead)


def check_row(sheet: TargetSheet, row: int, amounts: dict[int, Decimal | None]) -> None:
    """Quarter, half and total columns against the months of the row."""
    months = sheet.matrix.months
    for column in sheet.matrix.checks:
        stated = amounts.get(column.position)
        ways = months_of(column.span, months, sheet.reading.fiscal_year_start)
        if stated is None or not ways:
            continue
        sums = [
            sum((amounts.get(months[place].position) or Decimal(0) for place in way), Decimal(0))
            for way in ways
        ]
        unit = max(sheet.units[column.position].multiplier, Decimal(1))
        allowed = TOLERANCE * len(ways[0]) * unit
        if all(abs(added - stated) > allowed for added in sums):
            heading = sheet.table.columns[column.position].heading.text
            says, added = plain(stated / unit), plain(sums[0] / unit)
            sheet.problem(
                sheet.address(row, column.position),
                text_(
                    "sheets.target_sheet.months_differ",
                    heading=heading,
                    says=says,
                    added=added,
                ),
            )


def check_lines(sheet: TargetSheet) -> None:
    """Totals rows against the rows they total, metric by metric."""
    for metric in dict.fromkeys(line.label for line in sheet.lines):
        for wrong in check_totals([line for line in sheet.lines if line.label == metric]):
            heading = sheet.table.columns[wrong.column].heading.text
            unit = sheet.units[wrong.column].text
            stated, added = f"{plain(wrong.stated)} {unit}".rstrip(), plain(wrong.added)
            first, last = wrong.first + 1, wrong.last + 1
            sheet.problem(
                sheet.address(wrong.row, wrong.column),
                text_(
                    "sheets.target_sheet.rows_differ",
                    heading=heading,
                    stated=stated,
                    first=first,
                    last=last,
                    added=added,
                ),
            )
