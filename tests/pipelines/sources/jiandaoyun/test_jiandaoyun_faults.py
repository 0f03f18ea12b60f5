"""Bad answers of 简道云: what is tried again, what ends the load, and that nothing secret is told."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from jiandaoyun_tenant import Tenant, extract_of
from simulators.jiandaoyun import JiandaoyunSimulator
from simulators.server import as_json

from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.sources.jiandaoyun.api import READ_PATHS

TOO_OFTEN = as_json({"code": 8303, "msg": "超出请求频率限制"})


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 400, "body": TOO_OFTEN, "times": 3},
        {"kind": "status", "status": 429, "times": 2},
        {"kind": "status", "status": 500, "times": 2},
        {"kind": "html", "status": 502, "times": 2},
        {"kind": "html", "times": 1},
        {"kind": "cut", "times": 2},
        {"kind": "reset", "times": 1},
        {"kind": "gzip", "times": 1},
        {"kind": "body", "body": b'{"code": 0}', "times": 1},
    ],
    ids=lambda fault: f"{fault['kind']}-{fault.get('status', '')}",
)
def test_what_can_pass_is_tried_again_and_nothing_is_lost(
    deals: Tenant, fault: dict[str, Any]
) -> None:
    ids = {deals.deal(number) for number in range(130)}
    deals.simulator.faults.add(path="data/list", after=3, **fault)
    report = deals.load()
    assert deals.simulator.faults.injected == fault["times"]
    assert set(deals.latest("opportunities", "opportunity_id")) == ids
    assert extract_of(report, "opportunities").rows == 130
    assert max(deals.waits, default=0) <= 30


def test_a_limit_is_kept_before_the_system_refuses(deals: Tenant) -> None:
    ids = {deals.deal(number) for number in range(40)}
    deals.simulator.most_per_second = 12
    deals.waits_really = True
    deals.load(page_size=10, requests_per_second=10)
    assert set(deals.latest("opportunities", "opportunity_id")) == ids
    assert {item.status for item in deals.simulator.seen} == {200}
    assert len(deals.simulator.seen) > 12


@pytest.mark.parametrize(("status", "code"), [(400, 8302), (400, 8301), (401, 8302), (403, 17025)])
def test_a_bad_key_ends_the_load_at_once_and_names_where_the_key_stands(
    deals: Tenant, status: int, code: int
) -> None:
    deals.simulator.key = "another"
    deals.simulator.gives_key_error = (status, code)
    with pytest.raises(PermanentFailure, match="JDY_KEY") as failure:
        deals.load()
    assert "密钥管理" in str(failure.value)
    assert len(deals.simulator.seen) == 1
    (finding,) = deals.connector().check()
    assert (str(finding.subject), finding.ok) == ("login", False)


def test_an_unknown_refusal_ends_the_load_with_its_code_and_text(deals: Tenant) -> None:
    body = as_json({"code": 17005, "msg": "套餐已到期"})
    deals.simulator.faults.add("status", path="data/list", after=2, status=400, body=body)
    deals.deal(1)
    with pytest.raises(PermanentFailure, match="17005, 套餐已到期"):
        deals.load()
    assert deals.zone.completed_loads("jdy") == []


def test_a_page_that_comes_again_ends_the_load(deals: Tenant) -> None:
    for number in range(250):
        deals.deal(number)
    pages: list[bytes] = []

    def repeat(simulator: JiandaoyunSimulator) -> None:
        # A proxy that gives the answer of the page before.
        asked = simulator.seen[-1].request
        pages.append(simulator.answer(asked).body)
        simulator.faults.add("body", path="data/list", body=pages[0])

    deals.simulator.faults.add("call", path="data/list", after=3, action=repeat)
    with pytest.raises(TransientFailure, match="not in the order of ids"):
        deals.load()
    assert deals.zone.completed_loads("jdy") == []


def test_a_broken_load_leaves_no_trace_and_the_next_one_has_all(deals: Tenant) -> None:
    ids = {deals.deal(number) for number in range(130)}
    fault = deals.simulator.faults.add("status", path="data/list", after=3, times=99, status=503)
    with pytest.raises(TransientFailure, match="6 tries"):
        deals.load()
    assert deals.zone.completed_loads("jdy") == []
    fault.times = 0
    deals.load()
    assert set(deals.latest("opportunities", "opportunity_id")) == ids


def test_an_alias_set_while_pages_come_ends_the_load(deals: Tenant) -> None:
    for number in range(150):
        deals.deal(number)
    deals.simulator.faults.add(
        "call",
        path="data/list",
        after=3,
        action=lambda s: s.set_alias("商机", "预计金额（元）", "amount_x"),
    )
    with pytest.raises(TransientFailure, match="changed while it was read"):
        deals.load()
    deals.load()
    assert all(row["amount"] for row in deals.rows("opportunities"))


def test_nothing_but_listed_paths_is_called(filled: Tenant) -> None:
    filled.load()
    filled.connector().check()
    asked = {(item.request.method, item.request.path) for item in filled.simulator.seen}
    assert asked == {("POST", f"/api{path}") for path in READ_PATHS}
    api = filled.connector()._api()
    for path in ("/v5/app/entry/data/create", "/v5/app/entry/data/batch_delete"):
        with pytest.raises(PermanentFailure, match="only reads"):
            api.client.post_json(path, {})
    assert not filled.simulator.asked("data/create")


def test_the_key_is_told_nowhere(
    deals: Tenant, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    key = deals.simulator.key
    deals.deal(1)
    echo = as_json({"code": 8303, "msg": f"Bearer {key} calls too often"})
    deals.simulator.faults.add("status", path="data/list", status=400, body=echo, times=2)
    report = deals.load()
    body = as_json({"code": 999, "msg": f"no such thing for {key}"})
    deals.simulator.faults.add("status", path="data/list", status=400, body=body, times=99)
    with pytest.raises(PermanentFailure) as failure:
        deals.load()
    findings = deals.connector().check()
    told = [str(failure.value), repr(failure.value), caplog.text, repr(report), repr(findings)]
    told.append(repr(deals.connector()._source))
    for path in tmp_path.rglob("*"):
        if path.is_file():
            told.append(path.read_bytes().decode("latin-1"))
    assert not [text for text in told if key in text]
    assert "***" in str(failure.value)


def test_a_number_that_is_text_is_read_and_nonsense_goes_to_the_quarantine(deals: Tenant) -> None:
    good = deals.deal(1, **{"预计金额（元）": "12,500.50"})
    bad = deals.deal(2, **{"预计金额（元）": "一万"})
    ownerless = deals.deal(3, 负责人=None)
    report = deals.load()
    rows = deals.latest("opportunities", "opportunity_id")
    assert str(rows[good]["amount"]) == "12500.50000000"
    assert {(item.address, item.column) for item in report.rejections} == {
        (bad, "amount"),
        (ownerless, "owner_id"),
    }
    extract = extract_of(report, "opportunities")
    assert (extract.rows, extract.rejected_rows, extract.source_rows) == (1, 2, 3)
    assert json.loads(str(extract.cursor))["extra"]["ids"] == 3
