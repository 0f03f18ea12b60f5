"""Charts of targets that only the board has: what was said and what came.

Add here: a chart about a target. Keep out: reading (`reading/standings_of_targets.py`), the phased curve, which the
report has too (`reporting/charts.py`).
"""

from __future__ import annotations

import datetime as dt

from pipelines.language.figures import Writer
from pipelines.reporting.charts import axis_of_days, axis_of_money, banded
from pipelines.reporting.drawing import (
    LINE,
    MAIN,
    OTHER,
    WARNING,
    Say,
    Spec,
    alive,
)
from pipelines.reporting.marts import Row


def said(
    weeks: list[Row], target: float | None, writer: Writer, say: Say, width: int,
    opened_on: dt.date | None = None,
) -> Spec | None:  # fmt: skip
    """The projection week by week with its band; the target as a line, and the day of a warning."""
    if len(weeks) < 2 or not target:
        return None
    points = [
        {"day": w["as_of"].isoformat(), "amount": w["projected_amount"],
         "low": w["projected_low"], "high": w["projected_high"],
         "tip": say("chart.said.tip", day=writer.date(w["as_of"]), projected=banded(w, writer),
                    share=writer.percent(w["projected_amount"] / target))}
        for w in weeks
    ]  # fmt: skip
    weekly = [
        {"year": w["as_of"].year, "month": w["as_of"].month, "date": w["as_of"].day, "utc": True}
        for w in weeks
    ]
    axis = {**axis_of_days(writer.language), "values": weekly, "labelFlush": True}
    x = {"field": "day", "type": "temporal", "scale": {"type": "utc"}, "axis": axis}
    y = {"field": "amount", "type": "quantitative", "scale": {"zero": False}, "axis": axis_of_money(writer)}  # fmt: skip
    layers: list[Spec] = [
        {"data": {"values": [{"amount": target}]},
         "mark": {"type": "rule", "color": OTHER, "strokeDash": [4, 3]}, "encoding": {"y": y}},
        {"data": {"values": points}, "mark": {"type": "rule", "color": LINE, "strokeWidth": 6},
         "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}},
        {"data": {"values": points},
         "mark": {"type": "line", "color": MAIN, "point": {"filled": True, "color": MAIN, "size": 45}},
         "encoding": {"x": x, "y": y}},
    ]  # fmt: skip
    if opened_on is not None and weeks[0]["as_of"] <= opened_on <= weeks[-1]["as_of"]:
        layers.insert(
            0,
            {"data": {"values": [{"day": opened_on.isoformat()}]},
             "mark": {"type": "rule", "color": WARNING, "strokeWidth": 1.5}, "encoding": {"x": x}},
        )  # fmt: skip
    layers.append(alive(points, x, y))
    return {"width": width, "height": 170, "layer": layers}
