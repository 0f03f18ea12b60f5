"""An empty ledger on SQLite and on a real PostgreSQL, and frames of episodes to record."""

from __future__ import annotations

import datetime as dt
import multiprocessing
from collections.abc import Callable, Iterator
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipelines.ledger.store import Ledger, open_ledger

NOW = dt.datetime(2026, 10, 28, 1, 0, tzinfo=dt.UTC)  # Wednesday 09:00 in Shanghai
TODAY = dt.date(2026, 10, 28)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    opened = open_ledger(ledger_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def forking() -> BaseContext:
    """Processes that start from one that has the ledger imported: real ones, soon up."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pipelines.ledger.episodes", "pipelines.ledger.responses"])
    return context


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite ledger to copy, for tests that need many."""
    path = tmp_path_factory.mktemp("ledger") / "empty.db"
    open_ledger(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def frame() -> Callable[..., pd.DataFrame]:
    """`frame({"alert_id": "a1", "level": "danger"}, …)`: a frame with all columns of fct_alerts."""

    def build(*rows: dict[str, Any]) -> pd.DataFrame:
        defaults: dict[str, Any] = {
            "rule": "pace",
            "rule_version": "v1",
            "metric": "target_attainment",
            "scope_type": "team",
            "scope_id": "T01",
            "scope_name": "华东一组",
            "period_start": dt.date(2026, 10, 1),
            "opened_on": dt.date(2026, 10, 26),
            "closed_on": None,
            "as_of": TODAY,
            "level": "warning",
            "state": "open",
            "value": 0.71,
            "expected": 0.9,
            "limit_value": 0.8,
            "sample_size": 40,
            "amount_at_risk": 120000.5,
            "probability": 0.6,
            "owner_id": "M1",
            "message": "华东一组完成率偏低",
            "drivers": "[]",
        }
        records = [
            {
                **defaults,
                "peak_level": row.get("level", "warning"),
                "closed_on": TODAY if row.get("state", "open") != "open" else None,
                **row,
            }
            for row in rows
        ]
        return pd.DataFrame(records, columns=["alert_id", *defaults, "peak_level"])

    return build
