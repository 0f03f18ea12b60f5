"""`join`, `where`, `compute` and `group_by` in a mapping: what they make, and what they refuse."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from pipelines.configuration.expressions import parse_expression
from pipelines.configuration.file_mapping import FileMapping

LINES = "订单号,行号,数量,单价,折扣\nO1,1,2,10,10%\nO1,2,1,5,\nO2,1,3,1,0\n"
HEADS = "编号,客户名称,下单日期\nO1,甲,2026-01-05\nO2,乙,2026-01-06\n"
AMOUNT = "数量 * 单价 * (1 - first(折扣, 0))"
JOINED = {
    "match": "lines.csv",
    "entity": "orders",
    "join": {"file": "heads.csv", "by": {"订单号": "编号"}},
    "compute": {"amount": AMOUNT},
    "group_by": "order_id",
}


def test_order_lines_become_orders(sheets: Any) -> None:
    sheets.write("lines.csv", LINES)
    sheets.write("heads.csv", HEADS)
    run = sheets.run(JOINED)
    found = [(r["order_id"], r["account_id"], r["amount"]) for r in run.rows("orders")]
    assert found == [("O1", "甲", Decimal("23.00")), ("O2", "乙", Decimal("3.00"))]
    assert "1 row went into another row of the same order_id" in run.extract("orders").message
    assert all(extract.file != "heads.csv" for extract in run.extracts)  # it is known as joined


def test_a_change_in_the_joined_file_is_a_change(sheets: Any) -> None:
    sheets.write("lines.csv", LINES)
    sheets.write("heads.csv", HEADS)
    first = sheets.run(JOINED)
    assert sheets.run(JOINED, previous=first.after()).extracts == []
    sheets.write("heads.csv", HEADS.replace("甲", "丙"))
    again = sheets.run(JOINED, previous=first.after())
    assert [row["account_id"] for row in again.rows("orders")] == ["丙", "乙"]


def test_a_key_of_two_columns(sheets: Any) -> None:
    sheets.write("lines.csv", LINES)
    sheets.write("heads.csv", HEADS)
    compute = {"amount": AMOUNT, "order_id": "concat(订单号, '-', 行号)"}
    run = sheets.run({**JOINED, "compute": compute, "group_by": None})
    assert [r["order_id"] for r in run.rows("orders")] == ["O1-1", "O1-2", "O2-1"]


def test_a_line_without_its_order_is_set_aside_and_a_key_twice_rejects(sheets: Any) -> None:
    sheets.write("lines.csv", LINES + "O7,1,1,1,\n")
    sheets.write("heads.csv", HEADS)
    (rejection,) = sheets.run(JOINED).rejections
    assert rejection.reason == "heads.csv has no row for O7"
    sheets.write("heads.csv", HEADS + "O1,丙,2026-01-05\n")
    message = sheets.run(JOINED).extract("orders").message
    assert "O1 stands in two rows of heads.csv (2 and 4) with different values" in message
    (sheets.folder / "heads.csv").unlink()
    message = sheets.run(JOINED).extract("orders").message
    assert "the mapping joins heads.csv, and there is no such file" in message


def test_one_bad_line_makes_the_order_unknown_not_smaller(sheets: Any) -> None:
    sheets.write("lines.csv", LINES.replace("O1,2,1,5", "O1,2,1,abc"))
    sheets.write("heads.csv", HEADS)
    run = sheets.run(JOINED)
    assert [row["order_id"] for row in run.rows("orders")] == ["O2"]
    reasons = [rejection.reason for rejection in run.rejections]
    assert "row 3 of O1 cannot be read, so the amount of O1 is not known" in reasons[0]


def test_sheets_of_one_workbook_are_joined(sheets: Any) -> None:
    def build(sheet: Any) -> None:
        for line in LINES.splitlines():
            sheet.append(line.split(","))
        heads = sheet.parent.create_sheet("订单")
        for line in HEADS.splitlines():
            heads.append(line.split(","))

    sheets.workbook("lines.xlsx", build, title="明细")
    mapping = {**JOINED, "match": "lines.xlsx", "sheet": "明细"}
    run = sheets.run({**mapping, "join": {"sheet": "订单", "by": {"订单号": "编号"}}})
    assert [row["amount"] for row in run.rows("orders")] == [Decimal("23.00"), Decimal("3.00")]


LOG = (
    "商机编号,字段,旧值,新值,变更时间\nD1,阶段,A,B,2026-01-05\nD1,金额,5,6,2026-01-06\n"
    "D1,阶段,B,C,2026-01-07\n"
)


def test_a_log_of_attributes_and_values(sheets: Any) -> None:
    sheets.write("log.csv", LOG)
    mapping = {"match": "log.csv", "entity": "stage_history", "where": "字段 = '阶段'"}
    run = sheets.run({**mapping, "columns": {"from_stage": "旧值", "to_stage": "新值"}})
    moves = [(row["from_stage"], row["to_stage"]) for row in run.rows("stage_history")]
    assert moves == [("A", "B"), ("B", "C")]
    assert "1 row was left out by where: 3" in run.extract("stage_history").message


LIST = "订单号,客户名称,金额,状态,下单日期\n{}"


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ("状态 != '取消'", "ACD"),
        ("状态 in ('取消', 'x') or 金额 >= 10", "BC"),
        ("not (金额 < 10)", "C"),
        ("金额 = 9", "B"),
        ("first(状态, '空') = '空'", "D"),
        ("客户名称 = '甲' and 金额 <> 7", "BC"),
    ],
)
def test_conditions(sheets: Any, where: str, kept: str) -> None:
    rows = "A,甲,7,完成,2026-01-05\nB,甲,9.0,取消,2026-01-05\nC,甲,10,完成,2026-01-05\n"
    sheets.write("o.csv", LIST.format(rows + "D,乙,1,,2026-01-05\n"))
    run = sheets.run({"match": "o.csv", "entity": "orders", "where": where})
    assert "".join(row["order_id"] for row in run.rows("orders")) == kept


def test_units_in_headings_are_part_of_the_sum(sheets: Any) -> None:
    sheets.write("o.csv", "订单号,客户名称,数量,单价(万元),下单日期\nA,甲,2,1.5,2026-01-05\n")
    mapping = {"match": "o.csv", "entity": "orders", "compute": {"amount": "数量 * 单价"}}
    assert sheets.run(mapping).rows("orders")[0]["amount"] == Decimal("30000.00")


def test_what_cannot_be_reckoned_sets_its_row_aside(sheets: Any) -> None:
    rows = "A,甲,2,0,2026-01-05\nB,甲,x,1,2026-01-05\nC,甲,4,2,2026-01-05\n"
    sheets.write("o.csv", f"订单号,客户名称,总额,数量,下单日期\n{rows}")
    mapping = {"match": "o.csv", "entity": "orders", "compute": {"amount": "总额 / 数量"}}
    run = sheets.run(mapping)
    assert [row["amount"] for row in run.rows("orders")] == [Decimal("2.00")]
    assert "2 / 0 has no result" in run.rejections[0].reason
    assert "'x' is not an amount" in run.rejections[1].reason


def test_a_heading_that_is_not_there_is_named(sheets: Any) -> None:
    sheets.write("o.csv", LIST.format("A,甲,7,完成,2026-01-05\n"))
    mapping = {"match": "o.csv", "entity": "orders", "where": "类型 = 'x'"}
    message = sheets.run(mapping).extract("orders").message
    assert "names 类型, and there is no such heading; headings here: 订单号" in message


@pytest.mark.parametrize(
    "written",
    ["a b", "foo(a)", "(a", "", "a +", "a..b", "(" * 60 + "a", "lookup(a, 'b')", "a" * 600, "'x"],
)
def test_what_is_no_expression_is_refused_with_the_configuration(written: str) -> None:
    with pytest.raises(ValueError, match="."):
        parse_expression(written)
    with pytest.raises(ValidationError):
        FileMapping(match="*", entity="orders", compute={"amount": written})


def test_lookups_and_brackets_for_odd_headings(sheets: Any) -> None:
    sheets.write(
        "d.csv",
        "商机编号,Sales rep (x),状态码,创建日期\nD1,张三,1,2026-01-05\nD2,李四,9,2026-01-05\n",
    )
    compute = {
        "stage": "lookup(状态码, 1, 'Won', 2, 'Lost', 'Open')",
        "owner_id": "[Sales rep (x)]",
    }
    run = sheets.run({"match": "d.csv", "entity": "opportunities", "compute": compute})
    found = [(row["stage"], row["owner_id"]) for row in run.rows("opportunities")]
    assert found == [("Won", "张三"), ("Open", "李四")]


def test_a_log_gives_the_latest_of_each_column_and_an_empty_time_sets_its_group_aside(
    sheets: Any,
) -> None:
    sheets.write(
        "log.csv",
        "deal,time,field,new\nD1,2026-01-02,owner,U2\nD1,2026-01-01,owner,U1\nD1,2026-01-01,made,2026-01-01\n"
        "D1,2026-01-01,stage,Proposal\nD2,,owner,U1\nD2,2026-01-01,stage,Proposal\n",
    )
    run = sheets.run(
        {
            "match": "log.csv",
            "entity": "opportunities",
            "columns": {"opportunity_id": "deal"},
            "compute": {
                "owner_id": "lookup(field, 'owner', new)",
                "created_at": "lookup(field, 'made', new)",
                "stage": "lookup(field, 'stage', new)",
            },
            "group_by": "opportunity_id",
            "latest_by": "time",
        }
    )
    assert [(r["opportunity_id"], r["owner_id"]) for r in run.rows("opportunities")] == [
        ("D1", "U2")
    ]
    assert len(run.rejections) == 2


def test_days_become_periods_of_the_fiscal_year_and_bare_days_no_months(sheets: Any) -> None:
    mapping = {
        "match": "quota.csv",
        "entity": "targets",
        "columns": {"scope_id": "rep", "target_amount": "quota"},
        "values": {"scope_type": "rep"},
        "unit": "1",
    }
    sheets.write("quota.csv", "rep,quota,day\nU1,5,2026-01-01\nU1,6,2026-04-01\n")
    for written, wanted in (
        ("quarter(day)", ["2026-Q1", "2026-Q2"]),
        ("month(plus_days(day, -1))", ["2025-12", "2026-03"]),
        ("year(day)", ["2026"]),  # the second is another target of the same year
    ):
        run = sheets.run({**mapping, "compute": {"period": written}})
        found = [row["period"] for row in run.rows("targets")]
        assert found == wanted
    bare = {**mapping, "columns": {**mapping["columns"], "period": "day"}}
    assert "quarter(...)" in str(sheets.run(bare).rejections[0].reason)
    sheets.write("quota.csv", "rep,quota,day\nU1,5,2026-06-01\nU1,6,2026-06-08\n")
    assert "a week has no period" in str(sheets.run(bare).rejections[0].reason)
