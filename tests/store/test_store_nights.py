"""Nights that send to a real S3 server: readers there, a server that is away, kills, a machine that is lost."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import socket
import time
from pathlib import Path

import duckdb
import fsspec
import pandas as pd
import pyarrow.dataset as ds
import pytest
from nightly_site import Installation, make_installation, same_marts
from s3_server import BUCKET

from pipelines.failures import TransientFailure
from pipelines.publishing.versions import read_manifest
from pipelines.store.address import PATIENCE, Store
from pipelines.store.pointer import read_pointer

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1800)]
ADDRESS = f"s3://{BUCKET}/forewarn"


class Stored(Installation):
    """An installation whose store is below the server's bucket."""

    address = ADDRESS
    endpoint = ""

    @property
    def environment(self) -> dict[str, str]:
        told = {"FOREWARN_STORE": self.address}
        return {
            **super().environment,
            **told,
            **({"AWS_ENDPOINT_URL": self.endpoint} if self.endpoint else {}),
        }


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, server: object) -> Installation:
    made = Stored(make_installation(tmp_path_factory.mktemp("site") / "site").root)
    done = made.forewarn("run")
    assert done.returncode == 0, done.stdout + done.stderr
    return made


def with_one_order_more(site: Installation) -> None:
    orders = site.sheets / "orders.csv"
    lines = orders.read_text(encoding="utf-8-sig").splitlines()
    fields = lines[-1].split(",")
    fields[0] = f"{fields[0]}-{len(lines)}"
    orders.write_text("\n".join([*lines, ",".join(fields)]) + "\n", encoding="utf-8-sig")


def is_whole(address: str = ADDRESS) -> int:
    """The version that a reader of the address gets; every file is as the manifest says."""
    store = Store(address)
    pointer = read_pointer(store)
    assert pointer is not None
    manifest = json.loads(store.read(f"{pointer.folder}/manifest.json") or b"")
    for name, checksum in manifest["files"].items():
        if name != "warehouse.duckdb":
            content = store.read(f"{pointer.folder}/{name}")
            assert content is not None, name
            assert hashlib.sha256(content).hexdigest() == checksum, name
    return pointer.version


def test_duckdb_pandas_and_arrow_read_the_marts_there(site: Installation) -> None:
    """As docs/store.md says it."""
    here = site.query("select count(*), sum(amount) from marts.fct_orders")[0]
    s3 = fsspec.filesystem("s3")
    folder = f"{ADDRESS}/{json.loads(s3.cat(f'{ADDRESS}/current'))['folder']}/parquet"
    connection = duckdb.connect()
    connection.register_filesystem(s3)
    told = f"select count(*), sum(amount) from read_parquet('{folder}/fct_orders.parquet')"
    assert connection.execute(told).fetchone() == here
    frame = pd.read_parquet(f"{folder}/fct_orders.parquet", columns=["amount"])
    assert (len(frame), frame.amount.sum()) == here
    path = f"{folder}/fct_orders.parquet".removeprefix("s3://")
    assert ds.dataset(path, filesystem=s3).count_rows() == here[0]


def test_a_server_that_is_away_holds_nobody_up_and_kills_leave_the_version_before(
    site: Installation, tmp_path: Path
) -> None:
    own = Stored(site.copy(tmp_path / "site").root)
    own.address = f"s3://{BUCKET}/away"
    assert own.forewarn("publish").returncode == 0
    assert is_whole(own.address) == 1

    with_one_order_more(own)
    own.endpoint = "http://127.0.0.1:9"
    done = own.forewarn("run")
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "the last step of the night tries again" in said
    assert "Could not connect" in said
    assert "not-a-real-secret" not in said
    manifest = read_manifest(own.current)
    assert manifest is not None
    assert manifest.version == 2
    assert (own.data / "outbox").is_dir()  # people were told all the same
    assert is_whole(own.address) == 1

    own.endpoint = ""
    chance, cut_off = random.Random(7), 0
    for _ in range(12):
        run = own.started("publish")
        time.sleep(chance.uniform(0.2, 1.6))
        run.kill()
        cut_off += run.ended().returncode != 0
        assert is_whole(own.address) in (1, 2)
    assert cut_off >= 4
    assert own.forewarn("publish").returncode == 0
    assert is_whole(own.address) == 2

    # The disk is lost: another machine goes on, and its night gives the same marts.
    back = Stored(tmp_path / "back")
    back.address = own.address
    done = back.forewarn("restore", own.address)
    assert done.returncode == 0, done.stdout + done.stderr
    assert same_marts(own.current, back.current) == []
    shutil.copytree(own.sheets, back.sheets)  # what people keep elsewhere
    done = back.forewarn("run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert same_marts(own.current, back.current) == []
    assert is_whole(own.address) == 3


def test_a_server_that_takes_the_call_and_never_answers_is_given_up(
    server: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setitem(PATIENCE, "read_timeout", 1)
        begun = time.monotonic()
        with pytest.raises(TransientFailure, match="Read timeout"):
            Store(ADDRESS).read("current")
        # Four seconds of silence and what lies between the tries; of the thirty as set: two minutes.
        assert time.monotonic() - begun < 15
