"""The objects and fields of a 纷享销客 tenant that uses 商机2.0.

Add here: an object or field that a tenant may have. Keep out: records (`fxiaoke_company.py`) and
behaviour (`fxiaoke.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulators.fxiaoke import FxiaokeSimulator

# Value of an option -> its label; "3" means another stage in another sales process.
STAGES = {"1": "初步接洽", "2": "需求确认", "3": "方案报价", "4": "商务谈判"}
STATUSES = {"1": "进行中", "2": "赢单", "3": "输单"}
GOAL_TYPES = {"1": "部门", "2": "员工"}
MONTHS = "january february march april may june july august september october november december"


def define(simulator: FxiaokeSimulator) -> None:
    """The objects of a tenant that uses 商机2.0, without records."""
    person, reference = {"type": "employee"}, {"type": "object_reference"}
    money, moment, text = {"type": "currency"}, {"type": "date_time"}, {"type": "text"}

    def choice(labels: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
        options = [{"value": value, "label": label} for value, label in (labels or {}).items()]
        return {"type": "select_one", "options": options, **more}

    objects: dict[str, dict[str, dict[str, Any]]] = {
        "PersonnelObj": {
            "user_id": text,
            "full_name": text,
            "email": text,
            "phone": {"type": "phone_number"},
            "main_department": {"type": "department"},
            "leader": person,
            "status": choice({"0": "启用", "1": "停用"}),
        },
        "DepartmentObj": {"parent_id": {"type": "department"}, "status": choice()},
        "NewOpportunityObj": {
            "owner": person,
            "account_id": reference,
            "sales_process_id": text,
            "sales_stage": choice(STAGES, labelled=True),
            "sales_status": choice(STATUSES),
            "stg_changed_time": moment,
            "amount": money,
            "close_date": {"type": "date"},
            "mc_currency": choice(),
            "lost_reason__c": choice(label="输单原因"),
            "product_line__c": choice(),
        },
        "AccountObj": {
            "owner": person,
            "industry": choice(),
            "deal_status": choice(),
            "area__c": choice(label="销售区域"),
            "credit_code__c": {"type": "text", "label": "统一社会信用代码"},
        },
        "ContactObj": {
            "account_id": reference,
            "job_title": text,
            "mobile": {"type": "phone_number"},
            "email": {"type": "email"},
        },
        "LeadsObj": {
            "owner": person,
            "new_opportunity_id": reference,
            "source": choice(),
            "leads_status": choice(),
            "transform_time": moment,
        },
        "ActiveRecordObj": {
            "owner": person,
            "interactive_types": choice(),
            "active_record_content": text,
            "related_object_data": {"type": "related_object"},
            "direction__c": choice(),
        },
        "SalesOrderObj": {
            "owner": person,
            "account_id": reference,
            "new_opportunity_id": reference,
            "order_amount": money,
            "mc_currency": choice(),
            "order_time": moment,
            "delivery_date": moment,
            "arrived__c": {"type": "date_time", "label": "实际交货日期"},
            "order_status": choice(),
        },
        "SalesOrderProductObj": {"order_id": reference, "product_id": reference, "subtotal": money},
        "ProductObj": {"category": choice()},
        "GoalValueObj": {
            "goal_rule_id": text,
            "goal_rule_detail_id": text,
            "goal_type": choice(GOAL_TYPES),
            "check_object_id": text,
            "fiscal_year": text,
            "annual_value": money,
            **{f"{month}_value": money for month in MONTHS.split()},
        },
    }
    for name, fields in objects.items():
        simulator.define(name, fields)
