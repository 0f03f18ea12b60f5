"""The plot of cost against size: `docs/images/cost-by-size.svg`, from the last line of each size.

    python -m benchmarks.plot

Add here: what else is worth a picture. Keep out: measuring (`sizes.py`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipelines.settings import PROJECT

PICTURE = PROJECT / "docs" / "images" / "cost-by-size.svg"
_SERIES = ("first night", "1 % changed", "unchanged", "floor (DuckDB by hand)", "floor in pandas")


def points(kept: Path) -> list[dict[str, Any]]:
    """CPU seconds by opportunities and what was run, of the last measurement of each size."""
    rows = map(json.loads, kept.read_text().splitlines())
    last = {row["reps"]: row for row in rows if not row.get("sparse")}
    found = []
    for row in last.values():
        nights = row["nights"]
        costs = [nights.get(name) for name in ("first", "changed", "unchanged")]
        costs += [row["floor"], row["floor_pandas"]]
        for what, cost in zip(_SERIES, costs, strict=True):
            if cost and not cost["exit_code"]:
                size = row["rows"]["opportunities"]
                found.append({"size": size, "what": what, "cpu": max(cost["cpu"], 0.1)})
    return found


def draw(kept: Path) -> None:
    """Write the picture."""
    import vl_convert

    axis = {"type": "log", "nice": False}
    specification = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": 560,
        "height": 300,
        "title": "CPU seconds by size of the company (both axes logarithmic)",
        "data": {"values": points(kept)},
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {"field": "size", "type": "quantitative", "scale": axis, "title": "opportunities"},
            "y": {"field": "cpu", "type": "quantitative", "scale": axis, "title": "CPU seconds"},
            "color": {"field": "what", "type": "nominal", "sort": list(_SERIES), "title": None},
        },
    }
    PICTURE.write_text(vl_convert.vegalite_to_svg(specification, allowed_base_urls=[]))


if __name__ == "__main__":
    draw(Path(__file__).with_name("sizes.jsonl"))
