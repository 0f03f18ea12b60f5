"""What goes wrong on the way: tokens, limits, broken pages, moving rows, rights, changed fields."""

from __future__ import annotations

import json

import pytest
from neocrm_source import Tenant, extract_of, seen_deals
from simulators.neocrm import NeocrmSimulator

from pipelines.configuration.sources import Source
from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.sources.neocrm import NeocrmConnector
from pipelines.sources.neocrm.tenant import Tenant as Asking
from pipelines.sources.protocol import in_both

DAY = 86_400
SMALL = {"scroll_size": 4, "page_size": 4}


def logins(simulator: NeocrmSimulator) -> int:
    return len(simulator.asked("/oauth2/token"))


# Tokens ------------------------------------------------------------------------------------------


def test_one_token_serves_a_whole_load(deals: Tenant) -> None:
    deals.load()
    assert logins(deals.simulator) == 1


@pytest.mark.parametrize("in_body", [False, True])
def test_a_token_that_dies_is_renewed(deals: Tenant, in_body: bool) -> None:
    deals.simulator.expiry_in_body = in_body
    deals.simulator.token_life = 15
    deals.load(**SMALL)
    assert seen_deals(deals) == deals.expected("opportunity")
    assert logins(deals.simulator) > 1


def test_a_login_that_gives_dead_tokens_ends_the_load(deals: Tenant) -> None:
    deals.simulator.token_life = 0
    with pytest.raises(PermanentFailure):
        deals.load()
    assert logins(deals.simulator) == 2  # once, and once more after the refusal


def test_a_wrong_password_is_tried_once(deals: Tenant) -> None:
    deals.simulator.security_token = "CHANGED1"
    with pytest.raises(PermanentFailure, match="安全令牌"):
        deals.load()
    assert logins(deals.simulator) == 1


def test_the_password_goes_with_its_token_and_never_in_the_address(deals: Tenant) -> None:
    deals.load()
    (login,) = deals.simulator.asked("/oauth2/token")
    assert login.request.method == "POST"
    assert not login.request.query
    assert login.request.form["password"] == "sim-passwordABCD1234"


def test_only_the_vendors_hosts_may_take_the_place_of_base_url(deals: Tenant) -> None:
    deals.simulator.api_base_url = "https://evil.example.com"
    deals.load()
    assert deals.simulator.asked("/query/xoqlScroll")
    # A data host of the vendor is followed, which here leads nowhere: the name does not exist.
    deals.simulator.api_base_url = "https://no-such-pod.xiaoshouyi.com"
    with pytest.raises(TransientFailure, match="no-such-pod"):
        deals.load()


def test_login_and_data_hosts_of_a_pod_belong_together() -> None:
    options = NeocrmConnector(
        Source(name="neo", system="neocrm", base_url="https://api-p10.xiaoshouyi.com"),
        settings=type("S", (), {"stages": (), "data_dir": None})(),  # type: ignore[arg-type]
    ).options
    assert options.login_host("https://api-p10.xiaoshouyi.com").startswith("https://login-p10.")
    assert options.login_host("https://api.xiaoshouyi.com") == "https://login.xiaoshouyi.com"


# Limits and broken answers -------------------------------------------------------------------------


def test_too_many_calls_are_repeated(deals: Tenant) -> None:
    deals.simulator.throttle(2)
    deals.load()
    assert seen_deals(deals) == deals.expected("opportunity")


def test_too_many_calls_for_long_end_the_load(deals: Tenant) -> None:
    deals.simulator.throttle(1_000)
    with pytest.raises(TransientFailure, match="1020025"):
        deals.load()


@pytest.mark.parametrize("paging", ["scroll", "keyset"])
def test_smaller_pages_are_asked_for_after_server_faults(deals: Tenant, paging: str) -> None:
    path = "Scroll" if paging == "scroll" else "xoql$"
    deals.simulator.faults.add("call", path=path, times=3, after=20, action=_breaks_once)
    deals.simulator.faults.add("call", path="Scroll", times=2, after=4, action=_breaks_once)
    deals.load(paging=paging)
    assert seen_deals(deals) == deals.expected("opportunity")


def _breaks_once(simulator: NeocrmSimulator) -> None:
    simulator.broken = 1


def test_a_page_size_that_is_refused_is_halved(deals: Tenant) -> None:
    deals.simulator.largest_page = 7
    deals.load()
    assert seen_deals(deals) == deals.expected("opportunity")


@pytest.mark.parametrize("paging", ["scroll", "keyset"])
def test_pages_shorter_than_asked_lose_nothing(deals: Tenant, paging: str) -> None:
    deals.simulator.scroll_cap = deals.simulator.page_cap = 3
    deals.load(paging=paging)
    assert seen_deals(deals) == deals.expected("opportunity")


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
        {"kind": "body", "body": b'{"code":200,"msg":"ok","data":[]}'},
    ],
    ids=lambda fault: f"{fault['kind']}-{fault.get('status', '')}",
)
def test_a_broken_answer_is_asked_for_again(deals: Tenant, fault: dict) -> None:
    deals.simulator.faults.add(path="Scroll", after=2, **fault)
    deals.load(**SMALL)
    assert deals.simulator.faults.injected == 1
    assert seen_deals(deals) == deals.expected("opportunity")


def test_a_server_that_stays_down_leaves_no_load(deals: Tenant) -> None:
    deals.simulator.faults.add("status", path="Scroll", status=500, after=3, times=100)
    with pytest.raises(TransientFailure):
        deals.load(**SMALL)
    assert deals.zone.completed_loads("neo") == []
    deals.simulator.faults.clear()
    deals.load(**SMALL)
    assert seen_deals(deals) == deals.expected("opportunity")


# Paging ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("switch", "value"), [("stuck", True), ("locator_life", 2)])
def test_a_scroll_that_fails_is_read_by_id(deals: Tenant, switch: str, value: object) -> None:
    setattr(deals.simulator, switch, value)
    report = deals.load(**SMALL)
    assert seen_deals(deals) == deals.expected("opportunity")
    assert "read by id" in str(extract_of(report, "opportunity").message)
    assert "改为按 ID 读取" in str(
        in_both(
            extract_of(report, "opportunity").message, extract_of(report, "opportunity").message_zh
        )[1]
    )


def test_a_page_that_comes_twice_is_no_row_twice(deals: Tenant) -> None:
    simulator = deals.simulator
    records = list(simulator.tenant.records["opportunity"].values())[:4]
    page = {"code": 200, "queryLocator": "1-4", "data": {"records": [_row(r) for r in records]}}
    # The first page is given again in place of the second.
    simulator.faults.add("body", path="Scroll", after=3, body=json.dumps(page).encode())
    deals.load(**SMALL)
    assert simulator.faults.injected == 1
    assert seen_deals(deals) == deals.expected("opportunity")  # which refuses a row twice


def _row(record: dict) -> dict:
    return {"id": record["id"], "opportunityName": record["opportunityName"], **record}


def test_rows_deleted_while_scrolling_hide_no_others(deals: Tenant) -> None:
    first = list(deals.simulator.tenant.records["opportunity"])[:3]

    def deletes(simulator: NeocrmSimulator, page: int) -> None:
        if page == 8 and first:
            simulator.delete("opportunity", first.pop())

    deals.simulator.on_page = deletes
    deals.load(**SMALL)
    deals.simulator.on_page = None
    deals.simulator.advance(DAY)
    deals.load(**SMALL)
    assert seen_deals(deals) == deals.expected("opportunity")


def test_rows_edited_while_scrolling_hide_no_others(deals: Tenant) -> None:
    deals.load()
    simulator = deals.simulator
    simulator.advance(DAY)
    records = list(simulator.tenant.records["opportunity"])
    for key in records:
        simulator.put("opportunity", key, money=1.0)
    simulator.advance(1)
    bound = simulator.clock

    def edits(running: NeocrmSimulator, page: int) -> None:
        # A row of an earlier page leaves the window, so all behind it move up by one.
        if records:
            running.put("opportunity", records.pop(0), money=2.0)

    simulator.on_page = edits
    simulator.advance(1)
    deals.load(bound, **SMALL)
    simulator.on_page = None
    simulator.advance(DAY)
    deals.load(**SMALL)
    assert seen_deals(deals) == deals.expected("opportunity")


# Rights and fields ---------------------------------------------------------------------------------


def test_a_hidden_field_is_left_out_and_told(deals: Tenant) -> None:
    deals.load()
    deals.simulator.tenant.hidden.add(("opportunity", "reason"))
    deals.simulator.advance(DAY)
    report = deals.load()
    message = str(extract_of(report, "opportunity").message)
    assert "not visible: reason" in message
    assert "can no longer be read: reason" in message
    assert not extract_of(report, "opportunity").full


def test_a_hidden_field_that_is_needed_stops_the_load(deals: Tenant) -> None:
    deals.simulator.tenant.hidden.add(("opportunity", "saleStageId"))
    with pytest.raises(PermanentFailure, match="saleStageId"):
        deals.load()
    assert deals.zone.completed_loads("neo") == []


def test_a_mapped_field_that_is_renamed_stops_the_load(deals: Tenant) -> None:
    with pytest.raises(PermanentFailure, match="customItem9__c"):
        deals.load(fields={"opportunities": {"product_line": "customItem9__c"}})


def test_fields_that_are_not_described_are_not_asked_for(deals: Tenant) -> None:
    deals.simulator.tenant.undescribed.add(("opportunity", "winRate"))
    report = deals.load()
    assert "not visible: winRate" in str(extract_of(report, "opportunity").message)


@pytest.mark.parametrize("how", ["closed", "forbidden"])
def test_optional_objects_may_be_missing(deals: Tenant, how: str) -> None:
    getattr(deals.simulator.tenant, how).update({"activityRecord", "order", "department"})
    report = deals.load()
    for table in ("activity_record", "order", "department"):
        assert extract_of(report, table).rows == 0
        assert "2900" in str(extract_of(report, table).message)
        assert "：系统返回“code 2900" in str(
            in_both(extract_of(report, table).message, extract_of(report, table).message_zh)[1]
        )
    assert report.rows["opportunity"] == 25


def test_an_object_that_was_there_and_is_no_more_stops_the_load(filled: Tenant) -> None:
    filled.load()
    filled.simulator.tenant.forbidden.add("order")
    filled.simulator.advance(DAY)
    with pytest.raises(PermanentFailure, match="read before"):
        filled.load()


def test_deals_without_rights_stop_the_load(deals: Tenant) -> None:
    deals.simulator.tenant.forbidden.add("opportunity")
    with pytest.raises(PermanentFailure, match="opportunity"):
        deals.load()


def test_a_value_that_does_not_fit_goes_to_the_quarantine(deals: Tenant) -> None:
    bad = deals.simulator.put("opportunity", ownerId="1", saleStageId="2001", money="面议")
    deals.simulator.advance(1)
    # Its sum is asked for as well, and a real tenant would not hold a text there.
    deals.simulator.tenant.schema["opportunity"]["money"] = "text"
    report = deals.load(fields={}, paging="scroll")
    (rejection,) = report.rejections
    assert (rejection.address, rejection.column, rejection.value) == (bad, "money", "面议")
    extract = extract_of(report, "opportunity")
    assert (extract.rows, extract.rejected_rows, extract.source_rows) == (25, 1, 26)


# Only reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/rest/data/v2.0/xobjects/account"),
        ("PATCH", "/rest/data/v2.0/xobjects/account/1"),
        ("DELETE", "/rest/data/v2.0/xobjects/account/1"),
        ("POST", "/rest/bulk/v2/job"),
        ("GET", "/rest/data/v2.0/xobjects/account/1"),
        ("GET", "/data/v1/query"),
        ("POST", "/rest/data/v2.0/xobjects/stage/actions/delete"),
    ],
)
def test_nothing_but_reading_can_be_sent(deals: Tenant, method: str, path: str) -> None:
    from pipelines.sources.http import Outgoing

    connector = deals.connector()
    asking = Asking(connector.source, connector.options)
    with asking.client, pytest.raises(PermanentFailure, match="only reads"):
        asking.client.send(Outgoing(method, path))
    assert not [item for item in deals.simulator.seen if item.request.path == path]
