"""Target sheets with months as columns, the way people lay them out, and what rejects them."""

from __future__ import annotations

import datetime as dt
import io
import json
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
import xlsxwriter

MONTHS = [f"{month}月" for month in range(1, 13)]
MAPPING: dict[str, Any] = {
    "match": "*目标*.xlsx",
    "entity": "targets",
    "sheet": "目标",
    "shape": "months_as_columns",
    "columns": {"scope_id": "姓名"},
}
NAME = "2026年销售目标.xlsx"
KEY = f"{NAME}#目标"


def wide(sheet: Any, *, unit: str = "单位：万元", total: float | None = None) -> None:
    """Title, unit, two heading rows with merged quarters, regions merged down, sums."""
    sheet["A1"] = "2026年销售目标"
    sheet.merge_cells("A1:S1")
    sheet["S2"] = unit
    for column, text in (("A", "区域"), ("B", "姓名")):
        sheet[f"{column}3"] = text
        sheet.merge_cells(f"{column}3:{column}4")
    place = 3
    for quarter in range(4):
        first = place
        for month in range(3):
            sheet.cell(4, place, f"{quarter * 3 + month + 1}月")
            place += 1
        sheet.cell(4, place, "小计")
        sheet.cell(3, first, f"第{'一二三四'[quarter]}季度")
        sheet.merge_cells(start_row=3, end_row=3, start_column=first, end_column=place)
        place += 1
    sheet.cell(3, place, "全年")
    sheet.merge_cells(start_row=3, end_row=4, start_column=place, end_column=place)
    people = [("华东", "张三"), ("华东", " 李　四"), ("华北", "王五(离职)"), ("华北", "赵六")]
    for number, (region, name) in enumerate(people):
        row = 5 + number + (number >= 2)
        sheet.cell(row, 1, region if number % 2 == 0 else None)
        sheet.cell(row, 2, name)
        _figures(sheet, row, 10 + number)
    sheet.merge_cells("A5:A6")
    sheet.merge_cells("A8:A9")
    for row, label, amount in ((7, "华东小计", 21), (10, "华北小计", 25), (11, "总 计", 46)):
        sheet.cell(row, 1, label)
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=2)
        _figures(sheet, row, total if total and row == 11 else amount)
    sheet["A14"] = "备注：目标含税"


def _figures(sheet: Any, row: int, amount: float) -> None:
    place = 3
    for _ in range(4):
        for _ in range(3):
            sheet.cell(row, place, amount)
            place += 1
        sheet.cell(row, place, amount * 3)
        place += 1
    sheet.cell(row, place, amount * 12)


def plain(sheet: Any, rows: list[list[Any]] | None = None, *, title: str = "单位：万元") -> None:
    sheet.append([title])
    sheet.append(["姓名", *MONTHS])
    for row in rows or [["张三", *range(1, 13)], ["李四", *range(11, 23)]]:
        sheet.append(row)


def test_a_wide_sheet_with_merged_headings_units_and_sums(sheets: Any) -> None:
    sheets.workbook(NAME, wide, "目标")
    run = sheets.run(MAPPING)
    rows = run.rows("targets")
    assert len(rows) == 4 * 12
    assert {row["scope_id"] for row in rows} == {"张三", "李四", "王五", "赵六"}
    assert {row["scope_type"] for row in rows} == {"rep"}
    assert {row["metric"] for row in rows} == {"revenue"}
    first = rows[0]
    assert (first["period"], first["target_amount"]) == ("2026-01", Decimal("100000.00"))
    assert first["_address"] == "目标!C5"
    assert first["_file"] == KEY
    assert json.loads(first["_raw"]) == {
        "区域": "华东",
        "姓名": "张三",
        "1月": "10",
        "unit": "万元",
    }
    assert rows[13]["_address"] == "目标!D6"
    extract = run.extract("targets", KEY)
    assert extract.state == "loaded"
    assert extract.source_amount == Decimal("5520000.00")
    assert "amounts read in 万元" in extract.message
    assert "totals rows left out and their sums checked: 7, 10, 11" in extract.message
    assert "rows without figures were left out: 14" in extract.message


@pytest.mark.parametrize(
    ("build", "cause"),
    [
        (
            lambda s: wide(s, total=47),
            "目标!C11: the total of 1月 is 47 万元, but rows 5 to 9 add up to 46",
        ),
        (
            lambda s: (wide(s), s.cell(5, 6, 31)),
            "目标!F5: 小计 says 31, but its months add up to 30",
        ),
        (
            lambda s: (wide(s), s.cell(5, 19, 1)),
            "目标!S5: 全年 says 1, but its months add up to 120",
        ),
        (lambda s: (wide(s), s.cell(5, 4, "12.3.4")), "目标!D5: '12.3.4' is not an amount"),
        (
            lambda s: (wide(s), s.cell(5, 4, "待定")),
            "目标!D5: the month is 待定, but other months of 张三 have a target; write - if",
        ),
        (
            lambda s: (wide(s), s.cell(5, 4).__setattr__("value", None)),
            "目标!D5: the month is empty, but other months of 张三 have a target; write - if",
        ),
        (lambda s: wide(s, unit="单位：万吨"), "the unit '万吨' is not known"),
        (lambda s: wide(s, unit="单位：万美元"), "the unit '万美元' is in USD"),
        (lambda s: wide(s, unit=""), "no unit is stated for the amounts"),
        (
            lambda s: (wide(s), s.cell(6, 2, "张三")),
            "目标!C6: a second target of 张三 for 2026-01 (the first is in 目标!C5)",
        ),
        (
            lambda s: (wide(s), s.cell(6, 2, "张三、李四")),
            "目标!B6: '张三、李四' names more than one person",
        ),
        (lambda s: (wide(s), s.cell(6, 2).__setattr__("value", None)), "does not say for whom"),
        (lambda s: (wide(s), s.cell(4, 4, "1月")), "the same month stands in two columns: C (1月)"),
        (lambda s: (wide(s), s.delete_cols(4)), "the months are not complete"),
        (lambda s: (wide(s), s.cell(1, 1, "2025年销售目标")), "the year is not certain"),
        (lambda s: s.append(["hello", "world"]), "no heading row was found in the first 30 rows"),
    ],
)
def test_a_target_sheet_is_rejected_whole(sheets: Any, build: Any, cause: str) -> None:
    sheets.workbook(NAME, build, "目标")
    run = sheets.run(MAPPING)
    assert run.batches == []
    extract = run.extract("targets", KEY)
    assert extract.state == "rejected"
    assert cause in extract.message
    assert f"Reading targets from {KEY}" in extract.message
    assert "its last good version stays in force" in extract.message
    assert " Next: " in extract.message


def test_error_cells_reject_with_their_address(sheets: Any) -> None:
    def build(sheet: Any) -> None:
        plain(sheet)
        sheet["C3"] = "#N/A"
        sheet["C3"].data_type = "e"

    sheets.workbook(NAME, build, "目标")
    assert (
        "目标!C3: the cell holds the error #N/A" in sheets.run(MAPPING).extract("targets").message
    )


def test_formulas_that_were_never_calculated(sheets: Any) -> None:
    def build(sheet: Any) -> None:
        plain(sheet)
        sheet["B4"] = "=B3*2"

    sheets.workbook(NAME, build, "目标")
    message = sheets.run(MAPPING).extract("targets").message
    assert "formulas have no calculated value (目标!B4)" in message
    assert "open the file in Excel or WPS and save it" in message


def test_formulas_with_zeros_stored_by_a_program(sheets: Any) -> None:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet = book.add_worksheet("目标")
    sheet.write_row(0, 0, ["单位：万元"])
    sheet.write_row(1, 0, ["姓名", *MONTHS, "全年"])
    for row in (2, 3):
        sheet.write_row(row, 0, [f"张{row}", *range(1, 13)])
        sheet.write_formula(row, 13, f"=SUM(B{row + 1}:M{row + 1})")
    book.close()
    sheets.write(NAME, stream.getvalue())
    message = sheets.run(MAPPING).extract("targets").message
    assert "formulas have no calculated value (目标!N3, 目标!N4)" in message


def test_formulas_with_stored_values_are_read(sheets: Any) -> None:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet = book.add_worksheet("目标")
    sheet.write_row(0, 0, ["单位：元"])
    sheet.write_row(1, 0, ["姓名", *MONTHS, "全年"])
    sheet.write_row(2, 0, ["张三", *[5] * 12])
    sheet.write_formula(2, 13, "=SUM(B3:M3)", value=60)
    book.close()
    sheets.write(NAME, stream.getvalue())
    assert len(sheets.run(MAPPING).rows("targets")) == 12


def test_units_of_cells_override_headings_and_headings_override_titles(sheets: Any) -> None:
    def build(sheet: Any) -> None:
        sheet.append(["单位：元"])
        sheet.append(["姓名", *(f"{month}（万元）" for month in MONTHS)])
        sheet.append(["张三", "12万", "3w", "￥1,200.00", "1200元", "１２０", *[1] * 7])

    sheets.workbook(NAME, build, "目标")
    amounts = [row["target_amount"] for row in sheets.run(MAPPING).rows("targets")]
    assert amounts == [120_000, 30_000, 12_000_000, 1_200, 1_200_000, *[10_000] * 7]


@pytest.mark.parametrize("place", ["mapping", "sheet", "cell"])
def test_other_places_of_the_unit(sheets: Any, place: str) -> None:
    def build(sheet: Any) -> None:
        sheet.append(["单位", "千元"] if place == "cell" else ["目标"])
        sheet.append(["姓名", *MONTHS])
        sheet.append(["张三", *[1] * 12])

    name = "目标（千元）" if place == "sheet" else "目标"
    sheets.workbook(NAME, build, name)
    mapping = {**MAPPING, "sheet": f"{name}*", **({"unit": "千元"} if place == "mapping" else {})}
    assert {row["target_amount"] for row in sheets.run(mapping).rows("targets")} == {1000}


def test_counts_of_new_accounts_need_no_unit(sheets: Any) -> None:
    sheets.workbook(NAME, lambda s: plain(s, title="新客户目标（家）"), "目标")
    rows = sheets.run({**MAPPING, "values": {"metric": "new_accounts"}}).rows("targets")
    assert rows[0]["target_amount"] == 1
    assert rows[0]["metric"] == "new_accounts"


def test_blocks_of_targets_and_actuals_side_by_side(sheets: Any) -> None:
    def build(sheet: Any) -> None:
        sheet.append(["单位：元"])
        sheet.append(["姓名", "目标", *[None] * 11, "完成", *[None] * 11, "完成率"])
        sheet.append([None, *MONTHS, *MONTHS])
        sheet.append(["张三", *[100] * 12, *[70] * 12, 0.7])
        sheet.merge_cells("A2:A3")
        sheet.merge_cells("B2:M2")
        sheet.merge_cells("N2:Y2")

    sheets.workbook(NAME, build, "目标")
    run = sheets.run(MAPPING)
    assert [row["target_amount"] for row in run.rows("targets")] == [100] * 12
    assert "columns without targets: 1月, 2月" in run.extract("targets").message


def test_blocks_below_each_other_are_told_apart_by_their_titles(sheets: Any) -> None:
    def build(sheet: Any) -> None:
        for title, amount in (("实际完成（万元）", 7), ("销售目标（万元）", 10)):
            sheet.append([title])
            sheet.append(["姓名", *MONTHS])
            sheet.append(["张三", *[amount] * 12])
            sheet.append([])

    sheets.workbook(NAME, build, "目标")
    rows = sheets.run(MAPPING).rows("targets")
    assert {row["target_amount"] for row in rows} == {100_000}
    assert rows[0]["_address"] == "目标!B7"


def test_two_target_tables_in_one_sheet_are_refused(sheets: Any) -> None:
    def build(sheet: Any) -> None:
        plain(sheet)
        sheet.append([])
        plain(sheet)

    sheets.workbook(NAME, build, "目标")
    message = sheets.run(MAPPING).extract("targets").message
    assert "the sheet has 2 tables with month headings (目标!2, 目标!7)" in message


def test_rows_of_targets_and_actuals_with_a_metric_column(sheets: Any) -> None:
    def build(sheet: Any) -> None:
        sheet.append(["单位：元"])
        sheet.append(["姓名", "指标", "年份", *MONTHS])
        sheet.append(["张三", "销售目标", 2027, *[100] * 12])
        sheet.append(["张三", "完成", 2027, *[70] * 12])
        sheet.append(["张三", "新客户", 2027, *[3] * 12])

    sheets.workbook(NAME, build, "目标")
    rows = sheets.run(MAPPING).rows("targets")
    found = {(row["metric"], row["period"], row["target_amount"]) for row in rows}
    assert ("revenue", "2027-01", Decimal("100.00")) in found
    assert ("new_accounts", "2027-12", Decimal("3.00")) in found
    assert len(found) == 24


def test_money_beside_counts_still_needs_a_unit(sheets: Any) -> None:
    def build(sheet: Any) -> None:
        sheet.append(["姓名", "指标", *MONTHS])
        sheet.append(["张三", "新客户", *[3] * 12])

    sheets.workbook(NAME, build, "目标")
    assert len(sheets.run(MAPPING).rows("targets")) == 12
    sheets.workbook(NAME, lambda s: (build(s), s.append(["张三", "销售额", *[9] * 12])), "目标")
    assert "no unit is stated" in sheets.run(MAPPING).extract("targets").message


def test_months_as_dates_and_a_fiscal_year_that_wraps(sheets: Any) -> None:
    def dated(sheet: Any) -> None:
        sheet.append(["单位：元"])
        sheet.append(["姓名", *(dt.datetime(2026, month, 1) for month in range(1, 13))])
        sheet.append(["张三", *range(1, 13)])

    sheets.workbook(NAME, dated, "目标")
    assert sheets.run(MAPPING).rows("targets")[11]["period"] == "2026-12"

    def wrapped(sheet: Any) -> None:
        sheet.append(["单位：元"])
        sheet.append(["姓名", *MONTHS[3:], *MONTHS[:3], "Q4"])
        sheet.append(["张三", *range(1, 13), 10 + 11 + 12])

    sheets.workbook(NAME, wrapped, "目标")
    rows = sheets.run({**MAPPING, "year": 2026}, fiscal_year_start=4).rows("targets")
    assert [row["period"] for row in rows][8:10] == ["2026-12", "2027-01"]

    ends = {"fiscal_year_start": 4, "fiscal_year_named_by": "end"}
    rows = sheets.run({**MAPPING, "year": 2026}, **ends).rows("targets")
    assert [row["period"] for row in rows][8:10] == ["2025-12", "2026-01"]


def test_numbers_win_over_names_and_are_padded(sheets: Any) -> None:
    def build(sheet: Any) -> None:
        sheet.append(["单位：元"])
        sheet.append(["工号", "姓名", *MONTHS])
        sheet.append([456, "张三", *[1] * 12])
        sheet.append(["00789", "张三", *[2] * 12])

    sheets.workbook(NAME, build, "目标")
    mapping = {**MAPPING, "columns": {}, "pad": {"scope_id": 5}}
    assert {row["scope_id"] for row in sheets.run(mapping).rows("targets")} == {"00456", "00789"}


def test_rows_can_be_dropped_and_hidden_ones_count(sheets: Any) -> None:
    def build(sheet: Any) -> None:
        plain(sheet, [["张三", *[1] * 12], ["待招聘1", *[2] * 12], ["李四", *[3] * 12]])
        sheet.row_dimensions[5].hidden = True

    sheets.workbook(NAME, build, "目标")
    run = sheets.run({**MAPPING, "drop_rows": r"待招聘\d*"})
    assert {row["scope_id"] for row in run.rows("targets")} == {"张三", "李四"}
    message = run.extract("targets").message
    assert "row 4 was left out by drop_rows" in message
    assert "1 hidden rows were read as well" in message


def test_a_table_that_starts_at_c5_beside_another_one(sheets: Any) -> None:
    def build(sheet: Any) -> None:
        sheet["C4"] = "单位：元"
        for place, text in enumerate(["姓名", *MONTHS]):
            sheet.cell(5, 3 + place, text)
            sheet.cell(6, 3 + place, "张三" if place == 0 else 1)
        sheet["R5"], sheet["S5"], sheet["R6"], sheet["S6"] = "姓名", "电话", "张三", "123"

    sheets.workbook(NAME, build, "目标")
    run = sheets.run(MAPPING)
    assert run.rows("targets")[0]["_address"] == "目标!D6"
    assert "columns R–S hold another table" in run.extract("targets").message


def test_team_targets_by_the_scope_type_of_the_mapping(sheets: Any) -> None:
    def build(sheet: Any) -> None:
        sheet.append(["单位：万元"])
        sheet.append(["大区", "部门", "负责人", *MONTHS])
        sheet.append(["华东", "华东一部", "张三", *[1] * 12])

    sheets.workbook(NAME, build, "目标")
    mapping = {**MAPPING, "columns": {}, "values": {"scope_type": "team"}}
    row = sheets.run(mapping).rows("targets")[0]
    assert (row["scope_type"], row["scope_id"]) == ("team", "华东一部")


def test_the_template_needs_no_mapping(sheets: Any) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "目标"
    sheet.append(["单位", "万元"])
    sheet.append(["工号", "姓名", "部门", "指标", "年份", *MONTHS])
    sheet.append(["S001", "张三", "一部", "目标", 2026, *[1] * 12])
    meta = book.create_sheet("_meta")
    meta.append(["version", 1])
    meta.sheet_state = "hidden"
    book.save(sheets.folder / "targets.xlsx")
    run = sheets.run()
    assert [row["target_amount"] for row in run.rows("targets")] == [10_000] * 12
    assert run.rows("targets")[0]["scope_id"] == "S001"
    assert "hidden sheets not read: _meta" in run.extract("targets").message


def test_targets_as_a_list_in_a_mapped_sheet(sheets: Any) -> None:
    def build(sheet: Any) -> None:
        sheet.append(["月份", "部门", "目标（万元）"])
        for month in MONTHS[:3]:
            sheet.append([month, "华东一部", 12.5])

    sheets.workbook("部门目标.xlsx", build)
    mapping = {"match": "部门目标.xlsx", "entity": "targets", "columns": {"scope_id": "部门"}}
    rows = sheets.run({**mapping, "year": 2026}).rows("targets")
    assert [row["period"] for row in rows] == ["2026-01", "2026-02", "2026-03"]
    assert {(row["scope_type"], row["target_amount"]) for row in rows} == {("team", 125_000)}


def test_one_sheet_per_month(sheets: Any) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for month in MONTHS[:2]:
        sheet = book.create_sheet(month)
        sheet.append(["姓名", "目标（元）"])
        sheet.append(["张三", 5])
    book.save(sheets.folder / "2026目标.xlsx")
    mapping = {"match": "2026目标.xlsx", "entity": "targets", "sheet": "*月"}
    run = sheets.run({**mapping, "sheets": "all", "columns": {"scope_id": "姓名"}})
    assert [(r["period"], r["_address"]) for r in run.rows("targets")] == [
        ("2026-01", "1月!2"),
        ("2026-02", "2月!2"),
    ]
    message = sheets.run(mapping).extract("targets").message
    assert "2 sheets fit where one is wanted: 1月, 2月" in message


def test_a_dash_says_that_there_is_no_target(sheets: Any) -> None:
    sheets.workbook(NAME, lambda s: plain(s, [["张三", "-", "—", *[1] * 10]]), "目标")
    run = sheets.run(MAPPING)
    assert [row["period"] for row in run.rows("targets")][0] == "2026-03"
    assert "2 months hold a dash and have no target" in run.extract("targets").message


def test_a_total_far_from_the_last_one_is_remarked(sheets: Any) -> None:
    sheets.workbook(NAME, plain, "目标")
    first = sheets.run(MAPPING)
    sheets.workbook(NAME, lambda s: plain(s, title="单位：元"), "目标")
    message = sheets.run(MAPPING, previous=first.after()).extract("targets").message
    assert message.startswith("WARNING: the targets total 276.00, -100% against 2,760,000.00")
