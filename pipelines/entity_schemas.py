"""The canonical entities as Arrow schemas: what rows of them are made of.

Add here: the type of a kind of column, a column that every raw row has. Keep out: the entities
themselves (`entities.py`).
"""

from __future__ import annotations

import pyarrow as pa

from pipelines.entities import ENTITIES

ARROW_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    # Money and counts of targets; two decimals, the marts' own precision.
    "money": pa.decimal128(18, 2),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "date": pa.date32(),
    "flag": pa.bool_(),
}

# What every raw row carries beside its own columns.
BOOKKEEPING: tuple[tuple[str, pa.DataType], ...] = (
    ("source", pa.string()),  # name of the source in sources.yml
    ("_loaded_at", pa.timestamp("us", tz="UTC")),  # one value per source and run
    ("_file", pa.string()),  # spreadsheets: the file the row came from; else null
    ("_address", pa.string()),  # spreadsheets: sheet!row; else null
    ("_raw", pa.string()),  # mapped sheets: JSON of the cells as typed; else null
)


def canonical_schema(entity: str) -> pa.Schema:
    """Arrow schema of an entity's own columns, in order, without the bookkeeping ones."""
    columns = ENTITIES[entity].columns
    return pa.schema([pa.field(column.name, ARROW_TYPES[column.kind]) for column in columns])


def raw_schema(entity: str) -> pa.Schema:
    """Arrow schema of an entity in the raw zone: its own columns, then the bookkeeping ones."""
    schema = canonical_schema(entity)
    for name, kind in BOOKKEEPING:
        schema = schema.append(pa.field(name, kind))
    return schema
