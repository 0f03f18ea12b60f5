"""Kingdee keys that change between loads: the figures are right, or the load says why it stopped."""

from __future__ import annotations

from decimal import Decimal

from kingdee_site import NOW, Night, plant
from simulators.changing import changes_tried, changing, right_or_said
from simulators.kingdee import KingdeeSimulator
from test_kingdee_property import ONLY, ORDERS, order


@changes_tried
def test_amounts_are_right_or_the_load_says_why(settings, monkeypatch, tmp_path_factory, steps):
    with KingdeeSimulator(NOW) as simulator:
        plant(monkeypatch, simulator)
        simulator.forms = {name: simulator.forms[name] for name in ONLY}
        form = simulator.forms[ORDERS]
        amounts = {}
        for number in range(24):
            key = simulator.put(ORDERS, order(number, 1000.0 + number, F_KD_Line="泵"))
            amounts[str(key)] = Decimal(1000 + number)
        simulator.advance(3_600)
        night = Night(simulator, settings, tmp_path_factory.mktemp("changing"), {"forms": {}})
        standing = {"amount": "FBillAllAmount"}

        def rename(now: str) -> str:
            new = f"F_KD_{now}"
            form.fields[new] = form.fields.pop(now)
            for record in form.records.values():
                record[new] = record.pop(now)
            if standing["amount"] == now:
                standing["amount"] = new
            return new

        def remove(now: str) -> None:
            simulator.remove_field(ORDERS, now)

        def blank(now: str) -> None:
            for key in list(form.records):
                simulator.edit(ORDERS, key, {now: None})

        def retype(now: str) -> None:
            for key, record in list(form.records.items()):
                simulator.edit(ORDERS, key, {now: f"约 {record[now]}"})

        def edit() -> None:
            key = next(iter(form.records))
            simulator.edit(ORDERS, key, {standing["amount"]: 7.0})
            amounts[str(key)] = Decimal(7)

        change = changing(
            ("FBillAllAmount", "FDate", "FCloseStatus", "FBillNo"),
            {
                "rename": rename,
                "hide": remove,
                "remove": remove,
                "blank": blank,
                "retype": retype,
                "add": lambda: simulator.add_field(ORDERS, f"F_KD_New{simulator.clock:%d%H}"),
                "edit": edit,
            },
        )

        def load(full: bool) -> None:
            simulator.advance(86_400)
            night.options["full"] = full
            night.load()

        def seen() -> dict[str, Decimal]:
            return {key: row["amount"] for key, row in night.alive("sale_order").items()}

        right_or_said(steps, change=change, load=load, seen=seen, truth=lambda: dict(amounts))


def test_a_label_that_another_field_bears_now_does_not_move_the_column(
    night, simulator, small_site
):
    night.load()
    # The label goes to a field of costs, and the amounts are called otherwise.
    form = simulator.forms["CRM_OPP_Opportunity"]
    form.fields["F_KD_Amount"] = (form.fields["F_KD_Amount"][0], "签约额")
    simulator.add_field("CRM_OPP_Opportunity", "F_KD_Cost", "预计金额")
    for number in small_site["deals"]:
        simulator.edit("CRM_OPP_Opportunity", number, {"F_KD_Cost": 1.0})
    simulator.advance(86_400)
    before = {key: row["amount"] for key, row in night.alive("opportunity").items()}
    night.load()
    assert {key: row["amount"] for key, row in night.alive("opportunity").items()} == before
