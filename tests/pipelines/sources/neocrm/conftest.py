"""Fixtures of 销售易: a small tenant on loopback, empty, with a few deals, or with a company in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from neocrm_source import NOW, Tenant
from simulators.neocrm import NeocrmSimulator
from simulators.neocrm_company import OPTIONS, TARGET_OPTIONS, fill

from pipelines.sample import generate
from pipelines.settings import Settings


@pytest.fixture(scope="session")
def company() -> dict[str, pd.DataFrame]:
    """The last deals of the smallest sample company, and all that belongs to them."""
    whole = generate(reps=4, seed=5).frames
    deals = whole["opportunities"].tail(120)
    ids, accounts = set(deals["opportunity_id"]), set(deals["account_id"])
    frames = {name: whole[name] for name in ("users", "teams")}
    for name in ("accounts", "contacts", "orders"):
        frames[name] = whole[name][whole[name]["account_id"].isin(accounts)]
    frames["leads"] = whole["leads"].tail(40)
    frames["opportunities"] = deals
    for name in ("stage_history", "activities"):
        frames[name] = whole[name][whole[name]["opportunity_id"].isin(ids)]
    frames["targets"] = whole["targets"].tail(60)
    return frames


@pytest.fixture
def simulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[NeocrmSimulator]:
    with NeocrmSimulator(NOW) as running:
        monkeypatch.setenv("NEO_ID", running.client_id)
        monkeypatch.setenv("NEO_SECRET", running.client_secret)
        monkeypatch.setenv("NEO_USER", running.username)
        monkeypatch.setenv("NEO_PASSWORD", running.password)
        monkeypatch.setenv("NEO_TOKEN", running.security_token)
        yield running


@pytest.fixture
def tenant(simulator: NeocrmSimulator, settings: Settings, tmp_path: Path) -> Tenant:
    """A tenant without records."""
    return Tenant(simulator, settings, tmp_path)


@pytest.fixture
def deals(tenant: Tenant) -> Tenant:
    """A tenant with a user and 25 opportunities, made a minute apart, an hour ago."""
    simulator = tenant.simulator
    simulator.put("user", name="张三", status="激活")
    for number in range(25):
        simulator.put(
            "opportunity",
            opportunityName=f"商机{number}",
            ownerId="1",
            saleStageId="2001",
            money=1_000.5 * number,
        )
        simulator.advance(60)
    simulator.advance(3_600)  # beyond the overlap
    return tenant


@pytest.fixture
def filled(tenant: Tenant, company: dict[str, pd.DataFrame]) -> Tenant:
    """The tenant with a part of the sample company in it, and the mapping of its own fields."""
    tenant.ids = fill(tenant.simulator, company)
    tenant.options = {**OPTIONS, **TARGET_OPTIONS}
    return tenant
