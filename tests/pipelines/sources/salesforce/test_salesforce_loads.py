"""Whole and incremental loads of a simulated org: nothing lost, nothing twice, deletions seen."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.sources.protocol import in_both
from pipelines.sources.salesforce import TABLES


def extract_of(report, entity):
    return next(item for item in report.extracts if item.entity == entity)


@pytest.mark.parametrize("bulk_from", [0, 10**6], ids=["bulk", "rest"])
def test_the_first_load_brings_everything_as_it_is(night, small_org, bulk_from):
    night.options["bulk_from"] = bulk_from
    report = night.load()
    assert report.rejections == []
    assert {e.entity for e in report.extracts} == set(TABLES) - {
        "custom_orders", "custom_targets", "custom_activities", "counted", "id_sweep",
    }  # fmt: skip
    deals = night.alive("opportunity", "Opportunity")
    assert set(deals) == set(small_org["deals"])
    first = deals[small_org["deals"][0]]
    assert first["amount"] == Decimal("1000.1")
    assert first["close_date"] == dt.date(2026, 12, 31)
    assert first["created_date"] == dt.datetime(2026, 10, 30, 18, tzinfo=dt.UTC)
    assert first["_deleted"] is False
    assert night.alive("account", "Account")[small_org["account"]]["name"] == "Müller & Söhne, 北京"
    assert len(night.rows("opportunity_history")) == 5
    done = extract_of(report, "opportunity")
    assert (done.rows, done.source_rows, done.full) == (5, 5, True)
    counted = {row["object"]: row for row in night.rows("counted")}["Opportunity"]
    assert (counted["live_rows"], counted["amount"]) == (5, Decimal("5010.5"))
    used_bulk = bool(night.simulator.asked("/jobs/query"))
    assert used_bulk is (bulk_from == 0)


def test_the_region_of_a_team_is_the_role_below_the_top(night, small_org):
    night.load()
    regions = {row["name"]: row["custom_region"] for row in night.rows("user_role")}
    assert regions == {"Company": None, "North": "North", "North 1": "North"}


def test_the_next_load_reads_only_what_changed(night, small_org):
    night.load()
    simulator, deals = night.simulator, small_org["deals"]
    simulator.advance(20 * 3600)
    simulator.put("Opportunity", Id=deals[1], StageName="Offer", Amount=7.0)
    simulator.put("Opportunity", Id=deals[2], OwnerId=small_org["ben"])
    simulator.advance(4 * 3600)
    report = night.load()
    done = extract_of(report, "opportunity")
    assert (done.full, done.rows, done.source_rows) == (False, 2, 2)
    assert night.alive("opportunity", "Opportunity")[deals[1]]["stage_name"] == "Offer"
    owners = [
        (row["old_value"], row["new_value"]) for row in night.rows("opportunity_field_history")
    ]
    assert (small_org["anna"], small_org["ben"]) in owners
    assert report.rows.get("account") is None


def test_a_late_commit_within_the_overlap_is_found(night, small_org):
    night.load()
    stamp = night.simulator.clock - dt.timedelta(minutes=10)
    late = night.simulator.put(
        "Account", Name="Late", OwnerId=small_org["anna"], SystemModstamp=stamp, CreatedDate=stamp
    )
    night.simulator.advance(24 * 3600)
    night.load()
    assert late in night.alive("account", "Account")


def test_deletions_are_seen_whichever_way_they_happen(night, small_org):
    night.load()
    simulator, deals = night.simulator, small_org["deals"]
    simulator.advance(3600)
    simulator.delete("Opportunity", deals[0])
    simulator.purge("Opportunity", deals[1])
    simulator.delete("Opportunity", deals[2])
    simulator.advance(60)
    simulator.undelete("Opportunity", deals[2])
    simulator.advance(3600)
    night.load()
    assert set(night.alive("opportunity", "Opportunity")) == set(deals[2:])


@pytest.mark.parametrize("gap", ["cut", "exceeded", "weekly"])
def test_a_purge_that_left_no_trace_is_found_by_the_ids(night, small_org, gap):
    night.load()
    simulator, deals = night.simulator, small_org["deals"]
    simulator.advance(3600)
    simulator.purge("Opportunity", deals[3], logged=False)
    simulator.advance(3600)
    if gap == "cut":
        simulator.earliest_deletion = simulator.clock
    elif gap == "exceeded":
        simulator.deletions_exceeded = True
    else:
        simulator.advance(8 * 24 * 3600)
    report = night.load()
    assert set(night.alive("opportunity", "Opportunity")) == {*deals[:3], deals[4]}
    assert extract_of(report, "opportunity").full is (gap == "weekly")


def test_a_merged_account_is_gone_and_its_deals_name_the_winner(night, small_org):
    winner = night.simulator.put("Account", Name="Winner", OwnerId=small_org["anna"])
    night.load()
    night.simulator.advance(3600)
    night.simulator.org.merge("Account", winner, small_org["account"])
    night.simulator.advance(3600)
    night.load()
    assert set(night.alive("account", "Account")) == {winner}
    deals = night.alive("opportunity", "Opportunity").values()
    assert {row["account_id"] for row in deals} == {winner}


def test_a_formula_is_refreshed_by_the_weekly_whole_load(night, small_org):
    night.simulator.org.add_field("Account", "Grade__c")
    night.options["fields"] = {"accounts": {"status": "Grade__c"}}
    night.load()
    night.simulator.org.touch_silently("Account", small_org["account"], Grade__c="A")
    night.simulator.advance(24 * 3600)
    night.load()
    assert night.alive("account", "Account")[small_org["account"]]["custom_status"] is None
    night.simulator.advance(7 * 24 * 3600)
    night.load()
    assert night.alive("account", "Account")[small_org["account"]]["custom_status"] == "A"


def test_a_newly_mapped_field_makes_the_next_load_whole(night, small_org):
    night.load()
    night.simulator.org.add_field("Opportunity", "Reason__c")
    night.simulator.org.touch_silently("Opportunity", small_org["deals"][0], Reason__c="Price")
    night.options["fields"] = {"opportunities": {"lost_reason": "Reason__c"}}
    night.simulator.advance(24 * 3600)
    report = night.load()
    assert extract_of(report, "opportunity").full
    assert "new fields in the org: Reason__c" in str(extract_of(report, "opportunity").message)
    assert (
        "组织中新增的字段：Reason__c"
        in in_both(
            extract_of(report, "opportunity").message, extract_of(report, "opportunity").message_zh
        )[1]
    )
    row = night.alive("opportunity", "Opportunity")[small_org["deals"][0]]
    assert row["custom_lost_reason"] == "Price"


def test_orders_from_an_object_of_the_company_take_the_place_of_the_standard_one(night, small_org):
    org = night.simulator.org
    for name, kind in {"Sum__c": "currency", "On__c": "date", "Customer__c": "reference"}.items():
        org.add_field("Sales_Order__c", name, kind)
    made = night.simulator.put(
        "Sales_Order__c",
        Sum__c=12.5,
        On__c=dt.date(2026, 10, 1),
        Customer__c=small_org["account"],
    )
    fields = {"amount": "Sum__c", "ordered_at": "On__c", "account_id": "Customer__c"}
    night.options["objects"] = {"orders": {"object": "Sales_Order__c", "fields": fields}}
    night.simulator.advance(60)
    report = night.load()
    (row,) = night.rows("custom_orders")
    assert (row["id"], row["amount"]) == (made, Decimal("12.5"))
    # A day is the company's midnight: Berlin has summer time on 1 October.
    assert row["ordered_at"] == dt.datetime(2026, 9, 30, 22, tzinfo=dt.UTC)
    assert not night.simulator.asked("/sobjects/Order/describe")
    assert extract_of(report, "custom_orders").rows == 1


def test_an_org_with_several_currencies_is_not_summed(
    settings, tmp_path, secrets, night, small_org
):
    night.simulator.org.multi_currency = True
    night.simulator.put("Opportunity", Id=small_org["deals"][0], CurrencyIsoCode="USD")
    night.simulator.advance(60)
    night.load()
    assert (
        night.alive("opportunity", "Opportunity")[small_org["deals"][0]]["currency_iso_code"]
        == "USD"
    )
    assert {row["amount"] for row in night.rows("counted")} == {None}


@pytest.mark.parametrize(
    ("hidden", "said"),
    [
        ("Opportunity.StageName", "StageName"),
        ("Opportunity", "does not see this object"),
        ("User.Name", "Name"),
    ],
)
def test_what_is_required_and_not_visible_stops_the_load(night, small_org, hidden, said):
    night.simulator.org.hidden.add(hidden)
    with pytest.raises(PermanentFailure, match=said) as caught:
        night.load()
    assert "grant read access" in str(caught.value.next_step)
    assert night.raw_zone.completed_loads("crm") == []


def test_a_field_that_vanishes_later_stops_the_load_unless_it_may(night, small_org):
    night.load()
    night.simulator.org.hidden.add("Opportunity.Amount")
    night.simulator.advance(24 * 3600)
    with pytest.raises(PermanentFailure, match=r"renamed: Amount.*options.without"):
        night.load()
    night.options["without"] = ["Opportunity.Amount"]
    report = night.load()
    assert "not visible: Amount" in str(extract_of(report, "opportunity").message)
    assert (
        "看不到的字段：Amount"
        in in_both(
            extract_of(report, "opportunity").message, extract_of(report, "opportunity").message_zh
        )[1]
    )


def test_an_optional_object_may_be_missing_at_first_but_not_vanish(night, small_org):
    night.simulator.org.hidden.add("Lead")
    lead = extract_of(night.load(), "lead")
    assert str(lead.message) == "Lead is not in this org"
    assert in_both(lead.message, lead.message_zh)[1] == "此组织中没有 Lead"
    night.simulator.org.hidden.clear()
    night.simulator.advance(3600)
    assert extract_of(night.load(), "lead").full
    night.simulator.org.hidden.add("Lead")
    with pytest.raises(PermanentFailure, match="was read before"):
        night.load()


def test_a_value_of_another_type_goes_to_the_quarantine(night, small_org):
    night.simulator.org.touch_silently("Opportunity", small_org["deals"][0], CloseDate="next year")
    report = night.load()
    (rejection,) = report.rejections
    assert (rejection.entity, rejection.address) == ("opportunity", small_org["deals"][0])
    assert (rejection.column, rejection.value) == ("close_date", "next year")
    assert len(night.alive("opportunity", "Opportunity")) == 4
    counted = {row["object"]: row for row in night.rows("counted")}["Opportunity"]
    assert counted["rejected_rows"] == 1


def test_the_daily_allowance_is_not_used_up(night, small_org):
    night.simulator.requests_allowed = 60
    with pytest.raises(TransientFailure, match="of the org's daily API requests are used"):
        night.load()
    assert night.simulator.requests_used <= 0.8 * 60 + 1
