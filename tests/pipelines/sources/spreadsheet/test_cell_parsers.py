"""One cell at a time: the rules of normalisation with their vectors."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from both_languages import assert_in_both

from pipelines.entities import ENTITIES, Column
from pipelines.sources.spreadsheet.checks import is_total
from pipelines.sources.spreadsheet.faults import CellFault
from pipelines.sources.spreadsheet.formats.grid import ErrorCell, UncachedFormula
from pipelines.sources.spreadsheet.values.amounts import parse_amount
from pipelines.sources.spreadsheet.values.cells import (
    clean_text,
    parse_choice,
    parse_flag,
    parse_percent,
    parse_text,
    person_name,
)
from pipelines.sources.spreadsheet.values.columns import convert
from pipelines.sources.spreadsheet.values.moments import parse_day, parse_moment
from pipelines.sources.spreadsheet.values.months import (
    parse_month,
    parse_month_of_year,
    parse_period,
    parse_span,
    why_no_period,
    years_in,
)
from pipelines.sources.spreadsheet.values.reading import Reading
from pipelines.sources.spreadsheet.values.units import looks_like_unit, parse_unit

SHANGHAI = ZoneInfo("Asia/Shanghai")
WAN = Decimal(10_000)


@pytest.mark.parametrize(
    ("cell", "unit", "amount"),
    [
        ("￥1,200.00", 1, "1200.00"),
        ("¥1,200", 1, "1200"),
        ("１２０", 1, "120"),
        ("12.5万", 1, "125000"),
        ("120万元", 1, "1200000"),
        ("RMB 300", 1, "300"),
        ("300人民币", 1, "300"),
        ("(300)", 1, "-300"),
        ("（３００）", 1, "-300"),
        ("－5", 1, "-5"),
        ("\u22125", 1, "-5"),
        ("1.2亿", 1, "120000000"),
        ("1200元", 1, "1200"),
        ("3w", 1, "30000"),
        ("15k", 1, "15000"),
        ("2百万", 1, "2000000"),
        (10, WAN, "100000"),
        ("10", WAN, "100000"),
        ("12万", WAN, "120000"),
        ("1200元", WAN, "1200"),
        (0.1, 1, "0.10"),
        (0.125, 1, "0.13"),
        (12.345678, WAN, "123456.78"),
        (0, 1, "0"),
        ("0", WAN, "0"),
    ],
)
def test_amounts(cell: object, unit: Decimal | int, amount: str) -> None:
    assert parse_amount(cell, unit) == Decimal(amount)


@pytest.mark.parametrize("cell", ["-", "—", "/", "无", "待定", "", "  ", "NULL", "n/a"])
def test_no_amount_is_null_and_never_zero(cell: str) -> None:
    assert parse_amount(cell) is None


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("abc", "'abc' is not an amount"),
        ("12.3.4", "'12.3.4' is not an amount"),
        ("12%", "'12%' is not an amount: the unit '%' is not known"),
        ("12吨", "the unit '吨' is not known"),
        ("1.234,56", "its comma stands where a decimal point is expected"),
        ("12,5", "its comma stands where a decimal point is expected"),
        ("1,2000", "is not an amount"),
        ("€ 5", "'€ 5' is in EUR, but CNY is expected"),
        ("$5", "is in USD"),
        ("5美元", "is in USD"),
        ("1.2E+5", "is not an amount"),
        ("(-5)", "two signs"),
        ("--5", "is not an amount"),
        (True, "'True' is not an amount"),
        (float("inf"), "'inf' is not an amount"),
        ("99999999999999999", "too large"),
        (dt.date(2026, 1, 5), "'2026-01-05' is not an amount"),
        (ErrorCell("#REF!"), "the cell holds the error #REF!"),
        ("#N/A", "the cell holds the error #N/A"),
        (UncachedFormula(), "a formula without a value"),
    ],
)
def test_what_is_no_amount(cell: object, reason: str) -> None:
    with pytest.raises(CellFault) as fault:
        parse_amount(cell)
    assert reason in str(fault.value)
    assert_in_both(str(fault.value), fault.value.told.zh)


def test_a_foreign_sign_is_right_where_that_currency_is_expected() -> None:
    assert parse_amount("€ 5", currency="EUR") == 5
    assert parse_amount("$1,000", currency="USD") == 1000


@pytest.mark.parametrize(
    ("cell", "share"),
    [
        ("12.5%", "0.125"),
        ("１２．５％", "0.125"),
        (0.125, "0.125"),
        ("0.125", "0.125"),
        ("—", None),
    ],
)
def test_percentages(cell: object, share: str | None) -> None:
    assert parse_percent(cell) == (Decimal(share) if share else None)


def test_a_bare_number_of_percent_must_be_declared() -> None:
    with pytest.raises(CellFault, match="share or percentage points"):
        parse_percent(12.5)
    assert parse_percent(12.5, points=True) == Decimal("0.125")


@pytest.mark.parametrize(
    "cell",
    [
        *("2026/1/5", "2026年1月5日", "2026-01-05", "2026.1.5", "46027", "20260105"),
        *("2026/01/05 13:30", "２０２６年１月５日", "2026-01-05T13:30:00", "2026年1月5日 下午1:30"),
        *("5-Jan-2026", "Jan 5, 2026", "2026-1-5 9:05", "05.01.2026", "5.1.26 14:05"),
        *(46027, 46027.0, 20260105, 46027.5625, dt.date(2026, 1, 5), dt.datetime(2026, 1, 5, 8)),
    ],
)
def test_days(cell: object) -> None:
    text = clean_text(cell) if isinstance(cell, str) else cell
    assert parse_day(text, SHANGHAI) == dt.date(2026, 1, 5)


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (["03/04/2026", "31/03/2026"], ["2026-04-03", "2026-03-31"]),
        (["03/04/2026", "03/31/2026"], ["2026-03-04", "2026-03-31"]),
        # Nothing tells, or two cells contradict each other: one of them is somebody's slip.
        (["03/04/2026", "05/06/2026"], [None, None]),
        (["03/04/2026", "31/03/2026", "03/31/2026"], [None, None, None]),
        (["", "13/3/26 9:00", "2026-05-01"], [None, "2026-03-13", "2026-05-01"]),
    ],
)
@pytest.mark.parametrize("kind", [list, pa.array])
def test_a_column_says_which_of_day_and_month_comes_first(
    cells: list[str], days: list[str | None], kind: Callable[[list[str]], Any]
) -> None:
    column = Column("promised_at", "date")
    found = convert(column, kind(cells), Reading(SHANGHAI, "CNY"))
    assert [day and day.isoformat() for day in found.array.to_pylist()] == days
    refused = {row for row, cell in enumerate(cells) if cell and days[row] is None}
    assert set(found.faults) == refused


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("2026年1月", "names a month, not a day"),
        ("1月5日", "has no year"),
        ("01/02/2026", "can mean two days"),
        ("2026-02-30", "is not a day of the calendar"),
        ("2026-13-01", "is not a day of the calendar"),
        ("0001-01-01", "not a likely date"),
        ("soon", "is not a date such as 2026-01-05"),
        (5, "5 is a number, not a date"),
        (True, "True is not a date"),
    ],
)
def test_what_is_no_day(cell: object, reason: str) -> None:
    with pytest.raises(CellFault) as fault:
        parse_day(cell, SHANGHAI)
    assert reason in str(fault.value)
    assert_in_both(str(fault.value), fault.value.told.zh)


def test_the_order_of_day_and_month_can_be_declared() -> None:
    assert parse_day("01/02/2026", SHANGHAI, "dmy") == dt.date(2026, 2, 1)
    assert parse_day("01/02/2026", SHANGHAI, "mdy") == dt.date(2026, 1, 2)


@pytest.mark.parametrize(
    ("cell", "utc"),
    [
        ("2026-01-05", "2026-01-04T16:00:00+00:00"),
        ("2026-01-05 08:00:00", "2026-01-05T00:00:00+00:00"),
        ("2026-01-05T08:00:00Z", "2026-01-05T08:00:00+00:00"),
        ("2026-01-05T08:00:00+02:00", "2026-01-05T06:00:00+00:00"),
        ("2026/1/5 下午 1:30", "2026-01-05T05:30:00+00:00"),
        ("2026-01-05 08:00:00.250", "2026-01-05T00:00:00.250000+00:00"),
        ("20260105133000", "2026-01-05T05:30:00+00:00"),
    ],
)
def test_moments_without_offset_are_the_company_s(cell: str, utc: str) -> None:
    assert parse_moment(cell, SHANGHAI) == dt.datetime.fromisoformat(utc)


def test_9999_means_no_end_for_days_only() -> None:
    assert parse_day("9999-12-31", SHANGHAI) is None
    with pytest.raises(CellFault, match="not a likely date"):
        parse_moment("9999-12-31", SHANGHAI)


@pytest.mark.parametrize(
    ("heading", "year"),
    [
        *(("1月", None), ("01月", None), ("一月", None), ("１月", None), ("1月目标", None)),
        *(("1月(万元)", None), ("Jan", None), ("January", None), ("1月份", None)),
        *(("2026年1月", 2026), ("2026-01", 2026), ("202601", 2026), (202601.0, 2026)),
        *(("26年1月", 2026), ("Jan-26", 2026), ("2026/1", 2026), ("2026-01-01", 2026)),
        *((dt.date(2026, 1, 1), 2026), (dt.datetime(2026, 1, 1), 2026)),
    ],
)
def test_month_headings(heading: object, year: int | None) -> None:
    span = parse_month(heading)
    assert span is not None
    assert (span.number, span.year) == (1, year)


@pytest.mark.parametrize(
    "heading",
    ["Q1", "第一季度", "上半年", "全年", "合计", "姓名", "1月31日", "1-3月", "13月", 5, "5"],
)
def test_what_is_no_month(heading: object) -> None:
    assert parse_month(heading) is None


@pytest.mark.parametrize(
    ("heading", "kind", "number"),
    [
        *(("Q1", "quarter", 1), ("第一季度", "quarter", 1), ("2026Q3", "quarter", 3)),
        *(("4季度", "quarter", 4), ("10-12月", "quarter", 4), ("Q2合计", "quarter", 2)),
        *(("上半年", "half", 1), ("下半年", "half", 2), ("H2", "half", 2), ("2026-H2", "half", 2)),
        *(("全年", "total", 0), ("合计", "total", 0), ("年度目标", "total", 0)),
        *(("全年合计", "total", 0), ("Total", "total", 0), ("2026年合计", "total", 0)),
    ],
)
def test_longer_spans(heading: str, kind: str, number: int) -> None:
    span = parse_span(heading)
    assert span is not None
    assert (span.kind, span.number) == (kind, number)


@pytest.mark.parametrize(
    ("cell", "period"),
    [
        *(("2026-05", "2026-05"), ("2026年5月", "2026-05"), ("May-26", "2026-05")),
        *((dt.date(2026, 5, 1), "2026-05"), ("2026-Q2", "2026-Q2"), ("2026Q2", "2026-Q2")),
        *(("2026年第二季度", "2026-Q2"), ("2026", "2026"), (2026.0, "2026"), ("2026年", "2026")),
        *(("5月", None), ("Q2", None), ("soon", None), (dt.date(2026, 5, 2), None)),
    ],
)
def test_periods(cell: object, period: str | None) -> None:
    assert parse_period(cell) == period


@pytest.mark.parametrize(
    ("cell", "start", "named_by", "period"),
    [
        *(("2026-P01", 1, "start", "2026-01"), ("FY2026 P12", 2, "start", "2027-01")),
        *(("2027-P02", 4, "end", "2026-05"), ("2027P10", 4, "end", "2027-01")),
        *(
            ("2026年第3期", 1, "end", "2026-03"),
            ("2026-P13", 1, "start", None),
            ("P03", 1, "start", None),
        ),
    ],
)
def test_numbered_months_of_a_fiscal_year(
    cell: str, start: int, named_by: str, period: str | None
) -> None:
    assert parse_month_of_year(cell, start, named_by) == period


@pytest.mark.parametrize("cell", ["2026-W40", "W1", "第40周", "2026年第5周", "week 40", "KW 40"])
def test_a_week_is_refused_with_what_to_state_instead(cell: str) -> None:
    assert "State the target of the month" in why_no_period(cell).en
    assert "is a week" not in why_no_period("2026-W54").en


@pytest.mark.parametrize("cell", ["2026-H1", "2026年上半年", "2026H1"])
def test_half_a_year_is_refused_with_what_to_state_instead(cell: str) -> None:
    period = ENTITIES["targets"].column("period")
    found = convert(period, [cell], Reading(ZoneInfo("Asia/Shanghai"), "CNY"))
    assert found.array.null_count == 1
    assert "state Q1 and Q2, or their months" in found.faults[0].en


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("2026年销售目标", {2026}),
        ("26年目标", {2026}),
        ("销售目标 制表日期：2025-12-20", set()),
        ("2026年度目标（2025年12月20日制）", {2026}),
        ("目标_v3_20260105", set()),
        ("2025与2026年对比", {2025, 2026}),
    ],
)
def test_years_in_titles(text: str, years: set[int]) -> None:
    assert years_in(text) == years


@pytest.mark.parametrize("label", ["合计", "小计：", "总 计", "华东区合计", "Total", "Subtotal:"])
def test_totals(label: str) -> None:
    assert is_total(label)


@pytest.mark.parametrize("label", ["张总", "合肥", "合计金额", "合计科技", "", None, 5])
def test_what_is_no_total(label: object) -> None:
    assert not is_total(label)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("  a \u3000 b\u00a0", "a b"),
        ("\ufeffx\u200b", "x"),
        ("ＡＢＣ（１）", "ABC(1)"),
        ("a\nb", "a b"),
        ("䶮", "䶮"),
    ],
)
def test_clean_text(cell: str, text: str) -> None:
    assert clean_text(cell) == text


def test_chinese_names_have_no_inner_space() -> None:
    assert person_name(clean_text(" 李　四 ")) == "李四"
    assert person_name("Moses Frase") == "Moses Frase"


@pytest.mark.parametrize(
    ("cell", "code"),
    [(456.0, "456"), (456, "456"), ("00123", "00123"), ('="00123"', "00123"), ("/", None)],
)
def test_codes(cell: object, code: str | None) -> None:
    assert parse_text(cell, is_code=True) == code


def test_codes_can_be_padded() -> None:
    assert parse_text(456.0, is_code=True, pad=5) == "00456"
    assert parse_text("A1", is_code=True, pad=5) == "A1"


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (1.2345678901234568e17, "16 or more digits"),
        ("1.23457E+17", "long number that Excel has shortened"),
        ("3月1日", "turned into a date"),
        (dt.date(2026, 3, 1), "format the column as text"),
        ("x" * 40_000, "40000 characters"),
    ],
)
def test_damaged_codes(cell: object, reason: str) -> None:
    with pytest.raises(CellFault) as fault:
        parse_text(cell, is_code=True)
    assert reason in str(fault.value)
    assert_in_both(str(fault.value), fault.value.told.zh)


@pytest.mark.parametrize(
    ("cell", "flag"),
    [
        ("是", True),
        ("TRUE", True),
        (1.0, True),
        (True, True),
        ("离职", False),
        (0, False),
        ("-", None),
    ],
)
def test_flags(cell: object, flag: bool | None) -> None:
    assert parse_flag(cell) is flag


def test_a_flag_is_not_guessed() -> None:
    with pytest.raises(CellFault, match="neither yes nor no"):
        parse_flag("maybe")


def test_choices() -> None:
    words = {"来电": "inbound"}
    assert parse_choice("来电", ("inbound", "outbound"), words) == "inbound"
    with pytest.raises(CellFault, match="'sideways' is not known; accepted: inbound, outbound"):
        parse_choice("sideways", ("inbound", "outbound"), words)


@pytest.mark.parametrize(
    ("text", "multiplier", "currency"),
    [
        *(("元", 1, None), ("万元", 10_000, None), ("千元", 1000, None), ("亿", 10**8, None)),
        *(("万美元", 10_000, "USD"), ("人民币万元", 10_000, "CNY"), ("k EUR", 1000, "EUR")),
        ("百万", 10**6, None),
    ],
)
def test_units(text: str, multiplier: int, currency: str | None) -> None:
    unit = parse_unit(text)
    assert unit is not None
    assert (unit.multiplier, unit.currency) == (multiplier, currency)


def test_unknown_units_are_seen_as_units() -> None:
    assert parse_unit("万盾") is None
    assert parse_unit("吨") is None
    assert looks_like_unit("万吨")
    assert not looks_like_unit("预计")
