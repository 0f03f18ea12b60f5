"""`group_by` of a mapping: one record of all rows of one key, summed or by their latest values.

Add here: what becomes of a column whose rows differ. Keep out: other tables (`joining.py`), which rows
are records (`row_choice.py`).

A group with a row that cannot be read is set aside as a whole: a part of an amount is no amount.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pyarrow as pa

from pipelines.configuration.file_mapping import FileMapping
from pipelines.entity_schemas import ARROW_TYPES
from pipelines.language import text
from pipelines.sources.spreadsheet.faults import CellFault, FileRejected
from pipelines.sources.spreadsheet.layout.headings import key
from pipelines.sources.spreadsheet.lists.row_work import RowWork
from pipelines.sources.spreadsheet.values.amounts import parse_amount
from pipelines.sources.spreadsheet.values.cells import settle
from pipelines.sources.spreadsheet.values.moments import parse_moment

_CENT = Decimal("0.01")
# Of several lines an order is promised when the last of them is, and delivered when all of them are.
_LAST = ("promised_at", "delivered_at")
_ALL = ("delivered_at",)
# A figure is split by these: the first line's would take the amounts of the others.
_SPLITS = ("product_line",)


def group_rows(work: RowWork, mapping: FileMapping) -> None:
    """One record of all rows with one value of `group_by`.

    Amounts are added (each line unrounded), other columns take the first value; with `latest_by` every
    column takes its latest value by that heading.
    """
    name = mapping.group_by
    assert name is not None
    groups: dict[Any, list[int]] = {}
    times = _times(work, mapping.latest_by) if mapping.latest_by else {}
    for row, value in enumerate(work.columns[name].to_pylist()):
        if value is not None:
            groups.setdefault(value, []).append(row)
    several = {value: rows for value, rows in groups.items() if len(rows) > 1}
    if not several:
        return
    lists = {column: array.to_pylist() for column, array in work.columns.items()}
    amounts = {} if mapping.latest_by else _exact_amounts(work)
    differing: set[str] = set()
    split = 0
    for value, rows in several.items():
        bad = [row for row in rows if row in work.faults]
        if (
            not bad
            and len({lists["currency"][row] for row in rows} if "currency" in lists else ()) > 1
        ):
            for row in rows:
                work.fault(row, "currency", text("sheets.group.currencies", key=str(value)))
            continue
        if bad:
            reason = text("sheets.group.one_is_bad", key=str(value), row=work.body.rows[bad[0]] + 1)
            for row in rows:
                if row not in work.faults:
                    work.fault(row, name, reason)
            continue
        first = rows[0]
        if times:
            rows = sorted(rows, key=lambda row: times[row])
        for column, values in lists.items():
            given = [values[row] for row in rows if values[row] is not None]
            if times:
                values[first] = given[-1] if given else None
            elif column in amounts:
                values[first] = _sum(amounts[column][row] for row in rows)
            elif column in _LAST:
                whole = column not in _ALL or len(given) == len(rows)
                values[first] = max(given) if given and whole else None
            elif given:
                values[first] = given[0]
                if len(set(given)) > 1 and column in _SPLITS:
                    values[first] = None
                    split += 1
                elif len(set(given)) > 1:
                    differing.add(column)
        work.merged.update(row for row in rows if row != first)
    kinds = {column.name: ARROW_TYPES[column.kind] for column in work.entity.columns}
    work.columns = {column: pa.array(values, kinds[column]) for column, values in lists.items()}
    work.remarks.append(
        text("sheets.group.merged", count=len(work.merged), column=name, records=len(groups))
    )
    if name == "order_id" and name in mapping.compute and "product_line" in lists:
        work.remarks.append(text("sheets.group.parts_of_orders", column=name))
    if split:
        work.remarks.append(text("sheets.group.split", count=split, column=_SPLITS[0]))
    if differing:
        work.remarks.append(text("sheets.group.differing", column=name, columns=sorted(differing)))


def _times(work: RowWork, heading: str) -> dict[int, Any]:
    """When each row was written; what cannot be read is a fault of its row."""
    body, reading = work.body, work.reading
    places = [place for place, one in enumerate(body.headings) if key(heading) in one.keys]
    if not places:
        raise FileRejected(
            text(
                "sheets.group.no_heading",
                heading=heading,
                headings=[one.text for one in body.headings if one.text],
            ),
            where=body.where,
            next_step=text("sheets.next.correct_expression"),
        )
    cells = body.cells(places[0])
    found: dict[int, Any] = {}
    for row, cell in enumerate(cells.to_pylist() if isinstance(cells, pa.Array) else cells):
        try:
            moment = parse_moment(settle(cell), reading.zone, reading.date_order)
        except CellFault as fault:
            work.fault(row, "", fault.told)
            continue
        if moment is None:
            work.fault(row, "", text("sheets.group.no_time", heading=heading))
            continue
        found[row] = (moment, row)
    return found


def _exact_amounts(work: RowWork) -> dict[str, list[Decimal | None]]:
    """The money columns before they are rounded to cents: rounded lines do not add up to the order."""
    exact: dict[str, list[Decimal | None]] = {}
    for column in work.entity.columns:
        place = work.assignment.columns.get(column.name)
        if column.kind != "money" or column.name not in work.columns:
            continue
        rounded = work.columns[column.name].to_pylist()
        if place is None:
            exact[column.name] = rounded
            continue
        reading = work.readings.get(column.name, work.reading)
        unit = work.units.get(column.name)
        cells = work.body.cells(place, merged=False)
        values: list[Decimal | None] = []
        for cell, plain in zip(
            cells.to_pylist() if isinstance(cells, pa.Array) else cells, rounded, strict=True
        ):
            try:
                amount = parse_amount(
                    cell,
                    unit.multiplier if unit else Decimal(1),
                    currency=reading.currency,
                    nulls=reading.nulls,
                    decimal=reading.decimal,
                    exact=True,
                )
            except CellFault:  # money of the row's own currency
                amount = plain
            values.append(plain if plain is None else amount)
        exact[column.name] = values
    return exact


def _sum(given: Iterable[Decimal | None]) -> Decimal | None:
    amounts = list(given)
    if any(amount is None for amount in amounts):
        return None
    return sum((a for a in amounts if a is not None), Decimal(0)).quantize(_CENT, ROUND_HALF_UP)
