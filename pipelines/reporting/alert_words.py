"""The sentences about an alert: what is wrong, what to do, who answered, since when.

Add here: a sentence about one alert. Keep out: how the message of a rule is made
(`alerting/messages.py`), the words (`texts.py`), layout.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from pipelines.reporting.numbers import Writer
from pipelines.reporting.records import Alert
from pipelines.reporting.texts import TEXTS, say

# How the rules' messages mark their level and their advice (`alerting/messages.py`).
LEVEL_HEAD = re.compile(r"^\s*(【[^】]*】|(?:Normal|Warning|Danger): )")
ADVICE_HEADS = ("建议:", "建议：", "Next: ")


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
    message = LEVEL_HEAD.sub("", alert.message(language)).strip()
    body, _, advice = _partition(message, ADVICE_HEADS)
    sentences = [part for part in re.split(r"(?<=。)|(?<=[.!?]) (?=\S)", body.strip()) if part]
    title, figures = (part.strip().rstrip("。.") for part in [*sentences, "", ""][:2])
    glue = "" if language == "zh" else " "
    key = f"do.{alert.metric}"
    return AlertText(
        title=title,
        figures=figures,
        details=glue.join(part.strip() for part in sentences[1:]),
        advice=advice.strip().rstrip("。.") or say(key if key in TEXTS else "do.other", language),
        short=say("comma", language).join(part for part in (title, figures) if part),
    )


def _partition(text: str, heads: tuple[str, ...]) -> tuple[str, str, str]:
    for head in heads:
        if head in text:
            return text.rpartition(head)
    return text, "", ""


def response(alert: Alert, writer: Writer) -> str:
    """Who answered last, with what and when."""
    language = writer.language
    if not alert.last_action:
        return say("alerts.no_response", language)
    key = f"respond.{alert.last_action}"
    return say(
        key if key in TEXTS else "respond.other",
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


def open_for(alert: Alert, as_of: dt.date, writer: Writer) -> str:
    """Since when an alert is open, and for how many days."""
    days = writer.days((as_of - alert.since).days + 1)
    return say("alerts.since", writer.language, day=writer.date(alert.since), days=days)
