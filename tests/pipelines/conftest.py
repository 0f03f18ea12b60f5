"""Fixtures that tests of the pipeline share: settings for a small company in a temporary folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.settings import Settings, load_settings

COMPANY = """\
name: Test Company
language: en
currency: EUR
timezone: Europe/Berlin
calendar: DE
clock: 2026-03-31
"""
SOURCES = """\
sources:
  - name: sheets
    system: spreadsheet
    folder: sheets
"""
STAGES = """\
source,source_stage,stage,stage_order,outcome
*,Lead,Lead,1,open
*,Offer,Offer,2,open
*,Won,Won,3,won
*,Lost,Lost,4,lost
"""


@pytest.fixture
def company_folder(tmp_path: Path) -> Path:
    """A configuration folder with an empty folder of sheets."""
    folder = tmp_path / "config"
    (folder / "sheets").mkdir(parents=True)
    (folder / "company.yml").write_text(COMPANY)
    (folder / "sources.yml").write_text(SOURCES)
    (folder / "stages.csv").write_text(STAGES)
    return folder


@pytest.fixture
def settings(company_folder: Path, tmp_path: Path) -> Settings:
    """That company's settings, with a data folder beside it."""
    return load_settings(company_folder, tmp_path / "data")
