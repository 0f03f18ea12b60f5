"""Charts of metrics: stages as small multiples, teams against the usual.

Add here: a chart about figures that are not targets. Keep out: reading (`reading/pipeline_figures.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipelines.language.catalogue import sentence
from pipelines.language.figures import Writer
from pipelines.metrics.definitions import definitions
from pipelines.reporting.drawing import (
    BAND,
    INK,
    LINE,
    MAIN,
    Say,
    Spec,
)
from pipelines.reporting.marts import Row

HEADING = 14  # px: a line of a heading


def axis_of(metric: str, writer: Writer, as_share: bool = False) -> Spec:
    """The axis of a metric in its own unit; `as_share` where its values are parts of a whole."""
    defined = definitions().metrics.get(metric)
    kind = defined.kind if defined else "ratio"
    if as_share or kind == "share" or metric == "target_attainment":
        return {"format": ".0%", "title": None, "tickCount": 5}
    if kind == "money" and writer.language == "zh":
        return {"labelExpr": "format(datum.value / 10000, ',.0f')", "title": writer.money_unit}
    if kind == "money":
        return {"format": ".2~s", "title": writer.money_unit}
    return {"format": ",.2~f", "title": None, "tickCount": 5}


def stages(
    rows: Sequence[Row], order: Sequence[str], writer: Writer, say: Say, columns: int, width: int
) -> Spec | None:
    """Forward share of every stage by quarter, the usual band behind it, all on one scale."""
    values = [
        {"day": row["period_start"].isoformat(), "value": row["value"], "low": row["expected_low"],
         "high": row["expected_high"], "stage": row["dimension"], "whole": bool(row["is_complete"]),
         "tip": say("chart.stages.tip", stage=row["dimension"], day=writer.date(row["period_start"]),
                    value=writer.percent(row["value"]), usual=writer.percent(row["baseline"]),
                    count=writer.count(row["sample_size"]))}
        for row in rows
        if row["value"] is not None and row["dimension"] in order
    ]  # fmt: skip
    if len({v["day"] for v in values}) < 2:
        return None
    x = {"field": "day", "type": "temporal", "scale": {"type": "utc"},
         "axis": {"title": None, "grid": False, "tickCount": 3, "labelOverlap": True,
                  "labelExpr": sentence("board.chart.quarter", writer.language)}}  # fmt: skip
    y = {"field": "value", "type": "quantitative", "axis": {"format": ".0%", "title": None, "tickCount": 4}}  # fmt: skip
    tip = {"tooltip": {"field": "tip"}}
    return {
        "data": {"values": values},
        "facet": {"field": "stage", "type": "nominal", "sort": list(order), "title": None},
        "columns": columns,
        "spec": {
            "width": width, "height": 110,
            "layer": [
                {"mark": {"type": "area", "color": BAND},
                 "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}},
                {"mark": {"type": "line", "color": MAIN, "strokeWidth": 2}, "encoding": {"x": x, "y": y}},
                {"transform": [{"filter": "datum.whole"}],
                 "mark": {"type": "point", "filled": True, "color": MAIN, "size": 28},
                 "encoding": {"x": x, "y": y, **tip}},
                {"transform": [{"filter": "!datum.whole"}],
                 "mark": {"type": "point", "color": MAIN, "fill": "var(--card)", "size": 40},
                 "encoding": {"x": x, "y": y, **tip}},
            ],
        },
    }  # fmt: skip


def heat(cells: Sequence[Mapping[str, str]], writer: Writer, width: int, rows: int) -> Spec | None:
    """Scopes × metrics: how far from the usual, blue better, orange worse; the value as text."""
    if not cells:
        return None
    lines = max(cell["scope"].count("|") + 1 for cell in cells)
    # Vega draws the lines of a heading downwards: all get as many, and room for them above the rows.
    deep = max(cell["metric"].count("|") for cell in cells)
    cells = [{**c, "metric": "|" * (deep - c["metric"].count("|")) + c["metric"]} for c in cells]
    return {
        "width": width, "height": rows * max(26, 15 * lines + 8), "data": {"values": cells},
        "encoding": {
            "x": {"field": "metric", "type": "nominal", "sort": None,
                  "axis": {"orient": "top", "title": None, "labelAngle": 0, "labelLimit": 0,
                           "labelLineHeight": HEADING, "labelPadding": 4 + HEADING * deep,
                           "domain": False, "ticks": False, "labelExpr": "split(datum.label, '|')"}},
            "y": {"field": "scope", "type": "nominal", "sort": None,
                  "axis": {"title": None, "domain": False, "ticks": False, "labelLimit": 0,
                           "labelExpr": "split(datum.label, '|')"}},
        },
        "layer": [
            {"mark": {"type": "rect", "stroke": LINE},
             "encoding": {"tooltip": {"field": "tip"}, "color": {"field": "kind", "legend": None, "scale": {
                 "domain": ["better", "usual", "worse", "worst", "none"],
                 "range": ["var(--heat-better)", "var(--card)", "var(--heat-worse)",
                           "var(--heat-worst)", "var(--page)"]}}}},
            {"mark": {"type": "text", "color": INK, "fontSize": 12},
             "encoding": {"text": {"field": "words"}, "tooltip": {"field": "tip"}}},
        ],
    }  # fmt: skip
