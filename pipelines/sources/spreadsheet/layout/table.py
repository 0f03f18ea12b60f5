"""Where the table stands in a sheet: heading rows, columns, body, and what is beside or below it.

Add here: another arrangement that people use. Keep out: what the columns mean for an entity
(`rows.py`, `targets.py`). The heading row is found by known names, never by its position.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from pipelines.sources.protocol import Told
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.formats.grid import Grid, at, is_blank, letters
from pipelines.sources.spreadsheet.layout.aliases import BLOCK_WORDS
from pipelines.sources.spreadsheet.layout.heading_search import (
    DEEPEST,
    HeadingFinder,
    no_headings,
)
from pipelines.sources.spreadsheet.layout.headings import Heading, block_kind, read_heading, shown
from pipelines.sources.spreadsheet.values.months import parse_span


@dataclass(frozen=True)
class TableColumn:
    """One column of a table: its 0-based place, its heading cells from top to bottom, joined."""

    index: int
    levels: tuple[Any, ...]
    heading: Heading


@dataclass
class Table:
    """One table of a sheet. `top`..`bottom` are its heading rows, `body` its rows with content."""

    grid: Grid
    top: int
    bottom: int
    columns: list[TableColumn]
    body: list[int]
    title: list[str]  # the text cells above the headings, in reading order
    remarks: list[Told] = field(default_factory=list)

    @property
    def where(self) -> str:
        return self.grid.address(self.bottom)

    @property
    def hidden(self) -> int:
        """How many rows of the body are hidden (by hand or by a filter); they are read."""
        return len(self.grid.facts.hidden_rows.intersection(self.body))


def find_table(
    grid: Grid,
    known: Collection[str],
    *,
    months: bool = False,
    strict: bool = False,
    wanted: str = "",
) -> Table:
    """The one table of the sheet whose headings are known.

    `known` holds heading keys, `months` also takes month headings, `strict` (canonical files)
    takes every row and column under the headings; `wanted` names the headings in a message. Raises `FileRejected` if there is no such
    table, or more than one.
    """
    finder = HeadingFinder(grid, known, months)
    found = finder.search()
    if found is None:
        raise no_headings(grid, months, wanted)
    if months:
        found = _pick_stacked(finder, found)
    top, bottom = found
    if months:
        top = _with_groups(finder, top, bottom)
    columns = _columns(grid, top, bottom)
    remarks: list[Told] = []
    if not strict:
        columns = _beside(finder, columns, bottom, remarks)
    body = _body(finder, bottom, columns, strict, remarks)
    # Rows of groups may carry the unit too; the headings themselves are looked at elsewhere.
    above = grid.rows[: bottom if months else top]
    title = [shown(value) for row in above for value in row if not is_blank(value)]
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
            Told(
                f"the sheet has {len(tables)} tables with month headings ({', '.join(places)}), "
                "and it is not clear which one holds the targets",
                f"工作表里有 {len(tables)} 个带月份表头的表格（{'、'.join(places)}），"
                "无法确定哪一个是目标",
            ),
            where=finder.grid.name,
            next_step=Told(
                "leave one table per sheet, or write 目标 above one and 完成 above the other",
                "请每个工作表只放一个表格，或在一个上方写“目标”，在另一个上方写“完成”",
            ),
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


def _beside(
    finder: HeadingFinder, columns: list[TableColumn], bottom: int, remarks: list[Told]
) -> list[TableColumn]:
    """Leave out a second table that stands to the right behind an empty column."""
    grid = finder.grid
    parts: list[list[TableColumn]] = [[]]
    for column in columns:
        if column.levels or any(
            not is_blank(at(grid.rows, row, column.index))
            for row in range(bottom + 1, len(grid.rows))
        ):
            parts[-1].append(column)
        elif parts[-1]:
            parts.append([])
    parts = [part for part in parts if part]

    def labels(part: list[TableColumn]) -> set[str]:
        return {key for column in part for level in column.levels if (key := finder.label(level))}

    def months(part: list[TableColumn]) -> int:
        return sum(any(finder.is_month(level) for level in column.levels) for column in part)

    if len(parts) < 2:
        return [column for part in parts for column in part]
    main = max(parts, key=lambda part: (months(part), len(labels(part))))  # the first of equals
    kept = []
    for part in parts:
        if part is main or not labels(part) & labels(main):
            kept.extend(part)
            continue
        kind = block_kind(shown(level) for column in part for level in column.levels)
        rival = months(part) >= 3 if finder.months else len(labels(part)) == len(labels(main))
        if rival and kind in (None, "target"):
            one, other = letters(main[0].index), letters(part[0].index)
            raise FileRejected(
                Told(
                    f"two tables with the same headings stand side by side (columns "
                    f"{one} and {other})",
                    f"两个表头相同的表格并排放着（{one} 列和 {other} 列）",
                ),
                where=grid.address(bottom),
                next_step=Told(
                    "put one of them on a sheet of its own", "请把其中一个移到单独的工作表"
                ),
            )
        span = f"{letters(part[0].index)}–{letters(part[-1].index)}"
        remarks.append(
            Told(
                f"columns {span} hold another table, which was not read",
                f"{span} 列是另一个表格，没有读取",
            )
        )
    return kept


def _body(
    finder: HeadingFinder,
    bottom: int,
    columns: list[TableColumn],
    strict: bool,
    remarks: list[Told],
) -> list[int]:
    grid = finder.grid
    places = [column.index for column in columns if column.levels]
    body: list[int] = []
    notes: list[int] = []
    gap = False
    for row in range(bottom + 1, len(grid.rows)):
        if grid.is_blank_row(row):
            gap = True
            continue
        if strict:
            body.append(row)
            continue
        if (gap or finder.months) and finder.is_again(row):
            remarks.append(
                Told(
                    f"a second table begins in row {row + 1} and was not read",
                    f"第 {row + 1} 行起是第二个表格，没有读取",
                )
            )
            break
        content = sum(1 for place in places if not is_blank(at(grid.rows, row, place)))
        if content == 0 or (content == 1 and len(places) >= 3):
            notes.append(row)  # a remark below the table, or a line that heads a group
        else:
            body.append(row)
    if notes:
        rows = [str(row + 1) for row in notes[:10]]
        remarks.append(
            Told(
                f"rows without figures were left out: {', '.join(rows)}",
                f"没有数字的行已略过：第 {'、'.join(rows)} 行",
            )
        )
    return body
