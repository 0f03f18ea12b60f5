"""The words of the report's selling sections: funnel, pipeline, metrics, customers, orders.

Add here: a text of those sections, in both languages. Keep out: every other text (`texts.py`, which
takes these in and is where all are looked up).
"""

from __future__ import annotations

# key: (Chinese, English)
# fmt: off
SELLING_TEXTS: dict[str, tuple[str, str]] = {
    # Funnel
    "funnel.title": ("销售漏斗", "Funnel"),
    "funnel.none": ("没有漏斗数据。", "No funnel data."),
    "funnel.current": ("本季度至今（{span}）", "This quarter so far ({span})"),
    "funnel.previous": (
        "{span}（本季度流出的商机还不够多）",
        "{span} (too few exits in the running quarter)",
    ),
    "funnel.weakest": (
        "最弱环节：{stage}，转化率 {rate}，比{reference}{gap}",
        "Weakest stage: {stage}, conversion {rate}, {gap} than the {reference}",
    ),
    "funnel.lower": ("低 {gap}", "{gap} lower"),
    "funnel.baseline": ("常态", "baseline"),
    "funnel.before": ("上季度", "quarter before"),
    "funnel.no_weakest": ("各阶段转化率都没有下降", "No stage converts worse than usual"),
    "funnel.no_notable": (
        "各阶段转化率没有明显下降，相差最多的是{stage}（{gap}）",
        "No stage converts notably worse; the largest gap is {stage} ({gap})",
    ),
    "funnel.alt": ("各阶段进入数与转化率图", "Chart of entries and conversion by stage"),
    "funnel.bar": ("进入 {entered}", "{entered} entered"),
    "funnel.rate": ("转化 {rate}", "{rate} forward"),
    "funnel.change": ("较上季度 {change}", "{change} vs quarter before"),
    "col.stage": ("阶段", "Stage"),
    "col.entered": ("进入", "Entered"),
    "col.forward": ("转化率", "Conversion"),
    "col.baseline": ("常态", "Baseline"),
    "col.previous": ("上季度", "Qtr before"),
    "col.exits": ("样本", "Exits"),
    "col.median_days": ("停留中位数", "Median stay"),
    "col.open": ("在手商机", "Open"),
    "col.stalled": ("停滞", "Stalled"),
    "col.advanced": ("推进", "Advanced"),
    "col.lost": ("输单", "Lost"),
    "col.still_open": ("仍在本阶段", "Still there"),
    # Pipeline
    "pipeline.title": ("商机储备", "Pipeline"),
    "pipeline.none": ("没有商机数据。", "No pipeline data."),
    "pipeline.open": ("在手商机", "Open pipeline"),
    "pipeline.weighted": ("加权金额", "Weighted"),
    "pipeline.coverage": ("覆盖倍数", "Coverage"),
    "pipeline.required": ("常态 {ratio}", "usual {ratio}"),
    "pipeline.trend": ("近 13 周", "13 weeks"),
    "bridge.title": ("{span} 这一周的变动（{unit}）", "What moved in the week {span} ({unit})"),
    "bridge.moved": (
        "预计成交日推迟的 {out}，提前的 {early}。",
        "Expected close pushed out: {out}; pulled in: {early}.",
    ),
    "bridge.none": ("没有上周的变动数据。", "No movement data for last week."),
    "bridge.alt": ("商机储备一周变动图", "Chart of the week's pipeline movement"),
    "bridge.opening": ("期初", "Opening"),
    "bridge.created": ("新建", "Created"),
    "bridge.amount_up": ("金额调高", "Amount up"),
    "bridge.amount_down": ("金额调低", "Amount down"),
    "bridge.won": ("赢单", "Won"),
    "bridge.lost": ("输单", "Lost"),
    "bridge.other": ("其他", "Other"),
    "bridge.closing": ("期末", "Closing"),
    # Metrics
    "metrics.title": ("核心指标：环比与同比", "Key figures against the past"),
    "metrics.none": ("没有指标数据。", "No metrics."),
    "metrics.month": ("最近一个完整月：{month}", "Latest complete month: {month}"),
    "metrics.results": ("业绩指标", "Results"),
    "metrics.risks": ("风险指标", "Risk indicators"),
    "col.metric": ("指标", "Metric"),
    "col.value": ("数值", "Value"),
    "col.mom": ("环比", "vs month before"),
    "col.yoy": ("同比", "vs year before"),
    "col.to_date": ("本月至今", "Month to date"),
    "col.trend": ("走势", "Trend"),
    "metrics.worse": ("变差", "worse"),
    # Customers and orders
    "customers.title": ("沉默与流失风险客户", "Silent customers and churn risk"),
    "customers.no_data": ("没有客户数据。", "No customer data."),
    "customers.none": ("没有沉默或有流失风险的客户。", "No silent customers and none at risk."),
    "customers.count": (
        "共 {all} 家，其中沉默 {silent} 家、下单异常 {churn} 家；按金额列出前 {shown} 家。",
        "{all} in all: {silent} silent, {churn} off their order rhythm; the {shown} largest:",
    ),
    "col.customer": ("客户", "Customer"),
    "col.state": ("状态", "State"),
    "col.last_order": ("最近下单", "Last order"),
    "col.gap_days": ("未下单", "Gap"),
    "col.rhythm": ("平时间隔", "Usual gap"),
    "col.last_contact": ("最近联系", "Last contact"),
    "col.amount": ("金额", "Amount"),
    "churn.at_risk": ("流失风险", "At risk"),
    "churn.churned": ("已流失", "Churned"),
    "churn.silent": ("沉默", "Silent"),
    "customers.amount_note": (
        "金额 = 近一年订单额 + 在手商机额（{unit}）。",
        "Amount = orders of the last year + open pipeline ({unit}).",
    ),
    "orders.title": ("延迟交付的订单", "Late orders"),
    "orders.no_data": ("没有订单数据。", "No order data."),
    "orders.none": ("没有延迟的订单。", "No late orders."),
    "orders.count": (
        "{count} 张订单已过承诺日期仍未交付，合计 {amount}。",
        "{count} orders are past their promised date and not delivered, {amount} in all.",
    ),
    "col.order": ("订单", "Order"),
    "col.promised": ("承诺日期", "Promised"),
    "col.days_late": ("延迟", "Late by"),
}
# fmt: on
