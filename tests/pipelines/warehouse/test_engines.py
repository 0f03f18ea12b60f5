"""Which engine makes the tables, and that whoever reads the warehouse notices nothing of it.

What needs Java is in `tests/spark`.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import duckdb
import pytest
from written_programs import contract, node, program_of

from pipelines.configuration.engine_file import EngineFile, read_engine
from pipelines.configuration.problems import ConfigurationError, Problem
from pipelines.failures import PermanentFailure
from pipelines.settings import load_settings
from pipelines.warehouse.engines import Bound, OnDuckDB, engine_of
from pipelines.warehouse.running_order import Outcome
from pipelines.warehouse.spark.handover import take_over
from pipelines.warehouse.spark.null_order import nulls_last
from pipelines.warehouse.spark.session import properties
from pipelines.warehouse.spark.steps import steps_of, with_steps

SHIPPED = Path(__file__).parents[3] / "config"


def read(folder: Path, text: str) -> tuple[EngineFile, list[Problem]]:
    problems: list[Problem] = []
    (folder / "engine.yml").write_text(text)
    return read_engine(folder / "engine.yml", problems), problems


def test_without_a_file_it_is_duckdb(tmp_path: Path) -> None:
    assert read_engine(tmp_path / "engine.yml", []).engine == "duckdb"
    assert isinstance(engine_of(load_settings(SHIPPED, tmp_path)), OnDuckDB)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("engine: flink", "engine"),
        ("engine: spark\nmaster: somewhere", "master"),
        ("engine: spark\nspark: {executor.memory: 1g}", ""),
        ("motor: spark", "motor"),
        ("- spark", ""),
    ],
)
def test_what_cannot_be_meant_is_named(tmp_path: Path, text: str, key: str) -> None:
    engine, problems = read(tmp_path, text)
    assert engine == EngineFile()
    assert [key in str(problem) for problem in problems] == [True]


def test_a_companys_properties_hold_but_for_what_figures_hang_on(tmp_path: Path) -> None:
    engine, _ = read(
        tmp_path,
        "engine: spark\nmaster: spark://10.0.0.1:7077\n"
        "spark: {spark.executor.memory: 4g, spark.sql.ansi.enabled: true, "
        "spark.sql.session.timeZone: Asia/Shanghai}",
    )
    found = properties(engine, tmp_path)
    assert found["spark.executor.memory"] == "4g"
    assert found["spark.sql.ansi.enabled"] == "true"
    assert found["spark.sql.session.timeZone"] == "UTC"
    assert "spark.driver.host" not in found
    here = properties(EngineFile(engine="spark"), tmp_path)
    assert here["spark.driver.host"] == "127.0.0.1"


@pytest.mark.parametrize("place", ["s3://bucket/raw", "s3:/bucket", "abfss://raw@acme/x"])
def test_an_address_is_refused_where_a_folder_is_meant(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOREWARN_DATA", place)
    with pytest.raises(ConfigurationError, match="mounted"):
        load_settings(SHIPPED)


def test_spark_that_is_not_here_says_how_to_come_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.warehouse.spark.session.find_spec", lambda name: None)
    settings = dataclasses.replace(
        load_settings(SHIPPED, tmp_path), engine=EngineFile(engine="spark")
    )
    bound = Bound(settings, tmp_path / "warehouse.duckdb", None, None)  # type: ignore[arg-type]
    with pytest.raises(PermanentFailure, match="packages-spark"):
        engine_of(settings).build(bound, program_of(tmp_path))


def hand_over(folder: Path, made: dict[str, str], *nodes: dict[str, Any]) -> list[Outcome]:
    """Tables as Spark leaves them, taken over; `made` is table -> SQL of its rows."""
    for name, sql in made.items():
        place = folder / "spark" / "marts.db" / name
        place.mkdir(parents=True)
        if sql:
            duckdb.execute(f"copy ({sql}) to '{place / 'part-00000.parquet'}' (format parquet)")
    program = program_of(folder, *nodes)
    outcomes = [Outcome(key, "success") for key in program.models]
    return take_over(folder / "warehouse.duckdb", folder / "spark", program, outcomes)


def test_tables_come_over_in_the_types_of_duckdb(tmp_path: Path) -> None:
    outcomes = hand_over(
        tmp_path,
        {
            "deals": "select 1::int as n, timestamptz '2026-01-02 03:04:05+00' as moment, 2.5::decimal(9, 3) as amount",
            "none": "",
        },
        node(
            "deals",
            "select 1::bigint as n, timestamp '2026-01-01' as moment, 1::decimal(18, 2) as amount",
            **contract(n="bigint", moment="timestamp", amount="decimal(18, 2)"),
        ),
        node("none", "select n, moment from marts.deals where false", "deals"),
        node(
            "seen", "select n + 1 as n from marts.deals", "deals", config={"materialized": "view"}
        ),
    )
    assert {each.unique_id.rsplit(".", 1)[-1]: each.rows for each in outcomes} == {
        "deals": 1,
        "none": 0,
        "seen": None,
    }
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        types = connection.execute(
            "select column_name, data_type from information_schema.columns "
            "where table_name = 'deals' order by ordinal_position"
        ).fetchall()
        assert types == [("n", "BIGINT"), ("moment", "TIMESTAMP"), ("amount", "DECIMAL(18,2)")]
        assert str(connection.execute("select moment, amount from marts.deals").fetchall()[0]) == (
            "(datetime.datetime(2026, 1, 2, 3, 4, 5), Decimal('2.50'))"
        )
        assert connection.execute("select n from marts.seen").fetchall() == [(2,)]
        assert connection.execute("select count(*) from marts.none").fetchall() == [(0,)]


def test_other_columns_than_duckdbs_stop_the_night(tmp_path: Path) -> None:
    with pytest.raises(PermanentFailure, match="other columns"):
        hand_over(tmp_path, {"deals": "select 1 as m"}, node("deals", "select 1 as n"))


CLIMBING = """
-- with a word on it
with walk as (select a, b from raw.x where a <> ')' /* from walk */),
     walk_1 as (select * from walk union all select l.a, u.b from walk as l join walk u on l.b = u.a),
walk_2 as (select * from walk_1 union all select l.a, u.b from walk_1 as l join walk_1 u on l.b = u.a)
-- the end
select * from walk_2 where b not in (select 'from walk_2' from marts.y)
"""


def test_a_step_that_would_multiply_is_kept() -> None:
    steps, rest = steps_of(CLIMBING)
    assert [(step.name, step.kept) for step in steps] == [
        ("walk", False),  # one table: read again and again at no cost
        ("walk_1", False),
        ("walk_2", False),
    ]
    further = CLIMBING.replace(
        "-- the end", ", walk_3 as (select * from walk_2 cross join walk_2 as w)"
    )
    steps, rest = steps_of(further.replace("from walk_2 where", "from walk_3 where"))
    assert [step.name for step in steps if step.kept] == ["walk_2"]
    assert rest.startswith("select * from walk_3")
    query = with_steps(steps, rest)
    assert query.startswith(
        "with walk as (\nselect a, b from raw.x where a <> ')' /* from walk */\n)"
    )
    assert "walk_2 as (" not in query


@pytest.mark.parametrize(
    "query", ["select 1", "-- with\nselect 1", "with recursive a as (select 1) select * from a"]
)
def test_a_query_without_steps_is_run_as_it_is(query: str) -> None:
    assert steps_of(query) == ([], query)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("order by a, b desc", "order by a nulls last, b desc nulls last"),
        ("order by a desc nulls first, b", "order by a desc nulls first, b nulls last"),
        (
            "over (order by f(a, b) -- x, y\n rows between 1 preceding and current row)",
            "over (order by f(a, b) nulls last -- x, y\n rows between 1 preceding and current row)",
        ),
        (
            "over (order by case when a = ')' then (select max(b) from c) end)",
            "over (order by case when a = ')' then (select max(b) from c) end nulls last)",
        ),
        (
            "window w as (order by a) order by b limit 1",
            "window w as (order by a nulls last) order by b nulls last limit 1",
        ),
        # Spark's percentiles leave nulls out; the word may not stand there.
        ("median(a) within group (order by a)", "median(a) within group (order by a)"),
        ("select 'order by a, b'", "select 'order by a, b'"),
    ],
)
def test_nulls_stand_last_as_on_duckdb(query: str, told: str) -> None:
    assert nulls_last(query) == told
