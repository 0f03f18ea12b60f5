"""Charts of targets: the phased curve with the fan of the projection, what was said and what came.

Add here: a chart about a target. Keep out: reading (`reading/standings_of_targets.py`).
"""

from __future__ import annotations

import datetime as dt

from pipelines.board.charts.drawing import (
    BAND,
    INK,
    LINE,
    MAIN,
    MUTED,
    OTHER,
    WARNING,
    Say,
    Spec,
    alive,
)
from pipelines.language.catalogue import sentence
from pipelines.language.figures import Writer
from pipelines.reporting.marts import Row


def axis_of_money(writer: Writer) -> Spec:
    """An axis of amounts in the unit of the tables."""
    if writer.language == "zh":
        return {"labelExpr": "format(datum.value / 10000, ',.0f')", "title": writer.money_unit}
    return {"labelExpr": "format(datum.value, '.2~s')", "title": writer.money_unit}


def axis_of_days(language: str) -> Spec:
    """Days along the bottom; in UTC, or a browser elsewhere would draw the day before."""
    pattern = sentence("board.chart.day", language)
    return {
        "title": None,
        "grid": False,
        "tickCount": 6,
        "labelExpr": f"utcFormat(datum.value, '{pattern}')",
        "labelOverlap": True,
    }


def curve(row: Row, days: list[Row], writer: Writer, say: Say, width: int) -> Spec | None:
    """Actual against the phased target, from today a fan to the projection's band."""
    if not row["target_amount"] or row["actual_amount"] is None:
        return None
    start, end, today = row["period_start"], row["period_end"], row["as_of"]
    actual = [{"day": start.isoformat(), "amount": 0.0}]
    actual += [
        {"day": d["as_of"].isoformat(), "amount": d["actual_amount"]}
        for d in days
        if d["actual_amount"] is not None and d["as_of"] < today
    ]
    actual.append({"day": today.isoformat(), "amount": row["actual_amount"]})
    phased = [{"day": start.isoformat(), "amount": 0.0}]
    phased += [
        {"day": d["as_of"].isoformat(), "amount": d["expected_amount"]}
        for d in days
        if d["expected_amount"] is not None and d["as_of"] < today
    ]
    if row["expected_amount"] is not None:
        phased.append({"day": today.isoformat(), "amount": row["expected_amount"]})
    phased.append({"day": end.isoformat(), "amount": row["target_amount"]})
    x = {"field": "day", "type": "temporal", "scale": {"type": "utc"}, "axis": axis_of_days(writer.language)}  # fmt: skip
    y = {"field": "amount", "type": "quantitative", "axis": axis_of_money(writer)}
    layers: list[Spec] = []
    if row["projected_amount"] is not None and today < end:
        low = row["projected_low"] if row["projected_low"] is not None else row["projected_amount"]
        high = (
            row["projected_high"] if row["projected_high"] is not None else row["projected_amount"]
        )
        fan = [
            {"day": today.isoformat(), "low": row["actual_amount"], "high": row["actual_amount"], "amount": row["actual_amount"]},
            {"day": end.isoformat(), "low": low, "high": high, "amount": row["projected_amount"]},
        ]  # fmt: skip
        layers.append(
            {
                "data": {"values": fan},
                "mark": {"type": "area", "color": BAND},
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
            }
        )
        layers.append(
            {
                "data": {"values": fan},
                "mark": {"type": "line", "color": MAIN, "strokeDash": [5, 4], "strokeWidth": 2},
                "encoding": {"x": x, "y": y},
            }
        )
    layers.append(
        {
            "data": {"values": phased},
            "mark": {"type": "line", "color": MUTED, "strokeWidth": 1.5, "interpolate": "linear"},
            "encoding": {"x": x, "y": y},
        }
    )
    layers.append(
        {
            "data": {"values": actual},
            "mark": {"type": "line", "color": MAIN, "strokeWidth": 2.5},
            "encoding": {"x": x, "y": y},
        }
    )
    layers.append(
        {
            "data": {"values": [{"day": end.isoformat(), "amount": row["target_amount"],
                                 "words": say("chart.target")}]},
            "layer": [
                {"mark": {"type": "point", "color": INK, "filled": True, "size": 50}},
                {"mark": {"type": "text", "align": "right", "dy": 18, "color": INK},
                 "encoding": {"text": {"field": "words"}}},
            ],
            "encoding": {"x": x, "y": y},
        }
    )  # fmt: skip
    layers.append(alive(_told(row, days, writer, say), x, y))
    return {"width": width, "height": 230, "layer": layers}


def _told(row: Row, days: list[Row], writer: Writer, say: Say) -> list[Spec]:
    """What a living chart tells of every day that is known, and of the end."""
    tips = [
        {"day": d["as_of"].isoformat(), "amount": d["actual_amount"],
         "tip": say("chart.curve.tip", day=writer.date(d["as_of"]),
                    actual=writer.money_in_words(d["actual_amount"]),
                    expected=writer.money_in_words(d["expected_amount"]))}
        for d in (*(one for one in days if one["as_of"] < row["as_of"]), row)
        if d["actual_amount"] is not None
    ]  # fmt: skip
    end = {"day": row["period_end"].isoformat(), "amount": row["target_amount"],
           "tip": say("chart.curve.tip_target", day=writer.date(row["period_end"]),
                      target=writer.money_in_words(row["target_amount"]))}  # fmt: skip
    if row["projected_amount"] is None or row["as_of"] >= row["period_end"]:
        return [*tips, end]
    words = say("chart.curve.tip_end", day=writer.date(row["period_end"]),
                projected=_banded(row, writer), target=writer.money_in_words(row["target_amount"]))  # fmt: skip
    return [*tips, {**end, "tip": words}, {**end, "amount": row["projected_amount"], "tip": words}]


def _banded(row: Row, writer: Writer) -> str:
    """A projection with its band, where one is known."""
    low, high = row["projected_low"], row["projected_high"]
    words = writer.money_in_words(row["projected_amount"])
    if low is None or high is None or low == high:
        return words
    return f"{words} ({writer.money_in_words(low)} – {writer.money_in_words(high)})"


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
         "tip": say("chart.said.tip", day=writer.date(w["as_of"]), projected=_banded(w, writer),
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
