"""The sentences about an alert: what is wrong, what to do, who answered, since when.

Add here: a sentence about one alert. Keep out: how the message of a rule is made
(`alerting/words/messages.py`), the words (`texts.py`), layout.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.language import text as words
from pipelines.language.alert_parts import without_advice, without_level
from pipelines.language.figures import DASH, Writer
from pipelines.reporting.alert_records import Alert, RuleRecord
from pipelines.reporting.texts import knows, say

# False alarms in 100 scopes and period below which a rule may be called quiet.
NOTABLE_RATE = 0.1
A_WEEK = 5  # workdays; a shorter silence is no news


@dataclass(frozen=True)
class AlertText:
    """An alert's message, taken apart for a card that has its own badge, owner and amount.

    `title` says where and what is wrong, `figures` by how much, `details` all the rest without
    the advice, `advice` what to do. `short` is title and figures, for a list.
    """

    title: str
    figures: str
    details: str
    advice: str
    short: str


def alert_text(alert: Alert, language: str) -> AlertText:
    """Take a message apart; one without advice gets the advice of its metric.

    Messages of rules read: level and scope, what is wrong; figures; since when; drivers; money;
    advice. A message by hand is free text and stays whole.
    """
    body, advice = without_advice(without_level(alert.message(language)))
    sentences = [part for part in re.split(r"(?<=。)|(?<=[.!?]) (?=\S)", body.strip()) if part]
    title, figures = (part.strip().rstrip("。.") for part in [*sentences, "", ""][:2])
    between = words("alerts.mark.sentences", first="", next="").into(language)
    key = f"do.{alert.metric}"
    return AlertText(
        title=title,
        figures=figures,
        details=between.join(part.strip() for part in sentences[1:]),
        advice=advice.strip().rstrip("。.") or say(key if knows(key) else "do.other", language),
        short=say("comma", language).join(part for part in (title, figures) if part),
    )


def response(alert: Alert, writer: Writer) -> str:
    """Who answered last, with what and when."""
    language = writer.language
    if not alert.last_action:
        return say("alerts.no_response", language)
    key = f"respond.{alert.last_action}"
    return say(
        key if knows(key) else "respond.other",
        language,
        person=alert.last_action_by or say("alerts.no_owner", language),
        day=writer.date(alert.last_action_on),
        action=alert.last_action,
    )


def drivers(alert: Alert, writer: Writer) -> str:
    """The three largest drivers in one line, or nothing."""
    said = [
        driver.label
        if driver.share is None
        else say(
            "alerts.driver",
            writer.language,
            label=driver.label,
            share=writer.percent(driver.share),
        )
        for driver in alert.drivers[:3]
    ]
    return say("list", writer.language).join(said)


def deals(alert: Alert, writer: Writer) -> list[str]:
    """The opportunities behind the alert, one line each: name, owner, stage, amount, what is odd."""
    language, lines = writer.language, []
    for deal in alert.deals:
        # An alert about a person need not name that person in every line.
        parts = [deal.name, "" if alert.scope_type == "rep" else deal.owner, deal.stage]
        if deal.amount is not None:
            parts.append(writer.money_full(deal.amount))
        if (deal.idle_workdays or 0) >= A_WEEK:
            parts.append(say("alerts.idle", language, days=deal.idle_workdays))
        if deal.expected_close_on is not None:
            parts.append(say("alerts.closes", language, day=writer.date(deal.expected_close_on)))
        lines.append(" · ".join(part for part in parts if part))
    return lines


def accounts(alert: Alert, writer: Writer) -> list[str]:
    """The customers behind the alert, one line each: name, owner, worth, how long silent."""
    language, lines = writer.language, []
    for account in alert.accounts:
        parts = [account.name, "" if alert.scope_type == "rep" else account.owner]
        if account.revenue is not None:
            amount = writer.money_full(account.revenue)
            parts.append(say("alerts.worth", language, amount=amount))
        parts.append(
            say("alerts.never_heard", language)
            if account.unheard_days is None
            else say("alerts.unheard", language, days=account.unheard_days)
        )
        lines.append(" · ".join(part for part in parts if part))
    return lines


def telling_records(records: Sequence[RuleRecord]) -> list[RuleRecord]:
    """Rules with something to say: a precision, or false alarms that one should expect."""
    return [
        record
        for record in records
        if record.precision is not None or (record.expected_false or 0.0) >= NOTABLE_RATE
    ]


def precision(record: RuleRecord, writer: Writer) -> str:
    """Share of past alerts that were right, with its interval; a dash with too few cases."""
    if record.precision is None:
        return DASH
    low, high = writer.percent(record.precision_low), writer.percent(record.precision_high)
    return f"{writer.percent(record.precision)} ({low}–{high})"


def expected_false(record: RuleRecord, writer: Writer) -> str:
    """False alarms to expect in 100 quiet scopes."""
    if record.expected_false is None:
        return DASH
    often = "< 0.1" if record.expected_false < NOTABLE_RATE else f"{record.expected_false:.1f}"
    return say(f"rules.per.{record.grain}", writer.language, often=often)


def open_for(alert: Alert, as_of: dt.date, writer: Writer) -> str:
    """Since when an alert is open, and for how many days."""
    days = writer.days((as_of - alert.since).days + 1)
    return say("alerts.since", writer.language, day=writer.date(alert.since), days=days)
