"""A simulated Kingdee site, a source that reads it, and the raw zone it is loaded into."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kingdee_site import NOW, Night, plant
from simulators.kingdee import KingdeeSimulator

from pipelines.settings import Settings


@pytest.fixture
def simulator() -> Iterator[KingdeeSimulator]:
    with KingdeeSimulator(NOW) as running:
        yield running


@pytest.fixture
def night(
    simulator: KingdeeSimulator,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Night:
    plant(monkeypatch, simulator)
    return Night(simulator, settings, tmp_path / "data")


@pytest.fixture
def small_site(simulator: KingdeeSimulator) -> dict[str, Any]:
    """A site with a few of everything; ids by a short name."""
    put = simulator.put
    put("BD_Department", {"FNumber": "D1", "FName": "销售部", "FForbidStatus": "A"})
    put(
        "BD_Department",
        {"FNumber": "D2", "FName": "华东组", "FParentID": {"FNumber": "D1"}, "FForbidStatus": "A"},
    )
    put("BD_Empinfo", {"FNumber": "HR1", "FName": "林芳", "FPostDept": {"FNumber": "D2"}})
    saler = {"FNumber": "HR1_GW000052_1", "FName": "林芳", "FStaffId": {"FNumber": "HR1"}}
    saler["Id"] = put("BD_Saler", saler)
    customer = {"FNumber": "C1  ", "FName": " 示例机械 ", "FForbidStatus": "A", "FSELLER": saler}
    customer["Id"] = put("BD_Customer", customer)
    deals = [
        put(
            "CRM_OPP_Opportunity",
            {
                "FOPPName": f"项目{number}",
                "FDocumentStatus": "G",
                "FCloseStatus": "0",
                "FBEMPID": saler,
                "F_KD_Customer": customer,
                "F_KD_Amount": 1000.1 + number,
                "F_KD_Expected": "2026-12-31T00:00:00",
                "FOppPhaseEntity": [{"FIsCurrent": "1", "F_KD_Phase": "初步接洽"}],
            },
        )
        for number in range(5)
    ]
    orders = [
        put(
            "SAL_SaleOrder",
            {
                "FBillNo": f"XSDD{number:06}",
                "FDate": "2026-10-30T00:00:00",
                "FDocumentStatus": "C",
                "FCloseStatus": "B",
                "FCancelStatus": "A",
                "FCustId": customer,
                "FSalerId": saler,
                "FOppID": 0,
                "FBillAllAmount": 300.5,
                "FSettleCurrId": {"Id": 1, "FNumber": "PRE001"},
                "FSaleOrderEntry": [
                    {"FMaterialId": {"FNumber": "M1"}, "FAllAmount": 100.0, "FQty": 1.0},
                    {"FMaterialId": {"FNumber": "M2"}, "FAllAmount": 200.5, "FQty": 2.0},
                ],
            },
        )
        for number in range(7)
    ]
    simulator.advance(3600)
    return {"deals": deals, "orders": orders, "customer": customer, "saler": saler}
