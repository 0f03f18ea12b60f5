"""A ledger that is older than its copy, was emptied in part or is no whole ledger."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from pipelines.failures import PermanentFailure
from pipelines.ledger.copies import complete, copy_ledger, is_behind, put_back
from pipelines.ledger.episodes import record_episodes
from pipelines.ledger.lookup import list_alerts
from pipelines.ledger.responses import acknowledge, comment, plan, undo
from pipelines.ledger.store import Ledger, open_ledger

Frame = Callable[..., pd.DataFrame]
NOW = dt.datetime(2026, 10, 28, 1, 0, tzinfo=dt.UTC)
TODAY, HOUR = NOW.date(), dt.timedelta(hours=1)


def record(ledger: Ledger, episodes: pd.DataFrame) -> None:
    record_episodes(ledger, episodes, as_of=TODAY, run_id="night", now=NOW)


def acknowledged(ledger: Ledger) -> dict[str, bool]:
    return {alert.alert_id: alert.acknowledged_at is not None for alert in list_alerts(ledger)}


@pytest.fixture
def copy(ledger: Ledger, frame: Frame, tmp_path: Path) -> Path:
    """A ledger with one alert, and a copy made after a second one, which somebody has answered."""
    record(ledger, frame({"alert_id": "a1", "level": "danger"}))
    second = {"alert_id": "a2", "level": "danger"}
    other = open_ledger(f"sqlite:///{tmp_path / 'other.db'}")
    record(other, frame({"alert_id": "a1", "level": "danger"}))
    record(other, frame({"alert_id": "a1", "level": "danger"}, second))
    acknowledge(other, "a2", "boss", now=NOW)
    copy_ledger(other, tmp_path / "copy.db")
    other.close()
    return tmp_path / "copy.db"


def test_an_older_ledger_gets_what_its_copy_has_beyond_it(
    ledger: Ledger, frame: Frame, copy: Path
) -> None:
    assert is_behind(ledger, copy)
    # An answer that came meanwhile has the number of one in the copy: both stay.
    acknowledge(ledger, "a1", "anna", now=NOW + HOUR)
    assert complete(ledger, copy) == 2
    assert acknowledged(ledger) == {"a1": True, "a2": True}
    assert not is_behind(ledger, copy)
    # And it goes on counting where both have come to.
    plan(ledger, "a2", "boss", "call", now=NOW + HOUR)
    comment(ledger, "a2", "boss", "called", now=NOW + HOUR)
    record(ledger, frame(*({"alert_id": f"a{n}", "level": "danger"} for n in (1, 2, 3))))
    assert len(acknowledged(ledger)) == 3


def test_a_new_ledger_goes_on_counting_behind_its_copy(
    ledger_url: str, copy: Path, frame: Frame, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if ledger_url.startswith("sqlite"):
        ledger_url = f"sqlite:///{tmp_path / 'new.db'}"
    else:
        with request.getfixturevalue("ledger").writing() as session:
            for name in ("episode_changes", "runs", "episodes"):
                session.connection().exec_driver_sql(f"delete from {name}")
    new = open_ledger(ledger_url)
    assert put_back(copy, new) == 2
    plan(new, "a2", "boss", "call", now=NOW + HOUR)
    assert acknowledged(new)["a2"]
    new.close()


def test_an_answer_that_is_taken_back_is_no_loss(sqlite_ledger: Ledger, frame: Frame) -> None:
    record(sqlite_ledger, frame({"alert_id": "a1", "level": "danger"}))
    acknowledge(sqlite_ledger, "a1", "boss", now=NOW)
    place = Path(str(sqlite_ledger.engine.url.database)).with_name("copy.db")
    copy_ledger(sqlite_ledger, place)
    undo(sqlite_ledger, "a1", "boss", now=NOW + HOUR)
    assert not is_behind(sqlite_ledger, place)
    with sqlite_ledger.writing() as session:
        session.connection().exec_driver_sql("delete from comments")
    assert is_behind(sqlite_ledger, place)


@pytest.mark.parametrize(
    ("done", "said"),
    [
        ("drop table outbox", "missing: outbox"),
        ("drop table alembic_version", "missing: alembic_version"),
        ("delete from alembic_version", "missing: alembic_version"),
    ],
)
def test_half_a_ledger_is_named(empty_ledger: Path, tmp_path: Path, done: str, said: str) -> None:
    place = tmp_path / "ledger.db"
    place.write_bytes(empty_ledger.read_bytes())
    with sqlite3.connect(place) as connection:
        connection.execute(done)
    with pytest.raises(PermanentFailure, match=said) as caught:
        open_ledger(f"sqlite:///{place}")
    assert "moved away" in str(caught.value)


def test_no_file_and_one_that_may_not_be_written_are_told(
    empty_ledger: Path, frame: Frame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder.db").mkdir()
    (tmp_path / "link.db").symlink_to(tmp_path / "away" / "ledger.db")
    for name in ("folder.db", "link.db"):
        with pytest.raises(PermanentFailure, match="leads nowhere"):
            open_ledger(f"sqlite:///{tmp_path / name}")
    # Opened for reading alone: root may write to every file. No folder is made of the URI's own name.
    monkeypatch.chdir(tmp_path)
    read_only = open_ledger(f"sqlite:///file:{empty_ledger}?mode=ro&uri=true")
    with pytest.raises(PermanentFailure, match="make the data folder writable"):
        record(read_only, frame({"alert_id": "a1", "level": "danger"}))
    read_only.close()
    assert not (tmp_path / "file:").exists()
