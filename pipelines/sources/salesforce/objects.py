"""Which Salesforce objects are read, with which fields, and how each is kept up to date.

Add here: an object, or a field that staging needs. Keep out: how objects are asked for
(`queries.py`, `reading.py`) and what they mean in canonical terms (dbt staging).

Assumptions that only an org can confirm are resolved at run time: every select list is the declared
one cut down to what `describe` shows, and an `optional` object that the org does not have is an
empty table with a remark.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pyarrow as pa

from pipelines.entities import ENTITIES
from pipelines.sources.records import Derived, Field

# Canonical kinds -> kinds of a mapped column.
KINDS = {
    "text": "loose_text",
    "money": "decimal",
    "timestamp": "timestamp",
    "date": "date",
    "flag": "boolean",
}
STAMP = "SystemModstamp"


@dataclass(frozen=True)
class SalesforceObject:
    """One object and its raw table.

    `stamp`: the field that moves when a record changes; None: small, read whole every night.
    `entity`: whose columns a company may map to own fields. `amount`: what is summed for the
    completeness check. `deletable`: has IsDeleted and a deletion log. `types`: ids of the record types
    that count ("" is none at all), and `others` the condition of those that do not.
    """

    name: str
    fields: tuple[Field, ...]
    stamp: str | None = STAMP
    entity: str | None = None
    amount: str | None = None
    optional: bool = False
    deletable: bool = True
    where: str = ""
    table_name: str = ""
    derived: tuple[Derived, ...] = ()  # columns made of several fields
    types: tuple[str, ...] = ()
    others: str = ""

    @property
    def table(self) -> str:
        return self.table_name or snake(self.name)

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([item.arrow for item in self.fields])


def snake(name: str) -> str:
    """`OpportunityFieldHistory` -> `opportunity_field_history`; `Region__c` -> `region__c`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def api_fields(names: str, kind: str = "text", *, required: bool = False) -> tuple[Field, ...]:
    """Fields by their API names, which stand apart by spaces; raw columns are in snake case."""
    return tuple(
        Field(snake(name), kind, path=name, required=required)  # type: ignore[arg-type]
        for name in names.split()
    )


def mapped_columns(entity: str) -> dict[str, str]:
    """Canonical columns of an entity that a company may map to own fields, with their kinds."""
    shape = ENTITIES[entity]
    return {c.name: KINDS[c.kind] for c in shape.columns if c.name not in shape.key[:1]}


def _object(
    name: str,
    texts: str = "",
    *,
    required: str = "",
    decimals: str = "",
    moments: str = "",
    days: str = "",
    flags: str = "",
    entity: str | None = None,
    stamp: str | None = STAMP,
    amount: str | None = None,
    optional: bool = False,
    deletable: bool = True,
    where: str = "",
) -> SalesforceObject:
    fields = [
        *api_fields("Id", required=True),
        *api_fields(required, required=True),
        *api_fields(texts),
    ]
    fields += [
        *api_fields(decimals, "decimal"),
        *api_fields(days, "date"),
        *api_fields(flags, "boolean"),
    ]
    fields += api_fields(moments, "timestamp")
    if stamp:
        fields += api_fields(stamp, "timestamp", required=True)
    if deletable:
        fields.append(Field("_deleted", "boolean", path="IsDeleted"))
    if entity:
        # Filled only if the company maps the column; the path is then its own field.
        fields += [
            Field(f"custom_{column}", kind)  # type: ignore[arg-type]
            for column, kind in mapped_columns(entity).items()
        ]
    return SalesforceObject(name, tuple(fields), stamp, entity, amount, optional, deletable, where)


_STANDARD = (
    _object(
        "Opportunity",
        "Name AccountId CurrencyIsoCode",
        required="OwnerId StageName",
        decimals="Amount",
        days="CloseDate",
        flags="IsClosed IsWon",
        moments="CreatedDate LastModifiedDate",
        entity="opportunities",
        amount="Amount",
    ),
    # One row per change of stage, amount, probability or close date, with the new values; cut off
    # by the org's own retention only with its opportunity.
    _object(
        "OpportunityHistory",
        "CreatedById",
        required="OpportunityId StageName",
        decimals="Amount",
        days="CloseDate",
        stamp="CreatedDate",
    ),
    # Only fields that the org tracks; kept 18 to 24 months. Read for changes of the owner.
    _object(
        "OpportunityFieldHistory",
        "CreatedById",
        required="OpportunityId Field",
        stamp="CreatedDate",
        optional=True,
    ),
    _object(
        "OpportunityLineItem",
        "Product2Id",
        required="OpportunityId",
        decimals="TotalPrice",
        optional=True,
    ),
    _object("Product2", "Name Family", optional=True),
    _object(
        "Account",
        "Type Industry BillingState MasterRecordId",
        required="Name OwnerId",
        moments="CreatedDate",
        entity="accounts",
    ),
    # Phone and mail of customers' people are never extracted.
    _object(
        "Contact",
        "AccountId Name Title MasterRecordId",
        entity="contacts",
    ),
    _object(
        "Lead",
        "Name Status LeadSource ConvertedOpportunityId MasterRecordId",
        required="OwnerId",
        days="ConvertedDate",
        moments="CreatedDate",
        entity="leads",
        optional=True,
    ),
    _object(
        "Task",
        "WhoId WhatId AccountId Type TaskSubtype CallType",
        required="OwnerId",
        days="ActivityDate",
        flags="IsClosed",
        moments="CompletedDateTime CreatedDate",
        entity="activities",
    ),
    _object(
        "Event",
        "WhoId WhatId AccountId Type",
        required="OwnerId",
        days="ActivityDate",
        flags="IsChild IsRecurrence",
        moments="StartDateTime ActivityDateTime CreatedDate",
        entity="activities",
    ),
    _object(
        "User",
        "Email UserRoleId ManagerId UserType",
        required="Name",
        flags="IsActive",
        moments="CreatedDate",
        entity="users",
        deletable=False,
    ),
    _object(
        "UserRole",
        "DeveloperName ParentRoleId",
        required="Name",
        moments=STAMP,
        stamp=None,
        entity="teams",
        deletable=False,
    ),
    _object(
        "Order",
        "AccountId OpportunityId OwnerId Status StatusCode CurrencyIsoCode",
        decimals="TotalAmount",
        days="EffectiveDate EndDate",
        moments="ActivatedDate CreatedDate",
        entity="orders",
        amount="TotalAmount",
        optional=True,
    ),
    _object(
        "OrderItem",
        "Product2Id",
        required="OrderId",
        decimals="TotalPrice",
        optional=True,
    ),
    _object(
        "ForecastingQuota",
        "PeriodId ForecastingTypeId ProductFamily Territory2Id CurrencyIsoCode",
        required="QuotaOwnerId",
        decimals="QuotaAmount",
        days="StartDate",
        flags="IsAmount",
        moments="CreatedDate",
        optional=True,
        deletable=False,
    ),
    _object(
        "ForecastingType",
        "DeveloperName MasterLabel",
        stamp=None,
        optional=True,
        deletable=False,
    ),
    _object(
        "Period",
        "Type",
        stamp=None,
        days="StartDate",
        optional=True,
        deletable=False,
    ),
    _object(
        "Organization",
        "Name DefaultCurrencyIsoCode",
        stamp=None,
        flags="IsSandbox",
        deletable=False,
    ),
)
# NewValue and OldValue are of any type: texts, numbers or dates by the field that changed.
_ANY = (
    Field("old_value", "loose_text", path="OldValue"),
    Field("new_value", "loose_text", path="NewValue"),
)

OBJECTS: dict[str, SalesforceObject] = {
    item.name: replace(item, fields=item.fields + _ANY)
    if item.name == "OpportunityFieldHistory"
    else item
    for item in _STANDARD
}
