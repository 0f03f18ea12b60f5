"""A ledger with alerts of a small sales organisation, recipients, and a real HTTP receiver."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from notices_received import MailServer, Receiver
from notifying_days import NOW, WEDNESDAY, is_workday

from pipelines.ledger.episodes import record_episodes
from pipelines.ledger.store import Ledger, open_ledger
from pipelines.notifying.notices import Office
from pipelines.notifying.recipients import Recipient
from pipelines.notifying.slices import Hierarchy


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.stop()


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def _empty(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("ledger") / "empty.db"
    open_ledger(f"sqlite:///{path}").close()
    return path.read_bytes()


@pytest.fixture
def ledger_path(tmp_path: Path, _empty: bytes) -> Path:
    path = tmp_path / "ledger.db"
    path.write_bytes(_empty)
    return path


@pytest.fixture
def ledger(ledger_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(f"sqlite:///{ledger_path}")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def hierarchy() -> Hierarchy:
    """Region 华东 with teams T01 (M1: R1, R2) and T02 (M2: R3); D1 leads M1 and M2."""
    reps = pd.DataFrame(
        [
            ("R1", "张三", "T01", "华东", "M1"),
            ("R2", "李四", "T01", "华东", "M1"),
            ("R3", "王五", "T02", "华东", "M2"),
            ("R9", "赵六", "T09", "华南", "M9"),
            ("M1", "经理一", "T01", "华东", "D1"),
            ("M2", "经理二", "T02", "华东", "D1"),
            ("D1", "总监", None, None, None),
        ],
        columns=["rep_id", "rep_name", "team_id", "region", "manager_id"],
    )
    return Hierarchy.from_reps(reps.assign(is_current=True))


@pytest.fixture
def office(hierarchy: Hierarchy) -> Office:
    return Office(ZoneInfo("Asia/Shanghai"), "CNY", is_workday, hierarchy)


@pytest.fixture(scope="session")
def person() -> Callable[..., Recipient]:
    """`person("D1", "director", "company")`, with no quiet hours and a digest on Sundays."""

    def build(person_id: str, role: str, *scopes: str, **more: Any) -> Recipient:
        values = {"channels": ["file://"], "digest_day": "sunday", **more}
        return Recipient.model_validate(
            {"person_id": person_id, "role": role, "scopes": list(scopes), **values}
        )

    return build


@pytest.fixture(scope="session")
def frame() -> Callable[..., pd.DataFrame]:
    """`frame({"alert_id": "a1", …}, …)`: episodes with all columns of fct_alerts, and more."""

    def build(*rows: dict[str, Any]) -> pd.DataFrame:
        defaults: dict[str, Any] = {
            "alert_id": "a",
            "rule": "pace",
            "rule_version": "3f2a",
            "metric": "target_attainment",
            "scope_type": "team",
            "scope_id": "T01",
            "scope_name": "华东一组",
            "period_start": dt.date(2026, 10, 1),
            "opened_on": dt.date(2026, 10, 26),
            "closed_on": None,
            "level": "warning",
            "state": "open",
            "value": 0.71,
            "expected": 0.9,
            "limit_value": 0.8,
            "sample_size": 40,
            "amount_at_risk": 120000.0,
            "probability": 0.6,
            "owner_id": "M1",
            "message": "华东一组十月完成率 0.71，低于 0.80",
            "drivers": "[]",
        }
        records = [{**defaults, "peak_level": row.get("level", "warning"), **row} for row in rows]
        return pd.DataFrame(records)

    return build


@pytest.fixture
def night(ledger: Ledger) -> Callable[..., Any]:
    """`night(frame, day=1)`: record the episodes of that many days after Wednesday 28 October."""

    def record(episodes: pd.DataFrame, day: int = 0) -> Any:
        as_of = WEDNESDAY + dt.timedelta(days=day)
        return record_episodes(
            ledger, episodes.assign(as_of=as_of), as_of=as_of, run_id=f"run-{day}",
            now=NOW + dt.timedelta(days=day),
        )  # fmt: skip

    return record
