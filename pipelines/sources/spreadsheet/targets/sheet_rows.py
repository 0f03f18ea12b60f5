"""Target sheets with months as columns: one row per person, team or region, unpivoted to months.

Add here: a rule for the figures of such a sheet. Keep out: which column is what (`matrix.py`),
and lists with one target per row (`rows.py`). One bad cell rejects the file: half a target sheet
would look like low targets.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pyarrow as pa

from pipelines.configuration.sources import FileMapping
from pipelines.language import Text, text
from pipelines.sources.protocol import Told, joined
from pipelines.sources.spreadsheet.checks import Line, is_total
from pipelines.sources.spreadsheet.faults import CellFault, FileRejected
from pipelines.sources.spreadsheet.formats.grid import at, is_blank, letters
from pipelines.sources.spreadsheet.layout.body import SheetRows, body_of_table, is_dropped
from pipelines.sources.spreadsheet.layout.table import Table
from pipelines.sources.spreadsheet.lists.row_work import sheet_schema
from pipelines.sources.spreadsheet.targets.matrix import SpanColumn, read_matrix
from pipelines.sources.spreadsheet.targets.scopes import NOBODY, SAY_WHOM, scope_of_heading, year_of
from pipelines.sources.spreadsheet.targets.target_rows import add_records, metric_of
from pipelines.sources.spreadsheet.targets.target_sheet import (
    TargetSheet,
    check_lines,
    check_row,
    is_open,
    refuse_dead_formulas,
)
from pipelines.sources.spreadsheet.values.amounts import decimal_style, parse_amount
from pipelines.sources.spreadsheet.values.columns import Reading
from pipelines.sources.spreadsheet.values.unit_search import unit_of


def read_targets(table: Table, mapping: FileMapping, reading: Reading, file: str) -> SheetRows:
    """Targets of one sheet: one row per scope and month, amounts in whole units.

    Raises `FileRejected` for any cell, unit, year or sum that is not certain.
    """
    matrix = read_matrix(table, mapping)
    body = body_of_table(table)
    counts = mapping.values.get("metric") == "new_accounts"
    figures = [*matrix.months, *matrix.checks]
    units = {
        column.position: unit_of(
            body,
            column.position,
            mapping,
            reading.currency,
            needed=matrix.metric is None,
            counts=counts,
        )
        for column in figures
    }
    scope_type = mapping.values.get("scope_type")
    if scope_type is None and "scope_id" in matrix.labels:
        scope_type = scope_of_heading(table.columns[matrix.labels["scope_id"]].heading)
    if scope_type is None and "scope_type" not in matrix.labels:
        raise FileRejected(NOBODY, where=table.where, next_step=SAY_WHOM)
    year = None
    if matrix.year is None and any(column.span.year is None for column in matrix.months):
        year = year_of(body, mapping, file)
        if year is None:
            raise FileRejected(
                Told(
                    "the months have no year (neither headings, sheet name, title, file name nor "
                    "mapping say one)",
                    "月份没有年份（表头、工作表名称、标题、文件名和映射里都没有写）",
                ),
                where=table.where,
                next_step=Told(
                    "write the year above the table, or add `year: 2026` to the mapping",
                    "请在表格上方写明年份，或在映射中添加 `year: 2026`",
                ),
            )
    if reading.decimal is None:
        places = [table.columns[column.position].index for column in figures]
        cells = [at(table.grid.rows, row, place) for row in table.body for place in places]
        reading = replace(reading, decimal=mapping.decimal or decimal_style(cells))
    sheet = TargetSheet(table, matrix, mapping, reading, file, units, scope_type, year)
    refuse_dead_formulas(sheet)
    for row in table.body:
        _read_row(sheet, row)
    if not sheet.problems:
        check_lines(sheet)
    if sheet.problems:
        raise _refuse(sheet)
    if not sheet.records:
        raise FileRejected(
            Told("no row with targets stands under the headings", "表头下面没有目标行"),
            where=table.where,
            next_step=Told(
                "enter targets, or remove the file from the folder",
                "请填写目标，或把文件移出文件夹",
            ),
        )
    return _finish(sheet, body.remarks)


def _refuse(sheet: TargetSheet) -> FileRejected:
    count = len(sheet.problems)
    shown = [
        Told(f"{address}: {text.en}", f"{address}：{text.zh}")
        for address, text in sheet.problems[:10]
    ]
    if count > 10:
        shown.append(Told(f"and {count - 10} more", f"另有 {count - 10} 处"))
    return FileRejected(
        joined(shown),
        where=sheet.problems[0][0],
        next_step=Told(
            "correct the cells named here and save the file; a target sheet is loaded whole "
            "or not at all",
            "请改正这里列出的单元格并保存文件；目标表只能整张加载",
        ),
    )


def _read_row(sheet: TargetSheet, row: int) -> None:
    matrix = sheet.matrix
    labels = [sheet.label(row, position) for position in matrix.texts]
    if any(is_dropped(sheet.mapping, label) for label in labels):
        sheet.remarks.append(
            Told(f"row {row + 1} was left out by drop_rows", f"第 {row + 1} 行按 drop_rows 略过")
        )
        return
    try:
        metric = metric_of(sheet, row)
    except CellFault as fault:
        assert matrix.metric is not None
        sheet.problem(sheet.address(row, matrix.metric), fault.told)
        return
    if metric is None:
        return
    total = any(is_total(label) for label in labels)
    if not total and all(is_blank(label) for label in labels) and "scope_id" in matrix.labels:
        sheet.remarks.append(
            Told(f"row {row + 1} has no label and was left out", f"第 {row + 1} 行没有名称，已略过")
        )
        return
    amounts = _amounts(sheet, row, metric)
    sheet.lines.append(
        Line(
            row,
            {p: a / sheet.multiplier(p, metric) for p, a in amounts.items() if a is not None},
            total,
            metric,
        )
    )
    if total:
        sheet.totals.append(row + 1)
        return
    months = [amounts.get(column.position) for column in matrix.months]
    if all(amount is None for amount in months):
        if not any(_is_problem(sheet, row, column) for column in matrix.months):
            sheet.remarks.append(
                Told(
                    f"row {row + 1} has no figures and was left out",
                    f"第 {row + 1} 行没有数字，已略过",
                )
            )
        return
    sheet.read += 1
    if not any(is_open(sheet, row, column, amounts) for column in matrix.months):
        check_row(sheet, row, amounts)  # sums over missing months would only repeat the fault
    add_records(sheet, row, metric, amounts)


def _is_problem(sheet: TargetSheet, row: int, column: SpanColumn) -> bool:
    address = sheet.address(row, column.position)
    return any(place == address for place, _ in sheet.problems)


def _amounts(sheet: TargetSheet, row: int, metric: str) -> dict[int, Decimal | None]:
    found: dict[int, Decimal | None] = {}
    for column in (*sheet.matrix.months, *sheet.matrix.checks):
        try:
            found[column.position] = parse_amount(
                sheet.raw(row, column.position),
                sheet.multiplier(column.position, metric),
                currency=sheet.reading.currency,
                nulls=sheet.reading.nulls,
                decimal=sheet.reading.decimal,
            )
        except CellFault as fault:
            sheet.problem(sheet.address(row, column.position), fault.told)
    return found


def _finish(sheet: TargetSheet, layout_remarks: list[Text]) -> SheetRows:
    stated = {sheet.units[column.position].text for column in sheet.matrix.months}
    units = [Told(unit, unit) if unit else Told("plain units", "原单位") for unit in stated]
    read = joined(sorted(units, key=lambda unit: unit.en), ", ", "、")
    periods = sorted({record["period"] for record in sheet.records})
    remarks = [
        Told(f"amounts read in {read.en}", f"金额按 {read.zh} 读取"),
        text("sheets.targets.periods", first=periods[0], last=periods[-1]),
        *layout_remarks,
        *sheet.remarks,
    ]
    if sheet.totals:
        turned = sheet.table.grid.is_turned
        rows = [letters(row - 1) if turned else str(row) for row in sheet.totals]
        remarks.append(
            Told(
                f"totals rows left out and their sums checked: {', '.join(rows)}",
                f"合计行已略过，合计已核对：第 {'、'.join(rows)} 行",
            )
        )
    if sheet.dashes:
        remarks.append(
            Told(
                f"{sheet.dashes} months hold a dash and have no target",
                f"有 {sheet.dashes} 个月份填的是短横线，没有目标",
            )
        )
    if unread := sheet.matrix.not_read[:24]:
        remarks.append(
            Told(
                f"columns without targets: {', '.join(unread)}",
                f"不含目标的列：{'、'.join(unread)}",
            )
        )
    table = pa.Table.from_pylist(sheet.records, schema=sheet_schema("targets"))
    return SheetRows(table, [], remarks, len(sheet.records))
