"""The sentence of a warning, in Chinese and English, that a director understands.

Add here: how a kind of condition reads. Keep out: titles and advice of rules (`alert_rules.yml`)
and the layout of a notification.

Order: level and scope; what is wrong; the figures; since when; what drives it; money; what to do.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipelines.alerting.catalogue import money, written
from pipelines.alerting.conditions import ON_PARTS
from pipelines.alerting.drivers import Driver
from pipelines.alerting.rules import Rule

Language = Literal["zh", "en"]
LEVELS = {
    "zh": {"normal": "正常", "warning": "警戒", "danger": "危险"},
    "en": {"normal": "Normal", "warning": "Warning", "danger": "Danger"},
}
PERIODS = {
    "zh": {"month": "本月", "quarter": "本季度", "year": "本年度"},
    "en": {"month": "this month", "quarter": "this quarter", "year": "this year"},
}
COMPANY = {"zh": "全公司", "en": "The whole company"}


@dataclass(frozen=True)
class Facts:
    """What a sentence may say. NaN and None are left out of it."""

    scope_type: str
    scope_name: str
    dimension: str
    level: str
    day: dt.date
    since: dt.date
    value: float
    expected: float
    limit: float
    sample: float
    probability: float
    amount: float
    days_left: float = math.nan
    needed: float = math.nan
    drivers: Sequence[Driver] = ()
    agrees: bool = False


def message(rule: Rule, facts: Facts, language: Language, currency: str) -> str:
    """One short paragraph; the same facts always give the same text."""
    zh = language == "zh"
    title = rule.title.zh if zh else rule.title.en
    advice = rule.advice.zh if zh else rule.advice.en
    name = COMPANY[language] if facts.scope_type == "company" else facts.scope_name
    where = name
    if facts.dimension:
        where = f"{name}「{facts.dimension}」" if zh else f"{name}, {facts.dimension}"
    level = LEVELS[language][facts.level]
    head = f"【{level}】{where}:{title}" if zh else f"{level}: {where}: {title}"
    parts = [head, _figures(rule, facts, language, currency), _since(facts, language)]
    if facts.agrees:
        parts.append("另有独立指标同时报警" if zh else "An independent indicator agrees")
    parts.append(_driven(facts.drivers, language))
    parts.append(_amount(rule, facts, language, currency))
    parts.append(f"建议:{advice}" if zh else f"Next: {advice}")
    stop = "。" if zh else ". "
    text = stop.join(part.rstrip("。. ") for part in parts if part)
    return full_width((text + stop).strip()) if zh else (text + stop).strip()


_BETWEEN_WORDS = {",": "，", ":": "：", ";": "；", "(": "（", ")": "）"}
# A comma or colon inside a number stays: 1,234 and 10:30.
_PUNCTUATION = re.compile(r"[();]|(?<!\d)[,:]|[,:](?!\d)")


def full_width(text: str) -> str:
    """Chinese text with the punctuation that Chinese is written with."""
    return _PUNCTUATION.sub(lambda found: _BETWEEN_WORDS[found.group()], text)


def _date(day: dt.date, language: Language) -> str:
    return f"{day.month}月{day.day}日" if language == "zh" else f"{day.day} {day:%b}"


def _since(facts: Facts, language: Language) -> str:
    since, day = _date(facts.since, language), _date(facts.day, language)
    if language == "zh":
        return f"自{since}起" if facts.since < facts.day else f"{day}首次出现"
    return f"Since {since}" if facts.since < facts.day else f"First seen on {day}"


def _amount(rule: Rule, facts: Facts, language: Language, currency: str) -> str:
    if not math.isfinite(facts.amount) or facts.amount <= 0:
        return ""
    amount = money(facts.amount, language, currency)
    if rule.money.by == "gap":
        return f"预计缺口 {amount}" if language == "zh" else f"Projected gap {amount}"
    if language == "zh":
        return f"受影响的销售额约 {amount}(按 {rule.money.weeks} 周计)"
    return f"About {amount} of revenue over {rule.money.weeks} weeks is at risk"


def _driven(drivers: Sequence[Driver], language: Language) -> str:
    main = [d for d in drivers if d.share >= 0.1][:MOST_NAMED]
    if not main:
        return ""
    if language == "zh":
        return "主要来自" + "、".join(f"{d.name}({d.share:.0%})" for d in main)
    return "Mainly " + ", ".join(f"{d.name} ({d.share:.0%})" for d in main)


MOST_NAMED = 3


def _figures(rule: Rule, facts: Facts, language: Language, currency: str) -> str:
    kind = rule.condition.type
    if rule.on_targets:
        return _target(rule, facts, language, currency)
    zh = language == "zh"
    metric = rule.described.zh if zh else rule.described.en
    unit = rule.described.kind
    pooled = getattr(rule.condition, "window", 1) > 1 or isinstance(rule.condition, ON_PARTS)
    if rule.described.counts_cases and pooled:
        unit = "share"  # a count of many cases, judged as a share of them
    if rule.metric == "concentration":
        unit = "share"  # a ratio without a bound, though one reads it as a part of the target

    def show(value: float) -> str:
        return written(unit, value, language, currency)

    value, expected, limit = show(facts.value), show(facts.expected), show(facts.limit)
    if kind in {"rate_fall", "rate_shift"}:
        sure, n = _chance(facts.probability, language), f"{facts.sample:.0f}"
        moved = (
            ("降到" if rule.side == "below" else "升到")
            if zh
            else ("fell to" if rule.side == "below" else "rose to")
        )
        if zh:
            return f"{metric}{moved} {value}(平时 {expected}),{n} 个样本,确有变化的可能性{sure}"
        return (
            f"{metric.capitalize()} {moved} {value} (usually {expected}) on {n} cases, "
            f"{sure} likely to be a real change"
        )
    if kind == "limit" or not math.isfinite(facts.expected):
        if zh:
            return f"{metric}为 {value},界限 {limit}"
        return f"{metric.capitalize()} is {value}, limit {limit}"
    span, usual = _span(rule, language), _usual(rule, language)
    if zh:
        return f"{span}{metric} {value},{usual} {expected},界限 {limit}"
    return f"{metric.capitalize()}: {value}{span}, {usual} {expected}, limit {limit}"


UNITS = {
    "zh": {"day": "天", "week": "周", "month": "个月", "quarter": "个季度"},
    "en": {"day": "day", "week": "week", "month": "month", "quarter": "quarter"},
}


def _span(rule: Rule, language: Language) -> str:
    """Before the metric in Chinese, after the value in English."""
    condition, zh = rule.condition, language == "zh"
    window, unit = getattr(condition, "window", 1), UNITS[language][rule.grain]
    if condition.type == "consecutive":
        return (
            f"连续 {condition.periods} {unit},最近一期"
            if zh
            else (f" after {condition.periods} {unit}s running")
        )
    if condition.type == "count_shift":
        return f"近期平均每{unit.removeprefix('个')}" if zh else f" per {unit} lately"
    if window > 1:
        return f"最近 {window} {unit}" if zh else f" over {window} {unit}s"
    return ""


def _usual(rule: Rule, language: Language) -> str:
    against = getattr(rule.condition, "against", None)
    if rule.condition.type == "trend":
        return "开始时" if language == "zh" else "at the start"
    if against == "previous":
        return "上期" if language == "zh" else "previous period"
    if against == "year_ago":
        return "去年同期" if language == "zh" else "a year ago"
    return "平时" if language == "zh" else "usually"


def _chance(probability: float, language: Language) -> str:
    """Never a certainty: no rule can give one. In Chinese with the space before a figure."""
    if probability > 0.995:
        return "超过 99%" if language == "zh" else "over 99%"
    return f" {probability:.0%}" if language == "zh" else f"{probability:.0%}"


def _target(rule: Rule, facts: Facts, language: Language, currency: str) -> str:
    zh = language == "zh"
    period = PERIODS[language][rule.condition.period]  # type: ignore[union-attr]
    done, due = f"{facts.value:.0%}", f"{facts.expected:.0%}"
    if rule.condition.type == "pace" and rule.condition.of != "attainment":
        parts = [f"{period}进度为应有的 {done}" if zh else f"{period} at {done} of plan to date"]
    else:
        parts = [
            f"{period}已完成目标的 {done},按进度应为 {due}"
            if zh
            else f"{done} of {period}'s target reached, {due} expected by now"
        ]
    if math.isfinite(facts.probability):
        p = _chance(facts.probability, language)
        parts.append(f"完不成九成的概率{p}" if zh else f"{p} likely to end below 90%")
    if math.isfinite(facts.days_left):
        days = f"{facts.days_left:.0f}"
        parts.append(f"还剩 {days} 天" if zh else f"{days} days left")
    if math.isfinite(facts.needed) and facts.needed > 0:
        amount = money(facts.needed, language, currency)
        parts.append(f"每个工作日需 {amount}" if zh else f"{amount} needed per workday")
    return (",".join(parts)) if zh else ", ".join(parts)
