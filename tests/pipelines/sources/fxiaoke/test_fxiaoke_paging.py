"""Pages: cut, empty, repeated, of rows that move or vanish while one reads; fetched ahead."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from fxiaoke_source import DAY, DEAL, Tenant, page_of
from simulators.faults import Fault
from simulators.fxiaoke import FxiaokeSimulator

from pipelines.failures import TransientFailure

SMALL = {"page_size": 4}
QUERY = "v2/data/query"


@pytest.mark.parametrize("counts", [True, False], ids=["counted", "not counted"])
def test_half_pages_lose_nothing(deals: Tenant, counts: bool) -> None:
    deals.simulator.counts, deals.simulator.short_page = counts, 3
    deals.load()
    assert deals.seen() == deals.expected()


def deal_page(tenant: Tenant, number: int) -> int:
    """How many queries go before the n-th page of deals."""
    tenant.load(full=True, **SMALL)
    tenant.loads.clear()
    asked = [seen.request.json["data"] for seen in tenant.simulator.asked(QUERY)]
    pages = [
        position
        for position, data in enumerate(asked)
        if data["dataObjectApiName"] == DEAL and not data["find_explicit_total_num"]
    ]
    return pages[number - 1]


def test_an_empty_page_in_the_middle_is_asked_for_again(deals: Tenant) -> None:
    after = deal_page(deals, 3)
    deals.simulator.faults.add("body", path=QUERY, after=after, body=page_of(deals, 0, 0))
    deals.load(**SMALL)
    assert deals.simulator.faults.injected == 1
    assert deals.seen() == deals.expected()


def test_empty_pages_for_good_never_pass_for_deletions(deals: Tenant) -> None:
    after = deal_page(deals, 3)
    deals.load(**SMALL)
    deals.simulator.advance(8 * DAY)
    body = page_of(deals, 0, 0)
    deals.simulator.faults.add("body", path=QUERY, after=after, times=2, body=body)
    with pytest.raises(TransientFailure, match="8 of 25 records"):
        deals.load(**SMALL)
    assert len(deals.loads) == 1


@pytest.mark.parametrize("times", [1, 2])
def test_a_page_that_comes_again(deals: Tenant, times: int) -> None:
    """Once it is asked for anew; twice it is a circle, and no row is there twice."""
    after = deal_page(deals, 3)
    body = page_of(deals, 4, 8)  # the second page in place of the third
    deals.simulator.faults.add("body", path=QUERY, after=after, times=times, body=body)
    if times == 1:
        deals.load(**SMALL)
        assert deals.seen() == deals.expected()
    else:
        with pytest.raises(TransientFailure, match="same page|leads back"):
            deals.load(**SMALL)
        assert deals.loads == []


def test_a_filter_that_is_not_kept_is_a_circle(deals: Tenant) -> None:
    after = deal_page(deals, 2)
    body = page_of(deals, 0, 4)
    deals.simulator.faults.add("body", path=QUERY, after=after, times=1_000, body=body)
    with pytest.raises(TransientFailure, match="same page|leads back"):
        deals.load(**SMALL)


@pytest.mark.parametrize("seed", range(5))
def test_pages_fetched_ahead_never_pass_for_a_circle(deals: Tenant, seed: int) -> None:
    """The next page is fetched while one is read: tokens that die and busy answers in between
    repeat requests, and none of them may look like a page that came twice."""
    kinds = [{"errorCode": code, "errorMessage": "x"} for code in (-1, 20016, 30004)]
    faults = [Fault("body", path=QUERY, body=json.dumps(kind).encode()) for kind in kinds]
    deals.simulator.faults.at_random(seed, 0.2, faults)
    deals.load(page_size=2)
    assert deals.simulator.faults.injected
    assert deals.seen() == deals.expected()


def test_rows_that_move_while_one_pages_hide_no_others(deals: Tenant) -> None:
    deals.load()
    simulator = deals.simulator
    simulator.advance(DAY)
    keys = sorted(simulator.data[DEAL])
    for key in keys:
        simulator.change(DEAL, key, amount="1")
    simulator.advance(1)
    bound = simulator.clock
    todo = list(keys)

    def edits(running: FxiaokeSimulator, page: int) -> None:
        running.advance(1)
        if todo:
            running.change(DEAL, todo.pop(0), amount="2")  # it leaves the window

    simulator.on_page = edits
    deals.load(bound, **SMALL)
    simulator.on_page = None
    simulator.advance(DAY)
    deals.load(**SMALL)
    assert deals.seen() == deals.expected()


def test_rows_deleted_while_one_pages_hide_no_others(deals: Tenant) -> None:
    keys = sorted(deals.simulator.data[DEAL])[:3]

    def deletes(running: FxiaokeSimulator, page: int) -> None:
        if page % 2 == 0 and keys:
            running.remove(DEAL, keys.pop())

    deals.simulator.on_page = deletes
    deals.load(**SMALL)
    deals.simulator.on_page = None
    deals.simulator.advance(DAY)
    deals.load(**SMALL)
    assert deals.seen() == deals.expected()
    assert len(deals.seen()) == 22


def test_pages_follow_the_order_of_ids(deals: Tenant) -> None:
    deals.load(**SMALL)
    lasts = [
        condition["field_values"][0]
        for body in deals.queries(DEAL)
        for condition in body["filters"]
        if condition["operator"] == "GT"
    ]
    assert len(lasts) == 6
    assert all(one < two for one, two in pairwise(lasts))
