"""The charts of the report: what their specifications hold, and that they are drawn whole."""

import pytest
from lxml import etree
from report_marts import AS_OF, QUARTER

from pipelines.language.figures import Writer
from pipelines.reporting import charts, selling_charts
from pipelines.reporting.drawing import drawn
from pipelines.reporting.figures import ReportFigures
from pipelines.reporting.records import Completion, Funnel

SVG = {"s": "http://www.w3.org/2000/svg"}
WRITER = Writer("zh", "CNY")


def parsed(picture: str) -> etree._Element:
    return etree.fromstring(picture.encode())


def test_columns_are_the_actuals_until_today_and_targets_go_on(figures: ReportFigures) -> None:
    months = figures.progress.months
    spec = charts.months_chart(months, AS_OF, WRITER, 350)
    assert spec is not None
    rows = spec["data"]["values"]
    assert [r["actual"] for r in rows] == [
        m.actual if m.period_start <= AS_OF else None for m in months
    ]
    assert [r["target"] for r in rows] == [m.target for m in months]
    (running,) = [r for r in rows if r["projected"] is not None]
    assert running["actual"] is not None
    # A year apart two months have one name, and stay two columns, in their order.
    assert len({r["month"] for r in rows}) == len(rows)
    picture = parsed(drawn(spec, "words for readers"))
    assert picture.get("aria-label") == "words for readers"
    assert "".join(picture.itertext()).index("1月") < "".join(picture.itertext()).index("10月")
    assert not picture.xpath("//@style | //s:style | //s:script", namespaces=SVG)


def test_nothing_known_is_no_chart_and_no_target_no_line_of_one(figures: ReportFigures) -> None:
    blank = Completion("month", *QUARTER, "company", "company", "", *[None] * 14)
    assert charts.months_chart([blank], AS_OF, WRITER, 350) is None
    assert selling_charts.funnel_chart(Funnel(), WRITER, 350) is None
    assert drawn(None, "") == ""
    row = {"as_of": AS_OF, "period_start": QUARTER[0], "period_end": QUARTER[1], "target_amount": None,
           "actual_amount": 5.0, "expected_amount": None, "projected_amount": None}  # fmt: skip

    alone = charts.curve(row, [], WRITER, 350)
    assert alone is not None
    assert ">目标<" not in drawn(alone, "")
    assert ">目标<" in drawn(charts.curve({**row, "target_amount": 9.0}, [], WRITER, 350), "")
    assert charts.curve({**row, "actual_amount": None}, [], WRITER, 350) is None


def test_a_weak_stage_is_marked_and_names_are_only_text(figures: ReportFigures) -> None:
    spec = selling_charts.funnel_chart(figures.funnel, WRITER, 350)
    assert spec is not None
    weak = figures.funnel.weakest
    assert [r["stage"] for r in spec["data"]["values"] if r["weak"]] == (
        [weak.stage] if weak else []
    )
    for row in spec["data"]["values"]:
        row["named"] = '</text><script>x()</script>&"'
    assert "<script" not in drawn(spec, "")


def test_the_bridge_hangs_together_and_starts_near_its_smallest_step() -> None:
    steps = [
        ("a", 1000.0, "total"),
        ("b", 50.0, "gain"),
        ("c", -80.0, "loss"),
        ("d", 970.0, "total"),
    ]
    spec = selling_charts.bridge(steps, WRITER, 350)
    assert spec is not None
    rows = spec["data"]["values"]
    assert [(r["from"], r["to"]) for r in rows[1:3]] == [(1000, 1050), (970, 1050)]
    assert 900 < rows[0]["from"] == rows[3]["from"] < 970
    assert selling_charts.bridge(
        [("a", 0.0, "total"), ("b", 0.0, "gain"), ("c", 0.0, "total")], WRITER, 350
    )


@pytest.mark.parametrize(
    ("values", "points"), [((), 0), ((1.0,), 0), ((1.0, None, 3.0), 2), ((2.0, 2.0, 2.0), 3)]
)
def test_a_small_line_needs_two_points(values: tuple[float | None, ...], points: int) -> None:
    picture = selling_charts.spark(values, "走势")
    assert (picture == "") == (points == 0)
    if points:
        (path,) = parsed(f'<svg xmlns="http://www.w3.org/2000/svg">{picture}</svg>').xpath(
            "//s:path", namespaces=SVG
        )
        assert path.get("d").count("L") == points - 1
