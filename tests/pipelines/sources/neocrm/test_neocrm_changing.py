"""销售易 fields that change between loads: the figures are right, or the load says why it stopped."""

from __future__ import annotations

from decimal import Decimal

from neocrm_source import NOW, Tenant
from simulators.changing import changes_tried, changing, right_or_said
from simulators.neocrm import NeocrmSimulator

DEAL = "opportunity"


@changes_tried
def test_amounts_are_right_or_the_load_says_why(settings, simulator, tmp_path_factory, steps):
    # The fixture has put the credentials into the environment.
    with NeocrmSimulator(NOW) as running:
        tenant = Tenant(running, settings, tmp_path_factory.mktemp("changing"))
        tenant.options = {"history": False}
        inside = running.tenant
        running.put("user", name="张三", status="激活")
        amounts = {}
        for number in range(24):
            values = {"opportunityName": f"商机{number}", "ownerId": "1", "saleStageId": "2001"}
            key = running.put(DEAL, money=1000 + number, closeDate=1_798_675_200_000, **values)
            amounts[key] = Decimal(1000 + number)
        running.advance(3_600)
        schema, records = inside.schema[DEAL], inside.records[DEAL]
        standing = {"amount": "money"}

        def rename(now: str) -> str:
            new = f"custom{now}__c"
            schema[new] = schema.pop(now)
            for record in records.values():
                record[new] = record.pop(now)
            if standing["amount"] == now:
                standing["amount"] = new
            return new

        def remove(now: str) -> None:
            del schema[now]

        def blank(now: str) -> None:
            for key in list(records):
                running.put(DEAL, key, **{now: None})

        def retype(now: str) -> None:
            schema[now] = "text"
            for key in list(records):
                running.put(DEAL, key, **{now: f"约 {records[key][now]}"})

        def edit() -> None:
            key = next(iter(records))
            if standing["amount"] in schema:
                running.put(DEAL, key, **{standing["amount"]: 7})
                amounts[key] = Decimal(7)

        change = changing(
            ("money", "closeDate", "saleStageId", "opportunityName"),
            {
                "rename": rename,
                "hide": lambda now: inside.hidden.add((DEAL, now)),
                "remove": remove,
                "blank": blank,
                "retype": retype,
                "add": lambda: inside.add_field(DEAL, f"new{running.clock:%d%H}__c"),
                "edit": edit,
            },
        )

        def load(full: bool) -> None:
            running.advance(3_600)
            tenant.load(full=full)

        def seen() -> dict[str, Decimal]:
            return {key: row["money"] for key, row in tenant.latest(DEAL, DEAL).items()}

        right_or_said(steps, change=change, load=load, seen=seen, truth=lambda: dict(amounts))
