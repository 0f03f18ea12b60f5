"""The folder of sheets that every test of the spreadsheet source starts with."""

from __future__ import annotations

from pathlib import Path

import pytest
from sheet_folder import Sheets


@pytest.fixture
def sheets(tmp_path: Path) -> Sheets:
    folder = tmp_path / "sheets"
    folder.mkdir()
    return Sheets(folder)
