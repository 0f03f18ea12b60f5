"""The reference run, made once and copied by tests that go on from it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

sys.path.insert(0, str(Path(__file__).parent))

from nightly_site import FALSE_ALARMS, RUNS, SIMULATED, Installation, make_installation  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def _runs_end_with_the_tests() -> Iterator[None]:
    yield
    RUNS.close()


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation after its first night; not to be changed by a test. Workers share it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    installation = Installation(shared / "published" / "site")
    printed = installation.root / "first_run.txt"
    with FileLock(shared / "published.lock"):
        if not printed.exists():
            shutil.rmtree(installation.root, ignore_errors=True)
            SIMULATED.unlink(missing_ok=True)
            make_installation(installation.root)
            done = installation.typed("run")
            assert done.returncode == 0, done.stdout + done.stderr
            SIMULATED.parent.mkdir(exist_ok=True)
            shutil.copy(installation.data / FALSE_ALARMS, SIMULATED)
            printed.write_text(done.stdout, encoding="utf-8")
    return installation
