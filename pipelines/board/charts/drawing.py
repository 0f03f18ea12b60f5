"""From a Vega-Lite specification to an SVG inside the page, drawn once and kept.

Add here: how every chart looks, how it is drawn and kept. Keep out: single charts.

Colours are CSS variables of the page, so one drawing serves light and dark. The SVG carries no style
and no script: it stands under the strict content policy.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from markupsafe import Markup

KEPT = 400
_ROLES = re.compile(r' (?:role|aria-[a-z]+)="[^"]*"')
INK, MUTED, LINE = "var(--ink)", "var(--muted)", "var(--line)"
MAIN, OTHER, BAND = "var(--up)", "var(--down)", "var(--band)"
DANGER, WARNING = "var(--danger)", "var(--warning)"
Spec = dict[str, Any]

_CONFIG: Spec = {
    "background": None,
    "font": "inherit",
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
        "labelFont": "sans-serif",
        "titleFont": "sans-serif",
    },
    "text": {"color": INK, "font": "sans-serif", "fontSize": 12},
    "header": {"labelColor": INK, "labelFontSize": 12, "labelFont": "sans-serif", "title": None},
    "line": {"color": MAIN},
}


class Charts:
    """Draws charts; the same key gives the same drawing without drawing it again."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Any, Markup] = OrderedDict()
        self._lock = threading.Lock()

    def draw(self, key: Any, label: str, spec: Callable[[], Spec | None]) -> Markup:
        """The chart as markup, empty where the specification is None.

        `key` names version, chart, scope, language and width; `label` is read out in place of it.
        """
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = spec()
        drawing = Markup("") if made is None else self._drawn(made, label)
        with self._lock:
            self._kept[key] = drawing
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return drawing

    @staticmethod
    def _drawn(spec: Spec, label: str) -> Markup:
        import vl_convert  # here: it takes a while, and a page without charts needs none

        whole = {
            "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
            "config": _CONFIG,
            **spec,
        }
        svg = vl_convert.vegalite_to_svg(whole, allowed_base_urls=[])
        # The picture is read out by its label; roles of its parts would be read out one by one.
        inner = _ROLES.sub("", svg[svg.index("<svg") + 4 :])
        named = Markup('<svg class="chart" role="img" aria-label="{}"').format(label)
        # Every text in it went through the drawing library, which escapes it.
        return named + Markup(inner)  # noqa: S704
