"""Sheets with one record per row: canonical files, and mapped lists.

Add here: a rule for rows of any entity. Keep out: months as columns (`targets.py`), parsing of
cells, and rules across files.
"""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.configuration.sources import FileMapping
from pipelines.entities import ARROW_TYPES, Entity
from pipelines.sources.protocol import Rejection, Told, joined
from pipelines.sources.spreadsheet import keys
from pipelines.sources.spreadsheet.faults import CellFault, FileRejected
from pipelines.sources.spreadsheet.formats.grid import is_blank
from pipelines.sources.spreadsheet.layout.body import Body, SheetRows, as_typed, refuse_many
from pipelines.sources.spreadsheet.layout.headings import assign_canonical, assign_mapped
from pipelines.sources.spreadsheet.lists.row_constants import add_constants, reading_of
from pipelines.sources.spreadsheet.lists.row_totals import check_totals_rows, drop_totals
from pipelines.sources.spreadsheet.lists.row_work import RowWork, sheet_schema
from pipelines.sources.spreadsheet.values.columns import Reading, convert, parser
from pipelines.sources.spreadsheet.values.unit_search import unit_of


def read_rows(
    body: Body, entity: Entity, mapping: FileMapping | None, reading: Reading, file: str
) -> SheetRows:
    """Rows of one table; `mapping` is None for a canonical file, whose headings are the columns.

    Raises `FileRejected` for what is wrong with the table as a whole: headings, units, sums,
    formulas without values, or too many bad rows.
    """
    if mapping is None:
        assignment = assign_canonical(entity.name, body.headings, body.where)
    else:
        fixed = mapping.values
        assignment = assign_mapped(entity.name, body.headings, mapping.columns, fixed, body.where)
    work = RowWork(body, entity, mapping, reading, file, assignment, remarks=list(body.remarks))
    _refuse_missing(work)
    totals = drop_totals(work)
    _refuse_strays(work)
    _convert_all(work)
    check_totals_rows(work, totals)
    add_constants(work)
    _derive(work)
    _require(work)
    return _finish(work)


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
        Told(
            "name their headings under `columns`, or constants under `values`, in the mapping",
            "请在映射的 `columns` 下写明它们的表头，或在 `values` 下写固定值",
        )
        if work.mapping
        else Told(
            f"add the column; {name} needs {', '.join(required)}",
            f"请补上缺少的列；{name} 需要 {'、'.join(required)}",
        )
    )
    raise FileRejected(
        Told(
            f"required columns are missing: {', '.join(missing)}; headings here: {', '.join(seen)}",
            f"缺少必填的列：{'、'.join(missing)}；这里的表头：{'、'.join(seen)}",
        ),
        where=work.body.where,
        next_step=fix,
    )


def _refuse_strays(work: RowWork) -> None:
    """A cell under no heading: an amount with a comma that is not quoted shifts all that follows."""
    is_text = work.body.grid is None or work.body.grid.is_text
    if work.mapping is not None and not is_text:
        return  # people write remarks beside their tables
    for place, heading in enumerate(work.body.headings):
        if heading.text:
            continue
        for row, value in enumerate(work.body.cells(place, merged=False)):
            text = value.as_py() if isinstance(value, pa.Scalar) else value
            if not is_blank(text):
                reason = Told(
                    f"the cell {as_typed(text)!r} stands under no heading; is a comma not quoted?",
                    f"单元格“{as_typed(text)}”上方没有表头；是不是有逗号没有加引号？",
                )
                work.fault(row, work.body.headings[0].text, reason)


def _convert_all(work: RowWork) -> None:
    body, mapping = work.body, work.mapping
    for name, place in work.assignment.columns.items():
        column = work.entity.column(name)
        body.refuse_dead_formulas(place, column)
        if column.kind in ("date", "timestamp"):
            body.refuse_1904_serials(place)
        multiplier = Decimal(1)
        if column.kind == "money" and mapping:
            counted = mapping.values.get("metric") == "new_accounts"
            needed = work.entity.name == "targets" and not counted
            unit = unit_of(body, place, mapping, work.reading.currency, needed=needed)
            multiplier = Decimal(1) if counted else unit.multiplier
            work.units[name] = unit
            if unit.text:
                work.remarks.append(
                    Told(f"{name} read in {unit.text}", f"{name} 按 {unit.text} 读取")
                )
        pad = mapping.pad.get(name, 0) if mapping else 0
        cells = body.cells(place, merged=column.kind != "money")
        work.take(
            name, convert(column, cells, reading_of(work, name), multiplier=multiplier, pad=pad)
        )
    _other_currencies(work)
    if mapping and work.assignment.unused:
        ignored = [body.headings[place].text for place in work.assignment.unused]
        work.remarks.append(
            Told(f"columns not used: {', '.join(ignored)}", f"没有用到的列：{'、'.join(ignored)}")
        )


def _other_currencies(work: RowWork) -> None:
    """`€ 5` is an amount where the row's own currency is EUR."""
    currency = work.columns.get("currency")
    if currency is None:
        return
    for name in [n for n in work.columns if work.entity.column(n).kind == "money"]:
        place = work.assignment.columns[name]
        cells = work.body.cells(place, merged=False)
        again: dict[int, Any] = {}
        for row, faults in work.faults.items():
            own = currency[row].as_py()
            if not own or own.upper() == work.reading.currency or faults[0][0] != name:
                continue
            unit = work.units[name].multiplier if name in work.units else Decimal(1)
            reading = replace(work.reading, currency=own.upper())
            value = cells[row].as_py() if isinstance(cells, pa.Array) else cells[row]
            try:
                again[row] = parser(work.entity.column(name), reading, unit)(value)
            except CellFault:
                continue
        for row in again:
            work.faults[row] = [fault for fault in work.faults[row] if fault[0] != name]
            if not work.faults[row]:
                del work.faults[row]
        if again:
            values = work.columns[name].to_pylist()
            for row, amount in again.items():
                values[row] = amount
            work.columns[name] = pa.array(values, ARROW_TYPES["money"])


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
        work.remarks.append(
            Told(
                "deals have no number: customer, project and owner identify them",
                "商机没有编号，改用客户、项目和负责人来识别",
            )
        )


def _require(work: RowWork) -> None:
    for name in work.entity.required:
        if work.columns[name].null_count:
            for row in pc.indices_nonzero(pc.is_null(work.columns[name])).to_pylist():
                if not any(column == name for column, _ in work.faults.get(row, [])):
                    work.fault(
                        row,
                        name,
                        Told(
                            f"{name} is required and the cell is empty",
                            f"{name} 必填，但单元格为空",
                        ),
                    )
    for row, first in keys.repeated(work.entity, work.columns, list(work.faults)).items():
        if keys.equal_rows(work.columns, row, first):
            work.doubles.add(row)  # nothing is lost: a list of people names each team many times
            continue
        shown = ", ".join(str(work.columns[name][row].as_py()) for name in work.entity.key)
        text = Told(
            f"the key {shown} already stands in row {work.body.rows[first] + 1}, with other values",
            f"键 {shown} 已出现在第 {work.body.rows[first] + 1} 行，且其他内容不同",
        )
        work.fault(row, work.entity.key[0], text)
    if work.doubles:
        work.remarks.append(
            Told(
                f"{len(work.doubles)} rows repeat another row and count once",
                f"有 {len(work.doubles)} 行与其他行重复，只计一次",
            )
        )


def _finish(work: RowWork) -> SheetRows:
    rejections = [_rejection(work, row, faults) for row, faults in sorted(work.faults.items())]
    count = len(work.body.rows)
    refuse_many(len(rejections), count, rejections)
    left_out = work.doubles | set(work.faults)
    good = [row for row in range(count) if row not in left_out]
    return SheetRows(_table(work, good), rejections, work.remarks, count - len(work.doubles))


def _rejection(work: RowWork, row: int, faults: list[tuple[str, Told]]) -> Rejection:
    name, first = faults[0]
    place = work.assignment.columns.get(name)
    also = (
        Told(f"also {column}: {text.en}", f"另外，{column}：{text.zh}")
        for column, text in faults[1:]
    )
    reason = joined([first, *also])
    value: Any = None
    if place is not None:
        cell = work.body.cells(place)[row]
        value = as_typed(cell.as_py() if isinstance(cell, pa.Scalar) else cell)
    return Rejection(
        work.entity.name,
        reason.en,
        file=work.file,
        address=work.body.address(row, place),
        column=name,
        value=value[:500] if value else None,
        reason_zh=reason.zh,
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
        pa.array([f"{prefix}{body.rows[row] + 1}" for row in good], pa.string()),
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
