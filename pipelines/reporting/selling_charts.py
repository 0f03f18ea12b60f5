"""The charts of selling, for the report and the board: funnel, the week's bridge, the small line of a trend.

Add here: a chart of opportunities or of a metric that both show. Keep out: how charts are drawn
(`drawing.py`), charts of targets (`charts.py`), those of the board alone, and figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from pipelines.language.figures import Writer
from pipelines.reporting.drawing import DANGER, INK, MAIN, MUTED, OTHER, Spec
from pipelines.reporting.records import Funnel
from pipelines.reporting.texts import say

WIDTH, HEIGHT, EDGE = 96.0, 26.0, 3.0  # of the small line, in user units


def funnel_chart(funnel: Funnel, writer: Writer, width: int) -> Spec | None:
    """A bar of entries per stage; right of it how many go on, and the change to the quarter before."""
    if not funnel.stages:
        return None
    language, rows = writer.language, []
    biggest = max(stage.entered for stage in funnel.stages) or 1
    for stage in funnel.stages:
        weak = funnel.weakest is not None and stage.stage == funnel.weakest.stage
        known = stage.conversion is not None and stage.previous is not None
        change = (stage.conversion or 0.0) - (stage.previous or 0.0)
        arrow = "▲" if change > 0.005 else "▼" if change < -0.005 else "■"
        rows.append({
            "stage": stage.stage, "named": f"▼ {stage.stage}" if weak else stage.stage, "weak": weak,
            "entered": stage.entered,
            # A long bar has room for its words, and none beside it.
            "inside": "true" if width * 0.56 * stage.entered / biggest > 74 else "false",
            "words": say("funnel.bar", language, entered=writer.count(stage.entered)),
            "rate": say("funnel.rate", language, rate=writer.percent(stage.conversion)),
            "change": f"{arrow} {say('funnel.change', language, change=writer.points(change))}" if known else "",
        })  # fmt: skip
    colour = {"condition": {"test": "datum.weak", "value": DANGER}, "value": INK}

    def words(field: str, x: Spec, *, colour: Spec, **mark: Any) -> Spec:
        return {"mark": {"type": "text", **mark},
                "encoding": {"x": x, "text": {"field": field}, "color": colour}}  # fmt: skip

    entered = {"field": "entered", "type": "quantitative", "axis": None,
               "scale": {"domain": [0, biggest / 0.56]}}  # fmt: skip
    left, right, quiet = {"value": 0}, {"value": width}, {"value": MUTED}
    return {
        "width": width, "height": 46 * len(rows), "data": {"values": rows},
        "encoding": {"y": {"field": "stage", "type": "nominal", "sort": None, "axis": None}},
        "layer": [
            {"mark": {"type": "bar", "size": 18, "color": MAIN, "yOffset": 10},
             "encoding": {"x": entered}},
            words("named", left, colour=colour, align="left", dy=-12, fontWeight=600, fontSize=13),
            *(
                {"transform": [{"filter": f"datum.inside == '{inside}'"}],
                 **words("words", left if inside == "true" else entered, align="left", dx=6, dy=10,
                         fontSize=11, colour={"value": "var(--card)"} if inside == "true" else quiet)}
                for inside in sorted({str(row["inside"]) for row in rows})
            ),
            words("rate", right, colour=colour, align="right", dy=-8, fontWeight=700, fontSize=13),
            words("change", right, colour=quiet, align="right", dy=10, fontSize=11),
        ],
    }  # fmt: skip


def bridge(steps: Sequence[tuple[str, float, str]], writer: Writer, width: int) -> Spec | None:
    """What moved the pipeline: name, amount, and its kind: total, gain (blue, a win too) or loss.

    Changes float between totals. The axis does not begin at zero: the totals say so with a break.
    """
    rows: list[dict[str, Any]] = []
    at = 0.0
    for position, (name, amount, kind) in enumerate(steps):
        if kind == "total":
            low, high, at = 0.0, amount, amount
        else:
            low, high = sorted((at, at + amount))
            at += amount
        rows.append({"name": name, "from": low, "to": high, "kind": kind, "order": position,
                     "words": writer.money(amount) if kind == "total" else writer.money_change(amount),
                     "tip": high, "said": f"{name}\n{writer.money_in_words(amount)}"})  # fmt: skip
    floor = min(r["from"] for r in rows if r["kind"] != "total") if len(rows) > 2 else 0.0
    top = max(r["to"] for r in rows)
    # Room below the smallest step, or small steps would vanish between two tall totals.
    base = max(0.0, floor - 0.35 * (top - floor))
    for row in rows:
        row["from"] = max(row["from"], base)
    # On a phone words of many letters would run into each other.
    is_tight = width < 40 * len(rows) + 40 * (max(len(r["name"]) for r in rows) > 4)
    leaning: Spec = {"labelAngle": -40, "labelAlign": "right"} if is_tight else {"labelAngle": 0}
    return {
        "width": width, "height": 220, "data": {"values": rows},
        "encoding": {
            "x": {"field": "name", "type": "nominal", "sort": [r["name"] for r in rows],
                  "axis": {"title": None, "domain": False, "ticks": False, **leaning,
                           "labelLimit": 0, "labelOverlap": False}},
        },
        "layer": [
            {"mark": {"type": "bar", "width": {"band": 0.7}},
             "encoding": {
                 "y": {"field": "from", "type": "quantitative",
                       "scale": {"domain": [base, top * 1.01 + 1], "zero": False}, "axis": None},
                 "y2": {"field": "to"}, "tooltip": {"field": "said"},
                 "color": {"field": "kind", "legend": None,
                           "scale": {"domain": ["total", "gain", "loss"], "range": [MUTED, MAIN, OTHER]}}}},
            {"mark": {"type": "text", "dy": -8, "color": INK, "fontSize": 10 if is_tight else 12},
             "encoding": {"y": {"field": "tip", "type": "quantitative"}, "text": {"field": "words"}}},
        ],
    }  # fmt: skip


def spark(
    values: Sequence[float | None],
    label: str,
    usual: tuple[float | None, float | None] = (None, None),
    least: float = 0.0,
) -> Markup:
    """A line through values with its last point marked; `usual` is the band behind it.

    `least` is a difference below which a line stays flat: noise must not fill the whole height.
    """
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return Markup("")
    low, high = usual
    edges = [*known, *(edge for edge in usual if edge is not None)]
    bottom, top = min(edges), max(edges)
    more = max(least - (top - bottom), 0.0) / 2
    bottom, top = bottom - more, top + more
    span = (top - bottom) or 1.0

    def y(value: float) -> float:
        return round(HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (value - bottom) / span, 1)

    step = (WIDTH - 2 * EDGE) / max(len(values) - 1, 1)
    points = [(round(EDGE + step * i, 1), y(v)) for i, v in enumerate(values) if v is not None]
    path = "M" + "L".join(f"{x} {py}" for x, py in points)
    band = Markup("")
    if low is not None and high is not None:
        band = Markup('<rect class="band" x="0" y="{}" width="{}" height="{}"/>').format(
            y(high), WIDTH, max(round(y(low) - y(high), 1), 1)
        )
    return Markup(
        '<svg class="spark" viewBox="0 0 {} {}" role="img" aria-label="{}">{}'
        '<path d="{}"/><circle cx="{}" cy="{}" r="2.6"/></svg>'
    ).format(WIDTH, HEIGHT, label, band, path, *points[-1])
