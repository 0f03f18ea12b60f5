"""Files of the data folder are their user's alone unless the company says otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.configuration.problems import ConfigurationError
from pipelines.nights.privacy import keep_files_private


@pytest.fixture(autouse=True)
def _umask_as_before():
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


@pytest.mark.parametrize(("given", "mode"), [("", 0o600), ("027", 0o640), ("0022", 0o644)])
def test_the_rights_of_a_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, mode: int
) -> None:
    monkeypatch.setenv("FOREWARN_UMASK", given)
    keep_files_private()
    (tmp_path / "figures").write_text("1")
    assert (tmp_path / "figures").stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("given", ["7", "99x", "0o27", "rw-r"])
def test_anything_else_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("FOREWARN_UMASK", given)
    with pytest.raises(ConfigurationError, match="three octal digits"):
        keep_files_private()


def test_the_sample_company_is_written_for_its_user_alone(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", "from pipelines.cli import main; main()", "sample",
         str(tmp_path / "s"), "--reps", "8"],
        check=True, capture_output=True,
        env={key: value for key, value in os.environ.items() if key != "FOREWARN_UMASK"},
    )  # fmt: skip
    modes = {path.stat().st_mode & 0o077 for path in [tmp_path / "s", *(tmp_path / "s").iterdir()]}
    assert modes == {0}
