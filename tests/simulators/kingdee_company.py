"""The canonical tables of a company as records of the simulated Kingdee site.

Add here: how a canonical fact stands in Kingdee. Keep out: how the site answers (`kingdee.py`).

Facts that Kingdee has no standard field for stand in fields of the company's own (`F_KD_...`), which
`OPTIONS` maps. Not kept: the hour of an order (bills have a date), and when an order was promised
and delivered to the hour.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from simulators.company import Frames, records
from simulators.kingdee import KingdeeSimulator

# What sources.yml says about this company's site.
OPTIONS: dict[str, Any] = {
    "requests_per_second": 10_000,
    "forms": {
        "employee": {"columns": {"left_on": "F_KD_LeftOn", "manager_number": "F_KD_Manager"}},
        "customer": {
            "columns": {
                "industry": "F_KD_Industry",
                "region": "F_KD_Region",
                "state": "F_KD_State",
            }
        },
        "clue": {"columns": {"owner_number": "负责人.FNumber"}},
        "opportunity": {
            "columns": {"product_line": "F_KD_Line", "lost_reason": "F_KD_Lost"},
            "entry_columns": {
                "stage": "F_KD_Phase",
                "amount": "F_KD_PhaseAmount",
                "changed_by": "F_KD_By",
            },
        },
        "activity": {"columns": {"direction": "F_KD_Direction"}},
        "sale_order": {"columns": {"product_line": "F_KD_Line"}},
        "target": {
            "form_id": "F_KD_SalesTarget",
            "columns": {
                "period": "F_KD_Period",
                "scope_type": "F_KD_ScopeType",
                "scope_id": "F_KD_Scope",
                "metric": "F_KD_Metric",
                "target_amount": "F_KD_Amount",
                "version": "F_KD_Version",
                "effective_from": "F_KD_From",
                "reason": "F_KD_Reason",
            },
        },
    },
}
_WON, _LOST = "赢单", "输单"
CURRENCY = {"Id": 1, "FNumber": "PRE001", "FName": "人民币"}


def auth(simulator: KingdeeSimulator) -> dict[str, str]:
    """The `auth` of a source for this site."""
    return {
        "acct_id": simulator.acct_id,
        "user_name": simulator.user_name,
        "app_id": simulator.app_id,
        "app_secret": simulator.app_secret,
    }


def fill(simulator: KingdeeSimulator, frames: Frames) -> dict[str, dict[str, int]]:
    """Put a company into the site.

    Stages `赢单` and `输单` are Kingdee's own states; other stages become phases. Returns the ids
    given: entity -> canonical id -> Kingdee's.
    """
    filler = _Filler(simulator, frames)
    for entity in (
        "teams", "users", "accounts", "contacts", "opportunities", "leads", "activities", "orders",
        "targets",
    ):  # fmt: skip
        if entity in frames:
            getattr(filler, entity)(records(frames, entity))
    return filler.ids


class _Filler:
    def __init__(self, simulator: KingdeeSimulator, frames: Frames) -> None:
        self.simulator = simulator
        self.ids: dict[str, dict[str, int]] = {}
        self.salesmen: dict[str, dict[str, Any]] = {}
        self.history: dict[str, list[dict[str, Any]]] = {}
        for row in records(frames, "stage_history") if "stage_history" in frames else ():
            self.history.setdefault(row["opportunity_id"], []).append(row)

    def _put(self, entity: str, form: str, name: str, record: dict[str, Any]) -> int:
        number = self.simulator.put(form, record, dated=False)
        self.ids.setdefault(entity, {})[name] = number
        return number

    def _at(self, moment: dt.datetime | None) -> str | None:
        """A moment as the server's wall clock."""
        if moment is None:
            return None
        local = moment.astimezone(ZoneInfo(self.simulator.zone)).replace(tzinfo=None)
        return local.isoformat()

    def _day(self, day: dt.date | None) -> str | None:
        return None if day is None else f"{day}T00:00:00"

    def _staff(self, user: str | None) -> dict[str, Any] | None:
        """The salesman of an employee, in the number that Kingdee gives: employee, post, count."""
        if user is None:
            return None
        return self.salesmen.get(user, {"Id": 0, "FNumber": f"{user}_GW000052_1"})

    def teams(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            above = {"FNumber": row["parent_team_id"]} if row["parent_team_id"] else None
            record = {"FNumber": row["team_id"], "FName": row["team_name"], "FParentID": above}
            self._put("teams", "BD_Department", row["team_id"], {**record, "FForbidStatus": "A"})

    def users(self, rows: list[dict[str, Any]]) -> None:
        # The site knows only where somebody is now: the last stay counts.
        last: dict[str, dict[str, Any]] = {}
        for row in rows:
            kept = last.get(row["user_id"])
            if kept is None or str(row["valid_from"] or "") >= str(kept["valid_from"] or ""):
                last[row["user_id"]] = row
        for user, row in last.items():
            team = {"FNumber": row["team_id"]} if row["team_id"] else None
            forbidden = "B" if row["is_active"] is False else "A"
            staff = {
                "FNumber": user, "FStaffNumber": user, "FName": row["user_name"],
                "FEmail": row["email"], "FPostDept": team, "FForbidStatus": forbidden,
                "FJoinDate": self._day(row["valid_from"]), "F_KD_LeftOn": self._day(row["valid_to"]),
                "F_KD_Manager": row["manager_id"],
            }  # fmt: skip
            number = self._put("users", "BD_Empinfo", user, staff)
            for post in (1, 2):
                saler = {
                    "FNumber": f"{user}_GW000052_{post}", "FName": row["user_name"], "FDeptId": team,
                    "FStaffId": {"Id": number, "FNumber": user}, "FForbidStatus": forbidden,
                }  # fmt: skip
                given = self.simulator.put("BD_Saler", saler)
                self.salesmen[user] = {"Id": given, "FNumber": saler["FNumber"] + "  "}

    def accounts(self, rows: list[dict[str, Any]]) -> None:
        for position, row in enumerate(rows):
            created = self._at(row["created_at"])
            record = {
                "FNumber": row["account_id"] + " " * (position % 3), "FName": row["account_name"],
                "FSELLER": self._staff(row["owner_id"]), "FForbidStatus": "A", "FDocumentStatus": "C",
                "FSOCIALCRECODE": row["credit_code"], "F_KD_Industry": row["industry"],
                "F_KD_Region": row["region"], "F_KD_State": row["status"], "FCreateDate": created,
                "FModifyDate": None, "FUseOrgId": {"FNumber": "100"}, "FCreateOrgId": {"FNumber": "100"},
                "FPhone": "13800000000",
            }  # fmt: skip
            self._put("accounts", "BD_Customer", row["account_id"], record)
            if position % 7 == 0:  # allocated to a second organisation: a copy
                copy = {**record, "FUseOrgId": {"FNumber": "200"}, "FSELLER": None}
                self.simulator.put("BD_Customer", copy, dated=False)

    def contacts(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            company = {"FNumber": row["account_id"]} if row["account_id"] else None
            record = {
                "FNumber": row["contact_id"],
                "FName": row["contact_name"],
                "FCompany": company,
            }
            record |= {"F_KD_Title": row["title"], "FMobile": "13900000000", "FForbidStatus": "A"}
            self._put("contacts", "BD_CommonContact", row["contact_id"], record)

    def opportunities(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            won, lost = row["stage"] == _WON, row["stage"] == _LOST
            closed = self._at(row["closed_at"])
            record = {
                "FBillNo": row["opportunity_id"], "FOPPName": row["opportunity_name"],
                "FDocumentStatus": "E" if won else "F" if lost else "G",
                "FCloseStatus": "1" if won or lost else "0", "FWinDate": closed if won else None,
                "FCloseDate": closed if lost else None, "FBEMPID": self._staff(row["owner_id"]),
                "FCREATEDATE": self._at(row["created_at"]), "FModifyDate": self._at(row["updated_at"]),
                "F_KD_Customer": {"FNumber": row["account_id"]} if row["account_id"] else None,
                "F_KD_Amount": _number(row["amount"]), "F_KD_Expected": self._day(row["expected_close_date"]),
                "F_KD_Line": row["product_line"], "F_KD_Lost": row["lost_reason"],
                "FCurrencyId": CURRENCY, "FOppPhaseEntity": self._phases(row),
            }  # fmt: skip
            self._put("opportunities", "CRM_OPP_Opportunity", row["opportunity_id"], record)

    def _phases(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        events = sorted(
            self.history.get(row["opportunity_id"], []), key=lambda e: str(e["changed_at"])
        )
        if not events and row["stage"] not in (_WON, _LOST):
            events = [{"to_stage": row["stage"], "changed_at": row["created_at"]}]
        phases = []
        for position, event in enumerate(events):
            if event["to_stage"] in (_WON, _LOST):
                continue
            after = events[position + 1 :]
            phases.append(
                {
                    "F_KD_Phase": event["to_stage"],
                    "F_KD_Start": self._at(event["changed_at"]),
                    "FEndtimeReal": self._at(after[0]["changed_at"]) if after else None,
                    "FIsCurrent": "0" if after else "1",
                    "F_KD_PhaseAmount": _number(event.get("amount")),
                    "F_KD_By": event.get("changed_by"),
                }
            )
        return phases

    def leads(self, rows: list[dict[str, Any]]) -> None:
        deals = self.ids.get("opportunities", {})
        for row in rows:
            record = {
                "FBillNo": row["lead_id"], "FCustomerName": row["lead_name"], "FPhone": "13700000000",
                "F_KD_Owner": self._staff(row["owner_id"]), "F_KD_Source": row["source_channel"],
                "F_KD_State": row["status"], "FCreateDate": self._at(row["created_at"]),
                "F_KD_Converted": self._at(row["converted_at"]), "FDocumentStatus": "A",
                "FOppID": deals.get(row["opportunity_id"], 0),
            }  # fmt: skip
            self._put("leads", "CRM_OPP_Clue", row["lead_id"], record)

    def activities(self, rows: list[dict[str, Any]]) -> None:
        deals = self.ids.get("opportunities", {})
        for row in rows:
            begun = self._at(row["occurred_at"])
            record = {
                "FBILLNO": row["activity_id"], "FACTSTARTTIME": begun, "FCreateDate": begun,
                "FOPPID": deals.get(row["opportunity_id"], 0), "F_KD_Type": row["activity_type"],
                "F_KD_Owner": self._staff(row["owner_id"]), "F_KD_Direction": row["direction"],
                "F_KD_Customer": {"FNumber": row["account_id"]} if row["account_id"] else None,
            }  # fmt: skip
            self._put("activities", "CRM_ACTIVITY", row["activity_id"], record)

    def orders(self, rows: list[dict[str, Any]]) -> None:
        deals = self.ids.get("opportunities", {})
        for row in rows:
            self._put("orders", "SAL_SaleOrder", row["order_id"], self._order(row, deals))

    def _order(self, row: dict[str, Any], deals: Mapping[str, int]) -> dict[str, Any]:
        cancelled = row["status"] in ("已取消", "cancelled")
        delivered = row["delivered_at"] is not None
        partly = row["status"] in ("部分交付", "partial")
        cents = round(float(row["amount"]) * 100)
        entries = []
        for part, share in enumerate((cents - cents // 3, cents // 3)):
            out = 1.0 if delivered or (partly and part == 0) else 0.0
            entries.append(
                {
                    "FMaterialId": {"Id": 1, "FNumber": "M-01"}, "FQty": 1.0, "FAllAmount": share / 100,
                    "FDeliveryDate": self._at(row["promised_at"]), "FStockOutQty": out,
                    "FRemainOutQty": 1.0 - out, "FMrpCloseStatus": "B" if out else "A",
                }
            )  # fmt: skip
        made = self._at(row["ordered_at"])
        return {
            "FBillNo": row["order_id"], "FDate": made, "FCreateDate": made, "FApproveDate": made,
            "FDocumentStatus": "C", "FCancelStatus": "B" if cancelled else "A",
            "FCloseStatus": "B" if delivered else "A", "FCloseDate": self._at(row["delivered_at"]),
            "FCustId": {"Id": 1, "FNumber": row["account_id"] + " "},
            "FSalerId": self._staff(row["owner_id"]), "FOppID": deals.get(row["opportunity_id"], 0),
            "FSettleCurrId": CURRENCY, "FExchangeRate": 1.0, "FBillAllAmount": _number(row["amount"]),
            "F_KD_Line": row["product_line"], "FSaleOrderEntry": entries, "FManualClose": "0",
        }  # fmt: skip

    def targets(self, rows: list[dict[str, Any]]) -> None:
        for position, row in enumerate(rows):
            record = {
                "F_KD_Period": row["period"], "F_KD_ScopeType": row["scope_type"],
                "F_KD_Scope": row["scope_id"], "F_KD_Metric": row["metric"],
                "F_KD_Amount": _number(row["target_amount"]), "F_KD_Version": row["version"],
                "F_KD_From": self._day(row["effective_from"]), "F_KD_Reason": row["reason"],
            }  # fmt: skip
            self._put("targets", "F_KD_SalesTarget", str(position), record)


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
