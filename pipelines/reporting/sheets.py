"""Writing a workbook that is the same every time and holds no formula from data.

Add here: how a kind of cell or a sheet looks. Keep out: which sheets there are and what is in them
(`workbook.py`).

Text from data is always written as text: a cell that begins with = + - @ carries the quote
prefix, so neither opening nor editing nor saving as CSV makes a formula of it unasked.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipelines.reporting.texts import say

Cell = str | float | int | dt.date | None

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Column:
    """A column: the key of its heading, how its cells are written, and its width in letters."""

    key: str
    kind: str = "text"  # text, money, share, ratio, count, days, date
    width: int = 12


class Sheets:
    """A workbook in memory; `created` is its fixed date, so that equal content is equal bytes."""

    def __init__(self, language: str, company: str, created: dt.date) -> None:
        self._language = language
        self._target = io.BytesIO()
        self._book = xlsxwriter.Workbook(
            self._target,
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_numbers": False,
                "strings_to_urls": False,
            },
        )
        self._book.set_properties(
            {
                "title": say("title", self._language),
                "company": company,
                # The report's day, not the clock: the same report is the same file.
                "created": dt.datetime.combine(created, dt.time()),
            }
        )
        font: dict[str, object] = {
            "font_name": "Microsoft YaHei" if self._language == "zh" else "Calibri"
        }
        formats: dict[str, dict[str, object]] = {
            "text": {"text_wrap": True, "valign": "top"},
            "money": {"num_format": "#,##0;[Red]-#,##0", "valign": "top"},
            "share": {"num_format": "0%", "valign": "top"},
            "ratio": {"num_format": "0.00", "valign": "top"},
            "count": {"num_format": "#,##0", "valign": "top"},
            "days": {"num_format": "0.0", "valign": "top"},
            "date": {"num_format": "yyyy-mm-dd", "align": "left", "valign": "top"},
            "quoted": {"text_wrap": True, "valign": "top", "quote_prefix": True},
            "head": {"bold": True, "text_wrap": True, "bottom": 2, "bg_color": "#E8EDF2"},
            "title": {"bold": True, "font_size": 14},
            "danger": {"bold": True, "font_color": "#FFFFFF", "bg_color": "#B3261E"},
            "warning": {"bold": True, "font_color": "#6B3F00", "bg_color": "#FFE2B0"},
        }
        self._formats: dict[str, Format] = {
            name: self._book.add_format({**font, **style}) for name, style in formats.items()
        }

    def content(self) -> bytes:
        """Close the workbook and return the file's bytes."""
        self._book.close()
        return self._target.getvalue()

    def say(self, key: str) -> str:
        """The text of a key in the workbook's language."""
        return say(key, self._language)

    def sheet(self, name: str) -> Worksheet:
        """A new sheet named by its key, landscape on A4."""
        sheet = self._book.add_worksheet(self.say(f"sheet.{name}"))
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        return sheet

    def chart(self, kind: str) -> Any:
        """A chart of the spreadsheet program: column, line."""
        return self._book.add_chart({"type": kind})

    def table(
        self,
        name: str,
        columns: Sequence[Column],
        rows: Sequence[Sequence[Cell]],
        none: str = "no_data",
    ) -> Worksheet:
        """A new sheet with one table: frozen headings, a filter, or a sentence when it is empty."""
        sheet = self.sheet(name)
        for index, column in enumerate(columns):
            sheet.set_column(index, index, column.width)
        self.rows(sheet, 0, columns, rows)
        if rows:
            sheet.autofilter(0, 0, len(rows), len(columns) - 1)
        else:
            self.write(sheet, 1, 0, self.say(none), "text")
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        return sheet

    def rows(
        self,
        sheet: Worksheet,
        first: int,
        columns: Sequence[Column],
        rows: Iterable[Sequence[Cell]],
        left: int = 0,
    ) -> None:
        """Headings and rows of a table from a row and a column on; levels get their colours."""
        for index, column in enumerate(columns, start=left):
            self.write(sheet, first, index, self.say(column.key), "head")
        levels = {self.say(f"level.{level}"): level for level in ("danger", "warning")}
        for number, row in enumerate(rows, start=first + 1):
            for index, (column, value) in enumerate(zip(columns, row, strict=True), start=left):
                kind = column.kind
                if column.key == "col.level" and value in levels:
                    kind = levels[str(value)]
                self.write(sheet, number, index, value, kind)

    def write(self, sheet: Worksheet, row: int, column: int, value: Cell, kind: str) -> None:
        """One cell; nothing for None and empty text."""
        style = self._formats[kind]
        if value is None or value == "":
            return
        if isinstance(value, dt.date):
            sheet.write_datetime(row, column, dt.datetime.combine(value, dt.time()), style)
        elif isinstance(value, str):
            quoted = value.startswith(FORMULA_STARTS)
            sheet.write_string(row, column, value, self._formats["quoted"] if quoted else style)
        else:
            sheet.write_number(row, column, value, style)
