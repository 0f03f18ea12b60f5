"""Record types: only the deals of the named ones are read, whichever way a deal changes its type."""

from __future__ import annotations

import pytest

DEAL = "Opportunity"


@pytest.fixture
def typed(night, small_org):
    """Deals 0 and 1 are new business, 2 renewals, 3 tenders; deal 4 has no type."""
    org = night.simulator.org
    names = (("New_Business", "新签"), ("Renewal", "续约"), ("Tender", "投标"))
    new, renewal, tender = (org.add_record_type(DEAL, *name) for name in names)
    for deal, kind in zip(small_org["deals"], (new, new, renewal, tender), strict=False):
        night.simulator.put(DEAL, Id=deal, RecordTypeId=kind)
    night.simulator.advance(60)
    return {"new": new, "renewal": renewal, "tender": tender}


def put(night, deal, kind, hours=24):
    night.simulator.advance(hours * 3600)
    night.simulator.put(DEAL, Id=deal, RecordTypeId=kind)
    night.simulator.advance(60)


def alive(night):
    return set(night.alive("opportunity", DEAL))


@pytest.mark.parametrize("bulk_from", [0, 10**6], ids=["bulk", "rest"])
def test_only_deals_of_the_named_types_are_read(night, small_org, typed, bulk_from):
    deals = small_org["deals"]
    night.options |= {"record_types": {"opportunities": ["New_Business"]}, "bulk_from": bulk_from}
    report = night.load()
    assert alive(night) == set(deals[:2])
    deal = next(item for item in report.extracts if item.entity == "opportunity")
    assert (deal.rows, deal.source_rows) == (2, 2)
    (counted,) = [row for row in night.rows("counted") if row["object"] == DEAL]
    assert counted["live_rows"] == 2
    # One leaves the type and one enters it, in the same night: both are seen at once.
    put(night, deals[0], typed["tender"])
    put(night, deals[3], typed["new"], hours=0)
    night.load()
    assert alive(night) == {deals[1], deals[3]}
    # Other types read everything anew; records without one are called Master, types by label, too.
    night.options["record_types"] = {"opportunities": ["续约", "Master"]}
    night.simulator.advance(3600)
    night.load()
    assert alive(night) == {deals[2], deals[4]}


def test_check_names_types_that_are_not_there(night, small_org, typed):
    night.options["record_types"] = {"opportunities": ["New_Business", "Upsell"]}
    (told,) = [f for f in night.connector.check() if str(f.subject).endswith(DEAL)]
    assert not told.ok
    said = f"{told.text} {told.next_step}"
    assert all(word in said for word in ("Upsell", "Renewal", "record_types.opportunities"))
    night.options["record_types"] = {"opportunities": "New_Business"}
    (told,) = [f for f in night.connector.check() if str(f.subject).endswith(DEAL)]
    assert told.ok
    assert "New_Business" in str(told.text)
