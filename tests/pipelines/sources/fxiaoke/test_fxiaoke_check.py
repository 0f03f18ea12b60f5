"""`forewarn check` of 纷享销客, secrets that may be seen nowhere, and a reader of another make."""

from __future__ import annotations

import logging
import uuid
from pathlib import Path

import httpx
import pytest
from fxiaoke_source import DEAL, Tenant

from pipelines.failures import Failure
from pipelines.raw_zone.zone import RawZone
from pipelines.sources.protocol import Finding


def finding(found: list[Finding], subject: str) -> Finding:
    return next(item for item in found if str(item.subject).endswith(subject))


def test_a_tenant_that_is_well(filled: Tenant) -> None:
    found = filled.connector().check()
    assert (found[0].ok, str(found[0].text)) == (True, "logged in")
    deal = finding(found, f": {DEAL}")
    assert (deal.ok, str(deal.text)) == (True, "120 records")
    assert str(finding(found, ": PersonnelObj").text) == "15 records"
    # The settings of this test know other stages; a deal that ended stands in its status.
    stages = finding(found, ": stages")
    assert not stages.ok
    assert "方案报价" in str(stages.text)
    assert "赢单" in str(stages.text)
    assert "进行中" not in str(stages.text)
    assert "stages.csv" in str(stages.next_step)
    # Beside counts, one query as the load will ask it, for the first records alone.
    (query,) = filled.queries(DEAL)
    assert (query["limit"], query["offset"], query["filters"]) == (50, 0, [])
    assert {"amount", "sales_stage"} <= set(query["fieldProjection"])


def test_what_is_missing_is_told_with_what_to_grant(filled: Tenant) -> None:
    simulator = filled.simulator
    simulator.hidden |= {(DEAL, "sales_stage"), (DEAL, "owner"), ("SalesOrderObj", "delivery_date")}
    simulator.forbidden |= {"LeadsObj", "AccountObj"}
    simulator.hidden_rows.add("PersonnelObj")
    found = filled.connector().check()
    deal = finding(found, f": {DEAL}")
    assert not deal.ok
    assert "字段权限" in str(deal.next_step)
    account = finding(found, ": AccountObj")
    assert not account.ok
    assert "没有AccountObj权限" in str(account.text)
    assert "user_id" in str(account.next_step)
    leads = finding(found, ": LeadsObj")
    assert leads.ok  # a company may not use it
    assert str(leads.text).startswith("not shown")
    order = finding(found, ": SalesOrderObj")
    assert "without delivery_date" in str(order.text)
    people = finding(found, ": PersonnelObj")
    assert "address book" in str(people.text)
    assert "share PersonnelObj" in str(people.next_step)


def test_two_modules_of_opportunities_are_told(deals: Tenant) -> None:
    deals.simulator.define("OpportunityObj", {"owner": {"type": "employee"}})
    both = finding(deals.connector().check(), ": opportunities")
    assert not both.ok
    assert f"{DEAL} is read" in str(both.text)
    assert "opportunity_object" in str(both.next_step)
    assert finding(deals.connector(opportunity_object=DEAL).check(), ": opportunities").ok


def test_a_tenant_that_does_not_count(deals: Tenant) -> None:
    deals.simulator.counts = False
    assert "not counted" in str(finding(deals.connector().check(), f": {DEAL}").text)


@pytest.mark.parametrize("fault", ["secret", "down", "unset", "whitelist"])
def test_a_check_never_raises(deals: Tenant, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if fault == "secret":
        deals.simulator.secrets["appSecret"] = "other"
    elif fault == "down":
        deals.simulator.faults.add("status", status=503, times=100)
    elif fault == "unset":
        monkeypatch.delenv("FXIAOKE_SECRET")
    else:
        body = b'{"errorCode":12345,"errorMessage":"ip is not allowed"}'
        deals.simulator.faults.add("body", path="token", body=body, times=10)
    (only,) = deals.connector().check()
    assert not only.ok
    assert only.next_step
    if fault == "unset":
        assert "FXIAOKE_SECRET" in str(only.text)
    if fault == "whitelist":
        assert "IP whitelist" in str(only.next_step)


def test_no_secret_is_seen_anywhere(
    deals: Tenant, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    simulator = deals.simulator
    caplog.set_level(logging.DEBUG)
    zone = RawZone(tmp_path / "raw", tmp_path / "dlt")
    simulator.codes.extend([30004, 20016])
    zone.load("fx", "fxiaoke", deals.connector(), now=simulator.clock)
    token = simulator.token
    secrets = ["sim-secret", "sim-perm", token]
    said = []
    bad = b'{"errorCode":10006,"errorDescription":"appSecret sim-secret, code sim-perm is illegal"}'
    told = f'{{"errorCode":77,"errorMessage":"{token} may not do that"}}'.encode()
    for details in (
        {"path": "token", "kind": "body", "body": bad},
        {"path": "token", "kind": "status", "status": 400, "body": bad},
        {"path": "query", "kind": "body", "body": told},
        {"path": "query", "kind": "status", "body": told + bad},
    ):
        simulator.faults.clear()
        simulator.faults.add(times=100, **details)
        with pytest.raises(Failure) as caught:
            deals.load()
        said.append(str(caught.value))
        assert "thirdTraceId" not in said[-1]
        said += [f"{item.text} {item.next_step}" for item in deals.connector().check()]
    said.append(caplog.text)
    said += [p.read_bytes().decode("latin-1") for p in zone.root.rglob("*") if p.is_file()]
    assert len(said) > 20
    for secret in secrets:
        assert not [text for text in said if secret in text], secret


def test_a_plain_reader_sees_the_same_rows(deals: Tenant) -> None:
    """No kept client exists for Python, so the vendor's calls are made by hand, without our layer."""
    simulator = deals.simulator
    deals.load()
    found: dict[str, tuple[object, ...]] = {}
    with httpx.Client(base_url=simulator.url) as http:
        login = {**simulator.secrets, "grantType": "app_secret"}
        given = http.post("/oauth2.0/token", json=login).json()
        assert given["errorCode"] == 0
        headers = {
            "authorization": f"Bearer {given['accessToken']}",
            "x-fs-ea": given["ea"],
            "x-fs-userid": "1000",
        }
        for offset in (0, 10, 20):
            body = {
                "data": {
                    "dataObjectApiName": DEAL,
                    "search_query_info": {
                        "limit": 10,
                        "offset": offset,
                        "filters": [],
                        "orders": [{"fieldName": "_id", "isAsc": True}],
                        "fieldProjection": ["name", "amount", "last_modified_time"],
                    },
                }
            }
            answer = http.post(
                "/cgi/crm/v2/data/query",
                params={"thirdTraceId": str(uuid.uuid4())},
                headers=headers,
                json=body,
            )
            for row in answer.json()["data"]["dataList"]:
                found[row["_id"]] = (row["name"], float(row["amount"]), row["last_modified_time"])
    seen = {key: (name, float(amount), at) for key, (name, amount, at) in deals.seen().items()}
    assert found == seen
    assert len(found) == 25
