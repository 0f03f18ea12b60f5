"""Other tools read the marts, each the real one: `make test-bi`.

Add here: what a tool must read alike. Keep out: Superset (`superset_opens.py`).
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
from pathlib import Path

import duckdb
import openpyxl
import pytest

from pipelines.publishing.postgres import follow
from pipelines.settings import PROJECT, load_settings

READERS = Path(os.environ.get("READERS", ".venv-bi/readers/bin/python")).absolute()


@pytest.mark.postgres
def test_every_tool_gives_the_same_answer(published: Path, postgres_url: str) -> None:
    plain = postgres_url.replace("postgresql+psycopg://", "postgresql://")
    follow(load_settings(PROJECT / "config", published), plain)
    current = (published / "current").resolve()
    done = subprocess.run(
        [str(READERS), str(Path(__file__).with_name("read_marts.py")), str(current), plain],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(current / "forewarn.duckdb"), read_only=True) as marts:
        row = marts.execute(
            "select count(*), sum(amount) from marts.wide_opportunities where is_open"
        ).fetchone()
    assert row is not None
    expected = [float(value) for value in row]
    found = json.loads(done.stdout)
    assert len(found) == 9
    assert all(values == pytest.approx(expected) for values in found.values()), found


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_the_weekly_workbook(published: Path, tmp_path: Path) -> None:
    (book,) = sorted((published / "reports").glob("*/weekly.xlsx"))[-1:]
    # Every sheet a CSV of its own (the last field of the filter's options).
    every = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", every,
         "--outdir", str(tmp_path / "out"), str(book)],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    sheets = openpyxl.load_workbook(book, data_only=True)
    filled = [sheet for sheet in sheets.worksheets if sheet.max_row > 1]
    assert filled
    for sheet in filled:
        (page,) = (tmp_path / "out").glob(f"weekly-{sheet.title}.csv")
        rows = [
            row for row in csv.reader(page.read_text(encoding="utf-8").splitlines()) if any(row)
        ]
        texts = {
            str(cell)
            for row in sheet.iter_rows(values_only=True)
            for cell in row
            if isinstance(cell, str)
        }
        shown = {cell for row in rows for cell in row}
        lines = {line for text in texts for line in text.splitlines()}
        assert len({*texts, *lines} & shown) >= 0.5 * len(texts), (sheet.title, texts - shown)
