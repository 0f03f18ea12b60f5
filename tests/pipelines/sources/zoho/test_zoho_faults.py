"""What goes wrong between a load and Zoho: dead tokens, throttling, broken replies, missing rights."""

from __future__ import annotations

import logging

import pytest
from simulators.faults import Fault
from simulators.server import as_json
from simulators.zoho import ZohoSimulator
from zoho_runs import QUICK, Loads, deals_in, deals_of, source_of

from pipelines.configuration.problems import ConfigurationError
from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.raw_zone.zone import RawZone
from pipelines.sources.http import LoginRefused, Refusal
from pipelines.sources.protocol import Previous, in_both
from pipelines.sources.zoho import ZohoConnector

DAY = 86_400
BUSY = as_json({"code": "TOO_MANY_REQUESTS", "message": "slow down", "status": "error"})


def tokens(simulator: ZohoSimulator) -> int:
    return len(simulator.asked("/oauth/v2/token"))


# Tokens ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["INVALID_TOKEN", "AUTHENTICATION_FAILURE"])
@pytest.mark.parametrize("nested", [False, True])
def test_a_token_that_dies_is_renewed_once(simulator, loads, code, nested):
    simulator.dead_code, simulator.nested_errors = code, nested
    simulator.faults.add("call", path="/crm/v8/Accounts$", action=lambda s: s.expire_tokens())
    loads.run()
    assert deals_in(loads) == deals_of(simulator)
    assert tokens(simulator) == 2


def test_one_token_serves_a_whole_run(simulator, loads):
    loads.run()
    assert tokens(simulator) == 1
    form = simulator.asked("/oauth/v2/token")[0].request
    assert form.query == {}  # secrets in the body, not in the address
    assert form.form["grant_type"] == "refresh_token"


def test_tokens_that_keep_dying_end_the_run(simulator, loads):
    simulator.token_life = 1
    with pytest.raises(PermanentFailure, match=r"Could not stay logged in|INVALID_TOKEN"):
        loads.run()
    assert tokens(simulator) <= 8


def test_too_many_tokens_is_no_reason_to_ask_again(simulator, loads):
    simulator.tokens_allowed = 0
    with pytest.raises(TransientFailure, match="too many tokens"):
        loads.run()
    assert tokens(simulator) == 1


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("refresh_token", "make a new refresh token"),
        ("client_id", "of the client's data centre"),
        ("client_secret", "check client_secret"),
    ],
)
def test_wrong_credentials_are_named_and_not_tried_again(simulator, wrong, says):
    source = source_of(simulator)
    source = source.model_copy(update={"auth": {**simulator.auth(), wrong: "1000.other-one"}})
    connector = ZohoConnector(source, retry=QUICK)
    with pytest.raises(LoginRefused, match=says) as caught:
        list(connector.extract(Previous(), simulator.clock))
    assert tokens(simulator) == 1
    assert "1000.other-one" not in str(caught.value)


def test_credentials_of_another_data_centre_are_noticed(simulator, loads):
    simulator.api_domain = "https://www.zohoapis.eu"
    with pytest.raises(
        PermanentFailure, match=r"the credentials are for https://www\.zohoapis\.eu"
    ):
        loads.run()


def test_client_credentials_need_no_refresh_token(simulator):
    source = source_of(simulator, grant="client_credentials", organisation_id="10234567")
    auth = {key: value for key, value in simulator.auth().items() if key != "refresh_token"}
    connector = ZohoConnector(source.model_copy(update={"auth": auth}), retry=QUICK)
    list(connector.extract(Previous(), simulator.clock))
    assert simulator.asked("/oauth")[0].request.form["soid"] == "ZohoCRM.10234567"


def test_a_missing_secret_is_a_matter_of_configuration(simulator, monkeypatch):
    monkeypatch.delenv("ZOHO_NOT_SET", raising=False)
    source = source_of(simulator)
    source = source.model_copy(
        update={"auth": {**simulator.auth(), "refresh_token": "${ZOHO_NOT_SET}"}}
    )
    connector = ZohoConnector(source, retry=QUICK)
    with pytest.raises(ConfigurationError, match="ZOHO_NOT_SET"):
        list(connector.extract(Previous(), simulator.clock))
    (finding,) = connector.check()
    assert not finding.ok
    assert "ZOHO_NOT_SET" in str(finding.text)


# Broken and busy -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=429, body=BUSY, headers={"Content-Type": "application/json"}),
        Fault("body", body=BUSY),  # the same with HTTP 200
        Fault("status", status=500),
        Fault("status", status=502, body=b"<html>Bad Gateway</html>"),
        Fault("html"),
        Fault("cut"),
        Fault("reset"),
        Fault("gzip"),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
@pytest.mark.parametrize("path", [r"/crm/v8/Deals$", r"/actions/count", r"/deleted", r"/users"])
def test_what_passes_is_tried_again(simulator, loads, deal, fault, path):
    loads.run()
    simulator.advance(7 * DAY)  # a load of everything, with deletions
    simulator.delete("Deals", deal(1))
    simulator.advance(60)
    details = {name: getattr(fault, name) for name in ("status", "headers", "body")}
    simulator.faults.add(fault.kind, path=path, times=2, **details)
    loads.run()
    assert deals_in(loads) == deals_of(simulator)
    assert simulator.faults.injected == 2


def test_what_stays_ends_the_run(simulator, loads):
    simulator.faults.add("status", path="/crm/v8/Deals$", status=500, times=99)
    with pytest.raises(TransientFailure, match=r"Deals.*HTTP 500.*\(5 tries\)"):
        loads.run()
    assert len(simulator.asked("/crm/v8/Deals")) - len(simulator.asked("/count")) == 5


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("with_200", [False, True])
def test_an_error_is_never_taken_for_no_rows(simulator, loads, nested, with_200):
    simulator.nested_errors, simulator.errors_with_200 = nested, with_200
    simulator.no_module = {"Accounts"}
    with pytest.raises(Refusal, match="INVALID_MODULE") as caught:
        loads.run()
    assert caught.value.code == "INVALID_MODULE"


def test_an_answer_of_another_shape_is_never_taken_for_no_rows(simulator, loads):
    simulator.faults.add("body", path="/crm/v8/Deals$", body=b"{}", times=9)
    with pytest.raises(PermanentFailure, match="no 'data' in the answer"):
        loads.run()


def test_the_same_page_again_and_again_ends_the_run(simulator, deal):
    simulator.page_size = 2
    loads = Loads(simulator)
    loads.run()
    simulator.advance(DAY)
    for number in range(7):
        simulator.put("Deals", deal(number), Next_Step="call")
    simulator.advance(60)
    record = simulator.org.shown(
        "Deals",
        simulator.org.records["Deals"][deal(0)],
        ["Deal_Name", "Stage", "Owner", "Created_Time", "Modified_Time"],
    )
    info = {"more_records": True, "next_page_token": "same", "count": 1}
    simulator.faults.add(
        "body", path=r"/crm/v8/Deals$", times=50, body=as_json({"data": [record], "info": info})
    )
    with pytest.raises(TransientFailure, match="page"):
        loads.run()
    assert len(simulator.asked("/crm/v8/Deals")) < 40


def test_records_out_of_order_end_the_run(simulator, loads):
    simulator.faults.add("call", path=r"/crm/v8/Deals$", action=lambda s: _reverse(s), times=9)

    def _reverse(sim):
        order = sim.org._order.get("Deals") or sorted(
            (r["Modified_Time"], int(k)) for k, r in sim.org.records["Deals"].items()
        )
        sim.org._order["Deals"] = sorted(order, reverse=True)

    with pytest.raises(TransientFailure, match="not in the order of Modified_Time"):
        loads.run()


def test_the_run_stops_before_the_last_credits_are_spent(simulator, loads):
    simulator.credits_left = 999
    with pytest.raises(TransientFailure, match="999 API credits left"):
        loads.run()
    simulator.credits_left = 1001
    loads.run()


def test_the_own_allowance_is_kept(simulator):
    loads = Loads(simulator, daily_credits=100)
    simulator.page_size = 2
    for _ in range(300):
        simulator.advance(5)
        simulator.put("Accounts", Account_Name="Many", Owner="1")
    with pytest.raises(TransientFailure, match="allowance"):
        loads.run()
    assert len(simulator.seen) <= 101  # and the token


def test_only_listed_paths_are_ever_sent(simulator, loads):
    loads.run()
    simulator.advance(DAY)
    loads.run(bulk_from=0)
    sent = {(item.request.method, item.request.path) for item in simulator.seen}
    posts = {path for method, path in sent if method != "GET"}
    assert posts <= {"/oauth/v2/token", "/crm/v8/coql", "/crm/bulk/v8/read"}
    session = loads.connector._session()
    with pytest.raises(PermanentFailure, match="only reads"):
        session.client.post_json("/crm/v8/Deals", {})
    with pytest.raises(PermanentFailure, match="only reads"):
        session.client.get_json("/crm/v8/Deals/1/actions/transfer")
    session.close()


# Rights and drift ------------------------------------------------------------------------------


def test_an_optional_module_without_rights_is_left_out_with_a_word(simulator, loads):
    loads.run()
    cursor = loads.extracts["calls", None].cursor
    simulator.advance(DAY)
    simulator.no_permission = {"Calls"}
    extract = loads.run()["calls"]
    assert extract.state == "rejected"
    assert "NO_PERMISSION" in str(extract.message)
    assert "right to view" in str(extract.message)
    assert in_both(extract.message, extract.message_zh)[1].startswith(
        "没有读取 Calls：系统返回“NO_PERMISSION: "
    )
    assert in_both(extract.message, extract.message_zh)[1].endswith(
        "”。请为集成用户的配置文件（profile）开通查看该模块的权限"
    )
    assert extract.cursor == cursor  # so nothing is missed once the right is there
    simulator.no_permission = set()
    simulator.put("Calls", Call_Start_Time=simulator.clock, Owner="1")
    simulator.advance(DAY)
    loads.run()
    assert len(loads.latest("calls")) == 2


def test_a_required_module_without_rights_is_an_error(simulator, loads):
    simulator.no_permission = {"Deals"}
    with pytest.raises(Refusal, match="NO_PERMISSION"):
        loads.run()


def test_missing_scopes_are_named(simulator, loads):
    body = as_json({"code": "OAUTH_SCOPE_MISMATCH", "message": "invalid scope", "status": "error"})
    headers = {"Content-Type": "application/json"}
    simulator.faults.add("status", path="/org$", status=401, body=body, headers=headers)
    with pytest.raises(Refusal, match=r"ZohoCRM\.org\.READ"):
        loads.run()
    assert tokens(simulator) == 1


def test_new_and_vanished_fields_are_told(simulator, loads):
    assert loads.run()["deals"].message is None
    simulator.org.add_field("Deals", "Competitor", "text")
    simulator.org.drop_field("Deals", "Lead_Source")
    simulator.advance(DAY)
    deals = loads.run()["deals"]
    assert str(deals.message) == (
        "new fields that are not read: Competitor; fields that are no longer there: Lead_Source"
    )
    assert (
        in_both(deals.message, deals.message_zh)[1]
        == "新增但未读取的字段：Competitor；已不存在的字段：Lead_Source"
    )
    simulator.advance(DAY)
    deals = loads.run()["deals"]
    assert deals.message is None
    assert in_both(deals.message, deals.message_zh)[1] is None


def test_keys_that_come_unasked_are_told(simulator, loads):
    simulator.extra_keys = {"Surprise": 1, "$state": "save"}
    assert str(loads.run()["deals"].message) == "fields that are not read: Surprise"


@pytest.mark.parametrize("field", ["Stage", "Owner", "Modified_Time"])
def test_a_missing_required_field_is_an_error(simulator, loads, field):
    simulator.org.drop_field("Deals", field)
    with pytest.raises(PermanentFailure, match=f"the field {field} is not there"):
        loads.run()


def test_a_mapping_to_a_field_that_is_not_there_is_an_error(simulator):
    loads = Loads(simulator, fields={"opportunities": {"product_line": "Product_Lin"}})
    with pytest.raises(PermanentFailure, match=r"Product_Lin for opportunities\.product_line"):
        loads.run()


def test_a_value_that_does_not_fit_rejects_its_row_only(simulator, loads, deal):
    simulator.org.fields["Deals"]["Amount"] = "text"
    simulator.org.records["Deals"][deal(1)]["Amount"] = "plenty"
    extracts = loads.run()
    (rejection,) = loads.rejections
    assert (rejection.entity, rejection.address, rejection.column) == ("deals", deal(1), "amount")
    assert (extracts["deals"].rows, extracts["deals"].rejected_rows) == (6, 1)
    assert extracts["deals"].source_rows == 7


def test_a_cursor_that_cannot_be_read_says_what_to_do(simulator, loads):
    loads.run()
    broken = loads.extracts["deals", None]
    loads.extracts["deals", None] = type(broken)("deals", cursor="yesterday")
    with pytest.raises(PermanentFailure, match="full: true"):
        loads.run()
    loads.run(full=True)
    assert deals_in(loads) == deals_of(simulator)


# The look around -------------------------------------------------------------------------------


def test_the_check_says_what_is_well(simulator, loads):
    findings = {str(finding.subject): finding for finding in loads.connector.check()}
    assert all(finding.ok for finding in findings.values())
    assert "Simulated Ltd (Production), time zone Europe/Berlin, currency EUR" in (
        str(findings["login"].text)
    )
    assert str(findings["Deals"].text).startswith("7 records")
    assert "Next_Step" in str(findings["Deals"].text)  # visible, but not read
    assert "3 users, 2 of them active" in str(findings["users"].text)


def test_the_check_says_what_to_grant(simulator):
    simulator.no_permission = {"Deals", "Calls"}
    simulator.org.drop_field("Accounts", "Account_Name")
    loads = Loads(simulator, fields={"orders": {"promised_at": "Promise"}})
    findings = {str(finding.subject): finding for finding in loads.connector.check()}
    assert not findings["Deals"].ok
    assert "right to view" in str(findings["Deals"].next_step)
    assert findings["Calls"].ok  # optional, but told
    assert "NO_PERMISSION" in str(findings["Calls"].text)
    assert not findings["Accounts"].ok
    assert "Account_Name" in str(findings["Accounts"].text)
    assert not findings["fields.orders.promised_at"].ok


def test_the_check_survives_a_system_that_is_down(simulator, loads):
    connector = loads.connector
    simulator.stop()
    (finding,) = connector.check()
    assert not finding.ok
    assert "no connection" in str(finding.text)


# Secrets ---------------------------------------------------------------------------------------


def test_no_secret_leaves_the_process(simulator, tmp_path, caplog):
    """Planted credentials, looked for in logs, errors, the raw zone and its state."""
    caplog.set_level(logging.DEBUG)
    planted = [simulator.client_id, simulator.client_secret, simulator.refresh_token, "1000.access"]
    source = source_of(simulator)
    zone = RawZone(tmp_path / "raw", tmp_path / "work")
    simulator.faults.add("status", path="/crm/v8/Deals$", status=500)
    zone.load("crm", "zoho", ZohoConnector(source, retry=QUICK), now=simulator.clock)
    told = [caplog.text]
    echo = as_json({"error": f"invalid_code {simulator.refresh_token} {simulator.client_secret}"})
    headers = {"Content-Type": "application/json"}
    simulator.faults.add("status", path="/oauth", status=400, body=echo, headers=headers, times=2)
    connector = ZohoConnector(source, retry=QUICK)
    with pytest.raises(LoginRefused) as caught:
        list(connector.extract(Previous(), simulator.clock))
    told += [str(caught.value), repr(caught.value), *map(str, connector.check()), repr(source)]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.suffix == ".parquet" for path in files)
    for secret in planted:
        assert not any(secret in text for text in told), secret
        assert not any(secret.encode() in path.read_bytes() for path in files), secret
