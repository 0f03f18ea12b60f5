"""From a Vega-Lite specification to an SVG inside a page, for the report and the board.

Add here: how every chart looks and is drawn. Keep out: single charts (`charts.py`, `selling_charts.py`,
`pipelines/board/charts/`).

Colours are CSS variables of the page, so one drawing serves light and dark. The SVG carries no style
and no script: it stands under the board's strict content policy. What only a living chart has, such as what
is told under the pointer, stands in layers named `alive`, which the drawing goes without.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import orjson
from markupsafe import Markup

# What words are measured with; the page shows them in its own. A family that the drawing library must
# look for, such as sans-serif, makes a chart cost twice as much.
FONT = "Arial"
# Roles of the parts would be read out one by one; nothing refers to the second name space.
_SPARE = re.compile(r' (?:role|aria-[a-z]+|xmlns:xlink)="[^"]*"')
INK, MUTED, LINE = "var(--ink)", "var(--muted)", "var(--line)"
MAIN, OTHER, BAND = "var(--up)", "var(--down)", "var(--band)"
DANGER, WARNING = "var(--danger)", "var(--warning)"
Spec = dict[str, Any]
# Words by their key, in one language.
Say = Callable[..., str]

_CONFIG: Spec = {
    "background": None,
    "font": FONT,
    "aria": False,
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED,
        "titleColor": MUTED,
        "gridColor": LINE,
        "domainColor": LINE,
        "tickColor": LINE,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelFont": FONT,
        "titleFont": FONT,
    },
    "text": {"color": INK, "font": FONT, "fontSize": 12},
    "header": {"labelColor": INK, "labelFontSize": 12, "labelFont": FONT, "title": None},
    "line": {"color": MAIN},
}


# Chosen by hand: the wheel alone belongs to the page, so it zooms with Ctrl (or the command key) held.
_ZOOM: Spec = {
    "name": "zoom",
    "select": {
        "type": "interval",
        "encodings": ["x"],
        "zoom": "wheel![event.ctrlKey || event.metaKey]",
        "clear": "dblclick",
    },
    "bind": "scales",
}
_NEAREST: Spec = {
    "name": "nearest",
    "select": {"type": "point", "on": "pointermove", "clear": "pointerout", "nearest": True},
}


def alive(values: Sequence[Spec], x: Spec, y: Spec, *, zoom: bool = True) -> Spec:
    """A layer of a living chart: the point nearest to the pointer shows itself and its words (`tip`)."""
    return {
        "name": "alive",
        "data": {"values": [*values]},
        "params": [_NEAREST, *([_ZOOM] if zoom else [])],
        # The nearest point is found by cells around the points: their datum is the point.
        "mark": {
            "type": "point", "filled": True, "size": 70, "color": INK,
            "tooltip": {"expr": "datum.datum ? datum.datum.tip : datum.tip"},
        },
        "encoding": {
            "x": x,
            "y": y,
            "opacity": {"condition": {"param": "nearest", "empty": False, "value": 1}, "value": 0},
        },
    }  # fmt: skip


def wake() -> None:
    """Draws something, since the first drawing of a process takes half a second more than the others."""
    drawn({"width": 9, "height": 9, "data": {"values": [{}]}, "mark": "point"}, "")


def drawn(spec: Spec | None, label: str) -> Markup:
    """The chart as an SVG, empty for none; `label` is read out in place of it."""
    if spec is None:
        return Markup("")
    still = whole(spec)
    if "layer" in still:
        still["layer"] = [one for one in still["layer"] if one.get("name") != "alive"]
    values: list[bytes] = []
    bare = orjson.dumps(_without_values(still, values))
    return _picture(bare, tuple(values), label)


def whole(spec: Spec) -> Spec:
    """The specification with all that every chart has."""
    schema = "https://vega.github.io/schema/vega-lite/v6.json"
    return {"$schema": schema, "config": _CONFIG, **spec}


@lru_cache(200)
def _picture(bare: bytes, values: tuple[bytes, ...], label: str) -> Markup:
    """The drawing; figures that the next night or another page has as well are not drawn again."""
    import vl_convert  # here: it takes a while, and a page without charts needs none

    vega = _compiled(bare)
    for number, rows in enumerate(values):
        vega = vega.replace(orjson.dumps(_place(number)), rows)
    svg = vl_convert.vega_to_svg(vega.decode(), allowed_base_urls=[])
    inner = _SPARE.sub("", svg[svg.index("<svg") + 4 :]).replace(' class="marks"', "", 1)
    named = Markup('<svg class="chart" role="img" aria-label="{}"').format(label)
    # Every text in it went through the drawing library, which escapes it.
    return named + Markup(inner)  # noqa: S704


@lru_cache(100)
def _compiled(bare: bytes) -> bytes:
    """Vega of Vega-Lite: half of a drawing, and the same whatever the figures; some 15 kB."""
    import vl_convert

    return orjson.dumps(vl_convert.vegalite_to_vega(bare.decode()))


def _without_values(part: Any, values: list[bytes]) -> Any:
    """A part of a specification whose rows of figures went to `values`, each with a mark in its place."""
    if isinstance(part, list):
        return [_without_values(one, values) for one in part]
    if not isinstance(part, dict):
        return part
    found = {}
    for name, inner in part.items():
        if name == "data" and isinstance(inner, dict) and "values" in inner:
            rows = orjson.dumps(inner["values"])
            if rows not in values:
                values.append(rows)
            found[name] = {**inner, "values": _place(values.index(rows))}
        else:
            found[name] = _without_values(inner, values)
    return found


def _place(number: int) -> list[Spec]:
    """The mark of the rows of that number: rows that nobody's figures are."""
    return [{"rows of": number}]
