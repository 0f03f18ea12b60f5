"""Which rows of a list are records, and what a mapping makes of their cells before they are read.

Add here: another way in which a mapping leaves out rows or fills cells. Keep out: what expressions
mean (`computing.py`), other tables (`joining.py`), totals rows (`row_totals.py`).
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa

from pipelines.configuration.expressions import parse_expression
from pipelines.configuration.file_mapping import FileMapping
from pipelines.language import Text, text
from pipelines.sources.spreadsheet.faults import CellFault
from pipelines.sources.spreadsheet.formats.grid import is_blank
from pipelines.sources.spreadsheet.layout.body import Body, is_dropped
from pipelines.sources.spreadsheet.layout.headings import Heading, key
from pipelines.sources.spreadsheet.lists.computing import Formula
from pipelines.sources.spreadsheet.lists.joining import join_table
from pipelines.sources.spreadsheet.lists.row_work import RowWork
from pipelines.sources.spreadsheet.values.units import Unit

_COMPUTED = "= "  # before the canonical name: no sheet's heading is compared with it


def make_columns(
    body: Body, mapping: FileMapping | None, other: tuple[Body, str] | None
) -> dict[int, Text]:
    """Add joined columns, and places for computed ones; rows (of the sheet) that the join lacks."""
    if mapping is None:
        return {}
    lacking: dict[int, Text] = {}
    if mapping.join and other:
        faults = join_table(body, mapping.join, *other)
        if not mapping.join.optional:
            lacking = {body.rows[row]: reason for row, reason in faults.items()}
    for name in mapping.compute:
        body.add(Heading(f"{_COMPUTED}{name}", ()), [""] * len(body.rows))
    return lacking


def headings_read(mapping: FileMapping) -> set[str]:
    """Keys of the headings that expressions and joins of a mapping read."""
    written = [*mapping.compute.values(), *([mapping.where] if mapping.where else [])]
    names = {name for one in written for name in parse_expression(one).columns()}
    names |= {mapping.latest_by} if mapping.latest_by else set()
    return {key(name) for name in (*names, *(mapping.join.by if mapping.join else ()))}


def computed_places(body: Body, mapping: FileMapping) -> dict[str, int]:
    """Where the computed columns stand, by canonical column."""
    return {
        heading.text.removeprefix(_COMPUTED): place
        for place, heading in enumerate(body.headings)
        if heading.text.startswith(_COMPUTED) and place in body.made
    }


def drop_by_pattern(work: RowWork) -> None:
    """Leave out rows with a label that the mapping's `drop_rows` matches."""
    if work.mapping is None or work.mapping.drop_rows is None:
        return
    places = {
        place
        for name, place in work.assignment.columns.items()
        if work.entity.column(name).kind == "text"
    } | {0}
    labels = [_listed(work.body, place) for place in sorted(places)]
    gone = [
        row
        for row in range(len(work.body.rows))
        if any(is_dropped(work.mapping, cells[row]) for cells in labels)
    ]
    _leave_out(work, set(gone), "sheets.rows.dropped")


def _listed(body: Body, place: int) -> list[Any]:
    cells = body.cells(place)
    return cells.to_pylist() if isinstance(cells, pa.Array) else list(cells)


def _leave_out(work: RowWork, gone: set[int], key: str) -> None:
    if not gone:
        return
    rows = [str(work.body.rows[row] + 1) for row in sorted(gone)]
    shown = [*rows[:20], "…"] if len(rows) > 20 else rows
    work.remarks.append(text(key, count=len(rows), rows=shown))
    kept = [row for row in range(len(work.body.rows)) if row not in gone]
    places = {row: place for place, row in enumerate(kept)}
    work.blocks = {places[row] for row in work.blocks if row in places}
    work.left_out += len(gone)
    work.faults = {places[row]: faults for row, faults in work.faults.items() if row in places}
    work.shifted = {places[row] for row in work.shifted if row in places}
    work.body.keep(kept)


def fill_down(work: RowWork) -> None:
    """Empty cells of the mapping's `fill_down` columns take the value above, within their block.

    A totals row ends a block: what follows it must name its owner again.
    """
    if work.mapping is None:
        return
    for name in work.mapping.fill_down:
        place = work.assignment.columns.get(name)
        if place is None:
            continue
        above: Any = ""
        filled: list[Any] = []
        for row, value in enumerate(_listed(work.body, place)):
            if row in work.blocks:
                above = ""
            above = above if value is None or is_blank(value) else value
            filled.append(above)
        work.body.made[place] = filled


def find_shifts(work: RowWork) -> None:
    """Set aside lines of a text file with a cell too many, and cells under no heading.

    A comma that is not quoted (`1,200.00`) shifts all that follows: no cell of such a line is where it
    should be, so nothing else is said of it.
    """
    body, grid = work.body, work.body.grid
    if grid is not None and grid.is_text:
        widths = Counter(len(grid.rows[row]) for row in body.rows)
        headings = max(
            (place + 1 for place, one in enumerate(body.headings) if one.text), default=0
        )
        usual = max(widths, key=lambda width: (widths[width], -width), default=0)
        # Some programs end every line with a separator.
        expected = max(headings, usual if widths[usual] > len(body.rows) * 0.9 else 0)
        for row, line in enumerate(body.rows):
            if (cells := len(grid.rows[line])) > expected:
                _shifted(work, row, text("sheets.shifted", cells=cells, headings=expected))
    is_text = grid is None or grid.is_text
    if work.mapping is not None and not is_text:
        return  # people write remarks beside their tables
    for place, heading in enumerate(body.headings):
        if heading.text:
            continue
        for row, value in enumerate(_listed(body, place)):
            if value is not None and not is_blank(value) and row not in work.shifted:
                _shifted(work, row, text("sheets.under_no_heading", value=str(value)))


def _shifted(work: RowWork, row: int, reason: Text) -> None:
    work.fault(row, "", reason)
    work.shifted.add(row)


def choose_and_compute(work: RowWork, lacking: dict[int, Text]) -> None:
    """Apply the mapping's `where`, then its `compute`. `lacking` are rows that a join lacks."""
    mapping, body = work.mapping, work.body
    if mapping is None:
        return
    if mapping.where:
        condition = Formula(mapping.where, body, work.reading)
        gone: set[int] = set()
        for row in range(len(body.rows)):
            if row in work.shifted:
                continue
            try:
                if not condition.holds(row):
                    gone.add(row)
            except CellFault as fault:
                work.fault(row, "", fault.told)
        _leave_out(work, gone, "sheets.rows.filtered")
    for row, line in enumerate(body.rows):
        if line in lacking:
            work.fault(row, "", lacking[line])
    for name, place in computed_places(body, mapping).items():
        formula = Formula(mapping.compute[name], body, work.reading)
        values: list[Any] = []
        for row in range(len(body.rows)):
            try:
                values.append("" if row in work.faults else formula.value(row))
            except CellFault as fault:
                values.append("")
                work.fault(row, name, fault.told)
        body.made[place] = values
        if formula.has_units:  # the units of its columns are in the result already
            body.headings[place] = Heading(body.headings[place].text, (), Unit("元"))
