"""Three nights of a tenant with the sample company in it, in a real raw zone, and staging built of them.

Add here: a record that changes between the nights. Keep out: what is right (`test_fxiaoke_staging.py`).
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from fxiaoke_source import AUTH, DAY, DEAL, NOW, QUICK, milliseconds
from simulators.fxiaoke import FxiaokeSimulator
from simulators.fxiaoke_company import OPTIONS, fill
from staging_build import build_staging, settings_of

from pipelines.raw_zone.zone import RawZone
from pipelines.sources.fxiaoke import FxiaokeConnector
from pipelines.warehouse.binding import bind

AS_OF = dt.date(2026, 11, 2)


class Nights:
    """Three nights of a tenant, and the warehouse built from them."""

    def __init__(self, root: Path, company: dict[str, pd.DataFrame]) -> None:
        with FxiaokeSimulator(NOW) as self.simulator:
            self.ids = fill(self.simulator, company)
            source = {
                "name": "fx",
                "system": "fxiaoke",
                "base_url": self.simulator.url,
                "auth": AUTH,
                "options": {"user_id": 1000, **OPTIONS},
            }
            self.settings = settings_of(root, source, AS_OF)
            self.zone = RawZone(self.settings.raw_dir, root / "work")
            self.extra()
        path = root / "warehouse.duckdb"
        bind(path, self.settings, self.zone, as_of=AS_OF, known_at=None)
        self.said = build_staging("fxiaoke", path)
        self.connection = duckdb.connect(str(path), read_only=True)
        self.connection.execute("set timezone = 'UTC'")

    def load(self) -> None:
        connector = FxiaokeConnector(
            self.settings.sources[0], self.settings, retry=QUICK, sleep=self.simulator.advance,
            clock=lambda: self.simulator.clock.timestamp(),
        )  # fmt: skip
        self.simulator.advance(60)
        self.zone.load("fx", "fxiaoke", connector, now=self.simulator.clock)
        self.simulator.advance(DAY)

    def extra(self) -> None:
        """Records beside the sample, and what happens to them between the loads."""
        simulator = self.simulator
        open_deal = {"owner": "1000", "sales_stage": "1", "sales_status": "1", "amount": "10"}
        for key in ("x-moves", "x-closes", "x-binned", "x-gone"):
            simulator.put(DEAL, key, name=key, **open_deal)
        simulator.put(
            "PersonnelObj",
            "x-mover",
            user_id="9001",
            full_name="调动",
            main_department=["1002"],
            status="0",
        )
        simulator.put(
            "PersonnelObj",
            "x-leaver",
            user_id="9002",
            full_name="离开",
            main_department=["1002"],
            status="0",
        )
        simulator.put(
            "SalesOrderObj", "x-draft", account_id="a", order_amount="5", life_status="under_review"
        )
        goal = {"goal_rule_id": "rule-revenue", "goal_type": "2", "fiscal_year": "2031"}
        simulator.put(
            "GoalValueObj",
            "x-g1",
            **goal,
            goal_rule_detail_id="d1",
            check_object_id="9001",
            january_value="100",
        )
        simulator.put(
            "GoalValueObj",
            "x-g2",
            **goal,
            goal_rule_detail_id="d2",
            check_object_id="9001",
            january_value="11",
        )
        simulator.put("GoalValueObj", "x-g3", **goal, check_object_id="9002", annual_value="1200")
        simulator.put(
            "GoalValueObj",
            "x-g4",
            **{**goal, "goal_rule_id": "another"},
            check_object_id="9002",
            annual_value="7",
        )
        self.first = simulator.clock
        self.load()
        self.moved = simulator.clock
        simulator.change(
            DEAL, "x-moves", sales_stage="2", stg_changed_time=milliseconds(self.moved)
        )
        simulator.advance(60)
        simulator.change(DEAL, "x-moves", amount="20", owner="1001")  # the same version, later
        self.closed = simulator.clock
        simulator.change(DEAL, "x-closes", sales_status="2")  # which does not move the stage
        simulator.invalidate(DEAL, "x-binned")
        simulator.remove(DEAL, "x-gone")
        simulator.change("PersonnelObj", "x-mover", main_department=["1003"])
        simulator.remove("PersonnelObj", "x-leaver")
        simulator.change("GoalValueObj", "x-g1", january_value="90")
        self.load()
        # A push of the stage that moves no time of change, and a late edit of a closed deal.
        simulator.data[DEAL]["x-moves"]["sales_stage"] = "4"
        simulator.change(DEAL, "x-closes", name="x-closes, edited")
        simulator.advance(7 * DAY)
        self.pushed_seen = simulator.clock + dt.timedelta(seconds=60)
        self.load()

    def rows(self, model: str) -> list[dict[str, Any]]:
        cursor = self.connection.execute(f"select * from staging.stg_fxiaoke__{model}")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
