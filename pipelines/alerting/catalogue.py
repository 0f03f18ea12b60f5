"""The metrics a rule may name: what they are called, which way is bad, how they are written.

Add here: a metric that `fct_metrics` publishes and a rule may watch.
Keep out: how a metric is computed (dbt), and limits (`alert_rules.yml`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Direction = Literal["below", "above"]
Kind = Literal["count", "money", "share", "days", "ratio"]


@dataclass(frozen=True)
class Metric:
    """One metric. `bad` is the side on which it hurts; `entities` are what it is computed from.

    `kind`: count and money add up over scopes and time; share is numerator / denominator,
    between 0 and 1; ratio is a quotient without that bound; days is a duration. `parts` tells whether
    numerator and denominator are filled, so that a share can be pooled over weeks.
    """

    name: str
    kind: Kind
    bad: Direction
    zh: str
    en: str
    entities: tuple[str, ...]
    parts: Literal["", "cases", "amounts"] = ""

    @property
    def counts_cases(self) -> bool:
        """Numerator and denominator are numbers of cases, so that chance can be computed."""
        return self.parts == "cases" or (self.kind == "share" and self.parts != "amounts")

    @property
    def additive(self) -> bool:
        return self.kind in {"count", "money"}


_DEALS = ("opportunities", "stage_history")

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("revenue", "money", "below", "销售额", "revenue", ("orders", "opportunities")),
        Metric("orders", "count", "below", "订单数", "orders", ("orders",)),
        Metric(
            "new_accounts", "count", "below", "新增客户数", "new accounts", ("orders", "accounts")
        ),
        Metric(
            "opportunities_created", "count", "below", "新增商机数", "opportunities created", _DEALS
        ),
        Metric("win_rate", "share", "below", "赢单率", "win rate", _DEALS),
        Metric("stage_conversion", "share", "below", "阶段转化率", "stage conversion", _DEALS),
        Metric("sales_cycle_days", "days", "above", "销售周期", "sales cycle", _DEALS),
        Metric("days_in_stage", "days", "above", "阶段停留天数", "days in stage", _DEALS),
        Metric("activities", "count", "below", "跟进次数", "activities", ("activities",)),
        Metric(
            "stalled_share",
            "share",
            "above",
            "停滞商机占比",
            "share of stalled opportunities",
            ("opportunities", "stage_history", "activities"),
        ),
        Metric(
            "silent_accounts",
            "count",
            "above",
            "无反馈客户数",
            "silent accounts",
            ("accounts", "activities"),
            parts="cases",
        ),
        Metric(
            "idle_share",
            "share",
            "above",
            "久未跟进商机占比",
            "share of idle opportunities",
            ("opportunities", "stage_history", "activities"),
        ),
        Metric(
            "overdue_close_share",
            "share",
            "above",
            "过期未成交商机占比",
            "share of opportunities past their close date",
            _DEALS,
        ),
        Metric(
            "inbound_share", "share", "below", "客户主动联系占比", "inbound share", ("activities",)
        ),
        Metric("leads_created", "count", "below", "新增线索数", "leads created", ("leads",)),
        Metric("lead_conversion", "share", "below", "线索转化率", "lead conversion", ("leads",)),
        Metric("open_pipeline_amount", "money", "below", "在手商机金额", "open pipeline", _DEALS),
        Metric(
            "win_rate_amount",
            "share",
            "below",
            "金额赢单率",
            "win rate by amount",
            _DEALS,
            parts="amounts",
        ),
        Metric(
            "key_account_engagement",
            "share",
            "below",
            "大客户互动率",
            "key account engagement",
            ("accounts", "activities", "orders"),
        ),
        Metric("churn_rate", "share", "above", "客户流失率", "churn rate", ("accounts", "orders")),
        Metric(
            "late_order_share", "share", "above", "延迟订单占比", "late order share", ("orders",)
        ),
        Metric(
            "pipeline_coverage",
            "ratio",
            "below",
            "商机覆盖率",
            "pipeline coverage",
            ("opportunities", "stage_history", "targets"),
        ),
        Metric(
            "pipeline_coverage_next",
            "ratio",
            "below",
            "下季商机覆盖率",
            "pipeline coverage of the next quarter",
            ("opportunities", "stage_history", "targets"),
        ),
        Metric(
            "slippage_share", "share", "above", "延期金额占比", "slippage", _DEALS, parts="amounts"
        ),
        Metric(
            "concentration",
            "ratio",
            "above",
            "最大商机占比",
            "share of the largest opportunity",
            ("opportunities", "stage_history", "targets"),
        ),
        Metric(
            "target_attainment",
            "ratio",
            "below",
            "目标完成率",
            "target attainment",
            ("orders", "opportunities", "targets"),
        ),
        Metric("feed_age_ratio", "ratio", "above", "数据滞后倍数", "age of the data feed", ()),
        Metric("feed_row_share", "ratio", "below", "数据行数比", "rows against the last load", ()),
    )
}

SCOPE_TYPES = ("company", "region", "team", "rep", "product_line", "source")


def untrusted_metrics(entities: set[str]) -> set[str]:
    """The metrics that depend on any of these entities, when those are stale, failed or partial."""
    return {name for name, metric in METRICS.items() if entities & set(metric.entities)}


def written(kind: Kind, value: float, language: Literal["zh", "en"], currency: str = "") -> str:
    """A value as a reader wants it: 62 %, 12.5 days, 120 万元; an em dash when there is none."""
    if value != value:
        return "—"
    if kind == "share":
        return f"{value * 100:.1f}%" if abs(value) < 0.1 else f"{value * 100:.0f}%"
    if kind == "money":
        return money(value, language, currency)
    if kind == "days":
        return f"{value:.1f} 天" if language == "zh" else f"{value:.1f} days"
    if kind == "ratio":
        return f"{value:.2f}"
    return f"{value:,.0f}" if abs(value) >= 20 or value == int(value) else f"{value:.1f}"


def money(amount: float, language: Literal["zh", "en"], currency: str) -> str:
    """An amount in words of the language: 万元 and 亿元 in Chinese, k and m in English."""
    if amount != amount:
        return "—"
    if language == "zh":
        unit = "元" if currency in {"CNY", ""} else currency
        if abs(amount) >= 1e8:
            return f"{amount / 1e8:,.2f} 亿{unit}"
        if abs(amount) >= 1e4:
            return f"{amount / 1e4:,.1f} 万{unit}"
        return f"{amount:,.0f} {unit}"
    prefix = f"{currency} " if currency else ""
    if abs(amount) >= 1e6:
        return f"{prefix}{amount / 1e6:,.2f}m"
    if abs(amount) >= 1e4:
        return f"{prefix}{amount / 1e3:,.0f}k"
    return f"{prefix}{amount:,.0f}"
