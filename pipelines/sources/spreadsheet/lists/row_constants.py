"""What a mapping or the sheet as a whole gives to every row: constants, defaults, scope, period.

Add here: another value that rows take from outside their cells.
Keep out: values derived from a row's own cells (`keys.py`).
"""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.entities import Column
from pipelines.entity_schemas import ARROW_TYPES
from pipelines.language.text import text as text_
from pipelines.sources.spreadsheet.faults import CellFault, FileRejected
from pipelines.sources.spreadsheet.layout.headings import key
from pipelines.sources.spreadsheet.lists.row_work import RowWork
from pipelines.sources.spreadsheet.targets.scopes import (
    NOBODY,
    SAY_WHOM,
    scope_of_heading,
    sheet_period,
    tidy_reps,
)
from pipelines.sources.spreadsheet.values.columns import Converted, convert, parser
from pipelines.sources.spreadsheet.values.reading import Reading


def reading_of(work: RowWork, name: str) -> Reading:
    """How the cells of a column are read: periods without a year take the sheet's."""
    if name != "period" or work.mapping is None:
        return work.reading
    return replace(work.reading, year=sheet_period(work.body, work.mapping, work.file)[0])


def add_constants(work: RowWork) -> None:
    """Constants, defaults of empty cells, and what is nowhere."""
    count = len(work.body.rows)
    mapping = work.mapping
    for column in work.entity.columns:
        name = column.name
        if mapping and name in mapping.values:
            work.columns[name] = _constant(work, column, mapping.values[name], count)
        if mapping and name in mapping.defaults:
            _default(work, column, mapping.defaults[name], count)
        if name == "currency" and work.currency:
            own = work.columns.get(name, pa.nulls(count, pa.string()))
            work.columns[name] = pc.fill_null(own, work.currency)
        if name not in work.columns:
            work.columns[name] = pa.nulls(count, ARROW_TYPES[column.kind])
        if column.default is not None:
            work.columns[name] = pc.fill_null(work.columns[name], column.default)
    if mapping and work.entity.name == "targets":
        _target_scope(work, count)


def _constant(work: RowWork, column: Column, text: str, count: int) -> pa.Array:
    try:
        value = parser(column, reading_of(work, column.name))(text)
    except CellFault as fault:
        raise FileRejected(
            text_("sheets.row_constants.unreadable", column=column.name, fault=fault.told),
            next_step=text_("sheets.row_constants.correct"),
        ) from fault
    return pa.array([value] * count, ARROW_TYPES[column.kind])


def _default(work: RowWork, column: Column, text: str, count: int) -> None:
    """Fill empty cells from another column (if the default is one's heading) or a constant."""
    places = [
        place for place, heading in enumerate(work.body.headings) if key(text) in heading.keys
    ]
    other = (
        convert(column, work.body.cells(places[0]), work.reading)
        if places
        else Converted(_constant(work, column, text, count))
    )
    own = work.columns.get(column.name)
    if own is None:
        own = pa.nulls(count, ARROW_TYPES[column.kind])
    faulty = {row for row, faults in work.faults.items() if faults[0][0] == column.name}
    empty = [
        not valid and row not in faulty for row, valid in enumerate(own.is_valid().to_pylist())
    ]
    for row, reason in other.faults.items():
        if empty[row]:
            work.fault(row, column.name, reason)
    filled = pc.if_else(pa.array(empty, pa.bool_()), other.array, own)
    number = sum(empty) - sum(1 for row in other.faults if empty[row])
    if number and own.null_count:
        work.remarks.append(
            text_(
                "sheets.row_constants.default_taken",
                column=column.name,
                number=number,
                text=text,
            )
        )
    work.columns[column.name] = filled


def _target_scope(work: RowWork, count: int) -> None:
    """Scope type from the heading of the scope, period from the sheet's name, where not given."""
    columns, mapping = work.columns, work.mapping
    assert mapping is not None
    if columns["scope_type"].null_count == count and "scope_type" not in work.assignment.columns:
        place = work.assignment.columns.get("scope_id")
        kind = scope_of_heading(work.body.headings[place] if place is not None else None)
        if kind is None:
            raise FileRejected(NOBODY, where=work.body.where, next_step=SAY_WHOM)
        columns["scope_type"] = pa.array([kind] * count, pa.string())
    if columns["period"].null_count == count and "period" not in work.assignment.columns:
        period = sheet_period(work.body, mapping, work.file)[1]
        if period is None:
            raise FileRejected(
                text_("sheets.row_constants.no_period"),
                where=work.body.where,
                next_step=text_("sheets.row_constants.add_period"),
            )
        columns["period"] = pa.array([period] * count, pa.string())
    columns["scope_id"], faults = tidy_reps(columns["scope_id"], columns["scope_type"])
    for row, reason in faults.items():
        work.fault(row, "scope_id", reason)
