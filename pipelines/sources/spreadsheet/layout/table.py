"""Where the table stands in a sheet: heading rows, columns, body, and what is beside or below it.

Add here: another arrangement that people use. Keep out: what the columns mean for an entity
(`lists/`, `targets/`). The heading row is found by known names, never by its position.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from pipelines.language import Text, text
from pipelines.language.text import text as text_
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.formats.grid import Grid, at, is_blank
from pipelines.sources.spreadsheet.layout.aliases import BLOCK_WORDS
from pipelines.sources.spreadsheet.layout.beside import TableColumn, without_other_tables
from pipelines.sources.spreadsheet.layout.heading_search import (
    DEEPEST,
    HeadingFinder,
    heading_rows,
    no_headings,
)
from pipelines.sources.spreadsheet.layout.headings import Heading, block_kind, read_heading, shown
from pipelines.sources.spreadsheet.values.months import parse_span


@dataclass
class Table:
    """One table of a sheet. `top`..`bottom` are its heading rows, `body` its rows with content."""

    grid: Grid
    top: int
    bottom: int
    columns: list[TableColumn]
    body: list[int]
    title: list[str]  # the text cells above the headings, in reading order
    remarks: list[Text] = field(default_factory=list)
    notes: list[int] = field(default_factory=list)  # rows with a remark, or the title of a group
    repeated: frozenset[int] = frozenset()  # rows that repeat the headings

    @property
    def where(self) -> str:
        return self.grid.address(self.bottom)

    @property
    def hidden(self) -> int:
        """How many rows of the body are hidden (by hand or by a filter); they are read."""
        return len(self.grid.facts.hidden_rows.intersection(self.body))


def all_tables(
    grid: Grid, known: Collection[str], *, strict: bool, wanted: str, ignore: bool
) -> list[Table]:
    """Every table of records on the sheet, from top to bottom; the first row of each is its heading.

    `ignore` takes only the one whose headings are known best. Raises `FileRejected` if there is none.
    """
    finder = HeadingFinder(grid, known, months=False)
    found = finder.search()
    if found is None:
        raise no_headings(grid, False, wanted)
    heads, repeated = heading_rows(finder, found, strict)
    tables: list[Table] = []
    title: list[str] = []
    for number, (top, bottom) in enumerate(heads):
        end = heads[number + 1][0] if number + 1 < len(heads) else len(grid.rows)
        columns = _columns(grid, top, bottom)
        remarks: list[Text] = []
        if not strict:
            columns = without_other_tables(finder, columns, bottom, remarks, ignore=ignore)
        body, notes = _records(grid, columns, range(bottom + 1, end), repeated, strict)
        if number == 0:
            title = [
                shown(value) for row in grid.rows[:top] for value in row if not is_blank(value)
            ]
        tables.append(
            Table(grid, top, bottom, columns, body, title, remarks, notes, frozenset(repeated))
        )
        lines = [row for row in notes if row > max(body, default=bottom)]
        title = [
            *(shown(v) for row in lines for v in grid.rows[row] if not is_blank(v)),
            *title,
        ]
    if repeated:
        rows = [str(row + 1) for row in sorted(repeated)[:20]]
        tables[0].remarks.append(text("sheets.rows.headings_again", count=len(repeated), rows=rows))
    if ignore and len(tables) > 1:
        best = next(table for table in tables if table.top == found[0])
        others = [str(table.top + 1) for table in tables if table is not best]
        best.remarks.append(text("sheets.rows.tables_ignored", count=len(others), rows=others))
        return [best]
    return tables


def _records(
    grid: Grid, columns: list[TableColumn], rows: range, repeated: set[int], strict: bool
) -> tuple[list[int], list[int]]:
    """(rows with records, rows with a remark or the title of a group) under one heading."""
    places = [column.index for column in columns if column.levels]
    body: list[int] = []
    notes: list[int] = []
    for row in rows:
        if row in repeated or grid.is_blank_row(row):
            continue
        content = sum(1 for place in places if not is_blank(at(grid.rows, row, place)))
        if not strict and (content == 0 or (content == 1 and len(places) >= 3)):
            notes.append(row)
        else:
            body.append(row)
    return body, notes


def find_table(grid: Grid, known: Collection[str]) -> Table:
    """The one table of the sheet with months as headings, beside names in `known`.

    Raises `FileRejected` if there is none, or more than one that could hold targets.
    """
    finder = HeadingFinder(grid, known, months=True)
    found = finder.search()
    if found is None or not any(finder.is_month(v) for row in grid.rows for v in row):
        finder = HeadingFinder(grid, known, months=True, longer=True)
        found = finder.search() or found
    if found is None:
        raise no_headings(grid, True, "")
    top, bottom = _pick_stacked(finder, found)
    top = _with_groups(finder, top, bottom)
    remarks: list[Text] = []
    columns = without_other_tables(finder, _columns(grid, top, bottom), bottom, remarks)
    body = _body(finder, bottom, columns, remarks)
    # Rows of groups may carry the unit too; the headings themselves are looked at elsewhere.
    title = [shown(value) for row in grid.rows[:bottom] for value in row if not is_blank(value)]
    return Table(grid, top, bottom, columns, body, title, remarks)


def _pick_stacked(finder: HeadingFinder, first: tuple[int, int]) -> tuple[int, int]:
    """Of several tables below each other, the one that its title calls targets."""
    tables = [first]
    for row in range(first[1] + 1, len(finder.rows)):
        labels, months = finder.hits(row)
        if len(months) >= 3 and finder.could_be_heading(row):
            tables.append((row, row))
    if len(tables) == 1:
        return first
    fit = []
    for position, (top, bottom) in enumerate(tables):
        begin = tables[position - 1][1] + 1 if position else 0
        above = _title_before(finder.grid, begin, top)
        words = block_kind([above])
        is_target = any(word in above.casefold() for word in BLOCK_WORDS["target"])
        if is_target or words is None:
            fit.append((is_target, top, bottom))
    named = [one for one in fit if one[0]] or fit
    if len(named) != 1:
        places = [finder.grid.address(top) for top, _ in tables]
        raise FileRejected(
            text_("sheets.table.several", tables=len(tables), places=[*places]),
            where=finder.grid.name,
            next_step=text_("sheets.table.next"),
        )
    return named[0][1], named[0][2]


def _title_before(grid: Grid, begin: int, top: int) -> str:
    """The last line of text straight above a table, which titles it."""
    for row in range(top - 1, begin - 1, -1):
        texts = [shown(value) for value in grid.rows[row] if not is_blank(value)]
        if texts and len(texts) <= 3:
            return " ".join(texts)
        if texts:
            return ""
    return ""


def _with_groups(finder: HeadingFinder, top: int, bottom: int) -> int:
    """Take in rows above that group the month columns: 第一季度, 目标, 2026年."""
    _, months = finder.hits(bottom)
    for row in range(top, bottom):
        months |= finder.hits(row)[1]
    if not months:
        return top
    first = min(months)
    while top > 0 and bottom - top + 1 < DEEPEST and finder.could_be_heading(top - 1):
        row = top - 1
        merged = any(
            above <= row <= below and left >= first and right > left
            for above, left, below, right in finder.grid.facts.merges
        )
        # The first cell of an unmerged row of groups is not a title: titles stand at the left.
        words = sum(
            1
            for column in range(first, len(finder.rows[row]))
            if isinstance(value := at(finder.grid.rows, row, column), str)
            and (parse_span(value) or (len(value) <= 8 and block_kind([value])))
        )
        if not merged and words < 1:
            break
        top = row
    return top


def _columns(grid: Grid, top: int, bottom: int) -> list[TableColumn]:
    rows = grid.filled
    width = max((len(row) for row in rows[top:]), default=0)
    columns = []
    for index in range(width):
        levels: list[Any] = []
        for row in range(top, bottom + 1):
            value = at(rows, row, index)
            if not is_blank(value) and (not levels or levels[-1] != value):
                levels.append(value)
        joined = "/".join(shown(level) for level in levels)
        heading = read_heading(levels[-1] if levels else "")
        whole = read_heading(joined)
        both = Heading(
            heading.text,
            tuple(dict.fromkeys((*whole.keys, *heading.keys))),
            heading.unit or whole.unit,
            heading.unknown_unit or whole.unknown_unit,
        )
        columns.append(TableColumn(index, tuple(levels), both))
    return columns


def _body(
    finder: HeadingFinder, bottom: int, columns: list[TableColumn], remarks: list[Text]
) -> list[int]:
    grid = finder.grid
    places = [column.index for column in columns if column.levels]
    body: list[int] = []
    notes: list[int] = []
    for row in range(bottom + 1, len(grid.rows)):
        if grid.is_blank_row(row):
            continue
        if finder.is_again(row):
            remarks.append(text("sheets.second_table", row=row + 1))
            break
        content = sum(1 for place in places if not is_blank(at(grid.rows, row, place)))
        if content == 0 or (content == 1 and len(places) >= 3):
            notes.append(row)  # a remark below the table, or a line that heads a group
        else:
            body.append(row)
    if notes:
        remarks.append(
            text("sheets.rows.without_figures", rows=[str(row + 1) for row in notes[:10]])
        )
    return body
