"""How the cells of a source are to be read: as its options say, or as a column's own cells tell.

Add here: another thing that a column tells of itself. Keep out: reading a cell (`moments.py`,
`amounts.py`) and a column (`columns.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.entities import Column
from pipelines.sources.spreadsheet.values.amounts import DecimalStyle, decimal_style
from pipelines.sources.spreadsheet.values.cells import NULLS
from pipelines.sources.spreadsheet.values.moments import DateOrder, written_order

# A point or comma in it may stand for either: 1.200, 1,5.
TWO_WAYS = r"^[^0-9]*[1-9]\d{0,2}\.\d{3}\D*$|,"
# Begins with a day or a month: 31/03/2026.
_DAY_IN_YEAR = r"^\s*\d{1,2}[/-]\d{1,2}[/-]\d"

Values: TypeAlias = "Sequence[Any] | pa.Array"


@dataclass(frozen=True)
class Reading:
    """How the cells of one source are to be read."""

    zone: ZoneInfo
    currency: str
    fiscal_year_start: int = 1
    fiscal_year_named_by: str = "start"
    # A text file that has to be seen as a whole (and is not read in parts) of at most so many bytes.
    largest_whole: int = 50 * 1024 * 1024
    nulls: frozenset[str] = NULLS
    date_order: DateOrder | None = None
    year: int | None = None  # for periods that do not say theirs
    decimal: DecimalStyle | None = None  # None: by what the amounts of a column say
    encoding: str | None = None  # of text files whose bytes do not say theirs
    # So many unreadable rows (both exceeded) make a file as a whole untrustworthy.
    most_bad_share: float = 0.2
    most_bad_rows: int = 5


def decided(column: Column, values: Values, reading: Reading) -> Reading:
    """How a column is read once its own cells have said what points and commas mean, or which of
    day and month comes first.
    """
    if column.kind in ("date", "timestamp") and reading.date_order is None:
        return replace(reading, date_order=_order_of(values))
    if column.kind != "money" or reading.decimal is not None:
        return reading
    return replace(reading, decimal=_style_of(values))


def _order_of(values: Values) -> DateOrder | None:
    if not isinstance(values, pa.Array):
        return written_order(values)
    if not pc.any(pc.match_substring_regex(values, _DAY_IN_YEAR)).as_py():
        return None
    return written_order(pc.unique(values).to_pylist())


def _style_of(values: Values) -> DecimalStyle | None:
    if not isinstance(values, pa.Array):
        return decimal_style(values)
    # Only where it matters is a long column looked through.
    if not pc.any(pc.match_substring_regex(values, TWO_WAYS)).as_py():
        return None
    return decimal_style(pc.unique(values).to_pylist())
