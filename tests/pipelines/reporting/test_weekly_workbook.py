import datetime as dt
import io
import zipfile
from collections.abc import Callable

import openpyxl
import pytest
from report_marts import AS_OF, MartsBuilder, alert
from report_page import figures_of

from pipelines.configuration.company import Company
from pipelines.reporting.figures import ReportFigures
from pipelines.reporting.workbook import workbook_bytes


@pytest.fixture(scope="module")
def book(figures: ReportFigures, company: Company) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(workbook_bytes(figures, company)))


def row_of(sheet: object, name: str) -> dict[str, object]:
    rows = list(sheet.iter_rows(values_only=True))  # type: ignore[attr-defined]
    found = [row for row in rows[1:] if name in row]
    assert len(found) == 1
    return dict(zip(rows[0], found[0], strict=True))


def test_the_sheets_and_their_order(book: openpyxl.Workbook) -> None:
    assert book.sheetnames == [
        "总览",
        "图表",
        "公司目标",
        "区域与团队",
        "销售代表",
        "漏斗",
        "预警",
        "客户",
        "延迟订单",
        "数据质量",
    ]


def test_numbers_are_numbers_in_whole_currency(book: openpyxl.Workbook) -> None:
    row = row_of(book["区域与团队"], "华东二队")
    assert row["级别"] == "危险"
    assert row["目标"] == 11_000_000
    assert row["已完成"] == 1_400_000
    assert row["完成率"] == pytest.approx(1.4 / 11)
    assert row["落空概率"] == 0.93
    assert row["每工作日需"] == pytest.approx(9_600_000 / 42, abs=0.01)


def test_every_row_is_there_and_unknown_is_empty(book: openpyxl.Workbook) -> None:
    row = row_of(book["销售代表"], "陈静")
    assert (row["目标"], row["完成率"], row["已完成"]) == (None, None, 356_000)
    assert book["销售代表"].max_row == 7
    assert [c.value for c in book["预警"]["A"][1:]] == ["危险", "危险", "警戒", "警戒", "警戒"]
    assert row_of(book["预警"], "公司")["开始"] == dt.datetime(2026, 10, 26)


def test_headings_stay_in_view_and_columns_are_wide_enough(book: openpyxl.Workbook) -> None:
    for sheet in book.worksheets:
        assert sheet.freeze_panes == ("A2" if not sheet._charts else None)
        assert all(d.width >= 10 for d in sheet.column_dimensions.values())


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_text_that_looks_like_a_formula_stays_text(
    make_marts: Callable[..., MartsBuilder], company: Company, start: str
) -> None:
    marts = make_marts()
    name = f'{start}cmd|"/c calc"!A1'
    marts.add("fct_alerts", alert("A", "danger", 1, scope_name=name, owner_id=name))
    data = workbook_bytes(figures_of(marts.path), company)
    sheet = openpyxl.load_workbook(io.BytesIO(data))["预警"]
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value == name]
    assert len(cells) == 2
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells)


def test_no_cell_is_a_formula(figures: ReportFigures, company: Company) -> None:
    with zipfile.ZipFile(io.BytesIO(workbook_bytes(figures, company))) as parts:
        for name in parts.namelist():
            if name.startswith("xl/worksheets/"):
                assert b"<f>" not in parts.read(name)


def test_it_is_dated_by_the_report_not_by_the_clock(book: openpyxl.Workbook) -> None:
    assert book.properties.created == dt.datetime.combine(AS_OF, dt.time())


def test_empty_tables_say_so(make_marts: Callable[..., MartsBuilder], company: Company) -> None:
    data = workbook_bytes(figures_of(make_marts().path), company)
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book["预警"]["A2"].value == "没有预警。"
    assert book["漏斗"]["A2"].value == "没有数据"


def test_charts_show_the_rows_of_the_sheets(
    book: openpyxl.Workbook,
    figures: ReportFigures,
    make_marts: Callable[..., MartsBuilder],
    company: Company,
) -> None:
    sheet = book["图表"]
    assert len(sheet._charts) == 3
    for chart in sheet._charts:
        kinds = [chart, *chart._charts[1:]]
        assert [type(kind).__name__ for kind in kinds] == ["BarChart", "LineChart"]
        for kind in kinds:
            (series,) = kind.series
            for reference in (series.cat.strRef.f, series.val.numRef.f):
                name, _, cells = reference.partition("!")
                assert name.strip("'") == "图表"
                assert any(row[0].value is not None for row in sheet[cells.replace("$", "")])
    assert [sheet.cell(1, column).value for column in (10, 11, 12)] == ["周期", "已完成", "目标"]
    months = {row[9].value: row[10].value for row in sheet.iter_rows(min_row=2, max_row=13)}
    assert months["2026-10"] == 11_340_000
    assert (months["2026-11"], len(months)) == (None, 12)
    assert sheet.page_setup.paperSize == 9
    english = openpyxl.load_workbook(io.BytesIO(workbook_bytes(figures, company, "en")))
    assert english.sheetnames[:3] == ["Summary", "Charts", "Targets"]
    assert english["Charts"]["K11"].value == 11_340_000
    # Nothing to show, no page for it; and the same figures are the same file.
    empty = openpyxl.load_workbook(
        io.BytesIO(workbook_bytes(figures_of(make_marts().path), company))
    )
    assert "图表" not in empty.sheetnames
    assert workbook_bytes(figures, company) == workbook_bytes(figures, company)
