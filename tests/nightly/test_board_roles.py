"""The board asked as every role and as nobody: only the own slice, and no answer by the wrong person."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
import yaml
from board_server import BEHIND_A_PROXY, HEADER, PAGES, Cast, cast_of, served
from nightly_site import Installation
from starlette.requests import Request

from pipelines.board.access.identity import Doorkeeper
from pipelines.board.access.viewers import Viewer
from pipelines.board.api.describing import written
from pipelines.board.reading import slicing
from pipelines.board.reading.organisation import Organisation
from pipelines.board.reading.slicing import CUTS
from pipelines.commands.superset_bundle import superset_bundle
from pipelines.configuration.board_file import Auth
from pipelines.ledger.lookup import show_alert
from pipelines.ledger.signals import add_signal
from pipelines.ledger.store import open_ledger
from pipelines.notifying.recipients import RecipientBook
from pipelines.settings import PROJECT, load_settings

NOW = dt.datetime(2026, 10, 30, 1, tzinfo=dt.UTC)
DOWNLOAD = "/deals.csv?list=large"
ROLES = ("director", "analyst", "manager", "rep")


@pytest.fixture(scope="module")
def site(published: Installation, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    copy = published.copy(tmp_path_factory.mktemp("board") / "site")
    (copy.config / "board.yml").write_text(BEHIND_A_PROXY)
    return copy


@pytest.fixture(scope="module")
def cast(site: Installation) -> Cast:
    return cast_of(site)


@pytest.fixture(scope="module")
def risks(site: Installation, cast: Cast) -> dict[str, str]:
    """A risk about the rep, one about another team, one about a feed: whose is which is known."""
    ledger = open_ledger(f"sqlite:///{site.data / 'ledger.db'}")
    about = {
        "rep": ("rep", cast.rep, "risk of the rep"),
        "team": ("team", cast.team, "risk of the team"),
        "other": ("team", cast.other_team, "risk of the others"),
    }
    try:
        return {
            name: add_signal(
                ledger, kind, ident, words, "somebody", now=NOW, today=NOW.date(), scope_name=ident
            ).alert_id
            for name, (kind, ident, words) in about.items()
        }
    finally:
        ledger.close()


@pytest.fixture(scope="module")
def board(site: Installation, risks: dict[str, str]) -> Iterator[str]:
    with served(site) as address:
        yield address


def reader(board: str, person: str | None) -> httpx.Client:
    headers = {HEADER: person} if person else {}
    return httpx.Client(base_url=board, headers=headers, trust_env=False, timeout=60)


def names(site: Installation, inside: str) -> set[str]:
    """Names of people for whom a condition holds, and that are no part of another text by chance."""
    rows = site.query(f"select distinct rep_name from marts.dim_rep where {inside}")
    return {name for (name,) in rows}


def test_every_page_as_every_role(board: str, cast: Cast, site: Installation) -> None:
    for role in ROLES:
        with reader(board, getattr(cast, role)) as client:
            for page in PAGES:
                answer = client.get(page)
                assert answer.status_code == 200, (role, page, answer.text[:300])
                assert "default-src 'none'" in answer.headers["content-security-policy"]
                assert answer.headers["cache-control"] == "no-store"
    # Was it right last time: what came of the warnings before on the same.
    ident, before, reached = site.query(
        "select a.alert_id, b.alert_id, round(100 * t.attainment)::int from marts.fct_alerts a "
        "join marts.fct_alerts b on b.rule = a.rule and b.scope_id = a.scope_id and b.opened_on < a.opened_on "
        "join marts.fct_target_completion t on t.scope_type = b.scope_type and t.scope_id = b.scope_id "
        "and t.period_start = b.period_start and t.period_end = b.period_end and t.metric = 'revenue' "
        "where a.rule = 'quarter_target_at_risk' and t.period_end < t.as_of and b.closed_on is not null "
        "order by a.alert_id, b.opened_on desc limit 1"
    )[0]
    with reader(board, cast.director) as client:
        page = client.get(f"/warnings/{ident}").text
        assert f'href="/warnings/{before}"' in page
        assert f"最终完成目标的 {reached}%" in page


@pytest.mark.parametrize("person", [None, "ghost", "x" * 300])
def test_nobody_sees_nothing(board: str, cast: Cast, risks: dict[str, str], person: str) -> None:
    with reader(board, person) as client:
        for page in (*PAGES, f"/deals/{cast.deal}", f"/warnings/{risks['rep']}"):
            assert client.get(page).status_code == 403
        assert (
            client.post(f"/warnings/{risks['rep']}/answer", data={"action": "ack"}).status_code
            == 403
        )


def test_a_rep_reads_no_colleague_s_name_in_any_page(
    board: str, site: Installation, cast: Cast, risks: dict[str, str]
) -> None:
    others = names(site, f"rep_id <> '{cast.rep}'") - {cast.rep_name}
    with reader(board, cast.rep) as client:
        for page in (*PAGES, DOWNLOAD, f"/deals/{cast.deal}", f"/warnings/{risks['rep']}"):
            answer = client.get(page)
            assert answer.status_code == 200
            # Customers and rules may hold the letters of a name: only whole words between tags count.
            words = set(re.split(r"[^\w\u4e00-\u9fff]+", answer.text))
            assert not others & words, (page, others & words)


def test_a_manager_sees_the_own_team_and_no_other(
    board: str, site: Installation, cast: Cast, risks: dict[str, str]
) -> None:
    foreign = names(site, f"team_id = '{cast.other_team}'") - names(
        site, f"team_id = '{cast.team}'"
    )
    with reader(board, cast.manager) as client:
        for page in (*PAGES, DOWNLOAD):
            words = set(re.split(r"[^\w\u4e00-\u9fff]+", client.get(page).text))
            assert not foreign & words, (page, foreign & words)
        assert cast.rep_name in client.get("/pipeline").text
        assert "risk of the team" in client.get("/").text
        assert "risk of the others" not in client.get("/").text


def test_what_lies_outside_looks_as_if_it_did_not_exist(
    board: str, site: Installation, cast: Cast, risks: dict[str, str]
) -> None:
    outside = [
        f"/deals/{cast.other_deal}",
        f"/warnings/{risks['other']}",
        f"/targets?scope=team:{cast.other_team}",
        f"/pipeline?scope=rep:{cast.other_rep}",
        f"/deals.csv?scope=rep:{cast.other_rep}",
        f"/customers?scope=team:{cast.other_team}",
    ]
    for person in (cast.rep, cast.manager):
        with reader(board, person) as client:
            for page in outside:
                assert client.get(page).status_code == 404, (person, page)
            missing = client.get("/deals/none").text
            assert client.get(outside[0]).text == missing
    with reader(board, cast.director) as client:
        assert all(client.get(page).status_code == 200 for page in outside)
    counts = {}
    for role in ROLES:
        with reader(board, getattr(cast, role)) as client:
            found = re.search(r'class="big">([^<]*)', client.get("/pipeline").text)
            counts[role] = found and found.group(1)
    assert counts["director"] == counts["analyst"]
    assert len({counts["director"], counts["manager"], counts["rep"]}) == 3


def token(client: httpx.Client, page: str = "/") -> str:
    found = re.search(r'name="token" value="(\w+)"', client.get(page).text)
    assert found
    return found.group(1)


def answered(site: Installation, alert_id: str) -> list[tuple[str, str]]:
    ledger = open_ledger(f"sqlite:///{site.data / 'ledger.db'}")
    try:
        history = show_alert(ledger, alert_id)
        return [(row.person_id, row.action) for row in history.responses]
    finally:
        ledger.close()


def test_answers_are_taken_from_those_who_may_and_from_our_own_forms_only(
    board: str, site: Installation, cast: Cast, risks: dict[str, str]
) -> None:
    path = f"/warnings/{risks['team']}/answer"
    with reader(board, cast.manager) as client:
        good = token(client)
        forged = [
            ({"action": "ack"}, {}),
            ({"action": "ack", "token": "0" * 64}, {}),
            ({"action": "ack", "token": good}, {"Sec-Fetch-Site": "cross-site"}),
            ({"action": "ack", "token": good}, {"Origin": "http://elsewhere.example"}),
            ({"action": "ack", "token": good}, {"Origin": "null"}),
        ]
        for form, headers in forged:
            assert client.post(path, data=form, headers=headers).status_code == 403
        assert answered(site, risks["team"]) == []
        done = client.post(path, data={"action": "ack", "token": good})
        assert done.status_code == 303
        assert (
            client.post(
                path, data={"action": "give", "to": cast.other_rep, "token": good}
            ).status_code
            == 409
        )
        assert (
            client.post(
                f"/warnings/{risks['other']}/answer", data={"action": "ack", "token": good}
            ).status_code
            == 404
        )
    with reader(board, cast.rep) as client:
        good = token(client)
        assert client.post(path, data={"action": "take", "token": good}).status_code == 404
        own = f"/warnings/{risks['rep']}/answer"
        assert (
            client.post(own, data={"action": "give", "to": cast.manager, "token": good}).status_code
            == 409
        )
        huge = {"action": "comment", "text": "x" * 70_000, "token": good}
        assert client.post(own, data=huge).status_code == 413
    assert answered(site, risks["team"]) == [(cast.manager, "ack")]
    assert answered(site, risks["rep"]) == []
    assert answered(site, risks["other"]) == []


def test_two_people_at_once_lose_no_word_and_overrule_nobody(
    board: str, site: Installation, cast: Cast, risks: dict[str, str]
) -> None:
    path = f"/warnings/{risks['rep']}"
    with reader(board, cast.director) as first, reader(board, cast.manager) as second:
        good = token(second)
        key = re.search(r'name="key" value="([\d.]+)"', second.get(path).text)
        assert key
        data = {"action": "take", "token": token(first), "key": key.group(1)}
        assert first.post(f"{path}/answer", data=data).status_code == 303
        late = {"action": "plan", "text": "my own words", "token": good, "key": key.group(1)}
        refused = second.post(f"{path}/answer", data=late)
        assert refused.status_code == 409
        assert "my own words" in refused.text
        assert answered(site, risks["rep"]) == [(cast.director, "assign")]
        # In place: the card as it is now, with a 200, so that no browser calls it an error.
        part = second.post(f"{path}/answer", data=late, headers={"HX-Request": "true"})
        assert part.status_code == 200
        assert "<html" not in part.text
        assert "my own words" in part.text


def test_a_reader_who_reports_a_risk_sees_what_becomes_of_it(board: str, cast: Cast) -> None:
    with reader(board, cast.rep) as client:
        form = {
            "token": token(client),
            "text": "价格战传闻",
            "scope": f"rep:{cast.rep}",
            "amount": "１２，０００",
        }
        assert client.post("/signals", data={**form, "scope": "company"}).status_code == 422
        assert client.post("/signals", data={**form, "amount": "many"}).status_code == 422
        assert client.post("/signals", data=form).status_code == 303
        assert "价格战传闻" in client.get("/signals").text
        assert "价格战传闻" in client.get("/").text
    with reader(board, cast.other_rep) as client:
        assert "价格战传闻" not in client.get("/signals").text


def test_links_of_notices_are_answered_on_the_board_s_address(
    board: str, risks: dict[str, str]
) -> None:
    assert httpx.get(f"{board}/a/cut-off", trust_env=False).status_code == 403


@pytest.mark.parametrize(
    ("peer", "headers", "known"),
    [
        ("127.0.0.1", [("x-forwarded-user", "sales_director")], True),
        ("10.1.2.3", [("x-forwarded-user", "sales_director")], False),
        (
            "10.1.2.3",
            [("x-forwarded-user", "sales_director"), ("x-forwarded-for", "127.0.0.1")],
            False,
        ),
        # Two of them: one was not the proxy's.
        (
            "127.0.0.1",
            [("x-forwarded-user", "ghost"), ("x-forwarded-user", "sales_director")],
            False,
        ),
    ],
)
def test_the_proxy_is_known_by_its_socket(
    peer: str, headers: list, known: bool, tmp_path: Path
) -> None:
    settings = load_settings(PROJECT / "config", tmp_path)
    from pipelines.notifying.recipients import read_recipients

    book: RecipientBook = read_recipients(PROJECT / "config" / "recipients.yml", [])
    door = Doorkeeper(Auth(mode="proxy", proxies=("127.0.0.1",)), settings, book)
    scope = {
        "type": "http", "client": (peer, 1), "method": "GET", "path": "/",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }  # fmt: skip
    assert (door.viewer(Request(scope), Organisation(), None) is not None) is known


def test_an_open_board_serves_this_machine_alone(tmp_path: Path) -> None:
    """A proxy in front of a board without a login would show everything to everybody."""
    door = Doorkeeper(Auth(), load_settings(PROJECT / "config", tmp_path), RecipientBook())

    def asks(*headers: tuple[bytes, bytes]) -> bool:
        scope = {"type": "http", "client": ("127.0.0.1", 1), "method": "GET", "path": "/",
                 "headers": list(headers)}  # fmt: skip
        return door.viewer(Request(scope), Organisation(), None) is not None

    assert asks()
    assert not asks((b"x-forwarded-for", b"203.0.113.7"))
    assert not asks((b"forwarded", b"for=203.0.113.7"))


def test_reports_are_for_whoever_sees_the_company(
    board: str, cast: Cast, site: Installation
) -> None:
    own = site.data / "reports" / "2026-10-30" / "weekly.html"
    for role in ROLES:
        with reader(board, getattr(cast, role)) as client:
            status = 200 if role in ("director", "analyst") else 404
            answers = [client.get(path) for path in ("/reports", f"/reports/2026-10-30/{own.name}")]
            assert [answer.status_code for answer in answers] == [status, status], role
            assert (answers[1].content == own.read_bytes()) == (status == 200)
            assert client.get("/reports/..%2F/link.key").status_code == 404
            assert client.get("/reports/2026-10-30/nothing.html").status_code == 404


def test_a_living_chart_is_asked_for_as_its_page_is(board: str, cast: Cast) -> None:
    with reader(board, cast.director) as client:
        drawn = client.get("/targets?chart=curve.wide")
        assert drawn.json()["layer"][-1]["name"] == "alive"
        assert client.get("/targets?chart=nothing").status_code == 404
        assert client.get("/static/vega.js").headers["content-encoding"] == "gzip"
    with reader(board, cast.rep) as client:
        assert client.get("/targets?chart=curve.wide").json() != drawn.json()
        others = f"/targets?scope=team:{cast.other_team}&chart=curve.wide"
        assert client.get(others).status_code == 404
    with reader(board, None) as client:
        assert client.get("/targets?chart=curve.wide").status_code == 403


@pytest.mark.parametrize("people", ["team", "nobody"])
def test_a_small_slice_is_written_out_and_stays_the_same(
    published: Installation, cast: Cast, people: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names of few people stand in the question, of many in tables beside it: the same rows of every mart."""
    shown = {cast.rep, cast.manager, "o'brien"} if people == "team" else set[str]()
    scopes = {("rep", one) for one in shown} | (
        {("team", cast.team)} if people == "team" else set()
    )
    viewer = Viewer("o'brien", "", "manager", frozenset(shown), frozenset(scopes))
    found = []
    with duckdb.connect(str(published.current / "forewarn.duckdb"), read_only=True) as reader:
        for short in (slicing.SHORT, -1):
            monkeypatch.setattr(slicing, "SHORT", short)
            marts = slicing.SlicedMarts(reader.cursor(), viewer, frozenset({"given"}))
            counted = " union all ".join(
                f"select '{mart}' as mart, count(*) as n, sum(hash(t)::hugeint) as held from {marts.name(mart)} t"
                for mart in CUTS
            )
            found.append(marts.select(counted))
    assert found[0] == found[1]


def test_every_published_mart_has_an_owner_or_stays_closed(published: Installation) -> None:
    """A page cannot read what nobody has decided about; what is decided about exists."""
    marts = {name for (name,) in published.query("select table_name from duckdb_tables()")}
    assert CUTS.keys() - marts == set()
    raw = re.compile(r"\bmarts\.(?:fct|dim|rpt)_")
    board = PROJECT / "pipelines" / "board"
    unsliced = {
        path.name for path in board.rglob("*.py") if raw.search(path.read_text(encoding="utf-8"))
    }
    # The organisation is what slices are made of.
    assert unsliced <= {"organisation.py"}


def test_the_written_description_of_the_interface_is_that_of_the_marts(
    published: Installation,
) -> None:
    """docs/openapi.json and Superset's bundles are written by `make docs`; comments may have been reworded since."""

    def columns(description: bytes) -> dict:
        schemas = json.loads(description)["components"]["schemas"]
        return {
            name: {
                column: (one["type"], one.get("format"))
                for column, one in mart["properties"].items()
            }
            for name, mart in schemas.items()
            if name in CUTS
        }

    with duckdb.connect(str(published.current / "forewarn.duckdb"), read_only=True) as reader:
        now = columns(written(reader))
        assert columns((PROJECT / "docs" / "openapi.json").read_bytes()) == now
        assert now.keys() == CUTS.keys()
        for language in ("zh", "en"):
            kept = (PROJECT / "docs" / "bi" / f"superset.{language}.zip").read_bytes()
            assert _bundle(kept) == _bundle(superset_bundle(reader, language))


def _bundle(content: bytes) -> dict[str, Any]:
    """The files of a bundle for Superset; comments may have been reworded since."""
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        found = {name: yaml.safe_load(bundle.read(name)) for name in bundle.namelist()}
    for file in found.values():
        for told in (file, *file.get("columns", ())):
            told.pop("description", None)
    return found
