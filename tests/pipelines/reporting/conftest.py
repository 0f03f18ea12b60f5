"""The made-up company's marts, figures and pages, made once for all tests of the report."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from report_company import fill_all
from report_marts import AS_OF, MartsBuilder
from report_page import Page, figures_of

from pipelines.configuration.company import Company
from pipelines.reporting.figures import ReportFigures
from pipelines.reporting.html import render_weekly


@pytest.fixture(scope="session")
def company() -> Company:
    return Company(name="华信仪器", clock=AS_OF)


@pytest.fixture
def make_marts(tmp_path: Path) -> Callable[..., MartsBuilder]:
    """Builds an empty set of marts; the test adds its rows."""

    def make(name: str = "forewarn.duckdb", leave_out: Iterable[str] = ()) -> MartsBuilder:
        return MartsBuilder(tmp_path / name, leave_out)

    return make


@pytest.fixture(scope="session")
def full_marts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company with something to say in every part of the report."""
    marts = MartsBuilder(tmp_path_factory.mktemp("marts") / "forewarn.duckdb")
    fill_all(marts)
    return marts.path


@pytest.fixture(scope="session")
def figures(full_marts: Path) -> ReportFigures:
    return figures_of(full_marts)


@pytest.fixture(scope="session")
def page(figures: ReportFigures, company: Company) -> Page:
    return Page(render_weekly(figures, company, "zh"))


@pytest.fixture(scope="session")
def page_en(figures: ReportFigures, company: Company) -> Page:
    return Page(render_weekly(figures, company, "en"))
