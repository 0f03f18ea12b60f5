"""A program of its own: an .xls file on standard input, its sheets pickled on standard output.

Add here: nothing but reading. Keep out: imports of this project, so that it starts in milliseconds.

A damaged .xls can make the native reader ask for more memory than there is, which ends the whole
process; here that ends only this child (`workbook.py` starts it and says what happened).
"""

from __future__ import annotations

import contextlib
import io
import pickle
import sys

from python_calamine import CalamineWorkbook

MOST_MEMORY = 3 * 1024**3


def main() -> None:
    """Write a list of (name, is a visible worksheet, rows, merged ranges)."""
    # Not every system lets a process limit itself; the child is then only isolated.
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
    sheets = []
    for described in workbook.sheets_metadata:
        is_sheet = "WorkSheet" in str(described.typ)
        shown = is_sheet and str(described.visible).endswith("Visible")
        rows, merges = [], []
        if shown:
            sheet = workbook.get_sheet_by_name(described.name)
            rows = sheet.to_python(skip_empty_area=False)
            merges = [(*first, *last) for first, last in sheet.merged_cell_ranges or []]
        sheets.append((described.name, shown, rows, merges))
    pickle.dump(sheets, sys.stdout.buffer, protocol=pickle.HIGHEST_PROTOCOL)


if __name__ == "__main__":
    main()
