"""The simulator walked by a reader that shares no code with the connector, as the manual says.

There is no packaged official client of 简道云; this one is the standard library and the three rules of
its paging: the last `_id` as `data_id`, 100 a page, an empty page at the end.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pandas as pd
import pytest
from jiandaoyun_tenant import Tenant
from simulators.jiandaoyun import JiandaoyunSimulator
from simulators.jiandaoyun_company import APP, FORMS


def post(simulator: JiandaoyunSimulator, path: str, body: dict[str, Any]) -> dict[str, Any]:
    request = Request(
        f"{simulator.url}/api{path}",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {simulator.key}", "Content-Type": "application/json"},
    )
    with build_opener(ProxyHandler({})).open(request) as reply:
        return json.load(reply)


def walk(simulator: JiandaoyunSimulator, entry_id: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    body: dict[str, Any] = {"app_id": APP, "entry_id": entry_id, "limit": 100}
    while page := post(simulator, "/v5/app/entry/data/list", body)["data"]:
        rows += page
        body["data_id"] = page[-1]["_id"]
    return rows


def test_both_readers_find_the_same_records(
    filled: Tenant, company: dict[str, pd.DataFrame]
) -> None:
    filled.load()
    for entity, (entry_id, *_) in FORMS.items():
        walked = walk(filled.simulator, entry_id)
        raw = filled.rows(entity)
        key = "record_id" if entity == "targets" else next(iter(raw[0]))
        assert [row["_id"] for row in walked] == sorted(row[key] for row in raw)
        assert len(walked) == len(company[entity])
    deals = {row["_id"]: row for row in walk(filled.simulator, FORMS["opportunities"][0])}
    amount = filled.simulator.form_named("商机").widget("预计金额（元）")["name"]
    for row in filled.rows("opportunities"):
        found = deals[row["opportunity_id"]]
        assert found["charger"]["username"] == row["owner_id"]
        assert found["sale_stage"]["name"] == row["stage"]
        assert float(found[amount]) == float(row["amount"])


def test_the_simulator_keeps_the_manuals_defaults(filled: Tenant) -> None:
    entry = FORMS["opportunities"][0]
    where = {"app_id": APP, "entry_id": entry}
    path = "/v5/app/entry/data/list"
    first = post(filled.simulator, path, where)["data"]
    assert len(first) == 10
    assert len(post(filled.simulator, path, {**where, "limit": 500})["data"]) == 100
    shown = post(filled.simulator, path, {**where, "limit": 1, "fields": ["charger"]})["data"][0]
    assert set(shown) <= {"_id", "appId", "entryId", "charger"}
    one = post(filled.simulator, "/v5/app/entry/data/get", {**where, "data_id": first[3]["_id"]})
    assert one["data"] == first[3]
    with pytest.raises(HTTPError) as refused:
        post(filled.simulator, path, {**where, "limit": 0})
    assert refused.value.code == 400
    assert json.load(refused.value)["code"] == 1
