"""What earlier releases wrote is opened by this one, whole; what a newer one wrote is refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest
from upkeep_site import published

from pipelines.failures import PermanentFailure
from pipelines.ledger.lookup import list_alerts, show_alert
from pipelines.ledger.quarantine import accepted
from pipelines.ledger.responses import comment
from pipelines.ledger.revision import ledger_revision
from pipelines.ledger.store import open_ledger
from pipelines.nights.layout import LAYOUT
from pipelines.nights.writer_lock import writer_lock
from pipelines.raw_zone.quarantine import open_rows
from pipelines.raw_zone.zone import RawZone
from pipelines.settings import load_settings
from pipelines.sources.registry import connector_of
from pipelines.upkeep.backup import restore
from pipelines.warehouse.binding import bind, connect

RELEASES = sorted((Path(__file__).parent / "releases").glob("*.tar.gz"))


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name.removesuffix(".tar.gz"))
def test_a_ledger_and_raw_zone_of_an_earlier_release(release: Path, tmp_path: Path) -> None:
    restore(release, tmp_path / "config", tmp_path / "data", None)
    settings = load_settings(tmp_path / "config", tmp_path / "data")
    ledger = open_ledger(settings.ledger_url)
    (alert,) = list_alerts(ledger, open_only=False)
    history = show_alert(ledger, alert.alert_id)
    assert "客户要推迟" in str(history.alert)
    said = [(one.person_id, one.action, one.text) for one in history.responses]
    assert said == [("bob", "ack", None), ("bob", "plan", "Visit them")]
    assert alert.acknowledged_at == dt.datetime(2026, 3, 25, 9, tzinfo=dt.UTC)
    assert accepted(ledger) == {}
    before = ledger_revision(ledger)
    comment(ledger, alert.alert_id, "cleo", "as planned", now=settings.now())
    assert ledger_revision(ledger) != before
    ledger.close()

    zone = RawZone(settings.raw_dir, settings.data_dir / "dlt")
    first, second = zone.known_extracts("sheets")
    assert (first.extract.rows, first.extract.rejected_rows, second.extract.rows) == (5, 1, 7)
    (row,) = open_rows(zone, [first])
    assert (row.column, row.value) == ("amount", "a lot")
    for moment, rows in ((dt.datetime(2026, 3, 21, 12, tzinfo=dt.UTC), 5), (None, 7)):
        path = tmp_path / "warehouse.duckdb"
        path.unlink(missing_ok=True)
        bind(path, settings, zone, as_of=dt.date(2026, 3, 31), known_at=moment)
        with connect(path) as connection:
            query = "select count(*) from raw.spreadsheet__orders"
            assert connection.execute(query).fetchall() == [(rows,)]
    # The next load goes on from where that release stood: nothing has changed, so nothing is read.
    (source,) = settings.sources
    again = zone.load("sheets", "spreadsheet", connector_of(source, settings), now=settings.now())
    # Read anew only where this release reads such files in another way, and then whole.
    assert again.unchanged or (again.rows, again.rejections) == ({"orders": 7}, [])


def test_a_data_folder_of_a_newer_release_is_not_written_to(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with writer_lock(data, "a night"):
        assert (data / "layout").read_text().strip() == str(LAYOUT)
    (data / "layout").write_text(f"{LAYOUT + 1}\n")
    with (
        pytest.raises(PermanentFailure, match="newer release") as caught,
        writer_lock(data, "a night"),
    ):
        pytest.fail("it was written to")
    assert "install that release again" in str(caught.value)
    # And the lock is free for the release that may.
    (data / "layout").write_text(f"{LAYOUT}\n")
    with writer_lock(data, "a night"):
        pass


def test_a_moved_data_folder_is_the_same_installation(tmp_path: Path) -> None:
    restore(RELEASES[-1], tmp_path / "config", tmp_path / "data", None)
    settings = load_settings(tmp_path / "config", tmp_path / "data")
    published(settings)
    moved = load_settings(tmp_path / "config", (tmp_path / "data").rename(tmp_path / "elsewhere"))
    links = [path for path in moved.data_dir.rglob("*") if path.is_symlink()]
    assert [path.name for path in links] == ["current"]
    assert all(path.exists() and not path.readlink().is_absolute() for path in links)
    with duckdb.connect(str(moved.current / "forewarn.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) from marts.fct_orders").fetchall() == [(3,)]
    published(moved, "run2")
    assert moved.current.resolve().name == "2"
