"""What a night takes over from the last good warehouse is what it would have made, and nothing else."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pytest

from pipelines.warehouse.private.building import build
from pipelines.warehouse.private.file import READERS_FILE, attach_beside
from pipelines.warehouse.program import Model, Program, Test
from pipelines.warehouse.running_order import Outcome

DEALS = "select * from (values (1, 'a', 10), (2, 'a', 20), (3, 'b', 5)) as t (id, owner, amount)"


def model(
    name: str,
    sql: str,
    *parents: str,
    sources: tuple[str, ...] = (),
    kind: str = "table",
    kept: bool = True,
) -> Model:
    above = tuple(f"model.{p}" for p in parents)
    return Model(f"model.{name}", "marts", name, sql, kind, above, sources, (), {}, {}, kept)


def check(name: str, sql: str, *parents: str) -> Test:
    of = tuple(f"model.{p}" for p in parents)
    return Test(f"test.{name}", name, sql, of, (), "", "error", "count(*)", "!= 0", "!= 0", None)


NODES: tuple[Model | Test, ...] = (
    model("stg_deals", "select id, owner, amount from raw.deals", sources=("raw.deals",),
          kept=False),
    model("won", "from marts.stg_deals where amount > 5", "stg_deals", kind="view", kept=False),
    # What is loaded anew and says the same ends here.
    model("by_owner", "select owner, sum(amount) as amount from marts.won group by owner order by owner", "won",
          kept=False),
    model("dated", "select owner, config.as_of_day() as day from marts.by_owner", "by_owner"),
    model("ranked", "select owner, amount * 2 as twice from marts.by_owner", "by_owner"),
    check("no_negative", "select * from marts.ranked where twice < 0", "ranked"),
    check("dated_has_rows", "select 1 where not exists (from marts.dated)", "dated"),
)  # fmt: skip


@dataclass
class Nights:
    """A row of nights, each with the one before as the last good one."""

    root: Path
    number: int = 0
    last: Path | None = None
    raw_as: str = "table"
    beside: str = ""
    compared: bool = True
    apart: bool = False

    def night(
        self,
        *,
        deals: str = DEALS,
        day: str = "2026-03-02",
        nodes: tuple[Model | Test, ...] = NODES,
        full: bool = False,
    ) -> dict[str, Outcome]:
        """Bind and build one night; what was taken over must be what a night that makes all has."""
        self.number += 1
        file, twin = (self.root / f"{self.number}{which}" / "warehouse.duckdb" for which in "ab")
        for each in (file, twin):
            each.parent.mkdir()
            with duckdb.connect(str(each)) as connection:
                connection.execute("create schema raw; create schema config; create schema marts")
                connection.execute(f"create table marts.rpt_freshness as select {self.number} as n")
                connection.execute(f"create {self.raw_as} raw.deals as {deals}")
                connection.execute(self.beside or "select 1")
                connection.execute(f"create macro config.as_of_day() as date '{day}'")
        program = Program(
            {n.unique_id: n for n in nodes if isinstance(n, Model)},
            {n.unique_id: n for n in nodes if isinstance(n, Test)},
            (),
        )
        outcomes = build(file, program, last=None if full else self.last, apart=self.apart)
        build(twin, program, apart=self.apart)
        assert not self.compared or contents(file) == contents(twin)
        self.last = file
        return {outcome.unique_id.split(".")[1]: outcome for outcome in outcomes}

    def stood(self, **changes: object) -> set[str]:
        return {name for name, outcome in self.night(**changes).items() if outcome.stood}  # type: ignore[arg-type]


def contents(file: Path) -> dict[str, list[tuple[object, ...]]]:
    with duckdb.connect(str(file)) as connection:
        attach_beside(connection, file)
        assert connection.execute("select config.as_of_day(), count(*) from raw.deals").fetchone()
        made = connection.execute(
            "select distinct name from (show all tables) where schema = 'marts'"
        )
        return {
            name: connection.execute(f"from marts.{name}").fetchall() for (name,) in made.fetchall()
        }


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    found = Nights(tmp_path)
    assert not {name for name, outcome in found.night().items() if outcome.stood}
    return found


ALL = {node.unique_id.split(".")[1] for node in NODES}


def test_where_nothing_is_other_the_last_warehouse_is_taken_whole(nights: Nights) -> None:
    outcomes = nights.night()
    assert {name for name, outcome in outcomes.items() if outcome.stood} == ALL
    assert (outcomes["ranked"].rows, outcomes["no_negative"].status) == (1, "pass")
    assert nights.stood() == ALL  # and so again from the one that was taken


def test_what_was_told_that_night_is_not_taken_along(nights: Nights) -> None:
    """Nor in place of what tonight's steps told before the models are made (`rpt_freshness`)."""
    assert nights.last
    with duckdb.connect(str(nights.last)) as connection:
        connection.execute("create table marts.fct_alerts as select 'of last night' as message")
    nights.night()
    with duckdb.connect(str(nights.last)) as connection:
        assert not connection.execute(
            "from duckdb_tables() where table_name = 'fct_alerts'"
        ).fetchall()


def test_another_day_makes_anew_what_asks_for_the_day_and_what_stands_on_it(nights: Nights) -> None:
    assert nights.stood(day="2026-03-03") == ALL - {"dated", "dated_has_rows"}
    # Back again: the last good one is of the other day.
    assert "dated" not in nights.stood(day="2026-03-02")


def test_a_load_that_changes_nothing_further_down_makes_nothing_there(nights: Nights) -> None:
    more = f"{DEALS} union all select 4, 'c', 1"
    assert nights.stood(deals=more) == ALL - {"stg_deals", "won", "by_owner"}


def test_a_changed_row_reaches_all_that_reads_it(nights: Nights) -> None:
    # Owners and day are the same, so what only reads those stands.
    assert nights.stood(deals=DEALS.replace("20", "21")) == {"dated_has_rows"}


def test_rows_in_another_order_are_other_rows(nights: Nights) -> None:
    """A sum of floats depends on the order to its last bit."""
    assert "by_owner" not in nights.stood(deals=f"{DEALS} order by id desc")


def test_of_a_view_of_raw_files_the_text_counts(tmp_path: Path) -> None:
    nights = Nights(tmp_path, raw_as="view")
    nights.night()
    assert nights.stood() == ALL
    assert "stg_deals" not in nights.stood(deals=f"{DEALS} where true")


@pytest.mark.parametrize(
    "changed",
    [
        {"sql": "select owner, amount * 3 as twice from marts.by_owner"},
        {"contract": {"owner": "varchar", "twice": "hugeint"}},
        {"comments": {"owner": "who sells"}},
        {"kept": False},
    ],
)
def test_a_model_that_is_declared_otherwise_is_made(
    nights: Nights, changed: dict[str, object]
) -> None:
    nodes = tuple(
        replace(n, **changed) if n.unique_id == "model.ranked" else n  # type: ignore[arg-type]
        for n in NODES
    )
    stood = nights.stood(nodes=nodes)
    assert "ranked" not in stood
    assert {"stg_deals", "by_owner", "dated"} <= stood


def test_what_no_mark_can_see_is_made_every_night(nights: Nights, tmp_path: Path) -> None:
    """Models of the company's own that read the clock, a file, or a table that no night binds."""
    file = tmp_path / "list.csv"
    file.write_text("a\n1\n")
    nights.beside = "create schema other; create table other.lists as select 1 as a"
    nights.compared = False
    own = [
        model("clock", "select now() as at"),
        model("calendar", "select current_date as day"),
        model("chance", "select random() as drawn"),
        model("read", f"select count(*) as n from read_csv('{file}')"),
        model("scanned", f"select count(*) as n from '{file}'"),
        model("another", "select count(*) as n from other.lists", sources=("other.lists",)),
    ]
    made = nights.night(nodes=(*NODES, *own))
    assert {made[each.name].status for each in own} == {"success"}
    assert nights.stood(nodes=(*NODES, *own)) == ALL


def test_a_test_that_failed_is_tried_again(nights: Nights) -> None:
    failing = (*NODES, check("never", "from marts.ranked", "ranked"))
    assert nights.night(nodes=failing)["never"].status == "fail"
    outcomes = nights.night(nodes=failing)
    assert (outcomes["never"].status, outcomes["never"].stood) == ("fail", False)
    assert outcomes["no_negative"].stood


def test_a_model_that_failed_is_made_again(nights: Nights) -> None:
    broken = (*NODES, model("broken", "select error('no') from marts.ranked", "ranked"))
    assert nights.night(nodes=broken)["broken"].status == "error"
    mended = (*NODES, model("broken", "select 1 as fine from marts.ranked", "ranked"))
    assert (
        nights.night(nodes=mended)["broken"].status,
        "ranked" in nights.stood(nodes=mended),
    ) == (
        "success",
        True,
    )


def test_asked_for_in_full_nothing_is_taken_over(nights: Nights) -> None:
    assert nights.stood(full=True) == set()
    assert nights.stood() == ALL


@pytest.mark.parametrize("fault", ["gone", "no database", "no marks", "table gone"])
def test_a_last_warehouse_that_cannot_lend_is_done_without(nights: Nights, fault: str) -> None:
    last = nights.last
    assert last is not None
    if fault == "gone":
        last.unlink()
    elif fault == "no database":
        last.write_bytes(b"half a file")
    else:
        table = "nights.made" if fault == "no marks" else "marts.ranked"
        with duckdb.connect(str(last)) as connection:
            connection.execute(f"drop table {table}")
    more = f"{DEALS} union all select 4, 'c', 1"  # not whole: tables one by one
    stood = nights.stood(deals=more)
    assert stood == (
        ALL - {"stg_deals", "won", "by_owner", "ranked"} if fault == "table gone" else set()
    )


def test_the_last_warehouse_is_left_as_it_was(nights: Nights, tmp_path: Path) -> None:
    last = nights.last
    assert last is not None
    kept = shutil.copy(last, tmp_path / "kept.duckdb")
    nights.night(day="2026-03-03")
    assert last.read_bytes() == Path(kept).read_bytes()


def test_marts_that_lie_in_the_readers_file_are_taken_over_from_it(tmp_path: Path) -> None:
    nights = Nights(tmp_path, apart=True)
    nights.night()
    assert nights.stood() == ALL
    assert nights.stood(day="2026-03-03") == ALL - {"dated", "dated_has_rows"}
    assert nights.last
    readers = nights.last.with_name(READERS_FILE)
    with duckdb.connect(str(readers)) as connection:
        tables = connection.execute("select table_name from duckdb_tables()").fetchall()
        assert {name for (name,) in tables} == {"dated", "ranked"}
        connection.execute("create table marts.fct_alerts as select 'of that night' as message")
    nights.night(day="2026-03-03")  # as a whole, without what was told that night
    readers = nights.last.with_name(READERS_FILE)
    readers.write_bytes(b"half a file")
    assert nights.stood(day="2026-03-04") == set()
