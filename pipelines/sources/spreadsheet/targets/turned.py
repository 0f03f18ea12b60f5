"""Target sheets with months down and people across, read as if rows and columns were exchanged.

Add here: what such a sheet needs before it is read like the others. Keep out: how months as columns
are read (`sheet_rows.py`). Addresses in messages are those of the sheet.
"""

from __future__ import annotations

from pipelines.configuration.file_mapping import FileMapping
from pipelines.language import text
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.formats.grid import Grid, at, is_blank
from pipelines.sources.spreadsheet.layout.headings import shown
from pipelines.sources.spreadsheet.targets.scopes import NOBODY, SAY_WHOM
from pipelines.sources.spreadsheet.values.months import parse_month

CORNER = "scope_id"  # the name that the corner of such a sheet gets: 月份 names the wrong axis


def with_corner(grid: Grid) -> tuple[Grid, list[str]]:
    """The grid turned, with a corner that names what now stands below it; and the lines above it.

    Raises `FileRejected` if no column holds three months below each other under a row of names.
    """
    for column in range(grid.width):
        months = [
            row
            for row in range(len(grid.rows))
            if parse_month(at(grid.rows, row, column)) is not None
        ]
        if len(months) < 3 or months[0] == 0:
            continue
        corner = months[0] - 1
        title = [shown(v) for row in grid.rows[:corner] for v in row if not is_blank(v)]
        turned = grid.turned()
        for line in turned.rows:
            line[:corner] = [""] * min(corner, len(line))
        turned.rows[column][corner] = CORNER
        return turned, title
    raise FileRejected(
        text("sheets.turned.no_months"),
        where=grid.name,
        next_step=text("sheets.next.turned"),
    )


def turned_mapping(mapping: FileMapping) -> FileMapping:
    """The mapping for the turned sheet; raises `FileRejected` if it does not say whom targets are for."""
    if "scope_type" not in mapping.values:
        raise FileRejected(NOBODY, next_step=SAY_WHOM)
    return mapping.model_copy(
        update={"shape": "months_as_columns", "columns": {"scope_id": CORNER}}
    )
