"""The chart of one warning: the figure over time against the usual and the limit that judged it.

Add here: another mark of that chart. Keep out: reading (`reading/episodes.py`), charts of metrics as such.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from pipelines.board.charts.metrics import axis_of
from pipelines.language.figures import Writer
from pipelines.reporting.charts import axis_of_days
from pipelines.reporting.drawing import (
    DANGER,
    MAIN,
    MUTED,
    OTHER,
    WARNING,
    Say,
    Spec,
    alive,
)
from pipelines.reporting.marts import Row
from pipelines.reporting.story import is_share, judged_value, level_word


def against_usual(
    rows: Sequence[Row],
    metric: str,
    writer: Writer,
    say: Say,
    width: int,
    *,
    onset: tuple[dt.date | None, dt.date | None],
) -> Spec | None:
    """Rows of `fct_alert_evidence`: periods at 警戒 or 危险 are filled, the span in which it began shaded."""
    if len(rows) < 3:
        return None
    values = [
        {
            "day": row["period_start"].isoformat(), "value": row["value"], "usual": row["usual"],
            "limit": row["limit_value"], "level": row["level"],
        }
        for row in rows
    ]  # fmt: skip
    x = {"field": "day", "type": "temporal", "scale": {"type": "utc"}, "axis": axis_of_days(writer.language)}  # fmt: skip
    y = {"type": "quantitative", "scale": {"zero": False},
         "axis": axis_of(metric, writer, is_share(metric, [row["value"] for row in rows]))}  # fmt: skip
    layers: list[Spec] = []
    if onset[0] and onset[1]:
        span = [{"from": onset[0].isoformat(), "to": max(onset[1], onset[0] + dt.timedelta(days=2)).isoformat()}]  # fmt: skip
        layers.append(
            {"data": {"values": span}, "mark": {"type": "rect", "color": "var(--onset)"},
             "encoding": {"x": {**x, "field": "from"}, "x2": {"field": "to"}}}
        )  # fmt: skip
    judged = {row["level"] or "" for row in rows if row["value"] is not None}
    layers += [
        {"mark": {"type": "line", "color": MUTED, "strokeDash": [4, 3], "strokeWidth": 1.2},
         "encoding": {"x": x, "y": {**y, "field": "usual"}}},
        {"mark": {"type": "line", "color": MAIN, "strokeWidth": 2},
         "encoding": {"x": x, "y": {**y, "field": "value"}}},
    ]  # fmt: skip
    # A layer of nothing would be told as a fault on the reader's console.
    if any(row["limit_value"] is not None for row in rows):
        layers.append(
            {"transform": [{"filter": "isValid(datum.limit)"}],
             "mark": {"type": "tick", "color": OTHER, "thickness": 1.4, "size": 9, "orient": "horizontal"},
             "encoding": {"x": x, "y": {**y, "field": "limit"}}}
        )  # fmt: skip
    for level, shape, colour in (("", "circle", MAIN), ("warning", "triangle-up", WARNING), ("danger", "diamond", DANGER)):  # fmt: skip
        if not (level in judged if level else judged - {"warning", "danger"}):
            continue
        wanted = f"datum.level == '{level}'" if level else "datum.level != 'warning' && datum.level != 'danger'"  # fmt: skip
        layers.append(
            {"transform": [{"filter": wanted}],
             "mark": {"type": "point", "shape": shape, "color": colour, "filled": bool(level),
                      "size": 80 if level else 26, "opacity": 1,
                      **({} if level else {"fill": "var(--card)"})},
             "encoding": {"x": x, "y": {**y, "field": "value"}}}
        )  # fmt: skip
    layers.append(alive(_told(rows, metric, writer, say), x, {**y, "field": "value"}))
    return {"width": width, "height": 240, "data": {"values": values}, "layer": layers}


def _told(rows: Sequence[Row], metric: str, writer: Writer, say: Say) -> list[Spec]:
    """What a living chart tells of every period that has a value."""
    return [
        {
            "day": row["period_start"].isoformat(), "value": row["value"],
            "tip": say(
                "chart.control.tip" if row["limit_value"] is None else "chart.control.tip_limit",
                day=writer.date(row["period_start"]),
                value=judged_value(metric, row["value"], writer),
                usual=judged_value(metric, row["usual"], writer),
                limit=judged_value(metric, row["limit_value"], writer),
                level=level_word(row["level"], writer.language),
            ),
        }
        for row in rows
        if row["value"] is not None
    ]  # fmt: skip
