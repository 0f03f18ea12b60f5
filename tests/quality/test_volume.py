"""Rows against the load before: a feed that shrank blocks, one that may shrink does not."""

import pandas as pd
import pytest

from quality.feeds import Feeds
from quality.volume import check_volume, feed_rows


def extracts(*rows):
    default = {
        "source": "crm",
        "entity": "opportunities",
        "file": None,
        "state": "loaded",
        "rows": 0,
        "rows_previous": None,
        "full": True,
        "loaded_at": pd.Timestamp("2026-10-30T16:00Z"),
    }
    return pd.DataFrame([{**default, **row} for row in rows])


def verdict(rows, previous, limits=None, **values):
    layers = (("*", "*", limits),) if limits else ()
    frame = extracts({"rows": rows, "rows_previous": previous, **values})
    (result,) = check_volume(frame, Feeds(layers))
    return result


@pytest.mark.parametrize(
    ("rows", "previous", "passed", "severity"),
    [
        (1000, None, True, "error"),
        (1000, 1000, True, "error"),
        (851, 1000, True, "error"),
        (850, 1000, False, "error"),
        (100, 1000, False, "error"),
        (0, 1000, False, "error"),
        (2999, 1000, True, "error"),
        (3000, 1000, False, "warning"),
        (500, 0, True, "error"),
    ],
)
def test_limits(rows, previous, passed, severity):
    result = verdict(rows, previous)
    assert (result.passed, result.severity) == (passed, severity)
    assert result.subject == "crm.opportunities"
    assert result.source == "crm"


def test_the_sentence_has_the_numbers_and_the_way_out():
    result = verdict(100, 1000)
    assert result.failed_rows == 900
    assert "1,000 rows before, 100 now (-90.0%)" in result.message_en
    assert (
        "set accepted_rows: 100 under sources.crm.opportunities in feeds.yml" in result.message_en
    )
    assert "上一次 1,000 行，这一次 100 行" in result.message_zh


@pytest.mark.parametrize(
    ("rows", "previous", "limits", "passed"),
    [
        (100, 1000, {"may_shrink": True}, True),
        (0, 1000, {"may_shrink": True}, True),
        (100, 1000, {"accepted_rows": 100}, True),
        (99, 1000, {"accepted_rows": 100}, False),
        (0, None, {"may_be_empty": True}, True),
        (0, None, {"may_be_empty": False}, False),
        # Optional or not, a table that had rows yesterday is not empty by itself.
        (0, 1000, {"may_be_empty": True}, False),
        (0, 1000, {"accepted_rows": 0}, True),
    ],
)
def test_what_a_source_allows(rows, previous, limits, passed):
    assert verdict(rows, previous, limits).passed is passed


def test_an_incremental_load_is_not_compared():
    result = verdict(3, 1000, full=False)
    assert result.passed
    assert "incremental" in result.message_en


def test_files_of_a_feed_are_summed_and_a_rejected_one_keeps_its_rows():
    frame = extracts(
        {"file": "a.csv", "rows": 90, "rows_previous": 100},
        {"file": "b.csv", "state": "rejected", "rows": 0, "rows_previous": 50},
        {"file": "c.csv", "state": "gone", "rows": 0, "rows_previous": 10},
        {"file": "d.csv", "rows": 20, "rows_previous": None},
        {"entity": "orders", "rows": 7, "rows_previous": None},
    )
    deals, orders = feed_rows(frame)
    assert (deals.entity, deals.rows, deals.previous) == ("opportunities", 160, 160)
    assert (orders.entity, orders.rows, orders.previous) == ("orders", 7, None)


def test_a_withdrawn_file_counts_as_lost_rows():
    frame = extracts(
        {"file": "a.csv", "rows": 100, "rows_previous": 100},
        {"file": "b.csv", "state": "gone", "rows": 0, "rows_previous": 100},
    )
    (result,) = check_volume(frame, Feeds())
    assert not result.passed
    assert result.failed_rows == 100


def test_files_that_the_last_load_did_not_touch_are_the_same_before_and_after():
    """Monthly versions: each month's file replaces the one before, which stays on record as gone."""
    september, october = pd.Timestamp("2026-09-30T16:00Z"), pd.Timestamp("2026-10-30T16:00Z")
    frame = extracts(
        {"file": "8.csv", "state": "gone", "rows": 0, "rows_previous": 100, "loaded_at": september},
        {"file": "9.csv", "state": "gone", "rows": 0, "rows_previous": 100, "loaded_at": october},
        {"file": "10.csv", "rows": 98, "rows_previous": None, "loaded_at": october},
        {"file": "base.csv", "rows": 70, "rows_previous": 10, "loaded_at": september},
    )
    (feed,) = feed_rows(frame)
    assert (feed.rows, feed.previous) == (168, 170)
    # The growth of another file long ago must not hide that this one shrank now.
    shrunken = frame.assign(rows=[0, 0, 20, 70])
    (result,) = check_volume(shrunken, Feeds())
    assert (result.passed, result.failed_rows) == (False, 80)
