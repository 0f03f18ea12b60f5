"""Fixtures that tests of the pipeline share: settings for a small company in a temporary folder."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.language import catalogue as catalogues
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


@pytest.fixture
def third_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """One more catalogue, made from the English one: every sentence stands in ⟦brackets⟧.

    Nothing else is done for it: a language is a file.
    """
    folder = tmp_path / "catalogues"
    shutil.copytree(catalogues.CATALOGUES, folder)
    english = (folder / "en.po").read_text(encoding="utf-8").replace("Language: en", "Language: de")
    patterns = r'(msgid "figure\.[^"]*"\n(?:msgid_plural .*\n)?msgstr(?:\[\d\])? )"'
    marked = re.sub(r'^(msgstr(?:\[\d\])? )"(.+)"$', r'\1"⟦\2⟧"', english, flags=re.M)
    # Ways of writing figures are patterns and units, not sentences.
    marked = re.sub(patterns + '⟦(.*)⟧"', r'\1"\2"', marked)
    (folder / "de.po").write_text(marked, encoding="utf-8")
    monkeypatch.setattr(catalogues, "CATALOGUES", folder)
    catalogues.catalogue.cache_clear()
    yield "de"
    monkeypatch.undo()
    catalogues.catalogue.cache_clear()
