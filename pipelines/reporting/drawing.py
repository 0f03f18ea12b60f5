"""The few SVG shapes that the charts are made of, escaped and rounded.

Add here: a shape or a scale. Keep out: what a chart shows (`charts.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from markupsafe import Markup

INK, MUTED, LINE = "#1f2933", "#616e7c", "#d9e0e7"
ACTUAL, PROJECTED, TARGET, EXPECTED = "#2463a8", "#bcd3ec", "#1f2933", "#7b8794"
GOOD, BAD, LEVEL_FILL = "#2463a8", "#b3261e", {"danger": "#b3261e", "warning": "#b26a00"}

Point = tuple[float, float]


def number(value: float) -> str:
    """A coordinate with one decimal, the same on every machine."""
    return f"{value:.1f}".removesuffix(".0")


def attributes(values: dict[str, object]) -> str:
    """Attributes in the given order; underscores become hyphens, None is left out."""
    return "".join(
        f" {name.replace('_', '-')}="
        + quoteattr(number(value) if isinstance(value, float) else str(value))
        for name, value in values.items()
        if value is not None
    )


def shape(tag: str, **values: object) -> str:
    """An element without content."""
    return f"<{tag}{attributes(values)}/>"


def text(x: float, y: float, content: str, **values: object) -> str:
    """A text, escaped."""
    return f"<text{attributes({'x': float(x), 'y': float(y), **values})}>{escape(content)}</text>"


def line(start: Point, end: Point, **values: object) -> str:
    """A straight line."""
    return shape("line", x1=start[0], y1=start[1], x2=end[0], y2=end[1], **values)


def rect(x: float, y: float, width: float, height: float, **values: object) -> str:
    """A rectangle; a negative size is drawn as nothing."""
    return shape(
        "rect",
        x=float(x),
        y=float(y),
        width=float(max(0.0, width)),
        height=float(max(0.0, height)),
        **values,
    )


def path(points: Sequence[Point], **values: object) -> str:
    """A line through points."""
    steps = "L".join(f"{number(x)} {number(y)}" for x, y in points)
    return shape("path", d=f"M{steps}", fill="none", **values)


def picture(width: float, height: float, parts: Iterable[str], label: str) -> Markup:
    """The whole SVG, scaled to the width of its place, with a label for screen readers."""
    frame = attributes(
        {
            "viewBox": f"0 0 {number(width)} {number(height)}",
            "role": "img",
            "aria-label": label,
            "font_size": 12,
            "fill": INK,
        }
    ).replace("font_size", "font-size")
    # Every part above escapes what comes from data.
    return Markup(f'<svg xmlns="http://www.w3.org/2000/svg"{frame}>{"".join(parts)}</svg>')  # noqa: S704


def ticks(top: float, count: int = 5) -> list[float]:
    """Round values from zero to at least `top`, in about `count` steps of 1, 2, 2.5 or 5."""
    if top <= 0:
        return [0.0, 1.0]
    raw = top / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(f * power for f in (1.0, 2.0, 2.5, 5.0, 10.0) if f * power >= raw * 0.999)
    return [step * i for i in range(math.ceil(top / step - 1e-9) + 1)]
