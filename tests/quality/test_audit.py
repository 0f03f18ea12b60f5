"""The whole audit on a company that is well, and on one that is not."""

import dataclasses

from quality.audit import audit_feeds, audit_marts, audit_staged, audit_suites
from quality.feeds import Feeds, read_feeds
from quality.gate import decide
from quality.suite_reader import read_suites


def everything(warehouse, terms, **options):
    feeds = options.pop("feeds", read_feeds())
    suites = audit_suites(warehouse.connection, read_suites())
    loaded = audit_feeds(warehouse.connection, terms, feeds, **options)
    results = [result for found in suites.values() for result in found]
    return [*results, *loaded.results, *audit_marts(warehouse.connection, terms)], loaded.freshness


def test_a_company_that_is_well_is_published(warehouse, terms):
    results, freshness = everything(warehouse, terms)
    verdict = decide(results)
    assert verdict.publish, verdict.text("en")
    assert verdict.warnings == ()
    assert verdict.checked > 100
    assert set(freshness["state"]) == {"fresh"}
    assert len(freshness) == 5


def test_no_two_results_have_the_same_check_and_subject(warehouse, terms):
    results, _ = everything(warehouse, terms)
    pairs = [(result.check, result.subject) for result in results]
    assert len(pairs) == len(set(pairs))


def test_every_message_is_a_sentence_in_its_language(warehouse, terms):
    results, _ = everything(warehouse, terms)
    for result in results:
        assert result.message_zh.endswith("。"), result
        assert any("\u4e00" <= c <= "\u9fff" for c in result.message_zh), result
        assert result.message_en.endswith("."), result
        assert not any("\u4e00" <= c <= "\u9fff" for c in result.message_en), result


def test_a_shrunken_feed_stops_the_night_unless_its_source_may_fail(warehouse, terms):
    warehouse.execute("update config.extracts set rows_previous = 500 where entity = 'orders'")
    results, _ = everything(warehouse, terms)
    verdict = decide(results)
    assert not verdict.publish
    assert [r.check for r in verdict.errors] == ["feed_volume"]
    tolerant = decide(results, may_fail=["sheets"])
    assert tolerant.publish
    assert tolerant.untrusted == {"sheets"}


def test_a_feed_ages_by_the_companys_calendar(warehouse, terms):
    warehouse.execute(
        "update config.extracts set newest_record_at = timestamptz '2026-10-30 04:00:00+00'"
    )
    warehouse.execute("update config.calendar set is_workday = false where date_day = '2026-11-02'")
    feeds = Feeds((("*", "*", {"late_after": 1, "stale_after": 2}),))
    for day, state in (
        ((11, 2), "fresh"),
        ((11, 3), "fresh"),
        ((11, 4), "late"),
        ((11, 5), "stale"),
    ):
        later = dataclasses.replace(terms, as_of=terms.as_of.replace(month=day[0], day=day[1]))
        loaded = audit_feeds(warehouse.connection, later, feeds)
        assert set(loaded.freshness["state"]) == {state}, day


def test_an_empty_company_has_no_feeds_and_agrees_with_itself(empty_warehouse, terms):
    results, freshness = everything(empty_warehouse, terms)
    assert freshness.empty
    assert [result for result in results if not result.passed] == []


def stage(warehouse, order_id="'S1'"):
    """One staged order of a CRM, and what the CRM counted."""
    warehouse.extract("order", source="crm", system="salesforce", file=None, rows=1)
    warehouse.execute(
        "create schema if not exists staging; create or replace view staging.stg_salesforce__orders "
        f"as select {order_id}::varchar as order_id, 'A1' as account_id, "
        "5.00::decimal(18, 2) as amount, 'CNY' as currency, "
        "timestamptz '2026-10-02 00:00:00+00' as ordered_at, "
        "null::timestamptz as promised_at, null::timestamptz as delivered_at, "
        "'crm' as source, timestamptz '2026-10-30 00:00:00+00' as _loaded_at; "
        "create or replace view staging.stg_salesforce__completeness as select 'crm' as source, "
        "'Order' as object, 2 as system_rows, 1 as arrived_rows, null as system_amount, "
        "null as arrived_amount"
    )


def test_rows_of_a_crm_are_judged_after_staging_and_sheets_not_again(warehouse):
    suites = {name: suite for name, suite in read_suites().items() if name in ("orders", "users")}
    assert audit_staged(warehouse.connection, suites) == []
    stage(warehouse)
    results = audit_staged(warehouse.connection, suites)
    assert {result.source for result in results} == {"crm"}
    assert {result.subject for result in results} == {"crm.orders", "crm.Order"}
    failed = [result for result in results if not result.passed]
    assert [result.check for result in failed] == ["system_row_count"]


def test_a_count_of_a_crm_that_differs_stops_the_publication_and_a_single_row_does_not(warehouse):
    stage(warehouse, order_id="null")
    results = audit_staged(warehouse.connection, read_suites())
    verdict = decide(results)
    assert not verdict.publish
    assert {result.check for result in verdict.errors} == {"system_row_count"}
    assert "orders_order_id_present" in {result.check for result in verdict.warnings}
    tolerant = decide(results, may_fail=["crm"])
    assert tolerant.publish
    assert tolerant.untrusted == {"crm"}
