"""Marks of groups of keys: what changed is found, and little else is read anew."""

import random

import pytest

from pipelines.sources.kingdee.sweeping import Marks, conditions_of


def marks_of(records: dict[int, str]) -> Marks:
    marks = Marks()
    for key in sorted(records):
        marks.add(key, [key, records[key]])
    # A cursor is JSON: what comes back from it must do as well.
    return Marks.of(marks.kept())


@pytest.mark.parametrize("records", [916, 30_000])
def test_five_changes_among_keys_with_wide_gaps_read_few_records_anew(records):
    rng = random.Random(records)
    before = dict.fromkeys(rng.sample(range(100000, 100000 + 40 * records), records), "C")
    edited = rng.sample(sorted(before), 5)
    now = before | dict.fromkeys(edited, "D")
    spans = marks_of(now).spans_unlike(marks_of(before))
    read = [key for key in now if any(first <= key < end for first, end in spans)]
    assert set(edited) <= set(read)
    assert len(read) <= 5 * (1 if records < 4_000 else 32)


def test_groups_that_grew_are_compared_with_smaller_ones_of_the_load_before():
    before = dict.fromkeys(range(0, 3900), "A")
    now = before | dict.fromkeys(range(3900, 4500), "A") | {7: "B"}
    assert marks_of(before).size < marks_of(now).size
    read = {
        key
        for first, end in marks_of(now).spans_unlike(marks_of(before))
        for key in range(first, end)
    }
    assert {7, *range(3_900, 4_500)} <= read
    assert len(read) < 700
    # And back, when records have gone.
    assert not list(marks_of(before).spans_unlike(marks_of(before)))
    assert marks_of(before).spans_unlike(marks_of(now))


def test_many_spans_are_asked_for_in_few_conditions():
    spans = [(10 * n, 10 * n + 1) for n in range(60)]
    asked = list(conditions_of(spans, "FID"))
    assert len(asked) == 3
    assert asked[2].startswith("(FID >= 500 and FID < 501) or (")


def test_without_marks_of_a_load_before_everything_is_read_anew():
    assert marks_of({5: "A", 6: "A"}).spans_unlike(Marks.of(None)) == [(5, 7)]
