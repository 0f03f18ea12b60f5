"""The page that tells people which headings to use says what the code reads."""

from __future__ import annotations

import re
from pathlib import Path

from pipelines.entities import ENTITIES

PAGE = Path(__file__).parent.parent / "docs" / "entities.md"


def test_the_page_lists_every_heading_and_marks_the_required_ones() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    told = {entity: [cell.strip() for cell in cells.split(",")] for entity, cells in rows}
    assert told == {
        entity.name: [
            f"**{column.name}**" if column.required else column.name for column in entity.columns
        ]
        for entity in ENTITIES.values()
    }
