"""The vendor's own client signs its way into the simulator and gets the rows that the connector loads."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip(
    "k3cloud_webapi_sdk", reason="the official client (kingdee.cdp.webapi.sdk) is not installed"
)

PROGRAM = Path(__file__).with_name("kingdee_sdk_client.py")
ORDERS = [
    "FID",
    "FBillNo",
    "FCustId.FNumber",
    "FSalerId.FNumber",
    "FBillAllAmount",
    "FDocumentStatus",
    "FModifyDate",
]
ENTRIES = ["FID", "FSaleOrderEntry_FEntryId", "FMaterialId.FNumber", "FAllAmount"]
DEALS = ["FID", "FOPPName", "FBEMPID.FNumber", "F_KD_Amount"]


def query(form: str, keys: list[str], order: str, where: str = "") -> dict[str, Any]:
    """A query as the client's samples write it; more rows are asked for than the site gives."""
    return {
        "FormId": form,
        "FieldKeys": ",".join(keys),
        "FilterString": where,
        "OrderString": order,
        "TopRowCount": 0,
        "Limit": 2000,
        "SubSystemId": "",
    }


def run(simulator: Any, queries: list[dict[str, Any]], **wrong: str) -> Any:
    given = {
        "acct_id": simulator.acct_id,
        "user_name": simulator.user_name,
        "app_id": simulator.app_id,
        "app_secret": simulator.app_secret,
        **wrong,
    }
    done = subprocess.run(
        [sys.executable, str(PROGRAM), simulator.base_url, *given.values()],
        input=json.dumps(queries),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def trimmed(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def test_the_vendors_client_reads_the_same(simulator, night, small_site):
    simulator.cap = 3  # so the client has to page, too
    simulator.edit("SAL_SaleOrder", small_site["orders"][2], {"FBillAllAmount": 12.75})
    orders, entries, deals = run(
        simulator,
        [
            query("SAL_SaleOrder", ORDERS, "FID ASC"),
            query("SAL_SaleOrder", ENTRIES, "FID ASC, FSaleOrderEntry_FSeq ASC"),
            query("CRM_OPP_Opportunity", DEALS, "FID ASC", "FDocumentStatus = 'G'"),
        ],
    )
    for answer, keys in ((orders, ORDERS), (entries, ENTRIES), (deals, DEALS)):
        assert answer["named"] == [dict(zip(keys, row, strict=True)) for row in answer["rows"]]
    night.load()

    ours = night.alive("sale_order")
    assert len(orders["rows"]) == len(ours) == 7
    for number, bill, customer, salesman, amount, status, modified in orders["rows"]:
        mine = ours[str(number)]
        assert (mine["bill_no"], mine["customer_number"], mine["salesman_number"]) == (
            bill,
            trimmed(customer),
            trimmed(salesman),
        )
        assert (mine["amount"], mine["document_status"]) == (Decimal(str(amount)), status)
        # Naive times of the site's own clock, eight hours ahead.
        assert mine["modified_at"] == (
            modified and dt.datetime.fromisoformat(modified + "+08:00").astimezone(dt.UTC)
        )
    loaded = {
        (row["parent_id"], row["id"]): (row["material_number"], row["amount"])
        for rows in night.entries("sale_order_entry").values()
        for row in rows
    }
    assert loaded == {
        (str(number), str(entry)): (material, Decimal(str(amount)))
        for number, entry, material, amount in entries["rows"]
    }
    assert {
        key: (row["name"], row["owner_number"], row["amount"])
        for key, row in night.alive("opportunity").items()
    } == {
        str(number): (name, trimmed(owner), Decimal(str(amount)))
        for number, name, owner, amount in deals["rows"]
    }


def test_the_vendors_client_is_refused_with_a_wrong_secret(simulator, small_site):
    (answer,) = run(simulator, [query("SAL_SaleOrder", ["FID"], "FID ASC")], app_secret="f" * 32)
    for error in answer.values():
        assert error["Result"]["ResponseStatus"]["MsgCode"] == 1
