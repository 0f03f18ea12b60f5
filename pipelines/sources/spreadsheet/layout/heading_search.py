"""Which rows of a sheet are its headings: those that hold known names.

Add here: what a heading row cannot hold. Keep out: the table around it (`layout.py`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from typing import Any

from pipelines.language.text import text as text_
from pipelines.sources.protocol import joined
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.formats.grid import Grid, is_blank
from pipelines.sources.spreadsheet.layout.headings import read_heading, shown
from pipelines.sources.spreadsheet.values.months import parse_month, parse_span

SEARCHED_ROWS = 30
DEEPEST = 3  # rows of headings above each other
_AMOUNT_LIKE = re.compile(r"^[¥￥$€£]?[+-]?\d[\d,.]*\s*(元|万元?|亿元?|%|w|k)?$", re.IGNORECASE)

_DAY_LIKE = re.compile(r"^\s*(?:19|20)\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}(?!\d)")


class HeadingFinder:
    """Looks for heading rows in one grid: rows of known names, and of months if wanted."""

    def __init__(
        self, grid: Grid, known: Collection[str], months: bool, *, longer: bool = False
    ) -> None:
        """`longer`: quarters, halves and years are headings too, in sheets that have no months."""
        self.grid, self.known, self.months, self._longer = grid, known, months, longer
        self.rows = grid.filled
        self._labels: dict[str, str | None] = {}

    def label(self, value: Any) -> str | None:
        """The known key that a cell holds, None if it holds none."""
        if not isinstance(value, str) or is_blank(value) or len(value) > 60:
            return None
        if value not in self._labels:
            keys = read_heading(value).keys
            self._labels[value] = next((key for key in keys if key in self.known), None)
        return self._labels[value]

    def is_month(self, value: Any) -> bool:
        if not self.months or is_blank(value):
            return False
        return (parse_span if self._longer else parse_month)(value) is not None

    def could_be_heading(self, row: int) -> bool:
        """False for a row with an amount or a day in it: headings have words, months and years."""
        for value in self.rows[row]:
            if is_blank(value) or self.is_month(value):
                continue
            if isinstance(value, int | float) and not isinstance(value, bool):
                if not (float(value).is_integer() and 1990 <= value <= 2100):
                    return False
            elif (
                isinstance(value, dt.date | dt.time)
                or isinstance(value, str)
                and _DAY_LIKE.match(value)
            ):
                return False
            elif isinstance(value, str) and _AMOUNT_LIKE.match(value.strip()):
                text = value.strip()
                if not (re.match(r"^(19|20)\d{2}$", text)):
                    return False
        return True

    def hits(self, row: int) -> tuple[dict[int, str], set[int]]:
        """(label keys by column, month columns) of one row."""
        labels, months = {}, set()
        for column, value in enumerate(self.rows[row]):
            if self.is_month(value):
                months.add(column)
            elif key := self.label(value):
                labels[column] = key
        return labels, months

    def enough(self, labels: Collection[str], months: int) -> bool:
        names = len(set(labels))
        if self._longer:
            return names >= 1 and months >= 1
        return names >= 2 or months >= 3 or (names == 1 and months == 2)

    def search(self) -> tuple[int, int] | None:
        """First and last heading row with most hits, None if no row has enough of them."""
        best: tuple[int, int] | None = None
        most = 0
        for top in range(min(SEARCHED_ROWS, len(self.rows))):
            labels: dict[int, str] = {}
            months: set[int] = set()
            # A title such as 2026年度目标 would pass for a second row of longer headings.
            deepest = 1 if self._longer else DEEPEST
            for bottom in range(top, min(top + deepest, len(self.rows))):
                if not self.could_be_heading(bottom):
                    break
                own_labels, own_months = self.hits(bottom)
                if bottom == top and not own_labels and not own_months:
                    break
                labels.update(own_labels)
                months |= own_months
                score = len(set(labels) | months)
                if score > most and self.enough(labels.values(), len(months)):
                    best, most = (top, bottom), score
        return best

    def is_again(self, row: int) -> bool:
        """True for a row that looks like the headings of another table."""
        if not self.could_be_heading(row):
            return False
        labels, months = self.hits(row)
        return self.enough(labels.values(), len(months))


def heading_rows(
    finder: HeadingFinder, best: tuple[int, int], strict: bool
) -> tuple[list[tuple[int, int]], set[int]]:
    """(first and last row of every heading from top to bottom, rows that repeat a heading).

    A sheet can hold several tables below each other, and lists that were printed repeat their
    headings on every page. `best` is the heading with most known names; one above it counts too if
    records stand between them.
    """
    heads = [*_above(finder, best), best]
    last_row = dict(heads)
    repeated: set[int] = set()
    own: dict[int, str] = {}
    gap, within = False, -1
    for row in range(heads[0][0], len(finder.rows)):
        if row in last_row:
            within = last_row[row]
            own = {}
        if row <= within:
            own |= finder.hits(row)[0]
            continue
        if finder.grid.is_blank_row(row):
            gap = True
            continue
        filled = sum(not is_blank(value) for value in finder.grid.rows[row])
        if filled > 1 and finder.could_be_heading(row):
            if _repeats(finder, row, own):
                repeated.add(row)
            elif row > best[1] and _is_other(finder, row, filled, gap, strict):
                heads.append((row, row))
                own = finder.hits(row)[0]
        gap = filled <= 1
    return heads, repeated


def _repeats(finder: HeadingFinder, row: int, own: dict[int, str]) -> bool:
    """True for a row with the same known names in the same columns."""
    if not own:
        return False
    labels = finder.hits(row)[0]
    same = sum(labels.get(column) == name for column, name in own.items())
    return same >= 2 and same >= 0.8 * len(own)


def _is_other(finder: HeadingFinder, row: int, filled: int, gap: bool, strict: bool) -> bool:
    """True for a row that heads another table: known names, and little else, behind a gap or many."""
    names = len(set(finder.hits(row)[0].values()))
    if strict:
        return names >= 2 and names == filled
    return names >= (2 if gap else 3) and names >= 0.6 * filled


def _above(finder: HeadingFinder, best: tuple[int, int]) -> list[tuple[int, int]]:
    """Headings above the richest one that have records of their own below them."""
    found: list[tuple[int, int]] = []
    candidates = [
        row
        for row in range(best[0])
        if finder.could_be_heading(row) and finder.enough(finder.hits(row)[0].values(), 0)
    ]
    for number, row in enumerate(candidates):
        end = candidates[number + 1] if number + 1 < len(candidates) else best[0]
        labels = finder.hits(row)[0]
        records = [
            below
            for below in range(row + 1, end)
            if sum(
                not is_blank(value)
                for column, value in enumerate(finder.grid.rows[below])
                if column in labels
            )
            >= 2
        ]
        if records and len(labels) >= 0.6 * sum(
            not is_blank(value) for value in finder.grid.rows[row]
        ):
            found.append((row, row))
    return found


def _at_most(texts: list[str], letters: int) -> list[str]:
    """The first texts, as many letters of them as fit into a message."""
    taken: list[str] = []
    for told in texts:
        if letters <= 0:
            break
        taken.append(told[:letters])
        letters -= len(told) + 2
    return taken


def no_headings(grid: Grid, months: bool, known_names: str) -> FileRejected:
    """The rejection of a sheet that has none; `known_names` says which would be known."""
    first = next((row for row in grid.rows if not all(map(is_blank, row))), [])
    seen = [shown(value) for value in first if not is_blank(value)]
    wanted = text_("sheets.heading_search.two_known_headings")
    if months:
        wanted = text_("sheets.heading_search.person_months")
    if known_names:
        wanted = text_(
            "sheets.heading_search.wanted_known_as", wanted=wanted, known_names=known_names
        )
    content = text_("sheets.heading_search.sheet_empty")
    if seen:
        content = text_("sheets.heading_search.first_row", seen=_at_most(seen, 200))
    missing = text_("sheets.heading_search.none_found", searched_rows=SEARCHED_ROWS, wanted=wanted)
    return FileRejected(
        joined([missing, content]),
        where=grid.name,
        next_step=text_("sheets.heading_search.next"),
    )
