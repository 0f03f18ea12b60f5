"""Mapped lists of deals, people and customers, with the headings that people write."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

DEALS: dict[str, Any] = {"match": "商机*", "entity": "opportunities"}
HEAD = [
    "客户名称",
    "项目名称",
    "负责人",
    "预计金额（万元）",
    "阶段",
    "创建日期",
    "预计签约日期",
    "备注",
]
ROW = ["甲公司", "一号线", "张三", 12.5, "方案报价", dt.datetime(2026, 1, 5), "2026/6/30", "急"]


def deals(*rows: list[Any], head: list[str] | None = None) -> Any:
    def build(sheet: Any) -> None:
        sheet.append(["2026年商机跟进表"])
        sheet.append([])
        sheet.append(head or HEAD)
        for row in rows:
            sheet.append(row)

    return build


def test_known_headings_need_no_columns_in_the_mapping(sheets: Any) -> None:
    sheets.workbook("商机.xlsx", deals(ROW))
    run = sheets.run(DEALS)
    (row,) = run.rows("opportunities")
    assert row["account_id"] == "甲公司"
    assert row["owner_id"] == "张三"
    assert row["amount"] == Decimal("125000.00")
    assert row["created_at"] == dt.datetime(2026, 1, 4, 16, tzinfo=dt.UTC)
    assert row["expected_close_date"] == dt.date(2026, 6, 30)
    assert row["_address"] == "Sheet1!4"
    raw = json.loads(row["_raw"])
    assert raw["预计金额(万元)"] == "12.5"
    assert "备注" not in raw  # only what the models need is kept
    message = run.extract("opportunities").message
    assert "amount read in 万元" in message
    assert "columns not used: 备注" in message
    assert "customer, project and owner identify them" in message


def test_deals_without_number_are_known_by_customer_project_and_owner(sheets: Any) -> None:
    sheets.workbook("商机.xlsx", deals(ROW, [*ROW[:3], 99, *ROW[4:]], ["乙公司", *ROW[1:]]))
    run = sheets.run(DEALS)
    assert len({row["opportunity_id"] for row in run.rows("opportunities")}) == 2
    (rejection,) = run.rejections
    assert "already stands in row 4, with other values" in rejection.reason


def test_a_table_below_notes_and_totals(sheets: Any) -> None:
    total = ["合计", None, None, 25, None, None, None, None]
    rows = [ROW, ["乙公司", *ROW[1:]], total, [], ["填表人：王五"], [], HEAD, ["丙公司", *ROW[1:]]]
    sheets.workbook("商机.xlsx", deals(*rows))
    run = sheets.run(DEALS)
    accounts = [row["account_id"] for row in run.rows("opportunities")]
    assert accounts == ["甲公司", "乙公司", "丙公司"]
    message = run.extract("opportunities").message
    assert "totals rows left out: 6" in message
    assert "1 row repeats the headings and was left out: 10" in message
    total[3] = 26
    sheets.workbook("商机.xlsx", deals(*rows))
    message = sheets.run(DEALS).extract("opportunities").message
    assert "a totals row says 26 for 预计金额(万元)" in message
    assert "the rows Sheet1!D4 to Sheet1!D5 add up to 25" in message


def test_merged_labels_are_filled_and_merged_amounts_are_not(sheets: Any) -> None:
    def build(sheet: Any) -> None:
        sheet.append(HEAD)
        sheet.append(ROW)
        sheet.append([None, "二号线", "张三", None, *ROW[4:]])
        sheet.append(["", "三号线", "张三", 1, *ROW[4:]])
        sheet.merge_cells("A2:A3")
        sheet.merge_cells("D2:D3")

    sheets.workbook("商机.xlsx", build)
    rows = sheets.run(DEALS).rows("opportunities")
    assert [row["account_id"] for row in rows] == ["甲公司", "甲公司", None]
    assert [row["amount"] for row in rows] == [Decimal("125000.00"), None, Decimal("10000.00")]


@pytest.mark.parametrize(
    ("mapping", "head", "cause"),
    [
        (
            {"columns": {"amount": "合同额"}},
            HEAD,
            "there is no heading '合同额', which the mapping wants for amount; headings here: 客户",
        ),
        ({"columns": {"amount": "预计金额"}}, [*HEAD[:-1], "预计金额"], "stands there 2 times"),
        (
            {},
            ["客户名称", "项目名称", "阶段"],
            "required columns are missing: owner_id, created_at",
        ),
        ({"values": {"created_at": "soon"}}, HEAD, "the mapping gives created_at a value that"),
        ({}, [*HEAD[:3], "金额（万吨）", *HEAD[4:]], "the unit '万吨' is not known"),
        ({}, [*HEAD[:3], "金额（家）", *HEAD[4:]], "the unit '家' counts things"),
    ],
)
def test_what_rejects_a_mapped_list(
    sheets: Any, mapping: dict[str, Any], head: list[str], cause: str
) -> None:
    sheets.workbook("商机.xlsx", deals(ROW, head=head))
    extract = sheets.run({**DEALS, **mapping}).extract("opportunities")
    assert extract.state == "rejected"
    assert cause in extract.message


PIPELINE = """opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value
P1,Ann Lee,GTXPro,Acme,Won,2026-01-05,2026-03-01,1054
P2,Ann Lee,GTX Pro,,Prospecting,,,
P3,Bob Ray,MG,Beta,Engaging,2026-02-07,,
"""
COLUMNS = {
    "owner_id": "sales_agent",
    "product_line": "product",
    "account_id": "account",
    "stage": "deal_stage",
    "created_at": "engage_date",
    "closed_at": "close_date",
    "amount": "close_value",
}


def test_defaults_fill_empty_cells_from_a_constant_or_another_heading(sheets: Any) -> None:
    sheets.write("sales_pipeline.csv", PIPELINE)
    mapping = {"match": "sales_*.csv", "entity": "opportunities", "columns": COLUMNS}
    run = sheets.run(mapping, currency="USD")
    assert run.rejections[0].reason == "created_at is required and the cell is empty"
    assert run.rejections[0].address == "sales_pipeline!F3"
    run = sheets.run({**mapping, "defaults": {"created_at": "2025-12-31"}}, timezone="UTC")
    rows = run.rows("opportunities")
    assert [row["created_at"].date().isoformat() for row in rows] == [
        *("2026-01-05", "2025-12-31", "2026-02-07"),
    ]
    assert rows[1]["account_id"] is None
    assert "created_at was empty in 1 rows and took the default 2025-12-31" in (
        run.extract("opportunities").message
    )
    run = sheets.run({**mapping, "defaults": {"account_id": "sales_agent"}})
    assert run.rows("opportunities")[0]["account_id"] == "Acme"


def test_one_file_may_give_several_entities(sheets: Any) -> None:
    sheets.write("people.csv", "rep,manager,office\nAnn,Dan,East\nBob,Dan,East\nCid,Eve,West\n")
    users = {"match": "people.csv", "entity": "users", "columns": {"user_id": "rep"}}
    users["columns"] = {"user_id": "rep", "user_name": "rep", "team_id": "manager"}
    columns = {"team_id": "manager", "team_name": "manager", "region": "office"}
    teams = {"match": "people.csv", "entity": "teams", "columns": columns}
    run = sheets.run(users, teams)
    assert len(run.rows("users")) == 3
    assert [(r["team_id"], r["region"]) for r in run.rows("teams")] == [
        ("Dan", "East"),
        ("Eve", "West"),
    ]


def test_constants_and_words_of_choices(sheets: Any) -> None:
    sheets.write("跟进.csv", "记录编号,方向,负责人,跟进时间\nA1,来电,张三,2026-01-05 10:00\n")
    mapping = {"match": "跟进.csv", "entity": "activities", "values": {"activity_type": "电话"}}
    (row,) = sheets.run(mapping).rows("activities")
    assert (row["activity_type"], row["direction"]) == ("电话", "inbound")


def test_a_mapping_is_checked_when_the_configuration_is_read(sheets: Any) -> None:
    for wrong, message in (
        ({"defaults": {"colour": "x"}}, "colour"),
        ({"pad": {"colour": 5}}, "colour"),
        ({"drop_rows": "("}, "a regular expression"),
    ):
        with pytest.raises(ValueError, match=message):
            sheets.connector({**DEALS, **wrong})


def test_a_unit_in_another_currency_is_the_currency_of_the_rows(sheets: Any) -> None:
    sheets.workbook("商机.xlsx", deals(ROW, head=[*HEAD[:3], "金额（万欧元）", *HEAD[4:]]))
    (row,) = sheets.run(DEALS).rows("opportunities")
    assert (row["amount"], row["currency"]) == (Decimal("125000.00"), "EUR")
