"""What the keepers of sheets read in the report of data quality: each language in its own words."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest
from both_languages import assert_in_both

from pipelines.language.text import InBoth
from pipelines.raw_zone.zone import RawZone
from pipelines.sources.spreadsheet.connector import SpreadsheetConnector
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.warehouse.binding import bind, connect
from quality.rejected import check_files, check_rejected_rows
from quality.results import CheckResult

MONTHS = [f"{month}月" for month in range(1, 13)]
TARGETS = {
    "match": "*目标.xlsx",
    "entity": "targets",
    "shape": "months_as_columns",
    "columns": {"scope_id": "姓名"},
    "year": 2026,
}
ORDERS = "order_id,account_id,amount,ordered_at\n" + "".join(
    f"O{number},A1,5,2026-01-05\n" for number in range(40)
)


@pytest.fixture
def frames(sheets: Any) -> Any:
    """Loads the folder and binds it as a night does; gives quarantine and extracts."""

    def load(*files: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
        settings = sheets.settings(*files)
        zone = RawZone(settings.raw_dir, settings.data_dir / "dlt")
        source = SpreadsheetConnector(settings.sources[0], settings)
        now = dt.datetime(2026, 10, 30, 18, tzinfo=dt.UTC)
        zone.load("sheets", "spreadsheet", source, now=now)
        path = settings.data_dir / "night.duckdb"
        bind(path, settings, zone, as_of=dt.date(2026, 10, 30), known_at=None)
        with connect(path, read_only=True) as connection:
            rejected = connection.execute("select * from config.rejected").df()
            return rejected, connection.execute("select * from config.extracts").df()

    return load


def failed(results: list[CheckResult]) -> dict[str, CheckResult]:
    found = {result.subject: result for result in results if not result.passed}
    for result in found.values():
        assert_in_both(result.message_en, result.message_zh)
    return found


def test_reasons_of_rows_are_told_in_the_readers_language(sheets: Any, frames: Any) -> None:
    bad = ["X1,A1,abc,2026-01-05", "X2,A1,13800000000000000000,2026-01-05", "X3,A1,5,2026-02-30"]
    bad += ["X4,,5,2026-01-05", "O1,A1,7,2026-01-05", "X6,A1,12.3.4,2026-02-30"]
    sheets.write("orders.csv", ORDERS + "\n".join(bad) + "\n")
    found = failed(check_rejected_rows(*frames()))
    assert {subject.removeprefix("sheets.orders.") for subject in found} == {
        *("amount", "ordered_at", "account_id", "order_id"),
    }
    amount = found["sheets.orders.amount"]
    assert amount.message_zh == (
        "3 行读不出，已放入隔离区：…不是金额；…作为金额太大（小数点前最多 … 位）；"
        "…不是金额；另外，ordered_at：日历上没有“…”这一天，"
        "例如 orders.csv orders!C42、orders.csv orders!C43、orders.csv orders!C47。"
    )
    assert found["sheets.orders.account_id"].message_zh == (
        "1 行读不出，已放入隔离区：account_id 必填，但单元格为空，例如 orders.csv orders!B45。"
    )
    assert "键 … 已出现在第 … 行，且其他内容不同" in found["sheets.orders.order_id"].message_zh
    assert not any("13800000000" in str(result) for result in found.values())


def test_refused_files_and_remarks_are_told_in_the_readers_language(
    sheets: Any, frames: Any
) -> None:
    def build(sheet: Any) -> None:
        sheet.append(["单位：万元"])
        sheet.append(["姓名", *MONTHS])
        sheet.append(["张三", "12.3.4", *range(2, 13)])
        sheet.append(["李四", None, *range(2, 13)])

    sheets.workbook("华东目标.xlsx", build, "目标")
    sheets.write("备忘.csv", "a,b\n")
    sheets.workbook(
        "华北目标.xlsx", lambda s: [s.append(r) for r in (["姓名", *MONTHS], ["王五", *range(12)])]
    )
    _, extracts = frames({**TARGETS, "unit": "元"})
    results = check_files(extracts)
    found = failed(results)
    assert found["sheets.targets 华东目标.xlsx"].message_zh == (
        "整个文件未被采用，上一个有效版本继续生效：读取 华东目标.xlsx 中的 targets 失败（目标!B3）："
        "目标!B3：“12.3.4”不是金额；目标!B4：这个月是空的，而 李四 的其他月份有目标；没有目标请填 -。"
        "这个文件没有加载任何内容，上一个有效版本继续生效。仅重新运行不能解决问题。"
        "下一步：请改正这里列出的单元格并保存文件；目标表只能整张加载。"
    )
    assert found["sheets 备忘.csv"].message_zh == (
        "文件没有被读取：没有读取 备忘.csv：没有映射与它匹配，文件名也不是实体名"
        "（例如 opportunities.csv）。"
    )
    (remark,) = [result for result in results if result.subject.endswith("华北目标.xlsx")]
    assert remark.passed
    assert remark.message_zh == "文件已加载，请注意：金额按 元 读取；周期 2026-01 到 2026-12。"


def test_a_refusal_names_place_cause_and_next_step_in_both_languages() -> None:
    rejected = FileRejected(
        InBoth("the file is empty", "文件是空的"), next_step=InBoth("save it again", "请重新保存")
    )
    assert str(rejected) == "the file is empty"
    assert rejected.told("a.csv").en == (
        "Reading a.csv: the file is empty. Nothing of this file was loaded; its last good version "
        "stays in force. A rerun alone will not help. Next: save it again."
    )
    assert rejected.told("a.csv").zh == (
        "读取 a.csv 失败：文件是空的。这个文件没有加载任何内容，上一个有效版本继续生效。"
        "仅重新运行不能解决问题。下一步：请重新保存。"
    )
    busy = FileRejected(InBoth("it is busy", "文件被占用"), where="S!C5", transient=True)
    assert busy.told("a.csv", "orders").en.endswith("The next run tries again.")
    assert busy.told("a.csv", "orders").zh == (
        "读取 a.csv 中的 orders 失败（S!C5）：文件被占用。这个文件没有加载任何内容，"
        "上一个有效版本继续生效。下次运行会再试一次。"
    )
