"""Dagster's own SQLite files are opened without waiting for the disk, and nobody else's."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log.schema import SqlEventLogStorageMetadata
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from pipelines.nights.event_storage import EventStorage, ease_event_storage
from pipelines.nights.instance import dagster_home
from pipelines.settings import Settings

NORMAL, FULL = 1, 2


def write_once(file: Path) -> int:
    """Open, write, close, as Dagster does for every event; returns how commits were made."""
    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("pragma journal_mode = wal"))
        connection.execute(text("create table if not exists events (id integer)"))
        connection.execute(text("insert into events values (1)"))
        mode = connection.execute(text("pragma synchronous")).scalar_one()
        connection.commit()
    engine.dispose()
    return int(mode)


def test_files_of_the_home_stay_open_and_commits_do_not_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    ease_event_storage()
    assert write_once(home / "events.db") == NORMAL  # a new file, not yet with a log
    assert write_once(home / "events.db") == NORMAL
    # Whoever closes a file last moves its log into it: here nobody does.
    assert (home / "events.db-wal").stat().st_size > 0
    engine = create_engine(f"sqlite:///{home / 'events.db'}")
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from events")).scalar_one() == 2
    engine.dispose()


@pytest.mark.parametrize("name", ["ledger.db", "home-of-another/events.db"])
def test_other_files_are_left_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    ease_event_storage()
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    assert write_once(file) == FULL
    assert not file.with_name(f"{file.name}-wal").exists()


def test_a_new_home_writes_every_event_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    home = dagster_home(settings)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    with dg.DagsterInstance.get() as instance:
        storage = instance.event_log_storage
        assert isinstance(storage, EventStorage)
        assert (home / "event_log.db").is_file()


@pytest.mark.parametrize("left", [[], ["asset_keys"]], ids=["an empty file", "one table"])
def test_a_file_that_a_killed_process_left_half_made_is_made_whole(
    tmp_path: Path, left: list[str]
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'event_log.db'}", poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("pragma user_version = 0"))
        for name in left:
            SqlEventLogStorageMetadata.tables[name].create(connection)
    (tmp_path / "event_log.db").touch()
    storage = EventStorage(str(tmp_path))
    assert storage.get_event_records(dg.EventRecordsFilter(dg.DagsterEventType.RUN_START)) == []
    assert storage.has_secondary_index("asset_key_table")
    storage.dispose()
