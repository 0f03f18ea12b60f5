"""The metrics a rule may name, and how their values are written.

Add here: a figure of the data feeds that a rule may watch. Keep out: what a metric is called, its unit
and which side hurts (its own yml, read by `pipelines/metrics`), and limits (`alert_rules.yml`).
"""

from __future__ import annotations

from typing import Literal

from pipelines.metrics import Direction, Kind, Label, Metric, definitions

__all__ = [
    "METRICS",
    "SCOPE_TYPES",
    "Direction",
    "Kind",
    "Metric",
    "money",
    "untrusted_metrics",
    "written",
]


def _feed(name: str, bad: Direction, zh: str, en: str) -> Metric:
    return Metric(name, "ratio", bad, Label((("en", en), ("zh", zh))), ())


# Every metric of the dbt project, and what `feeds.py` makes of the loads themselves.
METRICS: dict[str, Metric] = {
    **definitions().metrics,
    "feed_age_ratio": _feed("feed_age_ratio", "above", "数据滞后倍数", "age of the data feed"),
    "feed_row_share": _feed("feed_row_share", "below", "数据行数比", "rows against the last load"),
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
