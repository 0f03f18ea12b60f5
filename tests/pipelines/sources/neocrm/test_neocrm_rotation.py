"""What only ids tell: a record that has gone and one that came late, and lists that fail for a moment."""

from __future__ import annotations

import pytest
from neocrm_source import Tenant, seen_deals
from simulators.server import Response


def test_a_deletion_and_a_late_record_do_not_cancel_out(deals: Tenant) -> None:
    simulator = deals.simulator
    deals.load(history=False)
    first = next(iter(simulator.tenant.records["opportunity"]))
    long_ago = round(simulator.clock.timestamp() * 1_000) - 7_200_000
    simulator.advance(86_400)
    simulator.delete("opportunity", first)
    simulator.put(
        "opportunity", opportunityName="迟到", ownerId="1", saleStageId="2001", money=5,
        createdAt=long_ago, updatedAt=long_ago,
    )  # fmt: skip
    deals.load(history=False)
    assert seen_deals(deals) == deals.expected("opportunity")
    # Where nothing has gone, no ids are told.
    simulator.advance(86_400)
    before = len(deals.rows("id_sweep"))
    deals.load(history=False)
    assert [r for r in deals.rows("id_sweep")[before:] if r["object"] == "opportunity"] == []


@pytest.mark.parametrize("path", ["busiType", "getStageList", "xobjects/filter", "currencies"])
def test_a_list_that_fails_for_a_moment_is_asked_for_again(deals: Tenant, path: str) -> None:
    body = Response.of_json({"code": "290007", "msg": "internal server error"}).body
    deals.simulator.faults.add("body", path=path, body=body)
    report = deals.load(history=False)
    assert deals.simulator.faults.injected == 1
    lists = {e.entity: e for e in report.extracts}
    for table in ("busi_type", "stage", "xobject", "currency"):
        assert not lists[table].message, lists[table]
        assert lists[table].rows
