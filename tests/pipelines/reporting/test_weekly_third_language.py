"""A third language is one more catalogue: the report is written in it without a line of code."""

from __future__ import annotations

from pathlib import Path

from report_marts import AS_OF

from pipelines.configuration.company import Company
from pipelines.language import languages
from pipelines.language.catalogue import catalogue
from pipelines.reporting.figures import ReportFigures
from pipelines.reporting.html import render_weekly
from pipelines.reporting.weekly import write_weekly_report


def test_the_report_is_whole_in_a_language_that_is_one_more_file(
    third_language: str, figures: ReportFigures, company: Company
):
    page = render_weekly(figures, company, third_language)
    assert page.count("⟦") > 150
    titles = [
        words
        for key, words in catalogue("en").items()
        if key.startswith("report.") and key.endswith(".title") and isinstance(words, str)
    ]
    shown = [words for words in titles if f"⟦{words}⟧" in page]
    assert len(shown) > 8
    # Every heading is the third language's, none the English one it was made from.
    assert not [words for words in shown if f">{words}<" in page]


def test_a_page_of_its_own_is_written_for_every_catalogue(
    third_language: str, full_marts: Path, company: Company, tmp_path: Path
):
    assert languages() == ("zh", "en", "de")
    written = write_weekly_report(full_marts, tmp_path / "out", company=company, as_of=AS_OF)
    assert [path.name for path in written] == [
        "weekly.html",
        "weekly.en.html",
        "weekly.de.html",
        "weekly.xlsx",
        "weekly.en.xlsx",
        "weekly.de.xlsx",
    ]


def test_a_company_may_speak_it(third_language: str, figures: ReportFigures):
    company = Company(name="Musterfirma", language=third_language, currency="EUR", clock=AS_OF)
    assert "⟦" in render_weekly(figures, company, company.language)
