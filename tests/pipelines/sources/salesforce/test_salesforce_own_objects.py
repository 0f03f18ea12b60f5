"""Objects and fields of the company's own in an org: formulas, roll-ups, record types, currencies."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from simulators.faults import Fault

FAULTS = (
    Fault("status", status=503),
    Fault("status", status=429, headers={"Retry-After": "0"}),
    Fault("cut"),
    Fault("reset"),
    Fault("html"),
)
VISITS = {
    "object": "Visit__c",
    "fields": {
        "owner_id": "Rep__c",
        "account_id": "Customer__c",
        "opportunity_id": "Deal__c",
        "occurred_at": "Begun__c",
        "activity_type": "RecordType.Name",
    },
}
ORDERS = {
    "object": "Sale__c",
    "fields": {"account_id": "Customer__c", "amount": "Sum__c", "ordered_at": "On__c"},
}


def extract_of(report, entity):
    return next(item for item in report.extracts if item.entity == entity)


def add_object(org, name, **fields):
    for field, kind in fields.items():
        org.add_field(name, field, kind)


@pytest.fixture
def visits(night, small_org):
    """Visits in an object of the company's own, told apart by record types."""
    org, put = night.simulator.org, night.simulator.put
    org.records["RecordType"] = {}
    org.custom["RecordType"]["DeveloperName"] = "string"
    kinds = [put("RecordType", Name=name) for name in ("Visit", "Call")]
    add_object(
        org, "Visit__c",
        Rep__c="reference", Customer__c="reference", Deal__c="reference", Begun__c="datetime",
        RecordTypeId="reference",
    )  # fmt: skip
    night.options["objects"] = {"activities": VISITS}
    made = [
        put(
            "Visit__c",
            Rep__c=small_org["anna"],
            Customer__c=small_org["account"],
            Deal__c=small_org["deals"][number % 5],
            Begun__c=dt.datetime(2026, 10, 29, 9, tzinfo=dt.UTC),
            RecordTypeId=kinds[number % 2],
        )
        for number in range(12)
    ]
    night.simulator.advance(60)
    return made


@pytest.mark.parametrize("bulk_from", [0, 10**6], ids=["bulk", "rest"])
def test_follow_ups_in_an_own_object_are_read_with_their_record_types_under_faults(
    night, small_org, visits, bulk_from
):
    assert all(f.ok for f in night.connector.check() if "Visit__c" in str(f.subject))
    night.options |= {"bulk_from": bulk_from, "bulk_page_size": 1000}
    night.simulator.page_sizes = (5, 2)
    night.simulator.faults.at_random(4, 0.12, FAULTS)
    night.load()
    assert night.simulator.faults.injected
    rows = night.alive("custom_activities", "Visit__c")
    assert [rows[key]["activity_type"] for key in visits[:3]] == ["Visit", "Call", "Visit"]
    assert rows[visits[1]]["opportunity_id"] == small_org["deals"][1]
    assert len(night.rows("custom_activities")) == len(visits)
    assert not night.simulator.asked("/sobjects/Task/describe")
    assert bool(night.simulator.asked("/jobs/query")) is (bulk_from == 0)
    # A deleted one is gone, whichever way it was read.
    night.simulator.faults.clear()
    night.simulator.advance(86_400)
    night.simulator.delete("Visit__c", visits[0])
    night.simulator.advance(60)
    night.load()
    assert set(night.alive("custom_activities", "Visit__c")) == set(visits[1:])


def test_a_formula_or_roll_up_is_read_anew_each_night_or_its_age_is_said(night, small_org):
    org, account = night.simulator.org, small_org["account"]
    org.add_field("Account", "Grade__c")
    org.computed.add("Account.Grade__c")
    night.options["fields"] = {"accounts": {"status": "Grade__c"}}
    night.load()
    org.touch_silently("Account", account, Grade__c="A")
    night.simulator.advance(86_400)
    assert extract_of(night.load(), "account").full
    assert night.alive("account", "Account")[account]["custom_status"] == "A"
    # Too many for that: what changed is read, and the rest is said.
    night.options["bulk_from"] = 0
    org.touch_silently("Account", account, Grade__c="B")
    night.simulator.advance(86_400)
    told = extract_of(night.load(), "account")
    assert not told.full
    assert "Grade__c" in str(told.message)
    assert night.alive("account", "Account")[account]["custom_status"] == "A"


def test_a_field_of_the_account_is_no_older_than_the_night(night, small_org):
    org = night.simulator.org
    org.add_field("Account", "Area__c")
    night.options["fields"] = {"opportunities": {"product_line": "Account.Area__c"}}
    night.load()
    night.simulator.advance(86_400)
    night.simulator.put("Account", Id=small_org["account"], Area__c="North")
    night.simulator.advance(60)
    night.load()
    deal = night.alive("opportunity", "Opportunity")[small_org["deals"][0]]
    assert deal["custom_product_line"] == "North"


@pytest.mark.parametrize("several", [False, True])
def test_amounts_of_an_own_object_have_the_currency_of_their_record(night, small_org, several):
    org = night.simulator.org
    org.multi_currency = several
    add_object(org, "Sale__c", Sum__c="currency", On__c="date", Customer__c="reference")
    if several:
        org.add_field("Sale__c", "CurrencyIsoCode", "picklist")
    values = {"CurrencyIsoCode": "USD"} if several else {}
    made = night.simulator.put(
        "Sale__c", Sum__c=5, On__c=dt.date(2026, 10, 1), Customer__c=small_org["account"], **values
    )
    night.options["objects"] = {"orders": ORDERS}
    night.simulator.advance(60)
    night.load()
    row = night.alive("custom_orders", "Sale__c")[made]
    assert (row["amount"], row["currency"]) == (Decimal(5), "USD" if several else None)


def test_quotas_keep_the_currency_they_are_in(night, small_org):
    night.simulator.org.multi_currency = True
    quota = night.simulator.put(
        "ForecastingQuota", QuotaOwnerId=small_org["anna"], QuotaAmount=9, IsAmount=True,
        StartDate=dt.date(2026, 10, 1), CurrencyIsoCode="USD",
    )  # fmt: skip
    night.simulator.advance(60)
    night.load()
    (row,) = night.rows("forecasting_quota")
    assert (row["id"], row["currency_iso_code"]) == (quota, "USD")


def test_a_field_that_the_own_object_has_not_is_named_by_check(night, small_org, visits):
    fields = {**VISITS["fields"], "direction": "Way__c"}
    night.options["objects"] = {"activities": {**VISITS, "fields": fields}}
    (told,) = [f for f in night.connector.check() if str(f.subject).endswith("Visit__c")]
    assert not told.ok
    assert "Way__c" in f"{told.text} {told.next_step}"
