"""The sample company as records of a 销售易 tenant.

Add here: where a canonical column stands in 销售易. Keep out: the tenant's behaviour.

What the standard objects have no place for is kept in fields of the company's own, targets in an
object of its own; `OPTIONS` is the mapping that a source needs for them. Past stays of people in
other teams are not in a tenant: it only knows the present.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from simulators.company import ZONE, Frames, records
from simulators.neocrm_tenant import milliseconds

if TYPE_CHECKING:
    from simulators.neocrm import NeocrmSimulator

OWN_FIELDS: dict[str, dict[str, str]] = {
    "department": {"region__c": "picklist"},
    "account": {"region__c": "picklist", "creditCode__c": "text", "state__c": "picklist"},
    "lead": {"convertedAt__c": "datetime"},
    "opportunity": {"productLine__c": "picklist"},
    "activityRecord": {"direction__c": "picklist"},
    "order": {"productLine__c": "picklist", "deliveredAt__c": "datetime"},
}
TARGET = {
    "period": "period__c",
    "scope_type": "scopeType__c",
    "scope_id": "scopeId__c",
    "metric": "metric__c",
    "target_amount": "amount__c",
    "version": "version__c",
    "effective_from": "effectiveFrom__c",
    "reason": "reason__c",
}
OPTIONS: dict[str, Any] = {
    "fields": {
        "teams": {"region": "region__c"},
        "accounts": {
            "region": "region__c",
            "credit_code": "creditCode__c",
            "status": "state__c",
        },
        "leads": {"converted_at": "convertedAt__c"},
        "opportunities": {"product_line": "productLine__c"},
        "activities": {"direction": "direction__c"},
        "orders": {"product_line": "productLine__c", "delivered_at": "deliveredAt__c"},
    },
}
TARGET_OPTIONS: dict[str, Any] = {
    "objects": {"targets": {"object": "salesTarget__c", "fields": TARGET}}
}
# Object -> the digits its ids begin with.
_FIRST = {
    "user": 10,
    "department": 11,
    "account": 12,
    "contact": 13,
    "lead": 14,
    "opportunity": 15,
    "activityRecord": 16,
    "order": 17,
    "salesTarget__c": 18,
}
_ACTIVITY_TYPE_FROM = 7_101
EARLY = dt.datetime(2018, 1, 1, tzinfo=dt.UTC)


def fill(simulator: NeocrmSimulator, frames: Frames) -> dict[tuple[str, str], str]:
    """Put the company into a tenant whose simulated time is after everything that happened.

    Returns (object, canonical id) -> the tenant's id.
    """
    tenant, ids = simulator.tenant, dict[tuple[str, str], str]()
    for name, fields in OWN_FIELDS.items():
        for own, kind in fields.items():
            tenant.add_field(name, own, kind)
    kinds = dict.fromkeys(TARGET.values(), "text") | {
        "amount__c": "number",
        "effectiveFrom__c": "date",
    }
    tenant.add_object("salesTarget__c", kinds)

    def neo_id(name: str, canonical: str | None) -> str | None:
        if canonical is None:
            return None
        key = (name, canonical)
        if key not in ids:
            ids[key] = str(_FIRST[name] * 10**14 + len(ids) + 1)
        return ids[key]

    def put(
        name: str, canonical: str, at: dt.datetime | None, changed: Any = None, /, **values: Any
    ) -> str:
        record_id = neo_id(name, canonical)
        assert record_id is not None
        stamp = milliseconds(at or EARLY)
        updated = milliseconds(changed) if changed else stamp
        tenant.records[name][record_id] = {
            "id": record_id,
            "createdAt": stamp,
            "updatedAt": updated,
            **{key: _plain(value) for key, value in values.items()},
        }
        return record_id

    def table(entity: str) -> list[dict[str, Any]]:
        return records(frames, entity) if entity in frames else []

    _people(table, put, neo_id)
    for row in table("accounts"):
        put(
            "account",
            row["account_id"],
            row["created_at"],
            accountName=row["account_name"],
            ownerId=neo_id("user", row["owner_id"]),
            industryId=row["industry"],
            region__c=row["region"],
            creditCode__c=row["credit_code"],
            state__c=row["status"],
        )
    for row in table("contacts"):
        account = neo_id("account", row["account_id"])
        put(
            "contact",
            row["contact_id"],
            None,
            contactName=row["contact_name"],
            accountId=account,
            post=row["title"],
            mobile="13900000000",
            email="buyer@example.com",
        )
    for row in table("leads"):
        put(
            "lead",
            row["lead_id"],
            row["created_at"],
            row["converted_at"],
            name=row["lead_name"],
            ownerId=neo_id("user", row["owner_id"]),
            leadSourceId=row["source_channel"],
            status=row["status"],
            opportunityId=neo_id("opportunity", row["opportunity_id"]),
            convertedAt__c=row["converted_at"],
        )
    _deals(simulator, table, put, neo_id)
    _activities(simulator, table, put, neo_id)
    for row in table("orders"):
        put(
            "order",
            row["order_id"],
            row["ordered_at"],
            accountId=neo_id("account", row["account_id"]),
            opportunityId=neo_id("opportunity", row["opportunity_id"]),
            ownerId=neo_id("user", row["owner_id"]),
            amount=row["amount"],
            status=row["status"],
            transactionDate=row["ordered_at"],
            deliveryDate=row["promised_at"],
            deliveredAt__c=row["delivered_at"],
            productLine__c=row["product_line"],
        )
    for number, row in enumerate(table("targets")):
        home = {"team": "department", "rep": "user"}.get(row["scope_type"])
        scope = neo_id(home, row["scope_id"]) if home else row["scope_id"]
        # The object of a company's targets has no mark for targets that hold a team's.
        values = {TARGET[key]: value for key, value in row.items() if key != "includes_team"}
        put("salesTarget__c", f"T{number}", None, **{**values, "scopeId__c": scope})
    return ids


def _people(table: Any, put: Any, neo_id: Any) -> None:
    for row in table("teams"):
        put(
            "department",
            row["team_id"],
            None,
            departName=row["team_name"],
            parentDepartId=neo_id("department", row["parent_team_id"]),
            region__c=row["region"],
        )
    # The last stay of each person is the present one.
    for row in table("users"):
        active = row["is_active"] is not False and row["valid_to"] is None
        put(
            "user",
            row["user_id"],
            None,
            name=row["user_name"],
            personalEmail=row["email"],
            dimDepart=neo_id("department", row["team_id"]),
            managerId=neo_id("user", row["manager_id"]),
            status="激活" if active else "禁用",
        )


def _deals(simulator: NeocrmSimulator, table: Any, put: Any, neo_id: Any) -> None:
    tenant = simulator.tenant
    stage_ids = {name: details[0] for name, details in tenant.stages.items()}
    moves = sorted(table("stage_history"), key=lambda r: (r["changed_at"], r["event_id"]))
    last_moves = {row["opportunity_id"]: row["changed_at"] for row in moves}
    for row in table("opportunities"):
        closed = row["closed_at"]
        put(
            "opportunity",
            row["opportunity_id"],
            row["created_at"],
            row["updated_at"],
            opportunityName=row["opportunity_name"],
            accountId=neo_id("account", row["account_id"]),
            ownerId=neo_id("user", row["owner_id"]),
            saleStageId=stage_ids[row["stage"]],
            money=row["amount"],
            closeDate=row["expected_close_date"],
            stageUpdatedAt=last_moves.get(row["opportunity_id"], row["created_at"]),
            reason=row["lost_reason"],
            productLine__c=row["product_line"],
            status="进行中" if closed is None else row["stage"],
        )
    before: dict[str, Any] = {}
    deals = {row["opportunity_id"]: row for row in table("opportunities")}
    for row in moves:
        deal, at = neo_id("opportunity", row["opportunity_id"]), milliseconds(row["changed_at"])
        # An entry at creation is no change, so it is not in the log.
        if row["from_stage"] is not None:
            old, new = stage_ids[row["from_stage"]], stage_ids[row["to_stage"]]
            tenant.write_log(deal, "saleStageId", old, new, at)
        # An edit of the amount without a time of its own came with the last move.
        own = deals[row["opportunity_id"]]
        amount = (own if row["changed_at"] == own["updated_at"] else row)["amount"]
        if deal in before and before[deal] != amount:
            tenant.write_log(deal, "money", before[deal], amount, at)
        before[deal] = amount


def _activities(simulator: NeocrmSimulator, table: Any, put: Any, neo_id: Any) -> None:
    tenant, types = simulator.tenant, dict[str, int]()
    for row in table("activities"):
        kind = row["activity_type"] or "其他"
        types.setdefault(kind, _ACTIVITY_TYPE_FROM + len(types))
        on_deal = row["opportunity_id"] is not None
        deal, account = row["opportunity_id"], row["account_id"]
        target = neo_id("opportunity", deal) if on_deal else neo_id("account", account)
        put(
            "activityRecord",
            row["activity_id"],
            row["occurred_at"],
            entityType=str(types[kind]),
            ownerId=neo_id("user", row["owner_id"]),
            startTime=row["occurred_at"],
            activityRecordFrom=tenant.object_ids["opportunity" if on_deal else "account"],
            activityRecordFrom_data=target,
            direction__c=row["direction"],
            content="客户电话 13900000000",
        )
    tenant.busi_types["activityRecord"] = [
        {"id": number, "label": kind, "apiKey": f"type{number}"} for kind, number in types.items()
    ]


def _plain(value: Any) -> Any:
    """As the tenant keeps it: milliseconds, and midnight in Shanghai for days."""
    if isinstance(value, dt.datetime):
        return milliseconds(value)
    if isinstance(value, dt.date):
        return milliseconds(dt.datetime.combine(value, dt.time(), ZONE))
    if value is not None and value.__class__.__name__ == "Decimal":
        return float(value)
    return value
