"""For any records, page sizes, limits and edits while pages come: after the load and the next
incremental load the raw zone's latest versions are the simulated site's records.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from kingdee_site import NOW, Night, plant
from simulators.faults import Fault
from simulators.kingdee import KingdeeSimulator, error
from simulators.server import as_json

from pipelines.settings import Settings

ORDERS = "SAL_SaleOrder"
ONLY = (ORDERS, "BD_Department", "BD_Customer")
CHANGES = st.tuples(
    st.integers(0, 14),  # after how many queries
    st.sampled_from(["edit", "silent", "delete", "create", "entries"]),
    st.integers(0, 10_000),
)
HICCUPS = [
    # Only a query answers a list; logging in twice to an answer of another shape is given up.
    Fault("body", path="ExecuteBillQuery", body=as_json([[error(13, "网络控制冲突")]])),
    Fault("status", status=503),
    Fault("cut"),
    Fault("reset"),
]


def order(number: int, amount: float, entries: int = 1, **more: Any) -> dict[str, Any]:
    rows = [
        {"FQty": float(i + 1), "FAllAmount": amount, "FMaterialId": None} for i in range(entries)
    ]
    return {
        "FBillNo": f"B{number}",
        "FDate": "2026-10-01T00:00:00",
        "FDocumentStatus": "C",
        "FCloseStatus": "B",
        "FCancelStatus": "A",
        "FCustId": {"Id": 1, "FNumber": "C1"},
        "FBillAllAmount": amount,
        "FSaleOrderEntry": rows,
        **more,
    }


def apply(simulator: KingdeeSimulator, kind: str, number: int) -> None:
    """One change by somebody at work."""
    simulator.advance(1)
    ids = sorted(simulator.forms[ORDERS].records)
    if kind == "create":
        simulator.put(ORDERS, order(number, number / 4, number % 4 + 1))
        return
    if not ids:
        return
    key = ids[number % len(ids)]
    if kind == "edit":
        simulator.edit(ORDERS, key, {"FBillAllAmount": float(number)})
    elif kind == "silent":  # closed or cancelled, and no date tells it
        simulator.edit(ORDERS, key, {"FCancelStatus": "AB"[number % 2]}, touch=False)
    elif kind == "delete":
        simulator.delete(ORDERS, key)
    else:
        rows = order(0, float(number), number % 5 + 1)["FSaleOrderEntry"]
        simulator.edit(ORDERS, key, {"FSaleOrderEntry": rows})


@given(
    amounts=st.lists(st.integers(0, 10**9).map(lambda n: n / 100), max_size=18),
    entries=st.lists(st.integers(1, 5), min_size=18, max_size=18),
    page_size=st.integers(1, 40),
    cap=st.integers(3, 40),
    changes=st.lists(CHANGES, max_size=6),
    later=st.lists(CHANGES, max_size=6),
    hiccups=st.sampled_from([0.0, 0.1]),
    calls=st.sampled_from([None, 400]),
    seed=st.integers(0, 1000),
)
@hypothesis_settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_latest_versions_are_the_records(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    amounts: list[float],
    entries: list[int],
    page_size: int,
    cap: int,
    changes: list[tuple[int, str, int]],
    later: list[tuple[int, str, int]],
    hiccups: float,
    calls: int | None,
    seed: int,
) -> None:
    with TemporaryDirectory() as folder, KingdeeSimulator(NOW, seed=seed) as simulator:
        plant(monkeypatch, simulator)
        simulator.forms = {name: simulator.forms[name] for name in ONLY}
        simulator.cap, simulator.calls_per_session = cap, calls
        for number, amount in enumerate(amounts):
            simulator.put(ORDERS, order(number, amount, entries[number]))
            simulator.advance(3600)
        night = Night(simulator, settings, Path(folder), {"forms": {}, "page_size": page_size})
        if hiccups:
            # A lost session has its own tests: two in a row on one request must fail.
            simulator.faults.at_random(seed, hiccups, HICCUPS)
        for round_of in (changes, later):
            simulator.advance(86_400)
            for after, kind, number in round_of:
                simulator.faults.add(
                    "call",
                    path="ExecuteBillQuery",
                    after=after,
                    action=lambda s, kind=kind, number=number: apply(s, kind, number),
                )
            night.load()
            simulator.faults._planned.clear()
        # Nobody works now: what came while the last one was reading is in this one.
        simulator.advance(86_400)
        night.load()

        expected = {
            str(key): (Decimal(str(record["FBillAllAmount"])), record["FCancelStatus"])
            for key, record in simulator.forms[ORDERS].records.items()
        }
        found = {
            key: (row["amount"], row["cancel_status"])
            for key, row in night.alive("sale_order").items()
        }
        assert found == expected
        loaded = night.entries("sale_order_entry")
        for key, record in simulator.forms[ORDERS].records.items():
            wanted = sorted((str(r["FEntryId"]), r["FQty"]) for r in record["FSaleOrderEntry"])
            got = sorted((row["id"], float(row["quantity"])) for row in loaded[str(key)])
            assert got == wanted
