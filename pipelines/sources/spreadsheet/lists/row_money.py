"""Money of a list: the unit and currency of a column, and rows that say a currency of their own.

Add here: another way in which rows say what their money is. Keep out: single amounts
(`values/amounts.py`), and where units are stated (`values/unit_search.py`).
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow as pa

from pipelines.entities import ARROW_TYPES
from pipelines.language import text
from pipelines.sources.spreadsheet.faults import CellFault
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
    """`€ 5` is an amount where the row's own currency is EUR."""
    currency = work.columns.get("currency")
    if currency is None:
        return
    for name in [n for n in work.columns if work.entity.column(n).kind == "money"]:
        place = work.assignment.columns[name]
        cells = work.body.cells(place, merged=False)
        own_reading = work.readings.get(name, work.reading)
        again: dict[int, Any] = {}
        for row, faults in work.faults.items():
            own = currency[row].as_py()
            if not own or own.upper() == work.reading.currency or faults[0][0] != name:
                continue
            unit = work.units[name].multiplier if name in work.units else Decimal(1)
            reading = replace(own_reading, currency=own.upper())
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
