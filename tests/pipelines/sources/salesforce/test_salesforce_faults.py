"""Networks and servers going wrong: what is repeated, what stops, what is never taken for data."""

from __future__ import annotations

import pytest

from pipelines.failures import PermanentFailure, TransientFailure

QUERY = r"/queryAll|/query/|/jobs/|describe"


def loaded_deals(night) -> set[str]:
    return set(night.alive("opportunity", "Opportunity"))


@pytest.mark.parametrize(
    ("kind", "details"),
    [
        ("status", {"status": 500}),
        (
            "status",
            {"status": 503, "headers": {"Content-Type": "text/html"}, "body": b"<h1>Busy</h1>"},
        ),
        ("status", {"status": 429, "headers": {"Retry-After": "0.01"}}),
        ("status", {"status": 420}),
        ("html", {}),
        ("cut", {}),
        ("reset", {}),
        ("gzip", {}),
        ("body", {"body": b"{}", "times": 1}),
        ("body", {"body": b'{"records": [', "times": 2}),
    ],
    ids=lambda value: str(value)[:40],
)
@pytest.mark.parametrize("bulk_from", [0, 10**6], ids=["bulk", "rest"])
def test_a_fault_that_passes_loses_nothing(night, small_org, kind, details, bulk_from):
    night.options["bulk_from"] = bulk_from
    simulator = night.simulator
    simulator.faults.add(kind, path="(queryAll|results)$", after=3, **{"times": 2, **details})
    night.load()
    assert simulator.faults.injected >= 1
    assert loaded_deals(night) == set(small_org["deals"])
    assert len(night.rows("opportunity")) == 5


@pytest.mark.parametrize(
    ("kind", "details", "failure", "said"),
    [
        ("status", {"status": 500}, TransientFailure, r"HTTP 500.*4 tries"),
        (
            "status",
            {"status": 503, "headers": {"Retry-After": "86400"}},
            TransientFailure,
            "86400 s",
        ),
        ("html", {}, TransientFailure, "no JSON but text/html"),
        ("cut", {}, TransientFailure, "cut off"),
        ("body", {"body": b"{}"}, PermanentFailure, "another shape: no 'records'"),
        ("body", {"body": b"null"}, PermanentFailure, "another shape: an object expected, null"),
        ("body", {"body": b"[]"}, PermanentFailure, "another shape"),
        (
            "redirect",
            {"location": "http://elsewhere.example/services/data/v66.0/queryAll?q=1"},
            PermanentFailure,
            r"Refused to call another host.*http://elsewhere.example/services/data/v66.0/queryAll\)",
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_fault_that_stays_stops_the_load_and_leaves_nothing(
    night, small_org, kind, details, failure, said
):
    night.simulator.faults.add(kind, path="queryAll$", after=6, times=10**6, **details)
    with pytest.raises(failure, match=said) as caught:
        night.load()
    assert "?" not in str(caught.value)
    assert night.raw_zone.completed_loads("crm") == []
    # The next night recovers by itself.
    night.simulator.faults.clear()
    night.load()
    assert loaded_deals(night) == set(small_org["deals"])


@pytest.mark.parametrize("bulk_from", [0, 10**6], ids=["bulk", "rest"])
def test_a_session_that_ends_half_way_costs_one_login(night, small_org, bulk_from):
    night.options["bulk_from"] = bulk_from
    night.simulator.faults.add(
        "call", path="(queryAll|results)$", after=4, action=lambda sim: sim.expire_tokens()
    )
    night.load()
    assert len(night.simulator.asked("/oauth2/token")) == 2
    assert loaded_deals(night) == set(small_org["deals"])


def test_sessions_that_end_at_once_are_no_reason_to_log_in_for_ever(night, small_org):
    night.simulator.token_life = 0
    with pytest.raises(PermanentFailure, match="INVALID_SESSION_ID"):
        night.load()
    assert len(night.simulator.asked("/oauth2/token")) == 2


@pytest.mark.parametrize(
    ("secret", "said", "step"),
    [
        ("wrong-secret", "invalid_client", "client_secret"),
        ("sim-client-secret", None, None),
    ],
)
def test_wrong_credentials_are_tried_once(night, small_org, monkeypatch, secret, said, step):
    monkeypatch.setenv("SIM_SF_CLIENT_SECRET", secret)
    if said is None:
        night.load()
        return
    with pytest.raises(PermanentFailure, match=said) as caught:
        night.load()
    assert step in str(caught.value.next_step)
    assert secret not in str(caught.value)
    assert len(night.simulator.asked("/oauth2/token")) == 1


def test_a_cursor_that_the_org_drops_is_asked_anew(night, small_org):
    night.simulator.page_sizes = (2,)
    night.simulator.faults.add(
        "call", path=r"/query/01g", after=1, action=lambda sim: sim.drop_locators()
    )
    night.load()
    assert loaded_deals(night) == set(small_org["deals"])
    assert len(night.rows("opportunity")) == 5


def test_pages_that_go_round_in_a_circle_stop_the_load(night, small_org):
    simulator = night.simulator
    simulator.page_sizes = (2,)
    answer = simulator._page
    simulator._page = lambda name, start: answer(name, 0 if start == 2 else start)
    with pytest.raises(TransientFailure, match=r"(same page came twice|leads back)"):
        night.load()


@pytest.mark.parametrize("way", ["failed", "refused"])
def test_what_bulk_cannot_do_is_read_the_ordinary_way(night, small_org, way):
    night.options["bulk_from"] = 0
    night.simulator.bulk_fails = way == "failed"
    night.simulator.no_bulk = {"Opportunity"} if way == "refused" else set()
    night.load()
    assert loaded_deals(night) == set(small_org["deals"])
    assert len(night.rows("opportunity")) == 5


def test_a_query_that_is_too_slow_is_cut_into_halves_and_both_are_read(night, small_org):
    night.load()
    simulator = night.simulator
    made = []
    for _ in range(6):
        simulator.advance(3600)
        made.append(simulator.put("Account", Name="New", OwnerId=small_org["anna"]))
    simulator.advance(3600)
    answer = simulator._query

    def slow(request, version, *, deleted):
        soql = request.query["q"]
        if "FROM Account WHERE SystemModstamp >=" in soql and "COUNT" not in soql:
            simulator.slow = getattr(simulator, "slow", 0) + 1
            if simulator.slow in (1, 3):
                from simulators.salesforce import _error

                return _error(400, "QUERY_TIMEOUT", "Your query request was running for too long.")
        return answer(request, version, deleted=deleted)

    simulator._query = slow
    night.load()
    assert simulator.slow == 5
    assert set(night.alive("account", "Account")) == {small_org["account"], *made}


def test_nothing_can_be_written(night):
    from pipelines.sources.http import Outgoing
    from pipelines.sources.salesforce.options import Options
    from pipelines.sources.salesforce.queries import Org

    org = Org(night.connector.source, Options())
    for method, path in [
        ("POST", "sobjects/Opportunity"),
        ("PATCH", "sobjects/Opportunity/006"),
        ("DELETE", "jobs/query/750"),
        ("GET", "../v66.0/tooling/query"),
        ("POST", "composite"),
    ]:
        with pytest.raises(PermanentFailure, match="only reads"):
            org.client.send(Outgoing(method, org.path(path)), authorised=False)
    assert night.simulator.seen == []
