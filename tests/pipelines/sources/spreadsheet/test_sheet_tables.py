"""Sheets with more than one table, repeated headings, blocks and totals: all rows are read, or it is said."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

HEAD = "订单号,客户名称,金额,下单日期\n"
ORDERS = {"match": "o*.csv", "entity": "orders"}
TWO = HEAD + "O1,甲,5,2026-01-05\nO2,乙,6,2026-01-06\n"


def ids(run: Any) -> list[str]:
    return [row["order_id"] for row in run.rows("orders")]


def test_tables_below_each_other_are_all_read(sheets: Any) -> None:
    other = "订单号,客户名称,下单日期,金额\nO3,丙,2026-01-07,7\n"  # in another order
    sheets.write("o.csv", f"华东\n{TWO}\n华南\n{other}")
    run = sheets.run(ORDERS)
    assert ids(run) == ["O1", "O2", "O3"]
    assert [row["amount"] for row in run.rows("orders")] == [5, 6, 7]
    assert run.rows("orders")[2]["_address"] == "o!8"


def test_a_table_that_cannot_be_read_rejects_the_sheet_unless_it_is_known(sheets: Any) -> None:
    sheets.write("o.csv", TWO + "\n客户名称,金额\n甲,5\n")
    message = sheets.run(ORDERS).extract("orders").message
    assert "the table that begins in row 5 cannot be read (required columns are missing" in message
    assert "`other_tables: ignore`" in message
    run = sheets.run({**ORDERS, "other_tables": "ignore"})
    assert ids(run) == ["O1", "O2"]
    assert "1 other table was left out" in run.extract("orders").message


def test_records_above_a_richer_heading_are_not_lost(sheets: Any) -> None:
    rows = "".join(f"甲{n},5\n" for n in range(20))
    sheets.write("o.csv", f"客户名称,金额\n{rows}\n{TWO}")
    run = sheets.run(ORDERS)
    assert run.extract("orders").state == "rejected"
    assert "the table that begins in row 1 cannot be read" in run.extract("orders").message


def test_records_without_any_heading_above_are_told(sheets: Any) -> None:
    sheets.write("o.csv", "O9,甲,5,2026-01-05\n" + TWO)
    message = sheets.run(ORDERS).extract("orders").message
    assert "1 row that looks like a record stands above the headings in row 2" in message


@pytest.mark.parametrize("mapping", [(), ({"match": "teams.csv", "entity": "teams"},)])
def test_repeated_headings_are_no_records(sheets: Any, mapping: tuple[Any, ...]) -> None:
    sheets.write("teams.csv", "team_id,team_name\nT1,A\nteam_id,team_name\nT2,B\n")
    run = sheets.run(*mapping)
    assert [row["team_id"] for row in run.rows("teams")] == ["T1", "T2"]
    assert "1 row repeats the headings and was left out: 3" in run.extract("teams").message


def test_one_key_in_two_tables_with_other_values_rejects_the_sheet(sheets: Any) -> None:
    other = "客户名称,订单号,金额,下单日期\n甲,O1,5,2026-01-05\n"
    sheets.write("o.csv", f"{TWO}\n{other}乙,O2,60,2026-01-06\n")
    message = sheets.run(ORDERS).extract("orders").message
    assert "the key O2 stands in o!3 and, with other values, in o!7" in message
    sheets.write("o.csv", f"{TWO}\n{other}")
    assert ids(sheets.run(ORDERS)) == ["O1", "O2"]


def test_words_of_people_are_not_taken_for_headings(sheets: Any) -> None:
    sheets.write("u.csv", "工号,姓名,部门,上级\nU1,张三,销售,经理\nU2,李四,团队,主管\n")
    run = sheets.run({"match": "u.csv", "entity": "users"})
    assert [row["user_id"] for row in run.rows("users")] == ["U1", "U2"]


@pytest.mark.parametrize(
    "label",
    [
        *(
            "累计",
            "Sum",
            "共计 8 单",
            "合计（万元）",
            "Grand Total",
            "Summe",
            "Итого",
            "總計",
            "合計",
        ),
        *("Total général", "Sub Total:", "本页合计", "Total (CNY)", "SUMA", "Totale", "Totaal"),
    ],
)
def test_totals_rows_in_many_words(sheets: Any, label: str) -> None:
    sheets.write("o.csv", f"{TWO}{label},,11,\n")
    run = sheets.run(ORDERS)
    assert (ids(run), run.rejections) == (["O1", "O2"], [])
    sheets.write("o.csv", f"{TWO}{label},,12,\n")
    assert "a totals row says 12" in sheets.run(ORDERS).extract("orders").message


@pytest.mark.parametrize("name", ["合计科技", "Summit GmbH", "Totalfina", "小计算公司", "Sumsub"])
def test_customers_with_such_names_stay(sheets: Any, name: str) -> None:
    sheets.write("o.csv", f"{HEAD}O1,{name},5,2026-01-05\n")
    assert len(sheets.run(ORDERS).rows("orders")) == 1


def test_drop_rows_in_lists(sheets: Any) -> None:
    sheets.write("o.csv", f"{TWO}测试1,甲,9,2026-01-05\n")
    run = sheets.run({**ORDERS, "drop_rows": "测试.*"})
    assert ids(run) == ["O1", "O2"]
    assert "1 row was left out by drop_rows: 4" in run.extract("orders").message


DEALS = {"match": "d.csv", "entity": "opportunities"}
BLOCKS = (
    "负责人,商机编号,阶段,金额,创建日期\n张三,D1,A,5,2026-01-05\n,D2,A,6,2026-01-05\n小计,,,11,\n"
    "李四,D3,A,1,2026-01-05\n,D4,A,2,2026-01-05\n,D5,A,3,2026-01-05\n小计,,,6,\n"
)


def test_an_owner_in_the_first_row_of_a_block(sheets: Any) -> None:
    sheets.write("d.csv", BLOCKS)
    run = sheets.run({**DEALS, "fill_down": ["owner_id"]})
    owners = [row["owner_id"] for row in run.rows("opportunities")]
    assert owners == ["张三", "张三", "李四", "李四", "李四"]
    assert run.rejections == []


def test_a_block_that_names_nobody_takes_no_owner_from_the_block_before(sheets: Any) -> None:
    sheets.write("d.csv", BLOCKS.replace("李四", ""))
    run = sheets.run({**DEALS, "fill_down": ["owner_id"]})
    assert [row["opportunity_id"] for row in run.rows("opportunities")] == ["D1", "D2"]
    assert len(run.rejections) == 3


def test_many_rows_without_owner_lead_to_fill_down(sheets: Any) -> None:
    rows = "".join(f",E{n},A,1,2026-01-05\n" for n in range(9))
    sheets.write("d.csv", f"负责人,商机编号,阶段,金额,创建日期\n张三,D1,A,5,2026-01-05\n{rows}")
    message = sheets.run(DEALS).extract("opportunities").message
    assert "add `fill_down: [owner_id]`" in message


def test_commas_that_are_not_quoted_are_named_as_the_cause(sheets: Any) -> None:
    rows = "".join(f"O{n},甲,1,200.00,2026-01-05,\n" for n in range(8))
    sheets.write("o.csv", f"订单号,客户名称,金额,下单日期,备注\n{rows}O9,甲,5,2026-01-05,\n")
    message = sheets.run(ORDERS).extract("orders").message
    assert "the line has 6 cells where there are 5 headings: a cell with a comma" in message
    assert "is not a date" not in message
    assert "put cells with commas into quotation marks" in message


def test_the_limit_of_bad_rows_is_the_companys_choice(sheets: Any) -> None:
    bad = "".join(f"B{n},甲,x,2026-01-05\n" for n in range(7))
    sheets.write("o.csv", TWO + bad)
    assert sheets.run(ORDERS).extract("orders").state == "rejected"
    run = sheets.run(ORDERS, options={"most_bad_share": 0.9})
    assert (ids(run), len(run.rejections)) == (["O1", "O2"], 7)
    assert sheets.run(ORDERS, options={"most_bad_rows": 7}).extract("orders").state == "loaded"


def test_rows_in_are_rows_out(sheets: Any) -> None:
    """Counted from the sheet: what is read, set aside, a total, dropped or a repetition is all of it."""
    body = (
        "O1,甲,5,2026-01-05\nO2,乙,x,2026-01-06\nO1,甲,5,2026-01-05\n测试,甲,1,2026-01-05\n"
        "合计,,6,\n"
    )
    sheets.write("o.csv", HEAD + body.replace("合计,,6,", "合计,,,"))
    run = sheets.run({**ORDERS, "drop_rows": "测试"})
    assert (len(run.rows("orders")), len(run.rejections)) == (1, 1)
    assert run.rows("orders")[0]["amount"] == Decimal(5)
