"""An independent client, simple-salesforce, sees in the simulator what the connector loads."""

from __future__ import annotations

import csv
import io
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce
from simple_salesforce.bulk2 import SFBulk2Handler


class ToLoopback(HTTPAdapter):
    """The client insists on https; its requests are sent to the simulator instead."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._place = urlsplit(url)

    def send(self, request, **kwargs):
        parts = urlsplit(request.url)
        place = (self._place.scheme, self._place.netloc, parts.path, parts.query, "")
        request.url = urlunsplit(place)
        return super().send(request, **kwargs)


@pytest.fixture
def client(simulator, small_org) -> Salesforce:
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", ToLoopback(simulator.url))
    return Salesforce(
        consumer_key=simulator.client_id,
        consumer_secret=simulator.client_secret,
        domain="acme.my",
        session=session,
        version="66.0",
    )


FIELDS = "Id, Name, AccountId, OwnerId, StageName, Amount, CloseDate, SystemModstamp, IsDeleted"


def test_the_client_reads_the_same_rows(client, night, small_org):
    night.simulator.delete("Opportunity", small_org["deals"][4])
    night.simulator.page_sizes = (2,)
    night.simulator.advance(60)
    night.load()
    asked = client.query_all(f"SELECT {FIELDS} FROM Opportunity", include_deleted=True)
    theirs = {row["Id"]: row for row in asked["records"]}
    ours = {row["id"]: row for row in night.rows("opportunity")}
    assert asked["totalSize"] == len(theirs) == 5
    assert set(theirs) == set(ours)
    for key, row in theirs.items():
        mine = ours[key]
        assert mine["name"] == row["Name"]
        assert mine["stage_name"] == row["StageName"]
        assert float(mine["amount"]) == row["Amount"]
        assert mine["close_date"].isoformat() == row["CloseDate"]
        assert f"{mine['system_modstamp']:%Y-%m-%dT%H:%M:%S}.000+0000" == row["SystemModstamp"]
        assert mine["_deleted"] == row["IsDeleted"]


def test_the_client_reads_the_same_rows_in_bulk(client, night, small_org):
    night.options["bulk_from"] = 0
    night.load()
    handler: SFBulk2Handler = client.bulk2
    sets = list(handler.Opportunity.query(f"SELECT {FIELDS} FROM Opportunity", max_records=2))
    theirs = {row["Id"]: row for text in sets for row in csv.DictReader(io.StringIO(text))}
    ours = {row["id"]: row for row in night.rows("opportunity")}
    assert len(sets) == 3
    assert set(theirs) == set(ours)
    for key, row in theirs.items():
        assert (ours[key]["name"], f"{float(ours[key]['amount'])}") == (row["Name"], row["Amount"])


def test_the_client_logs_in_again_and_sees_deletions(client, night, small_org):
    import datetime as dt

    simulator = night.simulator
    simulator.purge("Opportunity", small_org["deals"][0])
    simulator.expire_tokens()
    start = simulator.clock - dt.timedelta(hours=2)
    found = client.Opportunity.deleted(start, simulator.clock + dt.timedelta(minutes=1))
    assert [row["id"] for row in found["deletedRecords"]] == [small_org["deals"][0]]
    assert len(simulator.asked("/oauth2/token")) == 2


def test_the_client_is_refused_what_the_org_refuses(client, simulator):
    from simple_salesforce.exceptions import SalesforceMalformedRequest

    simulator.org.hidden.add("Opportunity.Amount")
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_FIELD"):
        client.query("SELECT Amount FROM Opportunity")
    described = {field["name"] for field in client.Account.describe()["fields"]}
    assert {"Id", "Name", "BillingAddress"} <= described
