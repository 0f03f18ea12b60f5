"""The house style, as the tools in pyproject.toml see it: one test per tool, so each can be rerun."""

import os
import subprocess
import sys

import pytest
from lint_sql import DBT, line_of

from pipelines.settings import PROJECT

TOOLS = {
    "ruff_check": ["ruff", "check", "."],
    "ruff_format": ["ruff", "format", "--check", "."],
    # The packages that it follows imports into are those of this Python.
    "pyrefly": ["pyrefly", "check", "--python-interpreter-path", sys.executable],
    # sqlfluff itself, on what has changed since it last passed (`tests/lint_sql.py`).
    "sqlfluff": ["lint_sql", "dbt_project/models", "dbt_project/tests"],
}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("command", TOOLS.values(), ids=list(TOOLS))
def test_the_tool_has_nothing_to_say(command):
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT / "tests")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-8000:]}{done.stderr[-2000:]}"


def test_a_model_is_linted_again_when_it_or_a_macro_that_it_uses_has_changed():
    model = DBT / "models" / "marts" / "entities" / "dim_rep.sql"
    used = {"rep_id": "{{ inner() }}", "inner": "1", "unused": "2"}
    line = line_of(model, "rules", used)
    assert line == line_of(model, "rules", used | {"unused": "3"})
    assert line != line_of(model, "rules", used | {"inner": "2"})
    assert line != line_of(model, "other rules", used)
