"""feeds.yml: the company's keys over the shipped ones, and every fault named."""

import pytest

from pipelines.configuration.problems import ConfigurationError
from quality.feeds import read_feeds


def written(tmp_path, text):
    (tmp_path / "feeds.yml").write_text(text, encoding="utf-8")
    return tmp_path


def test_the_shipped_limits_hold_without_a_file_of_the_company(tmp_path):
    feeds = read_feeds(tmp_path)
    assert feeds.limits("any", "opportunities").late_after == 3
    assert feeds.limits("any", "opportunities").may_be_empty is False
    assert feeds.limits("any", "targets").stale_after is None
    assert not feeds.declares_age("any", "opportunities")


def test_the_narrower_place_wins_key_by_key(tmp_path):
    folder = written(
        tmp_path,
        "defaults:\n  opportunities: {late_after: 4}\n"
        "sources:\n"
        "  crm:\n    '*': {may_shrink: true}\n    opportunities: {stale_after: 20}\n",
    )
    feeds = read_feeds(folder, ["crm", "sheets"])
    crm, sheets = feeds.limits("crm", "opportunities"), feeds.limits("sheets", "opportunities")
    assert (crm.late_after, crm.stale_after, crm.may_shrink) == (4, 20, True)
    assert (sheets.late_after, sheets.stale_after, sheets.may_shrink) == (4, 10, False)
    assert feeds.declares_age("crm", "opportunities")
    assert not feeds.declares_age("crm", "orders")


def test_a_source_may_name_its_own_tables(tmp_path):
    folder = written(tmp_path, "sources: {crm: {OpportunityHistory: {late_after: 7}}}")
    assert read_feeds(folder, ["crm"]).limits("crm", "OpportunityHistory").late_after == 7


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- x", "feeds.yml: is not a mapping of defaults and sources"),
        ("limits: {}", "feeds.yml: is not a mapping of defaults and sources"),
        ("sources: [crm]", "feeds.yml: sources: ['crm']. Accepted: a mapping by source name"),
        ("sources: {cmr: {}}", "feeds.yml: sources.cmr: no such source. Accepted: crm, sheets"),
        ("sources: {crm: 3}", "feeds.yml: sources.crm: 3. Accepted: a mapping by entity"),
        ("defaults: {deals: {}}", "feeds.yml: defaults.deals: no entity. Accepted: *, users"),
        ("defaults: {orders: 5}", "defaults.orders: 5. Accepted: late_after"),
        ("defaults: {orders: {late: 5}}", "defaults.orders.late: unknown key"),
        ("defaults: {orders: {late_after: -1}}", ".late_after: -1. Accepted: a number of workdays"),
        ("defaults: {orders: {late_after: true}}", ".late_after: True. Accepted: a number"),
        ("defaults: {orders: {may_shrink: maybe}}", ".may_shrink: 'maybe'. Accepted: true or"),
        ("defaults: {orders: {accepted_rows: 1.5}}", ".accepted_rows: 1.5. Accepted: a whole"),
        (
            "defaults: {orders: {late_after: 9, stale_after: 3}}",
            ".stale_after: 3. Accepted: at least late_after, 9",
        ),
    ],
)
def test_a_fault_is_named(tmp_path, text, told):
    with pytest.raises(ConfigurationError) as error:
        read_feeds(written(tmp_path, text), ["crm", "sheets"])
    assert told in str(error.value)


def test_all_faults_at_once(tmp_path):
    folder = written(tmp_path, "defaults: {orders: {late_after: x, may_shrink: 3}, deals: {}}")
    with pytest.raises(ConfigurationError, match="3 problems"):
        read_feeds(folder)
