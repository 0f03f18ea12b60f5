"""The tables of extracts: what an incremental load leaves unsaid is taken from the loads before."""

from __future__ import annotations

import datetime as dt

from pipelines.raw_zone.rows import KnownExtract
from pipelines.sources.protocol import Extract
from pipelines.warehouse.extracts import extract_history, last_extracts

DAY = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)


def load(number: int, newest: int | None, *, full: bool, rows: int = 5, **values) -> KnownExtract:
    moment = None if newest is None else DAY + dt.timedelta(days=newest)
    extract = Extract("deals", rows=rows, full=full, newest_record_at=moment, **values)
    return KnownExtract(str(number), "crm", "zoho", DAY + dt.timedelta(days=number), extract)


def last(*loads: KnownExtract) -> dict:
    (row,) = last_extracts({"crm": list(loads)}, [loads[-1]]).to_pylist()
    return row


def test_a_quiet_incremental_load_does_not_make_a_feed_young_or_ageless():
    quiet = last(load(1, 1, full=True), load(2, 2, full=False), load(3, None, full=False, rows=0))
    assert quiet["newest_record_at"] == DAY + dt.timedelta(days=2)
    assert quiet["rows_previous"] == 5


def test_a_full_load_speaks_for_itself():
    shrunk = last(load(1, 9, full=True), load(2, 4, full=True))
    assert shrunk["newest_record_at"] == DAY + dt.timedelta(days=4)


def test_a_rejected_load_adds_nothing_but_its_state():
    refused = last(load(1, 3, full=True), load(2, None, full=False, rows=0, state="rejected"))
    assert refused["state"] == "rejected"
    assert refused["newest_record_at"] == DAY + dt.timedelta(days=3)


def test_the_history_has_each_good_load_of_a_feed_once():
    files = [
        KnownExtract("1", "sheets", "spreadsheet", DAY, Extract("orders", file=name, newest_record_at=at))
        for name, at in (("a.csv", DAY), ("b.csv", DAY + dt.timedelta(days=2)), ("c.csv", None))
    ]  # fmt: skip
    refused = KnownExtract("2", "sheets", "spreadsheet", DAY, Extract("orders", state="rejected"))
    (row,) = extract_history({"sheets": [*files, refused]}).to_pylist()
    assert row["newest_record_at"] == DAY + dt.timedelta(days=2)
