"""The night's own file: what its connection may take, and where it puts what it cannot hold."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelines.warehouse.private.file import connection_beside, memory_limit
from pipelines.warehouse.private.places import in_file


@pytest.mark.parametrize(
    ("raw_bytes", "limit"), [(0, "500MB"), (18_200_000, "609MB"), (10**12, "2500MB")]
)
def test_a_larger_company_may_take_more_up_to_a_limit(
    raw_bytes: int, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FOREWARN_MEMORY_LIMIT", raising=False)
    monkeypatch.setattr(os, "sysconf", lambda name: {"SC_PAGE_SIZE": 4096}.get(name, 2**22))
    assert memory_limit(raw_bytes) == limit


def test_never_more_than_half_of_a_small_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FOREWARN_MEMORY_LIMIT", raising=False)
    monkeypatch.setattr(os, "sysconf", lambda name: {"SC_PAGE_SIZE": 4096}.get(name, 10**6 // 2))
    assert memory_limit(10**12) == "1024MB"


def test_what_the_operator_says_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREWARN_MEMORY_LIMIT", "12GB")
    assert memory_limit(0) == "12GB"


def test_what_does_not_fit_lies_beside_the_file_and_not_where_the_program_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    file = tmp_path / "warehouse.duckdb"
    with connection_beside(file, "40MB") as connection:
        in_file(connection, file, apart=False)
        connection.execute(
            "create table kept as select range as i, hash(range) as h from range(4000000)"
        )
        connection.execute("create temp table sorted as select * from kept order by h")
        spilled = connection.execute("select sum(size) from duckdb_temporary_files()").fetchone()
        assert spilled[0] > 0
        assert list(tmp_path.glob("warehouse.spill/*"))
    assert list(elsewhere.iterdir()) == []
    assert not list(tmp_path.glob("warehouse.spill/*"))
