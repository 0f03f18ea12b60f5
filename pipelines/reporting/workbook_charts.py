"""The workbook's page of charts: months against targets, teams against what is due, stages against the usual.

Add here: a chart of the workbook. Keep out: figures, sheets of rows (`workbook.py`), the page's charts
(`charts.py`): these are the spreadsheet program's own, so that a reader can change them.

Every chart is drawn from the small table beside it, whose numbers are those of the sheets of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.reporting.figures import ReportFigures
from pipelines.reporting.sheets import Cell, Column, Sheets

ACTUAL, MARK = "#2463A8", "#B85C00"
FONT = {"size": 9, "color": "#52606D"}
# Of one chart: rows that it covers, and the column where its table begins.
ROWS, TABLE = 17, 9
MOST_TEAMS = 16


@dataclass(frozen=True)
class _Chart:
    """A chart with its table: what is measured as columns, what it is measured against as marks."""

    title: str
    columns: tuple[Column, Column, Column]
    rows: Sequence[tuple[Cell, Cell, Cell]]
    number: str


def write_charts(sheets: Sheets, figures: ReportFigures) -> None:
    """The sheet, without charts that have nothing to show; none at all without any."""
    found = [chart for chart in (_months(figures), _teams(figures), _stages(figures)) if chart.rows]
    if not found:
        return
    sheet = sheets.sheet("charts")
    name = str(sheet.get_name())
    for offset, width in enumerate((18, 14, 14)):
        sheet.set_column(TABLE + offset, TABLE + offset, width)
    for number, chart in enumerate(found):
        first = number * ROWS
        sheets.rows(sheet, first, chart.columns, chart.rows, left=TABLE)
        sheet.insert_chart(first, 0, _drawn(sheets, chart, name, first))


def _months(figures: ReportFigures) -> _Chart:
    rows = [
        # A month to come has no actual yet: no column, not one of height nought.
        (f"{m.period_start:%Y-%m}", m.actual if m.period_start <= figures.as_of else None, m.target)
        for m in figures.progress.months
    ]
    columns = (Column("col.period"), Column("col.actual", "money"), Column("col.target", "money"))
    return _Chart("months.title", columns, rows, "#,##0")


def _teams(figures: ReportFigures) -> _Chart:
    teams = figures.progress.scopes.get("team", ())[:MOST_TEAMS]
    rows = [(t.scope_name, t.attainment, t.expected_share) for t in teams if t.target]
    columns = (
        Column("col.name"),
        Column("col.attainment", "share"),
        Column("col.expected", "share"),
    )
    return _Chart("sheet.teams", columns, rows, "0%")


def _stages(figures: ReportFigures) -> _Chart:
    rows = [(s.stage, s.conversion, s.baseline) for s in figures.funnel.stages]
    columns = (
        Column("col.stage"),
        Column("col.forward", "share"),
        Column("col.baseline", "share"),
    )
    return _Chart("funnel.title", columns, rows, "0%")


def _drawn(sheets: Sheets, chart: _Chart, sheet: str, first: int) -> Any:
    """Columns with a mark each: level is told by height and place, never by colour alone."""
    last = first + len(chart.rows)
    columns, marks = sheets.chart("column"), sheets.chart("line")
    names = [sheet, first + 1, TABLE, last, TABLE]
    columns.add_series(
        {
            "name": [sheet, first, TABLE + 1],
            "categories": names,
            "values": [sheet, first + 1, TABLE + 1, last, TABLE + 1],
            "fill": {"color": ACTUAL},
            "gap": 60,
        }
    )
    marks.add_series(
        {
            "name": [sheet, first, TABLE + 2],
            "categories": names,
            "values": [sheet, first + 1, TABLE + 2, last, TABLE + 2],
            "line": {"none": True},
            "marker": {"type": "long_dash", "size": 14, "fill": {"color": MARK},
                       "border": {"color": MARK}},
        }
    )  # fmt: skip
    columns.combine(marks)
    columns.set_title(
        {"name": sheets.say(chart.title), "name_font": {"size": 12}, "overlay": False}
    )
    columns.set_x_axis({"num_font": FONT})
    columns.set_y_axis(
        {"num_format": chart.number, "num_font": FONT, "min": 0, "line": {"none": True},
         "major_gridlines": {"visible": True, "line": {"color": "#DDE3E9"}}}
    )  # fmt: skip
    columns.set_legend({"position": "bottom", "font": FONT})
    columns.set_size({"width": 560, "height": 320})
    return columns
