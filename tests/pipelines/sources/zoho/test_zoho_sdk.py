"""Zoho's own client reads the simulator and gets the same rows as the connector."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from zoho_runs import Loads

pytest.importorskip("zohocrmsdk", reason="the official client (zohocrmsdk8_0) is not installed")


def test_the_official_client_reads_the_same(simulator, deal, tmp_path):
    simulator.page_size = 3
    simulator.delete("Deals", deal(2))
    simulator.advance(60)
    program = Path(__file__).with_name("zoho_sdk_client.py")
    done = subprocess.run(
        [
            *(sys.executable, str(program), simulator.url, simulator.refresh_token),
            *(simulator.client_id, simulator.client_secret),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    theirs = json.loads(done.stdout)
    simulator.page_size = 200
    loads = Loads(simulator)
    loads.run()

    assert theirs["deals"] == {
        key: [
            row["deal_name"],
            row["stage"],
            float(row["amount"]),
            row["owner_id"],
            row["modified_time"].isoformat(),
        ]
        for key, row in loads.latest("deals").items()
    }
    assert theirs["history"] == {
        key: [row["deal_id"], row["stage"], row["modified_time"].isoformat()]
        for key, row in loads.latest("deal_history").items()
    }
    active = {user["id"] for user in loads.new["users"] if user["status"] != "deleted"}
    assert set(theirs["users"]) == active
    assert theirs["deleted"] == [deal(2)]
