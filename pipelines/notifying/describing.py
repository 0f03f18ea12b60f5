"""One alert in words: its line in a list, its figures, its reasons.

Add here: something that a notice says of one alert. Keep out: layout (`messages.py`) and which
alerts a notice holds (`selection.py`).

Beyond the columns that the ledger keeps it reads, where the evaluation gives them, from `details`:
`rule_title_zh/_en`, `advice_zh/_en`, `message_zh/_en` (and `other_languages`), `dimension`, `since`, `period_end`,
`days_left`, `needed_per_week`, `deals` (list of name, owner_id, stage, idle_workdays, amount,
expected_close_on), `data_state`, `record_zh/_en`, `parent_alert_id`, `mode`.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from typing import Any

from pipelines.alerting.series.catalogue import METRICS
from pipelines.language import stored
from pipelines.language.alert_parts import without_advice, without_level
from pipelines.language.figures import Writer
from pipelines.ledger.due import IsWorkday, next_step
from pipelines.ledger.lookup import Alert
from pipelines.notifying.messages import Block, Items, Line
from pipelines.notifying.slices import Hierarchy
from pipelines.notifying.wording import Language, word

_MOST_DRIVERS, _MOST_DEALS = 3, 5
A_WEEK = 5  # workdays; a shorter silence of a deal is no news


def in_language(alert: Alert, name: str, language: Language) -> str:
    """A text of `details` in the recipient's language, else in the company's or another, else empty."""
    plain = alert.details.get(name)
    said = stored.exactly(alert.details, name, language) or plain
    return said if isinstance(said, str) else stored.found(alert.details, name, language)


def sentence(alert: Alert, language: Language) -> str:
    """What the alert says, in one sentence."""
    said = stored.exactly(alert.details, "message", language) or alert.message
    return said or f"{title_of(alert, language)} {alert.scope_name}"


def statement(alert: Alert, language: Language) -> str:
    """The sentence without its level and its advice, where both stand beside it anyway."""
    said = without_level(sentence(alert, language))
    return without_advice(said)[0] if in_language(alert, "advice", language) else said


def title_of(alert: Alert, language: Language) -> str:
    """The rule in plain words, else the metric's name."""
    if alert.origin == "reported":
        return word("reported", language)
    title = in_language(alert, "rule_title", language)
    if title:
        return title
    metric = METRICS.get(alert.metric)
    return metric.label.into(language) if metric else alert.rule


def headline(alert: Alert, language: Language, change: str = "", level: str | None = None) -> str:
    """`[危险·新预警] 华东大区 目标完成率`: the title of a notice."""
    mark = word(level or alert.level, language)
    if change:
        mark = f"{mark} · {change}"
    title = title_of(alert, language)
    return word("headline", language, mark=mark, scope=alert.scope_name, title=title)


def short_line(
    alert: Alert, language: Language, currency: str, note: str = "", level: str | None = None
) -> str:
    """One alert as one line of a list; `level` is that of the case it stands for."""
    said = without_level(sentence(alert, language))
    extras = [note] if note else []
    if alert.amount_at_risk:
        amount = Writer(language, currency).money_in_words(float(alert.amount_at_risk))
        if amount not in said:
            extras.insert(0, f"{word('money', language)} {amount}")
    extras.append(alert.alert_id[:8] if alert.origin == "evaluated" else alert.alert_id[:15])
    mark = word(level or alert.level, language)
    return word("line", language, level=mark, said=said, extras=" · ".join(extras))


def figures(alert: Alert, language: Language, currency: str) -> list[Block]:
    """Rule, scope, period and the figures it was judged by; what is unknown is left out.

    A period is named for rules on targets only: elsewhere it is the week that opened the alert,
    which `since` says better.
    """
    metric, writer = METRICS.get(alert.metric), Writer(language, currency)

    def shown(value: float | None) -> str:
        if value is None or not math.isfinite(value):
            return ""
        if metric is None:
            return f"{value:g}"
        # Both are ratios without a bound, though people read them as a part of the target.
        share = alert.metric in {"target_attainment", "concentration"}
        return writer.value("share" if share else metric.kind, value)

    details = alert.details
    scope = alert.scope_name
    if details.get("dimension"):
        scope = f"{scope} · {details['dimension']}"
    period = ""
    if alert.period_start and details.get("period_end"):
        end = dt.date.fromisoformat(str(details["period_end"])[:10])
        period = f"{alert.period_start} – {end}"
    amount = alert.amount_at_risk
    rule = f"{_begun(title_of(alert, language))} ({alert.rule} {alert.rule_version})"
    pairs = [
        ("rule", rule),
        ("scope", scope),
        ("period", period),
        ("value", shown(alert.value)),
        ("expected", shown(alert.expected)),
        # Of targets the limit is a probability, not a figure beside value and expectation.
        ("limit", "" if alert.metric == "target_attainment" else shown(alert.limit_value)),
        ("sample", writer.count(alert.sample_size) if alert.sample_size else ""),
        ("money", writer.money_in_words(float(amount)) if amount else ""),
        ("probability", chance(alert.probability)),
        ("since", str(details.get("since") or alert.opened_on)[:10]),
        ("days_left", str(details.get("days_left") or "")),
        ("needed", _needed(details.get("needed_per_week"), language, currency)),
        ("reported_by", str(details.get("reported_by") or "")),
        ("data", in_language(alert, "data_state", language)),
        ("record", in_language(alert, "record", language)),
    ]
    return [Line(value, word(key, language)) for key, value in pairs if value]


def chance(probability: float | None) -> str:
    """A probability in words; never a certainty, for no rule can give one."""
    if probability is None or not math.isfinite(probability):
        return ""
    if probability > 0.995:
        return "> 99%"
    return "< 1%" if probability < 0.005 else f"{probability:.0%}"


def _needed(value: Any, language: Language, currency: str) -> str:
    try:
        return Writer(language, currency).money_in_words(float(value)) if value is not None else ""
    except (TypeError, ValueError):
        return ""


def reasons(alert: Alert, language: Language, currency: str, hierarchy: Hierarchy) -> list[Block]:
    """Up to three drivers with their share of the gap, and up to five deals or customers."""
    blocks: list[Block] = []
    drivers = alert.drivers if isinstance(alert.drivers, list) else []
    lines = [_driver(driver, language) for driver in drivers[:_MOST_DRIVERS]]
    if any(lines):
        blocks.append(Items(tuple(filter(None, lines)), word("drivers", language)))
    # An alert about a person need not name that person in every line.
    owners = hierarchy if alert.scope_type != "rep" else None
    rows = [_deal(deal, language, currency, owners) for deal in deals_of(alert)[:_MOST_DEALS]]
    if any(rows):
        blocks.append(Items(tuple(filter(None, rows)), word("deals", language)))
    rows = [_account(one, language, currency, owners) for one in _listed(alert, "accounts")]
    if any(rows):
        blocks.append(Items(tuple(filter(None, rows[:_MOST_DEALS])), word("accounts", language)))
    advice = in_language(alert, "advice", language)
    if advice:
        blocks.append(Line(_begun(advice), word("advice", language)))
    return blocks


def _begun(text: str) -> str:
    """As a line begins: rules write their texts to stand within a sentence."""
    return text[:1].upper() + text[1:]


def deals_of(alert: Alert) -> list[Any]:
    """The opportunities behind the alert; empty when the evaluation gave none."""
    return _listed(alert, "deals")


def _listed(alert: Alert, name: str) -> list[Any]:
    listed = alert.details.get(name)
    if isinstance(listed, str):
        try:
            listed = json.loads(listed)
        except json.JSONDecodeError:
            return []
    return listed if isinstance(listed, list) else []


def _driver(driver: Any, language: Language) -> str:
    if isinstance(driver, str):
        return driver
    if not isinstance(driver, dict):
        return ""
    name = str(driver.get("name") or driver.get("id") or "")
    if driver.get("effect") in {"mix", "volume", "rate"}:
        effect = word(driver["effect"], language)
        name = word("driver_effect", language, name=name, effect=effect)
    share = driver.get("share")
    if name and isinstance(share, int | float):
        return f"{name} · {word('share_of_gap', language, share=f'{share:.0%}')}"
    return name


def _deal(deal: Any, language: Language, currency: str, owners: Hierarchy | None) -> str:
    if not isinstance(deal, dict) or not deal.get("name"):
        return ""
    parts = [str(deal["name"])]
    if owners is not None and deal.get("owner_id"):
        parts.append(owners.name_of(str(deal["owner_id"])))
    if deal.get("stage"):
        parts.append(str(deal["stage"]))
    if isinstance(deal.get("amount"), int | float):
        parts.append(Writer(language, currency).money_in_words(float(deal["amount"])))
    if isinstance(deal.get("idle_workdays"), int | float) and deal["idle_workdays"] >= A_WEEK:
        parts.append(word("idle", language, days=f"{deal['idle_workdays']:.0f}"))
    if deal.get("expected_close_on"):
        parts.append(word("closes", language, day=deal["expected_close_on"]))
    return " · ".join(parts)


def _account(account: Any, language: Language, currency: str, owners: Hierarchy | None) -> str:
    if not isinstance(account, dict) or not account.get("name"):
        return ""
    parts = [str(account["name"])]
    if owners is not None and account.get("owner_id"):
        parts.append(owners.name_of(str(account["owner_id"])))
    if isinstance(account.get("revenue_12m"), int | float):
        amount = Writer(language, currency).money_in_words(float(account["revenue_12m"]))
        parts.append(word("worth", language, amount=amount))
    if isinstance(account.get("unheard_days"), int | float):
        parts.append(word("unheard", language, days=f"{account['unheard_days']:.0f}"))
    else:
        parts.append(word("never_heard", language))
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
