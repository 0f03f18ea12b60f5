"""Modules of the company's own that hold orders, follow-ups or targets, in the place of Zoho's.

Add here: another entity that may be kept in a module of one's own. Keep out: standard modules
(`modules.py`) and the options themselves (`options.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from pipelines.entities import ENTITIES
from pipelines.sources.connector_options import CustomObject, FieldRule
from pipelines.sources.records import Field
from pipelines.sources.zoho.modules import KINDS, LISTS, MODULES, STAMP, ZohoModule

# Entities that may be kept so, and the modules that are then not read.
CUSTOM_ENTITIES: dict[str, tuple[str, ...]] = {
    "orders": ("Sales_Orders",),
    "activities": ("Tasks", "Events", "Calls"),
    "targets": (),
}


def custom_module(entity: str, name: str = "?", amount: str | None = None) -> ZohoModule:
    """The raw table `custom_<entity>` with canonical columns, read from a module of the company.

    `amount`: the field whose sum is compared with Zoho's own.
    """
    shape = ENTITIES[entity]
    # The record's own id is the key, except of targets, whose key is what they are for.
    own_id = () if entity == "targets" else shape.key[:1]
    columns = [column for column in shape.columns if column.name not in own_id]
    fields = [
        Field("id", "loose_text", required=True),
        *(Field(c.name, KINDS[c.kind], required=c.required) for c in columns),  # type: ignore[arg-type]
        Field("created_time", "timestamp", path="Created_Time"),
        Field("modified_time", "timestamp", path=STAMP, required=True),
    ]
    return ZohoModule(
        name,
        f"custom_{entity}",
        tuple(fields),
        entity,
        amount,
        optional=False,
        loosened=("account_id",),
    )


def modules_of(objects: Mapping[str, CustomObject], without: tuple[str, ...]) -> list[ZohoModule]:
    """What is read: the standard modules, with the company's own in their places."""
    replaced = {name for entity in objects for name in CUSTOM_ENTITIES[entity]} | set(without)
    own = []
    for entity, given in objects.items():
        rule = given.fields.get("amount")
        own.append(custom_module(entity, given.object, rule.plain if rule else None))
    return [module for name, module in MODULES.items() if name not in replaced] + own


def mapping_of(
    module: ZohoModule,
    fields: Mapping[str, Mapping[str, FieldRule]],
    objects: Mapping[str, CustomObject],
) -> Mapping[str, FieldRule]:
    """Canonical column -> own field, for one module."""
    entity = module.entity or ""
    return objects[entity].fields if module.is_own else fields.get(entity, {})


TABLES: dict[str, pa.Schema] = {
    **{name: pa.schema([item.arrow for item in fields]) for name, fields in LISTS.items()},
    **{item.table: item.schema for item in MODULES.values()},
    **{f"custom_{entity}": custom_module(entity).schema for entity in CUSTOM_ENTITIES},
}
