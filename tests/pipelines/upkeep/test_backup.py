"""A backup holds what cannot be made anew, and an installation comes back from it elsewhere."""

from __future__ import annotations

import tarfile
import threading
from collections import Counter
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from upkeep_site import published

from pipelines.failures import PermanentFailure
from pipelines.ledger.copies import is_new
from pipelines.ledger.signals import add_signal
from pipelines.ledger.store import open_ledger
from pipelines.raw_zone.packing import load_of
from pipelines.raw_zone.zone import RawZone
from pipelines.settings import Settings, load_settings
from pipelines.upkeep.backup import CONTENTS, _unpack, back_up, restore


def load(settings: Settings, number: int, rows: int = 500) -> None:
    """A complete load, written in the order in which dlt does: files first, then its record."""
    source = settings.raw_dir / "crm"
    (source / "orders").mkdir(parents=True, exist_ok=True)
    (source / "_dlt_loads").mkdir(exist_ok=True)
    for part in range(3):
        table = pa.table({"id": list(range(rows)), "load": [number] * rows})
        pq.write_table(table, source / "orders" / f"{number}.0.{part}.parquet")
    record = f'{{"load_id": "{number}.0", "status": 0}}'
    (source / "_dlt_loads" / f"{number}.0.jsonl").write_text(record)


@pytest.fixture
def site(settings: Settings) -> Settings:
    settings.data_dir.mkdir(mode=0o700)
    published(settings)
    load(settings, 1)
    (settings.config_dir / "sheets" / "orders.csv").write_text("order_id\n1\n")
    (settings.data_dir / "link.key").write_text("key")
    ledger = open_ledger(settings.ledger_url)
    now = settings.now()
    add_signal(ledger, "team", "T1", "客户要推迟", "ann", now=now, today=now.date())
    ledger.close()
    return settings


def test_elsewhere_it_is_the_same_installation(site: Settings, tmp_path: Path) -> None:
    first = "2026-03-01T02:00:00+00:00"
    (site.data_dir / "first_published").write_text(first)
    backup = tmp_path / "elsewhere" / "monday.tar.gz"
    done = back_up(site, backup)
    assert backup.stat().st_mode & 0o077 in (0, 0o044)
    config, data = tmp_path / "new" / "config", tmp_path / "new" / "data"
    assert restore(backup, config, data, None).files == done.files
    back = load_settings(config, data)
    assert back.company == site.company
    zone = RawZone(back.raw_dir, back.data_dir / "dlt")
    assert zone.completed_loads("crm") == ["1.0"]
    assert len(zone.files("crm", "orders", ["1.0"])) == 3
    assert (data / "link.key").read_text() == "key"
    # Past days are told as before only with the moment from which figures were read.
    assert (data / "first_published").read_text() == first
    # What the next night makes anew is not carried about.
    assert not (data / "versions").exists()
    published(back)
    assert (data / "first_published").read_text() == first
    assert (config / "sheets" / "orders.csv").exists()
    ledger = open_ledger(back.ledger_url)
    assert not is_new(ledger)
    ledger.close()


def test_a_ledger_in_another_database_is_filled(site: Settings, tmp_path: Path) -> None:
    back_up(site, tmp_path / "b.tar.gz")
    other = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    restore(tmp_path / "b.tar.gz", tmp_path / "c", tmp_path / "d", other)
    assert not (tmp_path / "d" / "ledger.db").exists()
    ledger = open_ledger(other)
    assert not is_new(ledger)
    ledger.close()


def test_taken_while_loads_come_in_every_load_in_it_is_whole(
    site: Settings, tmp_path: Path
) -> None:
    stop = threading.Event()

    def night() -> None:
        number = 2
        while not stop.is_set() and number < 400:
            load(site, number, rows=50)
            number += 1

    writer = threading.Thread(target=night)
    writer.start()
    try:
        for number in range(4):
            back_up(site, tmp_path / f"b{number}.tar.gz")
    finally:
        stop.set()
        writer.join()
    for number in range(4):
        place = tmp_path / f"r{number}"
        restore(tmp_path / f"b{number}.tar.gz", place / "c", place / "d", None)
        zone = RawZone(place / "d" / "raw", place / "d" / "dlt")
        loads = zone.completed_loads("crm")
        assert loads
        files = zone.files("crm", "orders", loads)
        assert Counter(load_of(file.name) for file in files) == dict.fromkeys(loads, 3)
        with duckdb.connect() as connection:
            listed = [str(file) for file in files]
            rows = connection.execute("select count(*) from read_parquet(?)", [listed])
            assert rows.fetchone()[0] >= 50 * len(files)


@pytest.mark.parametrize("kind", ["cut", "changed", "foreign", "newer", "outside", "link"])
def test_a_backup_that_cannot_be_trusted_leaves_nothing(
    site: Settings, tmp_path: Path, kind: str
) -> None:
    backup = tmp_path / "b.tar.gz"
    back_up(site, backup)
    if kind == "cut":
        backup.write_bytes(backup.read_bytes()[:-3000])
    elif kind == "foreign":
        with tarfile.open(backup, "w:gz") as archive:
            archive.add(site.config_dir / "company.yml", "company.yml")
    elif kind in ("outside", "link"):
        odd = tarfile.TarInfo("config/../../evil" if kind == "outside" else "config")
        if kind == "link":
            odd.type, odd.linkname = tarfile.SYMTYPE, str(tmp_path)
        with tarfile.open(backup, "w:gz") as archive:
            archive.addfile(odd)
            archive.add(site.config_dir / "company.yml", "config/evil")
    else:
        with tarfile.open(backup) as archive:
            _unpack(archive, tmp_path / "u")
        if kind == "changed":
            (tmp_path / "u" / "config" / "company.yml").write_text("name: Other\n")
        else:
            about = tmp_path / "u" / CONTENTS
            about.write_text(about.read_text().replace('"format": 1', '"format": 99'))
        with tarfile.open(backup, "w:gz") as archive:
            archive.add(tmp_path / "u", "")
    with pytest.raises(PermanentFailure) as caught:
        restore(backup, tmp_path / "c", tmp_path / "d", None)
    assert str(backup) in str(caught.value)
    assert not (tmp_path / "c").exists()
    assert not (tmp_path / "d").exists()
    assert not (tmp_path / "evil").exists()


def test_what_is_there_is_never_overwritten(site: Settings, tmp_path: Path) -> None:
    backup = tmp_path / "b.tar.gz"
    back_up(site, backup)
    with pytest.raises(PermanentFailure, match="there already"):
        back_up(site, backup)
    with pytest.raises(PermanentFailure, match="holds something"):
        restore(backup, site.config_dir, tmp_path / "d", None)
    with pytest.raises(PermanentFailure, match="inside the data folder"):
        back_up(site, site.data_dir / "b.tar.gz")
