"""Target sheets with months down and people across, read as if rows and columns were exchanged.

Add here: what such a sheet needs before it is read like the others. Keep out: how months as columns
are read (`sheet_rows.py`). Addresses in messages are those of the sheet.
"""

from __future__ import annotations

from pipelines.configuration.file_mapping import FileMapping
from pipelines.language import text
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.formats.grid import Grid, at
from pipelines.sources.spreadsheet.targets.scopes import NOBODY, SAY_WHOM
from pipelines.sources.spreadsheet.values.months import parse_month

CORNER = "scope_id"  # the name that the corner of such a sheet gets: 月份 names the wrong axis


def with_corner(grid: Grid) -> Grid:
    """The grid turned, with a corner that names what now stands below it.

    Raises `FileRejected` if no column holds three months below each other.
    """
    for column in range(grid.width):
        months = [
            row
            for row in range(len(grid.rows))
            if parse_month(at(grid.rows, row, column)) is not None
        ]
        if len(months) >= 3:
            turned = grid.turned()
            corner = months[0] - 1
            if corner < 0:
                break
            # What stands left of the months (a row of people needs no such column) is a label.
            turned.rows[column] = list(turned.rows[column])
            turned.rows[column][corner] = CORNER
            return turned
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
