"""Which objects of a tenant are read, with which fields, and their raw tables.

Add here: an object, or a field that staging needs. Keep out: how objects are asked for
(`tenant.py`, `reading.py`) and what they mean in canonical terms (dbt staging).

Many API names are not confirmed by any manual, so a column may name several: the first one that
`describe` shows is read, and `label:...` finds a field by its Chinese label. A company's own fields
come by `options.fields`, its own objects by `options.objects`.
"""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from pipelines.entities import ENTITIES
from pipelines.sources.fxiaoke.wanted import FxiaokeObject, Wanted
from pipelines.sources.records.fields import ARROW_TYPES, Kind

ZONE = "Asia/Shanghai"  # midnight of date fields, unless the options say otherwise
KEY, CREATED, MODIFIED = "_id", "create_time", "last_modified_time"
TYPE = "record_type"  # 业务类型
LIFE, INVALID = "life_status", "invalid"  # 作废: in the recycle bin
# Made here from several fields of a record; no field of a tenant can be called so.
DELETED, CLOSED, LABEL = "@deleted", "@closed", "@label"
# A follow-up may point at several records of several objects; the first of each kind counts.
RELATED = {
    "@opportunity": ("NewOpportunityObj", "OpportunityObj"),
    "@account": ("AccountObj",),
    "@contact": ("ContactObj",),
}
_RELATED = (
    " related_opportunity_id=@opportunity related_account_id=@account related_contact_id=@contact"
)
_KINDS: dict[str, Kind] = {
    "text": "loose_text",
    "money": "decimal",
    "timestamp": "timestamp",
    "date": "date",
    "flag": "loose_text",
}
MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]


def mapped_columns(entity: str) -> dict[str, Kind]:
    """Canonical columns of an entity that a company may map to fields of its own."""
    shape = ENTITIES[entity]
    return {c.name: _KINDS[c.kind] for c in shape.columns if c.name not in shape.key[:1]}


def _wanted(
    names: str, kind: Kind = "loose_text", *, must: bool = False, decoded: bool = False
) -> list[Wanted]:
    """`name` is the column name; `amount=amount|payment_amount` names its candidates."""
    columns = []
    for name in names.split():
        column, _, keys = name.partition("=")
        given = tuple(keys.split("|")) if keys else (column,)
        columns.append(Wanted(column, given, kind, must, decoded=decoded))
    return columns


_ID = Wanted("id", (KEY,), must=True, filled=True)
_STAMPS = (
    Wanted("created_at", (CREATED,), "timestamp", must=True),
    Wanted("modified_at", (MODIFIED,), "timestamp", must=True, filled=True),
    *_wanted("modified_by=last_modified_by life_status is_deleted"),
    Wanted("_deleted", (DELETED,), "boolean"),
)


def _object(
    name: str,
    table: str,
    texts: str = "",
    *,
    must: str = "",
    labels: str = "",
    decimals: str = "",
    moments: str = "",
    days: str = "",
    json: str = "",
    entity: str | None = None,
    stamped: bool = True,
    optional: bool = False,
) -> FxiaokeObject:
    columns = [_ID, *_wanted(must, must=True), *_wanted(texts), *_wanted(labels, decoded=True)]
    columns += [*_wanted(decimals, "decimal"), *_wanted(days, "date")]
    columns += [*_wanted(moments, "timestamp"), *_wanted(json, "json"), *_STAMPS]
    if entity:
        # Read only if the company maps the column to a field of its own.
        columns += [Wanted(f"custom_{c}", (), kind) for c, kind in mapped_columns(entity).items()]
    return FxiaokeObject(name, table, tuple(columns), entity, stamped, optional)


def _opportunity(
    name: str, *, stage: str, status: str, moved: str, close: str, process: str
) -> FxiaokeObject:
    item = _object(
        name,
        "opportunity",
        f"name account_id process_id={process} stage_code={stage} status_code={status} "
        "currency=mc_currency",
        must="owner_id=owner",
        labels=f"stage={stage} status={status} lost_reason=label:输单原因|lost_reason",
        decimals="amount=amount|expected_deal_amount",
        days=f"expected_close_date={close}",
        moments=f"stage_changed_at={moved}",
        entity="opportunities",
    )
    # Without its stage a deal is in no funnel.
    columns = [replace(w, must=True) if w.column == "stage" else w for w in item.columns]
    extra = (Wanted("closed_as", (CLOSED,)),)
    return FxiaokeObject(name, item.table, (*columns, *extra), item.entity)


# A tenant works with one of the two; both fill the same raw table.
NEW_OPPORTUNITY = _opportunity(
    "NewOpportunityObj",
    stage="sales_stage",
    status="sales_status",
    moved="stg_changed_time",
    close="close_date",
    process="sales_process_id",
)
OLD_OPPORTUNITY = _opportunity(
    "OpportunityObj",
    stage="oppo_stage_id|sales_stage",
    status="biz_status|sales_status|status",
    moved="sales_stg_changed_time|stg_changed_time",
    close="expected_deal_closed_date|close_date",
    process="sales_process_name|sales_process_id",
)
PEOPLE = _object(
    "PersonnelObj",
    "personnel",
    "full_name=full_name|name email department_id=main_department|main_department_id "
    "manager_id=leader|leader_id status",
    must="user_id",
    entity="users",
    stamped=False,
    optional=True,
)
DEPARTMENTS = _object(
    "DepartmentObj",
    "department",
    "parent_id status",
    must="name",
    entity="teams",
    stamped=False,
    optional=True,
)
GOALS = _object(
    "GoalValueObj",
    "goal_value",
    "goal_rule_detail_id goal_type",
    must="goal_rule_id check_object_id fiscal_year",
    labels="scope_kind=goal_type",
    decimals="annual_value " + " ".join(f"{month}_value" for month in MONTHS),
    optional=True,
)

_OTHERS = (
    _object(
        "AccountObj",
        "account",
        "owner_id=owner",
        must="name",
        labels="industry status=deal_status region=label:区域|region "
        "credit_code=label:统一社会信用代码|credit_code",
        entity="accounts",
    ),
    # Phone and mail of customers' people are never extracted.
    _object(
        "ContactObj", "contact", "name account_id title=job_title", entity="contacts", optional=True
    ),
    _object(
        "LeadsObj",
        "lead",
        "name owner_id=owner opportunity_id=new_opportunity_id|opportunity_id",
        labels="source_channel=source|leads_source status=leads_status|biz_status|status",
        moments="converted_at=transform_time|converted_time",
        entity="leads",
        optional=True,
    ),
    _object(
        "ActiveRecordObj",
        "active_record",
        "created_by owner_id=owner" + _RELATED,
        labels="activity_type=interactive_types",
        json="related=related_object_data",
        entity="activities",
        optional=True,
    ),
    _object(
        "TelesalesRecordObj",
        "telesales_record",
        "created_by owner_id=owner account_id" + _RELATED,
        json="related=related_object_data",
        entity="activities",
        optional=True,
    ),
    _object(
        "SalesOrderObj",
        "sales_order",
        "owner_id=owner opportunity_id=new_opportunity_id|opportunity_id currency=mc_currency",
        must="account_id",
        labels="status=order_status",
        decimals="amount=order_amount",
        moments="ordered_at=order_time promised_at=delivery_date|label:承诺交期 "
        "delivered_at=label:实际交货日期|label:实际交付日期",
        entity="orders",
        optional=True,
    ),
    _object(
        "SalesOrderProductObj",
        "order_line",
        "order_id product_id",
        decimals="amount=subtotal|order_product_amount",
        optional=True,
    ),
    _object(
        "NewOpportunityLinesObj",
        "opportunity_line",
        "opportunity_id=new_opportunity_id|opportunity_id product_id",
        decimals="amount=total_amount|subtotal|sales_amount",
        optional=True,
    ),
    _object(
        "ProductObj", "product", "name", labels="product_line=product_line|category", optional=True
    ),
)

# Users first: owners are compared with them.
OBJECTS: dict[str, FxiaokeObject] = {
    item.name: item
    for item in (PEOPLE, DEPARTMENTS, NEW_OPPORTUNITY, OLD_OPPORTUNITY, *_OTHERS, GOALS)
}
# Entities that a company may keep in objects of its own, and the objects whose place they take.
CUSTOM_ENTITIES: dict[str, tuple[str, ...]] = {
    "orders": ("SalesOrderObj", "SalesOrderProductObj"),
    "activities": ("ActiveRecordObj", "TelesalesRecordObj"),
    "targets": ("GoalValueObj",),
}


def custom_object(entity: str, name: str = "") -> FxiaokeObject:
    """The raw table `custom_<entity>` of canonical columns, read from an object of the company."""
    columns = mapped_columns(entity)
    if entity == "targets":
        columns = {c.name: _KINDS[c.kind] for c in ENTITIES["targets"].columns}
    wanted = [
        Wanted(column, (), kind, decoded=kind == "loose_text") for column, kind in columns.items()
    ]
    stamps = (
        Wanted(
            s.column if s.column == "_deleted" else f"record_{s.column}",
            s.keys,
            s.kind,
            s.must,
            s.filled,
        )
        for s in _STAMPS
    )
    return FxiaokeObject(name or "?", f"custom_{entity}", (_ID, *wanted, *stamps), entity)


def _table(**columns: Kind) -> pa.Schema:
    return pa.schema([pa.field(name, ARROW_TYPES[kind]) for name, kind in columns.items()])


# Which ids a table has in the tenant; a sweep ends in one row without an id, so that the sweep of an
# empty object is a sweep too. And what the goal rules measure, by the options.
SWEPT = _table(object="text", id="text")
GOAL_RULES = _table(goal_rule_id="text", metric="text")
TABLES: dict[str, pa.Schema] = {
    **{item.table: item.schema for item in OBJECTS.values()},
    **{f"custom_{entity}": custom_object(entity).schema for entity in CUSTOM_ENTITIES},
    "goal_rule": GOAL_RULES,
    "id_sweep": SWEPT,
}
