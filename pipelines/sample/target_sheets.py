"""One target sheet in Excel: title, unit, merged headings and labels, months, totals as formulas.

Add here: how a sheet looks. Keep out: which sheets there are and what they hold (`workbooks.py`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xlsxwriter
from xlsxwriter.utility import xl_range

QUARTERS = ("第一季度", "第二季度", "第三季度", "第四季度")
QUARTER_TOTALS = ("一季度合计", "二季度合计", "三季度合计", "四季度合计")
NO_TARGET = "-"  # typed on purpose; an empty cell could be a month that was forgotten
TOP = 4  # rows above the body: title, unit, two rows of headings


@dataclass
class Line:
    """A row: labels and amounts by month of the sheet (NaN: none). A total has a label only."""

    labels: tuple[str, ...]
    amounts: np.ndarray
    total_of: int = 0  # how many rows before it a totals row adds up


@dataclass
class Sheet:
    """One sheet. `merge` counts the label columns whose equal neighbours are merged."""

    name: str
    title: str
    unit: str
    headings: tuple[str, ...]
    merge: int = 0
    lines: list[Line] = field(default_factory=list)

    def total(self, label: str, column: int, count: int) -> None:
        """Add a totals row over the last `count` rows that are no totals."""
        parts = [line.amounts for line in self.lines if not line.total_of][-count:]
        labels = [""] * len(self.headings)
        labels[column] = label
        self.lines.append(Line(tuple(labels), np.nansum(np.array(parts), axis=0), count))


def write_workbook(
    path: Path, sheets: list[Sheet], *, first_month: int, created: dt.datetime
) -> None:
    """Write the sheets into one workbook; the same sheets give the same bytes."""
    workbook = xlsxwriter.Workbook(str(path))
    # A fixed date, so that the same company gives the same bytes.
    workbook.set_properties({"title": path.stem, "created": created})
    styles = {
        "title": workbook.add_format({"bold": True, "font_size": 14, "align": "center"}),
        "unit": workbook.add_format({"align": "right", "italic": True}),
        "head": workbook.add_format(
            {
                "bold": True,
                "align": "center",
                "valign": "vcenter",
                "border": 1,
                "bg_color": "#DCE6F1",
            }
        ),
        "label": workbook.add_format({"border": 1, "valign": "vcenter"}),
        "money": workbook.add_format({"border": 1, "num_format": "#,##0.00"}),
        "count": workbook.add_format({"border": 1, "num_format": "0"}),
        "sum": workbook.add_format({"border": 1, "bold": True, "num_format": "#,##0.00"}),
        "sum_count": workbook.add_format({"border": 1, "bold": True, "num_format": "0"}),
        "sum_label": workbook.add_format({"border": 1, "bold": True}),
    }
    for sheet in sheets:
        _write_sheet(workbook, sheet, first_month, styles)
    workbook.close()


def _write_sheet(
    workbook: xlsxwriter.Workbook, sheet: Sheet, first_month: int, styles: dict[str, Any]
) -> None:
    page = workbook.add_worksheet(sheet.name)
    width = len(sheet.headings)
    count = 12 - first_month + 1
    # Position of each month, with a total after each third one, and the total of all at the end.
    places = [width + index + index // 3 for index in range(count)]
    last = width + count + count // 3
    page.merge_range(0, 0, 0, last, sheet.title, styles["title"])
    page.write(1, last, sheet.unit, styles["unit"])
    for column, heading in enumerate(sheet.headings):
        page.merge_range(2, column, 3, column, heading, styles["head"])
    for index, place in enumerate(places):
        month = first_month + index
        quarter = (month - 1) // 3
        page.write(3, place, f"{month}月", styles["head"])
        if index % 3 == 0:
            page.merge_range(2, place, 2, place + 3, QUARTERS[quarter], styles["head"])
            page.write(3, place + 3, QUARTER_TOTALS[quarter], styles["head"])
    whole = "全年" if first_month == 1 else "下半年合计"
    page.merge_range(2, last, 3, last, whole, styles["head"])
    counted = "家" in sheet.unit
    for position, line in enumerate(sheet.lines):
        row = TOP + position
        summed = bool(line.total_of)
        style = styles[
            ("sum" if summed else "money") if not counted else ("sum_count" if summed else "count")
        ]
        if summed:
            for column in range(width):
                page.write(row, column, line.labels[column], styles["sum_label"])
        else:
            for column in range(sheet.merge, width):
                page.write(row, column, line.labels[column], styles["label"])
        _write_amounts(page, sheet, row, line, places, last, style)
    for column in range(sheet.merge):
        _write_merged(page, sheet, column, styles["label"])
    page.freeze_panes(TOP, width)
    page.set_column(0, width - 1, 12)
    page.set_column(width, last, 10)


def _write_amounts(
    page: Any, sheet: Sheet, row: int, line: Line, places: list[int], last: int, style: Any
) -> None:
    detail = _detail_rows(sheet, row - TOP) if line.total_of else []
    for place, amount in zip(places, line.amounts.tolist(), strict=True):
        if line.total_of:
            page.write_formula(row, place, _sum(detail, place, place), style, round(amount, 2))
        elif np.isnan(amount):
            page.write_string(row, place, NO_TARGET, style)
        else:
            page.write_number(row, place, amount, style)
    for index in range(0, len(places), 3):
        amounts = line.amounts[index : index + 3]
        column = places[index] + 3
        if np.isnan(amounts).all():
            page.write_blank(row, column, None, style)
            continue
        span = [(row, row)]
        formula = _sum(span, places[index], places[index] + 2)
        page.write_formula(row, column, formula, style, round(float(np.nansum(amounts)), 2))
    quarters = [
        xl_range(row, places[index] + 3, row, places[index] + 3)
        for index in range(0, len(places), 3)
    ]
    total = round(float(np.nansum(line.amounts)), 2)
    page.write_formula(row, last, f"={'+'.join(quarters)}", style, total)


def _detail_rows(sheet: Sheet, position: int) -> list[tuple[int, int]]:
    """Ranges of sheet rows that the totals row at that position adds up, without other totals."""
    wanted = sheet.lines[position].total_of
    rows = [index for index in range(position) if not sheet.lines[index].total_of][-wanted:]
    ranges: list[tuple[int, int]] = []
    for index in rows:
        row = TOP + index
        if ranges and ranges[-1][1] == row - 1:
            ranges[-1] = (ranges[-1][0], row)
        else:
            ranges.append((row, row))
    return ranges


def _sum(rows: list[tuple[int, int]], first: int, last: int) -> str:
    parts = ",".join(xl_range(begin, first, stop, last) for begin, stop in rows)
    return f"=SUM({parts})"


def _write_merged(page: Any, sheet: Sheet, column: int, style: Any) -> None:
    """Equal labels below each other become one merged cell; totals rows end it."""
    begin = 0
    while begin < len(sheet.lines):
        label = sheet.lines[begin].labels[column]
        stop = begin
        while stop < len(sheet.lines) and sheet.lines[stop].labels[column] == label:
            if sheet.lines[stop].total_of:
                break
            stop += 1
        if stop - begin > 1:
            page.merge_range(TOP + begin, column, TOP + stop - 1, column, label, style)
        elif stop - begin == 1:
            page.write(TOP + begin, column, label, style)
        begin = max(stop, begin + 1)
