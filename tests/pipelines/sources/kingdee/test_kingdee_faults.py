"""A simulated site that ends sessions, throttles, breaks off or refuses: what is told, what is kept."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import httpx
import pytest
from kingdee_site import extract_of
from simulators.kingdee import error
from simulators.server import as_json

from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.raw_zone.zone import RawZone
from pipelines.sources.kingdee.login import sign
from pipelines.sources.kingdee.site import ALLOWED
from pipelines.sources.protocol import Extract, in_both

ORDERS, DEALS = "SAL_SaleOrder", "CRM_OPP_Opportunity"
QUERY = "ExecuteBillQuery"
DAY = 86_400


def test_the_signature_is_that_of_the_vendors_vector():
    assert (
        sign(
            "60a1b2c3d4e5f6",
            "bi_reader",
            "123456_AbCdEfGhIjKlMnOpQrStUvWxYz012345",
            "0123456789abcdef0123456789abcdef",
            "1790000000",
        )
        == "dce1b45a86c6ebfcdc0500f3f97a5359dd4c7f96205f6eaca313cfc406aa7198"
    )


def test_a_lost_session_is_renewed_once_and_a_minute_later(night, small_site):
    night.simulator.calls_per_session = 40
    report = night.load()
    assert extract_of(report, "sale_order").rows == 7
    logins = night.simulator.asked("LoginBySign")
    assert len(logins) >= 2
    assert sum(wait > 50 for wait in night.slept) == len(logins) - 1
    # A dead cookie must not go along with a new login.
    assert all("cookie" not in seen.request.headers for seen in logins)


def test_a_session_that_dies_at_once_ends_the_run(night, small_site):
    night.simulator.calls_per_session = 0
    with pytest.raises(PermanentFailure, match="another program"):
        night.load()
    assert len(night.simulator.asked("LoginBySign")) == 2
    assert night.raw_zone.completed_loads("erp") == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"app_secret": "f" * 32}, "app_secret"),
        ({"users": set()}, "第三方系统登录授权"),
    ],
    ids=["secret", "user"],
)
def test_a_refused_login_is_not_tried_again(night, small_site, change, told):
    for name, value in change.items():
        setattr(night.simulator, name, value)
    with pytest.raises(PermanentFailure, match=told):
        night.load()
    assert len(night.simulator.asked("AuthService")) == 1


def test_the_secret_itself_for_old_sites(night, small_site):
    night.options["login"] = "app_secret"
    night.load()
    assert night.simulator.asked("LoginByAppSecret")


@pytest.mark.parametrize(
    ("kind", "details"),
    [
        ("body", {"body": as_json([[error(14, "调用次数超限")]]), "times": 3}),
        ("body", {"body": as_json([[error("13", "网络控制冲突")]]), "times": 3}),
        ("body", {"body": as_json([error(6, "数据库异常")]), "times": 2}),
        ("body", {"body": as_json(error(4, "异常")), "times": 2}),
        ("body", {"body": as_json([[]])}),
        ("status", {"status": 519, "body": as_json({"errcode": 4006})}),
        ("status", {"status": 503}),
        ("status", {"status": 429, "headers": {"Retry-After": "7"}}),
        ("html", {"status": 502}),
        ("cut", {}),
        ("reset", {}),
        ("gzip", {}),
    ],
)
def test_what_passes_is_tried_again(night, small_site, kind, details):
    night.simulator.faults.add(kind, path=QUERY, after=5, **details)
    report = night.load()
    assert night.simulator.faults.injected == details.get("times", 1)
    assert len(night.alive("sale_order")) == extract_of(report, "sale_order").source_rows == 7


def test_a_limit_is_waited_out_three_times_only(night, small_site):
    body = as_json([[error(14, "调用次数超限")]])
    night.simulator.faults.add("body", path=QUERY, body=body, times=99)
    with pytest.raises(TransientFailure, match="MsgCode 14"):
        night.load()
    assert night.slept.count(60.0) == 3


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (as_json([[error(2, "没有权限")]]), "查询权限"),
        (as_json([[error(7, "许可")]]), "licensed"),
        (as_json([[error(15, "管理员")]]), "Administrator"),
        (as_json({"Message": "元数据中标识为FX的字段不存在"}), "FX"),
        (as_json([{"FieldName": "a", "Message": "字段不存在", "DIndex": 0}]), "options.forms"),
        (b"response_error:boom", "boom"),
        (as_json([[error(99, "未知")]]), "MsgCode 99"),
    ],
)
def test_an_error_never_passes_for_rows(night, small_site, body, told):
    night.simulator.faults.add("body", path=QUERY, after=3, body=body)
    with pytest.raises(PermanentFailure, match=told):
        night.load()
    assert night.raw_zone.completed_loads("erp") == []


def test_a_gateway_that_refuses(night, small_site):
    body = as_json({"errcode": 4002})
    night.simulator.faults.add("status", path=QUERY, status=519, body=body)
    with pytest.raises(PermanentFailure, match="4002"):
        night.load()


def test_a_repeated_page_is_noticed(night, small_site):
    simulator = night.simulator
    simulator.cap = 3
    simulator.forms = {
        name: form
        for name, form in simulator.forms.items()
        if name in (ORDERS, "BD_Department", "BD_Customer")
    }
    night.options["forms"] = {}
    night.load()
    orders = sorted(simulator.forms[ORDERS].records)
    told = simulator.forms[ORDERS].records
    page = as_json([[n, None, "C", "B", "A", told[n]["FBillAllAmount"]] for n in orders[:3]])
    simulator.advance(DAY)
    queries = [
        i for i, s in enumerate(simulator.asked(QUERY)) if b'"SAL_SaleOrder"' in s.request.body
    ]
    # The first of them tries the query, the second begins to read the keys.
    simulator.faults.add("body", path=QUERY, after=queries[2], body=page)
    with pytest.raises(TransientFailure, match="leads back"):
        night.load()


def test_a_missing_module_is_an_empty_table_with_a_remark(night, small_site):
    night.simulator.forms["CRM_OPP_Clue"].hidden = True
    night.simulator.forms["CRM_ACTIVITY"].forbidden = True
    report = night.load()
    assert str(extract_of(report, "clue").message) == "CRM_OPP_Clue: it is not on this site"
    assert (
        in_both(extract_of(report, "clue").message, extract_of(report, "clue").message_zh)[1]
        == "CRM_OPP_Clue：此站点没有这个表单"
    )
    assert "no right" in str(extract_of(report, "activity").message)
    assert (
        "没有查询这个表单的权限"
        in in_both(
            extract_of(report, "activity").message, extract_of(report, "activity").message_zh
        )[1]
    )
    assert extract_of(report, "sale_order").rows == 7


@pytest.mark.parametrize("form", [ORDERS, DEALS], ids=["needed", "read-before"])
def test_a_right_that_is_lost_stops_the_load(night, small_site, form):
    night.load()
    night.simulator.forms[form].forbidden = True
    night.simulator.advance(DAY)
    with pytest.raises(PermanentFailure, match=f"right to query {form}"):
        night.load()


def test_bad_cells_are_rejected_one_by_one(night, small_site):
    number = small_site["orders"][2]
    night.simulator.edit(ORDERS, number, {"FDate": "gestern"})
    report = night.load()
    assert [(r.address, r.column) for r in report.rejections] == [(str(number), "ordered_at")]
    done = extract_of(report, "sale_order")
    assert (done.rows, done.rejected_rows, done.source_rows) == (6, 1, 7)


def test_types_in_the_header_are_not_trusted(night, small_site):
    night.simulator.plain_types = True
    assert extract_of(night.load(), "sale_order").rows == 7


def test_a_check_in_an_administrators_words(night, small_site):
    night.simulator.forms[ORDERS].forbidden = True
    night.simulator.forms["CRM_OPP_Clue"].hidden = True
    found = {str(item.subject): item for item in night.connector.check()}
    assert "logged in as bi_reader to 示例账套" in str(found["erp"].text)
    assert (found[f"erp: {ORDERS}"].ok, str(found[f"erp: {ORDERS}"].next_step)) == (
        False,
        f"grant bi_reader 查询 on {ORDERS}",
    )
    assert found["erp: CRM_OPP_Clue"].ok
    assert str(found[f"erp: {DEALS}"].text).startswith("5 records")
    assert "赢单" in str(found["erp: stages"].text)


def test_a_check_without_a_login(night):
    night.simulator.users = set()
    (finding,) = night.connector.check()
    assert not finding.ok
    assert "第三方系统登录授权" in str(finding.next_step)


def test_only_reading_paths_are_on_the_list(night):

    prefix = "/k3cloud/Kingdee.BOS.WebApi.ServicesStub.DynamicFormService."
    for name in ("Save", "Submit", "Audit", "Delete", "Push", "ExecuteBillQuery/../Save"):
        path = f"{prefix}{name}.common.kdsvc"
        assert not any(re.fullmatch(pattern, path) for _, pattern in ALLOWED)
    assert any(re.fullmatch(p, f"{prefix}{QUERY}.common.kdsvc") for _, p in ALLOWED)


def test_no_secret_is_left_anywhere(night, small_site, caplog, tmp_path):
    night.zone_kind = RawZone  # dlt writes files and logs of its own
    simulator = night.simulator
    caplog.set_level(logging.DEBUG)
    night.load()
    simulator.advance(DAY)
    echo = f"denied for {simulator.app_secret} and {simulator.app_id}"
    simulator.faults.add("status", path=QUERY, status=503, body=echo.encode(), times=99)
    with pytest.raises(TransientFailure) as failed:
        night.load()
    simulator.faults.clear()
    simulator.faults.add("body", path="AuthService", body=as_json({"Message": echo}))
    (finding,) = night.connector.check()
    session = simulator.asked(QUERY)[0].request.headers["kdservice-sessionid"]
    told = [str(failed.value), repr(failed.value), str(finding.text), str(finding.next_step)]
    told.append(caplog.text)
    written = [p.read_bytes() for p in Path(tmp_path).rglob("*") if p.is_file()]
    for secret in (simulator.app_secret, simulator.app_id, session):
        assert not any(secret in text for text in told)
        assert not any(secret.encode() in content for content in written)
    assert "denied for" in str(failed.value)


@pytest.mark.parametrize("envelope", ["data", "parameters", "form"])
def test_the_simulator_takes_all_three_envelopes(simulator, small_site, envelope):
    root = f"{simulator.base_url}Kingdee.BOS.WebApi.ServicesStub."
    app = [simulator.acct_id, simulator.user_name, simulator.app_id, simulator.app_secret, 2052]

    query = {
        "FormId": ORDERS,
        "FieldKeys": "FID",
        "OrderString": "FID ASC",
        "StartRow": 1,
        "Limit": 9,
    }
    query["TopRowCount"] = 3  # the last row, not the length of the page
    with httpx.Client(trust_env=False) as http:
        name = f"{root}AuthService.LoginByAppSecret.common.kdsvc"
        login = http.post(name, json={"parameters": app}).json()
        headers = {"kdservice-sessionid": login["KDSVCSessionId"]}
        body = {
            "data": {"json": {"data": query}},
            "parameters": {"json": {"parameters": [json.dumps(query)]}},
            "form": {"data": {"data": json.dumps(query)}},
        }[envelope]
        name = f"{root}DynamicFormService.ExecuteBillQuery.common.kdsvc"
        rows = http.post(name, headers=headers, **body).json()
    assert rows == [[number] for number in small_site["orders"][1:3]]


def test_an_extract_can_be_repeated_without_loading(night, small_site):
    first, second = night.extract(), night.extract()
    assert first == second
    assert all(isinstance(item, Extract) for item in first.values())
