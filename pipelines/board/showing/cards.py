"""The sentences of a card: what, now, usual, since, who, money, how sure, what to do.

Add here: a line of a card. Keep out: which facts there are (`reading/cards.py`), layout (`templates/`).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from markupsafe import Markup

from pipelines.board.reading.cards import Card
from pipelines.board.site import Visit
from pipelines.language import text
from pipelines.ledger.lookup import Alert
from pipelines.ledger.refusals import OUTCOMES, outcome_name
from pipelines.notifying.describing import in_language, title_of
from pipelines.reporting.selling_charts import spark
from pipelines.reporting.story import judged_value, metric_value

PERSON_OUTCOMES = ("leave", "handover", "left", "accepted")
USUAL_OUTCOMES = tuple(outcome for outcome in OUTCOMES if outcome not in PERSON_OUTCOMES[:3])
# A word for a chance that people do not take for a promise.
_IN_TEN = 10


def card_values(visit: Visit, card: Card) -> dict[str, Any]:
    """Every line of a card in the visitor's language; empty ones are left out by the template."""
    alert, language = card.alert, visit.language
    return {
        "title": heading(alert, visit),
        "now": now_line(alert, visit),
        "course": course(alert, visit),
        "spark": weeks(alert, visit),
        "since": _day(alert.details.get("since")) or alert.opened_on,
        "money": money_line(card, visit),
        "advice": _begun(in_language(alert, "advice", language)),
        "record": in_language(alert, "record", language),
        # Too few past cases say nothing: the page of the warning says so, a card has no room for it.
        "is_judged": alert.details.get("rule_precision") is not None,
        "said": alert.message if alert.origin == "reported" else "",
        "status": status(card, visit),
        "due": due(card, visit),
        "kind": kind_of(card),
        "outcomes": outcomes(card, language),
        "chips": chips(alert, visit),
        "snoozes": snooze_days(visit),
    }


def heading(alert: Alert, visit: Visit) -> str:
    """Where and what: the finding as a title."""
    language = visit.language
    where = visit.scope_name(alert.scope_type, alert.scope_id, alert.scope_name)
    if alert.details.get("dimension"):
        where = f"{where} · {alert.details['dimension']}"
    if alert.origin == "reported":
        return text("board.card.reported", where=where).into(language)
    return text("board.card.heading", where=where, what=title_of(alert, language)).into(language)


def now_line(alert: Alert, visit: Visit) -> str:
    """The figure now and what is usual; of targets the chance to miss them."""
    writer, language = visit.writer, visit.language
    if alert.origin == "reported" or alert.value is None:
        return ""
    value = judged_value(alert.metric, alert.value, writer)
    if alert.metric == "concentration":  # nobody's usual: the limit alone judges it
        return text("board.card.now", value=value).into(language)
    if alert.metric == "target_attainment":
        return text(
            "board.card.target",
            value=value,
            expected=writer.percent(alert.expected),
            chance=writer.chance(alert.probability),
        ).into(language)
    if alert.expected is None:
        return text("board.card.now", value=value).into(language)
    expected = judged_value(alert.metric, alert.expected, writer)
    return text("board.card.now_usual", value=value, expected=expected).into(language)


def weeks(alert: Alert, visit: Visit) -> Markup:
    """The last weeks of the figure as a small line over its usual band, where the page has read them."""
    run = visit.runs.get(alert.alert_id)
    known = [value for value in run.values if value is not None] if run else []
    if run is None or len(known) < 2:
        return Markup("")
    ends = [metric_value(alert.metric, value, visit.writer) for value in (known[0], known[-1])]
    label = text("board.spark.weeks", count=len(run.values), first=ends[0], last=ends[1])
    return spark(run.values, label.into(visit.language), run.usual)


def course(alert: Alert, visit: Visit) -> str:
    """Getting better or worse, where the evaluation says."""
    direction = alert.details.get("direction")
    if direction in ("better", "worse", "unchanged"):
        return text(f"board.card.direction.{direction}").into(visit.language)
    return ""


def money_line(card: Card, visit: Visit) -> str:
    """Money at risk, counted once, with how sure it is; a share of ten, never a certainty."""
    language, alert = visit.language, card.alert
    if card.money is None:
        return text("board.card.no_money").into(language)
    if card.money == 0:
        return text("board.card.money_elsewhere").into(language)
    amount = visit.writer.money_in_words(card.money)
    whole = visit.writer.money_in_words(float(alert.amount_at_risk or 0))
    if float(alert.amount_at_risk or 0) > card.money and whole != amount:
        # As its sentence has it, and what the sum over the cases takes of it.
        return text("board.card.money_part", amount=whole, counted=amount).into(language)
    if alert.probability is None or alert.metric == "target_attainment":
        return text("board.card.money", amount=amount).into(language)
    tenths = max(1, min(round(alert.probability * _IN_TEN), _IN_TEN - 1))
    return text("board.card.money_sure", amount=amount, tenths=tenths).into(language)


def status(card: Card, visit: Visit) -> str:
    """Who has it and what they said last."""
    last, language = card.standing.last, visit.language
    if card.alert.resolved_at is not None:
        return text(
            "board.card.resolved",
            person=visit.person(card.alert.resolved_by),
            outcome=outcome_name(card.alert.outcome or "accepted"),
        ).into(language)
    if last is None:
        owner = visit.person(card.alert.responsible)
        key = "board.card.nobody_of" if owner else "board.card.nobody"
        return text(key, owner=owner).into(language)
    key = f"board.card.did.{last.action}"
    when = visit.writer.date(last.acted_at.astimezone(visit.site.settings.timezone).date())
    return text(
        key,
        person=visit.person(last.person_id),
        to=visit.person(last.assigned_to),
        day=when,
        until=visit.writer.date(last.until),
        words=last.text,
    ).into(language)


def due(card: Card, visit: Visit) -> dict[str, Any] | None:
    """The next step that is owed, and whether it is late."""
    step = card.step
    if step is None or card.alert.snoozed(visit.as_of):
        return None
    late = step.due_on < visit.as_of
    key = f"board.card.due.{step.name}_late" if late else f"board.card.due.{step.name}"
    day = visit.writer.date(step.due_on)
    return {"late": late, "words": text(key, day=day).into(visit.language)}


def kind_of(card: Card) -> str:
    """Which answers come first: new, taken, planned, person, ended."""
    alert = card.alert
    if alert.resolved_at is not None or alert.state != "open":
        return "ended"
    if alert.planned_at is not None:
        return "planned"
    if alert.assigned_to is not None:
        return "taken"
    return "new"


def outcomes(card: Card, language: str) -> list[tuple[str, str]]:
    """The outcomes that a resolution offers; for a question about a person theirs come first."""
    about_person = card.alert.scope_type == "rep" and card.alert.metric == "activities"
    keys = (
        (*PERSON_OUTCOMES, "recovered", "false_alarm", "data_error")
        if about_person
        else USUAL_OUTCOMES
    )
    proposed = card.alert.proposed_outcome
    ordered = sorted(keys, key=lambda key: key != proposed) if proposed else keys
    return [(key, outcome_name(key).into(language)) for key in ordered]


def chips(alert: Alert, visit: Visit) -> list[str]:
    """Plans to choose without typing: the rule's advice, and two that always fit."""
    advice = _begun(in_language(alert, "advice", visit.language))
    usual = [text(f"board.chip.{name}").into(visit.language) for name in ("talk", "review")]
    return [one for one in (advice, *usual) if one][:3]


def snooze_days(visit: Visit) -> list[tuple[str, str]]:
    """Three days, a week, the end of the month; each with its day."""
    today = visit.now.date()
    end = (today.replace(day=1) + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
    days = {"three": today + dt.timedelta(days=3), "week": today + dt.timedelta(days=7)}
    if end > days["week"]:
        days["month"] = end
    return [
        (day.isoformat(),
         text(f"board.snooze.{name}", day=visit.writer.date(day)).into(visit.language))
        for name, day in days.items()
    ]  # fmt: skip


def _begun(words: str) -> str:
    return words[:1].upper() + words[1:]


def _day(value: object) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(value)[:10]) if value else None
    except ValueError:
        return None
