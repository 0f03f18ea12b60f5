"""Small pictures inside rows: a run of values, a measure against its target.

Add here: a picture that stands in a line of text. Keep out: charts of their own (`charts/`).

Sizes are attributes, not styles: the content policy allows no inline style.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from pipelines.language import text

WIDTH, HEIGHT, EDGE = 96.0, 26.0, 3.0
# A projection that moves by less than this part of the target has hardly moved.
TRACE_SPAN = 0.25


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


def trace(language: str, row: Mapping[str, Any]) -> Markup:
    """What part of a target was projected in the last weeks, as a line; its words say from where to where."""
    known = [share for share in row.get("trace", ()) if share is not None]
    if len(known) < 2:
        return Markup("")
    label = text(
        "board.spark.trace",
        count=len(row["trace"]),
        first=f"{known[0]:.0%}",
        last=f"{known[-1]:.0%}",
    )
    return spark(row["trace"], label.into(language), least=TRACE_SPAN)


def bullet(
    language: str,
    actual: float | None,
    target: float | None,
    expected: float | None,
    projected: float | None = None,
) -> Markup:
    """Actual as a bar, the pale part up to the projection, thick tick expected, thin tick target."""
    if not target or target <= 0 or actual is None:
        return Markup("")
    top = max(target, actual, projected or 0.0, expected or 0.0) * 1.02

    def x(value: float) -> float:
        return round(200 * max(0.0, min(value / top, 1.0)), 1)

    shares = {
        "actual": f"{actual / target:.0%}",
        "expected": f"{(expected or 0) / target:.0%}",
    }
    label = text("board.bullet", **shares).into(language)
    parts = [Markup('<rect class="track" width="200" height="14" y="3" rx="2"/>')]
    if projected is not None:
        parts.append(
            Markup('<rect class="projected" width="{}" height="14" y="3" rx="2"/>').format(
                x(projected)
            )
        )
    parts.append(
        Markup('<rect class="actual" width="{}" height="8" y="6" rx="2"/>').format(x(actual))
    )
    if expected is not None:
        mark = Markup('<rect class="expected" x="{}" y="1" width="3" height="18"/>')
        parts.append(mark.format(max(0, x(expected) - 1.5)))
    parts.append(
        Markup('<rect class="target" x="{}" y="3" width="1" height="14"/>').format(x(target))
    )
    return Markup(
        '<svg class="bullet" viewBox="0 0 200 20" role="img" aria-label="{}">{}</svg>'
    ).format(label, Markup("").join(parts))
