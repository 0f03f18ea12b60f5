"""The reference run, made once per session and copied by tests that go on from it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from nightly_site import Installation, make_installation  # noqa: E402


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation after its first night; not to be changed by a test."""
    installation = make_installation(tmp_path_factory.mktemp("published") / "site")
    done = installation.forewarn("run")
    assert done.returncode == 0, done.stdout + done.stderr
    (installation.root / "first_run.txt").write_text(done.stdout, encoding="utf-8")
    return installation
