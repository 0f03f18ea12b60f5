"""Signing in at a provider: only whom it vouches for, only for the attempt that was begun, until the end."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from board_company import RECIPIENTS, opened_board
from sqlalchemy import select
from starlette.testclient import TestClient

from pipelines.configuration.board_file import read_board
from pipelines.configuration.problems import Problem
from pipelines.ledger.board_sessions import BoardSession
from pipelines.ledger.store import open_ledger
from pipelines.settings import Settings

pytest.importorskip("authlib", reason="in requirements.lock; install it")

from sign_in_servers import CLIENT, SECRET, Server, with_own_secret  # noqa: E402

HOST = "https://board.example.com"
PROVIDERS = {
    "oidc": "oidc: {{issuer: {at}, client_id: {client}, client_secret: '${{S}}', claim: {claim}}}",
    "wecom": "wecom: {{corp_id: {client}, agent_id: '1', secret: '${{S}}', base_url: {at}, login_url: {at}, people: {people}}}",
    "feishu": "feishu: {{app_id: {client}, app_secret: '${{S}}', base_url: {at}, login_url: {at}, people: {people}}}",
}
BOSS = '{person_id: M1, role: manager, scopes: [team:T1], channels: ["file://"], chat: {wecom: sun, feishu: ou_sun}}'
Open = Callable[..., AbstractContextManager[TestClient]]


@pytest.fixture
def server() -> Iterator[Server]:
    provider = Server()
    yield provider
    provider.stop()


@pytest.fixture
def opened(installation: Settings, server: Server, monkeypatch: pytest.MonkeyPatch) -> Open:
    monkeypatch.setenv("S", SECRET)
    (installation.config_dir / "recipients.yml").write_text(f"{RECIPIENTS}  - {BOSS}\n")

    @contextmanager
    def board(provider: str, **more: str) -> Iterator[TestClient]:
        values = {
            "at": server.address,
            "client": CLIENT,
            "claim": "preferred",
            "people": "chat",
            **more,
        }
        line = PROVIDERS[provider].format(**values)
        (installation.config_dir / "board.yml").write_text(
            f"auth:\n  mode: sign_in\n  address: {HOST}\n  {line}\n"
            "hosts: [board.example.com]\nsession_hours: 2\n"
        )
        with opened_board(installation) as client:
            client.base_url = HOST  # type: ignore[assignment]
            client.follow_redirects = False
            yield client

    return board


def sign_in(board: TestClient, server: Server, who: dict[str, Any], page: str = "/") -> Any:
    """From a page to the provider and back; the answer to coming back."""
    asked = board.get(page)
    assert asked.status_code == 303
    out = board.get(asked.headers["location"])
    assert out.status_code == 303
    code, state = server.signed_in(out.headers["location"], who)
    return board.get("/login/done", params={"code": code, "state": state})


def test_openid_connect(opened: Open, server: Server, installation: Settings) -> None:
    with opened("oidc") as board:
        page = "/pipeline?list=large&scope=team%3AT1"
        done = sign_in(board, server, {"preferred": "M1"}, page)
        assert (done.status_code, done.headers["location"]) == (303, page)
        kept = done.headers.get_list("set-cookie")
        assert all("HttpOnly" in one and "SameSite=lax" in one and "Secure" in one for one in kept)
        signals = board.get("/signals")
        assert (signals.status_code, "孙经理" in signals.text) == (200, True)
        # The same slices as everywhere, for programs in this browser too; a header says nothing.
        headers = {"X-Forwarded-User": "boss"}
        warnings = board.get("/api/v1/warnings", headers=headers).json()["warnings"]
        assert {one["alert_id"] for one in warnings} == {"a-team", "a-rep"}
        # Out: here, and wherever its cookie was copied to.
        copied = dict(board.cookies)
        found = re.search(r'name="token" value="(\w+)"', signals.text)
        assert found
        assert board.post("/logout", data={"token": "x"}).status_code == 403
        assert board.post("/logout", data={"token": found.group(1)}).status_code == 200
        board.cookies.update(copied)
        assert board.get("/signals").status_code == 303
        assert board.get("/api/v1/").status_code == 401
    ledger = open_ledger(installation.ledger_url)
    with ledger.reading() as session:
        rows = list(session.scalars(select(BoardSession)))
    ledger.close()
    assert [(row.named, row.provider, row.ended_at is None) for row in rows] == [
        ("M1", "oidc", False)
    ]


def test_a_session_ends_by_itself_and_with_the_person(opened: Open, server: Server) -> None:
    with opened("oidc") as board:
        sign_in(board, server, {"preferred": "R1"})
        assert board.get("/signals").status_code == 200
        with time_machine.travel(time.time() + 3 * 3600, tick=False):
            assert board.get("/signals").status_code == 303
    with opened("oidc") as board:
        sign_in(board, server, {"preferred": "ghost"})
        # Signed in, but nobody here: told so and by what name, and let out, not sent round in circles.
        stranger = board.get("/signals")
        assert (stranger.status_code, "ghost" in stranger.text) == (403, True)
        found = re.search(r'name="token" value="(\w+)"', stranger.text)
        assert found
        out = board.post("/logout", data={"token": found.group(1)})
        assert (out.status_code, 'href="/login"' in out.text) == (200, True)
        assert board.get("/signals").status_code == 303


def test_an_attempt_ends_in_the_browser_that_began_it(opened: Open, server: Server) -> None:
    with opened("oidc") as board, opened("oidc") as other:
        out = board.get("/login?back=//evil.example/x").headers["location"]
        code, state = server.signed_in(out, {"preferred": "M1"})
        # A link that somebody is made to follow signs them in as nobody.
        assert other.get("/login/done", params={"code": code, "state": state}).status_code == 403
        for wrong in (
            {"code": code, "state": "x"},
            {"code": code},
            {"state": state},
            {"error": "denied"},
        ):
            begun = server.signed_in(board.get("/login").headers["location"], {"preferred": "M1"})
            refused = board.get("/login/done", params=wrong)
            assert (refused.status_code, 'href="/login"' in refused.text) == (403, True)
            assert begun
        out = board.get("/login?back=//evil.example/x").headers["location"]
        code, state = server.signed_in(out, {"preferred": "M1"})
        done = board.get("/login/done", params={"code": code, "state": state})
        assert (done.status_code, done.headers["location"]) == (303, "/")
        assert board.get("/login/done", params={"code": code, "state": state}).status_code == 403
        part = other.get("/", headers={"HX-Request": "true"})
        assert (part.status_code, part.headers["hx-redirect"]) == (200, "/login")


def test_a_token_counts_for_this_board_this_attempt_and_now(opened: Open, server: Server) -> None:
    wrong: list[dict[str, Any]] = [
        {"aud": "another-client"},
        {"iss": "https://login.example.com"},
        {"nonce": "of another attempt"},
        {"exp": int(time.time()) - 600},
        {"preferred": ""},
        {"aud": [CLIENT, "other"], "azp": "other"},
    ]
    with opened("oidc") as board:
        for claims in wrong:
            server.change = lambda good, claims=claims: {**good, **claims}  # type: ignore[misc]
            assert sign_in(board, server, {"preferred": "M1"}).status_code == 403, claims
            assert board.get("/signals").status_code == 303
    server.change = lambda good: good
    with opened("oidc", claim="email") as board:
        # Anybody may have typed it.
        who = {"email": "M1", "email_verified": False}
        assert sign_in(board, server, who).status_code == 403
        assert sign_in(board, server, {"email": "M1"}).status_code == 303


def test_a_token_counts_by_the_provider_s_own_key(opened: Open, server: Server) -> None:
    with opened("oidc") as board:
        server.signing = server.stranger
        assert sign_in(board, server, {"preferred": "M1"}).status_code == 403
        # The provider takes a new key: its keys are read again.
        server.key = server.stranger
        assert sign_in(board, server, {"preferred": "M1"}).status_code == 303
    with opened("oidc") as board:
        with_own_secret(server)
        assert sign_in(board, server, {"preferred": "M1"}).status_code == 403
    with opened("oidc", at="http://127.0.0.1:9") as board:
        assert board.get("/login").status_code == 503


def test_wecom_and_feishu(opened: Open, server: Server) -> None:
    with opened("wecom") as board:
        out = board.get("/login").headers["location"]
        parts = urlsplit(out)
        assert parts.path == "/wwlogin/sso/login"
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        assert (query["login_type"], query["appid"], query["agentid"]) == ("CorpApp", CLIENT, "1")
        assert query["redirect_uri"] == f"{HOST}/login/done"
        assert sign_in(board, server, {"userid": "sun"}).status_code == 303
        assert "孙经理" in board.get("/signals").text
    with opened("wecom") as board:
        # Somebody from outside the company has no userid; a code is good once.
        assert sign_in(board, server, {"openid": "o1"}).status_code == 403
        assert sign_in(board, server, {"userid": "M1"}).status_code == 403
        board.get("/login")
        state = parse_qs(urlsplit(board.get("/login").headers["location"]).query)["state"][0]
        assert board.get("/login/done", params={"code": "code0", "state": state}).status_code == 403
    with opened("wecom", people="ids") as board:
        assert sign_in(board, server, {"userid": "M1"}).status_code == 303
        assert "孙经理" in board.get("/signals").text
    with opened("feishu") as board:
        out = board.get("/login").headers["location"]
        assert urlsplit(out).path == "/open-apis/authen/v1/authorize"
        assert sign_in(board, server, {"open_id": "ou_sun", "union_id": "on"}).status_code == 303
        assert "孙经理" in board.get("/signals").text
    with opened("feishu") as board:
        assert sign_in(board, server, {"open_id": "ou_other"}).status_code == 403


def test_faults_of_the_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "board.yml"
    for written in (
        "auth: {mode: sign_in}",
        "auth: {mode: sign_in, address: https://b.example.com}",
        "auth: {mode: sign_in, address: http://b.example.com, oidc: {issuer: https://i.example.com, client_id: c, client_secret: '${S}'}}",
        "auth: {mode: sign_in, address: https://b.example.com, oidc: {issuer: https://i.example.com, client_id: c, client_secret: open}}",
    ):
        path.write_text(written)
        problems: list[Problem] = []
        read_board(path, problems)
        assert len(problems) == 1, written
