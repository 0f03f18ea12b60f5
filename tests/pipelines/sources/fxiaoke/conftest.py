"""Fixtures of 纷享销客: a small tenant on loopback, empty, with a few deals, or with a company in it."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest
from fxiaoke_source import DEAL, NOW, Tenant
from simulators.company import sample_frames
from simulators.fxiaoke import FxiaokeSimulator
from simulators.fxiaoke_company import OPTIONS, define, fill

from pipelines.settings import Settings


@pytest.fixture(scope="session")
def company() -> dict[str, pd.DataFrame]:
    """The last deals of the sample company, and all that belongs to them."""
    whole = sample_frames()
    deals = whole["opportunities"].tail(120)
    ids, accounts = set(deals["opportunity_id"]), set(deals["account_id"])
    frames = {name: whole[name] for name in ("users", "teams", "targets")}
    for name in ("accounts", "contacts", "orders"):
        frames[name] = whole[name][whole[name]["account_id"].isin(accounts)]
    frames["leads"] = whole["leads"].tail(40)
    frames["opportunities"] = deals
    for name in ("stage_history", "activities"):
        frames[name] = whole[name][whole[name]["opportunity_id"].isin(ids)]
    return frames


@pytest.fixture
def simulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[FxiaokeSimulator]:
    with FxiaokeSimulator(NOW) as running:
        monkeypatch.setenv("FXIAOKE_ID", running.secrets["appId"])
        monkeypatch.setenv("FXIAOKE_SECRET", running.secrets["appSecret"])
        monkeypatch.setenv("FXIAOKE_CODE", running.secrets["permanentCode"])
        yield running


@pytest.fixture
def tenant(simulator: FxiaokeSimulator, settings: Settings) -> Tenant:
    """A tenant with its objects and one person, without other records."""
    define(simulator)
    simulator.put("PersonnelObj", user_id="1000", full_name="张三", status="0")
    return Tenant(simulator, settings)


@pytest.fixture
def deals(tenant: Tenant) -> Tenant:
    """A tenant with 25 deals, made a minute apart, an hour ago."""
    simulator = tenant.simulator
    for number in range(25):
        simulator.put(
            DEAL,
            name=f"商机{number}",
            owner="1000",
            sales_stage="1",
            sales_status="1",
            amount=f"{1_000 * number}.50",
        )
        simulator.advance(60)
    simulator.advance(3_600)  # beyond the overlap
    return tenant


@pytest.fixture
def filled(
    simulator: FxiaokeSimulator,
    settings: Settings,
    company: dict[str, pd.DataFrame],
) -> Tenant:
    """A tenant with a part of the sample company in it, and the mapping of its own fields."""
    tenant = Tenant(simulator, settings)
    tenant.ids = fill(simulator, company)
    tenant.options = OPTIONS
    return tenant
