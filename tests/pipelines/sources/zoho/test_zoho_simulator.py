"""The simulator itself keeps the rules that the connector has to live with."""

from __future__ import annotations

import httpx
import pytest
from simulators.zoho_company import canonical_id, zoho_id


@pytest.fixture
def ask(simulator):
    token = httpx.post(
        f"{simulator.url}/oauth/v2/token",
        data={"grant_type": "refresh_token", **simulator.auth()},
    ).json()["access_token"]
    http = httpx.Client(
        base_url=f"{simulator.url}/crm/v8", headers={"Authorization": f"Zoho-oauthtoken {token}"}
    )
    yield lambda path, **kwargs: http.get(path, **kwargs)
    http.close()


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "REQUIRED_PARAM_MISSING"),
        ({"fields": ",".join(f"f{n}" for n in range(51))}, "LIMIT_EXCEEDED"),
        ({"fields": "Stage", "page": "11"}, "DISCRETE_PAGINATION_LIMIT_EXCEEDED"),
        ({"fields": "Stage", "page": "2", "page_token": "x"}, "AMBIGUITY_DURING_PROCESSING"),
        ({"fields": "Stage", "page_token": "foreign"}, "TOKEN_BOUND_DATA_MISMATCH"),
    ],
)
def test_get_records_refuses_with_a_code(ask, params, code):
    reply = ask("/Deals", params=params)
    assert (reply.status_code, reply.json()["code"]) == (400, code)


def test_a_page_token_is_bound_to_its_parameters_and_its_day(simulator, ask):
    params = {"fields": "Stage", "per_page": "2"}
    token = ask("/Deals", params=params).json()["info"]["next_page_token"]
    other = ask("/Deals", params={**params, "fields": "Amount", "page_token": token})
    assert other.json()["code"] == "TOKEN_BOUND_DATA_MISMATCH"
    simulator.advance(25 * 3600)
    late = ask("/Deals", params={**params, "page_token": token})
    assert late.json()["code"] == "EXPIRED_VALUE"


def test_lists_start_with_the_newest_id_unless_asked_otherwise(simulator, ask):
    ids = [row["id"] for row in ask("/Deals", params={"fields": "Stage"}).json()["data"]]
    assert ids == sorted(ids, key=int, reverse=True)


def test_nothing_has_no_body(simulator, ask):
    nothing = ask("/Leads", params={"fields": "Full_Name"})
    unchanged = ask(
        "/Deals",
        params={"fields": "Stage"},
        headers={"If-Modified-Since": simulator.clock.isoformat()},
    )
    assert (nothing.status_code, nothing.content) == (204, b"")
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_the_filter_includes_its_second(simulator, ask, deal):
    row = simulator.org.records["Deals"][deal(6)]
    headers = {"If-Modified-Since": row["Modified_Time"].isoformat()}
    found = ask("/Deals", params={"fields": "Stage"}, headers=headers).json()["data"]
    assert [item["id"] for item in found] == [deal(6)]


def test_offsets_change_with_the_seasons_within_one_page(simulator, ask):
    simulator.put("Deals", Deal_Name="Winter", Stage="Proposal", Owner="1")
    simulator.advance(30 * 86_400)
    simulator.put("Deals", Deal_Name="Later", Stage="Proposal", Owner="1")
    rows = ask("/Deals", params={"fields": "Modified_Time"}).json()["data"]
    assert {row["Modified_Time"][-6:] for row in rows} == {"+01:00", "+02:00"}


@pytest.mark.parametrize(("converted", "names"), [(None, {"No"}), ("both", {"No", "Yes"})])
def test_converted_leads_hide_by_default(simulator, ask, converted, names):
    simulator.put("Leads", Full_Name="No", Converted__s=False)
    simulator.put("Leads", Full_Name="Yes", Converted__s=True)
    params = {"fields": "Full_Name", **({"converted": converted} if converted else {})}
    assert {row["Full_Name"] for row in ask("/Leads", params=params).json()["data"]} == names


def test_bearer_is_no_scheme_and_the_sixteenth_token_ends_the_first(simulator):
    simulator.tokens_allowed = 100
    given = [
        httpx.post(
            f"{simulator.url}/oauth/v2/token",
            data={"grant_type": "refresh_token", **simulator.auth()},
        ).json()["access_token"]
        for _ in range(16)
    ]

    def status(scheme, token):
        headers = {"Authorization": f"{scheme} {token}"}
        return httpx.get(f"{simulator.url}/crm/v8/org", headers=headers).status_code

    assert status("Bearer", given[-1]) == 401
    assert status("Zoho-oauthtoken", given[-1]) == 200
    assert status("Zoho-oauthtoken", given[0]) == 401


def test_rows_of_a_deleted_deal_lose_their_parent(simulator, ask, deal):
    simulator.delete("Deals", deal(0))
    params = {"fields": "Potential_Name,Stage"}
    parents = [r["Potential_Name"] for r in ask("/DealHistory", params=params).json()["data"]]
    assert parents.count(None) == 1


def test_ids_of_the_sample_can_be_read_back():
    for name in ("OPP0000553", "S1001", "A00000001"):
        assert canonical_id(zoho_id(name)) == name
        assert zoho_id(name).isdigit()
