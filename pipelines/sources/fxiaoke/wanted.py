"""What is wanted of a tenant: a field under several possible names, an object with its fields.

Add here: a property of a field or object. Keep out: which fields and objects (`objects.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from pipelines.sources.records.derived import Derived
from pipelines.sources.records.fields import ARROW_TYPES, Kind


@dataclass(frozen=True)
class Wanted:
    """One column of a raw table and the API names it may be read from, the likeliest first.

    `must`: without a visible field the object cannot be read. `filled`: a row without a value goes
    to the quarantine. `decoded`: the label of an option instead of its value.
    """

    column: str
    keys: tuple[str, ...]
    kind: Kind = "loose_text"
    must: bool = False
    filled: bool = False
    decoded: bool = False


@dataclass(frozen=True)
class FxiaokeObject:
    """One object and its raw table.

    `entity`: whose columns a company may map. `stamped`: asked for by `last_modified_time`; others
    are small and read whole every night. `optional`: a tenant without it is read all the same.
    """

    name: str
    table: str
    columns: tuple[Wanted, ...]
    entity: str | None = None
    stamped: bool = True
    optional: bool = False
    derived: tuple[Derived, ...] = ()  # columns made of several fields

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([pa.field(c.column, ARROW_TYPES[c.kind]) for c in self.columns])
