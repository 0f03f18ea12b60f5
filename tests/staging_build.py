"""One system's staging models, built and tested by dbt on what was really loaded.

Add here: what the staging tests of several systems need. Keep out: filling and loading one system
(its own folder below `tests/pipelines/sources/`), and what its rows must be.
"""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from pipelines.settings import DBT_PROJECT, Settings, load_settings
from pipelines.warehouse.binding import connect
from pipelines.warehouse.dbt_command import dbt_environment

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


def build_staging(system: str, warehouse: Path, as_of: dt.date) -> str:
    """Build and test a system's models in a bound warehouse; gives what dbt said.

    AssertionError with dbt's words if a model or test fails; a test that warns does not.
    """
    out = warehouse.with_name("dbt")
    with connect(warehouse) as connection:
        # Bound as whatever company a connector was tried with, staged as the sample company.
        connection.execute("drop table if exists config.build")
    given = {"systems": [system], "as_of": str(as_of), "timezone": "Asia/Shanghai"}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "dbt.cli.main", "build"),
            *("--select", f"staging.{system}", "--indirect-selection", "cautious"),
            *("--project-dir", str(DBT_PROJECT), "--target-path", str(out), "--log-path", str(out)),
            *("--vars", json.dumps(given)),
        ],
        env=dbt_environment(warehouse),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    return done.stdout
