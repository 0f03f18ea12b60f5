"""Target sheets with months as columns: one row per person, team or region, unpivoted to months.

Add here: a rule for the figures of such a sheet. Keep out: which column is what (`matrix.py`),
and lists with one target per row (`rows.py`). One bad cell rejects the file: half a target sheet
would look like low targets.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow as pa

from pipelines.configuration.sources import FileMapping
from pipelines.entities import ENTITIES
from pipelines.sources.spreadsheet.aliases import CHOICES
from pipelines.sources.spreadsheet.body import (
    SheetRows,
    as_typed,
    body_of_table,
    is_dropped,
    refuse_formulas,
)
from pipelines.sources.spreadsheet.cells import clean_text, parse_amount, parse_text
from pipelines.sources.spreadsheet.checks import Line, check_totals, is_total, plain
from pipelines.sources.spreadsheet.columns import Reading, parser
from pipelines.sources.spreadsheet.faults import CellFault, FileRejected
from pipelines.sources.spreadsheet.grid import at, is_blank
from pipelines.sources.spreadsheet.headings import block_kind
from pipelines.sources.spreadsheet.layout import Table
from pipelines.sources.spreadsheet.matrix import Matrix, SpanColumn, months_of, read_matrix
from pipelines.sources.spreadsheet.row_work import sheet_schema
from pipelines.sources.spreadsheet.scopes import rep_name, scope_of_heading, year_of
from pipelines.sources.spreadsheet.unit_search import unit_of
from pipelines.sources.spreadsheet.units import Unit

TARGETS = ENTITIES["targets"]


@dataclass
class _Sheet:
    table: Table
    matrix: Matrix
    mapping: FileMapping
    reading: Reading
    file: str
    units: dict[int, Unit]
    scope_type: str | None
    year: int | None
    records: list[dict[str, Any]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    places: dict[tuple[Any, ...], str] = field(default_factory=dict)
    read: int = 0

    def raw(self, row: int, position: int) -> Any:
        return at(self.table.grid.rows, row, self.table.columns[position].index)

    def label(self, row: int, position: int) -> Any:
        return at(self.table.grid.filled, row, self.table.columns[position].index)

    def address(self, row: int, position: int) -> str:
        return self.table.grid.address(row, self.table.columns[position].index)


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
        raise FileRejected(
            "it is not said whom the targets are for (company, region, team, rep or product_line)",
            where=table.where,
            next_step="add `values: {scope_type: rep}` to the mapping in sources.yml",
        )
    year = None
    if matrix.year is None and any(column.span.year is None for column in matrix.months):
        year = year_of(body, mapping, file)
        if year is None:
            raise FileRejected(
                "the months have no year (neither headings, sheet name, title, file name nor "
                "mapping say one)",
                where=table.where,
                next_step="write the year above the table, or add `year: 2026` to the mapping",
            )
    sheet = _Sheet(table, matrix, mapping, reading, file, units, scope_type, year)
    _refuse_dead_formulas(sheet)
    for row in table.body:
        _read_row(sheet, row)
    if not sheet.problems:
        _check_lines(sheet)
    if sheet.problems:
        raise _refuse(sheet)
    if not sheet.records:
        raise FileRejected(
            "no row with targets stands under the headings",
            where=table.where,
            next_step="enter targets, or remove the file from the folder",
        )
    return _finish(sheet, body.remarks)


def _refuse(sheet: _Sheet) -> FileRejected:
    count = len(sheet.problems)
    shown = "; ".join(sheet.problems[:10])
    more = f"; and {count - 10} more" if count > 10 else ""
    first = sheet.problems[0].split(": ", 1)[0]
    return FileRejected(
        f"{shown}{more}",
        where=first,
        next_step="correct the cells named here and save the file; a target sheet is loaded whole "
        "or not at all",
    )


def _refuse_dead_formulas(sheet: _Sheet) -> None:
    facts, columns = sheet.table.grid.facts, sheet.table.columns
    used = {columns[c.position].index for c in (*sheet.matrix.months, *sheet.matrix.checks)}
    body = set(sheet.table.body)

    def within(cells: set[tuple[int, int]]) -> list[tuple[int, int]]:
        return sorted(cell for cell in cells if cell[0] in body and cell[1] in used)

    dead = within(facts.uncached)
    zeros, formulas = within(facts.hollow), within(facts.formulas)
    if not dead and zeros and len(zeros) == len(formulas):
        # Programs store 0 for formulas that they cannot calculate. Real sums of zeros have only
        # zeros around them.
        values = [at(sheet.table.grid.rows, row, index) for row in body for index in used]
        if any(isinstance(value, int | float) and value for value in values) or len(zeros) == len(
            [value for value in values if not is_blank(value)]
        ):
            dead = zeros
    if dead:
        raise refuse_formulas(sheet.table.grid, dead)


def _metric(sheet: _Sheet, row: int) -> str | None:
    """The metric of a row; None for rows that hold no targets (完成, 完成率)."""
    fixed = sheet.mapping.values.get("metric", "revenue")
    if sheet.matrix.metric is None:
        return fixed
    text = clean_text(str(sheet.label(row, sheet.matrix.metric)))
    words = CHOICES["metric"]
    bare = text.casefold().removesuffix("目标").removesuffix("指标").strip()
    for candidate in (text.casefold(), bare):
        if candidate in TARGETS.column("metric").choices:
            return candidate
        if candidate in words and candidate != "目标":
            return words[candidate]
    kind = block_kind([text])
    if kind == "target" or not text:
        return fixed
    if kind is not None:
        return None
    raise CellFault(f"the metric {text!r} is not known (accepted: revenue, orders, new_accounts)")


def _read_row(sheet: _Sheet, row: int) -> None:
    matrix = sheet.matrix
    labels = [sheet.label(row, position) for position in matrix.texts]
    if any(is_dropped(sheet.mapping, label) for label in labels):
        sheet.remarks.append(f"row {row + 1} was left out by drop_rows")
        return
    try:
        metric = _metric(sheet, row)
    except CellFault as fault:
        assert matrix.metric is not None
        sheet.problems.append(f"{sheet.address(row, matrix.metric)}: {fault}")
        return
    if metric is None:
        return
    total = any(is_total(label) for label in labels)
    if not total and all(is_blank(label) for label in labels) and "scope_id" in matrix.labels:
        sheet.remarks.append(f"row {row + 1} has no label and was left out")
        return
    amounts = _amounts(sheet, row, metric)
    sheet.lines.append(
        Line(
            row,
            {p: a / _multiplier(sheet, p, metric) for p, a in amounts.items() if a is not None},
            total,
            metric,
        )
    )
    if total:
        sheet.remarks.append(f"totals row {row + 1} was left out and its sums checked")
        return
    months = [amounts.get(column.position) for column in matrix.months]
    if all(amount is None for amount in months):
        if not any(_is_problem(sheet, row, column) for column in matrix.months):
            sheet.remarks.append(f"row {row + 1} has no figures and was left out")
        return
    sheet.read += 1
    if all(amount is not None for amount in months):
        _check_row(sheet, row, amounts)  # sums over missing months would only repeat the fault
    _add_records(sheet, row, metric, amounts)


def _is_problem(sheet: _Sheet, row: int, column: SpanColumn) -> bool:
    address = sheet.address(row, column.position)
    return any(problem.startswith(f"{address}: ") for problem in sheet.problems)


def _multiplier(sheet: _Sheet, position: int, metric: str) -> Decimal:
    return Decimal(1) if metric == "new_accounts" else sheet.units[position].multiplier


def _amounts(sheet: _Sheet, row: int, metric: str) -> dict[int, Decimal | None]:
    found: dict[int, Decimal | None] = {}
    for column in (*sheet.matrix.months, *sheet.matrix.checks):
        try:
            found[column.position] = parse_amount(
                sheet.raw(row, column.position),
                _multiplier(sheet, column.position, metric),
                currency=sheet.reading.currency,
                nulls=sheet.reading.nulls,
            )
        except CellFault as fault:
            sheet.problems.append(f"{sheet.address(row, column.position)}: {fault}")
    return found


def _check_row(sheet: _Sheet, row: int, amounts: dict[int, Decimal | None]) -> None:
    """Quarter, half and total columns against the months of the row."""
    months = sheet.matrix.months
    for column in sheet.matrix.checks:
        stated = amounts.get(column.position)
        ways = months_of(column.span, months, sheet.reading.fiscal_year_start)
        if stated is None or not ways:
            continue
        sums = [
            sum((amounts.get(months[place].position) or Decimal(0) for place in way), Decimal(0))
            for way in ways
        ]
        unit = max(sheet.units[column.position].multiplier, Decimal(1))
        allowed = Decimal("0.01") * len(ways[0]) * unit
        if all(abs(added - stated) > allowed for added in sums):
            heading = sheet.table.columns[column.position].heading.text
            sheet.problems.append(
                f"{sheet.address(row, column.position)}: {heading} says {plain(stated / unit)}, "
                f"but its months add up to {plain(sums[0] / unit)}"
            )


def _check_lines(sheet: _Sheet) -> None:
    for metric in dict.fromkeys(line.label for line in sheet.lines):
        for wrong in check_totals([line for line in sheet.lines if line.label == metric]):
            heading = sheet.table.columns[wrong.column].heading.text
            unit = sheet.units[wrong.column].text
            sheet.problems.append(
                f"{sheet.address(wrong.row, wrong.column)}: the total of {heading} is "
                f"{plain(wrong.stated)} {unit}".rstrip()
                + f", but rows {wrong.first + 1} to {wrong.last + 1} add up to {plain(wrong.added)}"
            )


def _scope(sheet: _Sheet, row: int) -> tuple[str | None, str]:
    """(scope type, scope id) of a row; raises `CellFault`."""
    mapping, labels = sheet.mapping, sheet.matrix.labels
    kind: str | None = sheet.scope_type
    if "scope_type" in labels and "scope_type" not in mapping.values:
        parse = parser(TARGETS.column("scope_type"), sheet.reading)
        kind = parse(sheet.label(row, labels["scope_type"]))
        if kind is None:
            raise CellFault("scope_type is required and the cell is empty")
    if "scope_id" in mapping.values:
        return kind, mapping.values["scope_id"]
    text = parse_text(
        sheet.label(row, labels["scope_id"]),
        sheet.reading.nulls,
        is_code=True,
        pad=mapping.pad.get("scope_id", 0),
    )
    if text is None:
        raise CellFault("the row has figures, but it does not say for whom")
    return kind, rep_name(text) if kind == "rep" else text


def _optional(sheet: _Sheet, row: int, name: str) -> Any:
    column = TARGETS.column(name)
    parse: Callable[[Any], Any] = parser(column, sheet.reading)
    if name in sheet.mapping.values:
        return parse(sheet.mapping.values[name])
    if name in sheet.matrix.labels:
        found = parse(sheet.label(row, sheet.matrix.labels[name]))
        if found is not None:
            return found
    return parse(sheet.mapping.defaults[name]) if name in sheet.mapping.defaults else None


def _row_year(sheet: _Sheet, row: int) -> int | None:
    if sheet.matrix.year is None:
        return sheet.year
    text = parse_text(sheet.label(row, sheet.matrix.year), sheet.reading.nulls)
    digits = (text or "").removesuffix("年度").removesuffix("年")
    if not (digits.isdigit() and 1990 <= int(digits) <= 2100):
        raise CellFault(f"{text!r} is not a year")
    return int(digits)


def _add_records(sheet: _Sheet, row: int, metric: str, amounts: dict[int, Decimal | None]) -> None:
    scope_place = sheet.matrix.labels.get("scope_id", 0)
    try:
        kind, scope = _scope(sheet, row)
        year = _row_year(sheet, row)
        rest = {n: _optional(sheet, row, n) for n in ("version", "effective_from", "reason")}
    except CellFault as fault:
        sheet.problems.append(f"{sheet.address(row, scope_place)}: {fault}")
        return
    texts = {
        sheet.table.columns[p].heading.text: as_typed(sheet.label(row, p))
        for p in sheet.matrix.texts
    }
    for column in sheet.matrix.months:
        if column.position not in amounts:
            continue  # unreadable, and already a problem
        address = sheet.address(row, column.position)
        amount = amounts[column.position]
        if amount is None and sheet.raw(row, column.position) not in (None, ""):
            continue  # a dash says on purpose that there is no target: not yet here, or gone
        if amount is None:
            sheet.problems.append(
                f"{address}: the month is empty, but other months of {scope} are not; "
                "write - (or 0) if there is no target"
            )
            continue
        period_year = column.span.year or (year or 0) + column.years_on
        period = f"{period_year:04d}-{column.span.number:02d}"
        place = (period, kind, scope, metric, rest["effective_from"])
        if place in sheet.places:
            sheet.problems.append(
                f"{address}: a second target of {scope} for {period} (the first is in "
                f"{sheet.places[place]}); if these are two people, use their numbers (工号)"
            )
            continue
        sheet.places[place] = address
        heading = sheet.table.columns[column.position].heading.text
        typed = as_typed(sheet.raw(row, column.position))
        unit = sheet.units[column.position].text
        raw = {**texts, heading: typed, "unit": unit}
        sheet.records.append(
            {
                "period": period,
                "scope_type": kind,
                "scope_id": scope,
                "metric": metric,
                "target_amount": amount,
                **rest,
                "_file": sheet.file,
                "_address": address,
                "_raw": json.dumps(raw, ensure_ascii=False),
            }
        )


def _finish(sheet: _Sheet, layout_remarks: list[str]) -> SheetRows:
    stated = {sheet.units[column.position].text or "plain units" for column in sheet.matrix.months}
    remarks = [f"amounts read in {', '.join(sorted(stated))}", *layout_remarks, *sheet.remarks]
    if sheet.matrix.not_read:
        remarks.append(f"columns without targets: {', '.join(sheet.matrix.not_read[:24])}")
    table = pa.Table.from_pylist(sheet.records, schema=sheet_schema("targets"))
    return SheetRows(table, [], remarks, len(sheet.records))
