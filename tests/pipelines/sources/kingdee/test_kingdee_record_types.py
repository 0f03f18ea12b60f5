"""单据类型: only the orders of the named ones are read, whichever way an order changes its type."""

from __future__ import annotations

import pytest
from kingdee_site import extract_of

from pipelines.failures import PermanentFailure

ORDER = "SAL_SaleOrder"
NEW, RENEWAL = "XSDD01_SYS", "XSDD02_SYS"


def typed(number):
    return {"FBillTypeID": {"FNumber": number}}


@pytest.fixture
def orders(simulator, night, small_site):
    """Of seven orders the first three are of the usual type, which is read."""
    for place, number in enumerate(small_site["orders"]):
        simulator.edit(ORDER, number, typed(NEW if place < 3 else RENEWAL))
    simulator.advance(60)
    night.options["record_types"] = {"orders": [NEW]}
    return [str(number) for number in small_site["orders"]]


def test_only_orders_of_the_named_types_are_read(simulator, night, orders):
    found = extract_of(night.load(), "sale_order")
    assert set(night.alive("sale_order")) == set(orders[:3])
    assert (found.rows, found.source_rows) == (3, 3)
    assert {parent for parent, rows in night.entries("sale_order_entry").items() if rows} == set(
        orders[:3]
    )
    # One leaves the type and one enters it, in the same night: both are seen at once.
    simulator.advance(86_400)
    simulator.edit(ORDER, int(orders[0]), typed(RENEWAL))
    simulator.edit(ORDER, int(orders[5]), typed(NEW))
    simulator.advance(60)
    night.load()
    assert set(night.alive("sale_order")) == {*orders[1:3], orders[5]}
    # Other types read everything anew, and fewer records are no lost right.
    night.options["record_types"] = {"orders": RENEWAL}
    simulator.advance(60)
    assert extract_of(night.load(), "sale_order").full
    assert set(night.alive("sale_order")) == {orders[0], *orders[3:5], orders[6]}


def test_types_that_no_record_has_are_named(night, orders):
    def told(**options):
        night.options |= options
        return next(f for f in night.connector.check() if str(f.subject).endswith(ORDER))

    said = told(record_types={"orders": [NEW, "XSDD09"]})
    assert not said.ok
    words = f"{said.text} {said.next_step}"
    assert all(word in words for word in ("XSDD09", RENEWAL, "record_types.orders"))
    assert told(record_types={"orders": [RENEWAL]}).ok
    assert RENEWAL in str(told().text)
    # A site without the field says which option names another; a load of nothing stops.
    found = told(record_types={"opportunities": ["A"]})
    deal = next(f for f in night.connector.check() if "CRM_OPP_Opportunity" in str(f.subject))
    assert found
    assert "record_type" in str(deal.next_step)
    night.options["record_types"] = {"orders": ["XSDD09"]}
    with pytest.raises(PermanentFailure, match="XSDD09"):
        night.load()
