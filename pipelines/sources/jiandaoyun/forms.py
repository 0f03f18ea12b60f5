"""Which form of 简道云CRM holds an entity, and which widgets its columns, as data.

Add here: another usual caption of a form or widget, a column that an entity can give. Keep out: what
one tenant calls things (its `options.forms`), and how candidates are resolved (`mapping.py`).

A candidate is `alias:` (the name for the API), `label:` (the caption), `widget:` (the stable id) or
`system:` (a system field). `label:产品明细/产品名` is a column of a sub-form: its first filled row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

# text; reference: a linked record (gives <base>_id and <base>_name); user: a member's username;
# scope: a member, department or text (gives <name> and <name>_kind); number; moment: UTC time;
# day: a moment and the day it falls on in the tenant's zone (gives <base>_at and <name>).
ColumnKind = Literal["text", "reference", "user", "scope", "number", "moment", "day"]


@dataclass(frozen=True)
class Rule:
    """One column: its kind, and candidates in order; the first that fits exactly one widget wins."""

    kind: ColumnKind
    candidates: tuple[str, ...]
    required: bool = False


@dataclass(frozen=True)
class FormRule:
    """One entity: the suite's own entry id if it is known, usual names of the form, its columns."""

    key: str
    entry_id: str | None
    names: tuple[str, ...]
    columns: Mapping[str, Rule]


def _labels(kind: ColumnKind, *labels: str, alias: str = "", required: bool = False) -> Rule:
    candidates = ((f"alias:{alias}",) if alias else ()) + tuple(
        f"label:{label}" for label in labels
    )
    return Rule(kind, candidates, required)


def _owner(*labels: str, alias: str = "charger", required: bool = False) -> Rule:
    return _labels("user", *labels, "负责人", "跟进人", "销售", alias=alias, required=required)


_CREATED = Rule("moment", ("system:createTime",), True)
_UPDATED = Rule("moment", ("system:updateTime",))
_UPDATER = Rule("user", ("system:updater",))
_ACCOUNT = _labels("reference", "客户", "客户名称", "关联客户", "所属客户", alias="account_id")
_DEAL = _labels("reference", "商机", "商机名称", "关联商机", alias="opportunity_id")
_LINE = _labels("text", "产品线", "产品类别", "产品类型", alias="product_line")
_CURRENCY = _labels("text", "币种", "货币", alias="currency")

MONTHS = tuple(f"month_{number:02}" for number in range(1, 13))
_CHINESE_MONTHS = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"]

FORMS: dict[str, FormRule] = {
    "accounts": FormRule(
        "account_id",
        "020100200000000000000001",
        ("客户", "客户信息", "客户管理"),
        {
            "account_name": _labels(
                "text", "客户名称", "公司名称", alias="account_name", required=True
            ),
            "owner_id": _owner(),
            "industry": _labels("text", "所属行业", "客户行业", "行业", alias="industry"),
            "region": _labels("text", "所属区域", "区域", "大区", alias="region"),
            "credit_code": _labels(
                "text", "统一社会信用代码", "社会信用代码", "信用代码", alias="credit_code"
            ),
            "status": _labels("text", "客户状态", "成交状态", "客户阶段", alias="account_status"),
            "created_at": _CREATED,
            "updated_at": _UPDATED,
        },
    ),
    "contacts": FormRule(
        "contact_id",
        "020100300000000000000001",
        ("联系人", "联系人信息"),
        {
            "contact_name": _labels("text", "姓名", "联系人姓名", "联系人", alias="name"),
            "account_id": _ACCOUNT,
            "title": _labels("text", "职位", "职务", alias="title"),
            "created_at": _CREATED,
            "updated_at": _UPDATED,
        },
    ),
    "leads": FormRule(
        "lead_id",
        None,
        ("线索", "销售线索", "线索管理"),
        {
            "lead_name": _labels("text", "线索名称", "公司名称", "姓名", alias="lead_name"),
            "owner_id": _owner(),
            "source_channel": _labels("text", "线索来源", "来源渠道", "来源", alias="lead_source"),
            "status": _labels("text", "线索状态", "跟进状态", "状态", alias="lead_status"),
            "converted_at": _labels("moment", "转化时间", "转商机时间", alias="converted_at"),
            "opportunity_id": _DEAL,
            "created_at": _CREATED,
            "updated_at": _UPDATED,
        },
    ),
    "opportunities": FormRule(
        "opportunity_id",
        "020100500000000000000001",
        ("商机", "销售机会", "商机管理"),
        {
            "opportunity_name": _labels("text", "商机名称", alias="opportunity_name"),
            "account_id": _ACCOUNT,
            "owner_id": _owner(required=True),
            "stage": _labels("text", "销售阶段", "商机阶段", alias="sale_stage", required=True),
            "product_line": _LINE,
            "amount": _labels("number", "预计金额", "商机金额", "预计销售金额", alias="amount"),
            "currency": _CURRENCY,
            "expected_close_date": _labels(
                "day", "预计成交日期", "预计结单日期", "预计签单日期", alias="expected_close_date"
            ),
            "closed_at": _labels(
                "moment", "结单时间", "结单日期", "实际成交日期", "关闭时间", alias="closed_at"
            ),
            "lost_reason": _labels("text", "输单原因", "丢单原因", alias="lost_reason"),
            "created_at": _CREATED,
            "updated_at": _UPDATED,
            "updated_by": _UPDATER,
        },
    ),
    "stage_history": FormRule(
        "event_id",
        None,
        ("阶段变更记录", "商机阶段变更记录", "商机阶段变更"),
        {
            "opportunity_id": Rule("reference", _DEAL.candidates, True),
            "from_stage": _labels("text", "原阶段", "变更前阶段", alias="from_stage"),
            "to_stage": _labels(
                "text", "新阶段", "变更后阶段", "目标阶段", alias="to_stage", required=True
            ),
            "changed_at": Rule(
                "moment",
                ("alias:changed_at", "label:变更时间", "label:变更日期", "system:createTime"),
                True,
            ),
            "amount": _labels("number", "金额", "预计金额", "商机金额", alias="amount"),
            "changed_by": _labels("user", "变更人", "操作人", alias="changed_by"),
            "created_at": _CREATED,
            "updated_at": _UPDATED,
        },
    ),
    "activities": FormRule(
        "activity_id",
        "020100400000000000000001",
        ("跟进记录", "客户跟进", "跟进"),
        {
            "activity_type": _labels("text", "跟进方式", "跟进类型", alias="follow_way"),
            "direction": _labels("text", "沟通方向", "方向", alias="direction"),
            "opportunity_id": _DEAL,
            "account_id": _ACCOUNT,
            "owner_id": Rule(
                "user",
                ("alias:executor", "label:跟进人", "label:负责人", "system:creator"),
                True,
            ),
            "occurred_at": Rule(
                "moment",
                ("alias:follow_time", "label:跟进时间", "label:跟进日期", "system:createTime"),
                True,
            ),
            "created_at": _CREATED,
            "updated_at": _UPDATED,
        },
    ),
    "orders": FormRule(
        "order_id",
        None,
        ("销售订单", "订单", "合同订单", "合同"),
        {
            "opportunity_id": _DEAL,
            "account_id": Rule("reference", _ACCOUNT.candidates, True),
            "owner_id": _owner(),
            "product_line": _LINE,
            "amount": _labels(
                "number", "订单金额", "合同金额", "订单总额", alias="order_amount", required=True
            ),
            "currency": _CURRENCY,
            "ordered_at": Rule(
                "moment",
                (
                    "alias:ordered_at",
                    *(f"label:{name}" for name in ("下单时间", "下单日期", "订单日期")),
                    *(f"label:{name}" for name in ("签订日期", "签约日期")),
                ),
                True,
            ),
            "promised_at": _labels("moment", "承诺交期", "交货日期", "计划交付日期", alias="due"),
            "delivered_at": _labels(
                "moment", "实际交付时间", "实际交货日期", "发货日期", alias="delivered_at"
            ),
            "status": _labels("text", "订单状态", "合同状态", "状态", alias="order_status"),
            "created_at": _CREATED,
            "updated_at": _UPDATED,
        },
    ),
    "targets": FormRule(
        "target_id",
        None,
        ("业绩目标", "销售目标", "目标管理"),
        {
            "period": _labels("text", "周期", "期间", "月份", "目标月份", alias="period"),
            "year": _labels("text", "年度", "年份", alias="year"),
            "scope_type": _labels("text", "目标类型", "对象类型", alias="scope_type"),
            "scope_id": _labels(
                "scope",
                *("目标对象", "员工", "负责人", "销售", "部门"),
                alias="scope_id",
                required=True,
            ),
            "metric": _labels("text", "目标指标", "指标", alias="metric"),
            "target_amount": _labels("number", "目标金额", "目标值", "目标", alias="target_amount"),
            **{
                name: _labels(
                    "number", f"{number}月", f"{number:02}月", f"{_CHINESE_MONTHS[number - 1]}月"
                )
                for number, name in enumerate(MONTHS, 1)
            },
            "version": _labels("text", "版本", "目标版本", alias="version"),
            "effective_from": _labels("day", "生效日期", alias="effective_from"),
            "reason": _labels("text", "调整原因", "原因", alias="reason"),
            "created_at": _CREATED,
            "updated_at": _UPDATED,
        },
    ),
}
