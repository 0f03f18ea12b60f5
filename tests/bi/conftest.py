"""A published company for the tests of BI tools.

Add here: what several tools read. Keep out: what must hold.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.sample import write_sample
from pipelines.settings import PROJECT


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published version of a small company; FOREWARN_BI_DATA names one that is there already."""
    if os.environ.get("FOREWARN_BI_DATA"):
        return Path(os.environ["FOREWARN_BI_DATA"])
    folder = tmp_path_factory.mktemp("company")
    shutil.copytree(PROJECT / "config", folder / "config")
    write_sample(folder / "data" / "sample", reps=4, seed=3)
    places = {"FOREWARN_CONFIG": folder / "config", "FOREWARN_DATA": folder / "data"}
    subprocess.run(
        [sys.executable, "-c", "from pipelines.cli import main; main()", "run"],
        env={**os.environ, **{name: str(path) for name, path in places.items()}},
        check=True,
    )
    return folder / "data"
