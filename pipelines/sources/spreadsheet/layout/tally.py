"""Rows in are rows out: what a sheet holds is counted from the sheet, not from what was read of it.

Add here: another proof that nothing of a sheet was lost. Keep out: sums (`checks.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from pipelines.entities import Entity
from pipelines.language import text
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.formats.grid import Grid, is_blank
from pipelines.sources.spreadsheet.layout.body import SheetRows
from pipelines.sources.spreadsheet.layout.heading_search import HeadingFinder
from pipelines.sources.spreadsheet.layout.table import Table


def refuse_unread(grid: Grid, tables: Sequence[Table]) -> None:
    """Raise `FileRejected` if records stand above the first heading, where nothing is read.

    A line above a table is a title unless it fills most of the columns and holds figures or days.
    """
    first = tables[0]
    width = sum(1 for column in first.columns if column.levels)
    finder = HeadingFinder(grid, (), months=False)
    unread = [
        row
        for row in range(first.top)
        if sum(not is_blank(value) for value in grid.rows[row]) >= max(3, 0.6 * width)
        and not finder.could_be_heading(row)
    ]
    if unread:
        rows = [str(row + 1) for row in unread[:10]]
        raise FileRejected(
            text("sheets.rows_above", count=len(unread), rows=rows, heading=first.top + 1),
            where=grid.address(unread[0]),
            next_step=text("sheets.next.one_table"),
        )


def refuse_lost(table: Table, accounted: int) -> None:
    """Raise `FileRejected` unless every row under a heading became a record, was set aside or left out."""
    grid = table.grid
    last = max(table.body, default=table.bottom)
    passed = {*table.notes, *table.repeated}
    held = sum(
        1
        for row in range(table.bottom + 1, last + 1)
        if row not in passed and not grid.is_blank_row(row)
    )
    if held != accounted:
        raise FileRejected(
            text("sheets.rows_lost", held=held, accounted=accounted),
            where=table.where,
            next_step=text("sheets.next.tell_us"),
        )


def other_table(table: Table, rejected: FileRejected) -> FileRejected:
    """The rejection of a sheet because of a further table that cannot be read."""
    return FileRejected(
        text("sheets.other_table", row=table.top + 1, cause=rejected.cause),
        where=rejected.where or table.where,
        next_step=text("sheets.next.other_tables"),
    )


def united(parts: list[SheetRows], entity: Entity) -> SheetRows:
    """The rows of several tables or sheets as one; a key in two of them must mean the same.

    Raises `FileRejected` for a key that has other values in another table.
    """
    if len(parts) == 1:
        return parts[0]
    whole = pa.concat_tables([part.table for part in parts])
    known = [column.name for column in entity.columns]
    first: dict[tuple[object, ...], int] = {}
    keep: list[int] = []
    rows = whole.select(known).to_pylist()
    for number, row in enumerate(rows):
        place = tuple(row[name] for name in entity.key)
        before = first.setdefault(place, number)
        if before == number:
            keep.append(number)
        elif rows[before] != row:
            one, other = (whole["_address"][at].as_py() for at in (before, number))
            shown = ", ".join(str(part) for part in place if part is not None)
            raise FileRejected(
                text("sheets.key_in_two_tables", key=shown, first=one, second=other),
                where=other,
                next_step=text("sheets.next.one_of_two"),
            )
    doubles = len(rows) - len(keep)
    remarks = [remark for part in parts for remark in part.remarks]
    if doubles:
        remarks.append(text("sheets.rows.doubles", count=doubles))
    return SheetRows(
        whole.take(pa.array(keep, pa.int64())) if doubles else whole,
        [rejection for part in parts for rejection in part.rejections],
        remarks,
        sum(part.read for part in parts) - doubles,
        sum(part.left_out for part in parts) + doubles,
    )
