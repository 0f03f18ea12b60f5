"""A field that tells record types apart: only the deals of the named ones are read."""

from __future__ import annotations

import pytest
from jiandaoyun_tenant import NOW, Tenant, extract_of

NEW, RENEWAL = "新签", "续约"


@pytest.fixture
def typed(deals: Tenant) -> Tenant:
    """Of seven deals the first three are new business, which is read."""
    form = deals.simulator.form_named("商机")
    name = "_widget_1799999999999"
    form.widgets.append({"name": name, "widgetName": name, "label": "业务类型", "type": "combo"})
    for number in range(7):
        deals.deal(number, NOW, 业务类型=NEW if number < 3 else RENEWAL)
    deals.simulator.advance(3_600)
    return deals


def keys(tenant: Tenant) -> list[str]:
    return list(tenant.simulator.form_named("商机").rows)


def seen(tenant: Tenant) -> set[str]:
    return set(tenant.latest("opportunities", "opportunity_id"))


@pytest.mark.parametrize("sweep_up_to", [20_000, 0], ids=["ids", "changes"])
def test_only_deals_of_the_named_types_are_read(typed: Tenant, sweep_up_to: int) -> None:
    options = {"record_types": {"opportunities": NEW}, "sweep_up_to": sweep_up_to}
    found = extract_of(typed.load(**options), "opportunities")
    all_of_them = keys(typed)
    assert seen(typed) == set(all_of_them[:3])
    assert (found.rows, found.source_rows) == (3, 3)
    # One leaves the type and one enters it, in the same night: both are seen at once.
    typed.simulator.advance(86_400)
    typed.simulator.edit("商机", all_of_them[0], {"业务类型": RENEWAL})
    typed.simulator.edit("商机", all_of_them[5], {"业务类型": NEW})
    typed.simulator.advance(60)
    typed.load(**options)
    assert seen(typed) == {*all_of_them[1:3], all_of_them[5]}
    # Other types read everything anew.
    typed.simulator.advance(60)
    other = {**options, "record_types": {"opportunities": [RENEWAL]}}
    assert extract_of(typed.load(**other), "opportunities").full
    assert seen(typed) == {all_of_them[0], *all_of_them[3:5], all_of_them[6]}


def test_types_that_no_record_has_are_named(typed: Tenant) -> None:
    def told(*names: str, **form):
        options = {"record_types": {"opportunities": list(names)}, "forms": {"opportunities": form}}
        found = typed.connector(**options).check()
        return next(f for f in found if f.subject == "opportunities")

    said = told(NEW, "投标")
    assert not said.ok
    words = f"{said.text} {said.next_step}"
    assert all(word in words for word in ("投标", RENEWAL, "record_types.opportunities"))
    assert told(NEW).ok
    assert NEW in str(told(NEW).text)
    # A form without such a field says which option names one.
    assert "record_type" in str(told(NEW, record_type="label:分类").next_step)
