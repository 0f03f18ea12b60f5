"""The first day at a real Kingdee site: keys that a query refuses, the signed gateway, a period in two keys."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from kingdee_site import extract_of

from pipelines.failures import PermanentFailure


def check_of(night, form):
    return next(f for f in night.connector.check() if form in str(f.subject))


def visit(simulator):
    simulator.add_field("CRM_ACTIVITY", "FACTTYPE", "活动类型")
    simulator.forms["CRM_ACTIVITY"].plain.add("FACTTYPE")
    key = simulator.put(
        "CRM_ACTIVITY",
        {
            "FBILLNO": "A1",
            "FACTSTARTTIME": "2026-10-29T09:00:00",
            "F_KD_Owner": {"FNumber": "HR1_GW000052_1"},
            "FACTTYPE": "电话",
        },
    )
    simulator.advance(60)
    return str(key)


def test_a_key_whose_root_alone_is_accepted_gives_way_to_the_next(night, small_site):
    key = visit(night.simulator)
    assert check_of(night, "CRM_ACTIVITY").ok
    night.load()
    assert night.alive("activity")[key]["type"] == "电话"


def test_a_mapped_key_that_the_query_refuses_is_named_by_check_and_stops_the_load(
    night, small_site
):
    visit(night.simulator)
    columns = {"direction": "F_KD_Direction", "type": "FACTTYPE.FName"}
    night.options["forms"] = {"activity": {"columns": columns}}
    told = check_of(night, "CRM_ACTIVITY")
    assert not told.ok
    with pytest.raises(PermanentFailure, match="FACTTYPE.FName"):
        night.load()


def test_year_and_month_in_two_keys_are_one_period(night, small_site):
    form = night.simulator.forms["F_KD_SalesTarget"]
    for name in ("F_KD_Year", "F_KD_Month"):
        night.simulator.add_field("F_KD_SalesTarget", name)
    for month in (4, 12):
        night.simulator.put(
            "F_KD_SalesTarget",
            {"F_KD_Year": 2026, "F_KD_Month": month, "F_KD_ScopeType": "业务员",
             "F_KD_Scope": "HR1", "F_KD_Amount": 10.0 * month},
        )  # fmt: skip
    night.options["forms"] = {
        "target": {
            "form_id": form.form_id,
            "columns": {
                "period": {"join": ["F_KD_Year", "F_KD_Month"]},
                "scope_type": {"coalesce": "F_KD_ScopeType", "values": {"业务员": "rep"}},
                "scope_id": "F_KD_Scope",
                "target_amount": "F_KD_Amount",
            },
        }
    }
    night.simulator.advance(60)
    assert check_of(night, form.form_id).ok
    night.load()
    rows = night.alive("target").values()
    assert {(r["period"], r["scope_type"], r["target_amount"]) for r in rows} == {
        ("2026-04", "rep", Decimal(40)),
        ("2026-12", "rep", Decimal(120)),
    }


def test_a_site_behind_the_gateway_is_read_by_signed_requests_without_a_login(night, small_site):
    night.options |= {"login": "headers", "organisation": 100}
    report = night.load()
    assert extract_of(report, "sale_order").rows == 7
    assert not night.simulator.asked("AuthService")
    signed = [s.request.headers for s in night.simulator.asked("ExecuteBillQuery")]
    assert all("x-api-signature" in headers for headers in signed)
    assert night.simulator.app_secret not in str(signed)
    # Its clock is not told: that of China is taken, unless the options say otherwise.
    (order, *_) = night.alive("sale_order").values()
    assert order["ordered_at"] == dt.datetime(2026, 10, 29, 16, tzinfo=dt.UTC)


def test_a_signature_that_the_gateway_refuses_is_tried_once(night, small_site, monkeypatch):
    night.options["login"] = "headers"
    monkeypatch.setenv("SIM_KD_SECRET", "f" * 32)
    for _ in range(2):
        with pytest.raises(PermanentFailure) as caught:
            night.load()
        assert caught.value.next_step
    assert len(night.simulator.seen) == 1
    # Once the site takes it again, `check` says so and the nights go on.
    night.simulator.app_secret = "f" * 32
    assert all(f.ok for f in night.connector.check() if "SAL_SaleOrder" in str(f.subject))
    night.load()
