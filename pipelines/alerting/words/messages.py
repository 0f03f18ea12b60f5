"""The sentences of a warning, in every language, that a director understands.

Add here: how a kind of condition reads. Keep out: the words (catalogues), values (`wording.py`),
the weeks of a filter (`judging/weeks.py`), titles and advice of rules (`alert_rules.yml`), layout.

Order: level and scope; what is wrong; the figures; since when; what drives it; money; what to do.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.alerting.cases.drivers import Driver
from pipelines.alerting.conditions import ON_PERSONS
from pipelines.alerting.judging.weeks import Present, said
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.words.figures import Figure, pooled, unit_of
from pipelines.alerting.words.wording import (
    Amount,
    Clauses,
    Day,
    Heading,
    Paragraph,
    Written,
    chance,
    is_known,
    level,
    percent,
    where,
)
from pipelines.language import Text, text
from pipelines.language.text import one_of

MOST_NAMED = 3
# By less than this above the fastest ever, both are written as the same figure.
BEYOND = 1.05


@dataclass(frozen=True)
class Facts:
    """What a sentence may say. NaN and None are left out of it. `best`: the fastest finish of earlier
    periods from the same part of them on, per workday. `parts`: title in Chinese and English
    and level of the rules that make this one. `figures`: what a rule pools, those that speak.
    """

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
    best: float = math.nan
    full_miss: float = math.nan
    drivers: Sequence[Driver] = ()
    agrees: bool = False
    now: Present | None = None
    parts: Sequence[tuple[str, str, str]] = ()
    figures: Sequence[Figure] = ()


def message(rule: Rule, facts: Facts, currency: str) -> Paragraph:
    """One short paragraph; the same facts always give the same text."""
    figures = _figures(rule, facts, currency)
    return Paragraph(
        [
            _head(rule, facts),
            *figures,
            _since(facts),
            _sure(rule, facts),
            text("alerts.agrees") if facts.agrees else None,
            _driven(facts.drivers),
            _amount(rule, facts, currency),
            text("alerts.advice", advice=rule.advice),
        ]
    )


def _head(rule: Rule, facts: Facts) -> Text:
    recovering = facts.now is not None and facts.now.recovering
    return text(
        "alerts.head_recovering" if recovering else "alerts.head",
        level=level(facts.level),
        where=where(facts.scope_type, facts.scope_name, facts.dimension),
        title=rule.title,
    )


def _since(facts: Facts) -> Text:
    if facts.now is not None:
        first, last = facts.now.begun_first, facts.now.begun_last
        known = {"day": Day(facts.since), "first": Day(first), "last": Day(last)}
        if (last - first).days < 7:
            return text("alerts.since.week", **known)
        return text("alerts.since.span", **known)
    if facts.since < facts.day:
        return text("alerts.since.day", day=Day(facts.since))
    return text("alerts.since.first", day=Day(facts.day))


def _sure(rule: Rule, facts: Facts) -> Text | None:
    if (facts.now is None and not facts.figures) or not math.isfinite(facts.probability):
        return None
    return text("alerts.sure", chance=chance(facts.probability))


def _amount(rule: Rule, facts: Facts, currency: str) -> Text | None:
    if not math.isfinite(facts.amount) or facts.amount <= 0:
        return None
    amount = Amount(facts.amount, currency)
    if rule.money.by == "gap":
        return text("alerts.gap", amount=amount)
    return text("alerts.touched", amount=amount, weeks=rule.money.weeks)


@dataclass(frozen=True)
class _Part:
    zh: str
    en: str
    level: str

    def into(self, language: str) -> str:
        title = one_of({"zh": self.zh, "en": self.en}, language)
        return text("alerts.part", title=title, level=level(self.level)).into(language)


@dataclass(frozen=True)
class _Named:
    driver: Driver

    def into(self, language: str) -> str:
        found = text("alerts.driver", name=self.driver.name, share=percent(self.driver.share))
        return found.into(language)


def _driven(drivers: Sequence[Driver]) -> Text | None:
    main = [d for d in drivers if d.share >= 0.1][:MOST_NAMED]
    if not main:
        return None
    rest = 1 - sum(d.share for d in main)
    names = [_Named(d) for d in main]
    if rest < 0.005:
        return text("alerts.drivers", names=names)
    return text("alerts.drivers_rest", names=names, rest=percent(rest))


def _figures(rule: Rule, facts: Facts, currency: str) -> list[Any]:
    kind = rule.condition.type
    if rule.on_targets:
        return [_target(rule, facts, currency)]
    if facts.parts:
        return [text(f"alerts.figures.{kind}", parts=[_Part(*part) for part in facts.parts])]
    if facts.figures:
        return pooled(facts.figures, currency)
    unit = unit_of(rule)
    if facts.now is not None:
        return said(rule, facts.now, unit, currency)
    values = {
        "metric": rule.described.label,
        "heading": Heading(rule.described.label),
        "value": Written(unit, facts.value, currency),
        "expected": Written(unit, facts.expected, currency),
        "limit": Written(unit, facts.limit, currency),
    }
    if isinstance(rule.condition, ON_PERSONS):
        return [text("alerts.figures.person", **values, weeks=rule.condition.weeks)]
    if kind in {"rate_fall", "rate_shift"}:
        count = int(facts.sample) if math.isfinite(facts.sample) else 0
        key = "alerts.figures.rate_fell" if rule.side == "below" else "alerts.figures.rate_rose"
        return [text(key, **values, count=count, chance=chance(facts.probability))]
    if kind == "limit" or not math.isfinite(facts.expected):
        return [text("alerts.figures.limit", **values)]
    key = f"alerts.figures.against.{_yardstick(rule)}"
    return [text(key, **values, measured=_measured(rule, values))]


def _measured(rule: Rule, values: Mapping[str, Any]) -> Text:
    """The metric with its value and the periods that it is of: 最近 4 周跟进次数 77."""
    condition, grain = rule.condition, rule.grain
    window = getattr(condition, "window", 1)
    if condition.type == "consecutive":
        return text(f"alerts.measured.running.{grain}", count=condition.periods, **values)
    if condition.type == "count_shift":
        return text(f"alerts.measured.lately.{grain}", **values)
    if window > 1:
        return text(f"alerts.measured.over.{grain}", count=window, **values)
    return text("alerts.measured.once", **values)


def _yardstick(rule: Rule) -> str:
    """What the value is compared with: the end of a key."""
    if rule.condition.type == "trend":
        return "start"
    against = getattr(rule.condition, "against", None)
    return against if against in {"previous", "year_ago"} else "usual"


def _target(rule: Rule, facts: Facts, currency: str) -> Text:
    condition = rule.condition
    period = text(f"alerts.period.{condition.period}")  # type: ignore[union-attr]
    done, due = percent(facts.value), percent(facts.expected)
    of_plan = condition.type == "pace" and condition.of != "attainment"
    key = "alerts.target.pace" if of_plan else "alerts.target.done"
    parts: list[Any] = [text(key, period=period, heading=Heading(period), done=done, due=due)]
    if math.isfinite(facts.probability):
        if math.isfinite(facts.full_miss):
            parts.append(
                text(
                    "alerts.target.chances",
                    ninety=chance(facts.probability, steps=False),
                    full=chance(max(facts.full_miss, facts.probability), steps=False),
                )
            )
        else:
            parts.append(
                text("alerts.target.chance", chance=chance(facts.probability, steps=False))
            )
    if math.isfinite(facts.days_left):
        days = int(facts.days_left)
        parts.append(text("alerts.target.days_left", count=days) if days > 0
                     else text("alerts.target.last_day"))  # fmt: skip
    if is_known(facts.needed) and facts.needed > 0 and facts.days_left > 0:
        parts.append(text("alerts.target.needed", amount=Amount(facts.needed, currency)))
        if is_known(facts.best) and facts.best > 0:
            done = "never" if facts.needed > BEYOND * facts.best else "before"
            parts.append(text(f"alerts.target.best_{done}", amount=Amount(facts.best, currency)))
    return text("alerts.target.all", parts=Clauses(parts))
