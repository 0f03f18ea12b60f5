"""Small pictures inside rows: a run of values, a measure against its target.

Add here: a picture that stands in a line of text. Keep out: charts of their own (`charts/`).

Sizes are attributes, not styles: the content policy allows no inline style.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from pipelines.language import text
from pipelines.reporting.selling_charts import spark

# A projection that moves by less than this part of the target has hardly moved.
TRACE_SPAN = 0.25


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
