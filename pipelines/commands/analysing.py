"""`forewarn dbt` and `forewarn docs`: the analysts' dbt, with the company's variables.

Add here: a command for those who maintain models. Keep out: the nightly run's dbt
(`pipelines/assets/dbt_models.py`).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from pipelines.failures import PermanentFailure
from pipelines.settings import DBT_PROJECT, PROJECT, Settings, load_settings
from pipelines.warehouse.dbt_command import EXECUTABLE, dbt_environment, dbt_vars, prepared_manifest


def workbench(settings: Settings) -> Path:
    """The warehouse file that analysts build in; the nightly run refreshes its sources."""
    path = settings.data_dir / "workbench.duckdb"
    if not path.exists():
        raise PermanentFailure(
            "Could not find the workbench",
            where=str(path),
            cause="no nightly run has been done here yet",
            next_step="forewarn run",
        )
    return path


def run_dbt(arguments: list[str]) -> int:
    """Run dbt in `dbt_project/` on the workbench; returns dbt's exit code."""
    settings = load_settings()
    command = [str(EXECUTABLE), *(arguments or ["--help"])]
    if arguments and arguments[0] not in {"--help", "--version"} and "--vars" not in arguments:
        command += ["--vars", json.dumps(dbt_vars(settings, settings.today()))]
    done = subprocess.run(
        command, cwd=DBT_PROJECT, env=dbt_environment(workbench(settings)), check=False
    )
    return done.returncode


def write_docs() -> int:
    """Write docs/metrics.md from the models and dbt's own documentation pages."""
    from pipelines.commands.metrics_page import render_metrics_page

    settings = load_settings()
    manifest = json.loads(prepared_manifest(settings).read_text())
    page = PROJECT / "docs" / "metrics.md"
    page.write_text(render_metrics_page(manifest), encoding="utf-8")
    sys.stdout.write(f"Wrote {page}\n")
    return run_dbt(["docs", "generate"])
