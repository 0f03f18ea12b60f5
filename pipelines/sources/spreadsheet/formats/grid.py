"""One sheet as a grid of values, with the facts that decide how a cell may be read.

Add here: facts about positions (addresses, merges, hidden rows).
Keep out: file formats, and what a cell means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class ErrorCell:
    """A cell that holds an error value such as #N/A; never the same as an empty cell."""

    code: str

    def __str__(self) -> str:
        return self.code


@dataclass(frozen=True)
class UncachedFormula:
    """A formula that was never calculated: the file was written by a program and never opened."""

    def __str__(self) -> str:
        return "a formula without a value"


class Foreign(float):
    """A number whose cell is formatted as money of another currency: `[$$-409]1,200`."""

    currency: str

    def __new__(cls, value: float, currency: str) -> Foreign:
        made = super().__new__(cls, value)
        made.currency = currency
        return made


@dataclass
class SheetFacts:
    """What only the file's own structure tells, by 0-based (row, column).

    `hollow` are formulas whose stored value is 0 or empty text, which programs store when they
    cannot calculate, and people's formulas give too; `formulas` are all formulas; `currencies` are
    those that number formats show, as far as they are not the company's.
    """

    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    uncached: set[tuple[int, int]] = field(default_factory=set)
    hollow: set[tuple[int, int]] = field(default_factory=set)
    formulas: set[tuple[int, int]] = field(default_factory=set)
    hidden_rows: set[int] = field(default_factory=set)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)  # inclusive corners
    currencies: dict[tuple[int, int], str] = field(default_factory=dict)
    last_row: int = -1
    last_column: int = -1


@dataclass
class Grid:
    """Values of one sheet, anchored at A1: `rows[r][c]` is the cell in row r+1, column c.

    Values are str, int, float, bool, datetime, date, time, ErrorCell or UncachedFormula; an empty
    cell is ''. Rows may differ in length. `is_text` says the cells come from a text file, where
    a number is what someone's program wrote.
    """

    name: str
    rows: list[list[Any]]
    facts: SheetFacts = field(default_factory=SheetFacts)
    date1904: bool = False
    is_text: bool = False
    is_turned: bool = False  # rows are the columns of the sheet; addresses are the sheet's
    is_part: bool = False
    # Of a part of a large file: so many rows of the file are left out before the row `skipped_from`.
    skipped: int = 0
    skipped_from: int = 0

    def __post_init__(self) -> None:
        for (row, column), code in self.facts.errors.items():
            self._put(row, column, ErrorCell(code))
        for (row, column), currency in self.facts.currencies.items():
            value = self.cell(row, column)
            if isinstance(value, int | float) and not isinstance(value, bool):
                self._put(row, column, Foreign(value, currency))
        for row, column in self.facts.uncached:
            self._put(row, column, UncachedFormula())

    def _put(self, row: int, column: int, value: Any) -> None:
        while len(self.rows) <= row:
            self.rows.append([])
        cells = self.rows[row]
        cells.extend([""] * (column + 1 - len(cells)))
        cells[column] = value

    def cell(self, row: int, column: int) -> Any:
        """The value, '' outside the grid."""
        return at(self.rows, row, column)

    @cached_property
    def width(self) -> int:
        return max((len(row) for row in self.rows), default=0)

    @cached_property
    def filled(self) -> list[list[Any]]:
        """The rows with every merged range filled from its top-left cell, and nothing else.

        For headings and labels. Amounts are read from `rows`, or a merged one would be counted
        once per row.
        """
        rows = list(self.rows)
        copied: set[int] = set()
        for top, left, bottom, right in self.facts.merges:
            value = self.cell(top, left)
            if value == "":
                continue
            for row in range(top, min(bottom, len(rows) - 1) + 1):
                if row not in copied:
                    rows[row] = list(rows[row])
                    copied.add(row)
                rows[row].extend([""] * (right + 1 - len(rows[row])))
                rows[row][left : right + 1] = [value] * (right + 1 - left)
        return rows

    def is_blank_row(self, row: int) -> bool:
        cells = self.rows[row]
        # Counting is quick: a stray cell far below leaves a million rows of empty text.
        return cells.count("") == len(cells) or all(map(is_blank, cells))

    @property
    def is_empty(self) -> bool:
        return all(self.is_blank_row(row) for row in range(len(self.rows)))

    def turned(self) -> Grid:
        """The sheet with rows and columns exchanged: months down and people across."""
        width = self.width
        rows = [
            [at(self.rows, row, column) for row in range(len(self.rows))] for column in range(width)
        ]
        merges = [(left, top, right, bottom) for top, left, bottom, right in self.facts.merges]
        facts = self.facts
        exchanged = SheetFacts(
            uncached={(column, row) for row, column in facts.uncached},
            hollow={(column, row) for row, column in facts.hollow},
            formulas={(column, row) for row, column in facts.formulas},
            merges=merges,
        )
        return Grid(self.name, rows, exchanged, self.date1904, self.is_text, not self.is_turned)

    def in_file(self, row: int) -> int:
        """The 0-based row of the file."""
        return row + self.skipped if row >= self.skipped_from else row

    def address(self, row: int, column: int | None = None) -> str:
        """`sheet!C5`, or `sheet!5` for a whole row."""
        row = self.in_file(row)
        if self.is_turned:
            return (
                f"{self.name}!{letters(row)}" if column is None else address(self.name, column, row)
            )
        return address(self.name, row, column)


def at(rows: list[list[Any]], row: int, column: int) -> Any:
    """The value of a ragged grid, '' outside of it."""
    if row >= len(rows) or column >= len(rows[row]):
        return ""
    return rows[row][column]


def is_blank(value: Any) -> bool:
    """True for an empty cell and for one that holds only spaces."""
    return isinstance(value, str) and not value.strip("\ufeff\u200b \t\r\n\xa0\u3000")


def address(sheet: str, row: int, column: int | None = None) -> str:
    """`sheet!C5` for 0-based row and column; `sheet!5` without a column."""
    return f"{sheet}!{letters(column) if column is not None else ''}{row + 1}"


def letters(column: int) -> str:
    """A for 0, Z for 25, AA for 26."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


_REFERENCE = re.compile(r"^([A-Z]{1,3})(\d+)$")


def position(reference: str) -> tuple[int, int]:
    """0-based (row, column) of a reference such as C5; ValueError if it is none."""
    match = _REFERENCE.match(reference)
    if not match:
        raise ValueError(reference)
    column = 0
    for letter in match.group(1):
        column = column * 26 + ord(letter) - 64
    return int(match.group(2)) - 1, column - 1
