"""The build of compiled models does what dbt's would: order, contracts, tests, and what a fault stops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from written_programs import contract, node, program_of

from pipelines.warehouse.private.building import build
from pipelines.warehouse.running_order import Outcome


def run(folder: Path, *nodes: dict[str, Any]) -> dict[str, Outcome]:
    program = program_of(folder, *nodes)
    assert program.beyond == ()
    outcomes = build(folder / "warehouse.duckdb", program, whole=True)
    assert len(outcomes) == len(program.models) + len(program.tests)
    return {outcome.unique_id.rsplit(".", 1)[-1]: outcome for outcome in outcomes}


def rows(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        return connection.execute(sql).fetchall()


def test_models_are_built_after_what_they_read_and_ephemeral_ones_are_passed_through(
    tmp_path: Path,
) -> None:
    last = node("last", "select sum(n) as n from marts.middle", "thin")
    thin = node("thin", "", "middle", config={"materialized": "ephemeral"})
    middle = node("middle", "select n + 1 as n from marts.first", "first")
    first = node("first", "select unnest([1, 2]) as n", config={"materialized": "view"})
    found = run(tmp_path, last, thin, middle, first)
    assert {outcome.status for outcome in found.values()} == {"success"}
    assert set(found) == {"last", "middle", "first"}
    assert found["middle"].rows == 2
    assert found["first"].rows is None
    assert rows(tmp_path, "select n from marts.last") == [(5,)]


def test_a_model_that_fails_stops_only_what_stands_on_it(tmp_path: Path) -> None:
    found = run(
        tmp_path,
        node("broken", "select nothing_such as n"),
        node("above", "select * from marts.broken", "broken"),
        node("beside", "select 1 as n"),
        node("holds", "select * from marts.above", "above", kind="test"),
    )
    assert found["broken"].status == "error"
    assert "nothing_such" in found["broken"].message
    assert (found["above"].status, found["holds"].status) == ("skipped", "skipped")
    assert "broken" in found["above"].message
    assert found["beside"].status == "success"


@pytest.mark.parametrize(
    ("severity", "limits", "expected"),
    [
        ("error", {}, "fail"),
        ("warn", {}, "warn"),
        ("ERROR", {"error_if": "> 5", "warn_if": "> 5"}, "pass"),
        ("error", {"error_if": "> 5", "warn_if": "> 2"}, "warn"),
        ("error", {"fail_calc": "sum(n)", "error_if": ">= 6"}, "fail"),
        ("error", {"fail_calc": "sum(n)", "error_if": "> 6", "warn_if": "> 6"}, "pass"),
        ("error", {"limit": 2, "error_if": "> 2", "warn_if": "> 2"}, "pass"),
    ],
)
def test_a_test_ends_as_dbt_would_have_it(
    tmp_path: Path, severity: str, limits: dict[str, Any], expected: str
) -> None:
    config = {"severity": severity, **limits}
    found = run(tmp_path, node("t", "select unnest([1, 2, 3]) as n", kind="test", config=config))
    assert found["t"].status == expected
    assert ("for example n 1; n 2" in found["t"].message) == (expected != "pass")


def test_a_test_that_cannot_be_tried_is_an_error_and_no_pass(tmp_path: Path) -> None:
    found = run(tmp_path, node("t", "select nothing_such as n", kind="test"))
    assert found["t"].status == "error"


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({"n": "bigint", "word": "string"}, "n is INTEGER, declared BIGINT"),
        ({"n": "integer"}, "word is VARCHAR, declared nowhere"),
        ({"n": "integer", "word": "string", "more": "date"}, "more is missing, declared DATE"),
    ],
)
def test_a_model_that_breaks_its_contract_is_not_made(
    tmp_path: Path, declared: dict[str, str], told: str
) -> None:
    found = run(tmp_path, node("m", "select 1 as n, 'a' as word", **contract(**declared)))
    assert found["m"].status == "error"
    assert told in found["m"].message
    assert rows(tmp_path, "select * from duckdb_tables() where table_name = 'm'") == []


def test_descriptions_become_comments_and_a_view_may_become_a_table(tmp_path: Path) -> None:
    told = {"description": "One row's own.", **contract(n="integer")}
    told["columns"]["n"]["description"] = "It's a number."
    told["config"]["persist_docs"] = {"relation": True, "columns": True}
    run(tmp_path, node("m", "select 1 as n", config={"materialized": "view"}))
    found = run(tmp_path, node("m", "select 2 as n", **told))
    assert found["m"].status == "success", found["m"].message
    assert rows(tmp_path, "select comment from duckdb_columns() where table_name = 'm'") == [
        ("It's a number.",)
    ]
    assert rows(tmp_path, "select comment from duckdb_tables() where table_name = 'm'") == [
        ("One row's own.",)
    ]


@pytest.mark.parametrize(
    "beyond",
    [
        node("m", "select 1", config={"materialized": "incremental"}),
        node("m", "select 1", config={"post-hook": [{"sql": "select 1"}]}),
        node("m", "select 1", config={"grants": {"select": ["x"]}}),
        node("m", "select 1", language="python"),
        node("m", "", kind="seed"),
        node("m", "select 1", kind="test", config={"store_failures": True}),
    ],
)
def test_what_only_dbt_can_build_is_left_to_dbt(tmp_path: Path, beyond: dict[str, Any]) -> None:
    assert len(program_of(tmp_path, beyond, node("plain", "select 1 as n")).beyond) == 1


def test_the_same_rows_give_the_same_sums_to_the_last_bit(tmp_path: Path) -> None:
    sql = (
        "select n % 97 as part, sum(sin(n) * 1e7) as total, avg(cos(n)) over () as mean "
        "from range(200000) as given (n) group by n % 97, n"
    )
    found = []
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        run(
            folder,
            node("m", sql),
            node("s", "select sum(total) as t, max(mean) as m from marts.m", "m"),
        )
        found.append(rows(folder, "select t, m from marts.s"))
    assert found[0] == found[1]
