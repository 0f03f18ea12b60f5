"""The night's file gets what is read after the build; all else stands as long as somebody reads it."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
import yaml
from compiled_models import compiled_models

from pipelines.settings import DBT_PROJECT, PROJECT, load_settings
from pipelines.warehouse.private import building
from pipelines.warehouse.private.building import build
from pipelines.warehouse.private.made_again import with_models
from pipelines.warehouse.program import Model, Program, Test


def model(name: str, sql: str, *parents: str, kept: bool = False, kind: str = "table") -> Model:
    above = tuple(f"model.{p}" for p in parents)
    return Model(f"model.{name}", "own", name, sql, kind, above, (), (), {}, {}, kept)


NODES = (
    model("deals", "select n, n % 3 as owner from range(9) as t (n)"),
    model("large", "from own.deals where n > 2", "deals", kind="view"),
    model("summed", "select owner, sum(n) as n from own.large group by owner", "large"),
    model("mart", "select owner, n, config.day() as day from own.summed", "summed", kept=True),
    model("beside", "select count(*) as n from own.deals", "deals", kept=True),
)
CHECK = Test(
    "test.none_is_negative", "none_is_negative", "from own.summed where n < 0", ("model.summed",), (), "", "error",
    "count(*)", "!= 0", "!= 0", None,
)  # fmt: skip
PROGRAM = Program({n.unique_id: n for n in NODES}, {CHECK.unique_id: CHECK}, ())


def bound(folder: Path, day: int = 1) -> Path:
    folder.mkdir()
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute(f"create schema config; create macro config.day() as {day}")
    return folder / "warehouse.duckdb"


def tables(file: Path) -> set[str]:
    with duckdb.connect(str(file), read_only=True) as connection:
        found = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'own'"
        )
        return {name for (name,) in found.fetchall()}


def test_only_what_is_kept_is_in_the_file_and_a_whole_one_has_all(tmp_path: Path) -> None:
    file, whole = bound(tmp_path / "a"), bound(tmp_path / "b")
    assert {outcome.status for outcome in build(file, PROGRAM)} == {"success", "pass"}
    build(whole, PROGRAM, whole=True)
    assert tables(file) == {"mart", "beside"}
    assert tables(whole) == {"deals", "summed", "mart", "beside"}
    with duckdb.connect(str(file)) as one, duckdb.connect(str(whole)) as other:
        rows = "select * from own.mart order by owner"
        assert one.execute(rows).fetchall() == other.execute(rows).fetchall()


def test_a_table_is_let_go_after_its_last_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    make, drop = building._Build._make, building._Build._drop
    monkeypatch.setattr(
        building._Build, "_make", lambda s, k: (done.append(f"+{k[6:]}"), make(s, k))[1]
    )
    monkeypatch.setattr(
        building._Build, "_drop", lambda s, k: (done.append(f"-{k[6:]}"), drop(s, k))[1]
    )
    monkeypatch.setattr(building, "as_many_as_processors", lambda: 1)
    build(bound(tmp_path / "a"), PROGRAM)
    # Through the view it is read by the sum, and beside it once more; the test is a reader as well.
    assert done.index("-deals") > max(done.index("+summed"), done.index("+beside"))
    assert done.index("-summed") > done.index("+mart")
    assert sorted(each for each in done if each[0] == "-") == ["-deals", "-summed"]


def test_what_stands_and_was_not_kept_is_made_for_what_needs_it(tmp_path: Path) -> None:
    first, second = bound(tmp_path / "a"), bound(tmp_path / "b", day=2)
    build(first, PROGRAM)
    outcomes = {each.unique_id[6:]: each for each in build(second, PROGRAM, last=first)}
    assert [name for name, each in outcomes.items() if not each.stood] == ["mart"]
    assert (outcomes["summed"].rows, outcomes["deals"].rows) == (3, 9)
    with duckdb.connect(str(second)) as connection:
        assert connection.execute("select owner, n, day from own.mart order by 1").fetchall() == [
            (0, 9, 2), (1, 11, 2), (2, 13, 2)
        ]  # fmt: skip


def test_what_stands_and_was_not_kept_is_made_once_for_all_that_need_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of a row of models that the day moves, beside the row of those that it does not."""
    row = [model("s0", "select range as n from range(5)")]
    for number in range(1, 6):
        row.append(
            model(f"s{number}", f"select n + 1 as n from own.s{number - 1}", f"s{number - 1}")
        )
        day = f"select max(n) + config.day() as n from own.s{number}"
        row.append(model(f"m{number}", day, f"s{number}", kept=True))
    program = Program({each.unique_id: each for each in row}, {}, ())
    made: list[str] = []
    make = building._Build._make
    monkeypatch.setattr(building._Build, "_make", lambda s, k: (made.append(k), make(s, k))[1])
    monkeypatch.setattr(building, "as_many_as_processors", lambda: 1)
    first, second = bound(tmp_path / "a"), bound(tmp_path / "b", day=2)
    build(first, program)
    made.clear()
    outcomes = build(second, program, last=first)
    assert {each.unique_id[6] for each in outcomes if each.stood} == {"s"}
    assert sorted(made) == sorted(program.models)


def test_what_memory_did_not_suffice_for_beside_others_is_tried_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = [
        model(f"n{number}", "select range as n from range(100000)", kept=True)
        for number in range(9)
    ]
    program = Program({each.unique_id: each for each in nodes}, {}, ())
    ended, running, most = building._Build._ended, set[str](), {"n4": 0}
    refused: set[str] = set()

    def watched(self: building._Build, key: str) -> object:
        running.add(key)
        try:
            if key == "model.n4" and key not in refused:
                refused.add(key)
                raise duckdb.OutOfMemoryException("failed to pin block")
            if key == "model.n4":
                most["n4"] = len(running)
            return ended(self, key)
        finally:
            running.discard(key)

    monkeypatch.setattr(building._Build, "_ended", watched)
    monkeypatch.setattr(building, "as_many_as_processors", lambda: 4)
    outcomes = build(bound(tmp_path / "a"), program)
    assert {each.status for each in outcomes} == {"success"}
    assert (refused, most) == ({"model.n4"}, {"n4": 1})


def test_a_whole_file_is_made_from_one_that_is_not(tmp_path: Path) -> None:
    first, second = bound(tmp_path / "a"), bound(tmp_path / "b")
    build(first, PROGRAM)
    build(second, PROGRAM, last=first, whole=True)
    assert tables(second) == {"deals", "summed", "mart", "beside"}


def test_a_table_that_was_not_kept_is_found_again(tmp_path: Path) -> None:
    file = bound(tmp_path / "a")
    build(file, PROGRAM)
    before = file.read_bytes()
    with with_models(file, PROGRAM, ["summed"]) as connection:
        assert connection.execute("from own.summed order by owner").fetchall() == [
            (0, 9),
            (1, 11),
            (2, 13),
        ]
        assert connection.execute("select count(*) from own.mart").fetchall() == [(3,)]
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_whatever_is_read_after_the_build_is_kept() -> None:
    """A check whose table is missing would find nothing wrong, and say so."""
    everything = compiled_models(load_settings(PROJECT / "config", PROJECT / "nowhere")).program
    kept = {f"{m.schema}.{m.name}" for m in everything.models.values() if m.kept}
    named = set()
    for folder in (
        "quality",
        "pipelines/assets",
        "pipelines/commands",
        "pipelines/alerting",
        "pipelines/ledger",
    ):
        for module in (PROJECT / folder).rglob("*.py"):
            code = module.read_text(encoding="utf-8")
            named |= {
                ".".join(found) for found in re.findall(r"\b(intermediate|staging)\.(\w+)", code)
            }
            named |= {
                ".".join(found) for found in re.findall(r'"(intermediate|staging)", "(\w+)"', code)
            }
    assert len(named) > 8
    assert named <= kept
    # The audit looks for the staging tables of every system but sheets by their composed names.
    declared = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    staging = declared["models"]["forewarn"]["staging"]
    systems = {name for name, own in staging.items() if isinstance(own, dict) and "+enabled" in own}
    assert systems > {"salesforce", "spreadsheet"}
    assert {s for s in systems if not staging[s].get("+meta", {}).get("kept")} == {"spreadsheet"}
