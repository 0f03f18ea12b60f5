"""Which objects of a tenant are read, with which fields, and their raw tables.

Add here: an object, or a field that staging needs. Keep out: how objects are asked for
(`tenant.py`, `reading.py`) and what they mean in canonical terms (dbt staging).

No two tenants have the same fields, so a column may name several API keys: the first one that the
tenant shows is read. The API keys of orders are such guesses; a company's own fields come by
`options.fields`, its own objects by `options.objects`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyarrow as pa

from pipelines.entities import ENTITIES
from pipelines.sources.records.derived import Derived
from pipelines.sources.records.fields import ARROW_TYPES, Field, Kind

ZONE = "Asia/Shanghai"  # midnight of date fields, unless the options say otherwise
# Canonical kinds -> kinds of a mapped column. Flags come as 0/1, true/false or a label.
_KINDS: dict[str, Kind] = {
    "text": "loose_text",
    "money": "decimal",
    "timestamp": "timestamp",
    "date": "date",
    "flag": "loose_text",
}


@dataclass(frozen=True)
class Wanted:
    """One column of a raw table and the API keys it may be read from, the likeliest first.

    `must`: without a visible field the object cannot be read. `filled`: a row without a value goes
    to the quarantine.
    """

    column: str
    keys: tuple[str, ...]
    kind: Kind = "loose_text"
    must: bool = False
    filled: bool = False

    def field(self, key: str, zone: str) -> Field:
        """The column read from `key` of a record."""
        return Field(
            self.column, self.kind, path=key, required=self.filled, form="epoch_ms", zone=zone
        )


@dataclass(frozen=True)
class NeocrmObject:
    """One object and its raw table.

    `name` is its API key, `source` what XOQL calls it. `entity`: whose columns a company may map.
    `amount`: the column whose sum is compared. `stamped`: has createdAt and updatedAt; others are
    small and read whole every night. `optional`: a tenant without it is read all the same.
    """

    name: str
    columns: tuple[Wanted, ...]
    entity: str | None = None
    amount: str | None = None
    stamped: bool = True
    optional: bool = False
    xoql_name: str = ""
    table_name: str = ""
    derived: tuple[Derived, ...] = ()  # columns made of several fields

    @property
    def source(self) -> str:
        return self.xoql_name or self.name

    @property
    def table(self) -> str:
        return self.table_name or snake(self.name)

    @property
    def swept_as(self) -> str:
        """What `id_sweep` and `counted` call the records: staging knows the API keys of standard
        objects, but of the company's own only the table they are kept in.
        """
        return self.table if self.table_name else self.name

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([pa.field(c.column, ARROW_TYPES[c.kind]) for c in self.columns])


def snake(name: str) -> str:
    """`activityRecordFrom_data` -> `activity_record_from_data`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def mapped_columns(entity: str) -> dict[str, Kind]:
    """Canonical columns of an entity that a company may map to fields of its own."""
    shape = ENTITIES[entity]
    return {c.name: _KINDS[c.kind] for c in shape.columns if c.name not in shape.key[:1]}


def _wanted(names: str, kind: Kind = "loose_text", *, must: bool = False) -> tuple[Wanted, ...]:
    """`money` is the column money; `amount=orderAmount|amount` names its candidates."""
    columns = []
    for name in names.split():
        column, _, keys = name.partition("=")
        columns.append(
            Wanted(snake(column), tuple(keys.split("|")) if keys else (column,), kind, must)
        )
    return tuple(columns)


_ID = Wanted("id", ("id",), must=True, filled=True)
_STAMPS = (
    Wanted("created_at", ("createdAt",), "timestamp", must=True),
    Wanted("updated_at", ("updatedAt",), "timestamp", must=True, filled=True),
)


def _object(
    name: str,
    texts: str = "",
    *,
    must: str = "",
    decimals: str = "",
    moments: str = "",
    days: str = "",
    entity: str | None = None,
    amount: str | None = None,
    stamped: bool = True,
    optional: bool = False,
    xoql_name: str = "",
) -> NeocrmObject:
    columns = [_ID, *_wanted(must, must=True), *_wanted(texts), *_wanted(decimals, "decimal")]
    columns += [*_wanted(days, "date"), *_wanted(moments, "timestamp")]
    if stamped:
        columns += _STAMPS
    if entity:
        # Read only if the company maps the column to a field of its own.
        columns += [
            Wanted(f"custom_{column}", (), kind) for column, kind in mapped_columns(entity).items()
        ]
    return NeocrmObject(
        name, tuple(columns), entity, amount, stamped, optional, xoql_name=xoql_name
    )


_STANDARD = (
    _object(
        "user",
        "status dimDepart departName=dimDepart.departName personalEmail=personalEmail|email managerId",
        must="name",
        moments="createdAt updatedAt",
        entity="users",
        stamped=False,
    ),
    _object(
        "department",
        "departName parentDepartId",
        entity="teams",
        stamped=False,
        optional=True,
    ),
    _object(
        "account",
        "ownerId entityType industryId level fState highSeaStatus",
        must="accountName",
        entity="accounts",
    ),
    # Phone and mail of customers' people are never extracted.
    _object("contact", "accountId contactName post ownerId", entity="contacts", optional=True),
    _object(
        "lead",
        "name companyName ownerId status leadSourceId opportunityId highSeaStatus",
        entity="leads",
        optional=True,
    ),
    _object(
        "opportunity",
        "opportunityName accountId entityType status lostStageId winRate reason reasonDesc",
        must="ownerId saleStageId",
        decimals="money",
        days="closeDate",
        moments="stageUpdatedAt",
        entity="opportunities",
        amount="money",
    ),
    _object(
        "activityRecord",
        "ownerId contactId entityType activityRecordFrom activityRecordFrom_data",
        moments="startTime",
        entity="activities",
        optional=True,
    ),
    _object(
        "visitRecord",
        "ownerId visitType visitRecordStatus compVisitObject compVisitObject_data",
        moments="signInDate visitTime",
        entity="activities",
        optional=True,
    ),
    # XOQL calls orders `_order`, everything else `order`.
    _object(
        "order",
        "accountId opportunityId ownerId status=status|poStatus|orderStatus",
        decimals="amount=amount|orderAmount|totalAmount",
        moments="transactionDate=transactionDate|orderDate|effectiveDate "
        "deliveryDate=deliveryDate|planDeliveryDate",
        entity="orders",
        amount="amount",
        optional=True,
        xoql_name="_order",
    ),
)
OBJECTS: dict[str, NeocrmObject] = {item.name: item for item in _STANDARD}

# Entities that a company may keep in objects of its own, and the objects whose place they take.
CUSTOM_ENTITIES: dict[str, tuple[str, ...]] = {
    "orders": ("order",),
    "activities": ("activityRecord", "visitRecord"),
    "targets": (),
}


def custom_object(entity: str, name: str = "") -> NeocrmObject:
    """The raw table `custom_<entity>` of canonical columns, read from an object of the company."""
    columns = mapped_columns(entity)
    if entity == "targets":
        columns = {c.name: _KINDS[c.kind] for c in ENTITIES["targets"].columns}
    wanted = [Wanted(column, (), kind) for column, kind in columns.items()]
    stamps = (Wanted(f"record_{stamp.column}", stamp.keys, stamp.kind, True) for stamp in _STAMPS)
    return NeocrmObject(
        name or "?", (_ID, *wanted, *stamps), entity=entity, table_name=f"custom_{entity}"
    )


def _table(**columns: str) -> pa.Schema:
    return pa.schema([pa.field(name, ARROW_TYPES[kind]) for name, kind in columns.items()])  # type: ignore[index]


# Lists of the tenant, read whole every night.
STAGE = _table(
    id="text",
    entity_type="text",
    stage_name="text",
    percent="decimal",
    stage_order="integer",
    raw="text",
)
BUSI_TYPE = _table(object="text", id="text", label="text", api_key="text")
XOBJECT = _table(object_id="text", api_key="text", label="text")
CURRENCY = _table(label="text", code="text", currency_code="text", rate="decimal")
FIELD_HISTORY = _table(
    log_id="text",
    object="text",
    data_id="text",
    item="text",
    old_value="loose_text",
    new_value="loose_text",
    created_at="timestamp",
)
# What the tenant itself counts, and which ids it has. A sweep ends in one row without an id, so that
# the sweep of an empty object is a sweep too.
COUNTED = _table(
    object="text", live_rows="integer", amount="decimal", changed_since="integer", upto="timestamp"
)
SWEPT = _table(object="text", id="text")

TABLES: dict[str, pa.Schema] = {
    **{item.table: item.schema for item in OBJECTS.values()},
    **{f"custom_{entity}": custom_object(entity).schema for entity in CUSTOM_ENTITIES},
    "stage": STAGE,
    "busi_type": BUSI_TYPE,
    "xobject": XOBJECT,
    "currency": CURRENCY,
    "field_history": FIELD_HISTORY,
    "counted": COUNTED,
    "id_sweep": SWEPT,
}
