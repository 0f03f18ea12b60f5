"""The report's first screen says whose target may hold others', and what that does to the company's.

Add here: another shape of such targets. Keep out: how they are found (tests/companies/targets).
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from report_company import fill_people
from report_marts import MartsBuilder, completion
from report_page import Page, figures_of

from pipelines.configuration.company import Company
from pipelines.reporting.html import render_weekly

Make = Callable[..., MartsBuilder]


def suspected(rep_id: str, kind: str, month: int, amount: float, **others: Any) -> dict[str, Any]:
    return {
        "period_type": kind,
        "period_start": dt.date(2026, month, 1),
        "scope_id": rep_id,
        "metric": "revenue",
        "whole_amount": amount,
        "finding": "may_contain_people",
    } | others


def header(marts: MartsBuilder, company: Company, language: str) -> str:
    return Page(render_weekly(figures_of(marts.path), company, language)).words("//header")


def marts_with(make_marts: Make, origin: str) -> MartsBuilder:
    marts = make_marts()
    fill_people(marts)
    row = completion("company", "company", 9e6, 3e6, 0.31, 0.5, "normal")
    marts.add("fct_target_completion", row | {"target_origin": origin})
    return marts


def test_a_summed_target_may_be_too_high_by_all_suspected_months(
    make_marts: Make, company: Company
) -> None:
    marts = marts_with(make_marts, "summed")
    marts.add(
        "rpt_target_alignment",
        *(suspected("R1", "month", month, 500_000) for month in (9, 10, 11)),
        suspected("R1", "year", 1, 6_000_000),
        # A quarter's target holds its months'.
        *(suspected("X9", "month", month, 200_000) for month in (10, 11, 12)),
        *(suspected("X9", "quarter", month, 700_000) for month in (7, 10)),
        suspected("R3", "month", 10, 900_000, finding="contains_people"),
        suspected("R4", "month", 10, 900_000, metric="orders"),
    )
    # October and November of R1, the quarter of X9; September and the year's are not in the quarter.
    assert figures_of(marts.path).progress.suspected.excess == 1_700_000
    zh, en = (header(marts, company, language) for language in ("zh", "en"))
    assert "X9" in zh
    assert "公司本季度目标最多多算 170.0 万元" in zh
    assert "target of this quarter may then be up to" in en
    assert "includes_team" in en


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_declared_company_target_is_not_called_too_high(
    make_marts: Make, company: Company, language: str
) -> None:
    marts = marts_with(make_marts, "declared")
    marts.add("rpt_target_alignment", *(suspected(f"X{n}", "month", 10, 9e5) for n in range(7)))
    found = figures_of(marts.path).progress.suspected
    assert (len(found.names), found.excess) == (7, None)
    shown = header(marts, company, language)
    assert "X4" in shown
    assert "X5" not in shown
    assert "2 人" in shown if language == "zh" else "2 more" in shown


def test_nothing_is_said_where_nothing_is_suspected(make_marts: Make, company: Company) -> None:
    marts = marts_with(make_marts, "summed")
    assert "includes_team" not in header(marts, company, "en")
