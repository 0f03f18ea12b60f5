"""Salesforce fields that change between loads: the figures are right, or the load says why it stopped."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from simulators.changing import changes_tried, changing, right_or_said
from simulators.salesforce import SalesforceSimulator
from test_salesforce_properties import Loads

DEAL = "Opportunity"
# Objects that an org may lack; reading them would only take time.
ABSENT = (
    "OpportunityFieldHistory",
    "OpportunityLineItem",
    "Product2",
    "Lead",
    "Order",
    "OrderItem",
)
ABSENT += ("ForecastingQuota", "ForecastingType", "Period")


@changes_tried
def test_amounts_are_right_or_the_load_says_why(settings, steps):
    with SalesforceSimulator() as simulator:
        org = simulator.org
        org.hidden.update(ABSENT)
        org.add_field(DEAL, "Net__c", "currency")
        amounts = {}
        for number in range(24):
            values = {"Name": f"Deal {number}", "StageName": "Lead", "OwnerId": "005A"}
            key = simulator.put(
                DEAL, Net__c=1000 + number, Amount=1, CloseDate=dt.date(2026, 12, 31), **values
            )
            amounts[key] = Decimal(1000 + number)
        simulator.advance(3_600)
        records = org.records[DEAL]
        mapping = {"opportunities": {"amount": "Net__c"}}
        loads = Loads(simulator, settings, {"fields": mapping})
        standing = {"amount": "Net__c"}

        def rename(now: str) -> str:
            new = f"{now.removesuffix('__c')}_1__c"
            org.add_field(DEAL, new, org.fields_of(DEAL)[now])
            for record in records.values():
                record[new] = record[now]
            org.hidden.add(f"{DEAL}.{now}")
            if standing["amount"] == now:
                standing["amount"] = new
            return new

        def blank(now: str) -> None:
            for key in list(records):
                simulator.put(DEAL, Id=key, **{now: None})

        def retype(now: str) -> None:
            for key, record in list(records.items()):
                simulator.put(DEAL, Id=key, **{now: f"about {record[now]}"})

        def edit() -> None:
            key = next(iter(records))
            simulator.put(DEAL, Id=key, **{standing["amount"]: 7})
            amounts[key] = Decimal(7)

        change = changing(
            ("Net__c", "CloseDate", "StageName", "Name"),
            {
                "rename": rename,
                "hide": lambda now: org.hidden.add(f"{DEAL}.{now}"),
                "remove": lambda now: org.hidden.add(f"{DEAL}.{now}"),
                "blank": blank,
                "retype": retype,
                "add": lambda: org.add_field(DEAL, f"New{simulator.clock:%d%H}__c"),
                "edit": edit,
            },
        )

        def load(full: bool) -> None:
            simulator.advance(3_600)
            loads.load(full=full)

        def seen() -> dict[str, Decimal]:
            return {k: r["custom_amount"] for k, r in loads.alive(DEAL, "opportunity").items()}

        right_or_said(steps, change=change, load=load, seen=seen, truth=lambda: dict(amounts))
