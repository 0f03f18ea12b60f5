"""Which Zoho modules are read, with which fields, and the raw tables they fill.

Add here: a module, or a field that staging needs. Keep out: how modules are asked for (`walking.py`,
`bulk.py`) and what they mean in canonical terms (dbt staging).

Field names are those of a fresh organisation; each run compares them with the organisation's own
field metadata (`metadata.py`). Assumed until an organisation shows otherwise: the total of a sales
order is called `Grand_Total` (map `orders.amount` if not), and the tracker module of deal stages
`DealHistory` (option `history_module`). `Moved_To__s` and the durations of the tracker are not read:
they change without moving `Modified_Time`, and staging computes both from the times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from pipelines.entities import ENTITIES
from pipelines.sources.records import Field

STAMP = "Modified_Time"
LOOKUP = ".id"
# Canonical kinds -> kinds of a mapped column.
KINDS = {
    "text": "loose_text",
    "money": "decimal",
    "timestamp": "timestamp",
    "date": "date",
    "flag": "boolean",
}
# What every row of a module carries: is it a deletion, and did it come with a load of everything.
_MARKS = (pa.field("_deleted", pa.bool_()), pa.field("_full", pa.bool_()))


@dataclass(frozen=True)
class ZohoModule:
    """One module and its raw table.

    `entity`: whose columns a company may map to own fields (raw columns `custom_<column>`).
    `amount`: the field summed for the completeness check. `instead`: required field -> canonical
    column whose mapping makes it dispensable. `params`: further parameters of Get Records.
    `counted`: whether the system's count of records means the same records that are read.
    `in_bulk`: whether Bulk Read is known to bring the same records as pages.
    """

    name: str
    table: str
    fields: tuple[Field, ...]
    entity: str | None = None
    amount: str | None = None
    optional: bool = True
    deletable: bool = True
    counted: bool = True
    in_bulk: bool = True
    instead: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    # Required columns that lose their value when the record they point to is deleted.
    loosened: tuple[str, ...] = ()

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([*(item.arrow for item in self.fields), *_MARKS])

    @property
    def is_own(self) -> bool:
        """Whether it is a module of the company's own (`own_modules.py`)."""
        return self.table.startswith("custom_")

    @property
    def dated(self) -> bool:
        """Whether records tell when they were created."""
        return any(item.name == "created_time" for item in self.fields)


def mapped_columns(entity: str) -> dict[str, str]:
    """Canonical columns of an entity that a company may map to own fields, with their kinds."""
    shape = ENTITIES[entity]
    return {c.name: KINDS[c.kind] for c in shape.columns if c.name not in shape.key[:1]}


def api_name(item: Field) -> str:
    """The field as the API calls it: `Owner` for the column read from `Owner.id`."""
    return item.source_path.removesuffix(LOOKUP)


def _fields(names: str, kind: str = "text") -> list[Field]:
    """Fields of a kind; `Account_Name.id=account_id` names the column, `!` at the end requires it."""
    fields = []
    for word in names.split():
        path, _, column = word.rstrip("!").partition("=")
        chosen = "loose_text" if path.endswith(LOOKUP) else kind
        name = column or path.lower().replace(".", "_")
        fields.append(Field(name, chosen, path=path, required=word.endswith("!")))  # type: ignore[arg-type]
    return fields


def _module(
    name: str,
    texts: str,
    *,
    decimals: str = "",
    moments: str = f"Created_Time {STAMP}!",
    days: str = "",
    flags: str = "",
    entity: str | None = None,
    table: str = "",
    **more: object,
) -> ZohoModule:
    fields = [Field("id", "loose_text", required=True), *_fields(texts)]
    fields += [*_fields(decimals, "decimal"), *_fields(days, "date"), *_fields(flags, "boolean")]
    fields += _fields(moments, "timestamp")
    if entity:
        # Filled only if the company maps the column; the path is then its own field.
        fields += [
            Field(f"custom_{column}", kind)  # type: ignore[arg-type]
            for column, kind in mapped_columns(entity).items()
        ]
    return ZohoModule(name, table or name.lower(), tuple(fields), entity, **more)  # type: ignore[arg-type]


HISTORY = "DealHistory"
_ABOUT = "Owner.id=owner_id! What_Id.id=what_id Who_Id.id=who_id"

MODULES: dict[str, ZohoModule] = {
    item.name: item
    for item in (
        _module(
            "Deals",
            "Deal_Name Account_Name.id=account_id Owner.id=owner_id! Stage! Pipeline Currency "
            "Type Lead_Source Reason_For_Loss__s",
            decimals="Amount Exchange_Rate",
            days="Closing_Date",
            moments=f"Created_Time! {STAMP}!",
            entity="opportunities",
            amount="Amount",
            optional=False,
        ),
        _module(
            HISTORY,
            "Potential_Name.id=deal_id Stage! Modified_By.id=modified_by_id",
            decimals="Amount",
            moments=f"{STAMP}!",
            table="deal_history",
            deletable=False,
        ),
        _module(
            "Accounts",
            "Account_Name! Owner.id=owner_id Industry Account_Type Billing_State",
            entity="accounts",
            optional=False,
        ),
        # Phone and mail of customers' people are never extracted.
        _module(
            "Contacts",
            "Full_Name Title Account_Name.id=account_id Owner.id=owner_id",
            entity="contacts",
        ),
        # Whether counts and bulk jobs hold converted leads is not documented: neither is used.
        _module(
            "Leads",
            "Full_Name Owner.id=owner_id Lead_Source Lead_Status "
            "Converted_Deal.id=converted_deal_id",
            flags="Converted__s",
            moments=f"Converted_Date_Time Created_Time {STAMP}!",
            entity="leads",
            counted=False,
            in_bulk=False,
            params={"converted": "both"},
        ),
        _module(
            "Tasks",
            f"Status {_ABOUT}",
            moments=f"Closed_Time Created_Time {STAMP}!",
            entity="activities",
        ),
        _module(
            "Events",
            _ABOUT,
            moments=f"Start_DateTime! End_DateTime Created_Time {STAMP}!",
            entity="activities",
        ),
        _module(
            "Calls",
            f"Call_Type Outgoing_Call_Status {_ABOUT}",
            moments=f"Call_Start_Time! Created_Time {STAMP}!",
            entity="activities",
        ),
        _module(
            "Sales_Orders",
            "SO_Number Status Deal_Name.id=deal_id Account_Name.id=account_id! Owner.id=owner_id "
            "Currency",
            decimals="Grand_Total! Exchange_Rate",
            days="Due_Date",
            entity="orders",
            amount="Grand_Total",
            instead={"Grand_Total": "amount", "Account_Name": "account_id"},
            loosened=("account_id",),
        ),
    )
}

# Lists that are short and read whole every night; column, path and kind.
USERS = (
    *_fields("id! full_name! email status role.id=role_id Reporting_To.id=reporting_to_id"),
    *_fields("created_time Modified_Time", "timestamp"),
)
ROLES = tuple(_fields("id! name! reporting_to.id=reporting_to_id region"))
STAGES = (
    *_fields("id! pipeline! stage! display_value=label forecast_type"),
    *_fields("sequence_number", "integer"),
)
ORGANISATION = (
    *_fields("id! company_name time_zone iso_code type hierarchy_preferences.type=hierarchy"),
    *_fields("history_time"),  # the option: what a tracker row's time means
    *_fields("mc_status=is_multi_currency", "boolean"),
)
LISTS: dict[str, tuple[Field, ...]] = {
    "organisation": ORGANISATION,
    "roles": ROLES,
    "users": USERS,
    "stages": STAGES,
}
