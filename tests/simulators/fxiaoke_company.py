"""The sample company, or the part of some regions, as records of a 纷享销客 tenant.

Add here: where a canonical column stands in 纷享销客. Keep out: the tenant's behaviour (`fxiaoke.py`).

What the standard objects have no place for is kept in fields of the company's own, `OPTIONS` is the
mapping that a source needs for them. A tenant knows the present only: past stays of people, earlier
stages of deals and earlier versions of targets are not in it. Targets stand in `GoalValueObj`, a
record per year and scope; those of product lines have no place there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulators.company import ZONE, Frames, records
from simulators.fxiaoke_schema import MONTHS, STAGES, STATUSES, define

if TYPE_CHECKING:
    from simulators.fxiaoke import FxiaokeSimulator

ROOT = "999999"
EARLY = dt.datetime(2018, 1, 1, tzinfo=dt.UTC)
RULES = {"revenue": "rule-revenue", "new_accounts": "rule-accounts"}
OPTIONS: dict[str, Any] = {
    "currency": "CNY",
    "goal_rules": {rule: metric for metric, rule in RULES.items()},
    "fields": {
        "accounts": {"region": "label:销售区域"},
        "opportunities": {"product_line": "product_line__c"},
        "activities": {"direction": "direction__c"},
    },
}
_FIRST = {
    "AccountObj": "a1",
    "ContactObj": "a2",
    "LeadsObj": "a3",
    "NewOpportunityObj": "a4",
    "ActiveRecordObj": "a5",
    "SalesOrderObj": "a6",
    "SalesOrderProductObj": "a7",
    "ProductObj": "a8",
    "GoalValueObj": "a9",
    "PersonnelObj": "b1",
}


def fill(simulator: FxiaokeSimulator, frames: Frames) -> dict[tuple[str, str], str]:
    """Put the company into a tenant whose simulated time is after everything that happened.

    Returns (object, canonical id) -> the tenant's id; people and departments have short numbers,
    which overlap.
    """
    define(simulator)
    ids: dict[tuple[str, str], str] = {}

    def id_of(name: str, canonical: str | None) -> str | None:
        if canonical is None:
            return None
        key = (name, canonical)
        if key not in ids:
            short = name in ("DepartmentObj", "user")
            count = sum(1 for other, _ in ids if other == name)
            ids[key] = str(1_000 + count) if short else f"{_FIRST[name]}{len(ids):022x}"
        return ids[key]

    def put(name: str, canonical: str, at: Any, changed: Any = None, /, **values: Any) -> None:
        simulator.put(
            name,
            id_of(name, canonical),
            create_time=_plain(at or EARLY),
            last_modified_time=_plain(changed or at or EARLY),
            **{key: _plain(value) for key, value in values.items()},
        )

    def table(entity: str) -> list[dict[str, Any]]:
        return records(frames, entity) if entity in frames else []

    _people(simulator, table, put, id_of)
    _customers(table, put, id_of)
    _deals(table, put, id_of)
    _orders(table, put, id_of)
    _targets(table, put, id_of)
    return ids


Ids = Callable[[str, str | None], str | None]


def _people(simulator: FxiaokeSimulator, table: Any, put: Any, id_of: Ids) -> None:
    # A tree of company, regions and teams, of which the sample knows only the teams.
    regions = sorted({row["region"] for row in table("teams")})
    for region in regions:
        put("DepartmentObj", region, None, name=region, parent_id=[ROOT], status="0")
    for row in table("teams"):
        above = [id_of("DepartmentObj", row["region"])]
        put(
            "DepartmentObj",
            row["team_id"],
            None,
            name=row["team_name"],
            parent_id=above,
            status="0",
        )
    # The last stay of each person is the present one.
    for row in {row["user_id"]: row for row in table("users")}.values():
        user = id_of("user", row["user_id"])
        department = id_of("DepartmentObj", row["team_id"]) or ROOT
        stopped = row["is_active"] is False or row["valid_to"] is not None
        put(
            "PersonnelObj",
            row["user_id"],
            None,
            name=row["user_name"],
            user_id=user,
            full_name=row["user_name"],
            email=row["email"],
            phone="13700000000",
            main_department=[department],
            leader=id_of("user", row["manager_id"]),
            status="1" if stopped else "0",
        )
        simulator.employees.append(
            {
                "openUserId": user,
                "name": row["user_name"],
                "email": row["email"],
                "mobile": "13700000000",
                "mainDepartmentId": int(department),
                "departmentIds": [int(department)],
                "leaderId": id_of("user", row["manager_id"]),
                "isStop": stopped,
            }
        )


def _customers(table: Any, put: Any, id_of: Ids) -> None:
    for row in table("accounts"):
        put(
            "AccountObj",
            row["account_id"],
            row["created_at"],
            name=row["account_name"],
            owner=id_of("user", row["owner_id"]),
            industry=row["industry"],
            deal_status=row["status"],
            area__c=row["region"],
            credit_code__c=row["credit_code"],
        )
    for row in table("contacts"):
        put(
            "ContactObj",
            row["contact_id"],
            None,
            name=row["contact_name"],
            account_id=id_of("AccountObj", row["account_id"]),
            job_title=row["title"],
            mobile="13900000000",
            email="buyer@example.com",
        )
    for row in table("leads"):
        put(
            "LeadsObj",
            row["lead_id"],
            row["created_at"],
            row["converted_at"],
            name=row["lead_name"],
            owner=id_of("user", row["owner_id"]),
            new_opportunity_id=id_of("NewOpportunityObj", row["opportunity_id"]),
            source=row["source_channel"],
            leads_status=row["status"],
            transform_time=row["converted_at"],
        )


def _deals(table: Any, put: Any, id_of: Ids) -> None:
    stage_values = {label: value for value, label in STAGES.items()}
    status_values = {label: value for value, label in STATUSES.items()}
    moves: dict[str, dict[str, Any]] = {}
    for row in sorted(table("stage_history"), key=lambda r: (r["changed_at"], r["event_id"])):
        moves[row["opportunity_id"]] = row
    for row in table("opportunities"):
        move = moves[row["opportunity_id"]]
        # A won deal stays in the stage it was won in; its status tells.
        stage = move["from_stage"] if row["closed_at"] else row["stage"]
        put(
            "NewOpportunityObj",
            row["opportunity_id"],
            row["created_at"],
            row["updated_at"],
            name=row["opportunity_name"],
            owner=id_of("user", row["owner_id"]),
            account_id=id_of("AccountObj", row["account_id"]),
            sales_process_id="640ac64f",
            sales_stage=stage_values[stage],
            sales_status=status_values[row["stage"] if row["closed_at"] else "进行中"],
            stg_changed_time=move["changed_at"],
            amount=row["amount"],
            close_date=row["expected_close_date"],
            mc_currency=row["currency"],
            lost_reason__c=row["lost_reason"],
            product_line__c=row["product_line"],
        )
    for row in table("activities"):
        related = [
            {"id": id_of(name, row[column]), "describe_api_name": name}
            for name, column in (
                ("NewOpportunityObj", "opportunity_id"),
                ("AccountObj", "account_id"),
            )
            if row[column] is not None
        ]
        put(
            "ActiveRecordObj",
            row["activity_id"],
            row["occurred_at"],
            created_by=id_of("user", row["owner_id"]),
            owner=id_of("user", row["owner_id"]),
            interactive_types=row["activity_type"],
            active_record_content="客户电话 13900000000",
            related_object_data=related,
            direction__c=row["direction"],
        )


def _orders(table: Any, put: Any, id_of: Ids) -> None:
    orders = table("orders")
    for line in sorted({row["product_line"] for row in orders if row["product_line"]}):
        put("ProductObj", line, None, name=f"{line} 1", category=line)
    for row in orders:
        put(
            "SalesOrderObj",
            row["order_id"],
            row["ordered_at"],
            owner=id_of("user", row["owner_id"]),
            account_id=id_of("AccountObj", row["account_id"]),
            new_opportunity_id=id_of("NewOpportunityObj", row["opportunity_id"]),
            order_amount=row["amount"],
            order_time=row["ordered_at"],
            delivery_date=row["promised_at"],
            arrived__c=row["delivered_at"],
            order_status=row["status"],
        )
        put(
            "SalesOrderProductObj",
            f"{row['order_id']}-1",
            row["ordered_at"],
            order_id=id_of("SalesOrderObj", row["order_id"]),
            product_id=id_of("ProductObj", row["product_line"]),
            subtotal=row["amount"],
        )


def _targets(table: Any, put: Any, id_of: Ids) -> None:
    """The last version of each month, twelve of them a record."""
    years: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in sorted(table("targets"), key=lambda r: r["effective_from"] or EARLY.date()):
        if row["scope_type"] == "product_line" or len(row["period"]) != 7 or "Q" in row["period"]:
            continue
        key = (row["metric"], row["scope_type"], row["scope_id"], row["period"][:4])
        month = MONTHS.split()[int(row["period"][5:]) - 1]
        years.setdefault(key, {})[f"{month}_value"] = row["target_amount"]
    for (metric, kind, scope, year), months in years.items():
        user = kind == "rep"
        checked = id_of("user" if user else "DepartmentObj", scope) if kind != "company" else ROOT
        put(
            "GoalValueObj",
            "-".join((metric, kind, scope, year)),
            dt.datetime(int(year), 1, 1, 1, tzinfo=ZONE),
            goal_rule_id=RULES[metric],
            goal_type="2" if user else "1",
            check_object_id=checked,
            fiscal_year=year,
            annual_value=sum(months.values(), Decimal(0)),
            **months,
        )


def _plain(value: Any) -> Any:
    """As the tenant writes it: milliseconds, midnight in Shanghai for days, numbers as text."""
    if isinstance(value, dt.datetime):
        return round(value.timestamp() * 1_000)
    if isinstance(value, dt.date):
        return _plain(dt.datetime.combine(value, dt.time(), ZONE))
    return str(value) if isinstance(value, Decimal) else value
