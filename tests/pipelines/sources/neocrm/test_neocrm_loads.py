"""Loads of 销售易: everything once, then changes and deletions, and what is read again."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from neocrm_source import NOW, Tenant, extract_of, seen_deals
from simulators.neocrm_tenant import milliseconds

from pipelines.failures import PermanentFailure
from pipelines.sources.neocrm import TABLES
from pipelines.sources.protocol import in_both
from pipelines.sources.records import Cursor

DAY = 86_400
OBJECTS = {
    "user": "user",
    "department": "department",
    "account": "account",
    "contact": "contact",
    "lead": "lead",
    "opportunity": "opportunity",
    "activity_record": "activityRecord",
    "order": "order",
    "custom_targets": "salesTarget__c",
}


def queries(tenant: Tenant, part: str) -> list[str]:
    """The statements asked that hold this part."""
    asked = [item.request.form.get("xoql", "") for item in tenant.simulator.asked("/query/xoql")]
    return [text for text in asked if part in text]


def test_the_first_load_brings_every_entity_whole(filled: Tenant) -> None:
    report = filled.load()
    records = filled.simulator.tenant.records
    for table, name in OBJECTS.items():
        assert report.rows[table] == len(records[name])
        extract = extract_of(report, table)
        assert extract.full
        assert extract.source_rows == extract.rows == len(records[name])
        assert {row["id"] for row in filled.rows(table)} == set(records[name])
    assert not report.rejections
    assert set(report.rows) <= set(TABLES)
    money = sum(Decimal(str(row["money"])) for row in records["opportunity"].values())
    assert extract_of(report, "opportunity").source_amount == money
    assert filled.rows("id_sweep") == []


@pytest.mark.parametrize("number_ids", [False, True])
def test_odd_values_become_plain_ones(deals: Tenant, number_ids: bool) -> None:
    simulator = deals.simulator
    simulator.number_ids = number_ids
    midnight = dt.datetime(2026, 10, 30, 16, tzinfo=dt.UTC)  # of the 31st in Shanghai
    deal = simulator.put(
        "opportunity",
        opportunityName="",
        ownerId="1449331636765394",
        saleStageId="2003",
        money="120000.5",
        closeDate=milliseconds(midnight),
        stageUpdatedAt=1_790_003_600,  # seconds, as some of its interfaces write them
        status="进行中",
    )
    simulator.advance(1)
    deals.load()
    row = deals.latest("opportunity", "opportunity")[deal]
    assert row["owner_id"] == "1449331636765394"
    assert row["opportunity_name"] is None
    assert row["money"] == Decimal("120000.5")
    assert row["close_date"] == dt.date(2026, 10, 31)
    assert row["stage_updated_at"] == dt.datetime.fromtimestamp(1_790_003_600, dt.UTC)
    assert row["status"] == "进行中"


def test_a_night_reads_only_what_changed(deals: Tenant) -> None:
    first = deals.load()
    simulator = deals.simulator
    simulator.advance(DAY)
    one = next(iter(simulator.tenant.records["opportunity"]))
    simulator.put("opportunity", one, money=7.25)
    new = simulator.put("opportunity", ownerId="1", saleStageId="2001", opportunityName="新")
    simulator.advance(1)
    second = deals.load()
    assert first.rows["opportunity"] == 25
    assert second.rows["opportunity"] == 2
    assert not extract_of(second, "opportunity").full
    assert "id_sweep" not in second.rows
    assert seen_deals(deals) == deals.expected("opportunity")
    assert new in seen_deals(deals)


def test_the_upper_bound_is_fixed_and_the_overlap_is_read_again(deals: Tenant) -> None:
    simulator = deals.simulator
    bound = simulator.clock
    # Written after the bound: this load must not have it, the next one must.
    simulator.advance(1)
    late = simulator.put("opportunity", ownerId="1", saleStageId="2001", opportunityName="晚")
    deals.load(bound)
    assert late not in seen_deals(deals)
    simulator.advance(60)
    # Written late with a stamp from before the bound.
    early = simulator.put(
        "opportunity",
        ownerId="1",
        saleStageId="2001",
        createdAt=milliseconds(bound) - 120_000,
        updatedAt=milliseconds(bound) - 120_000,
    )
    deals.load()
    assert {late, early} <= set(seen_deals(deals))


def test_deletions_are_seen_the_next_night(deals: Tenant) -> None:
    deals.load()
    simulator = deals.simulator
    gone, *_ = simulator.tenant.records["opportunity"]
    simulator.advance(DAY)
    simulator.delete("opportunity", gone)
    simulator.put("opportunity", ownerId="1", saleStageId="2001")
    simulator.advance(1)
    second = deals.load()
    assert second.rows["id_sweep"] == 25 + 1  # and the row that ends it
    assert gone not in seen_deals(deals)
    assert seen_deals(deals) == deals.expected("opportunity")
    simulator.advance(DAY)
    assert "id_sweep" not in deals.load().rows  # known by now


def test_the_last_record_of_an_object_can_be_deleted(tenant: Tenant) -> None:
    only = tenant.simulator.put("account", accountName="甲公司", ownerId="1")
    tenant.simulator.advance(1)
    tenant.load()
    tenant.simulator.delete("account", only)
    tenant.simulator.advance(DAY)
    tenant.load()
    assert tenant.latest("account", "account") == {}


def test_a_record_that_comes_back_is_there_again(deals: Tenant) -> None:
    deals.load()
    simulator = deals.simulator
    key, record = next(iter(simulator.tenant.records["opportunity"].items()))
    simulator.delete("opportunity", key)
    simulator.advance(DAY)
    deals.load()
    assert key not in seen_deals(deals)
    simulator.tenant.records["opportunity"][key] = record
    simulator.advance(DAY)
    deals.load()
    assert seen_deals(deals) == deals.expected("opportunity")


def test_a_whole_load_every_week(deals: Tenant) -> None:
    deals.load()
    simulator = deals.simulator
    one, *_ = simulator.tenant.records["opportunity"]
    # A change that moves no stamp.
    simulator.tenant.records["opportunity"][one]["ownerId"] = "2"
    simulator.advance(6 * DAY)
    deals.load()
    assert deals.latest("opportunity", "opportunity")[one]["owner_id"] == "1"
    simulator.advance(DAY)
    report = deals.load()
    assert extract_of(report, "opportunity").full
    assert report.rows["opportunity"] == 25
    assert deals.latest("opportunity", "opportunity")[one]["owner_id"] == "2"


def test_a_field_that_is_newly_mapped_is_read_for_all(deals: Tenant) -> None:
    deals.load()
    deals.simulator.tenant.add_field("opportunity", "line__c", "picklist")
    deals.simulator.advance(DAY)
    report = deals.load(fields={"opportunities": {"product_line": "line__c"}})
    assert report.rows["opportunity"] == 25
    assert "new fields in the tenant: line__c" in str(extract_of(report, "opportunity").message)
    assert "租户中新增的字段：line__c" in str(
        in_both(
            extract_of(report, "opportunity").message, extract_of(report, "opportunity").message_zh
        )[1]
    )


def test_changes_of_fields_come_once(deals: Tenant) -> None:
    simulator = deals.simulator
    simulator.history_page = 2
    one, two, *_ = simulator.tenant.records["opportunity"]
    for stage in ("2002", "2003", "2004"):
        simulator.put("opportunity", one, saleStageId=stage)
        simulator.put("opportunity", two, saleStageId=stage, money=float(stage))
        simulator.advance(30)
    simulator.advance(3_600)
    deals.load()
    log = deals.rows("field_history")
    assert sorted(row["log_id"] for row in log) == sorted(r["logId"] for r in simulator.tenant.log)
    assert {row["new_value"] for row in log if row["item"] == "saleStageId"} == {
        "需求确认",
        "方案报价",
        "商务谈判",
    }
    simulator.advance(DAY)
    simulator.put("opportunity", one, saleStageId="2005")
    simulator.advance(1)
    assert deals.load().rows["field_history"] == 1


def test_history_reaches_back_by_windows(deals: Tenant) -> None:
    simulator = deals.simulator
    simulator.history_days = 1
    one, *_ = simulator.tenant.records["opportunity"]
    simulator.put("opportunity", one, saleStageId="2002")
    simulator.advance(5 * DAY)
    simulator.put("opportunity", one, saleStageId="2003")
    simulator.advance(1)
    deals.load(history_days=10)
    assert len(deals.rows("field_history")) == 2
    assert len(simulator.asked("xobjectFieldHistory")) == 20  # two fields, ten days


def test_without_the_log_the_rest_is_loaded(deals: Tenant) -> None:
    deals.simulator.no_history = True
    report = deals.load()
    assert "cannot be read" in str(extract_of(report, "field_history").message)
    assert "saleStageId 的变更历史：系统返回“" in str(
        in_both(
            extract_of(report, "field_history").message,
            extract_of(report, "field_history").message_zh,
        )[1]
    )
    assert report.rows["opportunity"] == 25
    # Once it is switched on, it is asked for from where it could be read last: the beginning.
    deals.simulator.no_history = False
    one, *_ = deals.simulator.tenant.records["opportunity"]
    deals.simulator.put("opportunity", one, saleStageId="2002")
    deals.simulator.advance(DAY)
    assert deals.load().rows["field_history"] == 1


def test_lists_of_the_tenant(filled: Tenant) -> None:
    filled.load()
    stages = {row["id"]: row["stage_name"] for row in filled.rows("stage")}
    assert stages["2005"] == "赢单"
    assert {"电话", "微信"} <= {row["label"] for row in filled.rows("busi_type")}
    assert {"object_id": "3", "api_key": "opportunity"}.items() <= next(
        row for row in filled.rows("xobject") if row["api_key"] == "opportunity"
    ).items()
    assert {row["currency_code"] for row in filled.rows("currency")} == {"CNY", "USD"}


def test_an_object_of_the_company_takes_the_place_of_orders(tenant: Tenant) -> None:
    simulator = tenant.simulator
    simulator.tenant.add_object(
        "deal__c",
        {
            "buyer__c": "reference",
            "sum__c": "number",
            "day__c": "date",
            "dimDepart": "reference",
        },
    )
    midnight = dt.datetime(2026, 10, 1, 16, tzinfo=dt.UTC)
    simulator.put("deal__c", buyer__c="7", sum__c=5.5, day__c=milliseconds(midnight))
    simulator.advance(1)
    fields = {"account_id": "buyer__c", "amount": "sum__c", "ordered_at": "day__c"}
    report = tenant.load(objects={"orders": {"object": "deal__c", "fields": fields}})
    (row,) = tenant.rows("custom_orders")
    assert (row["account_id"], row["amount"], row["ordered_at"]) == ("7", Decimal("5.5"), midnight)
    assert "order" not in {item.entity for item in report.extracts}
    assert queries(tenant, "from _order") == []


def test_no_phone_or_mail_of_customers_is_asked_for(filled: Tenant) -> None:
    filled.load()
    asked = " ".join(queries(filled, "select"))
    assert "mobile" not in asked
    assert "phone" not in asked
    for table in TABLES:
        assert "13900000000" not in str(filled.rows(table))
        assert "buyer@example.com" not in str(filled.rows(table))


def test_a_cursor_of_another_kind_is_refused(deals: Tenant) -> None:
    with pytest.raises(PermanentFailure, match="cursor"):
        Cursor.read('{"version": 99}')
    assert deals.load(NOW + dt.timedelta(days=1)).rows["opportunity"] == 25
