"""`where` and `compute` of a mapping: rows kept, and columns made of a row's own cells.

Add here: what an operator or function makes of its values. Keep out: how expressions are written
(`pipelines/configuration/expressions.py`), and other tables (`joining.py`).

Every expression ends for every input. Arithmetic with an empty cell is empty; a division by zero and
a cell that is no number are faults of their row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal, DecimalException
from typing import Any

import pyarrow as pa

from pipelines.configuration.expressions import Node, parse_expression
from pipelines.language import text
from pipelines.sources.spreadsheet.faults import CellFault, FileRejected
from pipelines.sources.spreadsheet.layout.body import Body
from pipelines.sources.spreadsheet.layout.headings import key
from pipelines.sources.spreadsheet.values.amounts import parse_amount
from pipelines.sources.spreadsheet.values.cells import parse_percent, settle
from pipelines.sources.spreadsheet.values.moments import parse_day
from pipelines.sources.spreadsheet.values.reading import Reading

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


class Formula:
    """One expression over one body. Raises `FileRejected` for a heading that the body lacks."""

    def __init__(self, written: str, body: Body, reading: Reading) -> None:
        self.node = parse_expression(written)
        self._reading = reading
        self._cells: dict[str, Any] = {}
        self._factors: dict[str, Decimal] = {}
        self.has_units = False
        for name in dict.fromkeys(self.node.columns()):
            place = _place(body, name, written)
            cells = body.cells(place)
            self._cells[name] = cells.to_pylist() if isinstance(cells, pa.Array) else cells
            unit = body.headings[place].unit
            if unit and not unit.is_count:
                self._factors[name] = unit.multiplier
                self.has_units = True

    def value(self, row: int) -> Any:
        """The value for one row, '' if it is empty; raises `CellFault`."""
        found = self._of(self.node, row)
        return "" if found is None else found

    def holds(self, row: int) -> bool:
        """Whether a condition holds for one row; raises `CellFault`."""
        return bool(self._of(self.node, row))

    def _of(self, node: Node, row: int) -> Any:
        kind, parts = node.kind, node.parts
        if kind in ("number", "text"):
            return None if node.value == "" else node.value
        if kind == "column":
            return self._cell(str(node.value), row)
        if kind == "first":
            given = (self._of(part, row) for part in parts)
            return next((value for value in given if value is not None), None)
        if kind == "and":
            return all(self._of(part, row) for part in parts)
        if kind == "or":
            return any(self._of(part, row) for part in parts)
        if kind == "not":
            return not self._of(parts[0], row)
        if kind == "in":
            return any(_compared(self._of(parts[0], row), self._of(p, row), "=") for p in parts[1:])
        if kind == "concat":
            values = [self._of(part, row) for part in parts]
            return None if None in values else "".join(map(_shown, values))
        if kind == "lookup":
            return self._looked_up(parts, row)
        if kind in ("year", "quarter", "month", "plus_days"):
            return self._of_day(kind, [self._of(part, row) for part in parts])
        one, other = (self._of(part, row) for part in parts)
        if kind in _COMPARISONS:
            return _compared(one, other, kind)
        return self._reckoned(kind, one, other)

    def _cell(self, name: str, row: int) -> Any:
        value = settle(self._cells[name][row])
        if isinstance(value, str) and (not value or value in self._reading.nulls):
            return None
        if value is None:
            return None
        if name in self._factors and isinstance(value, int | float | str):
            return self._number(value) * self._factors[name]
        return value

    def _looked_up(self, parts: tuple[Node, ...], row: int) -> Any:
        wanted = self._of(parts[0], row)
        pairs, rest = parts[1:], None
        if len(pairs) % 2:
            pairs, rest = pairs[:-1], pairs[-1]
        for word, given in zip(pairs[::2], pairs[1::2], strict=True):
            if _compared(wanted, self._of(word, row), "="):
                return self._of(given, row)
        return self._of(rest, row) if rest is not None else None

    def _of_day(self, kind: str, values: list[Any]) -> str | dt.date | None:
        """The period that a day lies in, in fiscal terms, or the day so many days later."""
        if None in values:
            return None
        value = values[0]
        if isinstance(value, Decimal):  # a serial date
            value = float(value)
        day = parse_day(value, self._reading.zone, self._reading.date_order)
        if day is None:
            return None
        if kind == "plus_days":
            return _later(day, self._number(values[1]))
        if kind == "month":
            return f"{day:%Y-%m}"
        start = self._reading.fiscal_year_start
        year = day.year - (day.month < start)
        year += start > 1 and self._reading.fiscal_year_named_by == "end"
        quarter = (day.month - start) % 12 // 3 + 1
        return f"{year:04d}" if kind == "year" else f"{year:04d}-Q{quarter}"

    def _reckoned(self, sign: str, one: Any, other: Any) -> Decimal | None:
        if one is None or other is None:
            return None
        left, right = self._number(one), self._number(other)
        try:
            if sign == "+":
                return left + right
            if sign == "-":
                return left - right
            if sign == "*":
                return left * right
            return left / right
        except DecimalException as error:
            raise CellFault(
                text("sheets.compute.no_result", sum=f"{left} {sign} {right}")
            ) from error

    def _number(self, value: Any) -> Decimal:
        if isinstance(value, Decimal):
            return value
        if isinstance(value, bool | dt.date | dt.time):
            raise CellFault(text("sheets.compute.no_number", value=str(value)))
        if isinstance(value, str) and value.endswith("%"):
            return parse_percent(value) or Decimal(0)
        found = parse_amount(
            value,
            currency=self._reading.currency,
            nulls=self._reading.nulls,
            decimal=self._reading.decimal or "point",
            exact=True,
        )
        return found if found is not None else Decimal(0)


def _place(body: Body, name: str, written: str) -> int:
    wanted = key(name)
    places = [place for place, heading in enumerate(body.headings) if wanted in heading.keys]
    if len(places) == 1:
        return places[0]
    headings = [heading.text for heading in body.headings if heading.text]
    if places:
        cause = text("sheets.compute.heading_twice", name=name, expression=written)
        raise FileRejected(cause, where=body.where, next_step=text("sheets.next.one_heading"))
    raise FileRejected(
        text(
            "sheets.compute.no_heading",
            name=name,
            expression=written,
            headings=headings,
        ),
        where=body.where,
        next_step=text("sheets.next.correct_expression"),
    )


def _later(day: dt.date, days: Decimal) -> dt.date:
    try:
        return day + dt.timedelta(days=int(days))
    except OverflowError as error:
        raise CellFault(text("sheets.compute.no_result", sum=f"{day} + {days}")) from error


def _shown(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(repr(float(value)))
    return _shown(value).casefold()


def _compared(one: Any, other: Any, sign: str) -> bool:
    """Numbers as numbers, else as text; an empty cell equals only nothing."""
    if one is None or other is None:
        return (sign == "!=") if one is not other else sign in ("=", "<=", ">=")
    left, right = _plain(one), _plain(other)
    if isinstance(left, Decimal) != isinstance(right, Decimal):
        # A number that stands as text, as all of them do in text files.
        left, right = _as_number(left), _as_number(right)
        if isinstance(left, Decimal) != isinstance(right, Decimal):
            left, right = str(left), str(right)
    return _COMPARISONS[sign](left, right)


def _as_number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return value
    try:
        number = Decimal(value)
    except DecimalException:
        return value
    return number if number.is_finite() else value
