"""The report lists cases: one cause once, its alerts inside, and the same numbers everywhere."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from report_marts import MartsBuilder, alert
from report_page import Page, figures_of

from pipelines.configuration.company import Company
from pipelines.language.figures import Writer
from pipelines.reporting import story
from pipelines.reporting.figures import ReportFigures
from pipelines.reporting.html import render_weekly
from pipelines.reporting.workbook import workbook_bytes

Make = Callable[..., MartsBuilder]


def of_case(
    case_id: str, alert_id: str, level: str, amount: float | None, role: str, **others: Any
) -> dict[str, Any]:
    said = f"{alert_id}处：订单减少。上周 3，同期应有 9。"
    return alert(alert_id, level, amount, case_id=case_id, role=role, message_zh=said, **others)


@pytest.fixture
def cases(make_marts: Make) -> ReportFigures:
    """A region with two teams below it, a case whose root has ended, and a risk told by hand."""
    marts = make_marts()
    ended = {"state": "recovered", "closed_on": dt.date(2026, 10, 28)}
    marts.add(
        "fct_alerts",
        of_case("C1", "团队一", "danger", 9_000_000, "symptom"),
        of_case("C1", "大区", "warning", 4_000_000, "root"),
        of_case("C1", "团队二", "warning", None, "symptom"),
        of_case("C1", "已恢复", "danger", 800_000, "symptom", **ended),
        of_case("C2", "旧根", "danger", 700_000, "root", **ended),
        of_case("C2", "余波", "warning", 600_000, "symptom"),
        alert("手报", "danger", 500_000, probability=None),
    )
    marts.add(
        "fct_cases",
        {"case_id": "C1", "root_alert_id": "大区", "state": "open", "amount_counted": 3_000_000},
        {"case_id": "C2", "root_alert_id": "旧根", "state": "open", "amount_counted": 500_000},
        {"case_id": "C9", "root_alert_id": "别的", "state": "closed", "amount_counted": None},
    )
    return figures_of(marts.path)


def test_a_case_is_told_by_its_root_while_that_stands(cases: ReportFigures) -> None:
    told = [
        (c.lead.alert_id, c.level, [a.alert_id for a in c.symptoms]) for c in cases.alerts.cases
    ]
    # One of its alerts is in danger, so the case is, whatever its root says.
    assert told == [
        ("大区", "danger", ["团队一", "团队二"]),
        ("手报", "danger", []),
        ("余波", "warning", []),
    ]


def test_money_is_counted_once_and_every_alert_stands_in_one_case(cases: ReportFigures) -> None:
    counts = cases.alerts.counts
    assert (counts.cases, counts.danger, counts.warning, counts.alerts) == (3, 2, 1, 5)
    assert counts.money == 3_500_000  # not the sum of the alerts' amounts, and nothing told by hand
    standing = sorted(a.alert_id for case in cases.alerts.cases for a in case.alerts)
    assert standing == sorted(a.alert_id for a in cases.alerts.open)


def test_header_cards_list_and_workbook_say_the_same_numbers(
    cases: ReportFigures, company: Company
) -> None:
    page = Page(render_weekly(cases, company, "zh"))
    line = "需要处理的事项 3 个：危险 2、警戒 1（预警共 5 条），涉及金额合计 350.0 万元"
    assert line in page.words("//header")
    cards = page.root.xpath("//article[@data-case]")
    assert len(cards) == 3
    assert len([card for card in cards if "danger" in card.get("class").split()]) == 2
    assert line in story.alert_line(cases, Writer("zh", "CNY"))
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(cases, company)))
    assert line in [row[1].value for row in book.worksheets[0].iter_rows()]
    rows = [[c.value for c in row] for row in book["预警"].iter_rows(min_row=2)]
    assert [row[-2:] for row in rows[:3]] == [["主因", "C1"], ["连带", "C1"], ["连带", "C1"]]
    english = Page(render_weekly(cases, company, "en")).words("//header")
    assert "3 cases need action (2 danger, 1 warning; alerts: 5)" in english


def test_a_card_lists_what_follows_from_its_cause_and_what_it_adds(
    cases: ReportFigures, company: Company
) -> None:
    page = Page(render_weekly(cases, company, "zh"))
    card = page.words("//article[@data-case='C1']")
    assert "大区处：订单减少" in card
    assert "同一原因的其他预警 2 条" in card
    assert "◆危险 团队一处：订单减少" in card
    assert "已恢复" not in card
    assert "其中 300.0 万元 计入合计" in card
    assert "同一原因" not in page.words("//article[@data-alert='手报']")


def test_many_symptoms_are_counted_and_cut(make_marts: Make, company: Company) -> None:
    marts = make_marts()
    marts.add(
        "fct_alerts",
        of_case("C1", "根", "danger", 1, "root"),
        *(of_case("C1", f"末{n}", "warning", 1, "symptom") for n in range(7)),
    )
    page = Page(render_weekly(figures_of(marts.path), company, "zh"))
    assert "同一原因的其他预警 7 条" in page.words("//article[@data-case='C1']")
    assert len(page.root.xpath("//ul[contains(@class, 'symptoms')]/li")) == 4


def test_without_cases_every_alert_stands_alone_and_no_total_is_guessed(
    make_marts: Make, company: Company
) -> None:
    marts = make_marts(leave_out=["fct_cases"])
    marts.add("fct_alerts", alert("甲", "danger", 100), alert("乙", "warning", 100))
    found = figures_of(marts.path)
    assert (found.alerts.counts.cases, found.alerts.counts.money) == (2, None)
    assert "合计" not in Page(render_weekly(found, company, "zh")).words("//header")
