"""The charts of targets, for the report and the board: months against target, the phased curve.

Add here: a chart of targets that both show. Keep out: how charts are drawn (`drawing.py`), charts of the
pipeline (`selling_charts.py`), those of the board alone (`pipelines/board/charts/`), and figures.

Each is a Vega-Lite specification of a width in user units: the report has a wide one for desk and paper and
a narrow one for the phone, so that letters stay readable on both. A missing figure is not drawn.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from pipelines.language.catalogue import sentence
from pipelines.language.figures import Writer
from pipelines.reporting.drawing import BAND, INK, MAIN, MUTED, Spec, alive
from pipelines.reporting.marts import Row
from pipelines.reporting.records import Completion
from pipelines.reporting.texts import say

NOTHING = "isValid(datum.{})"


def months_chart(
    months: Sequence[Completion], as_of: dt.date, writer: Writer, width: int
) -> Spec | None:
    """Columns of actual revenue by month with the target as a line across, the attainment below.

    The running month carries its projection as a pale column behind. Months after `as_of` show their
    target only. None where nothing is known.
    """
    rows = []
    for number, month in enumerate(months):
        begun = month.period_start <= as_of
        share = writer.percent(month.attainment) if begun and month.attainment is not None else ""
        projected = month.projected if begun and as_of < month.period_end else None
        rows.append({
            "month": f"{number}|{writer.month(month.period_start)}|{share}", "target": month.target,
            "actual": month.actual if begun else None, "projected": projected,
        })  # fmt: skip
    if not any(row[name] is not None for row in rows for name in ("target", "actual", "projected")):
        return None
    step = (width - 46) / len(rows)
    column = min(34.0, step * 0.62)
    y = {"type": "quantitative", "axis": axis_of_money(writer), "scale": {"zero": True}}

    def layer(name: str, mark: Spec) -> Spec:
        return {"transform": [{"filter": NOTHING.format(name)}], "mark": mark,
                "encoding": {"y": {**y, "field": name}}}  # fmt: skip

    bar: Spec = {"type": "bar", "size": round(column, 1)}
    return {
        "width": width - 46, "height": 190, "data": {"values": rows},
        "encoding": {"x": {
            # By name: the first layer has the running month alone, and would put it first.
            "field": "month", "type": "nominal", "sort": [row["month"] for row in rows],
            "axis": {"title": None, "domain": False, "ticks": False, "labelAngle": 0, "labelOverlap": False,
                     "labelExpr": "slice(split(datum.label, '|'), 1)", "labelFontSize": 12 if step > 34 else 9},
        }},
        "layer": [
            layer("projected", {**bar, "color": BAND, "stroke": MAIN, "strokeDash": [3, 2]}),
            layer("actual", {**bar, "color": MAIN}),
            layer("target", {"type": "tick", "orient": "horizontal", "color": INK, "thickness": 2.5,
                             "size": round(column + 6, 1)}),
        ],
    }  # fmt: skip


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


def curve(row: Row, days: list[Row], writer: Writer, width: int) -> Spec | None:
    """Actual against the phased target, from today a fan to the projection's band; None without actuals."""
    if row["actual_amount"] is None:
        return None
    target = row["target_amount"]
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
    if target:
        layers.append(
            {
                "data": {"values": phased},
                "mark": {
                    "type": "line",
                    "color": MUTED,
                    "strokeWidth": 1.5,
                    "interpolate": "linear",
                },
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
    if target:
        # Curves begin at nothing, so the beginning of the target's height is where no line runs.
        words = say("chart.target", writer.language)
        layers.append(
            {
                "data": {"values": [
                    {"day": d.isoformat(), "amount": row["target_amount"], "words": w}
                    for d, w in ((row["period_start"], words), (end, ""))
                ]},
                "layer": [
                    {"mark": {"type": "line", "color": MUTED, "strokeDash": [2, 3], "strokeWidth": 1}},
                    {"mark": {"type": "text", "align": "left", "dx": 4, "dy": -8, "color": INK},
                     "encoding": {"text": {"field": "words"}}},
                    {"mark": {"type": "point", "color": INK, "filled": True, "size": 50},
                     "transform": [{"filter": "datum.words == ''"}]},
                ],
                "encoding": {"x": x, "y": y},
            }
        )  # fmt: skip
    layers.append(alive(_told(row, days, writer), x, y))
    return {"width": width, "height": 230, "layer": layers}


def _told(row: Row, days: list[Row], writer: Writer) -> list[Spec]:
    """What a living chart tells of every day that is known, and of the end."""
    tips = [
        {"day": d["as_of"].isoformat(), "amount": d["actual_amount"],
         "tip": say("chart.curve.tip", writer.language, day=writer.date(d["as_of"]),
                    actual=writer.money_in_words(d["actual_amount"]),
                    expected=writer.money_in_words(d["expected_amount"]))}
        for d in (*(one for one in days if one["as_of"] < row["as_of"]), row)
        if d["actual_amount"] is not None
    ]  # fmt: skip
    if not row["target_amount"]:
        return tips
    end = {"day": row["period_end"].isoformat(), "amount": row["target_amount"],
           "tip": say("chart.curve.tip_target", writer.language, day=writer.date(row["period_end"]),
                      target=writer.money_in_words(row["target_amount"]))}  # fmt: skip
    if row["projected_amount"] is None or row["as_of"] >= row["period_end"]:
        return [*tips, end]
    words = say("chart.curve.tip_end", writer.language, day=writer.date(row["period_end"]),
                projected=banded(row, writer), target=writer.money_in_words(row["target_amount"]))  # fmt: skip
    return [*tips, {**end, "tip": words}, {**end, "amount": row["projected_amount"], "tip": words}]


def banded(row: Row, writer: Writer) -> str:
    """A projection with its band, where one is known."""
    low, high = row["projected_low"], row["projected_high"]
    words = writer.money_in_words(row["projected_amount"])
    if low is None or high is None or low == high:
        return words
    return f"{words} ({writer.money_in_words(low)} – {writer.money_in_words(high)})"
