"""What a closed month or quarter came to: the right period, its figures, and every word in each language."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from report_marts import AS_OF, MartsBuilder, alert, completion

from pipelines.configuration.company import Company
from pipelines.failures import PermanentFailure
from pipelines.reporting import mail
from pipelines.reporting.review_pages import write_review

SEPTEMBER = ("month", (dt.date(2026, 9, 1), dt.date(2026, 9, 30)))
AUGUST = ("month", (dt.date(2026, 8, 1), dt.date(2026, 8, 31)))
LAST_YEAR = ("month", (dt.date(2025, 9, 1), dt.date(2025, 9, 30)))
OCTOBER = ("month", (dt.date(2026, 10, 1), dt.date(2026, 10, 31)))
LIBRARY = (
    "create table marts.rpt_case_library(alert_id text, rule text, scope_name text, level text, opened_on date, "
    "resolved_on date, days_open int, outcome text, plans text, note text)"
)
SCORES = (
    "create table marts.rpt_response_scores(person_id text, month date, alerts_due bigint, "
    "answered_in_time bigint, recovered bigint)"
)


@pytest.fixture
def marts(make_marts: Callable[..., MartsBuilder]) -> MartsBuilder:
    found = make_marts()
    for period, actual, level in (
        (SEPTEMBER, 9_000_000, "warning"), (AUGUST, 11_000_000, "met"), (LAST_YEAR, 8_000_000, "normal"),
        (OCTOBER, 1_000_000, "normal"),
    ):  # fmt: skip
        found.add(
            "fct_target_completion",
            completion("company", "company", 10_000_000, actual, 1.0, None, level, period=period),
        )
    for team, actual, level in (("T1", 6_000_000, "met"), ("T2", 3_000_000, "danger")):
        found.add(
            "fct_target_completion",
            completion(
                "team",
                team,
                5_000_000,
                actual,
                1.0,
                None,
                level,
                name=f"{team} <队>",
                period=SEPTEMBER,
            ),
        )
    for day, said in ((6, 1_000_000), (13, 2_500_000), (27, 2_900_000)):
        found.add(
            "fct_target_completion_history",
            {"as_of": dt.date(2026, 9, day), "period_type": "month", "period_start": SEPTEMBER[1][0],
             "scope_type": "team", "scope_id": "T2", "metric": "revenue", "projected_amount": said},
        )  # fmt: skip
    found.add(
        "fct_alerts",
        alert("A", "danger", 1, opened_on=dt.date(2026, 9, 7), state="recovered"),
        alert("B", "warning", 1, opened_on=dt.date(2026, 9, 14), rule="pace"),
        alert("C", "warning", 1, opened_on=dt.date(2026, 10, 14), rule="later"),
        alert("D", "warning", 1, opened_on=dt.date(2026, 9, 14), rule="trial", mode="watch"),
    )
    found.add("dim_rep", {"rep_id": "U1", "rep_name": "王芳", "is_current": True})
    with duckdb.connect(str(found.path)) as connection:
        connection.execute(LIBRARY)
        connection.execute(
            "insert into marts.rpt_case_library values "
            "('A', 'pace', '二队', 'danger', '2026-09-07', '2026-09-21', 14, 'recovered', '拜访客户', '早两周<b>'), "
            "('Z', 'pace', '二队', 'danger', '2026-08-07', '2026-08-21', 14, 'recovered', '上月', 'x')"
        )
        connection.execute(SCORES)
        connection.execute(
            "insert into marts.rpt_response_scores values ('U1', '2026-09-01', 4, 3, 1), ('U1', '2026-08-01', 9, 9, 9)"
        )
    return found


def written(
    marts: MartsBuilder, out: Path, name: str = "monthly", day: dt.date = AS_OF
) -> list[Path]:
    company = Company(name="华信仪器", clock=AS_OF)
    return write_review(
        marts.path, out, name, company=company, as_of=day, board="https://b.example.com/"
    )


def row(page: str, mark: str) -> list[str]:
    """The cells of the one row that bears a mark, without tags."""
    (found,) = re.findall(rf"<tr {mark}>(.*?)</tr>", page, flags=re.S)
    return [
        re.sub(r"<[^>]+>", "", cell).strip()
        for cell in re.findall(r"<td.*?</td>", found, flags=re.S)
    ]


def test_the_last_month_that_had_ended(marts: MartsBuilder, tmp_path: Path) -> None:
    paths = written(marts, tmp_path)
    assert [path.name for path in paths] == ["monthly.html", "monthly.en.html"]
    chinese, english = (path.read_text(encoding="utf-8") for path in paths)
    (headline,) = re.findall(r'<h1 id="headline">(.*?)</h1>', english)
    assert headline.startswith("1 Sep – 30 Sep 2026: 90% of the target")
    assert re.findall(r'data-period="(\w+)"', chinese) == ["this", "before", "year_ago"]
    # Half way, 2.5 million had been projected; 3 came.
    assert row(chinese, 'data-id="T2"') == [
        "T2 &lt;队&gt;",
        "◆危险",
        "500.0",
        "300.0",
        "60%",
        "250.0",
        "20%",
    ]
    assert row(chinese, 'data-id="T1"')[-2:] == ["—", "—"]
    assert chinese.index('data-id="T2"') < chinese.index('data-id="T1"')
    assert row(chinese, 'data-rule="pace"')[1:] == ["1", "0", "0", "1"]
    assert "later" not in english
    assert "trial" not in english
    assert "拜访客户" in chinese
    assert "早两周&lt;b&gt;" in chinese
    assert "上月" not in chinese
    assert 'href="https://b.example.com/warnings/A"' in chinese
    assert row(english, 'data-id="U1"') == ["王芳", "4", "75%", "1"]
    # Again: the same bytes. A month earlier: that month.
    assert [path.read_bytes() for path in written(marts, tmp_path / "again")] == [
        path.read_bytes() for path in paths
    ]
    (earlier, _) = written(marts, tmp_path / "earlier", day=dt.date(2026, 9, 15))
    assert "110%" in earlier.read_text(encoding="utf-8")


def test_every_period_needs_to_have_ended(marts: MartsBuilder, tmp_path: Path) -> None:
    with pytest.raises(PermanentFailure, match="No such period has ended"):
        written(marts, tmp_path, "quarterly")
    assert not (tmp_path / "quarterly.html").exists()


def test_a_mail_of_it_is_made_of_what_mail_readers_show(
    marts: MartsBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def body(name: str, language: str) -> str:
        company = Company(name="华信仪器", clock=AS_OF)
        board = "https://b.example.com/"
        return mail.mailed(marts.path, name, company=company, as_of=AS_OF, board=board)(language)

    review, week = body("monthly", "en"), body("weekly", "zh")
    for told in (review, week):
        assert len(told) <= mail.LARGEST
        assert not re.search(r"<(?:style|svg|img|link|script|details)|class=|var\(", told)
    assert "1 Sep – 30 Sep 2026: 90% of the target" in review
    assert 'width="90%" bgcolor="#2463a8"' in review
    assert "T2 &lt;队&gt;" in review
    assert 'href="https://b.example.com/warnings/A"' in review
    assert "Half way CNY 2.5M were projected; off by 20%." in review
    assert 'lang="zh-CN"' in week
    assert 'href="https://b.example.com/warnings/B"' in week
    assert body("quarterly", "en") == ""
    # What does not fit into one message is cut to the worst, and says so.
    monkeypatch.setattr(mail, "LARGEST", 1_000)
    cut = body("monthly", "en")
    assert "T2 &lt;队&gt;" in cut
    assert "T1 &lt;队&gt;" not in cut
    assert "and 1 more" in cut
