"""In which form the data folder is, so that a release older than its data refuses to write there.

Add here: the number of a new form, and how one comes to be the next. Keep out: the ledger's tables,
which have migrations of their own (`ledger/migrations/`).

1: raw files by load, some packed (`raw_zone/packing.py`); versions with one swap.
"""

from __future__ import annotations

from pathlib import Path

from pipelines.failures import PermanentFailure
from pipelines.language import text

LAYOUT = 1
_FILE = "layout"


def keep_layout(data_dir: Path) -> None:
    """Note the form of a data folder; call while holding the writer lock.

    Raises `PermanentFailure` where a newer release has written, before anything is touched.
    """
    file = data_dir / _FILE
    found = file.read_text(encoding="utf-8").strip() if file.is_file() else ""
    if found == str(LAYOUT):
        return
    if found and (not found.isdigit() or int(found) > LAYOUT):
        raise PermanentFailure(
            text("night.layout.tried"),
            where=str(data_dir),
            cause=text("night.layout.newer", found=found, known=LAYOUT),
            next_step=text("night.layout.next"),
        )
    file.write_text(f"{LAYOUT}\n", encoding="utf-8")
