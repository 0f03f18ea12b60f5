"""Reading a configuration file that is a table: headings, rows, and every fault with its row and column.

Add here: a way of reading cells that several such files share. Keep out: what a file's rows mean
(`tables.py`, `data_tables.py`).
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from pipelines.configuration.problems import Problem, read_text
from pipelines.language import Said
from pipelines.language import text as words

T = TypeVar("T")


def read_rows(
    path: Path,
    headings: tuple[str, ...],
    build: Callable[[dict[str, str]], T],
    problems: list[Problem],
    *,
    needed: bool,
    optional: tuple[str, ...] = (),
) -> list[T]:
    """What `build` makes of every row; what it cannot read is a problem with row and column."""
    if not needed and not path.exists():
        return []
    text = read_text(path, problems, accepted=", ".join(headings))
    if text is None:
        return []
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [name for name in headings if name not in (reader.fieldnames or [])]
    if missing:
        problems.append(
            Problem(
                path.name,
                words("config.tables.headings"),
                words("config.tables.no_heading", missing=missing),
                ", ".join(headings),
            )
        )
        return []
    rows: list[T] = []
    before = len(problems)
    for row in reader:
        number = reader.line_num
        beyond = [cell for cell in row.pop(None, []) if cell.strip()]
        if beyond:
            # A comma inside a cell without quotes would shift what follows it.
            found = words("config.tables.more_cells", headings=len(row), cells=beyond)
            where, accepted = words("config.row", row=number), words("config.tables.quoted")
            problems.append(Problem(path.name, where, found, accepted))
            continue
        if not any((cell or "").strip() for cell in row.values()):
            continue  # spreadsheet programs leave rows of nothing but commas
        cells = {name: (row.get(name) or "").strip() for name in (*headings, *optional)}
        try:
            rows.append(build(cells))
        except Unreadable as error:
            problems.append(
                Problem(
                    path.name,
                    words("config.row_column", row=number, column=error.column),
                    repr(cells[error.column]),
                    error.accepted,
                )
            )
    if needed and not rows and len(problems) == before:
        problems.append(Problem(path.name, "", words("config.tables.no_rows"), ", ".join(headings)))
    return rows


class Unreadable(Exception):
    """A cell that `build` cannot read, and what it would accept."""

    def __init__(self, column: str, accepted: Said) -> None:
        super().__init__(column)
        self.column, self.accepted = column, accepted


def date_of(row: dict[str, str], column: str) -> dt.date:
    """An ISO date. Raises `Unreadable`."""
    try:
        return dt.date.fromisoformat(row[column])
    except ValueError:
        raise Unreadable(column, words("config.tables.date")) from None


def given(row: dict[str, str], *columns: str) -> None:
    """Raises `Unreadable` for the first of the columns that is empty."""
    for column in columns:
        if not row[column]:
            raise Unreadable(column, words("config.a_value"))


def once(path: Path, keys: Iterable[str], problems: list[Problem], accepted: Said) -> None:
    """A problem for every key that occurs more than once."""
    for key, count in Counter(keys).items():
        if count > 1:
            problems.append(
                Problem(path.name, key, words("config.tables.times", count=count), accepted)
            )
