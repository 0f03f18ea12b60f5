"""What a declared column is: its name, where its value stands, its kind, and what is a fault.

Add here: a kind of value, or a way in which systems write one. Keep out: the conversion
(`columns.py` by column, `values.py` by value) and which columns a table has (its own package).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

Kind = Literal["text", "loose_text", "json", "integer", "decimal", "boolean", "timestamp", "date"]
# iso: 2026-03-01T10:15:00.000+0000 (timestamp), 2026-03-01 (date);
# local: wall clock without offset, in `zone`; of a date column: its date part;
# epoch_ms, epoch_s: numbers since 1970 in UTC; of a date column: the day in `zone`.
Form = Literal["iso", "local", "epoch_ms", "epoch_s"]
OnFault = Literal["reject", "fail"]

UTC_MOMENT = pa.timestamp("us", tz="UTC")
# Raw money keeps the system's own digits; staging rounds to cents.
DECIMAL = pa.decimal128(28, 8)
ARROW_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "loose_text": pa.string(),
    "json": pa.string(),
    "integer": pa.int64(),
    "decimal": DECIMAL,
    "boolean": pa.bool_(),
    "timestamp": UTC_MOMENT,
    "date": pa.date32(),
}
LONGEST_TEXT = 1_000_000  # bytes; a longer one is a fault of its row


@dataclass(frozen=True)
class Field:
    """One declared column.

    `name`: the raw column. `path`: where the value stands in a JSON record, `Owner.Name` for a
    nested one; default `name`. Kinds: text (strings only), loose_text (any scalar as its text, a
    list or object as JSON), json (anything as JSON text), integer, decimal, boolean, timestamp
    (UTC), date. `required`: an empty cell is a fault of the row, and a page of records none of
    which has the key is a failure. `on_fault`: `reject` sends a row with a value that does not fit
    to the quarantine, `fail` stops the load.
    """

    name: str
    kind: Kind = "text"
    path: str = ""
    required: bool = False
    form: Form = "iso"
    zone: str = "UTC"
    on_fault: OnFault = "reject"
    blank_is_null: bool = True  # "" is no value

    @property
    def source_path(self) -> str:
        return self.path or self.name

    @property
    def arrow(self) -> pa.Field:
        return pa.field(self.name, ARROW_TYPES[self.kind])
