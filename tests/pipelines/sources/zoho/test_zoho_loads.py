"""First and incremental loads, deletions, paging and bulk against a real server."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from zoho_runs import Loads, deals_in, deals_of, stages_in, stages_of

from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.sources.protocol import Previous

DAY = 86_400


def test_a_first_load_brings_everything(simulator, loads):
    extracts = loads.run()

    assert deals_in(loads) == deals_of(simulator)
    assert stages_in(loads) == stages_of(simulator)
    deals = extracts["deals"]
    assert (deals.rows, deals.source_rows, deals.full) == (7, 7, True)
    assert deals.source_amount == Decimal("7021.70")
    assert deals.newest_record_at == max(row[3] for row in deals_of(simulator).values())
    row = loads.new["deals"][0]
    assert row["owner_id"] == "4970762000000000011"
    assert row["account_id"] in simulator.org.records["Accounts"]
    assert {user["full_name"]: user["status"] for user in loads.new["users"]} == {
        "Boss": "active",
        "Anna": "active",
        "Gone": "deleted",
    }
    assert loads.new["organisation"][0]["iso_code"] == "EUR"
    assert {(s["stage"], s["forecast_type"]) for s in loads.new["stages"]} >= {
        ("Qualification", "Open"),
        ("Closed Won", "Closed Won"),
    }


def test_regions_come_from_the_role_tree(loads):
    loads.run(regions={"North": "Nordics"})
    assert {role["name"]: role["region"] for role in loads.new["roles"]} == {
        "CEO": None,
        "North": "Nordics",
        "Team One": "Nordics",
    }


def test_a_region_without_a_role_is_an_error(loads):
    with pytest.raises(PermanentFailure, match="no team South"):
        loads.run(regions={"South": "South"})


def test_an_incremental_load_brings_only_what_changed(simulator, loads, deal):
    loads.run()
    simulator.advance(DAY)
    simulator.put("Deals", deal(2), Stage="Proposal", Amount=99.5)
    simulator.advance(DAY)

    extracts = loads.run()

    assert [row["id"] for row in loads.new["deals"]] == [deal(2)]
    assert (extracts["deals"].full, extracts["deals"].source_rows) == (False, 1)
    assert extracts["deals"].source_amount == Decimal("99.50")
    assert [row["stage"] for row in loads.new["deal_history"]] == ["Proposal"]
    assert deals_in(loads) == deals_of(simulator)
    assert stages_in(loads) == stages_of(simulator)


def test_what_changes_after_the_upper_bound_waits_for_the_next_load(simulator, loads, deal):
    loads.run()
    simulator.advance(DAY)
    upto = simulator.clock
    simulator.advance(60)
    simulator.put("Deals", deal(1), Amount=5)

    loads.run(upto)
    assert loads.new["deals"] == []
    simulator.advance(60)
    loads.run()
    assert [row["id"] for row in loads.new["deals"]] == [deal(1)]


def test_a_record_edited_during_a_first_load_is_not_missing_for_a_night(simulator, loads, deal):
    upto = simulator.clock
    simulator.advance(60)
    simulator.put("Deals", deal(1), Amount=5)
    new = simulator.put("Deals", Deal_Name="Late", Stage="Qualification", Owner="1")

    extracts = loads.run(upto)

    assert set(loads.latest("deals")) == set(simulator.org.records["Deals"]) - {new}
    assert extracts["deals"].source_rows == extracts["deals"].rows == 7


def test_the_overlap_finds_a_record_stamped_before_the_cursor(simulator, loads):
    loads.run()
    simulator.put(
        "Deals",
        Deal_Name="Slow",
        Stage="Qualification",
        Owner="1",
        Modified_Time=simulator.clock - dt.timedelta(minutes=10),
    )
    simulator.advance(DAY)
    loads.run()
    assert "Slow" in {row["deal_name"] for row in loads.new["deals"]}


@pytest.mark.parametrize("purged", [False, True])
def test_deleted_records_are_marked(simulator, loads, deal, purged):
    loads.run()
    simulator.advance(DAY)
    (simulator.purge if purged else simulator.delete)("Deals", deal(3))
    simulator.advance(60)

    extracts = loads.run()

    assert [(r["id"], r["_deleted"]) for r in loads.new["deals"]] == [(deal(3), True)]
    assert extracts["deals"].source_rows == extracts["deals"].rows == 1
    assert deals_in(loads) == deals_of(simulator)


def test_a_restored_record_comes_back(simulator, loads, deal):
    loads.run()
    simulator.advance(DAY)
    simulator.delete("Deals", deal(3))
    simulator.advance(60)
    loads.run()
    simulator.advance(60)
    simulator.restore("Deals", deal(3))
    simulator.advance(60)
    loads.run()
    assert deals_in(loads) == deals_of(simulator)


def test_the_weekly_load_of_everything_sweeps_what_vanished_unseen(simulator, loads, deal):
    loads.run()
    simulator.advance(DAY)
    simulator.purge("Deals", deal(3), listed=False)
    simulator.advance(60)
    assert not loads.run()["deals"].full
    assert deal(3) in deals_in(loads)
    simulator.advance(7 * DAY)
    assert loads.run()["deals"].full
    assert deals_in(loads) == deals_of(simulator)


def test_a_list_of_deletions_that_changes_while_it_is_paged_is_read_again(simulator, deal):
    simulator.page_size = 2
    loads = Loads(simulator)
    loads.run()
    simulator.advance(DAY)
    for number in range(6):
        simulator.advance(1)
        simulator.delete("Deals", deal(number))
    simulator.advance(60)
    # The first deal comes back while its page has been read: the others move up by one.
    simulator.faults.add(
        "call", path="Deals/deleted", after=1, action=lambda sim: sim.restore("Deals", deal(0))
    )
    loads.run()
    simulator.advance(60)
    loads.run()
    assert deals_in(loads) == deals_of(simulator)


@pytest.mark.parametrize("page_size", [2, 3, 200])
def test_edits_while_paging_lose_nothing(simulator, deal, page_size):
    simulator.page_size = page_size
    edited = iter([deal(0), deal(1), deal(2)])

    def edit(sim, number):
        sim.advance(1)
        key = next(edited, None)
        if key:
            sim.put("Deals", key, Amount=number)

    loads = Loads(simulator)
    upto = simulator.clock
    simulator.on_page = edit
    loads.run(upto)
    assert set(loads.latest("deals")) == set(simulator.org.records["Deals"])
    simulator.on_page = None
    simulator.advance(60)
    loads.run()
    assert deals_in(loads) == deals_of(simulator)
    assert stages_in(loads) == stages_of(simulator)


def test_deletions_while_paging_skip_nobody(simulator, deal):
    simulator.page_size = 2
    doomed = iter([deal(0), deal(1)])

    def delete(sim, number):
        sim.advance(1)
        key = next(doomed, None)
        if key:
            sim.delete("Deals", key)

    loads = Loads(simulator)
    simulator.on_page = delete
    loads.run(simulator.clock)
    simulator.on_page = None
    assert set(loads.latest("deals")) >= {deal(number) for number in range(2, 7)}


def test_a_mass_update_in_one_second_is_walked_by_tokens_until_nothing_is_new(simulator, deal):
    """More records of one second than a page holds, one of them edited while they are read."""
    simulator.page_size = 2
    loads = Loads(simulator)
    loads.run()
    simulator.advance(DAY)
    for number in range(7):
        simulator.put("Deals", deal(number), Next_Step="call")
    simulator.advance(60)
    upto, calls = simulator.clock, []

    def edit(sim, number):
        calls.append(number)
        if len(calls) == 3:
            sim.advance(1)
            sim.put("Deals", deal(0), Next_Step="again")

    simulator.on_page = edit
    loads.run(upto)
    assert {row["id"] for row in loads.new["deals"]} == {deal(number) for number in range(7)}
    assert any("page_token" in seen.request.query for seen in simulator.asked("/Deals"))


@pytest.mark.parametrize("dead", ["drop_page_tokens", "forget"])
def test_a_page_token_that_dies_starts_the_pass_anew(simulator, deal, dead):
    simulator.page_size = 2
    loads = Loads(simulator)
    loads.run()
    simulator.advance(DAY)
    for number in range(7):
        simulator.put("Deals", deal(number), Next_Step="call")
    simulator.advance(60)
    kill = (
        simulator.drop_page_tokens if dead == "drop_page_tokens" else simulator._page_tokens.clear
    )
    simulator.faults.add("call", path=r"/Deals$", after=3, action=lambda _: kill())
    loads.run()
    assert len(loads.new["deals"]) == 7


def test_times_are_compared_in_utc_across_the_change_of_offset(simulator):
    """In Berlin 02:30+02:00 is before 02:10+01:00, though its text is greater."""
    simulator.page_size = 2
    start = dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)
    keys = [
        simulator.put(
            "Accounts",
            Account_Name=f"A{minutes}",
            Created_Time=start,
            Modified_Time=start + dt.timedelta(minutes=minutes),
        )
        for minutes in (0, 20, 40, 60, 80)
    ]
    loads = Loads(simulator)
    loads.run()
    found = {row["id"]: row["modified_time"] for row in loads.new["accounts"]}
    assert [found[key] for key in keys] == [
        start + dt.timedelta(minutes=minutes) for minutes in (0, 20, 40, 60, 80)
    ]


def test_converted_leads_are_read(simulator, loads):
    simulator.put("Leads", Full_Name="Open", Owner="1", Converted__s=False)
    simulator.put("Leads", Full_Name="Done", Owner="1", Converted__s=True, Converted_Deal="7")
    simulator.advance(60)
    extracts = loads.run()
    assert {row["full_name"]: row["converted_deal_id"] for row in loads.new["leads"]} == {
        "Open": None,
        "Done": "7",
    }
    assert extracts["leads"].source_rows is None  # what is counted is not documented


def test_money_keeps_its_currency(simulator):
    simulator.org.multi_currency = True
    simulator.org.org["mc_status"] = True
    simulator.org.add_field("Deals", "Currency", "picklist")
    simulator.org.add_field("Deals", "Exchange_Rate", "double")
    simulator.put(
        "Deals",
        Deal_Name="Yen",
        Stage="Proposal",
        Owner="1",
        Amount=0.1,
        Currency="JPY",
        Exchange_Rate=161.123456789,
    )
    simulator.advance(60)
    loads = Loads(simulator)
    extracts = loads.run()
    row = next(row for row in loads.new["deals"] if row["deal_name"] == "Yen")
    assert (row["currency"], row["amount"]) == ("JPY", Decimal("0.10000000"))
    assert row["exchange_rate"] == Decimal("161.12345679")
    assert extracts["deals"].source_amount is None  # sums over currencies mean nothing


def test_own_fields_fill_canonical_columns(simulator, deal):
    simulator.org.add_field("Deals", "Line", "picklist")
    simulator.org.add_field("Deals", "Partner", "lookup")
    simulator.put("Deals", deal(0), Line="Pumps", Partner="42")
    loads = Loads(
        simulator, fields={"opportunities": {"product_line": "Line", "account_id": "Partner"}}
    )
    loads.run()
    row = next(row for row in loads.new["deals"] if row["id"] == deal(0))
    assert (row["custom_product_line"], row["custom_account_id"]) == ("Pumps", "42")


# Bulk Read -------------------------------------------------------------------------------------


def test_a_large_first_load_goes_in_bulk_and_brings_the_same(simulator, deal):
    simulator.put("Deals", deal(0), Deal_Name='Line, one\nand "two"', Amount=None)
    paged, bulk = Loads(simulator), Loads(simulator, bulk_from=3)
    paged.run()
    simulator.bulk_rows = 3
    extracts = bulk.run()

    def bare(rows):
        return sorted((list(row.values()) for row in rows), key=lambda row: row[0])

    assert bare(bulk.new["deals"]) == bare(paged.new["deals"])
    assert bare(bulk.new["deal_history"]) == bare(paged.new["deal_history"])
    assert extracts["deals"].source_rows == 7
    jobs = [s for s in simulator.asked("/crm/bulk/v8/read") if s.request.method == "POST"]
    assert len(jobs) == 2 * 3
    assert bulk.slept  # waited for the jobs, without keeping this test waiting


def test_an_incremental_load_that_grows_goes_on_in_bulk(simulator, deal):
    simulator.page_size = 2
    loads = Loads(simulator)
    loads.run()
    simulator.advance(DAY)
    for number in range(7):
        simulator.advance(5)
        simulator.put("Deals", deal(number), Stage="Proposal")
    simulator.advance(60)
    extracts = loads.run(bulk_from=3)
    assert simulator.asked("/crm/bulk/v8/read")
    assert sorted(row["id"] for row in loads.new["deals"]) == sorted(map(deal, range(7)))
    assert extracts["deals"].source_rows == 7
    assert deals_in(loads) == deals_of(simulator)
    assert stages_in(loads) == stages_of(simulator)


def test_modules_that_bulk_refuses_are_read_by_pages(simulator):
    simulator.no_bulk = {"Deals", "DealHistory"}
    loads = Loads(simulator, bulk_from=3)
    loads.run()
    assert deals_in(loads) == deals_of(simulator)
    assert stages_in(loads) == stages_of(simulator)


def test_an_incremental_load_that_grows_without_a_bulk_route_stays_with_pages(simulator, deal):
    simulator.page_size, simulator.no_bulk = 2, {"Deals", "DealHistory"}
    loads = Loads(simulator, bulk_from=3)
    loads.run()
    simulator.advance(DAY)
    for number in range(7):
        simulator.advance(5)
        simulator.put("Deals", deal(number), Stage="Proposal")
    simulator.advance(60)
    loads.run()
    assert deals_in(loads) == deals_of(simulator)


@pytest.mark.parametrize("fault", ["failing_jobs", "lost_results"])
def test_a_job_that_fails_once_is_set_up_again(simulator, fault):
    setattr(simulator, fault, 1)
    loads = Loads(simulator, bulk_from=3)
    loads.run()
    assert deals_in(loads) == deals_of(simulator)


def test_a_job_that_fails_again_stops_the_load(simulator):
    simulator.failing_jobs = 2
    with pytest.raises(TransientFailure, match="failed or its result was gone"):
        Loads(simulator, bulk_from=3).run()


def test_a_job_that_never_ends_stops_the_load(simulator):
    simulator.polls = 10_000
    with pytest.raises(TransientFailure, match="still IN PROGRESS after 1 minutes"):
        Loads(simulator, bulk_from=3, bulk_deadline_minutes=1).run()


def test_a_file_with_fewer_records_than_announced_stops_the_load(simulator, deal):
    simulator.faults.add(
        "call", path="/result", action=lambda sim: next(iter(sim._jobs.values()))["rows"].pop()
    )
    simulator.polls = 0
    with pytest.raises(TransientFailure, match="7 records announced, 6 in the file"):
        Loads(simulator, bulk_from=3).run()


def test_a_damaged_zip_stops_the_load(simulator):
    simulator.faults.add(
        "status",
        path="/result",
        status=200,
        body=b"PK no zip",
        headers={"Content-Type": "application/zip"},
    )
    with pytest.raises(TransientFailure, match="damaged zip"):
        Loads(simulator, bulk_from=3).run()


def test_history_rows_of_deleted_deals_are_no_loss_in_bulk(simulator, deal):
    simulator.delete("Deals", deal(0))
    extracts = Loads(simulator, bulk_from=3).run()
    history = extracts["deal_history"]
    assert (history.rows, history.source_rows) == (6, 6)


# Counting --------------------------------------------------------------------------------------


def test_records_that_the_pages_do_not_show_are_missed(simulator, loads, deal):
    """The count says seven, the pages show six: the difference must be visible."""
    simulator.hidden = {deal(2)}
    extracts = loads.run()
    assert (extracts["deals"].rows, extracts["deals"].source_rows) == (6, 7)


def test_without_totals_there_is_no_count_but_a_load(simulator, loads, deal):
    simulator.no_coql_totals = True
    assert loads.run()["deals"].source_rows == 7
    simulator.advance(DAY)
    simulator.put("Deals", deal(0), Amount=1)
    simulator.advance(60)
    extracts = loads.run()
    assert extracts["deals"].source_rows is None
    assert extracts["deals"].source_amount is None
    assert deals_in(loads) == deals_of(simulator)


def test_edits_between_count_and_pages_raise_no_false_alarm(simulator, loads, deal):
    loads.run()
    simulator.advance(DAY)
    for number in range(4):
        simulator.put("Deals", deal(number), Amount=number)
    simulator.advance(60)
    upto = simulator.clock
    simulator.advance(1)
    simulator.faults.add(
        "call", path=r"/Deals$", action=lambda sim: sim.put("Deals", deal(0), Amount=77)
    )
    extracts = loads.run(upto)
    assert extracts["deals"].rows == extracts["deals"].source_rows == 3


def test_a_load_that_is_left_early_ends_its_threads(simulator, loads):
    items = loads.connector.extract(Previous(), simulator.clock)
    next(items)
    items.close()
