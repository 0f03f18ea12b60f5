"""Whatever storage throws reads as: which file, why, what to do, and whether a rerun helps."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import dagster as dg
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.assets.steps import failing_clearly
from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.nights.storage import storage_failure


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FOREWARN_DATA", str(tmp_path))
    for load in ("1700000000.1", "1700000001.2"):
        folder = tmp_path / "raw" / "crm" / "orders"
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"id": list(range(2000))}), folder / f"{load}.a1.parquet")
    return tmp_path


def spoil(path: Path, how: str) -> None:
    content = path.read_bytes()
    if how == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "overwritten":
        path.write_bytes(content[:4] + b"\xff" * (len(content) - 8) + content[-4:])
    else:
        path.write_bytes(content[:-60] + b"\x00" * 56 + content[-4:])


def thrown_by_reading(path: Path, reader: str) -> Exception:
    try:
        if reader == "duckdb":
            duckdb.sql(f"select sum(id) from read_parquet('{path}')").fetchall()
        else:
            pq.read_table(path)
    except Exception as error:
        return error
    raise AssertionError("the file was read")


@pytest.mark.parametrize("reader", ["duckdb", "arrow"])
@pytest.mark.parametrize("how", ["truncated", "empty", "overwritten", "footer"])
def test_a_damaged_raw_file_is_named_with_what_to_do(data: Path, how: str, reader: str) -> None:
    hit = data / "raw" / "crm" / "orders" / "1700000001.2.a1.parquet"
    spoil(hit, how)
    failure = storage_failure(thrown_by_reading(hit, reader), data)
    assert isinstance(failure, PermanentFailure)
    assert failure.where == str(hit)
    assert "1700000001.2.*" in str(failure)
    assert "备份" in failure.told.zh


def test_what_a_child_said_of_a_damaged_file_is_enough(data: Path) -> None:
    hit = data / "raw" / "crm" / "orders" / "1700000000.1.a1.parquet"
    spoil(hit, "footer")
    said = "Runtime Error in model stg_x: TProtocolException: Invalid data"
    failure = storage_failure(said, data)
    assert failure is not None
    assert failure.where == str(hit)


@pytest.mark.parametrize(
    "error",
    [
        duckdb.IOException("IO Error: Could not write all bytes to file: No space left on device"),
        duckdb.TransactionException("Failed to commit: database or disk is full"),
        sqlite3.OperationalError("database or disk is full"),
        pa.ArrowInvalid("write failed: No space left on device"),
    ],
)
def test_a_full_disk_is_called_one_by_whoever_meets_it(data: Path, error: Exception) -> None:
    failure = storage_failure(error, data)
    assert isinstance(failure, TransientFailure)
    assert "磁盘已满" in failure.told.zh


def test_a_truly_full_device(data: Path) -> None:
    with pytest.raises(OSError, match="space") as caught, Path("/dev/full").open("w") as full:
        full.write("x" * 100_000)
    assert isinstance(storage_failure(caught.value, data), TransientFailure)


def test_what_a_disk_refuses_without_a_reason_is_told_with_what_to_look_at(data: Path) -> None:
    # SQLite says so where a file may not grow, and of a disk that fails.
    failure = storage_failure(sqlite3.OperationalError("disk I/O error"), data)
    assert isinstance(failure, TransientFailure)
    assert "disk I/O error" in str(failure)
    assert "run again" in str(failure)
    assert "磁盘拒绝读写" in failure.told.zh


def test_a_full_disk_that_a_child_met_is_no_fault_of_the_project(data: Path) -> None:
    quoted = PermanentFailure(
        "Could not parse the dbt project", cause="OSError: [Errno 27] File too large"
    )
    assert isinstance(storage_failure(quoted, data), TransientFailure)
    other = PermanentFailure("Could not parse the dbt project", cause="no such macro")
    assert storage_failure(other, data) is other


@pytest.mark.parametrize(
    "error", [KeyError("stage"), sqlite3.OperationalError("no such table: episodes")]
)
def test_a_fault_of_the_code_stays_one(data: Path, error: Exception) -> None:
    assert storage_failure(error, data) is None
    assert storage_failure("Binder Error: column x not found", data) is None
    with pytest.raises(KeyError), failing_clearly():
        raise KeyError("stage")


def test_a_step_fails_with_the_sentence_and_without_a_retry(data: Path) -> None:
    hit = data / "raw" / "crm" / "orders" / "1700000000.1.a1.parquet"
    spoil(hit, "truncated")
    with pytest.raises(dg.Failure) as caught, failing_clearly():
        pq.read_table(hit)
    assert str(hit) in (caught.value.description or "")
    assert caught.value.allow_retries is False


def test_a_published_file_that_is_damaged_is_built_anew_by_a_run(data: Path) -> None:
    folder = data / "current"
    folder.mkdir()
    with duckdb.connect(str(folder / "forewarn.duckdb")) as connection:
        connection.execute("create schema marts; create table marts.t as from range(200000)")
    file = folder / "forewarn.duckdb"
    content = bytearray(file.read_bytes())
    content[12_288:] = b"\x11" * (len(content) - 12_288)
    file.write_bytes(bytes(content))
    failure = storage_failure(duckdb.IOException("Corrupt database file: computed checksum"), data)
    assert isinstance(failure, PermanentFailure)
    assert "forewarn run" in str(failure)
