"""A small tenant of 简道云 on loopback, and the source that reads it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from jiandaoyun_tenant import NOW, ONLY_DEALS, Tenant
from simulators.jiandaoyun import JiandaoyunSimulator
from simulators.jiandaoyun_company import build_forms, fill

from pipelines.sample import generate
from pipelines.settings import Settings


@pytest.fixture(scope="session")
def company() -> dict[str, pd.DataFrame]:
    """The last deals of the smallest sample company, and all that belongs to them."""
    whole = generate(reps=4, seed=5).frames
    deals = whole["opportunities"].tail(130)
    ids, accounts = set(deals["opportunity_id"]), set(deals["account_id"])
    frames = {name: whole[name] for name in ("users", "teams")}
    frames["accounts"] = whole["accounts"][whole["accounts"]["account_id"].isin(accounts)]
    frames["contacts"] = whole["contacts"][whole["contacts"]["account_id"].isin(accounts)].tail(100)
    frames["leads"] = whole["leads"].tail(40)
    frames["opportunities"] = deals
    history = whole["stage_history"]
    frames["stage_history"] = history[history["opportunity_id"].isin(ids)]
    activities = whole["activities"]
    frames["activities"] = activities[activities["opportunity_id"].isin(ids)].tail(200)
    frames["orders"] = whole["orders"][whole["orders"]["account_id"].isin(accounts)]
    frames["targets"] = whole["targets"].tail(80)
    return frames


@pytest.fixture
def simulator() -> Iterator[JiandaoyunSimulator]:
    with JiandaoyunSimulator(NOW) as running:
        yield running


@pytest.fixture
def tenant(
    simulator: JiandaoyunSimulator,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Tenant:
    """A tenant without records; `fill` it or create some."""
    monkeypatch.setenv("JDY_KEY", simulator.key)
    return Tenant(simulator, settings, tmp_path)


@pytest.fixture
def deals(tenant: Tenant) -> Tenant:
    """The tenant with two people and the forms, still empty; only opportunities are read."""
    build_forms(tenant.simulator)
    tenant.forms = ONLY_DEALS
    tenant.add_people("u_lin", "u_wang")
    return tenant


@pytest.fixture
def filled(tenant: Tenant, company: dict[str, pd.DataFrame]) -> Tenant:
    """The tenant with the whole sample company in it."""
    tenant.ids = fill(tenant.simulator, company)
    return tenant
