"""The raw tables of a Salesforce source: those of the objects, and the ones beside them.

Add here: a raw table that is not an object of the standard schema. Keep out: fields of standard
objects (`objects.py`).
"""

from __future__ import annotations

import pyarrow as pa

from pipelines.entities import ENTITIES
from pipelines.sources.records import Field
from pipelines.sources.salesforce.objects import KINDS, OBJECTS, STAMP, SalesforceObject, api_fields

# Entities that a company may keep in objects of its own, and the objects they then take the place of.
CUSTOM_ENTITIES: dict[str, tuple[str, ...]] = {
    "orders": ("Order", "OrderItem"),
    "targets": ("ForecastingQuota", "ForecastingType", "Period"),
    "activities": ("Task", "Event"),
}


def custom_object(entity: str, name: str = "") -> SalesforceObject:
    """The raw table `custom_<entity>` with canonical columns, read from an object of the company."""
    # The record's own id is the key, except of targets, whose key is what they are for.
    own_id = () if entity == "targets" else ENTITIES[entity].key[:1]
    columns = [column for column in ENTITIES[entity].columns if column.name not in own_id]
    fields = [
        *api_fields("Id", required=True),
        *(Field(c.name, KINDS[c.kind], required=c.required) for c in columns),  # type: ignore[arg-type]
        *api_fields("CreatedDate", "timestamp"),
        *api_fields(STAMP, "timestamp", required=True),
        Field("_deleted", "boolean", path="IsDeleted"),
    ]
    return SalesforceObject(
        name or "?", tuple(fields), entity=entity, table_name=f"custom_{entity}"
    )


# What the system itself counts, and which ids it has; for completeness and for hard deletions.
COUNTED = pa.schema(
    [
        ("object", pa.string()),
        ("live_rows", pa.int64()),
        ("amount", pa.decimal128(28, 8)),
        ("rejected_rows", pa.int64()),
        ("changed_since", pa.int64()),
        ("upto", pa.timestamp("us", tz="UTC")),
    ]
)
SWEPT = pa.schema([("object", pa.string()), ("id", pa.string())])

TABLES: dict[str, pa.Schema] = {
    **{item.table: item.schema for item in OBJECTS.values()},
    **{f"custom_{entity}": custom_object(entity).schema for entity in CUSTOM_ENTITIES},
    "counted": COUNTED,
    "id_sweep": SWEPT,
}
