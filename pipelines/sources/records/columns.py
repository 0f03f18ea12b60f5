"""One column of JSON or CSV values -> one Arrow array, quickly; what does not fit is named by row.

Add here: the quick way of a kind. Keep out: what kinds there are (`fields.py`), single values
(`values.py`), and which columns a table has.

The quick way converts the whole column in Arrow; the slow way is taken only when that fails, and
finds the values at fault. A value that does not fit is never made null: it is a fault of its row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.language import Text, text
from pipelines.sources.records.fields import ARROW_TYPES, DECIMAL, LONGEST_TEXT, UTC_MOMENT, Field
from pipelines.sources.records.values import VALUES, Misfit, json_text

Column = tuple[pa.Array, dict[int, Text]]


def column_of(values: list[Any], field: Field) -> Column:
    """Arrow array of the field's type, and reasons by position of the values that do not fit.

    A value at fault is null in the array; the caller drops its row or stops.
    """
    if field.blank_is_null and field.kind != "json" and "" in values:
        values = [None if value == "" else value for value in values]
    try:
        quick = _QUICK[field.kind](values, field)
    except (pa.ArrowException, UnicodeError, TypeError, ValueError, OverflowError):
        quick = None
    if quick is not None:
        return quick, {}
    faults: dict[int, Text] = {}
    fitting: list[Any] = []
    slow = VALUES[field.kind]
    for position, value in enumerate(values):
        if value is not None:
            try:
                value = slow(value, field)
            except Misfit as misfit:
                faults[position] = misfit.told
                value = None
            except (ValueError, TypeError, ArithmeticError, OverflowError) as error:
                faults[position] = text(
                    "sources.records.misfit.out_of_range", said=str(error) or type(error).__name__
                )
                value = None
        fitting.append(value)
    return pa.array(fitting, ARROW_TYPES[field.kind]), faults


# Quick ways: an array, or None or an exception if the slow way has to look at each value. ----------


def _quick_text(values: list[Any], field: Field) -> pa.Array | None:
    array = pa.array(values, pa.string())
    if (pc.max(pc.binary_length(array)).as_py() or 0) > LONGEST_TEXT:
        return None
    # DuckDB takes a NUL, but many readers of the published Parquet end the text there.
    if pc.any(pc.match_substring(array, "\x00")).as_py():
        array = pc.replace_substring(array, "\x00", "")
    return array


def _quick_json(values: list[Any], field: Field) -> pa.Array | None:
    return pa.array([None if v is None else json_text(v, field) for v in values], pa.string())


def _quick_integer(values: list[Any], field: Field) -> pa.Array | None:
    array = pa.array(values)
    if pa.types.is_null(array.type):
        return array.cast(pa.int64())
    # Not `pa.array(values, int64)`, which cuts 3.5 to 3.
    return array.cast(pa.int64()) if _is_number_or_text(array.type) else None


def _quick_decimal(values: list[Any], field: Field) -> pa.Array | None:
    array = pa.array(values)
    if pa.types.is_floating(array.type):
        # Most money has two decimals; if nothing is lost by that, no digit needs to be looked at.
        cents = array.cast(pa.decimal128(18, 2))
        if cents.cast(pa.float64()).equals(array):
            return cents.cast(DECIMAL)
        # The shortest text of a float is what the system wrote.
        array = pa.array([None if v is None else repr(v) for v in values], pa.string())
    elif not (_is_number_or_text(array.type) or pa.types.is_null(array.type)):
        return None
    if pa.types.is_integer(array.type):
        array = array.cast(pa.string())
    return array.cast(DECIMAL)


def _is_number_or_text(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_string(kind)


def _quick_boolean(values: list[Any], field: Field) -> pa.Array | None:
    array = pa.array(values)
    return array.cast(pa.bool_()) if not pa.types.is_integer(array.type) else None


def _quick_timestamp(values: list[Any], field: Field) -> pa.Array | None:
    if field.form == "iso":
        return pa.array(values, pa.string()).cast(UTC_MOMENT)
    if field.form == "local":
        wall = pa.array(values, pa.string()).cast(pa.timestamp("us"))
        zoned = pc.assume_timezone(wall, field.zone, ambiguous="earliest", nonexistent="latest")
        return zoned.cast(UTC_MOMENT)
    number = _quick_integer(values, field)
    if number is None:
        return None
    factor = 1_000 if field.form == "epoch_ms" else 1_000_000
    moment = pc.multiply_checked(number, factor).cast(UTC_MOMENT)
    # Outside the years 1 to 9999 nothing can read it any more.
    seconds = pc.min_max(number).as_py()
    if seconds["min"] is not None and max(map(abs, seconds.values())) * factor > 2.5e17:
        return None
    return moment


def _quick_date(values: list[Any], field: Field) -> pa.Array | None:
    if field.form == "iso":
        return pa.array(values, pa.string()).cast(pa.date32())
    if field.form == "local":
        wall = pa.array(values, pa.string()).cast(pa.timestamp("us"))
        return pc.floor_temporal(wall, unit="day").cast(pa.date32())
    moment = _quick_timestamp(values, field)
    if moment is None:
        return None
    local = pc.local_timestamp(moment.cast(pa.timestamp("us", tz=field.zone)))
    return pc.floor_temporal(local, unit="day").cast(pa.date32())


_QUICK: dict[str, Callable[[list[Any], Field], pa.Array | None]] = {
    "text": _quick_text,
    "loose_text": _quick_text,
    "json": _quick_json,
    "integer": _quick_integer,
    "decimal": _quick_decimal,
    "boolean": _quick_boolean,
    "timestamp": _quick_timestamp,
    "date": _quick_date,
}
