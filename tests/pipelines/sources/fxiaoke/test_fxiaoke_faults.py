"""What goes wrong on the way: tokens, limits, broken answers."""

from __future__ import annotations

import pytest
from fxiaoke_source import DEAL, Tenant, page_of
from simulators.fxiaoke import FxiaokeSimulator

from pipelines.failures import PermanentFailure, TransientFailure

SMALL = {"page_size": 4}
QUERY = "v2/data/query"


def logins(simulator: FxiaokeSimulator) -> int:
    return len(simulator.asked("/oauth2.0/token"))


# Tokens ------------------------------------------------------------------------------------------


def test_one_token_serves_a_whole_load(deals: Tenant) -> None:
    deals.load(**SMALL)
    assert logins(deals.simulator) == 1
    for seen in deals.simulator.asked("/cgi/"):
        assert seen.request.headers["x-fs-userid"] == "1000"
        assert seen.request.headers["x-fs-ea"] == "demo001"
    traces = [seen.request.query["thirdTraceId"] for seen in deals.simulator.seen]
    assert len(set(traces)) == len(traces)


def test_a_token_that_dies_is_renewed_once(deals: Tenant) -> None:
    deals.simulator.on_page = lambda simulator, page: page == 3 and simulator.end_tokens()
    deals.load(**SMALL)
    assert deals.seen() == deals.expected()
    assert logins(deals.simulator) == 2


def test_one_refusal_of_a_living_token_is_answered_by_one_login(deals: Tenant) -> None:
    deals.simulator.codes.append(20016)
    deals.load()
    assert deals.seen() == deals.expected()
    assert logins(deals.simulator) == 2


def test_a_token_is_renewed_before_it_ends(deals: Tenant) -> None:
    deals.simulator.life = 1_000

    def slow(simulator: FxiaokeSimulator, page: int) -> None:
        simulator.advance(200)

    deals.simulator.on_page = slow
    deals.load(**SMALL)
    assert deals.seen() == deals.expected()
    assert logins(deals.simulator) > 1
    assert 20016 not in deals.simulator.refused


def test_a_login_that_gives_dead_tokens_ends_the_load(deals: Tenant) -> None:
    deals.simulator.life = 0
    with pytest.raises(PermanentFailure, match="20016"):
        deals.load()
    assert logins(deals.simulator) == 2


def test_a_wrong_secret_is_tried_once(deals: Tenant) -> None:
    deals.simulator.secrets["appSecret"] = "changed-secret"
    with pytest.raises(PermanentFailure, match="10006") as caught:
        deals.load()
    assert "app_secret" in str(caught.value)
    assert "sim-secret" not in str(caught.value)
    assert logins(deals.simulator) == 1


# Limits ------------------------------------------------------------------------------------------


def test_the_tenants_limit_is_kept_before_it_is_told(deals: Tenant) -> None:
    deals.simulator.per_20_seconds = 20
    deals.load(page_size=1, calls_per_20_seconds=20)
    assert deals.slept
    assert 30004 not in deals.simulator.refused
    assert deals.seen() == deals.expected()


def test_too_many_calls_wait_for_twenty_seconds(deals: Tenant) -> None:
    deals.simulator.per_20_seconds = 10  # others use the same addresses
    deals.load(**SMALL)
    assert 20.0 in deals.slept
    assert deals.seen() == deals.expected()


def test_too_many_calls_for_long_end_the_load(deals: Tenant) -> None:
    deals.simulator.codes.extend([30004] * 50)
    with pytest.raises(TransientFailure, match="30004") as caught:
        deals.load()
    assert "calls_per_20_seconds" in str(caught.value)


def test_a_days_calls_used_up_end_the_load_at_once(deals: Tenant) -> None:
    deals.simulator.codes.append(30002)
    with pytest.raises(TransientFailure, match="midnight"):
        deals.load()
    assert len(deals.simulator.asked("/cgi/")) == 1


def test_the_own_budget_ends_the_load(deals: Tenant) -> None:
    for _ in range(60):
        deals.simulator.put(DEAL, owner="1000")
    deals.simulator.advance(1)
    with pytest.raises(TransientFailure, match="allowance"):
        deals.load(day_call_budget=100, page_size=1)


# Answers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [-1, -2, 50009, "50009"])
def test_busy_is_repeated(deals: Tenant, code: int | str) -> None:
    deals.simulator.codes.extend([code, code])
    deals.load()
    assert deals.seen() == deals.expected()


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (20005, "permanent_code"),
        (20017, "no company"),
        (20014, "可见范围"),
        (20021, "enable the app"),
        (30003, "quota pack"),
        (15003, "interface"),
    ],
)
def test_a_refusal_of_the_source_stops_with_what_to_do(deals: Tenant, code: int, word: str) -> None:
    deals.simulator.codes.extend([code] * 10)
    with pytest.raises(PermanentFailure) as caught:
        deals.load()
    assert str(code) in str(caught.value)
    assert word in str(caught.value)
    assert deals.loads == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 503},
        {"kind": "cut"},
        {"kind": "reset"},
        {"kind": "html"},
        {"kind": "gzip"},
        {"kind": "body", "body": b"{}"},
        {"kind": "body", "body": b"null"},
    ],
    ids=lambda fault: f"{fault['kind']}-{fault.get('status', '')}",
)
def test_a_broken_answer_is_asked_for_again(deals: Tenant, fault: dict) -> None:
    deals.simulator.faults.add(path=QUERY, after=4, **fault)
    deals.load(**SMALL)
    assert deals.simulator.faults.injected == 1
    assert deals.seen() == deals.expected()


def test_success_may_be_a_text(deals: Tenant) -> None:
    deals.simulator.faults.add(
        "body", path=QUERY, after=4, body=page_of(deals, 0, 4).replace(b": 0,", b': "0",', 1)
    )
    deals.load(**SMALL)
    assert deals.seen() == deals.expected()


def test_one_record_in_place_of_a_list_is_no_empty_list(deals: Tenant) -> None:
    body = b'{"errorCode":0,"data":{"_id":"1","name":"x"}}'
    deals.simulator.faults.add("body", path=QUERY, after=4, body=body)
    with pytest.raises(PermanentFailure, match="dataList"):
        deals.load(**SMALL)


def test_a_redirect_names_the_wrong_host(deals: Tenant) -> None:
    deals.simulator.faults.add("redirect", location="/error.html", times=10)
    with pytest.raises(PermanentFailure, match="redirected"):
        deals.load()


def test_a_server_that_stays_down_leaves_no_load(deals: Tenant) -> None:
    deals.simulator.faults.add("status", path=QUERY, status=500, after=6, times=100)
    with pytest.raises(TransientFailure):
        deals.load(**SMALL)
    assert deals.loads == []
    deals.simulator.faults.clear()
    deals.load(**SMALL)
    assert deals.seen() == deals.expected()
