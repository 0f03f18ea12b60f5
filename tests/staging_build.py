"""One system's staging models, built and tested by dbt on what was really loaded.

Add here: what the staging tests of several systems need. Keep out: filling and loading one system
(its own folder below `tests/pipelines/sources/`), and what its rows must be.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from compiled_models import compiled_for, values_of

from pipelines.settings import Settings, load_settings

SYSTEMS = ("fxiaoke", "jiandaoyun", "kingdee", "neocrm", "salesforce", "spreadsheet", "zoho")

COMPANY = """\
name: Sample
language: zh
currency: CNY
timezone: Asia/Shanghai
calendar: CN
clock: {clock}
"""
STAGES = """\
source,source_stage,stage,stage_order,outcome
*,初步接洽,初步接洽,1,open
*,需求确认,需求确认,2,open
*,方案报价,方案报价,3,open
*,商务谈判,商务谈判,4,open
*,赢单,赢单,5,won
*,输单,输单,6,lost
"""


def settings_of(root: Path, source: dict[str, Any], clock: dt.date) -> Settings:
    """The configuration, below `root`, of the sample company with one source (as in sources.yml)."""
    config = root / "config"
    config.mkdir()
    (config / "company.yml").write_text(COMPANY.format(clock=clock), encoding="utf-8")
    (config / "stages.csv").write_text(STAGES, encoding="utf-8")
    (config / "sources.yml").write_text(yaml.safe_dump({"sources": [source]}), encoding="utf-8")
    return load_settings(config, root / "data")


@cache
def sample_values(*systems: str) -> dict[str, Any]:
    """The sample company's variables, with these systems."""
    with tempfile.TemporaryDirectory() as folder:
        source = {"name": "sheets", "system": "spreadsheet", "folder": "."}
        settings = settings_of(Path(folder), source, dt.date(2026, 10, 30))
    return {**values_of(settings), "systems": list(systems)}


def build_staging(system: str, warehouse: Path) -> dict[str, str]:
    """Build and test a system's models in a bound warehouse; the tests that warn, with their status.

    AssertionError if a model is not built or a test fails. The figures are for the day that the
    warehouse was bound for; the company is the sample one, whatever was bound.
    """
    values = sample_values(*SYSTEMS)
    found = compiled_for(values).build_staging(warehouse, values, system)
    assert set(found.values()) <= {"warn"}, found
    return found
