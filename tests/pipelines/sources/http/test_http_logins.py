"""A refused login is tried once: not again in the run, nor in later ones until it changes."""

from __future__ import annotations

import json

import pytest
from simulators.server import Response, Simulator

from pipelines.configuration.sources import Source
from pipelines.failures import TransientFailure
from pipelines.sources.http import (
    FixedAuth,
    LoginMemory,
    LoginRefused,
    ReadOnlyClient,
    Refusal,
    RetryPolicy,
    Token,
    TokenAuth,
    Verdict,
)

QUICK = RetryPolicy(tries=3, base=0.001, cap=0.002)


class Gate(Simulator):
    """Lets in who knows the password, and keeps the rows behind it."""

    password, dead, status = "right", False, 400

    def answer(self, request):
        if request.path == "/login":
            if request.json["password"] == self.password:
                return Response.of_json({"token": "token-1"})
            return Response.of_json({"error": "invalid_grant"}, status=self.status)
        if self.dead or request.headers.get("authorization") != "Bearer token-1":
            return Response.of_json({"error": "expired"}, status=401)
        return Response.of_json({"rows": []})


@pytest.fixture
def gate():
    with Gate() as running:
        yield running


def judge(reply):
    content = reply.json_or_none()
    if reply.where.endswith("/login") and reply.status == 400 and isinstance(content, dict):
        return Verdict("permanent", content["error"], "check the password", content["error"])
    return None


def source_of(gate, password):
    return Source(
        name="crm", system="zoho", base_url=gate.url, auth={"user": "u", "password": password}
    )


def client_of(gate, source, memory):
    def fetch(client):
        body = {"password": source.secret("password")}
        reply = client.post_json("/login", body, authorised=False, tried="Could not log in to crm")
        return Token(reply.json["token"])

    return ReadOnlyClient(
        gate.url,
        name="crm",
        allowed=[("POST", "/login"), ("GET", "/rows")],
        auth=TokenAuth(fetch, memory=memory),
        judge=judge,
        retry=QUICK,
    )


def logins(gate):
    return len(gate.asked("/login"))


def rows(gate, password, folder, **details):
    source = source_of(gate, password)
    with client_of(gate, source, LoginMemory(source, folder, **details)) as client:
        return client.get_json("/rows").json


def test_one_refusal_one_message_no_further_try(gate, tmp_path):
    source = source_of(gate, "wrong")
    with client_of(gate, source, LoginMemory(source, tmp_path)) as client:
        messages = set()
        for _ in range(8):
            with pytest.raises(LoginRefused) as caught:
                client.get_json("/rows")
            messages.add(str(caught.value))
    assert logins(gate) == 1
    assert len(messages) == 1
    # Nobody may take it for an object that is not there.
    assert not isinstance(caught.value, Refusal)


def test_the_next_nights_do_not_try_either(gate, tmp_path):
    for _ in range(3):
        with pytest.raises(LoginRefused) as caught:
            rows(gate, "wrong", tmp_path)
    assert logins(gate) == 1
    assert "invalid_grant" in str(caught.value)
    assert "check the password" in str(caught.value)
    assert "forewarn check" in str(caught.value)


def test_another_secret_is_tried_and_forgives(gate, tmp_path):
    with pytest.raises(LoginRefused):
        rows(gate, "wrong", tmp_path)
    assert rows(gate, "right", tmp_path) == {"rows": []}
    gate.password = "wrong"
    assert rows(gate, "wrong", tmp_path) == {"rows": []}


def test_a_person_may_try_once_more(gate, tmp_path):
    with pytest.raises(LoginRefused):
        rows(gate, "wrong", tmp_path)
    with pytest.raises(LoginRefused):
        rows(gate, "wrong", tmp_path, once_more=True)
    assert logins(gate) == 2
    gate.password = "wrong"  # the account was unlocked
    rows(gate, "wrong", tmp_path, once_more=True)
    rows(gate, "wrong", tmp_path)


def test_the_secret_is_not_on_the_disk(gate, tmp_path):
    with pytest.raises(LoginRefused):
        rows(gate, "wrong-and-secret", tmp_path)
    (kept,) = (tmp_path / "logins").iterdir()
    text = kept.read_text(encoding="utf-8")
    assert "wrong-and-secret" not in text
    assert kept.stat().st_mode & 0o077 == 0
    # Two refusals of one secret do not look the same: each has a salt of its own.
    with pytest.raises(LoginRefused):
        rows(gate, "wrong-and-secret", tmp_path, once_more=True)
    again = json.loads(kept.read_text(encoding="utf-8"))
    assert again["fingerprint"] != json.loads(text)["fingerprint"]


@pytest.mark.parametrize("status", [403, 404])
def test_a_proxys_page_says_nothing_about_the_secret(gate, tmp_path, status):
    gate.status = status
    with pytest.raises(LoginRefused):
        rows(gate, "wrong", tmp_path)
    gate.password = "wrong"
    assert rows(gate, "wrong", tmp_path) == {"rows": []}


def test_a_server_that_is_down_is_no_refusal(gate, tmp_path):
    gate.status = 503
    with pytest.raises(TransientFailure):
        rows(gate, "wrong", tmp_path)
    assert not (tmp_path / "logins").exists()


def test_a_fresh_token_that_is_refused_ends_it(gate, tmp_path):
    gate.dead = True
    source = source_of(gate, "right")
    with client_of(gate, source, LoginMemory(source, tmp_path)) as client:
        for _ in range(5):
            with pytest.raises(LoginRefused):
                client.get_json("/rows")
    assert logins(gate) == 2


def test_a_key_that_is_refused_is_not_sent_again(gate, tmp_path):
    source = source_of(gate, "key")
    for _ in range(3):
        memory = LoginMemory(source, tmp_path)
        auth = FixedAuth({"Authorization": "Bearer a-wrong-key"}, memory=memory)
        with ReadOnlyClient(
            gate.url, name="crm", allowed=[("GET", "/rows")], auth=auth, retry=QUICK
        ) as client:
            for _ in range(3):
                with pytest.raises(LoginRefused):
                    client.get_json("/rows")
    assert len(gate.asked("/rows")) == 1


def test_a_damaged_file_stops_nothing(gate, tmp_path):
    (tmp_path / "logins").mkdir()
    (tmp_path / "logins" / "crm.json").write_bytes(b"\xff{half")
    assert rows(gate, "right", tmp_path) == {"rows": []}
