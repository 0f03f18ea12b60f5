"""Age in workdays against what is usual; the states of rpt_freshness."""

import datetime as dt

import pandas as pd
import pytest

from quality.feeds import Feeds, read_feeds
from quality.freshness import check_freshness, freshness_frame

AS_OF = dt.date(2026, 10, 30)  # a Friday
WORKDAYS = {
    day.date() for day in pd.date_range("2026-08-01", "2026-12-31") if day.weekday() < 5
} - {dt.date(2026, 10, 28)}
LIMITS = Feeds((("*", "*", {"late_after": 2, "stale_after": 5}),))


def extracts(newest, **values):
    row = {
        "source": "crm",
        "entity": "opportunities",
        "file": None,
        "state": "loaded",
        "rows": 10,
        "rows_previous": 9,
        "full": True,
        "loaded_at": pd.Timestamp("2026-10-30T15:00Z"),
        "newest_record_at": pd.NaT if newest is None else pd.Timestamp(newest, tz="UTC"),
        **values,
    }
    return pd.DataFrame([row])


def row_of(frame, **options):
    options = {"feeds": LIMITS, "timezone": "Asia/Shanghai", "workdays": WORKDAYS, **options}
    (row,) = freshness_frame(frame, AS_OF, **options).to_dict("records")
    return row


@pytest.mark.parametrize(
    ("newest", "age", "state"),
    [
        ("2026-10-30T10:00", 0, "fresh"),
        # 17:00 UTC on Thursday is Friday in Shanghai.
        ("2026-10-29T17:00", 0, "fresh"),
        ("2026-10-29T08:00", 1, "fresh"),
        # The 28th is a holiday and the 24th and 25th a weekend: none of them ages a feed.
        ("2026-10-27T08:00", 2, "fresh"),
        ("2026-10-26T08:00", 3, "late"),
        ("2026-10-23T08:00", 4, "late"),
        ("2026-10-22T08:00", 5, "late"),
        ("2026-10-21T08:00", 6, "stale"),
        # A past day is rebuilt from a later load: nothing is old then.
        ("2026-11-10T08:00", 0, "fresh"),
    ],
)
def test_age_and_state(newest, age, state):
    row = row_of(extracts(newest))
    assert (row["age_workdays"], row["state"]) == (age, state)


def test_without_a_calendar_every_day_counts():
    assert row_of(extracts("2026-10-26T08:00"), workdays=None)["age_workdays"] == 4


def test_columns_of_the_mart():
    frame = freshness_frame(extracts(None), AS_OF, feeds=LIMITS, timezone="Asia/Shanghai")
    assert list(frame.columns)[:7] == [
        "source",
        "entity",
        "last_loaded_at",
        "newest_record_at",
        "rows",
        "rows_previous",
        "state",
    ]
    (row,) = frame.to_dict("records")
    assert (row["rows"], row["rows_previous"], row["state"]) == (10, 9, "fresh")
    assert str(frame["last_loaded_at"].dtype) == "datetime64[us, UTC]"
    assert pd.isna(row["age_workdays"])


@pytest.mark.parametrize(
    ("values", "options", "state"),
    [
        ({"rows": 0}, {}, "empty"),
        ({"rows": 0, "full": False}, {}, "fresh"),
        ({"state": "rejected"}, {}, "late"),
        ({"state": "gone"}, {}, "empty"),
        ({}, {"failed_sources": ["crm"]}, "stale"),
        ({}, {"failed_sources": ["other"]}, "fresh"),
    ],
)
def test_other_reasons_for_a_state(values, options, state):
    assert row_of(extracts("2026-10-30T08:00", **values), **options)["state"] == state


def history(ages, entity="opportunities"):
    """One load every Friday at noon UTC, whose newest record is so many calendar days old."""
    loaded = pd.date_range(end="2026-10-23T12:00Z", periods=len(ages), freq="7D")
    newest = [moment - pd.Timedelta(days=age) for moment, age in zip(loaded, ages, strict=True)]
    return pd.DataFrame(
        {"source": "crm", "entity": entity, "loaded_at": loaded, "newest_record_at": newest}
    )


def test_what_is_usual_is_learned_from_eight_loads_on():
    weekly = history([7] * 8)  # five workdays old at every load
    row = row_of(extracts("2026-10-21T08:00"), history=weekly)
    assert (row["late_after"], row["stale_after"], row["state"]) == (7.5, 15.0, "fresh")
    few = row_of(extracts("2026-10-21T08:00"), history=weekly.head(7))
    assert (few["late_after"], few["state"]) == (2, "stale")


def test_a_daily_feed_is_given_one_workday_at_least():
    row = row_of(extracts("2026-10-29T08:00"), history=history([0] * 10))
    assert (row["late_after"], row["stale_after"], row["state"]) == (1.5, 3.0, "fresh")


def test_the_companys_own_limit_beats_a_learned_one():
    feeds = Feeds((*LIMITS.layers, ("crm", "opportunities", {"late_after": 4, "stale_after": 9})))
    row = row_of(extracts("2026-10-22T08:00"), history=history([7] * 8), feeds=feeds)
    assert (row["late_after"], row["state"]) == (4, "late")


def test_an_entity_without_a_limit_has_none_learned():
    frame = extracts("2024-01-01T08:00", entity="teams")
    row = row_of(frame, feeds=read_feeds(), history=history([7] * 8, "teams"))
    assert pd.isna(row["late_after"])
    assert row["state"] == "fresh"


@pytest.mark.parametrize(
    ("newest", "rows", "passed", "severity", "zh", "en"),
    [
        ("2026-10-30", 5, True, "warning", "按时到达：最新记录距今 0 个工作日。", "On time"),
        ("2026-10-23", 5, False, "warning", "晚于平常：最新记录距今 4 个工作日。", "Later than"),
        ("2026-10-01", 5, False, "warning", "已过期，相关数字不可信", "cannot be trusted"),
        (None, 0, False, "info", "没有数据。", "No rows."),
    ],
)
def test_lateness_warns_and_never_blocks(newest, rows, passed, severity, zh, en):
    frame = freshness_frame(
        extracts(newest, rows=rows), AS_OF, feeds=LIMITS, timezone="UTC", workdays=WORKDAYS
    )
    (result,) = check_freshness(frame)
    assert (result.passed, result.severity, result.source) == (passed, severity, "crm")
    assert zh in result.message_zh
    assert en in result.message_en
