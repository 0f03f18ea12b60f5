"""One alert in words: its line in a list, its figures, its reasons.

Add here: something that a notice says of one alert. Keep out: layout (`messages.py`) and which
alerts a notice holds (`selection.py`).

Beyond the columns of `fct_alerts` it reads, where the evaluation gives them, from `details`:
`rule_title_zh/_en`, `advice_zh/_en`, `message_zh/_en`, `dimension`, `since`, `period_end`,
`days_left`, `needed_per_week`, `deals` (list of name, owner_id, idle_days, amount), `data_state`,
`record_zh/_en` (else `precision`, `lead_days`), `parent_alert_id`, `mode`.
"""

from __future__ import annotations

import json
import math
from typing import Any

from pipelines.alerting.catalogue import METRICS, money, written
from pipelines.ledger.due import IsWorkday, next_step
from pipelines.ledger.lookup import Alert
from pipelines.notifying.messages import Block, Items, Line
from pipelines.notifying.slices import Hierarchy
from pipelines.notifying.wording import Language, word

_MOST_DRIVERS, _MOST_DEALS = 3, 5


def in_language(alert: Alert, name: str, language: Language) -> str:
    """A text of `details` in the recipient's language, else the other one, else empty."""
    other = "en" if language == "zh" else "zh"
    for key in (f"{name}_{language}", name, f"{name}_{other}"):
        text = alert.details.get(key)
        if isinstance(text, dict):
            text = text.get(language)
        if isinstance(text, str) and text:
            return text
    return ""


def sentence(alert: Alert, language: Language) -> str:
    """What the alert says, in one sentence."""
    own = alert.details.get(f"message_{language}")
    if isinstance(own, str) and own:
        return own
    return alert.message or f"{title_of(alert, language)} {alert.scope_name}"


def title_of(alert: Alert, language: Language) -> str:
    """The rule in plain words, else the metric's name."""
    if alert.origin == "reported":
        return word("reported", language)
    title = in_language(alert, "rule_title", language)
    if title:
        return title
    metric = METRICS.get(alert.metric)
    return (metric.zh if language == "zh" else metric.en) if metric else alert.rule


def headline(alert: Alert, language: Language, change: str = "", level: str | None = None) -> str:
    """`[危险·新预警] 华东大区 目标完成率`: the title of a notice."""
    mark = word(level or alert.level, language)
    if change:
        mark = f"{mark} · {change}"
    opening, closing = ("【", "】") if language == "zh" else ("[", "] ")
    return f"{opening}{mark}{closing}{alert.scope_name} · {title_of(alert, language)}"


def short_line(alert: Alert, language: Language, currency: str, note: str = "") -> str:
    """One alert as one line of a list."""
    opening, closing = ("【", "】") if language == "zh" else ("[", "] ")
    line = f"{opening}{word(alert.level, language)}{closing}{sentence(alert, language)}"
    extras = [note] if note else []
    if alert.amount_at_risk:
        amount = money(float(alert.amount_at_risk), language, currency)
        extras.insert(0, f"{word('money', language)} {amount}")
    extras.append(alert.alert_id[:8] if alert.origin == "evaluated" else alert.alert_id[:15])
    brackets = ("（", "）", "，") if language == "zh" else (" (", ")", ", ")
    return f"{line}{brackets[0]}{brackets[2].join(extras)}{brackets[1]}"


def figures(alert: Alert, language: Language, currency: str) -> list[Block]:
    """Rule, scope, period and the figures it was judged by; what is unknown is left out."""
    metric = METRICS.get(alert.metric)

    def shown(value: float | None) -> str:
        if value is None or not math.isfinite(value):
            return ""
        return written(metric.kind, value, language, currency) if metric else f"{value:g}"

    details = alert.details
    scope = alert.scope_name
    if details.get("dimension"):
        scope = f"{scope} · {details['dimension']}"
    period = alert.period_start.isoformat() if alert.period_start else ""
    if period and details.get("period_end"):
        period = f"{period} – {details['period_end']}"
    amount = alert.amount_at_risk
    pairs = [
        ("rule", f"{title_of(alert, language)} ({alert.rule} {alert.rule_version})"),
        ("scope", scope),
        ("period", period),
        ("value", shown(alert.value)),
        ("expected", shown(alert.expected)),
        ("limit", shown(alert.limit_value)),
        ("sample", f"{alert.sample_size:,}" if alert.sample_size else ""),
        ("money", money(float(amount), language, currency) if amount else ""),
        ("probability", f"{alert.probability:.0%}" if alert.probability is not None else ""),
        ("since", str(details.get("since") or alert.opened_on)),
        ("days_left", str(details.get("days_left") or "")),
        ("needed", _needed(details.get("needed_per_week"), language, currency)),
        ("reported_by", str(details.get("reported_by") or "")),
        ("data", in_language(alert, "data_state", language)),
        ("record", in_language(alert, "record", language) or _record(details, language)),
    ]
    return [Line(value, word(key, language)) for key, value in pairs if value]


def _needed(value: Any, language: Language, currency: str) -> str:
    return money(float(value), language, currency) if isinstance(value, int | float) else ""


def _record(details: dict[str, Any], language: Language) -> str:
    parts = []
    if isinstance(details.get("precision"), int | float):
        parts.append(word("precision", language, share=f"{details['precision']:.0%}"))
    if isinstance(details.get("lead_days"), int | float):
        parts.append(word("lead", language, days=f"{details['lead_days']:.0f}"))
    return ("，" if language == "zh" else ", ").join(parts)


def reasons(alert: Alert, language: Language, currency: str, hierarchy: Hierarchy) -> list[Block]:
    """Up to three drivers with their share of the gap, and up to five deals or customers."""
    blocks: list[Block] = []
    drivers = alert.drivers if isinstance(alert.drivers, list) else []
    lines = [_driver(driver, language) for driver in drivers[:_MOST_DRIVERS]]
    if any(lines):
        blocks.append(Items(tuple(filter(None, lines)), word("drivers", language)))
    deals = alert.details.get("deals")
    if isinstance(deals, str):
        try:
            deals = json.loads(deals)
        except json.JSONDecodeError:
            deals = None
    if isinstance(deals, list):
        rows = [_deal(deal, language, currency, hierarchy) for deal in deals[:_MOST_DEALS]]
        if any(rows):
            blocks.append(Items(tuple(filter(None, rows)), word("deals", language)))
    advice = in_language(alert, "advice", language)
    if advice:
        blocks.append(Line(advice, word("advice", language)))
    return blocks


def _driver(driver: Any, language: Language) -> str:
    if isinstance(driver, str):
        return driver
    if not isinstance(driver, dict):
        return ""
    name = str(driver.get("name") or driver.get("id") or "")
    if driver.get("effect") in {"mix", "volume", "rate"}:
        effect = word(driver["effect"], language)
        name = f"{name}（{effect}）" if language == "zh" else f"{name} ({effect})"
    share = driver.get("share")
    if name and isinstance(share, int | float):
        return f"{name} · {word('share_of_gap', language, share=f'{share:.0%}')}"
    return name


def _deal(deal: Any, language: Language, currency: str, hierarchy: Hierarchy) -> str:
    if not isinstance(deal, dict) or not deal.get("name"):
        return ""
    parts = [str(deal["name"])]
    if deal.get("owner_id"):
        parts.append(hierarchy.name_of(str(deal["owner_id"])))
    if isinstance(deal.get("idle_days"), int | float):
        parts.append(word("idle", language, days=f"{deal['idle_days']:.0f}"))
    if isinstance(deal.get("amount"), int | float):
        parts.append(money(float(deal["amount"]), language, currency))
    return " · ".join(parts)


def owed(
    alert: Alert, language: Language, hierarchy: Hierarchy, is_workday: IsWorkday
) -> list[Block]:
    """Who is to do what until when; nothing when nothing is owed."""
    step = next_step(alert, is_workday)
    if step is None:
        return []
    action, person = word(f"step_{step.name}", language), hierarchy.name_of(alert.responsible)
    text = (
        word("person_until", language, person=person, step=action, day=step.due_on)
        if person
        else word("until", language, step=action, day=step.due_on)
    )
    return [Line(text, word("answer", language))]
