"""纷享销客 fields that change between loads: the figures are right, or the load says why it stopped."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fxiaoke_source import DAY, DEAL, NOW, Tenant
from simulators.changing import changes_tried, changing, right_or_said
from simulators.fxiaoke import FxiaokeSimulator
from simulators.fxiaoke_schema import define
from test_fxiaoke_property import secrets

__all__ = ["secrets"]


@changes_tried
def test_amounts_are_right_or_the_load_says_why(settings, secrets, steps):
    with FxiaokeSimulator(NOW) as simulator:
        define(simulator)
        simulator.inactive |= set(simulator.fields) - {DEAL, "AccountObj"}
        tenant = Tenant(simulator, settings)
        amounts = {}
        for number in range(24):
            values: dict[str, Any] = {"name": f"商机{number}", "owner": "1000", "sales_stage": "1"}
            values |= {"close_date": 1_798_675_200_000, "lost_reason__c": "价格"}
            key = simulator.put(DEAL, amount=str(1000 + number), **values)
            amounts[key] = Decimal(1000 + number)
        simulator.advance(3_600)
        shapes, records = simulator.fields[DEAL], simulator.data[DEAL]
        standing = {"amount": "amount"}

        def rename(now: str) -> str:
            new = f"{now.removesuffix('__c')}_1__c"
            shapes[new] = shapes.pop(now)
            for record in records.values():
                record[new] = record.pop(now)
            if standing["amount"] == now:
                standing["amount"] = new
            return new

        def remove(now: str) -> None:
            del shapes[now]
            for record in records.values():
                record.pop(now)

        def blank(now: str) -> None:
            for key in list(records):
                simulator.change(DEAL, key, **{now: ""})

        def retype(now: str) -> None:
            shapes[now] = {**shapes[now], "type": "text"}
            for key in list(records):
                simulator.change(DEAL, key, **{now: f"约 {records[key][now]}"})

        def edit() -> None:
            key = next(iter(records))
            simulator.change(DEAL, key, **{standing["amount"]: "7"})
            amounts[key] = Decimal(7)

        change = changing(
            ("amount", "close_date", "sales_stage", "name"),
            {
                "rename": rename,
                "hide": lambda now: simulator.hidden.add((DEAL, now)),
                "remove": remove,
                "blank": blank,
                "retype": retype,
                "add": lambda: shapes.update({f"new{simulator.now_ms}__c": {"type": "text"}}),
                "edit": edit,
            },
        )

        def load(full: bool) -> None:
            simulator.advance(3_600)
            tenant.load(full=full)

        def seen() -> dict[str, Decimal]:
            return {key: row["amount"] for key, row in tenant.latest("opportunity").items()}

        right_or_said(steps, change=change, load=load, seen=seen, truth=lambda: dict(amounts))


def test_a_label_that_another_field_bears_now_does_not_move_the_column(deals):
    simulator = deals.simulator
    for key in simulator.data[DEAL]:
        simulator.change(DEAL, key, lost_reason__c="价格")
    deals.load()
    # The label goes to another field, and the old one is called otherwise.
    fields = simulator.fields[DEAL]
    fields["lost_reason__c"] = {**fields["lost_reason__c"], "label": "丢单原因"}
    fields["notes__c"] = {"type": "text", "label": "输单原因"}
    simulator.advance(DAY)
    for key in simulator.data[DEAL]:
        simulator.change(DEAL, key, notes__c="-")
    deals.load()
    assert {row["lost_reason"] for row in deals.latest("opportunity").values()} == {"价格"}
