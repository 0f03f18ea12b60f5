"""A page's charts: still pictures that a browser with script can bring to life.

Add here: how a chart stands in a page. Keep out: single charts (`charts/`), reading (`reading/`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial

from markupsafe import Markup

from pipelines.board.site import Visit
from pipelines.reporting.drawing import Spec

WIDE, NARROW = 960, 290


def both(
    visit: Visit, name: str, key: Hashable, label: str, spec: Callable[[int], Spec | None]
) -> Markup:
    """A chart for wide and for narrow places; readers hear of it once. `name` is its name in the page.

    A browser that says it is a phone's gets the narrow one, a computer's the wide one: drawing is what
    a page waits for longest.
    """
    parts = {}
    for width, pixels in (("wide", WIDE), ("narrow", NARROW)):
        if _may_be(visit, width):
            called = f"{name}.{width}"
            parts[width] = _one(visit, called, (name, key, pixels), label, partial(spec, pixels))
    if not any(parts.values()):
        return Markup("")
    return Markup("").join(
        Markup('<div class="{}"{} data-chart="{}.{}">{}</div>').format(
            width if len(parts) > 1 else f"only-{width}",
            Markup(' aria-hidden="true"') if width == "narrow" and len(parts) > 1 else "",
            name, width, drawn,
        )
        for width, drawn in parts.items()
    )  # fmt: skip


def _may_be(visit: Visit, width: str) -> bool:
    """Whether the reader's screen may be of that width; a browser that does not say may be of either."""
    asked = visit.query.get("chart", "")
    if asked:  # one chart, for a browser that brings it to life: the others need not be drawn
        return asked.endswith(f".{width}")
    told = visit.request.headers.get("sec-ch-ua-mobile", "")
    if told in ("?0", "?1"):
        return (told == "?1") == (width == "narrow")
    return True


def alone(
    visit: Visit, name: str, key: Hashable, label: str, spec: Callable[[], Spec | None]
) -> Markup:
    """A chart of one width."""
    drawn = _one(visit, name, (name, key), label, spec)
    return Markup('<div data-chart="{}">{}</div>').format(name, drawn) if drawn else Markup("")


def _one(
    visit: Visit, name: str, key: Hashable, label: str, spec: Callable[[], Spec | None]
) -> Markup:
    manifest = visit.version.manifest
    full = (manifest.version, manifest.fingerprint, key, visit.language)
    visit.charts[name] = visit.site.charts.draw(full, label, spec)
    return visit.charts[name].picture
