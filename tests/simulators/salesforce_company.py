"""The sample company as records of a Salesforce org.

Add here: where a canonical column stands in Salesforce. Keep out: the org's behaviour.

What Salesforce has no place for is kept in fields of the company's own, as companies do; `OPTIONS`
is the mapping that a source needs for them. Past stays of people in other teams, and earlier
versions of quotas, are not in an org: it only knows the present.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from simulators.company import ZONE, Frames, records
from simulators.salesforce_schema import PREFIXES, SCHEMA

if TYPE_CHECKING:
    from simulators.salesforce import SalesforceSimulator

OWN_FIELDS = {
    "Opportunity": {"Loss_Reason__c": "picklist", "Closed_At__c": "datetime"},
    "Account": {"Region__c": "picklist", "Credit_Code__c": "string", "Status__c": "picklist"},
    "Lead": {"Converted_At__c": "datetime"},
    "Task": {"Direction__c": "picklist"},
    "Event": {"Direction__c": "picklist"},
    "UserRole": {},
    "Order": {
        "Ordered_At__c": "datetime",
        "Promised_At__c": "datetime",
        "Delivered_At__c": "datetime",
    },
}
OPTIONS: dict[str, Any] = {
    "fields": {
        "opportunities": {"lost_reason": "Loss_Reason__c", "closed_at": "Closed_At__c"},
        "accounts": {
            "region": "Region__c",
            "credit_code": "Credit_Code__c",
            "status": "Status__c",
        },
        "leads": {"converted_at": "Converted_At__c"},
        "activities": {"direction": "Direction__c"},
        "orders": {
            "ordered_at": "Ordered_At__c",
            "promised_at": "Promised_At__c",
            "delivered_at": "Delivered_At__c",
        },
    }
}
_VISITS = {"拜访", "Visit", "visit"}


def sf_id(name: str, canonical: str | None) -> str | None:
    """The org's id of a canonical one: 18 characters, recognisable."""
    return None if canonical is None else f"{PREFIXES[name]}{canonical:0>15}"


def fill(simulator: SalesforceSimulator, frames: Frames) -> None:
    """Put the company into an org whose simulated time is after everything that happened."""
    org = simulator.org
    for name, fields in OWN_FIELDS.items():
        for own, kind in fields.items():
            org.add_field(name, own, kind)
    early = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)

    def put(
        name: str, record_id: str, at: dt.datetime | None, changed: Any = None, **values: Any
    ) -> None:
        fields = {**SCHEMA[name], **org.custom.get(name, {})}
        record = {key: False if kind == "boolean" else None for key, kind in fields.items()}
        at = at or early
        record |= {"Id": record_id, "CreatedDate": at, "SystemModstamp": changed or at}
        record |= {"LastModifiedDate": changed or at, "IsDeleted": False, **values}
        org.records[name][record_id] = record

    def table(entity: str) -> list[dict[str, Any]]:
        return records(frames, entity) if entity in frames else []

    put("Organization", "00D000000000001AAA", early, Name="Sample", DefaultCurrencyIsoCode="CNY")
    for name, role in _roles(table("teams")).items():
        put("UserRole", name, early, **role)
    for user in sorted(table("users"), key=lambda row: row["valid_from"] or dt.date.min):
        put(
            "User",
            str(sf_id("User", user["user_id"])),
            early,
            Name=user["user_name"],
            Email=user["email"],
            IsActive=user["is_active"] is not False,
            UserRoleId=sf_id("UserRole", user["team_id"]),
            ManagerId=sf_id("User", user["manager_id"]),
            UserType="Standard",
        )
    for row in table("accounts"):
        put(
            "Account",
            str(sf_id("Account", row["account_id"])),
            row["created_at"],
            Name=row["account_name"],
            OwnerId=sf_id("User", row["owner_id"]),
            Industry=row["industry"],
            Region__c=row["region"],
            Credit_Code__c=row["credit_code"],
            Status__c=row["status"],
        )
    for row in table("contacts"):
        put(
            "Contact",
            str(sf_id("Contact", row["contact_id"])),
            early,
            AccountId=sf_id("Account", row["account_id"]),
            Name=row["contact_name"],
            Title=row["title"],
        )
    for row in table("leads"):
        converted = row["converted_at"]
        put(
            "Lead",
            str(sf_id("Lead", row["lead_id"])),
            row["created_at"],
            converted,
            Name=row["lead_name"],
            OwnerId=sf_id("User", row["owner_id"]),
            LeadSource=row["source_channel"],
            Status=row["status"],
            IsConverted=converted is not None,
            ConvertedDate=converted.astimezone(ZONE).date() if converted else None,
            ConvertedOpportunityId=sf_id("Opportunity", row["opportunity_id"]),
            Converted_At__c=converted,
        )
    _fill_deals(put, table)
    _fill_events_and_orders(put, table)
    _fill_quotas(put, table)


def _roles(teams: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """A role for the company, one per region below it, one per team below its region."""
    roles: dict[str, dict[str, Any]] = {}
    top = "00E00000000000TOPA"
    roles[top] = {"Name": "公司", "DeveloperName": "Company", "ParentRoleId": None}
    for team in teams:
        region = sf_id("UserRole", f"R{sum(map(ord, team['region']))}")
        roles[str(region)] = {
            "Name": team["region"],
            "DeveloperName": f"Region_{region}",
            "ParentRoleId": top,
        }
        roles[str(sf_id("UserRole", team["team_id"]))] = {
            "Name": team["team_name"],
            "DeveloperName": f"Team_{team['team_id']}",
            "ParentRoleId": region,
        }
    return roles


def _fill_deals(put: Any, table: Any) -> None:
    products: dict[str, str] = {}
    close_dates = {}
    for row in table("opportunities"):
        close_dates[row["opportunity_id"]] = row["expected_close_date"]
        line = row["product_line"]
        if line is not None and line not in products:
            products[line] = f"01t{len(products) + 1:012d}AAA"
            put("Product2", products[line], None, Name=line, Family=line)
        deal = str(sf_id("Opportunity", row["opportunity_id"]))
        put(
            "Opportunity",
            deal,
            row["created_at"],
            row["updated_at"],
            Name=row["opportunity_name"],
            AccountId=sf_id("Account", row["account_id"]),
            OwnerId=sf_id("User", row["owner_id"]),
            StageName=row["stage"],
            Amount=_number(row["amount"]),
            CloseDate=row["expected_close_date"],
            IsClosed=row["closed_at"] is not None,
            IsWon=row["closed_at"] is not None and row["lost_reason"] is None,
            Loss_Reason__c=row["lost_reason"],
            Closed_At__c=row["closed_at"],
        )
        if line is not None:
            put(
                "OpportunityLineItem",
                str(sf_id("OpportunityLineItem", row["opportunity_id"])),
                row["created_at"],
                OpportunityId=deal,
                Product2Id=products[line],
                TotalPrice=_number(row["amount"]),
            )
    for row in table("stage_history"):
        put(
            "OpportunityHistory",
            str(sf_id("OpportunityHistory", row["event_id"])),
            row["changed_at"],
            OpportunityId=sf_id("Opportunity", row["opportunity_id"]),
            StageName=row["to_stage"],
            Amount=_number(row["amount"]),
            CloseDate=close_dates.get(row["opportunity_id"]),
            CreatedById=sf_id("User", row["changed_by"]),
        )


def _fill_events_and_orders(put: Any, table: Any) -> None:
    for row in table("activities"):
        shared = {
            "OwnerId": sf_id("User", row["owner_id"]),
            "WhatId": sf_id("Opportunity", row["opportunity_id"])
            or sf_id("Account", row["account_id"]),
            "AccountId": sf_id("Account", row["account_id"]),
            "Type": row["activity_type"],
            "Direction__c": row["direction"],
        }
        at = row["occurred_at"]
        if row["activity_type"] in _VISITS:
            put("Event", str(sf_id("Event", row["activity_id"])), at, StartDateTime=at, **shared)
        else:
            put(
                "Task",
                str(sf_id("Task", row["activity_id"])),
                at,
                IsClosed=True,
                CompletedDateTime=at,
                Status="Completed",
                ActivityDate=at.astimezone(ZONE).date(),
                **shared,
            )
    products: dict[str, str] = {}
    for row in table("orders"):
        order = str(sf_id("Order", row["order_id"]))
        put(
            "Order",
            order,
            row["ordered_at"],
            AccountId=sf_id("Account", row["account_id"]),
            OpportunityId=sf_id("Opportunity", row["opportunity_id"]),
            OwnerId=sf_id("User", row["owner_id"]),
            Status=row["status"],
            StatusCode="Activated",
            EffectiveDate=row["ordered_at"].astimezone(ZONE).date(),
            TotalAmount=_number(row["amount"]),
            Ordered_At__c=row["ordered_at"],
            Promised_At__c=row["promised_at"],
            Delivered_At__c=row["delivered_at"],
        )
        line = row["product_line"]
        if line is not None:
            if line not in products:
                products[line] = f"01t{len(products) + 1:011d}OAAA"
                put("Product2", products[line], None, Name=line, Family=line)
            put(
                "OrderItem",
                str(sf_id("OrderItem", row["order_id"])),
                row["ordered_at"],
                OrderId=order,
                Product2Id=products[line],
                TotalPrice=_number(row["amount"]),
            )


def _fill_quotas(put: Any, table: Any) -> None:
    """Monthly quotas of reps, in the version in force; other scopes have no place in an org."""
    quota_type = "0Db000000000001AAA"
    put(
        "ForecastingType",
        quota_type,
        None,
        DeveloperName="OpportunityRevenue",
        MasterLabel="Revenue",
    )
    periods: set[str] = set()
    rows = [
        row
        for row in table("targets")
        if row["scope_type"] == "rep" and row["metric"] == "revenue" and len(row["period"]) == 7
    ]
    for row in sorted(rows, key=lambda row: row["effective_from"] or dt.date.min):
        start = dt.date.fromisoformat(f"{row['period']}-01")
        period = f"026{row['period'].replace('-', ''):0>12}AAA"
        if period not in periods:
            periods.add(period)
            put("Period", period, None, StartDate=start, Type="Month", Number=start.month)
        put(
            "ForecastingQuota",
            str(sf_id("ForecastingQuota", f"{row['period'].replace('-', '')}{row['scope_id']}")),
            dt.datetime.combine(row["effective_from"], dt.time(), ZONE)
            if row["effective_from"]
            else None,
            QuotaOwnerId=sf_id("User", row["scope_id"]),
            QuotaAmount=_number(row["target_amount"]),
            IsAmount=True,
            StartDate=start,
            PeriodId=period,
            ForecastingTypeId=quota_type,
        )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
