"""The sample company as forms of 简道云CRM: canonical frames -> forms, records and directory.

Add here: a widget of these forms. Keep out: how the server answers (`jiandaoyun.py`).

`fill` remembers which record stands for which canonical id in `simulator.ids[entity]`, so that
tests can compare. Times of the frames are local times of Asia/Shanghai.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from simulators.jiandaoyun import Form, JiandaoyunSimulator, utc_text

ZONE = ZoneInfo("Asia/Shanghai")
APP = "64a0c0ffee0000000000a001"
# entity -> entry id, name, created from, and widgets: alias, caption, type, canonical column.
# `day` is a date-only widget: midnight in Shanghai. `account`, `deal` and `stage` are linked records.
Spec = tuple[str, str, str, tuple[tuple[str, str, str, str], ...]]
FORMS: dict[str, Spec] = {
    "accounts": (
        "020100200000000000000001",
        "客户",
        "created_at",
        (
            ("account_name", "客户名称", "text", "account_name"),
            ("charger", "负责人", "user", "owner_id"),
            ("", "所属行业", "combo", "industry"),
            ("", "所属区域", "combo", "region"),
            ("", "统一社会信用代码", "text", "credit_code"),
            ("", "客户状态", "combo", "status"),
        ),
    ),
    "contacts": (
        "020100300000000000000001",
        "联系人",
        "",
        (
            ("name", "姓名", "text", "contact_name"),
            ("phone", "手机", "phone", ""),
            ("account_id", "客户", "account", "account_id"),
            ("", "职位", "text", "title"),
        ),
    ),
    "opportunities": (
        "020100500000000000000001",
        "商机",
        "created_at",
        (
            ("opportunity_name", "商机名称", "text", "opportunity_name"),
            ("account_id", "客户", "account", "account_id"),
            ("charger", "负责人", "user", "owner_id"),
            ("sale_stage", "销售阶段", "stage", "stage"),
            ("", "产品线", "combo", "product_line"),
            ("", "预计金额（元）", "number", "amount"),
            ("", "币种", "combo", "currency"),
            ("", "预计成交日期", "day", "expected_close_date"),
            ("", "结单时间", "datetime", "closed_at"),
            ("", "输单原因", "combo", "lost_reason"),
        ),
    ),
    "leads": (
        "65000000000000000000b001",
        "线索",
        "created_at",
        (
            ("", "线索名称", "text", "lead_name"),
            ("", "负责人", "user", "owner_id"),
            ("", "线索来源", "combo", "source_channel"),
            ("", "线索状态", "combo", "status"),
            ("", "转化时间", "datetime", "converted_at"),
            ("", "商机", "deal", "opportunity_id"),
        ),
    ),
    "stage_history": (
        "65000000000000000000b002",
        "阶段变更记录",
        "changed_at",
        (
            ("", "商机", "deal", "opportunity_id"),
            ("", "原阶段", "text", "from_stage"),
            ("", "新阶段", "text", "to_stage"),
            ("", "变更时间", "datetime", "changed_at"),
            ("", "金额", "number", "amount"),
            ("", "变更人", "user", "changed_by"),
        ),
    ),
    "activities": (
        "020100400000000000000001",
        "跟进记录",
        "occurred_at",
        (
            ("follow_way", "跟进方式", "combo", "activity_type"),
            ("", "沟通方向", "combo", "direction"),
            ("", "商机", "deal", "opportunity_id"),
            ("", "客户", "account", "account_id"),
            ("executor", "跟进人", "user", "owner_id"),
            ("follow_time", "跟进时间", "datetime", "occurred_at"),
        ),
    ),
    "orders": (
        "65000000000000000000b003",
        "销售订单",
        "ordered_at",
        (
            ("", "商机", "deal", "opportunity_id"),
            ("", "客户", "account", "account_id"),
            ("", "负责人", "user", "owner_id"),
            ("", "产品线", "combo", "product_line"),
            ("", "订单金额", "number", "amount"),
            ("", "币种", "combo", "currency"),
            ("", "下单时间", "datetime", "ordered_at"),
            ("", "承诺交期", "datetime", "promised_at"),
            ("", "实际交付时间", "datetime", "delivered_at"),
            ("", "订单状态", "combo", "status"),
        ),
    ),
    "targets": (
        "65000000000000000000b004",
        "业绩目标",
        "",
        (
            ("", "周期", "text", "period"),
            ("", "目标类型", "combo", "scope_type"),
            ("", "目标对象", "text", "scope_id"),
            ("", "目标指标", "combo", "metric"),
            ("", "目标金额", "number", "target_amount"),
            ("", "版本", "text", "version"),
            ("", "生效日期", "day", "effective_from"),
            ("", "调整原因", "text", "reason"),
        ),
    ),
}
_TYPES = {"day": "datetime", "account": "linkobject", "deal": "linkobject", "stage": "linkobject"}
_WORDS = {
    "direction": {"inbound": "呼入", "outbound": "呼出"},
    "scope_type": {"rep": "个人", "team": "部门", "region": "区域", "company": "公司"},
    "metric": {"revenue": "销售额", "orders": "订单额", "new_accounts": "新客户"},
}


def build_forms(simulator: JiandaoyunSimulator) -> None:
    """The forms without records."""
    for number, (entry, name, _, specs) in enumerate(FORMS.values()):
        widgets = []
        for position, (alias, label, kind, _) in enumerate(specs, 1):
            stable = f"_widget_02010{number:02}{position:06}"
            widgets.append(
                {
                    "name": alias or stable,
                    "widgetName": stable,
                    "label": label,
                    "type": _TYPES.get(kind, kind),
                }
            )
        simulator.forms[entry] = Form(name, APP, entry, widgets)


def fill(
    simulator: JiandaoyunSimulator,
    frames: Mapping[str, pd.DataFrame],
    *,
    links_with_id: bool = True,
) -> dict[str, dict[str, str]]:
    """Fill a simulator from canonical frames; gives canonical id -> id in the system by entity.

    `links_with_id` False: linked records carry their name only, which then has to be unique.
    """
    build_forms(simulator)
    ids: dict[str, dict[str, str]] = {"teams": {}}
    _directory(simulator, frames, ids["teams"])
    names: dict[str, dict[str, str]] = {"accounts": {}, "opportunities": {}}
    for entity, (entry, _, created_from, specs) in FORMS.items():
        frame = frames.get(entity)
        if frame is None:
            continue
        ids[entity] = {}
        own_key = frame.columns[0]
        if created_from:
            frame = frame.sort_values(created_from, kind="stable")
        form = simulator.forms[entry]
        cells = [(form.widgets[n]["widgetName"], *spec[2:]) for n, spec in enumerate(specs)]
        for number, row in enumerate(frame.to_dict("records")):
            created = _moment(row.get(created_from)) or dt.datetime(2024, 1, 1, tzinfo=ZONE)
            key = simulator.new_id(created)
            values: dict[str, Any] = {}
            for stable, kind, column in cells:
                value = _encoded(simulator, kind, row, column, ids, names, links_with_id)
                # Empty cells come as null, as an empty text, or not at all.
                if value is not None or number % 3 < 2:
                    values[stable] = ("" if number % 3 else None) if value is None else value
            owner = row.get("owner_id") or row.get("changed_by")
            changed = _moment(row.get("updated_at")) or created
            form.rows[key] = {
                **values,
                "creator": simulator.people.get(str(owner)),
                "updater": None,
                "deleter": None,
                "createTime": utc_text(created),
                "updateTime": utc_text(max(changed, created)),
                "deleteTime": None,
            }
            if entity != "targets":
                ids[entity][row[own_key]] = key
            if entity in names:
                names[entity][row[own_key]] = row[frame.columns[1]]
        form.order = None
    return ids


def _directory(
    simulator: JiandaoyunSimulator, frames: Mapping[str, pd.DataFrame], ids: dict[str, str]
) -> None:
    nodes = simulator.departments
    nodes[1] = {"dept_no": 1, "name": "总公司", "parent_no": 0, "type": 0, "status": 1}
    teams = frames["teams"].to_dict("records")
    regions = {team["region"] for team in teams if isinstance(team["region"], str)}
    numbers = {name: 100 + n for n, name in enumerate(sorted(regions))}
    for name, number in numbers.items():
        nodes[number] = {"dept_no": number, "name": name, "parent_no": 1, "type": 0, "status": 1}
    for position, team in enumerate(teams, 201):
        ids[team["team_id"]] = str(position)
        parent = numbers.get(team["region"], 1)
        name = team["team_name"]
        nodes[position] = {
            "dept_no": position,
            "name": name,
            "parent_no": parent,
            "type": 0,
            "status": 1,
        }
    for user in _last_stays(frames["users"]):
        team = ids.get(user["team_id"]) if isinstance(user["team_id"], str) else None
        here = bool(user["is_active"]) and not isinstance(user["valid_to"], dt.date)
        simulator.people[user["user_id"]] = {
            "_id": f"60aa{len(simulator.people):020x}",
            "username": user["user_id"],
            "name": user["user_name"],
            "departments": [int(team)] if team else [1],
            "type": 0,
            "status": 1 if here else -1,
        }
        if here:
            simulator.directory.add(user["user_id"])


def _last_stays(users: pd.DataFrame) -> Iterable[dict[str, Any]]:
    last = {}
    for row in users.to_dict("records"):
        last[row["user_id"]] = row
    return last.values()


def _moment(value: Any) -> dt.datetime | None:
    if value is None or value is pd.NaT or isinstance(value, float):
        return None
    found = pd.Timestamp(value).to_pydatetime()
    return found.replace(tzinfo=ZONE)


def _encoded(
    simulator: JiandaoyunSimulator,
    kind: str,
    row: Mapping[str, Any],
    column: str,
    ids: Mapping[str, Mapping[str, str]],
    names: Mapping[str, Mapping[str, str]],
    links_with_id: bool,
) -> Any:
    value = row.get(column)
    if value is None or value is pd.NaT or (isinstance(value, float) and pd.isna(value)):
        return None
    if kind in ("datetime", "day"):
        moment = _moment(value)
        return utc_text(moment) if moment else None
    if kind == "number":
        return int(value) if float(value).is_integer() else float(value)
    if kind == "user":
        return simulator.people.get(value, value)
    if kind == "stage":
        return {"name": value}
    if kind in ("account", "deal"):
        entity = "accounts" if kind == "account" else "opportunities"
        if value not in ids.get(entity, {}):
            return None
        link = {"name": names[entity][value]}
        return {**link, "_id": ids[entity][value]} if links_with_id else link
    if column == "scope_id" and row.get("scope_type") == "team":
        return ids["teams"].get(value, value)
    return _WORDS.get(column, {}).get(value, value)
