"""Layouts: only the deals of the named ones are read, whichever way a deal changes its layout."""

from __future__ import annotations

import pytest
from zoho_runs import deals_in

NEW, RENEWAL = "4970762000000000091", "4970762000000000092"


@pytest.fixture
def typed(simulator, loads):
    """Of the seven deals the first three are new business, which is read; the others are renewals."""
    simulator.org.layouts["Deals"] = {NEW: "新签", RENEWAL: "续约"}
    simulator.org.add_field("Deals", "Layout", "layout")
    for number, record in enumerate(simulator.org.records["Deals"].values()):
        record["Layout"] = NEW if number < 3 else RENEWAL
    loads.options["record_types"] = {"opportunities": ["新签"]}
    return loads


def of_layout(simulator, layout):
    rows = simulator.org.records["Deals"]
    return {key for key, row in rows.items() if row["Layout"] == layout}


@pytest.mark.parametrize("options", [{"page_size": 2}, {"bulk_from": 0}])
def test_only_deals_of_the_named_layouts_are_read(simulator, typed, deal, options):
    deals = typed.run(**options)["deals"]
    assert set(deals_in(typed)) == of_layout(simulator, NEW)
    assert (deals.rows, deals.source_rows, deals.source_amount) == (3, 3, None)
    # One leaves the layout and one enters it, in the same night: both are seen at once.
    simulator.advance(86_400)
    simulator.put("Deals", deal(0), Layout=RENEWAL)
    simulator.put("Deals", deal(5), Layout=NEW)
    simulator.advance(60)
    deals = typed.run()["deals"]
    assert deal(5) in deals_in(typed)
    assert set(deals_in(typed)) == of_layout(simulator, NEW)
    assert deals.rows == deals.source_rows
    # Other layouts read everything anew.
    simulator.advance(60)
    assert typed.run(record_types={"opportunities": RENEWAL})["deals"].full
    assert set(deals_in(typed)) == of_layout(simulator, RENEWAL)


def test_check_names_layouts_that_are_not_there(typed):
    def told(*names):
        typed.options["record_types"] = {"opportunities": list(names)}
        return next(f for f in typed.connector.check() if str(f.subject) == "Deals")

    said = told("新签", "投标")
    assert not said.ok
    words = f"{said.text} {said.next_step}"
    assert all(word in words for word in ("投标", "续约", "record_types.opportunities"))
    assert told("续约").ok
    assert "续约" in str(told("续约").text)
