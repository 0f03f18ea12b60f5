"""dbt's arguments and its manifest, the same for the nightly run, the CLI and the definitions.

    python -m pipelines.warehouse.dbt_command       compile for the configured company, ahead of its first night

Add here: what decides how dbt is called. Keep out: Dagster (`assets/dbt_models.py`).
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from pipelines.failures import Failure, PermanentFailure
from pipelines.language import text
from pipelines.settings import DBT_PROJECT, Settings, load_settings
from pipelines.warehouse.program import Program, read_program
from pipelines.warehouse.running_order import Outcome

EXECUTABLE = Path(sys.executable).parent / "forewarn-dbt"
# Where compiled projects are kept, if not in the data folder: several installations may share them.
COMPILED_IN = "FOREWARN_DBT_COMPILED"
# Variables whose text stands in the SQL as it is, inside quotes: compiled as a word that nothing else
# has, and put in when a program is read, so that companies that differ in them share what is compiled.
STAND_INS = {
    "timezone": "timezone of the company",
    "currency": "currency of the company",
    "revenue_basis": "basis of the revenue",
    "whole_company": "name of the whole company",
    "people_without_team": "name of people without team",
}
# What dbt saves of a parse, and what of a compiled folder is kept.
_PARSE = "partial_parse.msgpack"
_ARTEFACTS = ("manifest.json", "semantic_manifest.json", _PARSE)
_KEPT, _KEPT_SHARED = 2, 20
_NOT_SOURCE = {"target", "logs", "dbt_packages"}


def dbt_vars(settings: Settings, as_of: dt.date | None = None) -> dict[str, Any]:
    """The variables the project reads, from the company's configuration.

    Without a day, figures are for the day that the warehouse was bound for (macro `as_of_date`).
    """
    company = settings.company
    return {
        **({"as_of": as_of.isoformat()} if as_of else {}),
        "timezone": company.timezone,
        "currency": company.currency,
        "revenue_basis": company.revenue_basis,
        "whole_company": text("night.whole_company").into(company.language),
        "people_without_team": text("night.people_without_team").into(company.language),
        "systems": list(settings.systems),
    }


def words_of(variables: Mapping[str, Any]) -> dict[str, str]:
    """Stand-in -> what stands in its place in a literal of SQL, for these variables."""
    return {word: str(variables[name]).replace("'", "''") for name, word in STAND_INS.items()}


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


def prepared_manifest(settings: Settings, target: str = "duckdb") -> Path:
    """The manifest of the project for this company and engine, compiled once per state of the files.

    It holds the SQL of every model and test, the same for any day (macro `as_of_date`) and with the
    STAND_INS (`words_of`). Raises `PermanentFailure` with dbt's own words if the project does not
    compile.
    """
    return compiled(dbt_vars(settings), _compiled_in(settings), target)


def compiled(variables: Mapping[str, Any], root: Path, target: str = "duckdb") -> Path:
    """The manifest for these values of dbt's variables, below `root`; raises as `prepared_manifest`."""
    folder = _folder(variables, root, target)
    manifest = folder / "manifest.json"
    if manifest.is_file():
        return manifest
    root.mkdir(parents=True, exist_ok=True)
    with (root / f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several processes one compiles
        if not manifest.is_file():
            _compile({**variables, **STAND_INS}, folder, target)
            _forget_old(root, folder)
    return manifest


def company_program(settings: Settings, target: str = "duckdb") -> Program:
    """What a night builds for this company, compiled first if need be; raises as `prepared_manifest`."""
    return read_program(prepared_manifest(settings, target), words_of(dbt_vars(settings)))


def _compile(variables: dict[str, Any], folder: Path, target: str) -> None:
    working = folder.with_name(f".compiling-{os.getpid()}")
    working.mkdir(exist_ok=True)
    # Nothing is asked of a database, but relations are named after the file: warehouse.duckdb.
    done = _dbt(
        ["compile", "--no-introspect", "--no-populate-cache", "--target", target],
        working / "warehouse.duckdb",
        working,
        variables,
    )
    if done.returncode != 0 or not (working / "manifest.json").is_file():
        raise PermanentFailure(
            text("night.dbt_not_parsed"),
            where=str(DBT_PROJECT),
            cause=_last_words(done.stdout + done.stderr),
            next_step=text("night.dbt_mend"),
        )
    for entry in working.iterdir():
        if entry.name not in _ARTEFACTS:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    working.rename(folder)


def kept_parse(settings: Settings) -> Path | None:
    """What dbt understood of the project as it is now, if a night has compiled it for this company.

    A dbt child that is given it (`dbt_process.PARSED`) has nothing left to parse; it fills in the
    company's own variables when it compiles.
    """
    parse = _folder(dbt_vars(settings), _compiled_in(settings)) / _PARSE
    return parse if parse.is_file() else None


def _folder(variables: Mapping[str, Any], root: Path, target: str = "duckdb") -> Path:
    """Where the project stands compiled for all companies that differ in the STAND_INS alone."""
    return root / _project_hash({**variables, **STAND_INS}, target)


def _compiled_in(settings: Settings) -> Path:
    return Path(os.environ.get(COMPILED_IN) or settings.data_dir / "dbt").resolve()


def _forget_old(root: Path, newest: Path) -> None:
    """Keep the newest few: companies or tests may share the folder. What is being made is left."""
    made = [path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")]
    made.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for old in made[_KEPT_SHARED if COMPILED_IN in os.environ else _KEPT :]:
        if old != newest:
            shutil.rmtree(old, ignore_errors=True)


def built_by_dbt(
    settings: Settings, as_of: dt.date, warehouse: Path, folder: Path
) -> list[Outcome]:
    """Build a bound warehouse by `dbt build`, for a project that uses what only dbt can run.

    Unit tests try the logic on made-up rows: they belong to the test suite, not to the night. Raises
    `PermanentFailure` if dbt ends without results.
    """
    done = _dbt(
        ["build", "--exclude-resource-type", "unit_test"],
        warehouse,
        folder,
        dbt_vars(settings, as_of),
    )
    try:
        results = json.loads((folder / "run_results.json").read_text())["results"]
    except (OSError, ValueError):
        raise PermanentFailure(
            text("night.models_not_built"),
            where=str(DBT_PROJECT),
            cause=_last_words(done.stdout + done.stderr),
            next_step=text("night.dbt_mend"),
        ) from None
    return [
        Outcome(
            unique_id=result["unique_id"],
            status=result["status"],
            message=str(result["message"] or ""),
            failures=result.get("failures"),
            seconds=result.get("execution_time") or 0.0,
        )
        for result in results
    ]


def _dbt(
    arguments: list[str], warehouse: Path, folder: Path, variables: dict[str, Any]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            str(EXECUTABLE),
            *arguments,
            *("--project-dir", str(DBT_PROJECT)),
            *("--target-path", str(folder), "--log-path", str(folder)),
            *("--vars", json.dumps(variables)),
        ],
        env=dbt_environment(warehouse),
        cwd=DBT_PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


def _project_hash(variables: Mapping[str, Any], target: str) -> str:
    digest = hashlib.sha256(target.encode())
    for path in sorted(DBT_PROJECT.rglob("*")):
        if path.is_file() and not _NOT_SOURCE & set(path.relative_to(DBT_PROJECT).parts):
            digest.update(str(path.relative_to(DBT_PROJECT)).encode())
            digest.update(path.read_bytes())
    digest.update(json.dumps(variables, sort_keys=True).encode())
    for package in ("dbt-core", f"dbt-{target}"):
        digest.update(f"{package} {metadata.version(package)}".encode())
    return digest.hexdigest()[:16]


def _last_words(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return " | ".join(lines[-6:])


if __name__ == "__main__":
    try:
        prepared_manifest(load_settings())
    except Failure as failure:
        sys.exit(str(failure))
