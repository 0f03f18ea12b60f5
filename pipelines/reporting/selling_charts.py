"""The charts of selling as inline SVG: funnel, the week's bridge, and the small trend line.

Add here: a chart of opportunities or of a metric. Keep out: the shapes (`drawing.py`), charts of
targets (`charts.py`), and figures.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from pipelines.language.figures import Writer
from pipelines.reporting import drawing as d
from pipelines.reporting.records import Bridge, Funnel
from pipelines.reporting.texts import say


def funnel_chart(funnel: Funnel, writer: Writer, width: int) -> Markup:
    """A bar of entries per stage; right of it conversion, its baseline and the change."""
    language = writer.language
    row = 46
    top = 4
    biggest = max((stage.entered for stage in funnel.stages), default=0) or 1
    parts: list[str] = []
    for index, stage in enumerate(funnel.stages):
        y = top + index * row
        weak = funnel.weakest is not None and stage.stage == funnel.weakest.stage
        length = width * 0.56 * stage.entered / biggest
        marker = "▼ " if weak else ""
        parts.append(
            d.text(0, y + 13, marker + stage.stage, font_weight="700" if weak else "600",
                   fill=d.BAD if weak else d.INK, font_size=13)
        )  # fmt: skip
        parts.append(d.rect(0, y + 19, max(2.0, length), 18, rx=2, fill=d.ACTUAL))
        entered = say("funnel.bar", language, entered=writer.count(stage.entered))
        inside = length > 74
        parts.append(
            d.text(6 if inside else length + 6, y + 32, entered, font_size=11,
                   fill="#fff" if inside else d.MUTED)
        )  # fmt: skip
        parts.append(
            d.text(width, y + 19, say("funnel.rate", language, rate=writer.percent(stage.conversion)),
                   text_anchor="end", font_weight="700", fill=d.BAD if weak else d.INK, font_size=13)
        )  # fmt: skip
        change = (
            None
            if stage.conversion is None or stage.previous is None
            else stage.conversion - stage.previous
        )
        if change is not None:
            arrow = "▲" if change > 0.005 else "▼" if change < -0.005 else "■"
            said = say("funnel.change", language, change=writer.points(change))
            parts.append(
                d.text(width, y + 36, f"{arrow} {said}", text_anchor="end", font_size=11,
                       fill=d.BAD if weak and change < -0.005 else d.MUTED)
            )  # fmt: skip
    return d.picture(width, top + row * len(funnel.stages), parts, say("funnel.alt", language))


def bridge_chart(bridge: Bridge, writer: Writer, width: int) -> Markup:
    """A waterfall lying down: opening, what came and went, closing; the amount at the right."""
    language = writer.language
    row, left, right = 24, 74, 74
    rows: list[tuple[str, float, float, bool]] = [("opening", 0.0, bridge.opening, True)]
    level = bridge.opening
    for name, amount in bridge.steps:
        rows.append((name, level, level + amount, False))
        level += amount
    rows.append(("closing", 0.0, bridge.closing, True))
    ends = [end for _, start, end, _ in rows for end in (start, end) if end > 0] or [1.0]
    # The stock is large against the week's moves: start near the smallest level, and say so by a
    # broken bar, or every step would be a hair.
    moving = [x for name, start, end, total in rows for x in (start, end) if not total or x]
    low = max(0.0, min(moving) - (max(ends) - min(moving)) * 0.35)
    span = (max(ends) - low) or 1.0

    def place(value: float) -> float:
        return left + (width - left - right) * max(0.0, value - low) / span

    parts = []
    for index, (name, start, end, total) in enumerate(rows):
        y = index * row
        x1, x2 = (place(low), place(end)) if total else sorted((place(start), place(end)))
        fill = d.TARGET if total else (d.ACTUAL if end >= start else "#c9792b")
        parts.append(d.text(0, y + 16, say(f"bridge.{name}", language),
                            font_weight="700" if total else "400"))  # fmt: skip
        parts.append(d.rect(x1, y + 5, max(x2 - x1, 1.0), 14, fill=fill))
        if total and low > 0:
            parts.append(
                d.shape("path", d=f"M{d.number(x1 + 8)} {y + 3}l-4 18h4l4 -18z", fill="#fff")
            )
        amount_text = writer.money(end) if total else writer.money_change(end - start)
        parts.append(d.text(width, y + 16, amount_text, text_anchor="end",
                            font_weight="700" if total else "400"))  # fmt: skip
        if index + 1 < len(rows):
            x = place(end)
            parts.append(d.line((x, y + 19), (x, y + row + 5), stroke=d.EXPECTED, stroke_width=1))
    return d.picture(width, row * len(rows) + 4, parts, say("bridge.alt", language))


def sparkline(values: Sequence[float | None], label: str, width: int = 96) -> Markup:
    """A small line of past values with the last one marked; nothing with fewer than two."""
    known = [(index, value) for index, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return Markup("")
    height = 24.0
    low, high = min(v for _, v in known), max(v for _, v in known)
    span = (high - low) or 1.0
    step = (width - 10) / max(1, len(values) - 1)
    points = [(5 + i * step, height - 4 - (height - 8) * (v - low) / span) for i, v in known]
    dot = d.shape("circle", cx=points[-1][0], cy=points[-1][1], r=3, fill=d.ACTUAL)
    line = d.path(points, stroke=d.ACTUAL, stroke_width=1.5)
    return d.picture(width, height, [line, dot], label)
