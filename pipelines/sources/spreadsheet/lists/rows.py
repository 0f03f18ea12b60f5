"""Sheets with one record per row: canonical files, and mapped lists.

Add here: a rule for rows of any entity. Keep out: months as columns (`targets.py`), parsing of
cells, and rules across files.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.configuration.sources import FileMapping
from pipelines.entities import Entity
from pipelines.language import Text, text
from pipelines.language.text import text as text_
from pipelines.sources.protocol import Rejection, joined
from pipelines.sources.spreadsheet import keys
from pipelines.sources.spreadsheet.faults import FileRejected, NotPlain
from pipelines.sources.spreadsheet.layout.body import Body, SheetRows, as_typed, refuse_many
from pipelines.sources.spreadsheet.layout.headings import assign_canonical, assign_mapped
from pipelines.sources.spreadsheet.lists.grouping import group_rows
from pipelines.sources.spreadsheet.lists.row_choice import (
    choose_and_compute,
    computed_places,
    drop_by_pattern,
    fill_down,
    find_shifts,
    headings_read,
    make_columns,
)
from pipelines.sources.spreadsheet.lists.row_constants import add_constants, reading_of
from pipelines.sources.spreadsheet.lists.row_money import other_currencies, unit_of_money
from pipelines.sources.spreadsheet.lists.row_totals import check_totals_rows, drop_totals
from pipelines.sources.spreadsheet.lists.row_work import RowWork, sheet_schema
from pipelines.sources.spreadsheet.values.columns import convert
from pipelines.sources.spreadsheet.values.reading import Reading, decided


def read_rows(
    body: Body,
    entity: Entity,
    mapping: FileMapping | None,
    reading: Reading,
    file: str,
    other: tuple[Body, str] | None = None,
) -> SheetRows:
    """Rows of one table; `mapping` is None for a canonical file, whose headings are the columns.

    `other` is the table that the mapping joins, with its name.
    Raises `FileRejected` for what is wrong with the table as a whole: headings, units, sums,
    formulas without values, or too many bad rows.
    """
    in_sheet = len(body.rows)
    lacking = make_columns(body, mapping, other)
    if mapping is None:
        assignment = assign_canonical(entity.name, body.headings, body.where)
    else:
        fixed = [*mapping.values, *mapping.compute]
        assignment = assign_mapped(entity.name, body.headings, mapping.columns, fixed, body.where)
        assignment.columns.update(computed_places(body, mapping))
    work = RowWork(body, entity, mapping, reading, file, assignment, remarks=list(body.remarks))
    _refuse_missing(work)
    totals = drop_totals(work)
    if totals and body.is_part:
        raise NotPlain  # they are about rows of other parts as well
    drop_by_pattern(work)
    fill_down(work)
    find_shifts(work)
    choose_and_compute(work, lacking)
    _convert_all(work)
    if not (mapping and mapping.where):  # a total over rows that are left out proves nothing
        check_totals_rows(work, totals)
    add_constants(work)
    _derive(work)
    if mapping and mapping.group_by:
        group_rows(work, mapping)
    _require(work)
    return _finish(work, in_sheet)


def _refuse_missing(work: RowWork) -> None:
    given = set(work.assignment.columns)
    if work.mapping:
        given |= set(work.mapping.values) | set(work.mapping.defaults)
    derived = {"event_id"}
    if (
        work.mapping
        and work.entity.name == "opportunities"
        and given
        & {
            *("account_id", "opportunity_name"),
        }
    ):
        derived.add("opportunity_id")
    if work.mapping and work.entity.name == "targets":
        derived |= {"scope_type", "period"}  # each looked for, and refused if it is nowhere
    missing = [name for name in work.entity.required if name not in given | derived]
    if not missing:
        return
    seen = [heading.text for heading in work.body.headings if heading.text]
    name, required = work.entity.name, work.entity.required
    fix = (
        text_("sheets.rows.name_headings")
        if work.mapping
        else text_("sheets.rows.add_column", value=name, required=[*required])
    )
    raise FileRejected(
        text_("sheets.rows.required_missing", missing=[*missing], seen=[*seen]),
        where=work.body.where,
        next_step=fix,
    )


def _convert_all(work: RowWork) -> None:
    body, mapping = work.body, work.mapping
    for name, place in work.assignment.columns.items():
        column = work.entity.column(name)
        body.refuse_dead_formulas(place, column)
        if column.kind in ("date", "timestamp"):
            for row, reason in body.serials_of_1904(place).items():
                work.fault(row, name, reason)
        multiplier = Decimal(1)
        if column.kind == "money" and mapping:
            counted = mapping.values.get("metric") == "new_accounts"
            needed = work.entity.name == "targets" and not counted
            unit = unit_of_money(work, name, place, needed=needed)
            multiplier = Decimal(1) if counted else unit.multiplier
        pad = mapping.pad.get(name, 0) if mapping else 0
        cells = body.cells(place, merged=column.kind != "money")
        reading = decided(column, cells, work.readings.get(name) or reading_of(work, name))
        work.readings[name] = reading
        work.take(name, convert(column, cells, reading, multiplier=multiplier, pad=pad))
    other_currencies(work)
    if mapping and work.assignment.unused:
        read = headings_read(mapping)
        ignored = [
            heading.text
            for heading in (body.headings[place] for place in work.assignment.unused)
            if heading.keys and not read.intersection(heading.keys)
        ]
        if ignored:
            work.remarks.append(text("sheets.columns_not_used", columns=ignored))


def _derive(work: RowWork) -> None:
    columns = work.columns
    if work.entity.name == "stage_history":
        columns["event_id"] = keys.event_ids(
            *(columns[n] for n in ("event_id", "opportunity_id", "to_stage", "changed_at"))
        )
    if work.entity.name == "opportunities" and "opportunity_id" not in work.assignment.columns:
        columns["opportunity_id"] = keys.deal_ids(
            *(columns[n] for n in ("account_id", "opportunity_name", "owner_id"))
        )
        work.remarks.append(text_("sheets.rows.deals_unnumbered"))


def _require(work: RowWork) -> None:
    for name in work.entity.required:
        if work.columns[name].null_count:
            for row in pc.indices_nonzero(pc.is_null(work.columns[name])).to_pylist():
                if row in work.merged:
                    continue  # what it says stands in the record of its group
                if not any(column in (name, "") for column, _ in work.faults.get(row, [])):
                    work.fault(
                        row,
                        name,
                        text_("sheets.rows.required_empty", value=name),
                    )
    skip = [*work.faults, *work.merged]
    for row, first in keys.repeated(work.entity, work.columns, skip).items():
        if keys.equal_rows(work.columns, row, first):
            work.doubles.add(row)  # nothing is lost: a list of people names each team many times
            continue
        shown = ", ".join(str(work.columns[name][row].as_py()) for name in work.entity.key)
        text = text_("sheets.rows.key_twice", shown=shown, first=work.body.number(first))
        work.fault(row, work.entity.key[0], text)
    if work.doubles:
        work.remarks.append(text_("sheets.rows.rows_repeat_another_row", doubles=len(work.doubles)))


def _finish(work: RowWork, in_sheet: int) -> SheetRows:
    rejections = [_rejection(work, row, faults) for row, faults in sorted(work.faults.items())]
    count = len(work.body.rows)
    reading = work.reading
    refuse_many(
        count, rejections, reading.most_bad_share, reading.most_bad_rows, _hint(work, count)
    )
    folded = work.doubles | work.merged
    left_out = folded | set(work.faults)
    good = [row for row in range(count) if row not in left_out]
    return SheetRows(
        _table(work, good),
        rejections,
        work.remarks,
        count - len(folded),
        left_out=work.left_out + len(folded),
        decimals=frozenset(
            str(one.decimal)
            for name, one in work.readings.items()
            if work.entity.column(name).kind == "money" and one.decimal
        ),
    )


def _hint(work: RowWork, count: int) -> Text | None:
    """What to do where one fault explains most bad rows: unquoted commas, blocks with one owner."""
    if len(work.shifted) * 2 > len(work.faults):
        return text("sheets.next.quote_commas")
    empty: dict[str, int] = {}
    for faults in work.faults.values():
        for name, _ in faults:
            if name in work.columns and name in work.entity.required:
                empty[name] = empty.get(name, 0) + 1
    for name, number in empty.items():
        array = work.columns[name]
        if number * 2 > count and count and array[0].is_valid and array.null_count >= number:
            return text("sheets.next.fill_down", column=name)
    return None


def _rejection(work: RowWork, row: int, faults: list[tuple[str, Text]]) -> Rejection:
    name, first = faults[0]
    place = work.assignment.columns.get(name)
    also = (text_("sheets.rows.also", column=column, text=text) for column, text in faults[1:])
    reason = joined([first, *also])
    value: Any = None
    if place is not None:
        cell = work.body.cells(place)[row]
        value = as_typed(cell.as_py() if isinstance(cell, pa.Scalar) else cell)
    return Rejection(
        work.entity.name,
        reason,
        file=work.file,
        address=work.body.address(row, place),
        column=name or None,
        value=value[:500] if value else None,
    )


def _table(work: RowWork, good: list[int]) -> pa.Table:
    body, schema = work.body, sheet_schema(work.entity.name)
    arrays = [work.columns[column.name] for column in work.entity.columns]
    if len(good) < len(body.rows):
        chosen = pa.array(good, pa.int64())
        arrays = [array.take(chosen) for array in arrays]
    prefix = f"{body.sheet}!"
    arrays += [
        pa.array([work.file] * len(good), pa.string()),
        pa.array([f"{prefix}{body.number(row)}" for row in good], pa.string()),
        _raw(work, good),
    ]
    return pa.Table.from_arrays(
        [array.cast(field_.type) for array, field_ in zip(arrays, schema, strict=True)],
        schema=schema,
    )


def _raw(work: RowWork, good: list[int]) -> pa.Array:
    """Mapped sheets: the used cells as typed, as JSON by heading; null for canonical files."""
    rows = good
    if work.mapping is None:
        return pa.nulls(len(rows), pa.string())
    places = sorted(set(work.assignment.columns.values()))
    names = [work.body.headings[place].text for place in places]
    cells = [work.body.cells(place, merged=False) for place in places]
    lists = [cell.to_pylist() if isinstance(cell, pa.Array) else cell for cell in cells]
    return pa.array(
        [
            json.dumps(
                {name: as_typed(values[row]) for name, values in zip(names, lists, strict=True)},
                ensure_ascii=False,
            )
            for row in rows
        ],
        pa.string(),
    )
