"""A night on a cluster whose workers see the store's address and not the data folder: every mart as DuckDB's."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "nightly"))
sys.path.insert(0, str(Path(__file__).parent.parent / "store"))

from cluster import standalone_cluster
from nightly_site import Installation, make_installation, same_marts
from s3_server import BUCKET, S3Server
from test_spark_nights import ESTIMATES, engine, relations

from pipelines.store.address import Store
from pipelines.store.pointer import NIGHTS, read_pointer

PROGRAM = os.environ.get("FOREWARN_TEST_STORE")
pytestmark = [
    pytest.mark.spark,
    pytest.mark.nightly,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not PROGRAM, reason="FOREWARN_TEST_STORE names no S3 server"),
]
ADDRESS = f"s3://{BUCKET}/spark"


class Stored(Installation):
    """An installation whose store is the server."""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "FOREWARN_STORE": ADDRESS}


def test_workers_need_nothing_but_the_address(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    import s3fs

    assert PROGRAM
    root = tmp_path_factory.mktemp("store")
    on_duckdb = make_installation(root / "duckdb")
    done = on_duckdb.forewarn("run")
    assert done.returncode == 0, done.stdout + done.stderr
    server = S3Server(PROGRAM, root / "server.log")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    server.start()
    try:
        s3fs.S3FileSystem(skip_instance_cache=True).mkdir(BUCKET)
        site = Stored(on_duckdb.copy(root / "site").root)
        before = (site.current / "manifest.json").read_bytes()
        # Where the workers look, the data folder is empty.
        with standalone_cluster(root / "cluster", hidden=site.data) as master:
            engine(site, master)
            done = site.forewarn("run")
            assert done.returncode == 0, done.stdout + done.stderr
        assert (site.current / "manifest.json").read_bytes() != before
        assert same_marts(on_duckdb.current, site.current, to_a_cent=ESTIMATES) == []
        assert relations(site) == relations(on_duckdb)
        store = Store(ADDRESS)
        pointer = read_pointer(store)
        assert pointer is not None
        assert pointer.version == 2
        assert store.sizes(NIGHTS) == {}
    finally:
        server.stop()
