"""dbt's arguments and its manifest, the same for the nightly run, the CLI and the definitions.

Add here: what decides how dbt is called. Keep out: Dagster (`assets/dbt_models.py`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.settings import DBT_PROJECT, Settings

EXECUTABLE = Path(sys.executable).parent / "forewarn-dbt"
_NOT_SOURCE = {"target", "logs", "dbt_packages"}


def dbt_vars(settings: Settings, as_of: dt.date) -> dict[str, Any]:
    """The variables the project reads, from the company's configuration and the day."""
    company = settings.company
    return {
        "as_of": as_of.isoformat(),
        "timezone": company.timezone,
        "currency": company.currency,
        "fiscal_year_start": company.fiscal_year_start,
        "revenue_basis": company.revenue_basis,
        "language": company.language,
        "systems": list(settings.systems),
    }


def dbt_environment(warehouse: Path) -> dict[str, str]:
    """The environment of a dbt child: which file to build in, and no calls home."""
    return {
        # What happened is in the stream that is kept; a second log of every statement costs a tenth.
        "DBT_LOG_LEVEL_FILE": "none",
        **os.environ,
        "FOREWARN_WAREHOUSE": str(warehouse),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_PROFILES_DIR": str(DBT_PROJECT),
    }


def stable_warehouse(settings: Settings, folder: Path | None = None) -> Path:
    """The night's warehouse under a path that is the same every night; `folder` is this night's.

    dbt takes an earlier parse up only if the profile is the same, the path of the file included;
    parsing anew takes ten seconds. The link leads to the folder, so that DuckDB's log lies beside
    the file itself. Call with `folder` under the writer lock.
    """
    link = settings.data_dir.resolve() / ".night"
    if folder is not None:
        fresh = link.with_name(f".night-{os.getpid()}")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(folder.resolve(), target_is_directory=True)
        fresh.replace(link)
    return link / "warehouse.duckdb"


def prepared_manifest(settings: Settings) -> Path:
    """The manifest of the project for this company's systems, parsed once per state of the files.

    Raises `PermanentFailure` with dbt's own words if the project does not parse.
    """
    root = settings.data_dir / "dbt"
    folder = root / _project_hash(settings)
    manifest = folder / "manifest.json"
    if manifest.is_file():
        return manifest
    working = root / f".parsing-{os.getpid()}"
    working.mkdir(parents=True, exist_ok=True)
    command = [
        str(EXECUTABLE),
        "parse",
        "--partial-parse",  # writes what the night's build takes up
        "--project-dir",
        str(DBT_PROJECT),
        "--target-path",
        str(working),
        "--log-path",
        str(working),
        "--vars",
        json.dumps(dbt_vars(settings, settings.today())),
    ]
    done = subprocess.run(
        command,
        env=dbt_environment(stable_warehouse(settings)),
        cwd=DBT_PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0 or not (working / "manifest.json").is_file():
        raise PermanentFailure(
            text("night.dbt_not_parsed"),
            where=str(DBT_PROJECT),
            cause=_last_words(done.stdout + done.stderr),
            next_step=text("night.dbt_mend"),
        )
    for old in root.iterdir():
        if old.is_dir() and old != working:
            shutil.rmtree(old, ignore_errors=True)
    working.rename(folder)
    return manifest


def _project_hash(settings: Settings) -> str:
    digest = hashlib.sha256()
    for path in sorted(DBT_PROJECT.rglob("*")):
        if path.is_file() and not _NOT_SOURCE & set(path.relative_to(DBT_PROJECT).parts):
            digest.update(str(path.relative_to(DBT_PROJECT)).encode())
            digest.update(path.read_bytes())
    # The day does not change the graph, but a parse of another day cannot be taken up by dbt.
    digest.update(json.dumps(dbt_vars(settings, settings.today()), sort_keys=True).encode())
    return digest.hexdigest()[:16]


def _last_words(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return " | ".join(lines[-6:])
