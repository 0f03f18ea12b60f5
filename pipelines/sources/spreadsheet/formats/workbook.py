"""From the bytes of a workbook to grids: the child that reads it, and which sheets are meant.

Add here: another way in which a workbook cannot be opened.
Keep out: kinds of files and their parts (`child.py` and what it uses), text files (`csv_text.py`),
which cell is what, and passwords' origin.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pipelines
from pipelines.language import text
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.formats import child
from pipelines.sources.spreadsheet.formats.grid import Grid, SheetFacts
from pipelines.sources.spreadsheet.formats.refused import Refused

_LONGEST_READ = 180  # seconds; a large sheet takes five
_SMALL = 512 * 1024  # bytes
_PROJECT = Path(pipelines.__file__).parents[1]


@dataclass
class Book:
    """A workbook as read: its visible worksheets in order, its hidden ones, grids by name.

    Only the sheets that the pattern of the mapping means have a grid.
    """

    visible: list[str]
    hidden: list[str]
    grids: dict[str, Grid]

    def chosen(self, pattern: str | None, several: bool = False) -> list[Grid]:
        """The visible sheets that a mapping means: exactly one, or at least one if `several`.

        Without a pattern empty sheets do not count. Raises `FileRejected` naming the sheets.
        """
        grids = [
            self.grids[name]
            for name in self.visible
            if name in self.grids and child.matches(name, pattern)
        ]
        if pattern is None:
            grids = [grid for grid in grids if not grid.is_empty]
        if len(grids) == 1 or (several and grids):
            return grids
        visible: Any = self.visible or "-"
        next_step = text("sheets.next.name_the_sheet")
        if grids:
            found = [grid.name for grid in grids]
            cause = text("sheets.several_sheets", count=len(found), found=found, visible=visible)
            raise FileRejected(cause, next_step=next_step)
        hidden = [name for name in self.hidden if child.matches(name, pattern)]
        key = "sheets.no_sheet" if pattern is None else "sheets.no_such_sheet"
        if hidden:
            key = f"{key}_but_hidden"
        values = {"pattern": pattern or "", "visible": visible, "hidden": hidden}
        raise FileRejected(text(key, **values), next_step=next_step)


def open_book(
    data: bytes, *, pattern: str | None = None, password: str | None = None, currency: str = ""
) -> Book:
    """Read a workbook of any kind in a child process with limits.

    `pattern` means the sheets wanted; `currency` is the company's, in which cells are formatted
    that say nothing else. Raises `FileRejected` for whatever is wrong with the file as a whole.
    """
    date1904, sheets = _sheets(data, pattern, password, currency)
    visible = [name for name, shown, _, _ in sheets if shown]
    grids = {
        name: Grid(name, rows, facts or SheetFacts(), date1904)
        for name, shown, rows, facts in sheets
        if shown and rows is not None
    }
    return Book(visible, [name for name, shown, _, _ in sheets if not shown], grids)


def _sheets(
    data: bytes, pattern: str | None, password: str | None, currency: str
) -> tuple[bool, list[tuple[Any, ...]]]:
    """What the child says. A small workbook is read whole and once: mappings often take its sheets
    one by one. If another sheet of it cannot be read, the one that is meant may be.
    """
    if pattern is not None and len(data) <= _SMALL:
        try:
            return _whole(data, password, currency)
        except FileRejected:
            pass
    if pattern is None and len(data) <= _SMALL:
        return _whole(data, password, currency)
    return _answer(data, {"pattern": pattern, "password": password, "currency": currency})


@lru_cache(maxsize=1)
def _whole(data: bytes, password: str | None, currency: str) -> tuple[bool, list[tuple[Any, ...]]]:
    return _answer(data, {"pattern": None, "password": password, "currency": currency})


def started(wish: bytes) -> tuple[int, bytes]:
    """(exit code, answer) of a child process for one wish. Raises `subprocess.TimeoutExpired`."""
    # The child finds the project and its packages where this process found them, whatever it was
    # started with; without looking for packages itself (-S) it starts in half the time.
    paths = [str(_PROJECT), *filter(None, sys.path)]
    ended = subprocess.run(
        [sys.executable, "-S", "-m", child.__name__],
        input=wish,
        capture_output=True,
        timeout=_LONGEST_READ,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
    return ended.returncode, ended.stdout


def _answer(data: bytes, wish: dict[str, Any]) -> tuple[bool, list[tuple[Any, ...]]]:
    try:
        code, written = started(json.dumps(wish).encode() + b"\n" + data)
    except subprocess.TimeoutExpired as error:
        cause = text("sheets.took_too_long", seconds=_LONGEST_READ)
        raise FileRejected(cause, next_step=text("sheets.next.split")) from error
    if code != 0:
        # A native reader that gets no memory aborts; Python says MemoryError; the kernel kills.
        memory = child.MOST_MEMORY // 1024**3
        raise FileRejected(
            text("sheets.too_much_memory", gigabytes=memory), next_step=text("sheets.next.split")
        )
    answer = pickle.loads(written)
    if answer[0] is None:
        return bool(answer[1]), answer[2]
    raise rejected(Refused(answer[0], answer[1], where=answer[2], **answer[3]))


def rejected(refused: Refused) -> FileRejected:
    """The refusal of a child as the rejection of its file."""
    return FileRejected(
        text(refused.key, **refused.values),
        where=refused.where,
        next_step=text(refused.next_key),
    )
