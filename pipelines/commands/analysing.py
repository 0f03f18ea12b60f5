"""`forewarn dbt` and `forewarn docs`: the analysts' dbt, with the company's variables.

Add here: a command for those who maintain models. Keep out: the nightly run's dbt
(`pipelines/assets/dbt_models.py`).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.metrics.definitions import PREFIX, definitions
from pipelines.settings import DBT_PROJECT, PROJECT, Settings, load_settings
from pipelines.warehouse.dbt_command import (
    EXECUTABLE,
    company_program,
    dbt_environment,
    dbt_vars,
    kept_parse,
    prepared_manifest,
)
from pipelines.warehouse.dbt_process import PARSED
from pipelines.warehouse.workbench import refresh_workbench, workbench_path, workbench_target

# Commands that need a parse and write none, and options that ask for another.
_ON_A_PARSE = {"build", "compile", "docs", "list", "ls", "run", "show", "test"}
_OTHER_PARSE = {
    "--target",
    "-t",
    "--profile",
    "--no-partial-parse",
    "--profiles-dir",
    "--project-dir",
}


def workbench(settings: Settings) -> Path:
    """The warehouse file that analysts build in, made now if there is none yet.

    Every published night puts its tables there from then on. Raises `PermanentFailure` where no night
    has left any, OSError if the disk refuses the copy.
    """
    path, published = workbench_path(settings), settings.current.resolve() / "warehouse.duckdb"
    # Plain dbt, called before there was a workbench, leaves a file without any table.
    if published.exists() and not (path.exists() and _is_bound(path)):
        refresh_workbench(settings, published, company_program(settings))
    if not path.exists():
        raise PermanentFailure(
            text("command.dbt.no_workbench"),
            where=str(path),
            cause=text("command.dbt.no_night"),
            next_step="forewarn run",
        )
    return path


def built_warehouse(settings: Settings) -> Path:
    """The published night's own warehouse, to be read only; before the first the workbench.

    Raises `PermanentFailure` where there is neither.
    """
    published = settings.current.resolve() / "warehouse.duckdb"  # both its files of one version
    return published if published.exists() else workbench(settings)


def _is_bound(path: Path) -> bool:
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute("select 1 from duckdb_schemas() where schema_name = 'config'")
        return found.fetchone() is not None


def run_dbt(arguments: list[str]) -> int:
    """Run dbt in `dbt_project/` on the workbench, for the day whose tables it holds; its exit code.

    The parse of the night is taken up, or after an edit that of the last call, so that one model is
    built and tested in seconds.
    """
    settings = load_settings()
    path = workbench(settings)
    target = workbench_target(settings)
    command = [str(EXECUTABLE), *(arguments or ["--help"])]
    if arguments and arguments[0] not in {"--help", "--version"} and "--vars" not in arguments:
        variables = _variables(settings, path)
        command += ["--vars", json.dumps(variables)]
        if arguments[0] in _ON_A_PARSE and not _OTHER_PARSE & set(arguments):
            parse = kept_parse(settings) if variables == dbt_vars(settings) else None
            command[1:1] = [PARSED, str(parse)] if parse else []
    environment = {
        # A saved parse does not look for metrics that were dropped in as files since.
        "DBT_PARTIAL_PARSE": str(_metrics_of(target) == set(definitions().names)).lower(),
        "DBT_TARGET_PATH": str(target),
        **dbt_environment(path),
    }
    done = subprocess.run(command, cwd=DBT_PROJECT, env=environment, check=False)
    return done.returncode


def _variables(settings: Settings, path: Path) -> dict[str, Any]:
    """The variables that the workbench was made for, else those of today."""
    with duckdb.connect(str(path), read_only=True) as connection:
        try:
            rows = connection.execute("select name, value from config.build").fetchall()
        except duckdb.CatalogException:
            return dbt_vars(settings, settings.today())
    # Without the day, so that a parse of yesterday is taken up: the workbench knows its own day.
    return {name: json.loads(value) for name, value in rows if name != "as_of"}


def _metrics_of(target: Path) -> set[str]:
    """The metric models that the last call of dbt knew."""
    try:
        nodes = json.loads((target / "manifest.json").read_bytes())["nodes"].values()
    except (OSError, ValueError, KeyError):
        return set()
    names = {node["name"] for node in nodes if node["resource_type"] == "model"}
    return {name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)}


def write_docs() -> int:
    """Write docs/metrics.md, docs/openapi.json, Superset's bundles, the semantic layer, dbt's pages."""
    from pipelines.commands.metrics_page import render_metrics_page
    from pipelines.commands.semantic_layer import PATH, render_semantic_layer

    settings = load_settings()
    _hand_on_columns(settings)
    manifest = json.loads(prepared_manifest(settings).read_text())
    page = PROJECT / "docs" / "metrics.md"
    page.write_text(render_metrics_page(manifest), encoding="utf-8")
    PATH.write_text(render_semantic_layer(manifest), encoding="utf-8")
    sys.stdout.write(f"Wrote {page}\nWrote {PATH}\n")
    published = settings.current / "forewarn.duckdb"
    if published.exists():
        from pipelines.board.api.describing import written
        from pipelines.commands.pictures import take_pictures
        from pipelines.commands.superset_bundle import superset_bundle

        interface = PROJECT / "docs" / "openapi.json"
        with duckdb.connect(str(published), read_only=True) as connection:
            interface.write_bytes(written(connection))
            for language in ("zh", "en"):
                bundle = PROJECT / "docs" / "bi" / f"superset.{language}.zip"
                bundle.write_bytes(superset_bundle(connection, language))
                sys.stdout.write(f"Wrote {bundle}\n")
        sys.stdout.write(f"Wrote {interface}\n")
        take_pictures(settings)
    return run_dbt(["docs", "generate"])


def _hand_on_columns(settings: Settings) -> None:
    """List the columns below the marts in their yml, as the workbench has them."""
    from pipelines.commands.column_docs import hand_on

    columns: dict[str, list[str]] = {}
    with duckdb.connect(str(workbench(settings)), read_only=True) as connection:
        for model, column in connection.execute(
            "select table_name, column_name from duckdb_columns() "
            "where schema_name in ('staging', 'intermediate') order by table_name, column_index"
        ).fetchall():
            columns.setdefault(model, []).append(column)
    for name, models in hand_on(DBT_PROJECT / "models", columns).items():
        sys.stdout.write(f"{text('command.docs.undescribed', column=name, models=models)}\n")
