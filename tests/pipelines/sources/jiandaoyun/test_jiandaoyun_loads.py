"""First and later loads of 简道云: everything once, then changes, deletions, and what is read again."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from jiandaoyun_tenant import NOW, Tenant, extract_of

from pipelines.entities import ENTITIES
from pipelines.sources.jiandaoyun.forms import FORMS
from pipelines.sources.jiandaoyun.tables import LIVE, TABLES
from pipelines.sources.protocol import in_both

DAY = 86_400


def data_calls(tenant: Tenant, entry_id: str) -> list[dict]:
    return [
        item.request.json
        for item in tenant.simulator.asked("data/list")
        if item.request.json["entry_id"] == entry_id
    ]


def test_the_first_load_brings_every_entity_whole(
    filled: Tenant, company: dict[str, pd.DataFrame]
) -> None:
    report = filled.load()
    assert report.rejections == []
    assert set(TABLES) == {*ENTITIES, LIVE}
    for entity in FORMS:
        extract = extract_of(report, entity)
        assert extract.rows == len(company[entity]) == extract.source_rows
        assert extract.full
        assert extract.message is None
    raw = filled.latest("opportunities", "opportunity_id")
    for row in company["opportunities"].to_dict("records"):
        found = raw[filled.ids["opportunities"][row["opportunity_id"]]]
        assert found["owner_id"] == row["owner_id"]
        assert found["account_id"] == filled.ids["accounts"][row["account_id"]]
        assert (found["stage"], found["amount"]) == (row["stage"], Decimal(str(row["amount"])))
        # The form holds midnight in Shanghai, which is 16:00 of the day before in UTC.
        assert found["expected_close_date"] == row["expected_close_date"].date()
        assert found["expected_close_at"].hour == 16
        local = found["created_at"].astimezone(ZoneInfo("Asia/Shanghai"))
        assert local.replace(tzinfo=None) == row["created_at"].to_pydatetime()
    assert filled.simulator.unexpected == []


def test_people_and_departments(filled: Tenant, company: dict[str, pd.DataFrame]) -> None:
    filled.load()
    users = {row["user_id"]: row for row in filled.rows("users")}
    assert {n for n, row in users.items() if row["in_directory"]} == filled.simulator.directory
    team = company["teams"].iloc[0]
    teams = {row["team_id"]: row for row in filled.rows("teams")}
    found = teams[filled.ids["teams"][team["team_id"]]]
    assert (found["team_name"], found["region"]) == (team["team_name"], team["region"])
    assert [row["team_name"] for row in teams.values() if not row["is_team"]] == [team["region"]]


def test_who_left_before_the_first_load_is_known_from_his_records(deals: Tenant) -> None:
    deals.deal(1)
    deals.simulator.people["u_lin"]["status"] = -1
    deals.simulator.directory.remove("u_lin")
    deals.load()
    users = {row["user_id"]: row for row in deals.rows("users")}
    assert (users["u_lin"]["in_directory"], users["u_lin"]["status"]) == (False, -1)
    assert users["u_wang"]["in_directory"]
    assert "u_lin" not in deals.latest("users", "user_id")


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 200])
def test_pages_end_with_an_empty_one_whatever_the_page_edge(deals: Tenant, count: int) -> None:
    ids = {deals.deal(number) for number in range(count)}
    report = deals.load()
    assert set(deals.latest("opportunities", "opportunity_id")) == ids
    assert extract_of(report, "opportunities").source_rows == count


@pytest.mark.parametrize(("cap", "strict"), [(7, False), (100, True)])
def test_a_server_that_cuts_pages_or_refuses_large_ones_loses_nothing(
    deals: Tenant, cap: int, strict: bool
) -> None:
    deals.simulator.cap, deals.simulator.strict = cap, strict
    ids = {deals.deal(number) for number in range(23)}
    deals.load()
    assert set(deals.latest("opportunities", "opportunity_id")) == ids


def test_a_later_load_asks_for_changes_only(deals: Tenant) -> None:
    old = deals.deal(1, NOW - dt.timedelta(days=90))
    deals.load()
    deals.simulator.advance(DAY)
    new = deals.deal(2)
    deals.simulator.seen.clear()
    report = deals.load()
    extract = extract_of(report, "opportunities")
    assert (extract.full, extract.rows, extract.source_rows) == (False, 1, None)
    changes = [call for call in data_calls(deals, "020100500000000000000001") if "filter" in call]
    (condition,) = changes[0]["filter"]["cond"]
    # Whole days, with two days of overlap: the zone of the bound cannot matter then.
    assert condition["value"] == ["2026-10-28", None]
    assert set(deals.latest("opportunities", "opportunity_id")) == {old, new}


def test_a_record_edited_behind_the_page_in_hand_comes_in_the_next_load(deals: Tenant) -> None:
    ids = [deals.deal(number, NOW - dt.timedelta(days=30)) for number in range(150)]
    entry = "data/list"
    # The probe needs two calls, the first page is the third: now edit a record of that page.
    deals.simulator.faults.add(
        "call",
        path=entry,
        after=3,
        action=lambda s: s.edit("商机", ids[5], {"商机名称": "改名"}),
    )
    deals.load()
    assert deals.latest("opportunities", "opportunity_id")[ids[5]]["opportunity_name"] == "商机5"
    deals.simulator.advance(DAY)
    deals.load()
    assert deals.latest("opportunities", "opportunity_id")[ids[5]]["opportunity_name"] == "改名"


def test_deletions_are_seen_the_next_night_and_restored_records_come_back(deals: Tenant) -> None:
    ids = [deals.deal(number, NOW - dt.timedelta(days=30)) for number in range(5)]
    deals.load()
    deals.simulator.remove("商机", ids[2])
    deals.simulator.advance(DAY)
    deals.load()
    assert set(deals.latest("opportunities", "opportunity_id")) == {*ids} - {ids[2]}
    deals.simulator.restore("商机", ids[2])
    deals.simulator.advance(DAY)
    deals.load()
    assert set(deals.latest("opportunities", "opportunity_id")) == {*ids}


def test_the_last_record_of_a_form_can_be_deleted_too(deals: Tenant) -> None:
    only = deals.deal(1)
    deals.load()
    deals.simulator.remove("商机", only)
    deals.simulator.advance(DAY)
    deals.load()
    assert deals.latest("opportunities", "opportunity_id") == {}


def test_a_sudden_loss_of_many_ids_is_not_believed_unless_told_to(deals: Tenant) -> None:
    ids = [deals.deal(number, NOW - dt.timedelta(days=30)) for number in range(60)]
    deals.load()
    for key in ids[:30]:
        deals.simulator.remove("商机", key)
    deals.simulator.advance(DAY)
    report = deals.load()
    assert "only 30 of 60 records are left" in str(extract_of(report, "opportunities").message)
    assert "60 条记录只剩 30 条" in str(
        in_both(
            extract_of(report, "opportunities").message,
            extract_of(report, "opportunities").message_zh,
        )[1]
    )
    assert set(deals.latest("opportunities", "opportunity_id")) == {*ids}
    deals.simulator.advance(DAY)
    deals.load(accept_deletions=True)
    assert set(deals.latest("opportunities", "opportunity_id")) == {*ids[30:]}


def test_ids_of_large_forms_wait_for_the_full_load(deals: Tenant) -> None:
    ids = [deals.deal(number, NOW - dt.timedelta(days=30)) for number in range(5)]
    deals.load(sweep_up_to=3)
    deals.simulator.remove("商机", ids[0])
    deals.simulator.advance(DAY)
    deals.load(sweep_up_to=3)
    assert set(deals.latest("opportunities", "opportunity_id")) == {*ids}
    deals.simulator.advance(7 * DAY)
    assert extract_of(deals.load(sweep_up_to=3), "opportunities").full
    assert set(deals.latest("opportunities", "opportunity_id")) == {*ids[1:]}


def test_edits_that_leave_no_time_are_found_by_the_weekly_full_load(deals: Tenant) -> None:
    key = deals.deal(1, NOW - dt.timedelta(days=30))
    deals.load()
    deals.simulator.edit("商机", key, {"销售阶段": {"name": "赢单"}}, silent=True)
    deals.simulator.advance(DAY)
    deals.load()
    assert deals.latest("opportunities", "opportunity_id")[key]["stage"] == "初步接洽"
    deals.simulator.advance(6 * DAY)
    deals.load()
    assert deals.latest("opportunities", "opportunity_id")[key]["stage"] == "赢单"


@pytest.mark.parametrize(("option", "full"), [("probe", True), ("on", False), ("off", True)])
def test_a_filter_that_is_ignored_is_found_out_and_everything_is_read(
    deals: Tenant, option: str, full: bool
) -> None:
    deals.simulator.filters_updates = False
    deals.deal(1, NOW - dt.timedelta(days=90))
    deals.load(update_filter=option)
    deals.simulator.advance(DAY)
    assert extract_of(deals.load(update_filter=option), "opportunities").full is full


def test_another_widget_for_a_column_reads_everything_anew(deals: Tenant) -> None:
    key = deals.deal(1, NOW - dt.timedelta(days=90), 输单原因="价格")
    deals.load()
    deals.simulator.advance(DAY)
    report = deals.load(forms={"opportunities": {"columns": {"product_line": "label:输单原因"}}})
    assert extract_of(report, "opportunities").full
    assert deals.latest("opportunities", "opportunity_id")[key]["product_line"] == "价格"


def test_what_is_created_after_the_upper_bound_is_left_to_the_next_run(deals: Tenant) -> None:
    early = deals.deal(1, NOW - dt.timedelta(hours=2))
    late = deals.deal(2, NOW + dt.timedelta(minutes=1))
    extract = extract_of(deals.load(NOW), "opportunities")
    assert (extract.rows, extract.source_rows) == (1, 1)
    deals.load(NOW + dt.timedelta(days=1))
    assert set(deals.latest("opportunities", "opportunity_id")) == {early, late}
