"""The weekly meeting's agenda, made from what the data say: one page, thirty minutes at most.

Add here: a point of the meeting. Keep out: layout, and points that no figure supports.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.language.figures import Writer
from pipelines.reporting import alert_words, story
from pipelines.reporting.alert_records import Alert
from pipelines.reporting.figures import ReportFigures
from pipelines.reporting.texts import say, say_or

PER_ITEM = 3


@dataclass(frozen=True)
class AgendaItem:
    """One point: its title, minutes, and the facts to settle (with the person who answers)."""

    title: str
    minutes: int
    lines: tuple[tuple[str, str], ...]


def agenda(figures: ReportFigures, writer: Writer) -> list[AgendaItem]:
    """The points that have something to discuss, in the order of the meeting."""
    language = writer.language
    points = [
        ("progress", 4, _progress(figures, writer)),
        ("danger", 8, _alerts(figures, "danger", writer)),
        ("warning", 5, _alerts(figures, "warning", writer)),
        ("stage", 4, _stage(figures, writer)),
        ("customers", 4, _customers(figures, writer)),
        ("unanswered", 1, _unanswered(figures, writer)),
        ("recovered", 2, _recovered(figures, writer)),
        ("data", 2, _data(figures, writer)),
    ]
    return [
        AgendaItem(say(f"agenda.{key}", language), minutes, tuple(lines))
        for key, minutes, lines in points
        if lines
    ]


def _progress(figures: ReportFigures, writer: Writer) -> list[tuple[str, str]]:
    progress = figures.progress
    if progress.main is None:
        return []
    lines = [(story.headline(figures, writer), "")]
    behind = [
        c
        for kind in ("region", "team")
        for c in progress.scopes.get(kind, ())
        if c.level in ("danger", "warning")
    ]
    lines += [
        (
            say(
                "agenda.target",
                writer.language,
                name=c.scope_name,
                share=writer.percent(c.attainment),
                expected=writer.percent(c.expected_share),
                needed=writer.money_full(c.needed),
            ),
            "",
        )
        for c in behind[:PER_ITEM]
    ]
    return lines


def _alerts(figures: ReportFigures, level: str, writer: Writer) -> list[tuple[str, str]]:
    chosen = [case for case in figures.alerts.cases if case.level == level][:PER_ITEM]
    return [_alert(case.lead, writer) for case in chosen]


def _alert(alert: Alert, writer: Writer) -> tuple[str, str]:
    owner = alert.owner or say("alerts.no_owner", writer.language)
    return alert_words.alert_text(alert, writer.language).short, owner


def _stage(figures: ReportFigures, writer: Writer) -> list[tuple[str, str]]:
    if figures.funnel.weakest is None:
        return []
    return [
        (story.weakest_stage(figures.funnel, writer), ""),
        (say("do.stage_conversion", writer.language), ""),
    ]


def _customers(figures: ReportFigures, writer: Writer) -> list[tuple[str, str]]:
    language = writer.language
    accounts = [
        (
            say(
                "agenda.customer_line",
                language,
                name=account.account_name,
                state=story.account_state(account, language),
                amount=writer.money_full(account.amount),
            ),
            account.owner,
        )
        for account in figures.customers.at_risk[:PER_ITEM]
    ]
    orders = [
        (
            say(
                "agenda.order_line",
                language,
                order=order.order_id,
                name=order.account_name,
                days=writer.days(order.days_late),
                amount=writer.money_full(order.amount),
            ),
            order.owner,
        )
        for order in figures.customers.late_orders[:2]
    ]
    return accounts + orders


def _unanswered(figures: ReportFigures, writer: Writer) -> list[tuple[str, str]]:
    waiting = figures.alerts.unanswered
    if not waiting:
        return []
    oldest = min(alert.opened_on for case in waiting for alert in case.alerts)
    text = say(
        "agenda.unanswered_line", writer.language, count=len(waiting), day=writer.date(oldest)
    )
    owners = list(dict.fromkeys(case.lead.owner for case in waiting if case.lead.owner))
    return [(text, say("list", writer.language).join(owners[:PER_ITEM]))]


def _recovered(figures: ReportFigures, writer: Writer) -> list[tuple[str, str]]:
    return [_alert(alert, writer) for alert in figures.alerts.recovered[:PER_ITEM]]


def _data(figures: ReportFigures, writer: Writer) -> list[tuple[str, str]]:
    language = writer.language
    lines = [(notice, "") for notice in story.notices(figures, writer)]
    lines += [
        (
            f"{say_or(f'entity.{check.subject}', language, check.subject)}"
            f"{say('colon', language)}{check.sentence(language)}",
            "",
        )
        for check in figures.trust.failed[:PER_ITEM]
    ]
    return lines
