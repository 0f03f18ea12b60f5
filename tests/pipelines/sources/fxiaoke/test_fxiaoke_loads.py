"""Loads of 纷享销客: everything once, then changes and deletions, and what is read again."""

from __future__ import annotations

import pytest
from fxiaoke_source import DAY, DEAL, Tenant, milliseconds

from pipelines.failures import PermanentFailure
from pipelines.sources.fxiaoke import TABLES
from pipelines.sources.fxiaoke.tenant import Tenant as Asking
from pipelines.sources.http import Refusal
from pipelines.sources.protocol import in_both
from pipelines.sources.records import Cursor

OBJECTS = {
    "personnel": "PersonnelObj",
    "department": "DepartmentObj",
    "account": "AccountObj",
    "contact": "ContactObj",
    "lead": "LeadsObj",
    "opportunity": DEAL,
    "active_record": "ActiveRecordObj",
    "sales_order": "SalesOrderObj",
    "order_line": "SalesOrderProductObj",
    "product": "ProductObj",
    "goal_value": "GoalValueObj",
}


def test_the_first_load_brings_every_entity_whole(filled: Tenant) -> None:
    report = filled.load()
    for table, name in OBJECTS.items():
        there = filled.simulator.data[name]
        assert there, name
        extract = report.extracts[table]
        assert extract.full
        assert len(report.rows[table]) == extract.source_rows == extract.rows == len(there)
        assert {row["id"] for row in filled.rows(table)} == set(there)
    assert not report.rejections
    assert filled.rows("id_sweep") == []
    for table in ("account", "opportunity", "sales_order"):
        assert report.extracts[table].message is None
        assert in_both(report.extracts[table].message, report.extracts[table].message_zh)[1] is None


def test_a_night_reads_only_what_changed(deals: Tenant) -> None:
    first = deals.load()
    simulator = deals.simulator
    simulator.advance(DAY)
    one, two, *_ = simulator.data[DEAL]
    simulator.change(DEAL, one, amount="7.25")
    new = simulator.put(DEAL, name="新商机", owner="1000")
    simulator.advance(1)
    bound = simulator.clock
    simulator.advance(1)
    simulator.change(DEAL, two, amount="8")  # after this load's bound
    report = deals.load(bound)
    extract = report.extracts["opportunity"]
    assert (extract.full, extract.rows, extract.source_rows) == (False, 2, 2)
    assert first.extracts["opportunity"].rows == 25
    assert {row["id"] for row in deals.rows("opportunity")[25:]} == {one, new}
    assert [row for row in deals.rows("id_sweep") if row["object"] == "opportunity"] == []
    simulator.advance(DAY)
    deals.load()
    assert deals.seen() == deals.expected()


def test_the_overlap_catches_what_was_committed_late(deals: Tenant) -> None:
    deals.load()
    simulator = deals.simulator
    late = milliseconds(simulator.clock) - 9 * 60_000
    new = simulator.put(DEAL, owner="1000", create_time=late, last_modified_time=late)
    simulator.advance(DAY)
    deals.load()
    assert new in deals.latest("opportunity")


@pytest.mark.parametrize("shown", [False, True], ids=["bin hidden", "bin shown"])
@pytest.mark.parametrize("edit", [False, True], ids=["no edit", "an edit"])
def test_the_recycle_bin(deals: Tenant, shown: bool, edit: bool) -> None:
    simulator = deals.simulator
    simulator.invalid_shown, simulator.bin_is_edit = shown, edit
    one, two, three, *_ = simulator.data[DEAL]
    simulator.invalidate(DEAL, one)  # before the first load
    for step in (
        lambda: simulator.invalidate(DEAL, two),
        lambda: simulator.remove(DEAL, two),  # 删除 for good
        lambda: simulator.invalidate(DEAL, three),
        lambda: simulator.recover(DEAL, three),
        lambda: simulator.recover(DEAL, one),
    ):
        deals.load()
        assert deals.seen() == deals.expected()
        simulator.advance(DAY)
        step()
        simulator.advance(3_600)
    deals.load()
    assert deals.seen() == deals.expected()
    assert len(deals.seen()) == 24


def test_deletion_without_counts_is_seen_as_well(deals: Tenant) -> None:
    simulator = deals.simulator
    simulator.counts = False
    deals.load()
    simulator.advance(DAY)
    one, two, *_ = simulator.data[DEAL]
    simulator.remove(DEAL, one)
    simulator.put(DEAL, owner="1000")
    simulator.advance(60)
    report = deals.load()
    extract = report.extracts["opportunity"]
    assert (extract.rows, extract.source_rows) == (1, None)
    assert deals.seen() == deals.expected()


def test_a_deletion_and_a_late_record_do_not_cancel_out(deals: Tenant) -> None:
    simulator = deals.simulator
    deals.load()
    long_ago = simulator.now_ms - 7_200_000
    simulator.advance(DAY)
    simulator.remove(DEAL, next(iter(simulator.data[DEAL])))
    late = {"create_time": long_ago, "last_modified_time": long_ago, "name": "迟到"}
    simulator.put(DEAL, owner="1000", sales_stage="1", sales_status="1", amount="5", **late)
    for _ in range(len(TABLES)):  # each object's ids are compared when it is its turn
        deals.load()
        simulator.advance(DAY / 24)
        if deals.seen() == deals.expected():
            break
        simulator.advance(DAY * 23 / 24)
    assert deals.seen() == deals.expected()
    assert len(deals.loads) < 8  # before the weekly load of everything would tell


def test_everything_is_read_again_every_week_and_on_demand(deals: Tenant) -> None:
    assert deals.load().extracts["opportunity"].full
    one = next(iter(deals.simulator.data[DEAL]))
    # A change that does not move the time of change, as of a roll-up.
    deals.simulator.data[DEAL][one]["amount"] = "1.5"
    deals.simulator.advance(DAY)
    assert not deals.load().extracts["opportunity"].full
    assert deals.seen() != deals.expected()
    deals.simulator.advance(6 * DAY)
    assert deals.load().extracts["opportunity"].full
    assert deals.seen() == deals.expected()
    deals.simulator.advance(DAY)
    assert deals.load(full=True).extracts["opportunity"].full


def test_a_new_mapping_reads_the_object_whole(deals: Tenant) -> None:
    deals.load()
    deals.simulator.define(
        DEAL, {**deals.simulator.fields[DEAL], "line__c": {"type": "text", "label": "产品线"}}
    )
    deals.simulator.advance(DAY)
    report = deals.load(fields={"opportunities": {"product_line": "label:产品线"}})
    extract = report.extracts["opportunity"]
    assert (extract.full, extract.rows) == (True, 25)
    assert "new fields in the tenant: line__c" in str(extract.message)
    assert "租户中新增的字段：line__c" in str(in_both(extract.message, extract.message_zh)[1])
    assert not report.extracts["personnel"].message


def test_more_records_than_offsets_reach_come_by_keyset(tenant: Tenant) -> None:
    simulator = tenant.simulator
    simulator.last_offset = 200  # 10,000 in the system
    for number in range(1_000):
        simulator.put("ContactObj", name=f"P{number}")
    simulator.advance(60)
    report = tenant.load()
    extract = report.extracts["contact"]
    assert extract.rows == extract.source_rows == 1_000
    assert set(tenant.latest("contact")) == set(simulator.data["ContactObj"])
    asked = tenant.queries("ContactObj")
    assert len(asked) == 11  # the last full page could be followed by another: it is empty
    assert {(body["limit"], body["offset"]) for body in asked} == {(100, 0)}


def test_a_last_page_of_exactly_the_limit_without_counts(tenant: Tenant) -> None:
    tenant.simulator.counts = False
    for number in range(200):
        tenant.simulator.put("ContactObj", name=f"P{number}")
    tenant.simulator.advance(60)
    assert tenant.load().extracts["contact"].rows == 200
    assert len(tenant.queries("ContactObj")) == 3  # the third is empty


def test_offsets_end_and_pages_are_bounded(tenant: Tenant) -> None:
    """The simulator refuses what the system refuses, so that no test passes by its kindness."""
    connector = tenant.connector()
    asking = Asking(connector.source, connector.options)
    with asking.client:
        for limit, offset, code in ((100, 10_100, "10013"), (101, 0, "1002"), (100, 50, "1002")):
            body = {
                "data": {
                    "dataObjectApiName": DEAL,
                    "search_query_info": {
                        "limit": limit,
                        "offset": offset,
                        "filters": [],
                        "orders": [{"fieldName": "_id", "isAsc": True}],
                        "fieldProjection": ["_id"],
                    },
                }
            }
            with pytest.raises(Refusal) as caught:
                asking.client.post_json("/cgi/crm/v2/data/query", body)
            assert caught.value.code == code


def test_nothing_of_people_or_customers_is_taken_that_is_not_needed(filled: Tenant) -> None:
    filled.simulator.hidden_rows.add("PersonnelObj")
    filled.load()
    asked = str(
        [body["fieldProjection"] for name in OBJECTS.values() for body in filled.queries(name)]
    )
    for field in ("mobile", "phone", "active_record_content"):
        assert field not in asked
    for table in TABLES:
        text = str(filled.rows(table))
        for number in ("13700000000", "13800000000", "13900000000", "buyer@example.com"):
            assert number not in text


def test_a_cursor_of_another_kind_is_refused(deals: Tenant) -> None:
    with pytest.raises(PermanentFailure, match="cursor"):
        Cursor.read('{"version": 99}')
