import datetime as dt
import itertools

import pytest
from lxml import etree
from report_marts import AS_OF, QUARTER

from pipelines.language.figures import Writer
from pipelines.reporting import charts, selling_charts
from pipelines.reporting.drawing import ACTUAL, ticks
from pipelines.reporting.figures import ReportFigures
from pipelines.reporting.records import Bridge, Completion, Funnel

SVG = {"s": "http://www.w3.org/2000/svg"}
WRITER = Writer("zh", "CNY")


def drawn(picture: str) -> etree._Element:
    return etree.fromstring(picture.encode())


def bars(root: etree._Element) -> list[etree._Element]:
    """Solid columns of actuals, without the legend's box."""
    return [
        r for r in root.xpath(f"s:rect[@fill='{ACTUAL}']", namespaces=SVG) if float(r.get("y")) > 10
    ]


@pytest.mark.parametrize("width", [350, 500])
def test_columns_are_in_proportion_to_the_actuals(figures: ReportFigures, width: int) -> None:
    months = figures.progress.months
    root = drawn(charts.months_chart(months, AS_OF, WRITER, width))
    heights = [float(bar.get("height")) for bar in bars(root)]
    actuals = [m.actual for m in months if m.period_start <= AS_OF]
    assert len(heights) == len(actuals) == 10
    for height, actual in zip(heights, actuals, strict=True):
        assert height / heights[0] == pytest.approx(actual / actuals[0], abs=0.01)


def test_everything_stays_inside_the_picture(figures: ReportFigures) -> None:
    progress = figures.progress
    pictures = [
        charts.months_chart(progress.months, AS_OF, WRITER, 350),
        charts.pace_chart(progress.pace, progress.company["quarter"], AS_OF, WRITER, 350),
        selling_charts.funnel_chart(figures.funnel, WRITER, 350),
        selling_charts.bridge_chart(figures.pipeline.bridge, WRITER, 350),
    ]
    for picture in pictures:
        root = drawn(picture)
        _, _, width, height = (float(n) for n in root.get("viewBox").split())
        for element in root.iter():
            for name, limit in (("x", width), ("x2", width), ("y", height), ("y2", height)):
                if element.get(name) is not None:
                    assert 0 <= float(element.get(name)) <= limit
        assert root.get("aria-label")


def test_an_overlong_projection_moves_the_scale(figures: ReportFigures) -> None:
    quarter = figures.progress.company["quarter"]
    far = Completion(**{**quarter.__dict__, "projected": 90_000_000.0})
    root = drawn(charts.pace_chart(figures.progress.pace, far, AS_OF, WRITER, 500))
    assert all(float(c.get("cy")) >= 0 for c in root.iterfind("s:circle", SVG))


def test_charts_of_nothing_known_are_drawn_without_figures() -> None:
    blank = Completion("month", *QUARTER, "company", "company", "", *[None] * 14)
    charts.months_chart([blank], AS_OF, WRITER, 350)
    charts.pace_chart([], blank, AS_OF, WRITER, 350)
    selling_charts.funnel_chart(Funnel(), WRITER, 350)
    root = drawn(charts.months_chart([blank], AS_OF, WRITER, 350))
    assert bars(root) == []


def test_the_bridge_hangs_together(figures: ReportFigures) -> None:
    bridge = figures.pipeline.bridge
    assert bridge is not None
    root = drawn(selling_charts.bridge_chart(bridge, WRITER, 500))
    spans = [
        (float(r.get("x")), float(r.get("x")) + float(r.get("width")))
        for r in root.iterfind("s:rect", SVG)
    ]
    assert len(spans) == len(bridge.steps) + 2
    for before, after in itertools.pairwise(spans):
        assert min(abs(a - b) for a in before for b in after) < 0.2


def test_a_bridge_from_nothing_can_be_drawn() -> None:
    empty = Bridge(dt.date(2026, 10, 19), 0.0, (("created", 0.0),), 0.0)
    drawn(selling_charts.bridge_chart(empty, WRITER, 350))


@pytest.mark.parametrize(
    ("values", "points"), [((), 0), ((1.0,), 0), ((1.0, None, 3.0), 2), ((2.0, 2.0, 2.0), 3)]
)
def test_a_sparkline_needs_two_points(values: tuple[float | None, ...], points: int) -> None:
    picture = selling_charts.sparkline(values, "走势")
    assert (picture == "") == (points == 0)
    if points:
        path = drawn(picture).find("s:path", SVG)
        assert path is not None
        assert path.get("d").count("L") == points - 1


@pytest.mark.parametrize("top", [0.0, 0.3, 7, 999, 12_600_000, 4.2e9])
def test_ticks_reach_the_top_in_few_round_steps(top: float) -> None:
    marks = ticks(top)
    assert marks[0] == 0
    assert marks[-1] >= top
    assert 2 <= len(marks) <= 7
