"""Cells of query rows -> Arrow rows of a declared table.

Add here: a way in which Kingdee writes "nothing". Keep out: conversion that all systems share
(`records/columns.py`).

No value is `null`, an empty or blank text, the reference 0, or the first day of the year 1 (the last
is an assumption). Texts may have trailing blanks. Flags may come as the texts 1 and 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.sources.kingdee.forms import Column
from pipelines.sources.records import Converted, RowShape

_NO_DAY = "0001-01-01"
_FLAGS = {"1": True, "0": False, "true": True, "false": False}


def shape_of(table: str, columns: Sequence[Column], zone: str) -> RowShape:
    """The declared shape of a raw table, times in the zone of the server."""
    return RowShape(table, [column.field(zone) for column in columns], key="id")


def convert(
    shape: RowShape,
    columns: Sequence[Column],
    rows: list[list[Any]],
    currencies: Mapping[str, str],
    declared: Sequence[Column] = (),
) -> Converted:
    """Rows whose cells stand in the order of `columns`, as Arrow rows; raises as `RowShape`.

    A currency number of the site becomes its ISO code; an unknown number stays as it is, so that it
    is told as a currency without a rate. `declared`: columns of the table that may be made of several.
    """
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    values = {
        column.name: _cleaned(column.kind, cell)
        for column, cell in zip(columns, cells, strict=True)
    }
    for column in declared:
        if column.derived is not None:
            parts = zip(*(values.pop(part.name) for part in column.parts), strict=True)
            values[column.name] = [column.derived.of(part) for part in parts]
    if "currency" in values:
        values["currency"] = [currencies.get(v, v) for v in values["currency"]]
    return shape.convert_columns(values)


def text(value: Any) -> str | None:
    """A cell as trimmed text; None if it is blank."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None if value is None else str(value)


def _reference(value: Any) -> str | None:
    found = text(value)
    return None if found == "0" else found


def _moment(value: Any) -> Any:
    if isinstance(value, str):
        value = value.strip()
        return None if not value or value.startswith(_NO_DAY) else value
    return value


def _number(value: Any) -> Any:
    return value.strip() or None if isinstance(value, str) else value


def _flag(value: Any) -> Any:
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        written = str(value).strip().lower()
        return _FLAGS.get(written, value) if written else None
    return value


_CLEANERS = {
    "text": text,
    "reference": _reference,
    "timestamp": _moment,
    "date": _moment,
    "decimal": _number,
    "boolean": _flag,
}


def _cleaned(kind: str, values: Sequence[Any]) -> list[Any]:
    return list(map(_CLEANERS[kind], values))
