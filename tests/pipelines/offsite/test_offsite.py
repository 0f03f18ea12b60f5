"""The address holds whole versions only, wherever a send was cut off, and an installation comes back from it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from offsite_site import load, published

from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.offsite.following import follow_all, follow_loads
from pipelines.offsite.restoring import restore_from
from pipelines.publishing.taken_over import sha256_of
from pipelines.publishing.versions import read_manifest
from pipelines.raw_zone.packing import pack
from pipelines.raw_zone.zone import RawZone
from pipelines.settings import Settings, load_settings
from pipelines.store.address import STORE, Store
from pipelines.store.pointer import read_pointer
from pipelines.upkeep.doctor_data import store as asked


class Killed(BaseException):
    """What ends a process: nothing catches it."""


class KilledAfter:
    """Counts what changes the address, and ends the process before the step after `steps`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
        self.left = steps
        for name in ("write", "remove"):
            self._count(monkeypatch, name)
        whole = Store.send

        def send(store: Store, files: list[tuple[Path, str]]) -> None:
            for each in files:  # one by one, so that a kill falls between two files
                self.step()
                whole(store, [each])

        monkeypatch.setattr(Store, "send", send)

    def _count(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        whole = getattr(Store, name)

        def counted(store: Store, *arguments: object) -> None:
            if name == "remove" and not list(arguments[0]):
                return
            self.step()
            whole(store, *arguments)

        monkeypatch.setattr(Store, name, counted)

    def step(self) -> None:
        if not self.left:
            raise Killed
        self.left -= 1


def whole_version(store: Store) -> int | None:
    """The version a reader of the address gets, every file of which is as its manifest says."""
    pointer = read_pointer(store)
    if pointer is None:
        return None
    folder = Path(store.full(pointer.folder))
    manifest = read_manifest(folder)
    assert manifest is not None
    assert sha256_of(folder / "manifest.json") == pointer.manifest_sha256
    for name, checksum in manifest.files.items():
        assert name == "warehouse.duckdb" or sha256_of(folder / name) == checksum
    return pointer.version


def loads_there(store: Store) -> list[str]:
    zone = RawZone(Path(store.full("raw")), Path("none"))
    loads = zone.completed_loads("crm")
    assert len(zone.files("crm", "orders", loads)) == len(loads)  # each with its rows
    return loads


def nights(site: Settings, store: Store) -> Iterator[int]:
    for number in range(2, 5):
        load(site, number)
        published(site, f"run{number}")
        yield number


def test_killed_anywhere_the_address_is_whole_and_the_next_night_catches_up(
    site: Settings, store: Store
) -> None:
    follow_all(site)
    assert whole_version(store) == 1
    kills = 0
    for number in nights(site, store):
        # Ended after a few steps, after more of what is left, until nothing is; each night at other places.
        for steps in count(number % 3):
            with pytest.MonkeyPatch.context() as patch:
                KilledAfter(patch, steps)
                try:
                    follow_all(site)
                    break
                except Killed:
                    kills += 1
            assert whole_version(store) in (number - 1, number)
            assert set(loads_there(store)) <= {f"{n}.0" for n in range(1, number + 1)}
        assert whole_version(store) == number
    assert kills >= 8
    assert loads_there(store) == [f"{n}.0" for n in range(1, 5)]
    # As here: the newest three versions, and copies of what a restore needs beside them.
    assert {name.split("/")[1] for name in store.sizes("versions")} == {"2", "3", "4"}
    assert len(store.sizes("installation")) <= 6
    # Tables that a killed night on Spark left go with the next.
    store.write("nights/killed/staging.db/part.parquet", b"rows")
    follow_all(site)
    assert store.sizes("nights") == {}
    # Nothing is missing, so nothing is sent.
    assert follow_loads(site).files == 0


def test_a_lost_machine_comes_back(site: Settings, store: Store, tmp_path: Path) -> None:
    (site.data_dir / "link.key").write_text("key")
    mail = site.data_dir / "mail" / "box"
    mail.mkdir(parents=True)
    (mail / "index.json").write_text("{}")
    follow_all(site)
    # A load that came later and was not published yet is no less there, and so is what came by mail.
    load(site, 2)
    (mail / "index.json").write_text('{"more": 1}')
    follow_loads(site)
    config, data = tmp_path / "new" / "config", tmp_path / "new" / "data"
    done = restore_from(store.address, config, data, None)
    assert done.version == 1
    back = load_settings(config, data)
    assert RawZone(back.raw_dir, data / "dlt").completed_loads("crm") == ["1.0", "2.0"]
    for name in ("link.key", "mail/box/index.json", "current/forewarn.duckdb", "store.mark"):
        assert (data / name).read_bytes() == (site.data_dir / name).read_bytes()
    assert (data / "ledger.db").is_file()
    # It goes on sending where the lost one stopped; the lost one, should it wake, is behind then.
    assert follow_all(back).version == 1
    published(back, "run2")
    assert follow_all(back).version == 2
    assert [one.state for one in asked(back, back.now())] == ["ok"]
    with pytest.raises(PermanentFailure, match="older copy"):
        follow_all(site)
    assert whole_version(store) == 2
    with pytest.raises(PermanentFailure, match="hold"):
        restore_from(store.address, config, data, None)


def test_a_restore_finds_what_is_missing_or_altered(
    site: Settings, store: Store, tmp_path: Path
) -> None:
    follow_all(site)
    config, data = tmp_path / "c", tmp_path / "d"
    mart = Path(store.full("versions/1/parquet/fct_orders.parquet"))
    content = mart.read_bytes()
    mart.write_bytes(content[:-1] + b"x")
    with pytest.raises(PermanentFailure, match="fct_orders"):
        restore_from(store.address, config, data, None)
    mart.write_bytes(content)
    raw = Path(store.full("raw/crm/orders/1.0.a.parquet"))
    kept = raw.read_bytes()
    raw.unlink()
    with pytest.raises(PermanentFailure, match="1.0.a.parquet"):
        restore_from(store.address, config, data, None)
    assert not config.exists()
    assert not data.exists()
    # While the machine lives, its next night brings back what somebody removed.
    follow_all(site)
    assert raw.read_bytes() == kept
    restore_from(store.address, config, data, None)
    with pytest.raises(PermanentFailure, match="nothing was published"):
        restore_from(f"{store.address}/elsewhere", tmp_path / "e", tmp_path / "f", None)


def test_packed_files_take_the_place_of_theirs(
    site: Settings, store: Store, tmp_path: Path
) -> None:
    for number in range(2, 31):
        load(site, number)
    follow_all(site)
    orders = site.raw_dir / "crm" / "orders"
    loads = [f"{number}.0" for number in range(1, 31)]
    assert pack(orders, loads) == 23
    follow_all(site)  # both are there as long as both are here
    assert len(store.sizes("raw/crm/orders")) == 31
    for number in range(1, 24):
        (orders / f"{number}.0.a.parquet").unlink()
    # A file that is merely lost here stays there: no packed one has its rows.
    lost = orders / "30.0.a.parquet"
    lost.unlink()
    follow_all(site)
    there = store.sizes("raw/crm/orders")
    assert len(there) == 8
    assert "raw/crm/orders/30.0.a.parquet" in there
    restore_from(store.address, tmp_path / "c", tmp_path / "d", None)
    zone = RawZone(tmp_path / "d" / "raw", tmp_path / "d" / "dlt")
    rows = [r for path in zone.files("crm", "orders", loads) for r in pq.read_table(path)["id"]]
    assert sorted(each.as_py() for each in rows) == list(range(1, 31))


def test_a_load_that_was_cut_off_and_a_damaged_mart_do_not_go_up(
    site: Settings, store: Store
) -> None:
    pq.write_table(pa.table({"id": [9]}), site.raw_dir / "crm" / "orders" / "9.0.a.parquet")
    mart = site.current / "parquet" / "fct_orders.parquet"
    mart.write_bytes(mart.read_bytes()[:-1] + b"x")
    with pytest.raises(PermanentFailure, match="fct_orders"):
        follow_all(site)
    assert read_pointer(store) is None
    assert loads_there(store) == ["1.0"]
    assert "raw/crm/orders/9.0.a.parquet" not in store.sizes("raw")
    assert [one.state for one in asked(site, site.now())] == ["problem"]


def test_two_installations_never_mix(site: Settings, store: Store) -> None:
    follow_all(site)
    shutil.copytree(site.data_dir, site.data_dir.with_name("other"), symlinks=True)
    other = load_settings(site.config_dir, site.data_dir.with_name("other"))
    (other.data_dir / "store.mark").unlink()
    before = store.sizes("")
    with pytest.raises(PermanentFailure, match="another installation"):
        follow_loads(other)
    assert store.sizes("") == before


def test_what_is_wrong_with_an_address_is_said(
    site: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for address, said in (
        ("bucket/prefix", "no address"),
        ("nosuch://bucket/prefix", "install"),
        ("file:///proc/1/nowhere", "run forewarn publish|answers this machine"),
    ):
        monkeypatch.setenv(STORE, address)
        with pytest.raises((PermanentFailure, TransientFailure), match=said):
            follow_loads(site)
    Path(store.full("current")).parent.mkdir(parents=True)
    Path(store.full("current")).write_text("no json")
    with pytest.raises(PermanentFailure, match="none of Forewarn's"):
        read_pointer(store)
    Path(store.full("current")).write_text(json.dumps({"format": 99}))
    with pytest.raises(PermanentFailure, match="newer release"):
        read_pointer(store)
