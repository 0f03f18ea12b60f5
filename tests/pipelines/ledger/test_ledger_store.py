"""Opening: by several processes at once, on both databases, and what an unusable URL says."""

from __future__ import annotations

import os
import stat
from multiprocessing.context import BaseContext
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.ledger.models import Base, Run
from pipelines.ledger.store import Ledger, open_ledger


def test_migrations_give_exactly_the_tables_of_the_models(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_sqlite_is_in_wal_mode_and_checks_foreign_keys(sqlite_ledger: Ledger) -> None:
    with sqlite_ledger.reading() as session:
        assert session.scalar(text("pragma journal_mode")) == "wal"
        assert session.scalar(text("pragma foreign_keys")) == 1


def _open(url: str, barrier: object, results: object) -> None:
    barrier.wait()  # type: ignore[attr-defined]
    try:
        ledger = open_ledger(url)
        with ledger.reading() as session:
            results.put(session.scalar(text("select count(*) from alembic_version")))  # type: ignore[attr-defined]
        ledger.close()
    except Exception as error:
        results.put(repr(error))  # type: ignore[attr-defined]


def test_six_processes_open_a_new_ledger_at_once(ledger_url: str, forking: BaseContext) -> None:
    barrier, results = forking.Barrier(6), forking.Queue()
    workers = [forking.Process(target=_open, args=(ledger_url, barrier, results)) for _ in range(6)]
    for worker in workers:
        worker.start()
    found = [results.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join()
    assert found == [1] * 6


def test_opening_again_keeps_what_is_there(ledger_url: str) -> None:
    import datetime as dt

    first = open_ledger(ledger_url)
    with first.writing() as session:
        session.add(
            Run(
                run_id="r",
                as_of=dt.date(2026, 1, 1),
                recorded_at=dt.datetime.now(dt.UTC),
                episodes=1,
                opened=1,
                raised=0,
                eased=0,
                recovered=0,
            )  # fmt: skip
        )
    first.close()
    second = open_ledger(ledger_url)
    with second.reading() as session:
        assert session.scalar(text("select count(*) from runs")) == 1
    second.close()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("not a url", "not a database URL"),
        ("mysql://u:hunter2secret@localhost/x", "mysql is not a database"),
        ("duckdb:///x.duckdb", "duckdb is not a database"),
    ],
)
def test_unusable_urls_are_refused_without_their_password(url: str, says: str) -> None:
    with pytest.raises(PermanentFailure, match=says) as caught:
        open_ledger(url)
    assert "hunter2secret" not in str(caught.value)


def test_a_server_that_is_down_is_transient_and_shows_no_password() -> None:
    with pytest.raises(TransientFailure) as caught:
        open_ledger("postgresql://forewarn:hunter2secret@127.0.0.1:9/ledger")
    assert "hunter2secret" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


def test_a_damaged_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(os.urandom(8192))
    with pytest.raises(PermanentFailure, match="restore it from a copy"):
        open_ledger(f"sqlite:///{path}")


def test_a_ledger_of_a_newer_version_is_not_touched(ledger_url: str) -> None:
    ledger = open_ledger(ledger_url)
    with ledger.writing() as session:
        session.execute(text("update alembic_version set version_num = '9999'"))
    ledger.close()
    with pytest.raises(PermanentFailure, match="newer version"):
        open_ledger(ledger_url)


@pytest.mark.postgres
def test_a_bare_postgresql_url_gets_its_driver_named(postgres_url: str) -> None:
    ledger = open_ledger(postgres_url.replace("postgresql+psycopg", "postgresql"))
    assert ledger.engine.dialect.driver == "psycopg"
    ledger.close()


def test_the_folder_is_made_and_the_file_is_ours(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "ledger.db"
    open_ledger(f"sqlite:///{path}").close()
    assert stat.S_ISREG(path.stat().st_mode)
