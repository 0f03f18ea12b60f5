"""Widgets that change between loads: the figures are right, or the load says why it stopped."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as tried
from jiandaoyun_tenant import NOW, ONLY_DEALS, Tenant
from simulators.changing import STEPS, right_or_said
from simulators.jiandaoyun import JiandaoyunSimulator
from simulators.jiandaoyun_company import build_forms

DEAL = "商机"
FIELDS = ("预计金额（元）", "销售阶段", "商机名称", "预计成交日期")


def filled(tenant: Tenant) -> dict[str, Decimal]:
    amounts = {}
    for number in range(24):
        tenant.simulator.advance(1)
        amounts[tenant.deal(number)] = Decimal(1000 + number)
    return amounts


def test_a_renamed_caption_stays_with_its_widget(deals: Tenant) -> None:
    amounts = filled(deals)
    deals.simulator.advance(1)
    deals.load()
    deals.simulator.relabel(DEAL, FIELDS[0], "商机预估额")
    deals.simulator.advance(86_400)
    report = deals.load(full=True)
    found = deals.latest("opportunities", "opportunity_id")
    assert {key: row["amount"] for key, row in found.items()} == amounts
    (told,) = [e for e in report.extracts if e.entity == "opportunities"]
    assert "商机预估额" in str(told.message)
    # The next load knows it under its new caption, and reads only what changed.
    deals.simulator.advance(86_400)
    again = deals.load()
    assert again.rows["opportunities"] == 0 or not again.extracts[0].full


@tried(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
@example(steps=[("rename", 0, True)])
@example(steps=[("blank", 0, True)])
@example(steps=[("remove", 0, True)])
def test_amounts_are_right_or_the_load_says_why(
    settings, tmp_path_factory, monkeypatch, steps
) -> None:
    with JiandaoyunSimulator(NOW) as simulator:
        monkeypatch.setenv("JDY_KEY", simulator.key)
        tenant = Tenant(simulator, settings, tmp_path_factory.mktemp("changing"))
        tenant.add_people("u_lin")
        build_forms(simulator)
        tenant.forms = ONLY_DEALS
        amounts = filled(tenant)
        captions = list(FIELDS)
        form = simulator.form_named(DEAL)

        def change(kind: str, which: int) -> None:
            simulator.advance(3_600)
            caption = captions[which % len(captions)]
            try:
                widget = form.widget(caption)
            except (KeyError, StopIteration, LookupError):
                return
            if kind in ("rename", "add"):
                captions[which % len(captions)] = f"{caption}{which}改"
                simulator.relabel(DEAL, caption, captions[which % len(captions)])
            elif kind in ("hide", "remove"):
                with simulator.lock:
                    form.widgets.remove(widget)
            elif kind == "blank":
                with simulator.lock:
                    for record in form.rows.values():
                        record.pop(widget["widgetName"], None)

        def seen() -> dict[str, Decimal]:
            rows = tenant.latest("opportunities", "opportunity_id")
            return {key: row["amount"] for key, row in rows.items()}

        def load(full: bool) -> None:
            simulator.advance(3_600)
            tenant.load(full=full)

        right_or_said(steps, change=change, load=load, seen=seen, truth=lambda: dict(amounts))


def test_check_says_that_a_caption_was_renamed_and_that_a_widget_is_gone(deals: Tenant) -> None:
    filled(deals)
    deals.simulator.advance(1)
    deals.load()
    deals.simulator.relabel(DEAL, FIELDS[0], "商机预估额")
    previous = deals.zone.previous("jdy")
    (told,) = [f for f in deals.connector().check(previous) if str(f.subject) == "opportunities"]
    assert told.ok
    assert "amount = 商机预估额" in str(told.text)
    assert f"{FIELDS[0]} is now 商机预估额" in str(told.text)
    # A column that figures stand on and that has lost its widget is no remark.
    form = deals.simulator.form_named(DEAL)
    with deals.simulator.lock:
        form.widgets.remove(form.widget("商机预估额"))
    (told,) = [f for f in deals.connector().check(previous) if str(f.subject) == "opportunities"]
    assert not told.ok
    assert "opportunities.amount" in str(told.text)


def test_a_key_that_was_disabled_is_used_again_after_a_check(deals: Tenant) -> None:
    deals.load()
    key = deals.simulator.key
    deals.simulator.key = "another"
    for _ in range(2):
        with pytest.raises(Exception, match="key"):
            deals.load()
    deals.simulator.key = key
    with pytest.raises(Exception, match="key"):
        deals.load()  # nobody has asked yet
    assert deals.connector().check()[0].ok
    deals.load()


@pytest.mark.parametrize("once", [True, False])
def test_a_refused_key_is_not_sent_again(deals: Tenant, once: bool) -> None:
    deals.simulator.advance(1)
    deals.load()
    before = len(deals.simulator.seen)
    for _ in range(3 if once else 1):
        with pytest.raises(Exception, match="key"):
            deals.zone.load(
                "jdy", "jiandaoyun", deals.connector(key="wrong-key"), now=deals.simulator.clock
            )
    assert len(deals.simulator.seen) == before + 1
