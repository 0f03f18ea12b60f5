"""Tables side by side: which columns belong to the one that is read.

Add here: another way in which a sheet puts one table beside another. Keep out: tables below each
other (`heading_search.py`), and what the columns mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipelines.language import Text
from pipelines.language.text import text as text_
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.formats.grid import at, is_blank, letters
from pipelines.sources.spreadsheet.layout.heading_search import HeadingFinder
from pipelines.sources.spreadsheet.layout.headings import Heading, block_kind, shown


@dataclass(frozen=True)
class TableColumn:
    """One column of a table: its 0-based place, its heading cells from top to bottom, joined."""

    index: int
    levels: tuple[Any, ...]
    heading: Heading


def without_other_tables(
    finder: HeadingFinder,
    columns: list[TableColumn],
    bottom: int,
    remarks: list[Text],
    *,
    ignore: bool = False,
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
        if rival and not ignore and kind in (None, "target"):
            one, other = letters(main[0].index), letters(part[0].index)
            raise FileRejected(
                text_("sheets.beside.twins", one=one, other=other),
                where=grid.address(bottom),
                next_step=text_("sheets.beside.next"),
            )
        span = f"{letters(part[0].index)}–{letters(part[-1].index)}"
        remarks.append(text_("sheets.beside.unread", span=span))
    return kept
