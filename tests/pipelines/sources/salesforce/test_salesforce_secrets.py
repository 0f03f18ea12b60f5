"""Planted secrets turn up nowhere: not in logs, errors, findings, or any file of a load."""

from __future__ import annotations

import logging
import traceback

import pytest
from Crypto.PublicKey import RSA

from pipelines.failures import Failure
from pipelines.raw_zone.zone import RawZone

PLANTED = "pl4nted-S3cret/+="


@pytest.mark.parametrize("fault", ["none", "echo", "login", "cut"])
def test_planted_secrets_turn_up_nowhere(night, small_org, monkeypatch, caplog, fault):
    caplog.set_level(logging.DEBUG)
    night.zone_kind = RawZone  # dlt writes files and logs of its own
    simulator = night.simulator
    simulator.client_secret = PLANTED
    monkeypatch.setenv("SIM_SF_CLIENT_SECRET", PLANTED)
    token = "secret-token"
    said = []
    if fault == "login":
        body = f'{{"error": "invalid_client", "error_description": "no: {PLANTED}"}}'.encode()
        simulator.faults.add(
            "status", path="token", status=400, body=body,
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
    elif fault == "echo":
        # A server that repeats the request in its error, as debugging gateways do.
        body = f"<p>Authorization: Bearer 00Dsim!000001.{token}; secret {PLANTED}</p>".encode()
        simulator.faults.add("html", path="queryAll", status=502, body=body, times=100, after=3)
    elif fault == "cut":
        simulator.faults.add("cut", path="queryAll", times=100, after=3)
    try:
        night.load()
        assert fault == "none"
    except Failure as failure:
        said.append("".join(traceback.format_exception(failure)))
        assert fault != "none"
    said += [str(finding) for finding in night.connector.check()]
    said += [record.getMessage() for record in caplog.records]
    said += [str(record.args) for record in caplog.records]
    for text in said:
        assert PLANTED not in text
        assert token not in text
    for path in night.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert PLANTED.encode() not in content
            assert token.encode() not in content
    # The secrets were really used.
    assert simulator.asked("/oauth2/token")[0].request.form["client_secret"] == PLANTED


def test_a_signed_login_shows_neither_key_nor_statement(night, small_org, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    key = RSA.generate(2048)
    monkeypatch.setenv("SIM_SF_KEY", key.export_key().decode())
    night.auth = {
        "client_id": "sim-client-id", "username": "bot@x.example", "private_key": "${SIM_SF_KEY}",
    }  # fmt: skip
    night.load()
    form = night.simulator.asked("/oauth2/token")[0].request.form
    assert form["grant_type"].endswith("jwt-bearer")
    import jwt

    claims = jwt.decode(
        form["assertion"],
        key.public_key().export_key(),
        algorithms=["RS256"],
        audience="https://login.salesforce.com",
    )
    assert (claims["iss"], claims["sub"]) == ("sim-client-id", "bot@x.example")
    assert isinstance(claims["exp"], int)
    assert not any(form["assertion"] in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(
    "key", ["nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"]
)
def test_a_key_that_is_none_is_told_without_showing_it(night, monkeypatch, key):
    monkeypatch.setenv("SIM_SF_KEY", key)
    night.auth = {"client_id": "a", "username": "b", "private_key": "${SIM_SF_KEY}"}
    with pytest.raises(Failure, match="no RSA private key") as caught:
        night.load()
    assert key not in str(caught.value)
