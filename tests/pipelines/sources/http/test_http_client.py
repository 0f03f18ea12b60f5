"""The client against a real server: what it sends, repeats, refuses and never shows."""

from __future__ import annotations

import datetime as dt

import httpx
import pytest
from simulators.server import Response, Simulator

from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.sources.http import (
    FixedAuth,
    Limiter,
    Rate,
    ReadOnlyClient,
    Redactor,
    Refusal,
    RetryPolicy,
    Timeouts,
    Token,
    TokenAuth,
    Verdict,
)
from pipelines.sources.http.replies import Reply
from pipelines.sources.http.retrying import retry_after
from pipelines.sources.http.rules import verdict_of_break


class Echo(Simulator):
    """Answers with what it was asked."""

    def answer(self, request):
        if request.path == "/login":
            self.number = getattr(self, "number", 0) + 1
            return Response.of_json({"token": f"token-number-{self.number}"})
        if request.path == "/coded":
            return Response.of_json({"code": int(request.query.get("code", 0)), "rows": []})
        return Response.of_json({"query": dict(request.query), "rows": [1]})


@pytest.fixture
def server():
    with Echo() as running:
        yield running


@pytest.fixture
def client_of(server):
    made = []

    def make(**details):
        details.setdefault("retry", RetryPolicy(tries=3, base=0.001, cap=0.002, longest_wait=5))
        allowed = [("GET", "/rows"), ("GET", "/coded"), ("POST", "/login"), ("GET", "/moved")]
        made.append(ReadOnlyClient(server.url, name="crm", allowed=allowed, **details))
        return made[-1]

    yield make
    for client in made:
        client.close()


def test_a_reply_comes_back_checked(client_of):
    reply = client_of().get_json("/rows", params={"a": 1, "none": None}, expect={"rows": list})
    assert reply.json == {"query": {"a": "1"}, "rows": [1]}
    assert reply.where.endswith("/rows")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0", 0.0), ("Fri, 30 Oct 2026 18:00:30 GMT", 30.0), ("soon", None), (None, None)],
)
def test_retry_after_is_a_number_or_a_date(value, seconds):
    assert retry_after(value, dt.datetime(2026, 10, 30, 18, tzinfo=dt.UTC)) == seconds


def test_the_wait_that_a_system_asks_for_is_kept(server, client_of):
    waits = []
    server.faults.add("status", status=429, headers={"Retry-After": "3"})
    client_of(sleep=waits.append).get_json("/rows")
    assert waits == [3.0]


def test_waits_grow_and_end(server, client_of):
    waits = []
    server.faults.add("status", status=500, times=9)
    policy = RetryPolicy(tries=5, base=1, cap=3, spread=lambda: 1.0)
    with pytest.raises(TransientFailure, match="5 tries"):
        client_of(sleep=waits.append, retry=policy).get_json("/rows")
    assert waits == [1.0, 2.0, 3.0, 3.0]
    assert len(server.seen) == 5


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_what_cannot_succeed_is_not_repeated(server, client_of, status):
    server.faults.add("status", status=status)
    with pytest.raises(Refusal) as caught:
        client_of().get_json("/rows")
    assert caught.value.status == status
    assert len(server.seen) == 1


@pytest.mark.parametrize("kind", ["stall", "drip"])
def test_a_slow_body_ends_in_time(server, client_of, kind):
    server.faults.add(kind, seconds=0.3, times=9)
    quick = Timeouts(connect=1, read=0.2 if kind == "stall" else 5, whole=0.5)
    with pytest.raises(TransientFailure, match="in time"):
        client_of(timeouts=quick).get_json("/rows")


def test_a_body_beyond_all_measure_is_not_read(server, client_of):
    server.faults.add("body", body=b"[" + b" " * 10_000 + b"]", times=9)
    with pytest.raises(PermanentFailure, match="larger than"):
        client_of(max_body=1000).get_json("/rows")


def test_nobody_there_is_transient():
    nobody = "http://127.0.0.1:9"  # the discard port, on which nothing listens
    policy = RetryPolicy(tries=2, base=0.001)
    client = ReadOnlyClient(nobody, name="crm", allowed=[("GET", ".*")], retry=policy)
    with client, pytest.raises(TransientFailure, match="no connection"):
        client.get_json("/rows")


@pytest.mark.parametrize(
    ("location", "cause"),
    [
        ("http://evil.example/rows", "another host"),
        ("/elsewhere", "only reads"),
        ("/../rows/../secret", "only reads"),
        ("/moved", "circle"),
    ],
)
def test_redirects_lead_nowhere_else(server, client_of, location, cause):
    server.faults.add("redirect", location=location, times=99)
    with pytest.raises((PermanentFailure, TransientFailure), match=cause):
        client_of().get_json("/moved")
    assert {item.request.path for item in server.seen} == {"/moved"}


def test_a_redirect_on_the_list_is_followed(server, client_of):
    server.faults.add("redirect", path="moved", location="/rows?x=1")
    assert client_of().get_json("/moved").json["query"] == {"x": "1"}


@pytest.mark.parametrize(
    ("action", "failure", "asked"),
    [
        ("permanent", PermanentFailure, 1),
        ("transient", TransientFailure, 1),
        ("retry", TransientFailure, 3),
    ],
)
def test_a_system_may_judge_errors_that_come_with_200(server, client_of, action, failure, asked):
    def judge(reply):
        content = reply.json_or_none()
        return Verdict(action, "code 9", code="9") if content["code"] == 9 else None

    client = client_of(judge=judge)
    client.get_json("/coded")
    with pytest.raises(failure, match="code 9"):
        client.get_json("/coded", params={"code": 9})
    assert len(server.seen) == 1 + asked


def token_auth(**details) -> TokenAuth:
    def fetch(client):
        return Token(client.post_form("/login", {"who": "me"}).json["token"], **details)

    return TokenAuth(fetch)


def test_a_token_is_fetched_once_and_renewed_once(server, client_of):
    client = client_of(auth=token_auth())
    for _ in range(3):
        client.get_json("/rows")
    assert len(server.asked("/login")) == 1
    server.faults.add("status", status=401)
    client.get_json("/rows")
    assert len(server.asked("/login")) == 2
    assert server.seen[-1].request.headers["authorization"] == "Bearer token-number-2"
    server.faults.add("status", path="rows", status=401, times=9)
    with pytest.raises(PermanentFailure, match="401"):
        client.get_json("/rows")
    assert len(server.asked("/login")) == 3


def test_a_token_that_dies_while_a_request_waits_is_renewed_again(server, client_of):
    client = client_of(auth=token_auth())
    for status in (401, 503, 401):
        server.faults.add("status", path="rows", status=status)
    assert client.get_json("/rows").json["rows"] == [1]
    assert len(server.asked("/login")) == 3
    for status in (401, 503, 401, 401):
        server.faults.add("status", path="rows", status=status)
    with pytest.raises(PermanentFailure, match="401"):
        client.get_json("/rows")


def test_a_token_is_renewed_before_it_ends(server, client_of):
    now = [0.0]
    auth = TokenAuth(
        lambda client: Token(client.post_form("/login", {}).json["token"], lives_for=600),
        clock=lambda: now[0],
    )
    client = client_of(auth=auth)
    for moment, logins in [(0, 1), (500, 1), (541, 2)]:
        now[0] = moment
        client.get_json("/rows")
        assert len(server.asked("/login")) == logins


def test_a_token_may_not_lead_to_another_host(client_of):
    client = client_of(auth=token_auth(base_url="https://evil.example"), hosts=("*.crm.example",))
    with pytest.raises(PermanentFailure, match="another host"):
        client.get_json("/rows")


def test_a_fixed_key_is_sent_and_not_shown(server, client_of):
    server.faults.add("status", status=403, body=b"Bearer key-12345 is not known", times=9)
    client = client_of(auth=FixedAuth({"Authorization": "Bearer key-12345"}))
    with pytest.raises(PermanentFailure) as caught:
        client.get_json("/rows")
    assert "key-12345" not in str(caught.value)
    assert server.seen[0].request.headers["authorization"] == "Bearer key-12345"


@pytest.mark.parametrize(
    "text",
    [
        '{"access_token": "abc123xyz"}',
        "client_secret=abc123xyz&x=1",
        "Authorization: Bearer abc123xyz",
        "<b>password</b>: abc123xyz",
        "?corpAccessToken=abc123xyz",
    ],
)
def test_what_looks_secret_is_blanked(text):
    assert "abc123xyz" not in Redactor().excerpt(text.encode())


def test_limits_are_kept_before_they_are_refused():
    now, waits = [0.0], []

    def sleep(seconds):
        waits.append(seconds)
        now[0] += seconds

    limiter = Limiter(Rate(2, 1.0), Rate(3, 60.0), clock=lambda: now[0], sleep=sleep)
    moments = []
    for _ in range(5):
        limiter.acquire()
        moments.append(now[0])
    for start in moments:
        assert sum(start <= moment < start + 1 for moment in moments) <= 2
        assert sum(start <= moment < start + 60 for moment in moments) <= 3
    assert moments[:2] == [0.0, 0.0]
    daily = Limiter(Rate(1, 86400.0), clock=lambda: now[0], sleep=sleep)
    daily.acquire()
    with pytest.raises(TransientFailure, match="allowance"):
        daily.acquire()


def test_a_secret_inside_a_sentence_is_hidden_in_every_language():
    client = ReadOnlyClient(
        "https://crm.example.com",
        name="crm",
        allowed=[("GET", r"/x")],
        judge=lambda reply: None,
        redactor=Redactor("topsecretvalue"),
    )
    verdict = verdict_of_break(httpx.ConnectError("no route for topsecretvalue"))
    failure = client._failure("Could not read", Reply(0, {}, b"", "here"), verdict)
    for language in ("en", "zh"):
        told = failure.told.into(language)
        assert "topsecretvalue" not in told
        assert "no route for" in told
