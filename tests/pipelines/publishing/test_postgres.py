"""PostgreSQL holds the published version, whole; readers and what they built are not disturbed."""

from __future__ import annotations

import datetime as dt
import re
import threading
import time
from collections.abc import Callable
from decimal import Decimal

import psycopg
import pytest

from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.nights.night import begin_night
from pipelines.publishing.postgres import follow
from pipelines.publishing.versions import publish
from pipelines.settings import PROJECT, Settings
from pipelines.upkeep.doctor import examine
from pipelines.warehouse.binding import connect

pytestmark = pytest.mark.postgres

AWKWARD = [
    "",
    "a,b",
    'say "x"',
    "two\nlines",
    "\\N",
    "\\.",
    "华东一组",
    "'; drop table x; --",
    " ",
    None,
]
ROWS = 4_000


@pytest.fixture
def url(postgres_url: str) -> str:
    return postgres_url.replace("postgresql+psycopg://", "postgresql://")


@pytest.fixture
def night(settings: Settings) -> Callable[[int], None]:
    """Publish a version whose every row says its number; `extra` columns change the shape."""

    def make(number: int, *, extra: str = "", more: str = "") -> None:
        built = begin_night(settings, f"run{number}", dt.date(2026, 3, number))
        with connect(built.warehouse) as connection:
            connection.execute("create schema marts")
            connection.execute(
                "create table marts.fct_orders as select i as order_id, "
                f"{number}::bigint as night, (i / 3)::decimal(18, 2) as amount{extra} "
                f"from range({ROWS}) as t(i)"
            )
            connection.execute(
                f"create table marts.dim_rep as select 'r' || i as rep_id, {number}::bigint as night, "
                "i / 7 as share, i % 2 = 0 as is_current, date '2026-01-01' + i::int as valid_from, "
                "timestamptz '2026-01-01 00:00:00.123+08' as seen_at, null::varchar as nothing, "
                '\'王\' as "负责人", i as "100%", \'x\' as "a ""b"" {c}" '
                "from range(50) as t(i)"
            )
            connection.execute(
                "create table marts.fct_notes (note varchar, value double, big decimal(18, 2))"
            )
            rows = [
                (text, 0.1 + place, Decimal("9999999999999999.99"))
                for place, text in enumerate(AWKWARD)
            ]
            connection.executemany("insert into marts.fct_notes values (?, ?, ?)", rows)
            connection.execute("insert into marts.fct_notes values (chr(0) || 'nul', 'inf', null)")
            connection.execute(more or "select 1")
            connection.execute("comment on table marts.dim_rep is 'One row per person''s stay.'")
            connection.execute("comment on column marts.dim_rep.rep_id is 'Id of the person.'")
        publish(settings, built)

    return make


def ask(url: str, query: str) -> list[tuple]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def test_every_cell_arrives_with_comments_and_types(
    settings: Settings, night: Callable, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(1)
    done = follow(settings, url)
    assert (done.version, done.tables, done.new, done.remarks) == (1, 3, True, ())
    found = ask(url, "select note from marts.fct_notes order by value")
    assert [note for (note,) in found] == [*AWKWARD, "nul"]
    with connect(settings.current / "forewarn.duckdb", read_only=True) as connection:
        for table in ("dim_rep", "fct_orders"):
            sent = connection.execute(f"select * from marts.{table} order by 1").fetchall()
            assert ask(url, f"select * from marts.{table} order by 1") == sent
    about = ask(
        url,
        "select obj_description('marts.dim_rep'::regclass), col_description('marts.dim_rep'::regclass, 1)",
    )
    assert "每人每段任职一行" in about[0][0]
    assert "One row per person's stay." in about[0][0]
    assert about[0][1] == "销售编号。 Id of the person."
    assert ask(url, "select version, as_of from marts.publication") == [(1, dt.date(2026, 3, 1))]
    assert not follow(settings, url).new  # the same night again changes nothing
    monkeypatch.setenv("FOREWARN_PUBLISH_URL", url)
    states = {one.question: one for one in examine(settings)}
    assert states["postgres"].state == "ok"
    night(2)
    states = {one.question: one for one in examine(settings)}
    assert states["postgres"].state == "problem"
    assert "forewarn publish" in str(states["postgres"].next_step)


def test_readers_are_never_disturbed_and_every_answer_is_of_one_version(
    settings: Settings, night: Callable, url: str
) -> None:
    night(1)
    follow(settings, url)
    stop, seen, faults = threading.Event(), set(), []
    query = (
        "select (select count(*) from marts.fct_orders), min(o.night), max(o.night), "
        "(select min(night) from marts.dim_rep), (select max(version) from marts.publication) "
        "from marts.fct_orders as o"
    )

    def read() -> None:
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                while not stop.wait(0.01):  # else they leave the publications no processor
                    rows, *nights = connection.execute(query).fetchone() or ()
                    assert rows == ROWS
                    assert len(set(nights)) == 1, nights
                    seen.add(nights[0])
        except Exception as error:
            faults.append(error)

    readers = [threading.Thread(target=read) for _ in range(8)]
    for reader in readers:
        reader.start()
    # A report that runs for longer than all publications together ends with what it began with.
    with psycopg.connect(url) as slow:
        cursor = slow.cursor(name="report")
        cursor.itersize = 100
        cursor.execute("select night from marts.fct_orders")
        first = cursor.fetchmany(10)
        started = time.monotonic()
        for number in range(2, 9):
            night(number)
            assert follow(settings, url).remarks == ()
        assert time.monotonic() - started < 120
        rest = cursor.fetchall()
    stop.set()
    for reader in readers:
        reader.join()
    assert faults == []
    assert {row[0] for row in [*first, *rest]} == {1}
    assert len(first) + len(rest) == ROWS
    assert max(seen) == 8
    # What the report held is dropped by the next publication.
    night(9)
    follow(settings, url)
    schemas = ask(url, "select nspname from pg_namespace where nspname like 'marts%'")
    assert schemas == [("marts",)]


def test_views_and_rights_of_others_follow(settings: Settings, night: Callable, url: str) -> None:
    night(1, extra=", 1 as gone")
    follow(settings, url)
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in (
            "drop role if exists bi_tool", "create role bi_tool login", "create schema own",
            "create view own.big as select order_id, night from marts.fct_orders where amount > 100",
            "create view own.lost as select gone from marts.fct_orders",
            "grant usage on schema marts to bi_tool", "grant select on marts.dim_rep to bi_tool",
        ):  # fmt: skip
            connection.execute(statement)  # type: ignore[arg-type]
    night(2)
    done = follow(settings, url)
    assert ask(url, "select distinct night from own.big") == [(2,)]
    # A view on a column that is no more keeps what it had, and somebody is told.
    said = " ".join(one.en for one in done.remarks)
    assert "own.lost" in said
    assert ask(url, "select count(*) from own.lost") == [(ROWS,)]
    with psycopg.connect(url) as connection:
        connection.execute("set role bi_tool")
        assert connection.execute("select max(night) from marts.dim_rep").fetchall() == [(2,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from marts.fct_orders")
    with psycopg.connect(url) as connection:
        connection.execute("set role forewarn_reader")
        assert connection.execute("select count(*) from marts.fct_orders").fetchall() == [(ROWS,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("delete from marts.fct_orders")


WIDE = """
create table marts.dim_team (team_id varchar, parent_team_id varchar, region varchar);
insert into marts.dim_team values ('T1', null, 'east'), ('T11', 'T1', 'east'), ('T2', null, 'west');
create table marts.dim_rep_current (rep_id varchar, team_id varchar);
insert into marts.dim_rep_current values ('r1', 'T1'), ('r11', 'T11'), ('r2', 'T2');
create table marts.wide_opportunities (opportunity_id varchar, owner_id varchar, team_id varchar,
    region varchar, product_line varchar);
insert into marts.wide_opportunities values ('d1', 'r1', 'T1', 'east', 'A'), ('d11', 'r11', 'T11', 'east', 'B'),
    ('d2', 'r2', 'T2', 'west', 'A'), ('d3', null, null, null, null);
create table marts.wide_targets as select * from (values ('company', 'company'), ('team', 'T1'), ('rep', 'r11'),
    ('rep', 'r2'), ('region', 'east')) as t(scope_type, scope_id);
create table marts.wide_alerts as from marts.wide_targets;
"""

# Cheap, so that the planner would ask it first: what it is given, it tells.
LEAK = """
create function pg_temp.leak(text) returns boolean language plpgsql cost 0.0000001
as $$ begin raise notice '%', $1; return true; end $$
"""


def test_each_role_sees_its_own_rows_and_what_lies_below(
    settings: Settings, night: Callable, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = {
        "anna": ("team", "T1"), "bob": ("rep", "r2"), "cleo": ("region", "east"),
        "dora": ("company", "company"), "emil": ("product_line", "A"), "nobody": None,
    }  # fmt: skip
    with psycopg.connect(url, autocommit=True) as connection:
        for name in ("sales", *people):
            connection.execute(f"drop role if exists {name}")  # type: ignore[call-overload]
        connection.execute("create role sales nologin")
        for name in people:
            connection.execute(f"create role {name} login in role sales")  # type: ignore[call-overload]
    page = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    typed = re.findall(r"`((?:create role|grant|insert into) [^`]+)`", page)
    assert len(typed) == 5
    monkeypatch.setenv("FOREWARN_PUBLISH_ROWS_ROLE", "sales")
    expected = {
        "anna": ({"d1", "d11"}, {"T1", "r11"}), "bob": ({"d2"}, {"r2"}),
        "cleo": ({"d1", "d11"}, {"T1", "r11", "east"}),
        "dora": ({"d1", "d11", "d2", "d3"}, {"company", "T1", "r11", "r2", "east"}),
        "emil": ({"d1", "d2"}, set()), "nobody": (set(), set()),
    }  # fmt: skip
    for number in (1, 2):
        night(number, more=WIDE)
        assert follow(settings, url).remarks == ()
        if number == 1:
            with psycopg.connect(url) as connection:
                for name, scope in people.items():
                    if scope:
                        put = "insert into marts_access.members values (%s, %s, %s)"
                        connection.execute(put, [name, *scope])
                # What the page says to type: that of anna stands already.
                for name in ("forewarn", "analyst"):
                    connection.execute(f"drop role if exists {name}")  # type: ignore[call-overload]
                    connection.execute(f"create role {name}")  # type: ignore[call-overload]
                connection.execute("delete from marts_access.members where role_name = 'anna'")
                for statement in typed[0], typed[2], typed[4].replace("'T01'", "'T1'"):
                    here = statement.replace("database sales", f"database {connection.info.dbname}")
                    connection.execute(here)  # type: ignore[call-overload]
                assert (typed[1], typed[3]) == tuple(
                    f"create role {name} nologin" for name in ("forewarn_reader", "sales")
                )
                # A name that is no role shows nobody anything, and takes nothing from the others.
                connection.execute(put, ["Anna", "company", "company"])
        for name, (deals, scopes) in expected.items():
            with psycopg.connect(url) as connection:
                connection.execute(f"set role {name}")  # type: ignore[call-overload]
                own = "select opportunity_id from marts_own.wide_opportunities"
                assert {deal for (deal,) in connection.execute(own)} == deals, (number, name)
                for table in ("wide_targets", "wide_alerts"):
                    found = connection.execute(f"select scope_id from marts_own.{table}")  # type: ignore[call-overload]
                    assert {scope for (scope,) in found} == scopes, (number, name)
                for hidden in ("marts.wide_opportunities", "marts_access.members"):
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        connection.execute(f"select * from {hidden}")  # type: ignore[call-overload]
                    connection.rollback()
                    connection.execute(f"set role {name}")  # type: ignore[call-overload]
                # What a person may write themselves tells nothing of rows that are not theirs.
                heard: set[str | None] = set()
                connection.add_notice_handler(lambda told, to=heard: to.add(told.message_primary))  # type: ignore[misc]
                connection.execute(LEAK)
                connection.execute(
                    "select 1 from marts_own.wide_targets where pg_temp.leak(scope_id)"
                )
                assert heard == scopes
        options = ask(url, "select reloptions from pg_class where relname = 'my_scopes'")
        assert options == [(["security_barrier=true"],)]


def test_what_is_not_ours_and_what_cannot_be_reached(
    settings: Settings, night: Callable, url: str
) -> None:
    night(1)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create schema marts; create table marts.theirs (x int)")
        with pytest.raises(PermanentFailure, match="did not make"):
            follow(settings, url)
        assert connection.execute("select count(*) from marts.theirs").fetchall() == [(0,)]
        connection.execute("drop schema marts cascade")
        connection.execute("drop role if exists helper")
        connection.execute("create role helper login password 'pa55word'")
        # An empty schema that an administrator made for us is ours, and a half-filled one is made anew.
        connection.execute("create schema marts_new; create table marts_new.fct_orders (x int)")
    follow(settings, url)
    helper = url.replace("postgres:@", "helper:pa55word@")
    assert helper != url
    night(2)
    with pytest.raises(PermanentFailure, match="grant create on database") as caught:
        follow(settings, helper)
    assert "pa55word" not in str(caught.value)
    with pytest.raises(TransientFailure) as gone:
        follow(settings, "postgresql://forewarn:pa55word@127.0.0.1:9/none")
    assert "pa55word" not in str(gone.value)
    with pytest.raises(PermanentFailure) as other:
        follow(settings, "host=127.0.0.1 password=pa55word")
    assert "pa55word" not in str(other.value)
    assert ask(url, "select version from marts.publication") == [(1,)]
