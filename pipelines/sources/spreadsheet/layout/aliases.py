"""Headings and words that sheets use for canonical columns and values: data, no code.

Add here: another word. The first word of a list that a sheet has wins. A word that often means
something else belongs into the mapping of the sheet that uses it, not here.
Keep out: rules of matching (`headings.py`).
"""

from __future__ import annotations

_ACCOUNT = ("客户编号", "客户ID", "客户代码", "客户名称", "客户", "公司名称", "公司", "客户单位")
_ACCOUNT_EN = ("account id", "account name", "account", "customer id", "customer name", "customer")
_OWNER = ("工号", "员工编号", "负责人工号", "负责人", "销售负责人", "业务员", "销售", "销售员")
_OWNER_EN = ("owner id", "owner", "sales rep", "sales agent", "salesperson", "rep", "seller")
_OWNERS = (*_OWNER, "客户经理", "销售代表", "跟进人", *_OWNER_EN)
_PRODUCT = ("产品线", "产品", "产品名称", "产品类别", "product line", "product")
_AMOUNT = ("金额", "预计金额", "商机金额", "合同金额", "订单金额", "成交金额", "销售金额", "amount")
_CURRENCY = ("币种", "币别", "货币", "currency")
_CREATED = ("创建时间", "创建日期", "录入日期", "录入时间", "登记日期", "立项日期", "建档日期")
_CREATED_EN = ("created date", "created on", "create date", "created")
_REPS = (
    "工号",
    "员工编号",
    "员工工号",
    "姓名",
    "销售姓名",
    "员工姓名",
    "销售人员",
    "业务员",
    "销售",
)
_REPS_TOO = ("销售员", "销售代表", "负责人", "客户经理", "rep", "sales rep", "sales agent", "name")
_DEAL = ("商机编号", "商机ID", "项目编号", "机会编号", "opportunity id", "deal id")

HEADINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "users": {
        "user_id": ("工号", "员工编号", "用户ID", "员工ID", "user id", "employee id"),
        "user_name": ("姓名", "员工姓名", "用户名", "销售姓名", "user name", "name"),
        "email": ("邮箱", "电子邮箱", "邮件", "e-mail", "mail"),
        "team_id": ("团队编号", "部门编号", "团队", "部门", "小组", "team id", "team"),
        "manager_id": ("上级工号", "主管工号", "上级", "直属上级", "主管", "经理", "manager"),
        "is_active": ("是否在职", "在职", "在职状态", "状态", "active"),
        "valid_from": ("入职日期", "生效日期", "开始日期", "start date"),
        "valid_to": ("离职日期", "失效日期", "结束日期", "end date"),
    },
    "teams": {
        "team_id": ("团队编号", "部门编号", "团队ID", "部门ID", "team id"),
        "team_name": ("团队名称", "部门名称", "团队", "部门", "team name", "team"),
        "parent_team_id": ("上级团队编号", "上级部门编号", "上级团队", "上级部门", "parent team"),
        "region": ("区域", "大区", "地区", "region"),
    },
    "accounts": {
        "account_id": ("客户编号", "客户ID", "客户代码", "account id", "customer id"),
        "account_name": (
            "客户名称",
            "客户",
            "公司名称",
            "公司",
            "account name",
            "account",
            "customer",
        ),
        "owner_id": _OWNERS,
        "created_at": (*_CREATED, *_CREATED_EN),
        "industry": ("行业", "所属行业", "客户行业", "sector", "industry"),
        "region": ("区域", "大区", "地区", "所属区域", "region"),
        "credit_code": ("统一社会信用代码", "社会信用代码", "信用代码", "税号", "credit code"),
        "status": ("客户状态", "状态", "status"),
    },
    "contacts": {
        "contact_id": ("联系人编号", "联系人ID", "contact id"),
        "account_id": (*_ACCOUNT, *_ACCOUNT_EN),
        "contact_name": ("联系人", "联系人姓名", "姓名", "contact name", "name"),
        "title": ("职务", "职位", "岗位", "job title", "title"),
    },
    "leads": {
        "lead_id": ("线索编号", "线索ID", "lead id"),
        "lead_name": ("线索名称", "线索", "公司名称", "客户名称", "lead name", "company"),
        "owner_id": _OWNERS,
        "source_channel": ("线索来源", "来源渠道", "来源", "渠道", "lead source", "channel"),
        "status": ("线索状态", "状态", "status"),
        "created_at": (*_CREATED, *_CREATED_EN),
        "converted_at": ("转化时间", "转化日期", "转商机日期", "converted date"),
        "opportunity_id": _DEAL,
    },
    "opportunities": {
        "opportunity_id": (*_DEAL, "编号"),
        "opportunity_name": (
            "商机名称",
            "项目名称",
            "商机",
            "项目",
            "机会名称",
            "opportunity name",
        ),
        "account_id": (*_ACCOUNT, *_ACCOUNT_EN),
        "owner_id": _OWNERS,
        "product_line": _PRODUCT,
        "stage": ("阶段", "商机阶段", "销售阶段", "项目阶段", "当前阶段", "stage", "deal stage"),
        "amount": (*_AMOUNT, "deal value", "close value"),
        "currency": _CURRENCY,
        "created_at": (*_CREATED, *_CREATED_EN, "engage date"),
        "expected_close_date": ("预计签约日期", "预计成交日期", "预计签单日期", "预计结单日期")
        + ("预计关闭日期", "预计签约时间", "expected close date", "expected close"),
        "closed_at": ("签约日期", "成交日期", "签单日期", "结单日期", "关闭日期", "close date"),
        "updated_at": ("更新时间", "更新日期", "最后修改时间", "last modified date", "updated"),
        "lost_reason": ("丢单原因", "输单原因", "流失原因", "lost reason", "loss reason"),
    },
    "stage_history": {
        "event_id": ("记录编号", "变更编号", "event id"),
        "opportunity_id": _DEAL,
        "from_stage": ("原阶段", "变更前阶段", "from stage", "old stage"),
        "to_stage": ("新阶段", "变更后阶段", "阶段", "to stage", "new stage"),
        "changed_at": ("变更时间", "变更日期", "修改时间", "changed on", "change date"),
        "amount": _AMOUNT,
        "changed_by": ("变更人", "修改人", "操作人", "changed by"),
    },
    "activities": {
        "activity_id": ("跟进编号", "活动编号", "记录编号", "activity id"),
        "activity_type": ("跟进方式", "跟进类型", "活动类型", "类型", "activity type", "type"),
        "direction": ("方向", "direction"),
        "opportunity_id": _DEAL,
        "account_id": (*_ACCOUNT, *_ACCOUNT_EN),
        "owner_id": _OWNERS,
        "occurred_at": ("跟进时间", "跟进日期", "活动时间", "拜访日期", "时间", "日期", "date"),
    },
    "orders": {
        "order_id": ("订单编号", "订单号", "合同编号", "合同号", "order id", "order number"),
        "opportunity_id": _DEAL,
        "account_id": (*_ACCOUNT, *_ACCOUNT_EN),
        "owner_id": _OWNERS,
        "product_line": _PRODUCT,
        "amount": ("订单金额", "合同金额", "金额", "成交金额", "销售金额", "amount"),
        "currency": _CURRENCY,
        "ordered_at": ("下单日期", "下单时间", "订单日期", "签约日期", "签订日期", "order date"),
        "promised_at": ("承诺交期", "承诺交付日期", "预计交付日期", "交期", "promised date"),
        "delivered_at": ("交付日期", "实际交付日期", "发货日期", "delivery date"),
        "status": ("订单状态", "状态", "status"),
    },
    "targets": {
        "period": ("期间", "目标期间", "月份", "年月", "周期", "month"),
        "scope_type": ("目标层级", "层级", "范围类型", "scope type"),
        # Who the target is for; what kind of scope a word means stands in SCOPE_WORDS.
        "scope_id": (
            *_REPS,
            *_REPS_TOO,
            *("团队编号", "部门编号", "团队", "小组", "部门", "team", "产品线", "product line"),
            *("区域", "大区", "地区", "region", "目标对象", "scope"),
        ),
        "metric": ("指标", "指标名称", "目标指标", "目标类型", "考核指标", "metric"),
        "target_amount": ("目标金额", "目标", "目标值", "销售目标", "任务", "target", "quota"),
        "version": ("版本", "目标版本", "version"),
        "effective_from": ("生效日期", "生效时间", "effective date"),
        "reason": ("调整原因", "变更原因", "原因", "reason"),
        "includes_team": ("含下属", "含团队", "包含下属", "包含团队", "includes team"),
    },
}

# The kind of scope that a heading of the scope column stands for.
SCOPE_WORDS: dict[str, tuple[str, ...]] = {
    "rep": (*_REPS, *_REPS_TOO),
    "team": ("团队编号", "部门编号", "团队", "小组", "部门", "team"),
    "product_line": ("产品线", "product line"),
    "region": ("区域", "大区", "地区", "region"),
}

# Headings that only describe a row of a target sheet; totals are recognised in them too.
LABELS = ("序号", "no", "工号", "姓名", "区域", "大区", "部门", "团队", "岗位", "职级", "备注")

YEAR_HEADINGS = ("年份", "年", "year")

CHOICES: dict[str, dict[str, str]] = {
    "direction": {
        **dict.fromkeys(("in", "呼入", "来电", "来访", "来信", "客户来电", "接收"), "inbound"),
        **dict.fromkeys(("out", "呼出", "去电", "外呼", "拜访", "外访", "发出"), "outbound"),
    },
    "scope_type": {
        **dict.fromkeys(("公司", "全公司", "总公司"), "company"),
        **dict.fromkeys(("区域", "大区", "地区"), "region"),
        **dict.fromkeys(("团队", "部门", "小组"), "team"),
        **dict.fromkeys(("个人", "销售", "员工", "业务员"), "rep"),
        **dict.fromkeys(("产品线", "产品", "product line"), "product_line"),
    },
    "metric": {
        **dict.fromkeys(
            ("收入", "销售额", "销售收入", "业绩", "营收", "销售目标", "目标"), "revenue"
        ),
        **dict.fromkeys(("订单", "订单额", "订单金额", "签单额", "签约额", "合同额"), "orders"),
        **dict.fromkeys(
            ("新客户", "新客户数", "新增客户", "新增客户数", "新签客户数"), "new_accounts"
        ),
    },
}

# What a block, or a row's 指标 cell, holds where it does not hold targets.
BLOCK_WORDS: dict[str, tuple[str, ...]] = {
    "rate": (
        "完成率",
        "达成率",
        "占比",
        "比例",
        "增长率",
        "同比",
        "环比",
        "率",
        "%",
        "rate",
        "attainment",
    ),
    "cumulative": ("累计", "ytd", "cumulative"),
    "actual": (
        "完成",
        "实际",
        "达成",
        "回款",
        "已签",
        "差额",
        "差异",
        "缺口",
        "actual",
        "achieved",
        "gap",
    ),
    "target": ("目标", "指标", "任务", "计划", "预算", "target", "quota", "budget", "plan"),
}

PERSON_COLUMNS = frozenset(("user_name", "contact_name", "owner_id", "manager_id", "changed_by"))
