"""A version is published whole or not at all, and readers are never disturbed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.nights.night import Night, begin_night, load_night
from pipelines.publishing.holding import held_version
from pipelines.publishing.versions import damaged_files, publish, read_manifest
from pipelines.settings import Settings
from pipelines.warehouse.binding import connect


def built_night(settings: Settings, run_id: str, rows: int) -> Night:
    night = begin_night(settings, run_id, None)
    with connect(night.warehouse) as connection:
        connection.execute("create schema marts; create schema staging")
        connection.execute(
            f"create table marts.fct_orders as select i as order_id, {rows} as night, "
            f"(i / 3)::decimal(18, 2) as amount from range({rows}) as t(i)"
        )
        connection.execute("comment on column marts.fct_orders.amount is 'Company currency'")
        connection.execute("create table staging.secret as select 1 as x")
    return night


def test_a_version_holds_what_the_manifest_says(settings: Settings) -> None:
    manifest = publish(settings, built_night(settings, "first", 10))
    current = settings.current.resolve()
    assert (manifest.version, current) == (1, settings.versions_dir.resolve() / "1")
    assert manifest.tables["fct_orders"]["rows"] == 10
    assert manifest.tables["fct_orders"]["columns"] == ["order_id", "night", "amount"]
    assert read_manifest(current) == manifest
    assert damaged_files(current, manifest) == []
    with duckdb.connect(str(current / "forewarn.duckdb"), read_only=True) as reader:
        assert reader.execute("select count(*), sum(amount) from marts.fct_orders").fetchall()
        schemas = {
            row[0] for row in reader.execute("select schema_name from duckdb_tables()").fetchall()
        }
        assert schemas == {"marts"}
        comment = reader.execute(
            "select comment from duckdb_columns() where column_name = 'amount'"
        ).fetchall()
        assert comment == [("金额。 Company currency",)]
        tags = reader.execute(
            "select tags from duckdb_databases() where database_name = 'forewarn'"
        ).fetchall()
        assert tags[0][0]["storage_version"].startswith("v1.4.0")
    assert not list(settings.versions_dir.glob(".building-*"))


def test_a_damaged_file_is_found_by_its_checksum(settings: Settings) -> None:
    manifest = publish(settings, built_night(settings, "first", 10))
    path = settings.current / "parquet" / "fct_orders.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert damaged_files(settings.current, manifest) == ["parquet/fct_orders.parquet"]


def test_the_same_figures_give_the_same_bytes(settings: Settings) -> None:
    first = publish(settings, built_night(settings, "first", 5000))
    settings.current.unlink()  # nothing to take over from
    second = publish(settings, built_night(settings, "second", 5000))
    assert first.tables == second.tables


def test_the_last_three_versions_are_kept_and_an_open_reader_keeps_its_own(
    settings: Settings,
) -> None:
    publish(settings, built_night(settings, "run0", 1))
    reader = duckdb.connect(str(settings.current / "forewarn.duckdb"), read_only=True)
    for number in range(1, 5):
        publish(settings, built_night(settings, f"run{number}", number + 1))
        assert reader.execute("select max(night) from marts.fct_orders").fetchall() == [(1,)]
    reader.close()
    kept = sorted(path.name for path in settings.versions_dir.iterdir())
    assert kept == ["3", "4", "5"]
    assert read_manifest(settings.current).version == 5  # type: ignore[union-attr]


KILLED = """
import os, random, sys, threading, time
from pathlib import Path
from tests_publish import built_night
from pipelines.publishing.holding import held_version
from pipelines.publishing.versions import publish
from pipelines.settings import load_settings
settings = load_settings(sys.argv[1], sys.argv[2])
night = built_night(settings, "killed", 20000)
threading.Timer(float(sys.argv[3]), lambda: os.kill(os.getpid(), 9)).start()
publish(settings, night)
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("delay", [0.0, 0.04, 0.08, 0.16, 5.0])
def test_a_kill_at_any_moment_leaves_the_old_or_the_new_version(
    settings: Settings, tmp_path: Path, delay: float
) -> None:
    publish(settings, built_night(settings, "good", 3))
    shutil.copy(__file__, tmp_path / "tests_publish.py")
    subprocess.run(
        [
            sys.executable,
            "-c",
            KILLED,
            str(settings.config_dir),
            str(settings.data_dir),
            str(delay),
        ],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=False,
    )
    manifest = read_manifest(settings.current)
    assert manifest is not None
    assert manifest.tables["fct_orders"]["rows"] in (3, 20000)
    assert damaged_files(settings.current, manifest) == []
    after = publish(settings, built_night(settings, "next", 7))
    assert after.version > manifest.version
    assert not list(settings.versions_dir.glob(".building-*"))


def test_a_disk_that_refuses_leaves_readers_what_they_have(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(settings, built_night(settings, "good", 3))
    night = built_night(settings, "full", 4)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(TransientFailure, match="No space left on device") as caught:
        publish(settings, night)
    assert "free space" in str(caught.value)
    assert read_manifest(settings.current).tables["fct_orders"]["rows"] == 3  # type: ignore[union-attr]


def test_a_folder_in_the_place_of_the_link_is_named_before_the_night(settings: Settings) -> None:
    publish(settings, built_night(settings, "run1", 3))
    current = settings.current
    shutil.copytree(current.resolve(), current.with_name("copy"))
    current.unlink()
    current.with_name("copy").rename(current)
    with pytest.raises(PermanentFailure, match=f"mv {current}"):
        begin_night(settings, "run2", None)


def test_a_night_can_be_picked_up_by_its_run_id_and_a_past_day_has_a_cut(
    settings: Settings,
) -> None:
    night = begin_night(settings, "run", dt.date(2026, 3, 28))
    assert night.known_at == dt.datetime(2026, 3, 28, 23, tzinfo=dt.UTC)  # midnight in Berlin
    spring = begin_night(settings, "run", dt.date(2026, 3, 29))  # clocks go forward that day
    assert spring.known_at == dt.datetime(2026, 3, 29, 22, tzinfo=dt.UTC)
    dataclasses.replace(spring, fingerprint="abc", unchanged=True).save()
    assert load_night(settings, "run") == dataclasses.replace(
        spring, fingerprint="abc", unchanged=True
    )
    assert begin_night(settings, "today", None).known_at is None


def test_a_version_that_a_reader_holds_stays_until_it_lets_go(settings: Settings) -> None:
    publish(settings, built_night(settings, "run1", 1))
    with held_version(settings.data_dir) as held:
        for number in range(2, 7):
            publish(settings, built_night(settings, f"run{number}", number))
        assert held.name == "1"
        assert damaged_files(held, read_manifest(held)) == []  # type: ignore[arg-type]
    publish(settings, built_night(settings, "run7", 7))
    assert not held.exists()
    kept = {path.name for path in settings.versions_dir.iterdir()}
    assert kept == {"5", "6", "7"}


READERS = """
import os, random, sys, threading, time
from pathlib import Path
import duckdb
from pipelines.publishing.holding import held_version
data, answers, wrong = Path(sys.argv[1]), [], []
asked = "select count(*), min(night), max(night) from"

def swaps(number):
    # Every second publication, each reader others, at any moment until about the next.
    seen, last = number, None
    while not (data / "stop").exists():
        now = os.readlink(data / "current")
        if now != last:
            seen, last = seen + 1, now
            if seen % 2 == 0:
                time.sleep(random.uniform(0, 0.3))
                yield
        time.sleep(0.04)
    yield

def read(number):
    files = duckdb.connect(config={"threads": 1})
    for _ in swaps(number):
        try:
            if number % 2:
                # As a BI tool does: the path behind the link, opened anew for each question.
                version = Path(os.path.realpath(data / "current"))
                with duckdb.connect(str(version / "forewarn.duckdb"), read_only=True) as c:
                    answers.append(c.execute(f"{asked} marts.fct_orders").fetchone())
            else:
                with held_version(data) as version:
                    rows = files.execute(f"{asked} '{version}/parquet/fct_orders.parquet'")
                    found = [rows.fetchone()]
                    with duckdb.connect(str(version / "forewarn.duckdb"), read_only=True) as d:
                        found.append(d.execute(f"{asked} marts.fct_orders").fetchone())
                    assert found[0] == found[1], found
                    answers.append(found[0])
        except Exception as error:
            wrong.append(repr(error))
            return

threads = [threading.Thread(target=read, args=(n,)) for n in range(5)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert not wrong, wrong
assert all(count == low == high for count, low, high in answers), answers
print(len(answers), len(set(answers)))
"""


def test_twenty_readers_during_publications_each_get_one_version(settings: Settings) -> None:
    publish(settings, built_night(settings, "run1", 1))
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READERS, str(settings.data_dir)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for number in range(2, 27):
        publish(settings, built_night(settings, f"run{number}", number))
    (settings.data_dir / "stop").touch()
    said = [reader.communicate() for reader in readers]
    assert [reader.returncode for reader in readers] == [0] * 4, said
    asked, different = zip(*(map(int, out.split()) for out, _ in said), strict=True)
    assert sum(asked) > 50
    assert max(different) > 3


def with_a_second_mart(night: Night, rows: int = 1000) -> Night:
    with connect(night.warehouse) as connection:
        connection.execute(
            f"create table marts.dim_stage as select 'won' as stage from range({rows})"
        )
    return night


def told(folder: Path) -> list[tuple]:
    with duckdb.connect(str(folder / "forewarn.duckdb"), read_only=True) as reader:
        return [
            *reader.execute("select table_name, comment from duckdb_tables()").fetchall(),
            *reader.execute(
                "select column_name, data_type, comment from duckdb_columns()"
            ).fetchall(),
            *reader.execute("from marts.dim_stage").fetchall(),
            *reader.execute("from marts.fct_orders").fetchall(),
        ]


def test_a_mart_that_has_not_changed_is_taken_over(settings: Settings) -> None:
    def night(run: str, rows: int, stages: int = 1000) -> Night:
        return with_a_second_mart(built_night(settings, run, rows), stages)

    publish(settings, night("first", 10))
    first = settings.current.resolve()
    second = publish(settings, night("second", 11))
    same, other = "parquet/dim_stage.parquet", "parquet/fct_orders.parquet"
    assert (first / same).samefile(settings.current / same)
    assert not (first / other).samefile(settings.current / other)
    assert {path.suffix for path in (settings.current / "parquet").iterdir()} == {".parquet"}
    assert damaged_files(settings.current, second) == []
    # The private warehouse is kept of the current version alone.
    assert damaged_files(first, read_manifest(first)) == ["warehouse.duckdb"]  # type: ignore[arg-type]
    taken_over = told(settings.current)
    # The same night with nothing to take over from: same rows in the same order, comments, checksums.
    settings.current.unlink()
    assert publish(settings, night("anew", 11)).tables == second.tables
    assert told(settings.current) == taken_over
    # One row fewer, another comment: nothing is kept that readers would see otherwise.
    last = night("third", 11, 999)
    with connect(last.warehouse) as connection:
        connection.execute("comment on column marts.fct_orders.amount is 'Another'")
    assert publish(settings, last).tables["dim_stage"]["rows"] == 999
    assert ("amount", "DECIMAL(18,2)", "金额。 Another") in told(settings.current)


def test_a_damaged_file_is_never_taken_over(settings: Settings) -> None:
    publish(settings, with_a_second_mart(built_night(settings, "first", 10)))
    before = told(settings.current)
    broken = settings.current.resolve() / "parquet" / "dim_stage.parquet"
    broken.write_bytes(b"no parquet")
    readers = settings.current / "forewarn.duckdb"
    readers.write_bytes(readers.read_bytes()[:-4096] + bytes(4096))
    second = publish(settings, with_a_second_mart(built_night(settings, "second", 10)))
    assert damaged_files(settings.current, second) == []
    assert not broken.samefile(settings.current / "parquet" / "dim_stage.parquet")
    assert told(settings.current) == before
