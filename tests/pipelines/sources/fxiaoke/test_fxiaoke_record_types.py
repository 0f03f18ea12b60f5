"""业务类型: only the deals of the named ones are read, whichever way a deal changes its type."""

from __future__ import annotations

import pytest
from fxiaoke_source import DAY, DEAL, Tenant

NEW, RENEWAL = "default__c", "renewal__c"


@pytest.fixture
def typed(deals: Tenant) -> Tenant:
    """Of the 25 deals a third is new business, which is read; the others are renewals."""
    simulator = deals.simulator
    options = [{"api_name": NEW, "label": "新签"}, {"api_name": RENEWAL, "label": "续约"}]
    simulator.fields[DEAL]["record_type"] = {"type": "record_type", "options": options}
    for number, record in enumerate(simulator.data[DEAL].values()):
        record["record_type"] = NEW if number % 3 == 0 else RENEWAL
    deals.options["record_types"] = {"opportunities": ["新签"]}
    return deals


def of_type(tenant: Tenant, kind: str) -> set[str]:
    return {k for k, row in tenant.simulator.data[DEAL].items() if row["record_type"] == kind}


@pytest.mark.parametrize("counts", [True, False])
def test_only_deals_of_the_named_types_are_read(typed: Tenant, counts: bool) -> None:
    simulator = typed.simulator
    simulator.counts = counts
    load = typed.load()
    assert set(typed.seen()) == of_type(typed, NEW)
    assert load.extracts["opportunity"].rows == len(of_type(typed, NEW))
    # One leaves the type and one enters it, in the same night: both are seen at once.
    simulator.advance(DAY)
    left, entered = min(of_type(typed, NEW)), min(of_type(typed, RENEWAL))
    simulator.change(DEAL, left, record_type=RENEWAL)
    simulator.change(DEAL, entered, record_type=NEW)
    simulator.advance(60)
    typed.load()
    assert entered in typed.seen()
    assert set(typed.seen()) == of_type(typed, NEW)
    # All types again, and then one: far fewer are no lost right.
    for names, kinds in ((["续约", "新签"], (NEW, RENEWAL)), (["新签"], (NEW,))):
        typed.options["record_types"] = {"opportunities": names}
        simulator.advance(60)
        typed.load()
        assert set(typed.seen()) == set().union(*(of_type(typed, kind) for kind in kinds))


@pytest.mark.parametrize("listed", [True, False])
def test_check_names_types_that_are_not_there(typed: Tenant, listed: bool) -> None:
    if not listed:
        # A tenant that does not list them is asked whether it has records of each.
        del typed.simulator.fields[DEAL]["record_type"]["options"]

    def told(*names: str):
        options = {"record_types": {"opportunities": list(names)}}
        found = typed.connector(**options).check()
        return next(f for f in found if str(f.subject).endswith(DEAL))

    said = told(NEW, "tender__c")
    assert not said.ok
    assert "tender__c" in f"{said.text}"
    assert "record_types.opportunities" in f"{said.next_step}"
    assert told(RENEWAL).ok
    assert RENEWAL in str(told(RENEWAL).text)
