"""Pages that are fetched ahead: what comes again honestly, and what goes round in a circle.

A form is read under several conditions, one after the other, and the watch over its pages begins anew
with each. That is right only if no page of the condition before is still under way.
"""

from __future__ import annotations

import json
import threading

import pytest
from kingdee_site import extract_of
from simulators.server import as_json

from pipelines.failures import TransientFailure
from pipelines.sources.kingdee import reading
from pipelines.sources.records import PageGuard

ORDERS, QUERY, DAY = "SAL_SaleOrder", "ExecuteBillQuery", 86_400
PAGES_THREAD = "forewarn-pages"


class WatchedGuard(PageGuard[str]):
    """Notes for each restart how many threads were fetching pages."""

    restarts: list[int] = []

    def restart(self) -> None:
        names = [thread.name for thread in threading.enumerate()]
        self.restarts.append(names.count(PAGES_THREAD))
        super().restart()


def asked(simulator, word: str) -> list[dict]:
    """Queries for orders that ask for a key."""
    bodies = [json.loads(seen.request.body)["data"] for seen in simulator.asked(QUERY)]
    return [b for b in bodies if b["FormId"] == ORDERS and word in b["FieldKeys"]]


def test_a_page_that_two_conditions_bring_is_no_circle(night, small_site, monkeypatch):
    monkeypatch.setattr(reading, "PageGuard", WatchedGuard)
    monkeypatch.setattr(WatchedGuard, "restarts", [])
    simulator = night.simulator
    simulator.cap = 3
    night.load()
    simulator.advance(5 * DAY)
    # All are new by date, and so are their groups: both conditions bring the same three pages.
    for number in small_site["orders"]:
        simulator.edit(ORDERS, number, {"FBillAllAmount": 9.0})
    simulator.advance(3600)
    before = len(asked(simulator, "FBillNo"))
    report = night.load()
    filters = [query["FilterString"] for query in asked(simulator, "FBillNo")[before:]]
    by_date = [where for where in filters if "FModifyDate >=" in where]
    by_group = [where for where in filters if "FID < " in where]
    assert len(by_date) == len(by_group) == 4  # three pages, and the empty one
    assert extract_of(report, "sale_order").rows == 7
    assert {row["amount"] for row in night.alive("sale_order").values()} == {9}
    assert len(WatchedGuard.restarts) > len(report.extracts)
    assert set(WatchedGuard.restarts) == {0}


@pytest.mark.parametrize("key", ["number", "text"])
@pytest.mark.parametrize("silent", [False, True], ids=["first-condition", "last-condition"])
def test_a_real_circle_is_noticed_under_every_condition(night, small_site, key, silent):
    simulator = night.simulator
    simulator.forms = {
        name: form
        for name, form in simulator.forms.items()
        if name in (ORDERS, "BD_Department", "BD_Customer")
    }
    night.load()
    simulator.advance(5 * DAY)
    night.load()
    simulator.edit(ORDERS, small_site["orders"][0], {"FBillAllAmount": 9.0}, touch=not silent)
    simulator.advance(DAY)
    start = len(simulator.asked(QUERY))
    night.extract()
    asked_now = [json.loads(s.request.body)["data"] for s in simulator.asked(QUERY)[start:]]
    records = [
        place
        for place, query in enumerate(asked_now)
        if query["FormId"] == ORDERS
        and "FBillNo" in query["FieldKeys"]
        # The query that is tried before the load asks for one row.
        and query["Limit"] > 1
    ]
    # The pages of records: those by date come first, those of groups that changed last.
    first = next(
        place for place in records if ("FID < " in asked_now[place]["FilterString"]) == silent
    )
    width = len(asked_now[first]["FieldKeys"].split(","))
    ids = ["a", "b"] if key == "text" else [1, 2]
    pages = [as_json([[number, *([None] * (width - 1))]]) for number in (*ids, ids[0])]
    for page in pages:
        simulator.faults.add("body", path=QUERY, after=first, body=page)
    with pytest.raises(TransientFailure, match="came twice|leads back"):
        night.load()
    assert simulator.faults.injected == 3
