"""Who is told that a report is there: whoever asked for it in recipients.yml (`reports`).

Add here: what such a message says. Keep out: the report itself (`reporting/`), and when one is written
(`assets/reports.py`).

Mails carry the report itself (its gist, as far as mail readers show it: `reporting/mail.py`), everything
else its headline; both lead to it. A report is of the whole company, so only those hear of it whose slice is the whole company. Each report
is told once to each of them, through the outbox like every notice.
"""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from pipelines.language import text
from pipelines.ledger.due import IsWorkday
from pipelines.ledger.store import Ledger
from pipelines.notifying.hours import earliest
from pipelines.notifying.messages import Block, Line, Link, Message, compose
from pipelines.notifying.outbox import Delivery, deliver, enqueue, key_of
from pipelines.notifying.recipients import Recipient

_HEADLINE = re.compile(r'<h1 id="headline">(.*?)</h1>', re.DOTALL)
_ALERTS = re.compile(r"<strong>(.*?)</strong>", re.DOTALL)


@dataclass(frozen=True)
class ReadyReport:
    """A report that is there: `kind` (weekly, monthly, quarterly), the period's day that tells it from
    others, its files, the company's language first, and what a mail of it holds, by language.
    """

    kind: str
    of: dt.date
    pages: tuple[Path, ...]
    mail: Callable[[str], str] | None = None

    def page(self, language: str) -> Path:
        """The page in a language; the company's where there is none."""
        own = f".{language}.html"
        return next((path for path in self.pages if path.name.endswith(own)), self.pages[0])


def tell_of_reports(
    ledger: Ledger,
    recipients: Sequence[Recipient],
    ready: Sequence[ReadyReport],
    *,
    now: dt.datetime,
    timezone: ZoneInfo,
    is_workday: IsWorkday,
    outbox_dir: Path,
    base_url: str,
    pauses: Sequence[float] = (1.0, 3.0),
) -> Delivery | None:
    """Tell each recipient of the reports that they asked for; None where nobody asked for any of them."""
    wanted = [(one, report) for report in ready for one in recipients if report.kind in one.reports]
    if not wanted:
        return None
    with ledger.writing() as session:
        ledger.serialise(session)
        for recipient, report in wanted:
            page, language = report.page(recipient.language), recipient.language
            told = page.read_text(encoding="utf-8")
            said = [
                _plain(found) for found in (_HEADLINE.search(told), _ALERTS.search(told)) if found
            ]
            address = f"{base_url.rstrip('/')}/reports/{page.parent.name}/{page.name}"
            title = text(f"notice.report.{report.kind}", day=report.of).into(language)
            link = Link(text("notice.report.open").into(language), address)
            blocks: list[Block] = [*map(Line, said), link]
            message = compose(title, blocks)
            enqueue(
                session, recipient, message, in_mails=partial(_whole, message, link, report, language), kind="report", alert_ids=(), now=now,
                notice_key=key_of(recipient.person_id, "report", report.kind, report.of),
                not_before=earliest(recipient, now, timezone, is_workday),
            )  # fmt: skip
    return deliver(ledger, recipients, now=now, outbox_dir=outbox_dir, pauses=pauses)


def _whole(message: Message, link: Link, report: ReadyReport, language: str) -> Message:
    """The message of a mail: the way to the report, then the report."""
    body = report.mail(language) if report.mail else ""
    return replace(message, html=f"{compose('', [link]).html}\n{body}") if body else message


def _plain(found: re.Match[str]) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", found[1])).strip()
