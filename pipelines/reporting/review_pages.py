"""The review of a closed month or quarter as one HTML page a language.

Add here: what its template needs to be told. Keep out: figures (`review.py`), layout (`templates/`).
"""

from __future__ import annotations

import datetime as dt
from functools import partial
from pathlib import Path

from pipelines.configuration.company import Company
from pipelines.failures import PermanentFailure
from pipelines.language import languages, stored, text
from pipelines.language.figures import DASH, Writer
from pipelines.reporting.html import badge, template_environment
from pipelines.reporting.marts import Marts, Row
from pipelines.reporting.review import KINDS, Review, read_review
from pipelines.reporting.texts import say
from pipelines.reporting.weekly import opened, replace_whole


def write_review(
    warehouse: Path, out_dir: Path, name: str, *, company: Company, as_of: dt.date, board: str = ""
) -> list[Path]:
    """Write monthly.html or quarterly.html and the same in every other language; return their paths.

    Raises PermanentFailure where no such period had ended by that day, or the marts cannot be read.
    """
    with opened(warehouse, company) as connection:
        review = read_review(Marts(connection), KINDS[name], as_of)
    if review is None:
        raise PermanentFailure(
            text("report.failure.writing"),
            where=name,
            cause=text("report.review.none_ended"),
            next_step=text("report.review.first_targets"),
        )
    out_dir.mkdir(parents=True, exist_ok=True)
    ordered = dict.fromkeys([company.language, *languages()])
    return [
        replace_whole(
            out_dir
            / (f"{name}.html" if language == company.language else f"{name}.{language}.html"),
            render_review(review, company, language, board).encode(),
        )
        for language in ordered
    ]


def last_ended(warehouse: Path, company: Company, kind: str, as_of: dt.date) -> dt.date | None:
    """The last day of the last `kind` (month, quarter) that had ended by a day; None if none had."""
    with opened(warehouse, company) as connection:
        rows = Marts(connection).rows(
            "fct_target_completion", "period_end",
            "metric = 'revenue' and period_type = ? and scope_type = 'company' and period_end <= ?",
            [kind, as_of], "period_end desc limit 1",
        )  # fmt: skip
    return rows[0]["period_end"] if rows else None


def render_review(review: Review, company: Company, language: str, board: str = "") -> str:
    """The page's text in one language; the same figures give the same text."""
    writer = Writer(language, company.currency)
    page = template_environment().get_template("review.html.j2").render(
        review=review,
        company=company,
        board=board.rstrip("/"),
        headline=headline_of(review, writer),
        write=writer,
        dash=DASH,
        t=lambda key, **values: say(key, language, **values),
        badge=partial(badge, language=language),
        rule_title=partial(rule_title, language=language),
        outcome=partial(outcome_word, language=language),
    )  # fmt: skip
    return page + "\n"


def headline_of(review: Review, writer: Writer) -> str:
    """What the period came to, in one sentence."""
    came = review.company.came
    return text(
        "report.review.headline" if came.target else "report.review.headline_no_target",
        span=writer.span(review.start, review.end), year=review.end.year,
        share=writer.percent(came.attainment), actual=writer.money_in_words(came.actual),
        target=writer.money_in_words(came.target),
    ).into(writer.language)  # fmt: skip


def rule_title(row: Row, language: str) -> str:
    """What a rule is called; its id in marts that know no titles."""
    return stored.found(row, "rule_title", language) or row["rule"]


def outcome_word(outcome: str | None, language: str) -> str:
    """How a warning ended, in words."""
    return text(f"ledger.outcome.{outcome}").into(language) if outcome else DASH
