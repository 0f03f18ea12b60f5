"""Charts of pages, drawn once and kept.

Add here: how drawings are kept. Keep out: how a chart is drawn (`reporting/drawing.py`), single charts.

The specification is kept beside the picture: a browser with script draws the same chart alive when it is
first touched (`static/board.js`, `script.py`).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from markupsafe import Markup

from pipelines.board.keeping import Kept
from pipelines.reporting.drawing import Spec, drawn, whole

KEPT = 250


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
            if made is None:
                return Drawn()
            return Drawn(drawn(made, label), zlib.compress(orjson.dumps(whole(made))))

        return self._kept.get(key, make)
