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
from pipelines.language.text import Said, in_words
from pipelines.language.text import text as text_
from pipelines.sources.protocol import joined
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
from pipelines.sources.spreadsheet.values.reading import Reading
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
                text_("sheets.sheet_rows.no_year"),
                where=table.where,
                next_step=text_("sheets.sheet_rows.write_year"),
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
            text_("sheets.sheet_rows.no_targets"),
            where=table.where,
            next_step=text_("sheets.sheet_rows.enter_or_remove"),
        )
    return _finish(sheet, body.remarks)


def _refuse(sheet: TargetSheet) -> FileRejected:
    count = len(sheet.problems)
    shown = [
        text_("sheets.sheet_rows.fault_at", address=address, text=text)
        for address, text in sheet.problems[:10]
    ]
    if count > 10:
        shown.append(text_("sheets.sheet_rows.more", number=count - 10))
    return FileRejected(
        joined(shown),
        where=sheet.problems[0][0],
        next_step=text_("sheets.sheet_rows.correct_cells"),
    )


def _read_row(sheet: TargetSheet, row: int) -> None:
    matrix = sheet.matrix
    labels = [sheet.label(row, position) for position in matrix.texts]
    if any(is_dropped(sheet.mapping, label) for label in labels):
        sheet.remarks.append(text_("sheets.sheet_rows.left_out", row=row + 1))
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
        sheet.remarks.append(text_("sheets.sheet_rows.no_label", row=row + 1))
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
            sheet.remarks.append(text_("sheets.sheet_rows.no_figures", row=row + 1))
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
    units: list[Said] = [unit or text_("sheets.sheet_rows.plain_units") for unit in stated]
    read = sorted(units, key=lambda unit: in_words(unit, "en"))
    periods = sorted({record["period"] for record in sheet.records})
    remarks = [
        text_("sheets.sheet_rows.amounts_read", read=read),
        text("sheets.targets.periods", first=periods[0], last=periods[-1]),
        *layout_remarks,
        *sheet.remarks,
    ]
    if sheet.totals:
        turned = sheet.table.grid.is_turned
        rows = [letters(row - 1) if turned else str(row) for row in sheet.totals]
        remarks.append(text_("sheets.sheet_rows.totals_checked", rows=[*rows]))
    if sheet.dashes:
        remarks.append(text_("sheets.sheet_rows.dashes", dashes=sheet.dashes))
    if unread := sheet.matrix.not_read[:24]:
        remarks.append(text_("sheets.sheet_rows.columns_without_targets", unread=[*unread]))
    table = pa.Table.from_pylist(sheet.records, schema=sheet_schema("targets"))
    return SheetRows(table, [], remarks, len(sheet.records))
