"""A column that held values and suddenly holds none stops its file; the last good version stays."""

from __future__ import annotations

from typing import Any

HEAD = "订单号,客户名称,{},下单日期,负责人\n"
ROWS = "".join(f"O{n},甲,{n + 1},2026-01-05,张三\n" for n in range(6))
ORDERS = {"match": "o*.csv", "entity": "orders"}
DEALS = {"match": "d.csv", "entity": "opportunities"}
DEAL = "商机编号,负责人,阶段,{},创建日期,丢单原因\n"


def deals(heading: str, reasons: int, count: int = 8) -> str:
    rows = (f"D{n},张三,A,{n},2026-01-05,{'价格' if n < reasons else ''}\n" for n in range(count))
    return DEAL.format(heading) + "".join(rows)


def test_a_renamed_heading_does_not_empty_the_amounts(sheets: Any) -> None:
    sheets.write("d.csv", deals("金额", 0))
    first = sheets.run(DEALS)
    assert first.extract("opportunities").state == "loaded"
    sheets.write("d.csv", deals("商机预估额", 0))
    second = sheets.run(DEALS, previous=first.after())
    extract = second.extract("opportunities")
    assert extract.state == "rejected"
    assert "amount held 8 values in the last good version and hold none now" in extract.message
    assert second.batches == []
    # It stays so, and is not forgotten, until the heading is back or mapped.
    again = sheets.run(DEALS, previous=second.after(first.after()))
    assert again.extracts == []
    sheets.write("d.csv", deals("商机预估额", 1))
    third = sheets.run(DEALS, previous=second.after(first.after()))
    assert third.extract("opportunities").state == "rejected"
    mapped = {**DEALS, "columns": {"amount": "商机预估额"}}
    healed = sheets.run(mapped, previous=third.after(second.after(first.after())))
    assert healed.extract("opportunities").state == "loaded"


def test_a_few_values_may_go_and_what_is_known_may_be_said(sheets: Any) -> None:
    sheets.write("d.csv", deals("金额", 3))
    first = sheets.run(DEALS)
    sheets.write("d.csv", deals("金额", 0))
    assert sheets.run(DEALS, previous=first.after()).extract("opportunities").state == "loaded"
    sheets.write("d.csv", deals("金额", 6))
    first = sheets.run(DEALS)
    sheets.write("d.csv", deals("金额", 0))
    run = sheets.run(DEALS, previous=first.after())
    assert "lost_reason held 6 values" in run.extract("opportunities").message
    known = {**DEALS, "may_empty": ["lost_reason"]}
    assert sheets.run(known, previous=first.after()).extract("opportunities").state == "loaded"


def test_the_newest_version_of_a_file_is_held_against_the_one_before(sheets: Any) -> None:
    mapping = {**ORDERS, "versions": "newest"}
    sheets.write("o1.csv", HEAD.format("金额") + ROWS)
    first = sheets.run(mapping)
    sheets.write("o2.csv", "订单号,客户名称,金额,下单日期\n" + ROWS.replace(",张三", ""))
    run = sheets.run(mapping, previous=first.after())
    assert "owner_id held 6 values" in run.extract("orders", "o2.csv").message
    assert [extract.file for extract in run.extracts] == ["o2.csv"]  # the one before stays in force
