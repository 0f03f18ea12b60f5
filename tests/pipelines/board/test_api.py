"""The HTTP interface: the slices of the board, pages that add up, tokens, and what it says of itself."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from board_company import NOW, opened_board, publish_company
from starlette.testclient import TestClient
from typer.testing import CliRunner

from pipelines.board.api.answers import ACTIONS
from pipelines.cli import app
from pipelines.ledger.programs import AccessToken, make_token, revoke_token, tokens
from pipelines.ledger.responses import plan
from pipelines.ledger.signals import add_signal
from pipelines.ledger.store import open_ledger
from pipelines.settings import Settings

DEALS = "/api/v1/marts/fct_opportunities"


def token_for(installation: Settings, **whose: Any) -> str:
    ledger = open_ledger(installation.ledger_url)
    try:
        values = {
            "person_id": None,
            "role": None,
            "scopes": (),
            "by": "admin",
            "now": NOW,
            "days": 30,
        }
        return make_token(ledger, "test", **{**values, **whose})[0]
    finally:
        ledger.close()


def asked(board: TestClient, path: str, person: str = "boss", **more: Any) -> Any:
    headers = {"X-Forwarded-User": person, **more.pop("headers", {})}
    return board.get(path, headers=headers, **more)


def all_pages(board: TestClient, path: str, person: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    next_: str | None = path
    while next_:
        answer = asked(board, next_, person)
        assert answer.status_code == 200, answer.text
        found += answer.json()["rows"]
        next_ = answer.json()["next"]
    return found


@pytest.mark.parametrize(
    ("person", "owners", "warnings"),
    [
        ("boss", {"R1", "R2", "M2"}, {"a-team", "a-rep", "b-team"}),
        ("keeper", {"R1", "R2", "M2"}, {"a-team", "a-rep", "b-team", "c-feed"}),
        ("M1", {"R1", "R2"}, {"a-team", "a-rep"}),
        ("R1", {"R1"}, {"a-rep"}),
        ("M2", {"M2"}, {"b-team"}),
    ],
)
def test_everybody_reads_the_own_slice_whole_and_nothing_else(
    board: TestClient, person: str, owners: set[str], warnings: set[str]
) -> None:
    rows = all_pages(board, f"{DEALS}?limit=4", person)
    assert {row["owner_id"] for row in rows} == owners
    assert len({row["opportunity_id"] for row in rows}) == len(rows)
    first = asked(board, f"{DEALS}?limit=4", person).json()
    assert first["total"] == len(rows)
    found = asked(board, "/api/v1/warnings", person).json()["warnings"]
    assert {one["alert_id"] for one in found} == warnings
    published = all_pages(board, "/api/v1/marts/fct_alerts", person)
    assert {row["alert_id"] for row in published} == warnings
    for ident in ("a-team", "a-rep", "b-team", "c-feed"):
        answer = asked(board, f"/api/v1/warnings/{ident}", person)
        assert answer.status_code == (200 if ident in warnings else 404)


def test_a_rep_s_answers_name_no_colleague(board: TestClient) -> None:
    marts = asked(board, "/api/v1/marts", "R1").json()["marts"]
    pages = [one["link"] for one in marts] + ["/api/v1/warnings", "/api/v1/warnings/a-rep"]
    for page in pages:
        said = asked(board, page, "R1").text
        assert not {"李四", "钱经理", "孙经理"} & set(re.findall(r"[\u4e00-\u9fff]+", said)), page
    drivers = asked(board, "/api/v1/warnings/a-team", "M1").json()["warning"]["drivers"]
    assert [one["name"] for one in drivers] == ["张三", "李四"]


def test_nobody_reads_nothing(board: TestClient, installation: Settings) -> None:
    for headers in ({}, {"Authorization": "Bearer fw_wrong"}, {"X-Forwarded-User": "ghost"}):
        answer = board.get(DEALS, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert "rows" not in answer.json()
    for path in (
        "marts/rpt_nobody_decided",
        "marts/none",
        "none",
        "warnings/a%0Ab",
        "warnings/%00",
    ):
        missing = asked(board, f"/api/v1/{path}", "keeper")
        assert (missing.status_code, missing.json()["type"]) == (404, "urn:forewarn:not_here")
    refused = board.post(DEALS, headers={"X-Forwarded-User": "boss"})
    assert (refused.status_code, refused.json()["type"]) == (405, "urn:forewarn:other_method")


def test_tokens_open_what_they_were_made_for_until_they_end(
    board: TestClient, installation: Settings
) -> None:
    def warnings(token: str) -> set[str] | int:
        # The proxy's header beside a token counts for nothing.
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-User": "boss"}
        answer = board.get("/api/v1/warnings", headers=headers)
        if answer.status_code != 200:
            return answer.status_code
        return {one["alert_id"] for one in answer.json()["warnings"]}

    rep = token_for(installation, person_id="R1")
    assert warnings(rep) == {"a-rep"}
    assert warnings(token_for(installation, role="manager", scopes=["team:T2"])) == {"b-team"}
    assert warnings(token_for(installation, role="director")) == {"a-team", "a-rep", "b-team"}
    assert "c-feed" in warnings(token_for(installation, role="analyst"))  # type: ignore[operator]
    assert warnings(token_for(installation, person_id="left")) == 403
    assert warnings(token_for(installation, role="analyst", days=0)) == 401
    ledger = open_ledger(installation.ledger_url)
    kept = next(row for row in tokens(ledger) if row.person_id == "R1")
    columns = AccessToken.__table__.columns
    assert rep not in str([getattr(kept, column.name) for column in columns])
    assert revoke_token(ledger, kept.token_id, now=NOW)
    ledger.close()
    assert warnings(rep) == 401


def test_the_commands_print_a_token_once(
    installation: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(installation.data_dir, tmp_path / "data", symlinks=True)
    monkeypatch.setenv("FOREWARN_CONFIG", str(installation.config_dir))
    monkeypatch.setenv("FOREWARN_DATA", str(tmp_path / "data"))

    def command(*words: str):
        return CliRunner().invoke(app, ["tokens", *words])

    made = command("make", "--name", "finance BI", "--role", "manager", "--scope", "team:T1")
    token = made.stdout.strip()
    assert (made.exit_code, token[:3]) == (0, "fw_")
    listed = command("list")
    assert "finance BI" in listed.stdout
    assert token not in listed.stdout + command("list", "--json").stdout + made.stderr
    ident = next(line for line in listed.stdout.splitlines() if "finance BI" in line).split()[0]
    assert command("revoke", ident).exit_code == 0
    assert command("revoke", ident).exit_code == 2
    writes = command("make", "--name", "bot", "--person", "M1", "--write")
    assert writes.exit_code == 0, writes.output
    assert '"may_write": true' in command("list", "--json").stdout
    for wrong in (
        ["--role", "analyst", "--write"],
        ["--role", "rep"],
        ["--role", "manager"],
        [],
        ["--person", "ghost"],
    ):
        refused = command("make", "--name", "x", *wrong)
        assert refused.exit_code == 2, wrong
        assert "--by" not in refused.output, wrong  # somebody else's id is not mended by one's own


def test_a_program_answers_as_its_person_and_no_further(
    board: TestClient, installation: Settings
) -> None:
    tokens_of = {
        person: token_for(installation, person_id=person, may_write=True)
        for person in ("M1", "R1", "keeper")
    }

    def send(person: str, ident: str = "a-team", token: str = "", **message: Any) -> Any:
        # The proxy's header beside a token counts for nothing.
        headers = {
            "Authorization": f"Bearer {token or tokens_of[person]}",
            "X-Forwarded-User": "boss",
        }
        path = f"/api/v1/warnings/{ident}/answers"
        return board.post(path, headers={**headers, "Accept-Language": "en"}, json=message)

    standing = asked(board, "/api/v1/warnings/a-team").json()["warning"]["standing"]
    first = send("M1", action="plan", text="Visit them", expect=standing)
    assert (first.status_code, first.json()["new"]) == (200, True), first.text
    assert first.json()["warning"]["plan"] == "Visit them"
    assert first.json()["events"][-1]["person_id"] == "M1"
    schema = asked(board, "/api/v1/openapi.json").json()
    jsonschema.Draft202012Validator(
        {"$ref": "#/components/schemas/Answered", "components": schema["components"]}
    ).validate(first.json())
    assert send("M1", action="plan", text="Visit them").json()["new"] is False
    # Each action once, and what the first of them made of the warning.
    for message in ({"action": "ack"}, {"action": "assign", "to": "R2"}, {"action": "comment", "text": "!"},
                    {"action": "snooze", "until": "2026-12-31", "reason": "holiday"},
                    {"action": "feedback", "use": "useful"}, {"action": "undo"}):  # fmt: skip
        done = send("M1", **message)
        assert done.status_code == 200, (message, done.text)
    assert done.json()["warning"]["assigned_to"] == "R2"
    moved = send("keeper", action="resolve", outcome="accepted", note="so be it", expect=standing)
    assert (moved.status_code, moved.json()["type"]) == (409, "urn:forewarn:warning_moved")
    refused = {
        403: [send("R1", "a-rep", action="assign", to="R2"), send("keeper", action="plan", text="x"),
              send("M1", token=token_for(installation, person_id="M1"), action="ack")],
        404: [send("R1", action="ack"), send("M1", "b-team", action="ack"), send("M1", "%00", action="ack")],
        409: [send("M1", action="assign", to="ghost"), send("M1", action="snooze", until="1999-01-01", reason="x")],
        400: [send("M1"), send("M1", action="dance"), send("M1", action="plan"), send("M1", action="plan", text=1),
              send("M1", action="ack", text="x"), send("M1", action="feedback", use="so so"),
              send("M1", action="snooze", until="soon", reason="x")],
    }  # fmt: skip
    for status, answers in refused.items():
        assert [one.status_code for one in answers] == [status] * len(answers)
        assert all(one.headers["content-type"] == "application/problem+json" for one in answers)
    path = "/api/v1/warnings/a-team/answers"
    # A browser that is let in by the proxy, or by nobody, sends nothing.
    assert asked(board, path).status_code == 405
    assert board.post(path, headers={"X-Forwarded-User": "boss"}, json={}).status_code == 401
    bearer = {"Authorization": f"Bearer {tokens_of['M1']}", "Content-Type": "application/json"}
    for content, kind, status in ((b"{", "", 400), (b"[]", "", 400), (b" " * 70_000, "", 413),
                                  (b"action=ack", "text/plain", 415)):  # fmt: skip
        headers = {**bearer, **({"Content-Type": kind} if kind else {})}
        assert board.post(path, headers=headers, content=content).status_code == status
    done = send("M1", action="resolve", outcome="recovered", note="they ordered")
    assert done.json()["warning"]["outcome"] == "recovered"
    again = send("M1", action="plan", text="too late")
    assert (again.status_code, again.json()["type"]) == (409, "urn:forewarn:refused")


def test_filters_and_what_cannot_be_asked(board: TestClient) -> None:
    def ids(query: str) -> list[str]:
        return [row["opportunity_id"] for row in asked(board, f"{DEALS}?{query}").json()["rows"]]

    assert ids("opportunity_id=o3&opportunity_id=o5") == ["o3", "o5"]
    assert ids("amount.from=2300&amount.to=2400") == ["o23", "o24"]
    assert ids("created_on.to=2026-03-02&is_stalled=false") == ["o1"]
    assert ids("seen_at.is=null") == ["o3"]
    answer = asked(board, f"{DEALS}?fields=opportunity_id,amount&limit=1").json()
    assert answer["rows"] == [{"opportunity_id": "o1", "amount": 100.0}]
    for wrong in ("limit=0", "limit=1001", "limit=x", "fields=nothing", "nothing=1", "amount=many",
                  "amount.from=nan", "created_on=yesterday", "owner_id.from=a", "amount.is=0",
                  "cursor=x", "cursor=WzEsMl0x", "is_stalled=1", "amount.like=1", "stage=x';--&x=1"):  # fmt: skip
        refused = asked(board, f"{DEALS}?{wrong}", headers={"Accept-Language": "en"})
        assert refused.status_code == 400, wrong
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["detail"]
    chinese = asked(board, f"{DEALS}?limit=0", headers={"Accept-Language": "zh-CN"}).json()
    assert "只接受" in chinese["detail"]


def test_a_page_is_known_by_its_publication(board: TestClient, installation: Settings) -> None:
    first = asked(board, f"{DEALS}?limit=2")
    tag = first.headers["etag"]
    same = asked(board, f"{DEALS}?limit=2", headers={"If-None-Match": tag})
    assert (same.status_code, same.content) == (304, b"")
    assert asked(board, f"{DEALS}?limit=2", "M1").headers["etag"] != tag
    warnings = asked(board, "/api/v1/warnings").headers["etag"]
    ledger = open_ledger(installation.ledger_url)
    plan(ledger, "b-team", "M2", "拜访客户", now=NOW, channel="cli")
    add_signal(ledger, "team", "T1", "价格战", "M1", now=NOW, today=NOW.date(), owner_id="M1")
    ledger.close()
    later = asked(board, "/api/v1/warnings", headers={"If-None-Match": warnings})
    assert later.status_code == 200
    now = {one["alert_id"]: one for one in later.json()["warnings"]}
    assert now["b-team"]["plan"] == "拜访客户"
    events = asked(board, "/api/v1/warnings/b-team").json()["events"]
    assert [event["what"] for event in events] == ["opened", "plan"]
    # Said by hand, seen at once by those whom it concerns.
    said = {one["message"] for one in asked(board, "/api/v1/warnings", "M1").json()["warnings"]}
    assert "价格战" in said
    assert "价格战" not in asked(board, "/api/v1/warnings", "M2").text
    publish_company(installation, "run2")
    until = time.monotonic() + 30
    while asked(board, first.json()["next"]).status_code == 200 and time.monotonic() < until:
        time.sleep(0.05)  # readers see a version when it is ready
    assert asked(board, first.json()["next"]).status_code == 410
    assert asked(board, f"{DEALS}?limit=2").headers["etag"] != tag


def test_answers_are_as_described(board: TestClient) -> None:
    description = asked(board, "/api/v1/openapi.json").json()
    schemas = description["components"]["schemas"]
    assert schemas["fct_opportunities"]["properties"]["amount"] == {
        "type": ["number", "null"], "description": "金额。 The amount.",
    }  # fmt: skip
    assert not any("nobody_decided" in path for path in description["paths"])
    # Resolved once: the schemas name each other.
    assert {one["properties"]["action"]["const"] for one in schemas["Answer"]["oneOf"]} == {
        *ACTIONS
    }
    for path, item in description["paths"].items():
        if "get" not in item:
            continue
        answer = asked(board, path.replace("{id}", "a-team"), "keeper")
        assert answer.status_code == 200, path
        schema = item["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.Draft202012Validator(
            {**schema, "components": description["components"]}
        ).validate(answer.json())
        for refusal in item["get"]["responses"].values():
            reference = refusal.get("$ref", "").rpartition("/")[2]
            assert not reference or reference in description["components"]["responses"]
    pages = []
    address = "/api/v1/warnings?limit=1"
    while address:
        page = asked(board, address, "keeper").json()
        pages += [one["alert_id"] for one in page["warnings"]]
        address = page["next"]
    assert pages == [
        one["alert_id"] for one in asked(board, "/api/v1/warnings", "keeper").json()["warnings"]
    ]
    assert len(pages) == len(set(pages)) > 3


def test_a_program_that_asks_without_end_is_held_back(
    installation: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.board.api.app.REQUESTS_A_MINUTE", 3)
    with opened_board(installation) as board:
        answers = [asked(board, "/api/v1/", "M2").status_code for _ in range(4)]
        assert answers == [200, 200, 200, 429]
        assert asked(board, "/api/v1/", "M2").headers["retry-after"] == "60"
        assert asked(board, "/api/v1/", "boss").status_code == 200
        # One wrong token after another: counted by address, whatever they say.
        tried = [
            board.get("/api/v1/", headers={"Authorization": f"Bearer x{i}"}) for i in range(30)
        ]
        assert tried[-1].status_code == 429
