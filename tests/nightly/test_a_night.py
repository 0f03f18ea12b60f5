"""The main job, end to end, as a newcomer sees it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from nightly_site import Installation

from pipelines.assets.notices import recipient_book
from pipelines.assets.reports import weekly_files
from pipelines.commands.reading import print_rules
from pipelines.language import speak
from pipelines.publishing.versions import damaged_files, read_manifest
from pipelines.settings import load_settings

pytestmark = pytest.mark.nightly


def test_the_summary_says_what_was_read_checked_warned_and_where_to_look(
    published: Installation,
) -> None:
    text = (published.root / "first_run.txt").read_text(encoding="utf-8")
    assert "Published version 1 as of 2026-10-30" in text
    assert "sales_sheets:" in text
    assert "checks:" in text
    assert "open cases:" in text
    assert "weekly.html" in text


def test_every_mart_of_the_contract_is_published_with_described_columns(
    published: Installation,
) -> None:
    contract = (Path(__file__).parent.parent.parent / "docs" / "contract.md").read_text()
    names = {
        word.strip("` ")
        for line in contract.splitlines()
        if line.startswith("| `") and line.count("|") == 4
        for word in line.split("|")[1].split(",")
        if word.strip("` ").startswith(("dim_", "fct_", "rpt_"))
    }
    assert len(names) >= 20
    manifest = read_manifest(published.current)
    assert manifest is not None
    assert names <= set(manifest.tables)
    undescribed = published.query(
        "select table_name, column_name from duckdb_columns() "
        "where schema_name = 'marts' and coalesce(comment, '') = ''"
    )
    assert undescribed == []
    assert damaged_files(published.current, manifest) == []


def test_orders_in_the_sheet_equal_the_marts_for_every_month_to_the_cent(
    published: Installation,
) -> None:
    sheet = pd.read_csv(published.sheets / "orders.csv", dtype=str, encoding="utf-8-sig")
    sheet = sheet[~sheet["status"].isin(["cancelled", "已取消"])]
    typed: dict[str, Decimal] = {}
    for month, amount in zip(sheet["ordered_at"].str[:7], sheet["amount"], strict=True):
        typed[month] = typed.get(month, Decimal(0)) + Decimal(amount)
    orders = dict(
        published.query(
            "select strftime(ordered_on, '%Y-%m'), sum(amount) from marts.fct_orders "
            "where not is_cancelled group by 1"
        )
    )
    assert orders == typed
    completion = dict(
        published.query(
            "select strftime(period_start, '%Y-%m'), actual_amount from marts.fct_target_completion "
            "where period_type = 'month' and scope_type = 'company' and metric = 'revenue' "
            "and actual_amount <> 0"
        )
    )
    assert completion == {month: typed[month] for month in completion}
    assert len(completion) >= 24


def test_a_second_run_reads_nothing_builds_nothing_and_tells_nobody(
    published: Installation, tmp_path: Path
) -> None:
    again = published.copy(tmp_path / "again")
    before = again.query("select alert_id, message from marts.fct_alerts order by 1")
    notices = sorted(path.name for path in (again.data / "outbox").rglob("*.md"))
    report = again.data / "reports" / "2026-10-30"
    page, lost = report / "weekly.html", report / "weekly.en.xlsx"
    written, page_bytes = page.stat().st_mtime_ns, page.read_bytes()
    done = again.forewarn("run")
    assert done.returncode == 0, done.stdout + done.stderr
    # The report of a version that stands, stands; where a file of it is gone, it is written again.
    assert page.stat().st_mtime_ns == written
    lost.unlink()
    settings, manifest = load_settings(again.config, again.data), read_manifest(again.current)
    assert manifest
    address = recipient_book(settings).links.base_url
    assert lost in weekly_files(settings, manifest, report, address)
    assert lost.is_file()
    assert page.stat().st_mtime_ns > written
    assert page.read_bytes() == page_bytes
    assert "unchanged since the last run" in done.stdout
    assert "nothing has changed since the published version" in done.stdout
    assert read_manifest(again.current).version == 1  # type: ignore[union-attr]
    assert again.query("select alert_id, message from marts.fct_alerts order by 1") == before
    assert sorted(path.name for path in (again.data / "outbox").rglob("*.md")) == notices
    assert not list((again.data / "versions").glob(".building-*"))


def test_the_report_shows_the_company_and_every_open_alert(published: Installation) -> None:
    folder = published.data / "reports" / "2026-10-30"
    page = (folder / "weekly.html").read_text(encoding="utf-8")
    assert "启衡工业科技" in page
    names = published.query("select scope_name from marts.fct_alerts where state = 'open'")
    assert all(name in page for (name,) in names)
    assert (folder / "weekly.en.html").exists()
    book = openpyxl.load_workbook(folder / "weekly.xlsx")
    assert len(book.sheetnames) >= 6


def test_the_record_of_each_rule_is_published_and_stands_beside_its_alerts(
    published: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = {name for (name,) in published.query("select rule from marts.rpt_rule_records")}
    assert {name for (name,) in published.query("select rule from marts.fct_alerts")} <= rules
    beside = published.query(
        "select rule_cases, record_zh, record_en from marts.fct_alerts "
        "where state = 'open' and origin = 'evaluated' and scope_type <> 'source'"
    )
    assert beside
    assert all(None not in row for row in beside)
    ended = published.query("select count(record_zh) from marts.fct_alerts where state <> 'open'")
    assert ended == [(0,)]
    # The plain rule watches only, and everybody can see why.
    (plain,) = published.query(
        "select mode, expected_false_per_100 from marts.rpt_rule_records "
        "where rule = 'new_accounts_two_weeks_below_mean' and level = 'warning'"
    )
    assert plain[0] == "watch"
    assert 8 < plain[1] < 25
    page = (published.data / "reports" / "2026-10-30" / "weekly.html").read_text(encoding="utf-8")
    assert "连续两周新增客户数低于平均值" in page
    monkeypatch.setenv("FOREWARN_CONFIG", str(published.config))
    monkeypatch.setenv("FOREWARN_DATA", str(published.data))
    monkeypatch.setenv("FOREWARN_LANG", "zh")
    assert print_rules() == 0
    speak("en")
    listed = capsys.readouterr().out
    assert all(name in listed for name in rules)
    assert "每 100 个团队或个人每周误报约 1" in listed


def test_alerts_can_be_listed_and_answered_in_the_shell_and_the_answer_is_published(
    published: Installation, tmp_path: Path
) -> None:
    site = published.copy(tmp_path / "answers")
    signal = site.forewarn(
        "signal", "add", "--scope", "company", "--text", "竞争对手降价", "--by", "S1001"
    )
    assert signal.returncode == 0, signal.stderr
    listed = site.forewarn("alerts", "list").stdout
    assert "竞争对手降价" in listed
    alert_id = next(line for line in listed.splitlines() if "竞争对手降价" in line).split()[0]
    assert site.forewarn("alerts", "ack", alert_id, "--by", "sales_director").returncode == 0
    assert "acknowledged by sales_director" in site.forewarn("alerts", "show", alert_id).stdout
    refused = site.forewarn("alerts", "resolve", alert_id, "--outcome", "gone", "--note", "x")
    assert refused.returncode == 2
    assert site.forewarn("alerts", "ack", "nosuchid").returncode == 2


def test_the_backtest_prints_quality_and_writes_episodes(
    published: Installation, tmp_path: Path
) -> None:
    target = tmp_path / "episodes.csv"
    done = published.forewarn(
        "backtest", "--from", "2025-06-01", "--labels", str(published.sheets / "labels.json"),
        "--episodes", str(target),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    episodes = pd.read_csv(target)
    assert {"alert_id", "rule", "level", "opened_on", "message"} <= set(episodes.columns)
    labels = json.loads((published.sheets / "labels.json").read_text(encoding="utf-8"))
    assert done.stdout.count("\n") > len(labels)
    assert "precision" in done.stdout
