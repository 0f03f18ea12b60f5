"""A whole column to one Arrow array: quick casts for clean text, the cell parsers for the rest.

Add here: a quicker way for a kind of column, with the same result as its cell parser.
Keep out: what a cell means (`cells.py`, `moments.py`), rules across columns (`rows.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.entities import Column
from pipelines.entity_schemas import ARROW_TYPES
from pipelines.language import Text
from pipelines.sources.spreadsheet.faults import CellFault
from pipelines.sources.spreadsheet.layout.aliases import CHOICES, PERSON_COLUMNS
from pipelines.sources.spreadsheet.values.amounts import (
    parse_amount,
)
from pipelines.sources.spreadsheet.values.cells import (
    LONGEST_TEXT,
    NO_ID,
    WORDS_FOR_NOTHING,
    parse_choice,
    parse_flag,
    parse_text,
    person_name,
    settle,
)
from pipelines.sources.spreadsheet.values.currencies import iso_code
from pipelines.sources.spreadsheet.values.moments import (
    parse_day,
    parse_moment,
)
from pipelines.sources.spreadsheet.values.months import (
    day_written,
    parse_month,
    parse_month_of_year,
    parse_period,
    why_no_months,
    why_no_period,
)
from pipelines.sources.spreadsheet.values.reading import TWO_WAYS, Reading, Values, decided

_DAY = r"(19[5-9]\d|20\d\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_CLOCK = r"[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?"
_LOCAL = f"^{_DAY}({_CLOCK})?$"
_ZONED = f"^{_DAY}{_CLOCK}(Z|[+-][01]\\d:[0-5]\\d)$"
_AMOUNT = r"^[+-]?\d{1,15}(\.\d{1,4})?$"
# Printable ASCII and common Chinese characters, single spaces: text that cleaning leaves as it is.
_CLEAN = r"^[!-~\x{4e00}-\x{9fff}]+( [!-~\x{4e00}-\x{9fff}]+)*$"
_UNSPACED = r"^[!-~\x{4e00}-\x{9fff}]+$"
# What the cell parser looks at more closely: errors, `="007"`, shortened numbers, dates in codes.
_SUSPECT = r"^[#=]|^[+-]?\d(\.\d+)?[eE]\+?\d+$|^\d{1,2}(月|-[A-Z][a-z]{2}$)|^[A-Z][a-z]{2}-\d{2}$"
# The text of these columns is a code: what Excel has shortened or turned into a date is a fault.
_CODES = ("credit_code",)


@dataclass
class Converted:
    """One column: its array (null where empty or faulty) and the reason of each faulty row."""

    array: pa.Array
    faults: dict[int, Text] = field(default_factory=dict)


def is_code(name: str) -> bool:
    """True for columns whose text identifies something."""
    return name.endswith("_id") or name in _CODES


def _nulls(column: Column, reading: Reading) -> frozenset[str]:
    """Words for an empty cell. NULL may be somebody's name, but is nobody's id: exports write it."""
    return reading.nulls | NO_ID if is_code(column.name) else reading.nulls


def parser(
    column: Column, reading: Reading, multiplier: Decimal = Decimal(1), pad: int = 0
) -> Callable[[Any], Any]:
    """The cell parser of a canonical column; it raises `CellFault`."""
    nulls = _nulls(column, reading)

    def nothing(value: Any) -> bool:
        return isinstance(value, str) and (value in nulls or value.casefold() in WORDS_FOR_NOTHING)

    def timestamp(value: Any) -> dt.datetime | None:
        value = settle(value)
        return None if nothing(value) else parse_moment(value, reading.zone, reading.date_order)

    def day(value: Any) -> dt.date | None:
        value = settle(value)
        return None if nothing(value) else parse_day(value, reading.zone, reading.date_order)

    def period(value: Any) -> str | None:
        value = settle(value)
        if nothing(value):
            return None
        found = parse_period(value) or parse_month_of_year(
            value, reading.fiscal_year_start, reading.fiscal_year_named_by
        )
        month = parse_month(value)
        if found is None and month and month.year is None and not month.rest and reading.year:
            found = f"{reading.year}-{month.number:02d}"
        if found is None:
            raise CellFault(why_no_period(value))
        return found

    def text(value: Any) -> str | None:
        found = parse_text(value, nulls, is_code=is_code(column.name), pad=pad)
        return person_name(found) if found and column.name in PERSON_COLUMNS else found

    if column.name == "period":
        return period
    if column.name == "currency":
        return lambda value: iso_code(parse_text(value, nulls), reading.currency)
    if column.choices:
        words = CHOICES.get(column.name, {})
        return lambda value: parse_choice(value, column.choices, words, nulls)
    return {
        "text": text,
        "money": lambda value: parse_amount(
            value, multiplier, currency=reading.currency, nulls=nulls, decimal=reading.decimal
        ),
        "timestamp": timestamp,
        "date": day,
        "flag": lambda value: parse_flag(value, nulls),
    }[column.kind]


def convert(
    column: Column,
    values: Values,
    reading: Reading,
    *,
    multiplier: Decimal = Decimal(1),
    pad: int = 0,
) -> Converted:
    """The column's values as its Arrow type. Text arrays take the quick way where they can."""
    reading = decided(column, values, reading)
    parse = parser(column, reading, multiplier, pad)
    kind = ARROW_TYPES[column.kind]
    if column.name == "period":
        cells = values.to_pylist() if isinstance(values, pa.Array) else list(values)
        if wrong := why_no_months(cells):
            days = {row: wrong for row, value in enumerate(cells) if day_written(value)}
            found = _by_cell(["" if row in days else v for row, v in enumerate(cells)], parse, kind)
            return Converted(found.array, {**found.faults, **days})
    if isinstance(values, pa.Array):
        special = column.choices or column.name in ("period", "currency") or pad
        if column.kind == "text" and not special:
            return _quick_text(column, values, reading, parse)
        quick = _quick(column, values, reading, multiplier)
        return quick if quick is not None else _by_dictionary(values, parse, kind)
    return _by_cell(values, parse, kind)


def _by_cell(values: Sequence[Any], parse: Callable[[Any], Any], kind: pa.DataType) -> Converted:
    found: list[Any] = []
    faults: dict[int, Text] = {}
    for row, value in enumerate(values):
        try:
            found.append(parse(value))
        except CellFault as fault:
            found.append(None)
            faults[row] = fault.told
    return Converted(pa.array(found, type=kind), faults)


def _by_dictionary(values: pa.Array, parse: Callable[[Any], Any], kind: pa.DataType) -> Converted:
    """Each distinct text is parsed once."""
    encoded = values.dictionary_encode()
    distinct = _by_cell(encoded.dictionary.to_pylist(), parse, kind)
    array = distinct.array.take(encoded.indices)
    if not distinct.faults:
        return Converted(array)
    bad = pa.array(list(distinct.faults), type=pa.int32())
    rows = pc.indices_nonzero(pc.is_in(encoded.indices, value_set=bad)).to_pylist()
    reasons = encoded.indices.take(pa.array(rows, pa.int64())).to_pylist()
    return Converted(array, {row: distinct.faults[i] for row, i in zip(rows, reasons, strict=True)})


def _quick_text(
    column: Column, values: pa.Array, reading: Reading, parse: Callable[[Any], Any]
) -> Converted:
    """Keep what is clean already; parse the other cells one by one."""
    pattern = _UNSPACED if column.name in PERSON_COLUMNS else _CLEAN
    fits = pc.and_not(
        pc.match_substring_regex(values, pattern), pc.match_substring_regex(values, _SUSPECT)
    )
    nulls = pa.array(sorted(_nulls(column, reading)), pa.string())
    fits = pc.and_not(fits, pc.is_in(values, value_set=nulls))
    fits = pc.and_(fits, pc.less_equal(pc.binary_length(values), LONGEST_TEXT))
    clean = pc.if_else(fits, values, pa.scalar(None, pa.string()))
    return _merged(clean, fits, values, parse)


def _merged(
    quick: pa.Array, fits: pa.Array, values: pa.Array, parse: Callable[[Any], Any]
) -> Converted:
    """The quick results, and those of the cell parser where the quick way did not fit."""
    others = pc.indices_nonzero(pc.invert(fits))
    if not len(others):
        return Converted(quick)
    rest = _by_dictionary(values.take(others), parse, quick.type)
    places = others.to_pylist() if rest.faults else []
    faults = {places[row]: reason for row, reason in rest.faults.items()}
    return Converted(pc.replace_with_mask(quick, pc.invert(fits), rest.array), faults)


def _quick(
    column: Column, values: pa.Array, reading: Reading, multiplier: Decimal
) -> Converted | None:
    """Cast what is written the plain way; parse the other cells one by one. None: no quick way."""
    if column.kind not in ("timestamp", "date", "money"):
        return None
    plain = _AMOUNT if column.kind == "money" else _LOCAL
    fits = pc.match_substring_regex(values, plain)
    if column.kind == "money" and reading.decimal != "point":
        fits = pc.and_not(fits, pc.match_substring_regex(values, TWO_WAYS))
    if column.kind == "timestamp" and not pc.any(fits).as_py():
        plain = _ZONED
        fits = pc.match_substring_regex(values, plain)
    clean = pc.if_else(fits, values, pa.scalar(None, pa.string()))
    try:
        array = _cast(column.kind, clean, plain, reading, multiplier)
    except pa.ArrowInvalid:  # a 30th of February, a local time that does not exist
        return None
    return _merged(array, fits, values, parser(column, reading, multiplier))


def _cast(
    kind: str, clean: pa.Array, plain: str, reading: Reading, multiplier: Decimal
) -> pa.Array:
    if kind == "money":
        wide = clean.cast(pa.decimal128(24, 4))
        if multiplier != 1:
            wide = pc.multiply(wide, pa.scalar(multiplier, pa.decimal128(10, 0)))
        rounded = pc.round(wide, ndigits=2, round_mode="half_towards_infinity")
        return rounded.cast(ARROW_TYPES["money"])
    if plain == _ZONED:
        return clean.cast(ARROW_TYPES["timestamp"])
    local = clean.cast(pa.timestamp("us"))
    if kind == "date":
        return local.cast(pa.date32(), safe=False)
    return pc.assume_timezone(
        local, reading.zone.key, ambiguous="earliest", nonexistent="raise"
    ).cast(ARROW_TYPES["timestamp"])
