"""Whole and incremental loads of a simulated site: nothing lost, nothing twice, deletions seen."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from kingdee_site import extract_of
from simulators.company import sample_frames
from simulators.kingdee_company import fill

from pipelines.failures import PermanentFailure
from pipelines.sources.protocol import in_both

DAY = 86_400
ORDERS, DEALS = "SAL_SaleOrder", "CRM_OPP_Opportunity"


def test_the_first_load_brings_everything_as_it_is(night, small_site):
    report = night.load()
    assert report.rejections == []
    orders = night.alive("sale_order")
    assert set(orders) == {str(number) for number in small_site["orders"]}
    first = orders[str(small_site["orders"][0])]
    assert first["amount"] == Decimal("300.5")
    assert first["currency"] == "CNY"
    assert first["customer_number"] == "C1"
    assert first["opportunity_id"] is None  # the reference 0 is none
    # Midnight in Shanghai; the simulated site's own clock wrote the creation.
    assert first["ordered_at"] == dt.datetime(2026, 10, 29, 16, tzinfo=dt.UTC)
    assert first["created_at"] == dt.datetime(2026, 10, 30, 18, tzinfo=dt.UTC)
    assert first["modified_at"] is None
    done = extract_of(report, "sale_order")
    assert (done.rows, done.source_rows, done.full) == (7, 7, True)
    assert done.source_amount == Decimal("2103.50")
    entries = night.entries("sale_order_entry")[first["id"]]
    assert [(row["material_number"], row["amount"]) for row in entries] == [
        ("M1", Decimal("100")),
        ("M2", Decimal("200.5")),
    ]
    deal = night.alive("opportunity")[str(small_site["deals"][1])]
    assert (deal["amount"], deal["expected_on"]) == (Decimal("1001.1"), dt.date(2026, 12, 31))
    assert deal["owner_number"] == "HR1_GW000052_1"
    assert night.rows("opportunity_phase")[0]["stage"] == "初步接洽"
    assert night.rows("customer")[0]["name"] == "示例机械"


def test_whole_company_arrives(night):
    frames = sample_frames(reps=4)
    # Ten pages of them show what a hundred would.
    frames["activities"] = frames["activities"].head(1000)
    ids = fill(night.simulator, frames)
    report = night.load()
    assert report.rejections == []
    for entity, form in {
        "orders": "sale_order",
        "opportunities": "opportunity",
        "activities": "activity",
        "leads": "clue",
        "contacts": "contact",
        "teams": "department",
        "targets": "target",
    }.items():
        assert set(night.alive(form)) == {str(number) for number in ids[entity].values()}, entity
        done = extract_of(report, form)
        assert done.rows == done.source_rows == len(frames[entity])
    amounts = frames["orders"]["amount"].sum()
    assert extract_of(report, "sale_order").source_amount == Decimal(f"{amounts:.2f}")


@pytest.mark.parametrize("cap", [1, 3, 7], ids=lambda cap: f"cap-{cap}")
def test_pages_that_are_cut_silently_lose_nothing(night, small_site, cap):
    night.simulator.cap = cap
    report = night.load()
    assert extract_of(report, "sale_order").rows == 7
    assert extract_of(report, "sale_order_entry").rows == 14
    assert all(len(rows) == 2 for rows in night.entries("sale_order_entry").values())


def test_the_next_load_reads_only_what_changed(night, small_site):
    night.load()
    simulator, orders = night.simulator, small_site["orders"]
    simulator.advance(3 * DAY)
    night.load()
    simulator.advance(DAY)
    simulator.edit(ORDERS, orders[1], {"FBillAllAmount": 7.0, "FSaleOrderEntry": [{"FQty": 9.0}]})
    simulator.advance(3600)
    night.options["sweep_below"] = 0  # no sweep: only the dates tell it
    report = night.load()
    done = extract_of(report, "sale_order")
    assert (done.full, done.rows, done.source_rows) == (False, 1, 1)
    assert night.alive("sale_order")[str(orders[1])]["amount"] == Decimal(7)
    # The entry that was deleted is gone with the record's newer load.
    assert [row["quantity"] for row in night.entries("sale_order_entry")[str(orders[1])]] == [9]
    assert len(night.alive("sale_order")) == 7


def test_a_change_that_moves_no_date_is_found(night, small_site):
    night.load()
    night.simulator.advance(5 * DAY)
    night.load()
    # Cancelled, as if by a write-back: no date tells it.
    night.simulator.edit(ORDERS, small_site["orders"][3], {"FCancelStatus": "B"}, touch=False)
    night.simulator.advance(DAY)
    night.load()
    assert night.alive("sale_order")[str(small_site["orders"][3])]["cancel_status"] == "B"


def test_open_orders_are_read_every_night(night, small_site):
    number = small_site["orders"][0]
    night.simulator.edit(ORDERS, number, {"FCloseStatus": "A"})
    night.load()
    night.simulator.advance(9 * DAY)
    rows = [{"FQty": 1.0, "FStockOutQty": 1.0}]
    night.simulator.edit(ORDERS, number, {"FSaleOrderEntry": rows}, touch=False)
    night.load()
    assert night.entries("sale_order_entry")[str(number)][0]["out_quantity"] == 1


def test_deletions_are_seen(night, small_site):
    night.load()
    night.simulator.delete(ORDERS, small_site["orders"][6])
    night.simulator.delete("BD_Customer", small_site["customer"]["Id"])
    night.simulator.advance(DAY)
    night.load()
    assert str(small_site["orders"][6]) not in night.alive("sale_order")
    assert len(night.alive("sale_order")) == 6
    assert night.alive("customer") == {}


def test_records_that_vanish_in_masses_are_kept(night, small_site):
    simulator = night.simulator
    template = simulator.forms[ORDERS].records[small_site["orders"][0]]
    for number in range(100):
        simulator.put(ORDERS, {**template, "FID": None, "FBillNo": f"M{number}"})
    simulator.advance(60)
    night.load()
    for number in list(simulator.forms[ORDERS].records)[:60]:
        simulator.delete(ORDERS, number)
    simulator.advance(DAY)
    report = night.load()
    assert len(night.alive("sale_order")) == 107
    assert "60 of 107 records are no longer visible" in str(
        extract_of(report, "sale_order").message
    )
    assert (
        "107 条记录中有 60 条已看不到"
        in in_both(
            extract_of(report, "sale_order").message, extract_of(report, "sale_order").message_zh
        )[1]
    )


def test_rows_that_come_and_go_between_pages(night, small_site):
    simulator, orders = night.simulator, small_site["orders"]
    simulator.cap = 2

    def change(site):
        site.delete(ORDERS, orders[0])
        site.put(ORDERS, {**site.forms[ORDERS].records[orders[1]], "FID": None, "FBillNo": "NEW"})

    simulator.faults.add("call", path="ExecuteBillQuery", after=60, action=change)
    night.load()
    assert simulator.faults.injected == 1
    simulator.advance(DAY)
    night.load()
    assert set(night.alive("sale_order")) == {str(n) for n in simulator.forms[ORDERS].records}


def test_new_and_lost_fields_are_told(night, small_site):
    night.load()
    night.simulator.add_field(ORDERS, "F_KD_New", "新字段")
    night.simulator.remove_field(ORDERS, "F_KD_Line")
    night.options["forms"] = {}
    night.options["full"] = True
    night.simulator.advance(DAY)
    extract = extract_of(night.load(), "sale_order")
    assert "new fields on the site: F_KD_New" in str(extract.message)
    assert "fields gone from the site: F_KD_Line" in str(extract.message)
    assert (
        "站点上新增的字段：F_KD_New；站点上已没有的字段：F_KD_Line"
        in in_both(extract.message, extract.message_zh)[1]
    )


@pytest.mark.parametrize(
    ("form", "key", "table"),
    [(ORDERS, "FBillAllAmount", "sale_order"), (DEALS, "F_KD_Amount", "opportunity")],
    ids=["required", "read-before"],
)
def test_a_field_that_figures_need_must_not_vanish(night, small_site, form, key, table):
    night.load()
    night.simulator.remove_field(form, key)
    night.simulator.advance(DAY)
    with pytest.raises(PermanentFailure, match=f"options.forms.{table}"):
        night.load()
    assert len(night.raw_zone.completed_loads("erp")) == 1


def test_keys_are_found_in_other_letters_and_by_label(night, small_site):
    form = night.simulator.forms[ORDERS]
    form.fields["FCUSTID"] = form.fields.pop("FCustId")
    for record in form.records.values():
        record["FCUSTID"] = record.pop("FCustId")
    night.load()
    assert night.rows("sale_order")[0]["customer_number"] == "C1"
    assert night.rows("opportunity")[0]["customer_number"] == "C1"  # by the label 客户


def test_a_key_of_an_entry_in_the_head_is_refused(night, small_site):
    night.options["forms"] = {"sale_order": {"columns": {"product_line": "FMaterialId.FNumber"}}}
    with pytest.raises(PermanentFailure, match="one of the keys belongs to an entry"):
        night.load()


def test_a_server_in_another_zone(night, small_site):
    night.simulator.zone = "Etc/GMT-9"
    night.simulator.edit(ORDERS, small_site["orders"][0], {"FApproveDate": "2026-10-31T00:30:00.5"})
    night.load()
    row = night.alive("sale_order")[str(small_site["orders"][0])]
    assert row["approved_at"] == dt.datetime(2026, 10, 30, 15, 30, 0, 500_000, tzinfo=dt.UTC)


def test_regions_of_departments(night, small_site):
    night.options["regions"] = {"销售部": "华东"}
    night.load()
    assert {row["number"]: row["region"] for row in night.rows("department")} == {
        "D1": "华东",
        "D2": "华东",
    }
