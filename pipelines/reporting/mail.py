"""A report as the body of a mail: the week's, and the review of a closed month or quarter, in one language.

Add here: what the mail's template needs to be told. Keep out: figures, wording, layout
(`templates/mail.html.j2`), and who gets it (`notifying/report_notices.py`).

A mail reader shows tables and colours and drops nearly all else, Outlook first: so the mail is not the page
but its gist, with bars of coloured cells, and every case leads to the board. It stays below what one message
may hold (`LARGEST`): where it does not, its lists are cut shorter, and say so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from pipelines.configuration.company import Company
from pipelines.language.figures import DASH, Writer
from pipelines.reporting import alert_words, story
from pipelines.reporting.figures import ReportFigures, read_figures
from pipelines.reporting.html import badge, template_environment
from pipelines.reporting.marts import Marts
from pipelines.reporting.records import Completion
from pipelines.reporting.review import KINDS, Ended, Review, read_review
from pipelines.reporting.review_pages import headline_of, outcome_word, rule_title
from pipelines.reporting.texts import say
from pipelines.reporting.weekly import opened

# Characters. Mail services split what is longer than 32,768 into several mails.
LARGEST = 32_000
ROWS = (12, 8, 5, 3, 1)


def mailed(
    warehouse: Path, name: str, *, company: Company, as_of: dt.date, board: str = ""
) -> Callable[[str], str]:
    """The body of the mail of a report (weekly, monthly, quarterly) by language; figures are read once.

    Empty where no such period had ended. Raises as `write_weekly_report` does.
    """
    with opened(warehouse, company) as connection:
        if name == "weekly":
            figures = read_figures(connection, as_of=as_of)
            return lambda language: weekly_mail(figures, company, language, board)
        review = read_review(Marts(connection), KINDS[name], as_of)
    return lambda language: review_mail(review, company, language, board) if review else ""


def weekly_mail(figures: ReportFigures, company: Company, language: str, board: str = "") -> str:
    """The week: where the periods stand, the cases that need somebody, months, regions and teams."""
    write = Writer(language, company.currency)

    def running(c: Completion) -> list[str]:
        return [
            say("tile.projected", language, share=write.percent(c.projected_share)),
            say("tile.miss", language, chance=write.chance(c.miss_probability)),
        ]

    progress = figures.progress
    return _mail(
        company, language, board,
        title=say("title", language),
        as_of=figures.as_of,
        headline=story.headline(figures, write),
        said=[story.alert_line(figures, write), *story.notices(figures, write)],
        periods=[
            _line(say(f"head.period.{kind}", language), c, c.expected_share, running(c))
            for kind in ("quarter", "month", "year")
            if (c := progress.company.get(kind))
        ],
        cases=figures.alerts.cases,
        months=[c for c in progress.months if c.target],
        scopes={
            kind: [_line("", c, c.expected_share) for c in progress.scopes.get(kind, ())]
            for kind in ("region", "team")
        },
    )  # fmt: skip


def review_mail(review: Review, company: Company, language: str, board: str = "") -> str:
    """The closed period: what came and what had been said, by scope; warnings, lessons, stages, scores."""
    write, t = Writer(language, company.currency), partial(say, language=language)

    def said(one: Ended) -> list[str]:
        if not one.said:
            return []
        return [t("review.said", amount=write.money_full(one.said), off=write.percent(one.off_by))]

    came = review.company
    compared = (("this", came), ("before", review.before), ("year_ago", review.year_ago))
    return _mail(
        company, language, board,
        title=t(f"review.title.{review.kind}"),
        as_of=review.as_of,
        headline=headline_of(review, write),
        periods=[
            _line(t(f"review.{name}"), one.came if isinstance(one, Ended) else one, None,
                  said(one) if isinstance(one, Ended) else ())
            for name, one in compared
            if one is not None
        ],
        scopes={
            kind: [_line("", one.came, None, said(one)) for one in rows]
            for kind, rows in review.scopes.items()
        },
        tables=[table for table in _tables(review, write, t) if table["rows"]],
        lessons=[{**row, "outcome": outcome_word(row["outcome"], language)} for row in review.lessons],
    )  # fmt: skip


def _tables(review: Review, write: Writer, t: Callable[..., str]) -> Iterable[dict[str, Any]]:
    yield {
        "title": t("review.warnings"),
        "head": [t("review.rule"), t("review.opened"), t("level.danger"), t("changes.recovered"), t("review.still_open")],
        "rows": [
            [rule_title(r, write.language), r["opened"], r["danger"], r["recovered"], r["still_open"]]
            for r in review.rules
        ],
    }  # fmt: skip
    yield {
        "title": t("funnel.title"),
        "head": [t("col.stage"), t("col.entered"), t("col.forward"), t("col.baseline")],
        "rows": [
            [s["stage"], write.count(s["entered"]), write.percent(s["exit_conversion"]), write.percent(s["usual"])]
            for s in review.stages
        ],
    }  # fmt: skip
    yield {
        "title": t("review.scores"),
        "head": [t("col.name"), t("review.due"), t("review.in_time"), t("changes.recovered")],
        "rows": [
            [s["name"] or s["person_id"], write.count(s["due"]), write.percent(s["in_time"] / s["due"]),
             write.count(s["recovered"])]
            for s in review.scores
        ],
    }  # fmt: skip


def _line(
    name: str, came: Completion, expected: float | None, more: Iterable[str] = ()
) -> dict[str, Any]:
    return {"name": name, "came": came, "expected": expected, "more": [*more]}


def _mail(company: Company, language: str, board: str, **parts: Any) -> str:
    template = template_environment().get_template("mail.html.j2")
    nothing: dict[str, Any] = {
        "said": [],
        "cases": [],
        "months": [],
        "scopes": {},
        "tables": [],
        "lessons": [],
    }
    mail = ""
    for most in ROWS:
        mail = template.render(
            {**nothing, **parts},
            company=company, language=language, board=board.rstrip("/"), most=most, dash=DASH,
            write=Writer(language, company.currency), words=alert_words,
            t=lambda key, **values: say(key, language, **values), badge=partial(badge, language=language),
        )  # fmt: skip
        mail = "\n".join(line.strip() for line in mail.splitlines() if line.strip())
        if len(mail) <= LARGEST:
            break
    return mail
