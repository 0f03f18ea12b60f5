"""The house style, as the tools in pyproject.toml see it: one test per tool, so each can be rerun."""

import os
import subprocess
import sys

import pytest

from pipelines.settings import PROJECT

TOOLS = {
    "ruff_check": ["ruff", "check", "."],
    "ruff_format": ["ruff", "format", "--check", "."],
    # The packages that it follows imports into are those of this Python.
    "pyrefly": ["pyrefly", "check", "--python-interpreter-path", sys.executable],
    # sqlfluff itself, quicker (`tests/lint_sql.py`). In one process: other tests run beside it.
    "sqlfluff": [
        "lint_sql",
        "lint",
        "--disable-progress-bar",
        "dbt_project/models",
        "dbt_project/tests",
    ],
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
