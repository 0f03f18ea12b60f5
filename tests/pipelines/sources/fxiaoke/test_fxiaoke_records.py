"""Odd values, people, departments, own objects: what a tenant may hold, as it stands in raw tables."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from fxiaoke_source import DAY, DEAL, NOW, Tenant, milliseconds

from pipelines.sources.protocol import in_both


def test_odd_values_become_plain_ones(deals: Tenant) -> None:
    simulator = deals.simulator
    midnight = dt.datetime(2026, 10, 30, 16, tzinfo=dt.UTC)  # of the 31st in Shanghai
    stamp = str(milliseconds(NOW))
    deal = simulator.put(
        DEAL,
        owner=["1000"],
        sales_stage="3",
        sales_status="2",
        amount="120000.505",
        close_date=milliseconds(midnight),
        create_time=stamp,  # text of digits, as some tenants write them
        last_modified_time=stamp,
        stg_changed_time=stamp,
        lost_reason__c="other",
        lost_reason__c__o="老板的弟弟",
    )
    deals.load(currency="CNY")
    row = deals.latest("opportunity")[deal]
    assert row["owner_id"] == "1000"
    assert row["name"] is None
    assert row["amount"] == Decimal("120000.505")
    assert row["expected_close_date"] == dt.date(2026, 10, 31)
    assert row["created_at"] == row["modified_at"] == row["stage_changed_at"] == NOW
    assert (row["stage_code"], row["stage"]) == ("3", "方案报价")
    assert (row["status"], row["closed_as"]) == ("赢单", "赢单")
    assert row["currency"] == "CNY"
    assert {r["closed_as"] for k, r in deals.latest("opportunity").items() if k != deal} == {None}
    # A second load over such stamps goes as the first.
    simulator.advance(DAY)
    assert deals.load().rows["opportunity"] == []


def test_the_currency_of_a_record_goes_before_that_of_the_options(deals: Tenant) -> None:
    deal = deals.simulator.put(DEAL, owner="1000", mc_currency="USD")
    deals.simulator.advance(1)
    deals.load(currency="CNY")
    found = {key: row["currency"] for key, row in deals.latest("opportunity").items()}
    assert found.pop(deal) == "USD"
    assert set(found.values()) == {"CNY"}


def test_follow_up_names_the_first_record_of_each_kind(deals: Tenant) -> None:
    simulator = deals.simulator
    related = [
        {"id": "c1", "describe_api_name": "ContactObj"},
        {"id": "d1", "describe_api_name": DEAL},
        {"id": "d2", "describe_api_name": DEAL},
        {"describe_api_name": "AccountObj"},
    ]
    one = simulator.put("ActiveRecordObj", owner="1000", related_object_data=related)
    none = simulator.put("ActiveRecordObj", owner="1000")
    text = simulator.put("ActiveRecordObj", owner="1000", related_object_data="不是列表")
    simulator.advance(1)
    deals.load()
    found = deals.latest("active_record")
    columns = ("related_opportunity_id", "related_account_id", "related_contact_id")
    assert [found[one][name] for name in columns] == ["d1", None, "c1"]
    assert [found[none][name] for name in columns] == [None] * 3
    assert [found[text][name] for name in columns] == [None] * 3


def test_hidden_people_come_from_the_address_book(filled: Tenant) -> None:
    simulator = filled.simulator
    simulator.hidden_rows.add("PersonnelObj")
    report = filled.load()
    people = filled.rows("personnel")
    assert {row["user_id"] for row in people} == {p["openUserId"] for p in simulator.employees}
    assert {row["status"] for row in people} == {"0", "1"}
    assert "address book" in str(report.extracts["personnel"].message)
    assert (
        in_both(report.extracts["personnel"].message, report.extracts["personnel"].message_zh)[1]
        == "员工取自通讯录，因为看不到 PersonnelObj"
    )
    assert report.extracts["opportunity"].message is None  # owners are among them
    # Once the rows are shared, they are read; nobody is there twice.
    simulator.hidden_rows.clear()
    simulator.advance(DAY)
    report = filled.load()
    assert report.extracts["personnel"].message is None
    assert len(report.rows["personnel"]) == len(people)


def test_ids_of_people_in_another_form_are_told(deals: Tenant) -> None:
    deals.simulator.hidden_rows.add("PersonnelObj")
    deals.simulator.employees = [{"openUserId": "FSUID_1", "name": "张三"}]
    report = deals.load()
    assert "no owner is among the users" in str(report.extracts["opportunity"].message)
    assert "负责人都不在用户之中" in str(
        in_both(report.extracts["opportunity"].message, report.extracts["opportunity"].message_zh)[
            1
        ]
    )


def test_regions_of_departments(filled: Tenant) -> None:
    filled.load()
    found = {row["name"]: row["custom_region"] for row in filled.rows("department")}
    assert found == {"华东": "华东", "华南": "华南", "华东一部": "华东", "华南一部": "华南"}
    team = filled.ids["DepartmentObj", "T01"]
    filled.simulator.advance(DAY)
    filled.load(regions={team: "东区", "华南": "南区"})
    found = {row["name"]: row["custom_region"] for row in filled.rows("department")[4:]}
    assert found == {"华东": None, "华南": "南区", "华东一部": "东区", "华南一部": "南区"}


def test_an_object_of_the_company_takes_the_place_of_orders(tenant: Tenant) -> None:
    simulator = tenant.simulator
    simulator.define(
        "deal__c",
        {
            "buyer__c": {"type": "object_reference"},
            "sum__c": {"type": "currency"},
            "day__c": {"type": "date", "label": "下单日期"},
            "seller__c": {"type": "employee"},
        },
    )
    midnight = dt.datetime(2026, 10, 1, 16, tzinfo=dt.UTC)
    simulator.put(
        "deal__c", buyer__c="7", sum__c="5.5", day__c=milliseconds(midnight), seller__c=["1000"]
    )
    simulator.advance(1)
    fields = {
        "account_id": "buyer__c",
        "amount": "sum__c",
        "ordered_at": "label:下单日期",
        "owner_id": "seller__c",
    }
    report = tenant.load(
        objects={"orders": {"object": "deal__c", "fields": fields}}, currency="CNY"
    )
    (row,) = tenant.rows("custom_orders")
    # The id of what a reference leads to, not its name.
    assert (row["account_id"], row["owner_id"], row["currency"]) == ("7", "1000", "CNY")
    assert (row["amount"], row["ordered_at"]) == (Decimal("5.5"), midnight)
    assert "sales_order" not in report.extracts
    assert tenant.queries("SalesOrderObj") == []
    assert simulator.asked("/cgi/crm/custom/v2/data/query")


def test_the_old_module_of_opportunities(tenant: Tenant) -> None:
    simulator = tenant.simulator
    simulator.inactive.add(DEAL)
    stages = [{"value": "s1", "label": "初步接洽"}]
    simulator.define(
        "OpportunityObj",
        {
            "owner": {"type": "employee"},
            "oppo_stage_id": {"type": "select_one", "options": stages},
            "biz_status": {"type": "select_one", "options": [{"value": "9", "label": "输单"}]},
            "expected_deal_amount": {"type": "currency"},
            "expected_deal_closed_date": {"type": "date"},
        },
    )
    simulator.put("OpportunityObj", owner="1000", oppo_stage_id="s1", biz_status="9")
    simulator.advance(1)
    tenant.load()
    (row,) = tenant.rows("opportunity")
    assert (row["stage"], row["closed_as"], row["stage_code"]) == ("初步接洽", "输单", "s1")


def test_descriptions_may_be_lists(deals: Tenant) -> None:
    deals.simulator.fields_as_list = True
    deals.load()
    assert deals.seen() == deals.expected()
