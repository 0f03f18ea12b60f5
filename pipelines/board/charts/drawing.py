"""From a Vega-Lite specification to an SVG inside the page, drawn once and kept.

Add here: how every chart looks, how it is drawn and kept. Keep out: single charts.

Colours are CSS variables of the page, so one drawing serves light and dark. The SVG carries no style
and no script: it stands under the strict content policy. The specification is kept beside it: a browser
with script draws the same chart alive when it is first touched (`static/board.js`, `script.py`). What only
a living chart has, such as what is told under the pointer, stands in layers named `alive`, which the
drawing goes without.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from markupsafe import Markup

from pipelines.board.keeping import Kept

KEPT = 400
# Forms of charts, whatever their figures: some 15 kB each.
_COMPILED: Kept[bytes] = Kept(100)
# What words are measured with; the page shows them in its own. A family that the drawing library must
# look for, such as sans-serif, makes a chart cost twice as much.
FONT = "Arial"
_ROLES = re.compile(r' (?:role|aria-[a-z]+)="[^"]*"')
INK, MUTED, LINE = "var(--ink)", "var(--muted)", "var(--line)"
MAIN, OTHER, BAND = "var(--up)", "var(--down)", "var(--band)"
DANGER, WARNING = "var(--danger)", "var(--warning)"
Spec = dict[str, Any]
# Words of the board by their key (`showing.pages.say` with the language).
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


@dataclass(frozen=True)
class Drawn:
    """A chart as a picture, and as its specification (JSON, compressed); both empty for no chart."""

    picture: Markup = Markup("")
    packed: bytes = b""

    @property
    def specification(self) -> bytes:
        """The specification as JSON."""
        return zlib.decompress(self.packed)


class Charts:
    """Draws charts; the same key gives the same drawing without drawing it again."""

    def __init__(self) -> None:
        self._kept: Kept[Drawn] = Kept(KEPT)

    def draw(self, key: Any, label: str, spec: Callable[[], Spec | None]) -> Drawn:
        """The chart, empty where the specification is None.

        `key` names version, chart, scope, language and width; `label` is read out in place of it.
        """

        def make() -> Drawn:
            made = spec()
            return Drawn() if made is None else _drawn(made, label)

        return self._kept.get(key, make)


def wake() -> None:
    """Draws something, since the first drawing of a process takes half a second more than the others."""
    _drawn({"width": 9, "height": 9, "data": {"values": [{}]}, "mark": "point"}, "")


def _drawn(spec: Spec, label: str) -> Drawn:
    import vl_convert  # here: it takes a while, and a page without charts needs none

    whole = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "config": _CONFIG,
        **spec,
    }
    still = {**whole}
    if "layer" in whole:
        still["layer"] = [one for one in whole["layer"] if one.get("name") != "alive"]
    values: list[bytes] = []
    bare = orjson.dumps(_without_values(still, values))
    # Half of a drawing is making Vega of Vega-Lite, and that is the same for all figures.
    vega = _COMPILED.get(bare, lambda: orjson.dumps(vl_convert.vegalite_to_vega(bare.decode())))
    for number, rows in enumerate(values):
        vega = vega.replace(orjson.dumps(_place(number)), rows)
    svg = vl_convert.vega_to_svg(vega.decode(), allowed_base_urls=[])
    # The picture is read out by its label; roles of its parts would be read out one by one.
    inner = _ROLES.sub("", svg[svg.index("<svg") + 4 :])
    named = Markup('<svg class="chart" role="img" aria-label="{}"').format(label)
    # Every text in it went through the drawing library, which escapes it.
    return Drawn(named + Markup(inner), zlib.compress(orjson.dumps(whole)))  # noqa: S704


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
