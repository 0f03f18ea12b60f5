"""业务类型: only the deals of the named ones are read, whichever way a deal changes its type."""

from __future__ import annotations

import pytest
from neocrm_source import Tenant, seen_deals

NEW, RENEWAL = 7001, 7002


@pytest.fixture
def typed(deals: Tenant) -> Tenant:
    """Of the 25 deals every third is a renewal; new business is read."""
    tenant = deals.simulator.tenant
    tenant.busi_types["opportunity"] = [
        {"id": NEW, "label": "新签", "apiKey": "defaultBusiType"},
        {"id": RENEWAL, "label": "续约", "apiKey": "renewal__c"},
    ]
    for number, record in enumerate(tenant.records["opportunity"].values()):
        record["entityType"] = RENEWAL if number % 3 == 0 else NEW
    deals.options["record_types"] = {"opportunities": ["新签"]}
    return deals


def of_type(tenant: Tenant, kind: int) -> set[str]:
    records = tenant.simulator.tenant.records["opportunity"]
    return {key for key, record in records.items() if record["entityType"] == kind}


@pytest.mark.parametrize("paging", ["scroll", "keyset"])
def test_only_deals_of_the_named_types_are_read(typed: Tenant, paging: str) -> None:
    typed.options["paging"] = paging
    report = typed.load(history=False)
    assert set(seen_deals(typed)) == of_type(typed, NEW)
    (deal,) = [e for e in report.extracts if e.entity == "opportunity"]
    assert deal.rows == deal.source_rows == len(of_type(typed, NEW))
    # One leaves the type and one enters it, in the same night: both are seen at once.
    simulator = typed.simulator
    simulator.advance(86_400)
    left, entered = min(of_type(typed, NEW)), min(of_type(typed, RENEWAL))
    for key, kind in ((left, RENEWAL), (entered, NEW)):
        simulator.tenant.put("opportunity", simulator.clock, key, entityType=kind)
    simulator.advance(60)
    typed.load(history=False)
    assert entered in seen_deals(typed)
    assert set(seen_deals(typed)) == of_type(typed, NEW)
    # Other types read everything anew.
    typed.options["record_types"] = {"opportunities": "renewal__c"}
    simulator.advance(60)
    typed.load(history=False)
    assert set(seen_deals(typed)) == of_type(typed, RENEWAL)


def test_check_names_types_that_are_not_there(typed: Tenant) -> None:
    def told(*names: str):
        options = {"record_types": {"opportunities": list(names)}}
        found = typed.connector(**options).check()
        return next(f for f in found if str(f.subject).endswith(": opportunity"))

    said = told("新签", "投标")
    assert not said.ok
    words = f"{said.text} {said.next_step}"
    assert all(word in words for word in ("投标", "续约", "record_types.opportunities"))
    assert told("新签").ok
    assert "新签" in str(told("新签").text)
