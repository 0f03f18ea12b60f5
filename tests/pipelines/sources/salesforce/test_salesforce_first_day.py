"""The first day at a real org: who sees what, an allowance that is nearly used, counts that are too slow."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from pipelines.failures import TransientFailure


def extract_of(report, entity):
    return next(item for item in report.extracts if item.entity == entity)


def private(night):
    return [
        (str(f.subject), f"{f.text} {f.next_step}")
        for f in night.connector.check()
        if "Private" in str(f.text)
    ]


def test_check_names_the_objects_of_which_the_user_sees_only_a_part(night, small_org):
    org = night.simulator.org
    org.sharing = {"Opportunity": "Private", "Account": "Read", "Order": "Private"}
    assert private(night) == []  # the user may view all data
    org.view_all_data, org.view_all = False, {"Order"}
    (told,) = private(night)
    assert told[0].endswith("Opportunity")
    assert "View All" in told[1]
    org.view_all.add("Opportunity")
    assert private(night) == []


def test_near_the_end_of_the_allowance_only_changes_are_read_and_that_is_said(night, small_org):
    simulator, deals = night.simulator, small_org["deals"]
    night.load()
    simulator.advance(8 * 86_400)  # a whole load is due
    simulator.put("Opportunity", Id=deals[0], Amount=7)
    simulator.advance(60)
    simulator.requests_allowed, simulator.requests_used = 1_000, 850
    told = extract_of(night.load(), "opportunity")
    assert not told.full
    assert "85%" in str(told.message)
    assert "80%" in str(told.message)
    assert night.alive("opportunity", "Opportunity")[deals[0]]["amount"] == 7
    # With requests left the whole load follows.
    simulator.requests_used = 0
    simulator.advance(86_400)
    assert extract_of(night.load(), "opportunity").full


def test_without_an_earlier_load_a_spent_allowance_stops_it(night, small_org):
    night.simulator.requests_allowed, night.simulator.requests_used = 1_000, 850
    with pytest.raises(TransientFailure, match="of the org's daily API requests are used"):
        night.load()
    # Of changes, too, no more than nearly all is used.
    night.simulator.requests_used = 0
    night.load()
    night.simulator.advance(86_400)
    night.simulator.requests_used = 949
    with pytest.raises(TransientFailure, match="of the org's daily API requests are used"):
        night.load()
    assert night.simulator.requests_used < 960


def spans(soql):
    found = re.findall(r"CreatedDate (>=|<) ([\dT:-]+)Z", soql)
    starts = [dt.datetime.fromisoformat(at) for sign, at in found if sign == ">="]
    ends = [dt.datetime.fromisoformat(at) for sign, at in found if sign == "<"]
    return min(ends, default=None), max(starts, default=None)


def test_a_count_that_is_too_slow_is_split_as_often_as_it_has_to_be(night, small_org):
    def slow(soql):
        if "FROM Account" not in soql:
            return False
        end, start = spans(soql)
        if start is None:  # everything until now, and not what lies before all quarters
            return end is None or end.year > 2020
        return end is not None and start.year == 2026 and end - start > dt.timedelta(days=20)

    night.simulator.slow_count = slow
    for _ in range(3):
        night.simulator.put("Account", Name="More", OwnerId=small_org["anna"])
    night.simulator.advance(60)
    told = extract_of(night.load(), "account")
    assert (told.rows, told.source_rows) == (4, 4)
    # A day that is too slow is no count at all.
    night.simulator.slow_count = lambda soql: "FROM Account" in soql
    night.simulator.advance(86_400)
    with pytest.raises(Exception, match="QUERY_TIMEOUT"):
        night.load()
