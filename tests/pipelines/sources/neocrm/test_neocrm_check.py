"""`forewarn check` of 销售易, secrets that may be seen nowhere, and a reader of another make."""

from __future__ import annotations

import logging
from pathlib import Path

import httpx
import pytest
from neocrm_source import Tenant, seen_deals

from pipelines.failures import Failure
from pipelines.raw_zone.zone import RawZone
from pipelines.sources.protocol import Finding


def finding(found: list[Finding], subject: str) -> Finding:
    return next(item for item in found if str(item.subject).endswith(subject))


def test_a_tenant_that_is_well(filled: Tenant) -> None:
    found = filled.connector().check()
    assert found[0].ok
    assert "logged in" in str(found[0].text)
    assert str(finding(found, ": opportunity").text).startswith("120 records")
    assert str(finding(found, ": history of stages").text) == "can be read"
    # The settings of this test know other stages.
    stages = finding(found, ": stages")
    assert not stages.ok
    assert "方案报价" in str(stages.text)
    assert "stages.csv" in str(stages.next_step)


def test_what_is_missing_is_told_with_what_to_grant(filled: Tenant) -> None:
    simulator = filled.simulator
    simulator.tenant.hidden |= {("opportunity", "saleStageId"), ("account", "industryId")}
    simulator.tenant.forbidden |= {"order", "account"}
    simulator.no_history = True
    found = filled.connector().check()
    deal = finding(found, ": opportunity")
    assert not deal.ok
    assert "saleStageId" in str(deal.text) or "read access" in str(deal.next_step)
    assert not finding(found, ": account").ok
    assert "read access to account" in str(finding(found, ": account").next_step)
    assert finding(found, ": order").ok  # a company may not use it
    assert "field tracking" in str(finding(found, ": history of stages").next_step)


@pytest.mark.parametrize("fault", ["password", "down", "unset"])
def test_a_check_never_raises(deals: Tenant, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if fault == "password":
        deals.simulator.password = "other"
    elif fault == "down":
        deals.simulator.faults.add("status", status=503, times=100)
    else:
        monkeypatch.delenv("NEO_SECRET")
    (only,) = deals.connector().check()
    assert not only.ok
    assert only.next_step
    if fault == "unset":
        assert "NEO_SECRET" in str(only.text)


def test_no_secret_is_seen_anywhere(
    deals: Tenant, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    simulator = deals.simulator
    deals.zone = RawZone(tmp_path / "raw", tmp_path / "dlt")  # dlt writes files and logs of its own
    secrets = [
        simulator.client_secret,
        simulator.password,
        simulator.security_token,
        simulator.client_id,
        "sim-secret-token",
        "sim-secret-refresh",
    ]
    caplog.set_level(logging.DEBUG)
    said = []
    simulator.throttle(1)
    deals.load()
    glued = simulator.password + simulator.security_token
    told = f'{{"error":"invalid_grant","error_description":"{glued} is wrong"}}'
    code = f'{{"code":"9","msg":"{simulator.client_secret} may not do that"}}'
    for details in (
        {"path": "token", "kind": "status", "status": 400, "body": told.encode()},
        {"path": "xoql", "kind": "status", "body": glued.encode()},
        {"path": "xoql", "kind": "body", "body": code.encode()},
    ):
        simulator.faults.clear()
        simulator.faults.add(times=100, **details)
        with pytest.raises(Failure) as caught:
            deals.load()
        said.append(str(caught.value))
        said += [str(item) for item in deals.connector().check()]
    said.append(caplog.text)
    for path in deals.zone.root.rglob("*"):
        if path.is_file():
            said.append(path.read_bytes().decode("latin-1"))
    assert len(said) > 10
    for secret in secrets:
        assert not [text for text in said if secret in text], secret


def test_a_plain_reader_sees_the_same_rows(deals: Tenant) -> None:
    """No kept client exists for Python, so the vendor's calls are made by hand, without our layer."""
    simulator = deals.simulator
    deals.load()
    with httpx.Client(base_url=simulator.url) as http:
        form = {
            "grant_type": "password",
            "client_id": simulator.client_id,
            "client_secret": simulator.client_secret,
            "username": simulator.username,
            "password": simulator.password + simulator.security_token,
        }
        token = http.post("/auc/oauth2/token", data=form).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        found, locator = {}, ""
        while True:
            page = http.post(
                "/rest/data/v2.0/query/xoqlScroll",
                headers=headers,
                data={
                    "xoql": "select id,opportunityName,money,updatedAt from opportunity",
                    "batchCount": "4",
                    "queryLocator": locator,
                },
            ).json()
            assert str(page["code"]) == "200"
            for row in page["data"]["records"]:
                found[row["id"]] = (row["opportunityName"], row["money"], row["updatedAt"])
            locator = page.get("queryLocator") or ""
            if not locator:
                break
    assert found == seen_deals(deals)
