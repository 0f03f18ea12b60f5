"""The sample company as records of a Zoho organisation.

Add here: where a canonical column stands in Zoho. Keep out: the organisation's behaviour.

What Zoho has no place for is kept in fields of the company's own, as companies do; `OPTIONS` is the
mapping that a source needs for them. Ids are numbers in Zoho: `zoho_id` writes a canonical id as
digits, and `canonical_id` reads it back. Past stays of people in other teams are not in an
organisation (it only knows the present), nor are targets.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from simulators.company import ZONE, Frames, records

if TYPE_CHECKING:
    from simulators.zoho import ZohoSimulator

OWN_FIELDS = {
    "Deals": {"Product_Line": "picklist", "Closed_At": "datetime"},
    "Accounts": {"Region": "picklist", "Credit_Code": "text", "Status": "picklist"},
    "Tasks": {"Activity_Type": "picklist", "Direction": "picklist"},
    "Events": {"Activity_Type": "picklist", "Direction": "picklist"},
    "Calls": {"Activity_Type": "picklist"},
    "Sales_Orders": {
        "Product_Line": "picklist",
        "Ordered_At": "datetime",
        "Promised_At": "datetime",
        "Delivered_At": "datetime",
    },
}
OPTIONS: dict[str, Any] = {
    "fields": {
        "opportunities": {"product_line": "Product_Line", "closed_at": "Closed_At"},
        "accounts": {"region": "Region", "credit_code": "Credit_Code", "status": "Status"},
        "activities": {"activity_type": "Activity_Type", "direction": "Direction"},
        "orders": {
            "product_line": "Product_Line",
            "ordered_at": "Ordered_At",
            "promised_at": "Promised_At",
            "delivered_at": "Delivered_At",
        },
    }
}
_CALLS, _VISITS = {"电话", "Call", "call"}, {"拜访", "Visit", "visit"}
_EARLY = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def zoho_id(canonical: str | None) -> str | None:
    """`C000001` -> `35161616161617`: two digits per character."""
    return None if canonical is None else "".join(f"{ord(char) - 32:02d}" for char in canonical)


def canonical_id(number: str) -> str:
    """What `zoho_id` was given."""
    return "".join(chr(int(number[at : at + 2]) + 32) for at in range(0, len(number), 2))


def source_options(frames: Frames) -> dict[str, Any]:
    """The options a source needs for this company: own fields, and roles that are regions."""
    found = {row["region"] for row in records(frames, "teams") if row["region"]}
    return {**OPTIONS, "regions": {region: region for region in sorted(found)}}


def fill(simulator: ZohoSimulator, frames: Frames) -> None:
    """Put the company into an organisation whose simulated time is after everything that happened."""
    org = simulator.org
    org.org |= {"company_name": "Sample", "iso_code": "CNY", "time_zone": str(ZONE)}
    org.zone = ZONE
    for module, fields in OWN_FIELDS.items():
        for name, kind in fields.items():
            org.add_field(module, name, kind)

    def put(module: str, key: str | None, at: dt.datetime | None, **values: Any) -> None:
        record = dict.fromkeys(org.fields[module])
        created = at or _EARLY
        record |= {"id": key, "Created_Time": created, "Modified_Time": created, **values}
        org.records[module][str(key)] = record

    def table(entity: str) -> list[dict[str, Any]]:
        return records(frames, entity) if entity in frames else []

    _fill_people(simulator, table)
    for row in table("accounts"):
        put(
            "Accounts",
            zoho_id(row["account_id"]),
            row["created_at"],
            Account_Name=row["account_name"],
            Owner=zoho_id(row["owner_id"]),
            Industry=row["industry"],
            Region=row["region"],
            Credit_Code=row["credit_code"],
            Status=row["status"],
        )
    for row in table("contacts"):
        put(
            "Contacts",
            zoho_id(row["contact_id"]),
            None,
            Full_Name=row["contact_name"],
            Title=row["title"],
            Account_Name=zoho_id(row["account_id"]),
            Email="someone@customer.example",
        )
    for row in table("leads"):
        put(
            "Leads",
            zoho_id(row["lead_id"]),
            row["created_at"],
            Modified_Time=row["converted_at"] or row["created_at"],
            Full_Name=row["lead_name"],
            Owner=zoho_id(row["owner_id"]),
            Lead_Source=row["source_channel"],
            Lead_Status=row["status"],
            Converted__s=row["converted_at"] is not None,
            Converted_Date_Time=row["converted_at"],
            Converted_Deal=zoho_id(row["opportunity_id"]),
        )
    _fill_deals(simulator, put, table)
    _fill_activities(put, table)
    for row in table("orders"):
        put(
            "Sales_Orders",
            zoho_id(row["order_id"]),
            row["ordered_at"],
            SO_Number=row["order_id"],
            Status=row["status"],
            Deal_Name=zoho_id(row["opportunity_id"]),
            Account_Name=zoho_id(row["account_id"]),
            Owner=zoho_id(row["owner_id"]),
            Grand_Total=row["amount"],
            Product_Line=row["product_line"],
            Ordered_At=row["ordered_at"],
            Promised_At=row["promised_at"],
            Delivered_At=row["delivered_at"],
        )


def _fill_people(simulator: ZohoSimulator, table: Any) -> None:
    org = simulator.org
    top = org.add_role("CEO")
    regions: dict[str, str] = {}
    for row in table("teams"):
        if row["region"] not in regions:
            regions[row["region"]] = org.add_role(row["region"], top)
        org.add_role(row["team_name"], regions[row["region"]], zoho_id(row["team_id"]))
    for row in sorted(table("users"), key=lambda user: user["valid_from"] or dt.date.min):
        org.add_user(
            row["user_name"],
            zoho_id(row["user_id"]),
            email=row["email"],
            status="inactive" if row["is_active"] is False else "active",
            role=zoho_id(row["team_id"]) or top,
            Reporting_To=zoho_id(row["manager_id"]),
            created_time=dt.datetime.combine(row["valid_from"], dt.time(), ZONE)
            if row["valid_from"]
            else _EARLY,
        )


def _fill_deals(simulator: ZohoSimulator, put: Any, table: Any) -> None:
    for row in table("opportunities"):
        put(
            "Deals",
            zoho_id(row["opportunity_id"]),
            row["created_at"],
            Modified_Time=row["updated_at"] or row["created_at"],
            Deal_Name=row["opportunity_name"],
            Account_Name=zoho_id(row["account_id"]),
            Owner=zoho_id(row["owner_id"]),
            Stage=row["stage"],
            Pipeline="Standard",
            Amount=row["amount"],
            Closing_Date=row["expected_close_date"],
            Reason_For_Loss__s=row["lost_reason"],
            Product_Line=row["product_line"],
            Closed_At=row["closed_at"],
        )
    won = {row["stage"] for row in table("opportunities") if row["closed_at"]}
    lost = {row["stage"] for row in table("opportunities") if row["lost_reason"]}
    names = dict.fromkeys(row["to_stage"] for row in table("stage_history"))
    simulator.org.stages = [
        (name, "Closed Lost" if name in lost else "Closed Won" if name in won else "Open")
        for name in names
    ]
    for row in table("stage_history"):
        put(
            "DealHistory",
            zoho_id(row["event_id"]),
            row["changed_at"],
            Potential_Name=zoho_id(row["opportunity_id"]),
            Stage=row["to_stage"],
            Amount=row["amount"],
            Modified_By=zoho_id(row["changed_by"]),
        )


def _fill_activities(put: Any, table: Any) -> None:
    for row in table("activities"):
        at, kind = row["occurred_at"], row["activity_type"]
        shared = {
            "Owner": zoho_id(row["owner_id"]),
            "What_Id": zoho_id(row["opportunity_id"] or row["account_id"]),
            "Activity_Type": kind,
        }
        key = zoho_id(row["activity_id"])
        if kind in _CALLS:
            call = (row["direction"] or "").capitalize() or None
            put("Calls", key, at, Call_Start_Time=at, Call_Type=call, **shared)
        elif kind in _VISITS:
            put("Events", key, at, Start_DateTime=at, Direction=row["direction"], **shared)
        else:
            shared["Direction"] = row["direction"]
            put("Tasks", key, at, Closed_Time=at, Status="Completed", **shared)
