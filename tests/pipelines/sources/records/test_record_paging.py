"""Pages: no circle, no row twice; cursors: no record skipped."""

from __future__ import annotations

import datetime as dt
import threading

import pytest

from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.sources.records import Cursor, PageGuard, Window, prefetched

NOON = dt.datetime(2026, 10, 30, 12, tzinfo=dt.UTC)


def test_rows_that_come_again_are_counted_once():
    guard = PageGuard("deals")
    assert guard.new(["a", "b"]) == [0, 1]
    assert guard.new(["b", "c", "c"]) == [2]
    assert (guard.rows, guard.repeats) == (3, 2)
    assert guard.new([]) == []
    assert guard.new([]) == []


@pytest.mark.parametrize("way", ["marker", "page"])
def test_a_circle_is_seen_and_a_new_start_is_none(way):
    guard = PageGuard("deals", "http://crm.example/deals")
    step = (lambda: guard.marker("p1")) if way == "marker" else (lambda: guard.new(["a", "b"]))
    step()
    with pytest.raises(TransientFailure, match="deals"):
        step()
    guard.restart()
    step()
    if way == "page":
        assert guard.rows == 2


def test_a_page_of_a_row_that_was_changed_meanwhile_is_no_circle():
    guard = PageGuard("deals")
    assert guard.new(["a"], [1]) == [0]
    assert guard.new(["a"], [2]) == []
    assert (guard.rows, guard.repeats) == (1, 1)
    with pytest.raises(TransientFailure, match="came twice"):
        guard.new(["a"], [2])


def test_prefetched_pages_keep_their_order_and_their_failure():
    def pages():
        yield from range(5)
        raise ValueError("the sixth")

    found = []
    with pytest.raises(ValueError, match="the sixth"):
        found.extend(prefetched(pages()))
    assert found == [0, 1, 2, 3, 4]


def test_leaving_early_ends_the_thread():
    before = threading.active_count()
    for page in prefetched(iter(range(10**6))):
        if page == 2:
            break
    for thread in threading.enumerate():
        if thread.name == "forewarn-pages":
            thread.join(5)
    assert threading.active_count() <= before


def test_a_cursor_comes_back_as_it_went():
    cursor = Cursor(NOON, NOON - dt.timedelta(days=1), {"fields": ["a", "b"]})
    assert Cursor.read(cursor.text()) == cursor
    assert Cursor.read(None) is None


@pytest.mark.parametrize("text", ["nonsense", '{"version": 99}', "[]", '{"version": 1}'])
def test_a_cursor_that_cannot_be_read_is_never_guessed(text):
    with pytest.raises(PermanentFailure, match="cursor"):
        Cursor.read(text)


def test_windows_overlap_and_halves_cover():
    window = Cursor(NOON).window(NOON + dt.timedelta(days=1), dt.timedelta(minutes=30))
    assert window == Window(NOON - dt.timedelta(minutes=30), NOON + dt.timedelta(days=1))
    # A clock that went backwards must not skip the time between.
    back = Cursor(NOON).window(NOON - dt.timedelta(hours=1), dt.timedelta(minutes=30))
    assert back.since == NOON - dt.timedelta(minutes=90)
    first, second = window.halves()
    assert (first.since, first.upto, second.upto) == (window.since, second.since, window.upto)
    assert Window(None, NOON).halves() is None
    assert Window(NOON, NOON + dt.timedelta(seconds=1)).halves() is None
