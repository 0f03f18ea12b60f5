"""Rows of a target sheet: their metric, scope, year, and one record per month.

Add here: something a row of a target sheet says of itself. Keep out: sums (`target_sheet.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from pipelines.entities import ENTITIES
from pipelines.language.text import text as text_
from pipelines.sources.spreadsheet.faults import CellFault
from pipelines.sources.spreadsheet.layout.aliases import CHOICES
from pipelines.sources.spreadsheet.layout.body import as_typed, body_of_table
from pipelines.sources.spreadsheet.layout.headings import block_kind
from pipelines.sources.spreadsheet.targets.scopes import rep_name
from pipelines.sources.spreadsheet.targets.target_sheet import TargetSheet, is_open
from pipelines.sources.spreadsheet.values.cells import clean_text, parse_text
from pipelines.sources.spreadsheet.values.columns import parser
from pipelines.sources.spreadsheet.values.months import Span
from pipelines.sources.spreadsheet.values.unit_search import PLAIN, unit_of

TARGETS = ENTITIES["targets"]


def metric_of(sheet: TargetSheet, row: int) -> str | None:
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
    raise CellFault(text_("sheets.target_rows.unknown_metric", text=text))


def _scope(sheet: TargetSheet, row: int) -> tuple[str | None, str]:
    """(scope type, scope id) of a row; raises `CellFault`."""
    mapping, labels = sheet.mapping, sheet.matrix.labels
    kind: str | None = sheet.scope_type
    if "scope_type" in labels and "scope_type" not in mapping.values:
        parse = parser(TARGETS.column("scope_type"), sheet.reading)
        kind = parse(sheet.label(row, labels["scope_type"]))
        if kind is None:
            raise CellFault(text_("sheets.target_rows.scope_type_empty"))
    if "scope_id" in mapping.values:
        return kind, mapping.values["scope_id"]
    text = parse_text(
        sheet.label(row, labels["scope_id"]),
        sheet.reading.nulls,
        is_code=True,
        pad=mapping.pad.get("scope_id", 0),
    )
    if text is None:
        raise CellFault(text_("sheets.target_rows.for_nobody"))
    return kind, rep_name(text) if kind == "rep" else text


def _optional(sheet: TargetSheet, row: int, name: str) -> Any:
    column = TARGETS.column(name)
    parse: Callable[[Any], Any] = parser(column, sheet.reading)
    if name in sheet.mapping.values:
        return parse(sheet.mapping.values[name])
    if name in sheet.matrix.labels:
        found = parse(sheet.label(row, sheet.matrix.labels[name]))
        if found is not None:
            return found
    return parse(sheet.mapping.defaults[name]) if name in sheet.mapping.defaults else None


def _row_year(sheet: TargetSheet, row: int) -> int | None:
    if sheet.matrix.year is None:
        return sheet.year
    text = parse_text(sheet.label(row, sheet.matrix.year), sheet.reading.nulls)
    digits = (text or "").removesuffix("年度").removesuffix("年")
    if not (digits.isdigit() and 1990 <= int(digits) <= 2100):
        raise CellFault(
            text_("sheets.target_rows.no_year", typed=text)
            if text
            else text_("sheets.target_rows.year_is_empty")
        )
    return int(digits)


def period_of(span: Span, year: int) -> str:
    """The canonical period of a column: a month, a quarter or a year, in fiscal terms."""
    if span.kind == "quarter":
        return f"{year:04d}-Q{span.number}"
    return f"{year:04d}-{span.number:02d}" if span.kind == "month" else f"{year:04d}"


def add_records(
    sheet: TargetSheet, row: int, metric: str, amounts: dict[int, Decimal | None]
) -> None:
    """One record per month with a target; what is wrong goes to the sheet's problems."""
    scope_place = sheet.matrix.labels.get("scope_id", 0)
    try:
        kind, scope = _scope(sheet, row)
        year = _row_year(sheet, row)
        rest = {n: _optional(sheet, row, n) for n in ("version", "effective_from", "reason")}
    except CellFault as fault:
        sheet.problem(sheet.address(row, scope_place), fault.told)
        return
    texts = {
        sheet.table.columns[p].heading.text: as_typed(sheet.label(row, p))
        for p in sheet.matrix.texts
    }
    # Months that wrap at December are a fiscal year's; named by its end, it began the year before.
    wraps = any(column.years_on for column in sheet.matrix.months)
    before = int(wraps and sheet.reading.fiscal_year_named_by == "end")
    for column in sheet.matrix.months:
        if column.position not in amounts:
            continue  # unreadable, and already a problem
        address = sheet.address(row, column.position)
        amount = amounts[column.position]
        if metric != "new_accounts" and sheet.units[column.position] is PLAIN:
            # A column of metrics may hold counts only; money without a unit is refused.
            body, currency = body_of_table(sheet.table), sheet.reading.currency
            unit_of(body, column.position, sheet.mapping, currency, needed=True)
        if is_open(sheet, row, column, amounts):
            typed = as_typed(sheet.raw(row, column.position))
            sheet.problem(
                address,
                text_("sheets.target_rows.month_open", typed=typed, scope=scope)
                if typed
                else text_("sheets.target_rows.month_empty", scope=scope),
            )
            continue
        if amount is None:
            sheet.dashes += 1
            continue
        period_year = column.span.year or (year or 0) + column.years_on - before
        period = period_of(column.span, period_year)
        place = (period, kind, scope, metric, rest["effective_from"])
        if place in sheet.places:
            first = sheet.places[place]
            sheet.problem(
                address,
                text_(
                    "sheets.target_rows.second_target",
                    scope=scope,
                    period=period,
                    first=first,
                ),
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
