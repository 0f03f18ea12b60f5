"""What the README tells an analyst to type, typed after a night: one model, built and tested."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml
from nightly_site import Installation

from pipelines.commands.analysing import workbench
from pipelines.settings import DBT_PROJECT, PROJECT, load_settings
from pipelines.warehouse.dbt_command import kept_parse
from pipelines.warehouse.dbt_process import PARSED

pytestmark = pytest.mark.nightly


@pytest.fixture(scope="module")
def site(published: Installation, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    site = published.copy(tmp_path_factory.mktemp("workbench") / "site")
    assert not warehouse(site).exists(), "it is made when somebody asks for it"
    warehouse(site).parent.mkdir(exist_ok=True)
    duckdb.connect(str(warehouse(site))).close()  # as plain dbt leaves it where there was none
    made = workbench(load_settings(site.config, site.data))
    assert made == warehouse(site)
    return site


def warehouse(site: Installation) -> Path:
    return site.data / "workbench" / "warehouse.duckdb"


def plain_dbt(
    site: Installation, *arguments: str, module: str = "dbt.cli.main"
) -> subprocess.CompletedProcess[str]:
    """dbt as it is typed inside dbt_project/, but for the place of the workbench and of its output."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=DBT_PROJECT,
        env={
            **os.environ,
            "FOREWARN_WAREHOUSE": str(warehouse(site)),
            "DBT_TARGET_PATH": str(site.data / "plain"),
            "DBT_LOG_PATH": str(site.data / "plain"),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def done_well(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"PASS=[1-9]\d* WARN=\d+ ERROR=0 SKIP=0", done.stdout), done.stdout


def funnel(path: Path) -> list[tuple]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("select * from marts.fct_funnel order by all").fetchall()


@pytest.mark.parametrize("own", [True, False], ids=["forewarn dbt", "dbt"])
def test_one_model_is_built_and_tested_on_the_published_nights_tables(
    site: Installation, own: bool
) -> None:
    with duckdb.connect(str(warehouse(site))) as connection:
        connection.execute("delete from marts.fct_funnel")
    arguments = ("build", "-s", "fct_funnel")
    done_well(site.forewarn("dbt", *arguments) if own else plain_dbt(site, *arguments))
    built = funnel(warehouse(site))
    assert built
    assert built == funnel(site.current / "forewarn.duckdb")


def test_one_model_is_tested_and_every_broken_declaration_is_named(site: Installation) -> None:
    with duckdb.connect(str(warehouse(site))) as connection:
        for sql in (
            "insert into marts.fct_funnel select * from marts.fct_funnel limit 1",
            "update marts.fct_funnel set stage = 'nowhere', is_ripe = null where period_type = 'week'",
            "update marts.fct_funnel set entered = entered + 1 where period_type = 'month'",
        ):
            connection.execute(sql)
    done = site.forewarn("dbt", "test", "-s", "fct_funnel")
    assert done.returncode == 1
    for broken in (
        "primary key (period_type, period_start, scope_type, scope_id, stage): ",
        "foreign key (stage) to dim_stage (stage): ",
        "not null: is_ripe: ",
        "funnel_cohorts_add_up: entered = advanced + lost + still_open: ",
    ):
        assert f"fct_funnel_is_as_declared: {broken}" in done.stdout, done.stdout


def test_plain_dbt_looks_where_the_night_puts_the_workbench(site: Installation) -> None:
    profile = yaml.safe_load((DBT_PROJECT / "profiles.yml").read_text(encoding="utf-8"))
    path = profile["forewarn"]["outputs"]["duckdb"]["path"]
    default = re.search(r"'(\.\./data/[^']+)'", path)
    assert default is not None
    place = (DBT_PROJECT / default[1]).resolve()
    assert place.relative_to(PROJECT) == Path("data") / warehouse(site).relative_to(site.data)


def test_the_documentation_of_dbt_is_complete(site: Installation) -> None:
    """Every model and mart in the catalog; every column that is there is described."""
    # Compiled they were for the night.
    done = plain_dbt(site, "docs", "generate", "--no-compile")
    assert done.returncode == 0, done.stdout
    folder = site.data / "plain"
    catalog = json.loads((folder / "catalog.json").read_text(encoding="utf-8"))
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert not catalog["errors"]
    models = {
        key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"
    }
    told = {key: node for key, node in manifest["sources"].items() if node["source_name"] == "told"}
    assert set(models) <= set(catalog["nodes"])
    assert set(told) <= set(catalog["sources"])
    assert not [key for key, node in models.items() if not node["description"].strip()]
    undescribed = [
        f"{node['name']}.{column.lower()}"
        for key, node in {**models, **told}.items()
        for column in (catalog["nodes"].get(key) or catalog["sources"][key])["columns"]
        if not node["columns"].get(column.lower(), {}).get("description", "").strip()
    ]
    assert undescribed == [], "describe it in models/columns.md and run: forewarn docs"
    assert {"weekly_report", "alerts", "notices"} <= {
        exposure["name"] for exposure in manifest["exposures"].values()
    }
    assert all(node["config"]["group"] for node in models.values())


def test_dbt_for_another_day_than_the_workbench_holds_is_refused(site: Installation) -> None:
    # On the night's parse: other variables would cost dbt one of its own.
    parsed = kept_parse(load_settings(site.config, site.data))
    assert parsed is not None
    arguments = (
        PARSED,
        str(parsed),
        "test",
        "-s",
        "dim_stage",
        "--vars",
        '{"as_of": "2026-10-29"}',
    )
    done = plain_dbt(site, *arguments, module="pipelines.warehouse.dbt_process")
    assert done.returncode != 0
    assert "as_of is 2026-10-29, the warehouse has 2026-10-30" in done.stdout
    assert "forewarn dbt" in done.stdout
