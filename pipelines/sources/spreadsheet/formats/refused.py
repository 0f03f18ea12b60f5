"""Why a workbook is not read, said without words: the child that finds out speaks no language.

Add here: what such a refusal carries. Keep out: sentences (the catalogues), and what becomes of the
file (`faults.py`).
"""

from __future__ import annotations

from typing import Any

# No office program writes a workbook beyond these; what does is damaged, or meant to harm.
MOST_UNPACKED = 200 * 1024 * 1024
MOST_CELLS = 8_000_000  # of all sheets that are read, empty cells within their extent included
MOST_MERGES = 100_000


class Refused(Exception):
    """`key` and `values` make the cause, `next_key` what to do; both are keys of the catalogues."""

    def __init__(self, key: str, next_key: str, *, where: str = "", **values: Any) -> None:
        self.key, self.next_key, self.where, self.values = key, next_key, where, values
        super().__init__(key)


def damaged(detail: str = "", where: str = "") -> Refused:
    """A workbook that is broken. `detail` is what a library says of it, or empty."""
    if detail:
        return Refused("sheets.damaged_because", "sheets.next.copy_ended", where=where, why=detail)
    return Refused("sheets.damaged", "sheets.next.copy_ended", where=where)


def too_far(where: str, cells: int) -> Refused:
    """A workbook whose stray cells would make a grid of billions."""
    return Refused(
        "sheets.too_far", "sheets.next.stray_cells", where=where, cells=f"{MOST_CELLS:,}", has=cells
    )
