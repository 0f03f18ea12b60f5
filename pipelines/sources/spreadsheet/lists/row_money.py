"""Money of a list: the unit and currency of a column, and rows that say a currency of their own.

Add here: another way in which rows say what their money is. Keep out: single amounts
(`values/amounts.py`), and where units are stated (`values/unit_search.py`).
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow as pa

from pipelines.entity_schemas import ARROW_TYPES
from pipelines.language import text
from pipelines.sources.spreadsheet.faults import CellFault
from pipelines.sources.spreadsheet.formats.grid import Foreign
from pipelines.sources.spreadsheet.lists.row_constants import reading_of
from pipelines.sources.spreadsheet.lists.row_work import RowWork
from pipelines.sources.spreadsheet.values.columns import parser
from pipelines.sources.spreadsheet.values.unit_search import unit_of
from pipelines.sources.spreadsheet.values.units import Unit


def unit_of_money(work: RowWork, name: str, place: int, *, needed: bool) -> Unit:
    """The unit of a money column; what it says of the currency holds for rows that say none.

    Raises `FileRejected` for a unit nobody knows, and for another currency than the company's
    where the entity keeps none.
    """
    assert work.mapping is not None
    own = work.reading.currency
    keeps = any(column.name == "currency" for column in work.entity.columns)
    unit = unit_of(work.body, place, work.mapping, own, needed=needed, any_currency=keeps)
    work.units[name] = unit
    if unit.text:
        work.remarks.append(text("sheets.unit_read", column=name, unit=unit.text))
    if unit.currency and unit.currency != own:
        work.currency = unit.currency
        work.readings[name] = replace(reading_of(work, name), currency=unit.currency)
    return unit


def other_currencies(work: RowWork) -> None:
    """`€ 5` is an amount where the row's own currency is EUR, and so is a cell formatted as dollars.

    A row that names no currency takes that of its cell's number format.
    """
    if not any(column.name == "currency" for column in work.entity.columns):
        return
    count = len(work.body.rows)
    currencies = work.columns.get("currency", pa.nulls(count, pa.string())).to_pylist()
    found = False
    for name in [n for n in work.columns if work.entity.column(n).kind == "money"]:
        place = work.assignment.columns[name]
        cells = work.body.cells(place, merged=False)
        values: list[Any] | None = None
        unit = work.units[name].multiplier if name in work.units else Decimal(1)
        for row, faults in list(work.faults.items()):
            value = cells[row].as_py() if isinstance(cells, pa.Array) else cells[row]
            shown = value.currency if isinstance(value, Foreign) else ""
            own = currencies[row] or (shown if len(shown) == 3 else None)
            if not own or own == work.reading.currency or faults[0][0] != name:
                continue
            reading = replace(work.readings.get(name, work.reading), currency=own)
            try:
                amount = parser(work.entity.column(name), reading, unit)(value)
            except CellFault:
                continue
            values = work.columns[name].to_pylist() if values is None else values
            values[row] = amount
            currencies[row], found = own, True
            work.faults[row] = [fault for fault in faults if fault[0] != name]
            if not work.faults[row]:
                del work.faults[row]
        if values is not None:
            work.columns[name] = pa.array(values, ARROW_TYPES["money"])
    if found:
        work.columns["currency"] = pa.array(currencies, pa.string())
