"""A night whose tables Spark makes is the night that DuckDB makes: every mart, on a cluster of two workers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent.parent / "nightly"))

from cluster import standalone_cluster
from nightly_site import Installation, make_installation, same_marts

from pipelines.publishing.versions import damaged_files, read_manifest

# A cluster of two on one machine takes minutes for what DuckDB makes in seconds.
pytestmark = [pytest.mark.spark, pytest.mark.nightly, pytest.mark.timeout(2400)]

# A small company: compiling code for every query would take longer than the queries.
FOR_SMALL_TABLES = {
    "spark.sql.shuffle.partitions": 2,
    "spark.sql.codegen.wholeStage": False,
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.driver.memory": "1g",
    "spark.executor.memory": "1g",
}


ESTIMATES = ("projected_amount", "projected_low", "projected_high", "projected_from_run_rate")


@pytest.fixture(scope="module")
def on_duckdb(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    site = make_installation(tmp_path_factory.mktemp("duckdb") / "site")
    done = site.forewarn("run")
    assert done.returncode == 0, done.stdout + done.stderr
    return site


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with standalone_cluster(tmp_path_factory.mktemp("cluster") / "spark") as address:
        yield address


def engine(site: Installation, master: str) -> None:
    told = {"engine": "spark", "master": master, "spark": FOR_SMALL_TABLES}
    (site.config / "engine.yml").write_text(yaml.safe_dump(told))


def test_a_cluster_publishes_the_same_marts(
    on_duckdb: Installation, cluster: str, tmp_path: Path
) -> None:
    site = on_duckdb.copy(tmp_path / "site")
    before = (site.current / "manifest.json").read_bytes()
    engine(site, cluster)
    done = site.forewarn("run")
    assert done.returncode == 0, done.stdout + done.stderr
    manifest = read_manifest(site.current)
    assert manifest is not None
    assert (site.current / "manifest.json").read_bytes() != before
    assert damaged_files(site.current, manifest) == []
    # Money, counts, dates and texts are equal; floats to nine digits (see same_marts), and what is
    # estimated in them and rounded to cents to one cent.
    assert same_marts(on_duckdb.current, site.current, to_a_cent=ESTIMATES) == []
    # Readers find the same columns of the same types, and the night's own file has what DuckDB keeps in it.
    assert relations(site.current / "forewarn.duckdb") == relations(
        on_duckdb.current / "forewarn.duckdb"
    )
    kept = relations(on_duckdb.current / "warehouse.duckdb")
    assert kept
    assert set(kept) <= set(relations(site.current / "warehouse.duckdb"))
    # Nothing of Spark's own is left.
    assert not list((site.data / "versions").rglob("_SUCCESS"))


def relations(file: Path) -> list[tuple[str, ...]]:
    import duckdb

    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(
            "select columns.schema_name, columns.table_name, columns.column_name, columns.data_type "
            "from duckdb_columns() as columns inner join duckdb_tables() as tables using (table_oid) "
            "where columns.schema_name not in ('config', 'raw', 'nights') order by all"
        ).fetchall()


def test_a_master_that_does_not_answer_leaves_what_is_published(
    on_duckdb: Installation, tmp_path: Path
) -> None:
    site = on_duckdb.copy(tmp_path / "site")
    before = (site.current / "manifest.json").read_bytes()
    engine(site, "spark://127.0.0.1:1")
    done = site.forewarn("run")
    assert done.returncode == 1
    assert "spark://127.0.0.1:1" in done.stdout + done.stderr
    assert (site.current / "manifest.json").read_bytes() == before
