"""Money as people and programs write it: currencies, formats, decimal commas, units, negative amounts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pipelines.sources.spreadsheet.formats.facts.number_formats import currency_of

ORDERS = {"match": "o.*", "entity": "orders"}


def amounts(sheets: Any, *written: str, heading: str = "金额", **mapping: Any) -> Any:
    rows = "".join(f"O{n};甲;{text};2026-01-05\n" for n, text in enumerate(written))
    sheets.write("o.csv", f"订单号;客户名称;{heading};下单日期\n{rows}")
    return sheets.run({**ORDERS, **mapping})


def values(run: Any) -> list[Decimal]:
    return [row["amount"] for row in run.rows("orders")]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *(("RMB", "CNY"), ("人民币", "CNY"), ("元", "CNY"), ("￥", "CNY"), ("€", "EUR")),
        *(("Euro", "EUR"), ("US$", "USD"), ("usd", "USD"), ("美金", "USD"), ("CHF", "CHF")),
    ],
)
def test_words_in_a_currency_column(sheets: Any, written: str, code: str) -> None:
    sheets.write("o.csv", f"订单号,客户名称,金额,币种,下单日期\nO1,甲,5,{written},2026-01-05\n")
    assert sheets.run(ORDERS).rows("orders")[0]["currency"] == code


@pytest.mark.parametrize("written", ["$", "coins"])
def test_a_currency_that_is_not_certain_is_set_aside(sheets: Any, written: str) -> None:
    sheets.write("o.csv", f"订单号,客户名称,金额,币种,下单日期\nO1,甲,5,{written},2026-01-05\n")
    assert len(sheets.run(ORDERS).rejections) == 1


@pytest.mark.parametrize(
    ("code", "currency"),
    [
        *(("[$$-409]#,##0.00", "USD"), ("[$€-407] #,##0", "EUR"), ('"US$"#,##0', "USD")),
        *(("[$¥-804]#,##0", "CNY"), ("[$¥-411]#,##0", "JPY"), ("[$USD] #,##0", "USD")),
        *(("#,##0.00", ""), ("[$-804]yyyy", ""), ("$#,##0", "$"), ("[$$-1009]0", "CAD")),
    ],
)
def test_the_currency_of_number_formats(code: str, currency: str) -> None:
    assert currency_of(code) == currency


def formatted(code: str) -> Any:
    def build(sheet: Any) -> None:
        sheet.append(["订单号", "客户名称", "金额", "下单日期"])
        sheet.append(["O1", "甲", 1200, "2026-01-05"])
        sheet["C2"].number_format = code

    return build


def test_a_cell_formatted_as_dollars_is_dollars(sheets: Any) -> None:
    sheets.workbook("o.xlsx", formatted("[$$-409]#,##0"))
    (row,) = sheets.run(ORDERS).rows("orders")
    assert (row["amount"], row["currency"]) == (Decimal(1200), "USD")
    (row,) = sheets.run(ORDERS, currency="USD").rows("orders")
    assert row["currency"] is None
    sheets.workbook("o.xlsx", formatted("$#,##0"))
    (rejection,) = sheets.run(ORDERS).rejections
    assert "the cell is formatted as $, but CNY is expected" in rejection.reason


def test_a_target_formatted_as_dollars_rejects_the_sheet(sheets: Any) -> None:
    def build(sheet: Any) -> None:
        sheet.append(["姓名", *[f"2026-{month:02d}" for month in range(1, 13)]])
        sheet.append(["张三", *range(1, 13)])
        sheet["C2"].number_format = "[$$-409]#,##0"

    sheets.workbook("目标.xlsx", build)
    mapping = {
        "match": "目标.xlsx",
        "entity": "targets",
        "shape": "months_as_columns",
        "unit": "元",
    }
    message = sheets.run(mapping).extract("targets").message
    assert "Sheet1!C2: the cell is formatted as USD" in message


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["1.200", "3.500,50"], ["1200", "3500.50"]),
        (["1.200,50", "1,5"], ["1200.50", "1.5"]),
        (["1.200", "3.55"], ["1.20", "3.55"]),
        (["1.200", "1,300"], ["1.20", "1300"]),
        (["1.234.567", "12.000"], ["1234567", "12000"]),
        (["1'200.50", "2’000"], ["1200.50", "2000"]),
        (["1,00,000", "12,34,567.50"], ["100000", "1234567.50"]),
        (["1.200 €", "3,50 €"], ["1200", "3.50"]),
        (["0.125", "1.200"], ["0.13", "1.20"]),
    ],
)
def test_the_column_says_what_its_points_mean(
    sheets: Any, written: list[str], read: list[str]
) -> None:
    run = amounts(sheets, *written) if "€" not in written[0] else None
    if run is None:
        rows = "".join(f"O{n};甲;{text};2026-01-05\n" for n, text in enumerate(written))
        sheets.write("o.csv", f"订单号;客户名称;金额;下单日期\n{rows}")
        run = sheets.run(ORDERS, currency="EUR")
    assert values(run) == [Decimal(text) for text in read], run.rejections


def test_an_amount_that_can_be_two_figures_is_refused_until_somebody_says(sheets: Any) -> None:
    run = amounts(sheets, "1.200", "2.300")
    assert len(run.rejections) == 2
    assert "set `decimal: comma` or `decimal: point`" in run.rejections[0].reason
    assert values(amounts(sheets, "1.200", "2.300", decimal="comma")) == [1200, 2300]
    assert values(amounts(sheets, "1.200", decimal="point")) == [Decimal("1.20")]
    assert values(sheets.run(ORDERS, options={"decimal": "comma"})) == [1200]


@pytest.mark.parametrize(
    "written",
    [
        *("(300)", "300-", "-300", "－300", "▲300", "△300", "¥(300)", "(¥300)", "-¥300", "¥-300"),
        *(
            "（300）",
            "−300",
            "–300",
            "负300",
            "(300)元",
            "- 300",
            "(0.03)万",
            "RMB -300",
            "300.00-",
        ),
    ],
)
def test_negative_amounts(sheets: Any, written: str) -> None:
    assert values(amounts(sheets, written)) == [-300]


@pytest.mark.parametrize("written", ["--300", "(-300)", "-(300)", "-300-", "300 CR"])
def test_what_may_be_either_is_set_aside(sheets: Any, written: str) -> None:
    assert len(amounts(sheets, written).rejections) == 1


@pytest.mark.parametrize(
    ("heading", "unit", "amount", "currency"),
    [
        ("金额（含税，万元）", None, 30_000, None),
        ("金额（不含税/千元）", None, 3_000, None),
        ("金额", 1, 3, None),
        ("金额", "USD", 3, "USD"),
        ("金额（万美元）", None, 30_000, "USD"),
        ("金额", "人民币", 3, None),
    ],
)
def test_units(sheets: Any, heading: str, unit: Any, amount: int, currency: str | None) -> None:
    (row,) = amounts(sheets, "3", heading=heading, unit=unit).rows("orders")
    assert (row["amount"], row["currency"]) == (amount, currency)
