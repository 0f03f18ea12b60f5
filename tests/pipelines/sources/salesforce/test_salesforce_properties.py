"""For random records, page sizes, faults and edits while paging: the next load settles everything."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulators.faults import Fault
from simulators.salesforce import SalesforceSimulator

from pipelines.configuration.sources import Source
from pipelines.sources.http import RetryPolicy
from pipelines.sources.protocol import Batch, Extract, Previous
from pipelines.sources.salesforce import SalesforceConnector

FAULTS = (
    Fault("status", status=503),
    Fault("status", status=429, headers={"Retry-After": "0"}),
    Fault("cut"),
    Fault("reset"),
    Fault("html"),
    Fault("gzip"),
)
OBJECTS = {"Account": "account", "Opportunity": "opportunity", "Task": "task"}
texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=12)
amounts = st.one_of(
    st.none(),
    st.floats(-1e9, 1e9).map(lambda value: round(value, 2)),
    st.integers(0, 10**12).map(float),
)
edits = st.lists(
    st.tuples(st.integers(1, 60), st.sampled_from(["change", "new", "delete", "purge", "back"])),
    max_size=12,
)


class Loads:
    """The loads of one source, kept in memory as the raw zone would append them."""

    def __init__(self, simulator: SalesforceSimulator, company: Any, options: dict[str, Any]):
        self.simulator = simulator
        self.company, self.options = company, options
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.extracts: dict[tuple[str, str | None], Extract] = {}
        self.number = 0

    def connector(self, full: bool) -> SalesforceConnector:
        source = Source(
            name="crm",
            system="salesforce",
            base_url=self.simulator.url,
            auth={"client_id": "sim-client-id", "client_secret": "sim-client-secret"},
            options={"requests_per_second": 10_000, **self.options, "full": full},
        )
        quick = RetryPolicy(tries=6, base=0.0005, cap=0.001)
        return SalesforceConnector(source, self.company, retry=quick)

    def load(self, *, full: bool = False) -> None:
        """One load; nothing of it counts if it fails."""
        previous = Previous(dict(self.extracts))
        items = list(self.connector(full).extract(previous, self.simulator.clock))
        self.number += 1
        for item in items:
            if isinstance(item, Batch):
                for row in item.table.to_pylist():
                    self.rows.setdefault(item.entity, []).append({**row, "load": self.number})
            elif isinstance(item, Extract):
                self.extracts[item.entity, item.file] = item
            else:
                pytest.fail(f"nothing is wrong with {item}")

    def alive(self, name: str, table: str) -> dict[str, dict[str, Any]]:
        newest: dict[str, dict[str, Any]] = {}
        for row in self.rows.get(table, []):
            order = (row["system_modstamp"], row["load"], bool(row["_deleted"]))
            old = newest.get(row["id"])
            if old is None or order > old["order"]:
                newest[row["id"]] = {**row, "order": order}
        sweeps = [row for row in self.rows.get("id_sweep", []) if row["object"] == name]
        last = max((row["load"] for row in sweeps), default=0)
        seen = {row["id"] for row in sweeps if row["load"] == last}
        return {
            key: row
            for key, row in newest.items()
            if not row["_deleted"] and (row["load"] > last or key in seen)
        }


def edit(simulator: SalesforceSimulator, what: str, luck: random.Random) -> None:
    simulator.advance(1)
    name = luck.choice(list(OBJECTS))
    table = simulator.org.records[name]
    keys = sorted(table)
    if what == "new" or not keys:
        simulator.put(name, OwnerId="005A", StageName="Lead", Name="new", IsClosed=True)
        return
    key = luck.choice(keys)
    if what == "change":
        simulator.put(name, Id=key, Name=f"changed {luck.random()}", IsDeleted=False)
    elif what == "delete" and not table[key]["IsDeleted"]:
        simulator.delete(name, key)
    elif what == "purge":
        simulator.purge(name, key)
    elif what == "back" and table[key]["IsDeleted"]:
        simulator.undelete(name, key)


@given(
    names=st.lists(st.tuples(texts, amounts), max_size=40),
    same_stamp=st.booleans(),
    page_sizes=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    bulk_from=st.sampled_from([0, 5, 10**6]),
    token_life=st.integers(15, 400),
    rate=st.sampled_from([0.0, 0.05, 0.2]),
    during=st.tuples(edits, edits),
    seed=st.integers(0, 10**6),
    days=st.sampled_from([0.02, 1, 8, 20]),
)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_after_the_next_load_the_newest_versions_are_the_orgs_records(
    settings, names, same_stamp, page_sizes, bulk_from, token_life, rate, during, seed, days
):
    luck = random.Random(seed)
    with SalesforceSimulator() as simulator:
        simulator.page_sizes, simulator.token_life = page_sizes, token_life
        simulator.put("Organization", Name="Acme")
        for text, amount in names:
            simulator.put("Account", Name=text or "?", OwnerId="005A")
            simulator.put(
                "Opportunity", Name=text, Amount=amount, OwnerId="005A", StageName="Lead",
                CloseDate=dt.date(2026, 1, 1) + dt.timedelta(days=luck.randrange(600)),
            )  # fmt: skip
            simulator.put("Task", OwnerId="005A", IsClosed=True, WhatId=None)
            if not same_stamp:
                simulator.advance(luck.randrange(100))
        simulator.advance(5)
        options = {"bulk_from": bulk_from, "bulk_page_size": 1000}
        loads = Loads(simulator, settings, options)
        simulator.faults.at_random(seed, rate, FAULTS)
        for round_of_edits in during:
            planned = list(round_of_edits)

            def on_page(running, number, planned=planned):
                # Edits fall between any two pages of any object.
                while planned and luck.random() < 0.2:
                    edit(running, planned.pop()[1], luck)

            simulator.on_page = on_page
            loads.load()
            simulator.on_page = None
            simulator.advance(days * 86400)
        loads.load()
        for name, table in OBJECTS.items():
            expected = {
                key: record
                for key, record in simulator.org.records[name].items()
                if not record["IsDeleted"]
            }
            found = loads.alive(name, table)
            assert set(found) == set(expected)
            for key, record in expected.items():
                row = found[key]
                assert row["system_modstamp"] == record["SystemModstamp"]
                if name == "Opportunity":
                    assert row["name"] == (record["Name"] or None)
                    amount = row["amount"]
                    assert (None if amount is None else float(amount)) == record["Amount"]
                    assert row["close_date"] == record["CloseDate"]
            extract = loads.extracts[table, None]
            assert extract.rows + extract.rejected_rows == extract.source_rows
