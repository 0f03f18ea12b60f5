"""Adding a metric is one file: dropped into the folder, it is in the table of metrics."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.settings import DBT_PROJECT

FOLDER = Path("models/intermediate/metrics")
UNION = "model.forewarn.int_metrics__united"
NEW, NEXT = "int_metric__long_deals", "int_metric__longer_deals"
SQL = """\
with events as (
    select
        entered_on as event_on,
        owner_id,
        team_id,
        region,
        product_line,
        '' as dimension,
        1 as numerator,
        0 as denominator,
        1 as cases
    from {{ ref('int_opportunities__events') }}
    where event_number = 1
),

{{ metric_rows('events', 'long_deals', 'count', 'deals') }}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the dbt project with a file dropped in, without what stands on its metrics, parsed."""
    copy = tmp_path_factory.mktemp("dropped") / "project"
    shutil.copytree(
        DBT_PROJECT, copy, ignore=shutil.ignore_patterns("target", "logs", "dbt_packages", "marts")
    )
    shutil.rmtree(copy / "tests")
    (copy / "models" / "exposures.yml").unlink()
    for system in (copy / "models" / "staging").iterdir():
        if system.name not in ("config", "spreadsheet"):
            shutil.rmtree(system)
    (copy / FOLDER / f"{NEW}.sql").write_text(SQL, encoding="utf-8")
    done = dbt(copy, "parse")
    assert done.returncode == 0, done.stdout
    return copy


def dbt(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    out = project.parent / "target"
    return subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", *arguments]
        + ["--project-dir", str(project), "--target-path", str(out), "--log-path", str(out)],
        env={
            **os.environ,
            "FOREWARN_WAREHOUSE": str(project.parent / "warehouse.duckdb"),
            "DBT_PROFILES_DIR": str(project),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def parents(project: Path) -> set[str]:
    path = project.parent / "target" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    return set(manifest["nodes"][UNION]["depends_on"]["nodes"])


def test_a_dropped_in_file_is_united_with_the_others(project: Path) -> None:
    files = (project / FOLDER).glob("int_metric__*.sql")
    models = {f"model.forewarn.{path.stem}" for path in files}
    assert parents(project) == models
    assert f"model.forewarn.{NEW}" in models


def test_an_earlier_parse_never_hides_a_new_file(project: Path) -> None:
    """dbt's partial parse does not look at the table of metrics again: then it has to say so."""
    after = SQL.replace("long_deals", "longer_deals")
    (project / FOLDER / f"{NEXT}.sql").write_text(after, encoding="utf-8")
    done = dbt(project, "compile", "--select", "int_metrics__united")
    if done.returncode == 0:
        assert f"model.forewarn.{NEXT}" in parents(project)
    else:
        assert f"{NEXT} is new" in done.stdout
        assert "--no-partial-parse" in done.stdout
