"""Whatever happens while it is read: after the load and the next, the raw zone has what is there."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from fxiaoke_source import DAY, DEAL, NOW, Tenant
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st
from simulators.faults import Fault
from simulators.fxiaoke import FxiaokeSimulator
from simulators.fxiaoke_schema import define

from pipelines.settings import Settings


def code(number: int) -> bytes:
    return json.dumps({"errorCode": number, "errorMessage": "x"}).encode()


KINDS = [
    Fault("status", status=500),
    Fault("cut"),
    Fault("reset"),
    Fault("body", body=code(-1)),
    Fault("body", path="/cgi/", body=code(30004)),
]
ACTIONS = st.lists(
    st.tuples(
        st.integers(1, 16),  # before which page
        st.sampled_from(["edit", "remove", "invalidate", "recover", "create", "expire", "wait"]),
        st.integers(0, 30),
    ),
    max_size=10,
)
NAMES = st.sampled_from(["", "甲", "华东二期", 'a"b,c', "长" * 50])
AMOUNTS = st.none() | st.integers(0, 10**9).map(str) | st.decimals(0, 10**7, places=2).map(str)


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ID", "FSAID_1"), ("SECRET", "sim-secret"), ("CODE", "sim-perm")):
        monkeypatch.setenv(f"FXIAOKE_{name}", value)


@tried(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    rows=st.lists(st.tuples(NAMES, AMOUNTS), max_size=20),
    size=st.integers(1, 9),
    short=st.none() | st.integers(1, 9),
    shown=st.booleans(),
    edit=st.booleans(),
    counts=st.booleans(),
    limit=st.sampled_from([15, 100]),
    nights=st.lists(ACTIONS, min_size=1, max_size=3),
    seed=st.integers(0, 10**6),
    rate=st.sampled_from([0.0, 0.1]),
)
def test_the_latest_versions_are_the_tenants_records(
    settings: Settings,
    secrets: None,
    rows: list,
    size: int,
    short: int | None,
    shown: bool,
    edit: bool,
    counts: bool,
    limit: int,
    nights: list,
    seed: int,
    rate: float,
) -> None:
    with FxiaokeSimulator(NOW) as running:
        define(running)
        tenant = Tenant(running, settings)
        running.short_page, running.per_20_seconds = short, limit
        running.invalid_shown, running.bin_is_edit, running.counts = shown, edit, counts
        for name, amount in rows:
            running.put(DEAL, name=name, amount=amount, owner="1000", sales_stage="1")
            running.advance(1)
        running.faults.at_random(seed, rate, KINDS)
        # Deals and accounts are read always; the other objects would only take time.
        running.inactive |= set(running.fields) - {DEAL, "AccountObj"}
        for actions in nights:
            running.advance(1)
            bound = running.clock
            running.on_page = _script(actions, running)
            tenant.load(bound, page_size=size, largest_drop=1)
            running.on_page = None
            running.advance(DAY)
        # The load after the last edit: nothing is lost, nothing is there twice.
        tenant.load(page_size=size, largest_drop=1)
        assert tenant.seen() == tenant.expected()


def _script(actions: list, simulator: FxiaokeSimulator) -> Callable[[FxiaokeSimulator, int], None]:
    """What others do before the n-th page of a load, all of it after the load's bound."""
    todo, start = list(actions), simulator.pages

    def on_page(running: FxiaokeSimulator, page: int) -> None:
        for action in [item for item in todo if item[0] <= page - start]:
            todo.remove(action)
            running.advance(1)
            _, what, which = action
            there = list(running.data[DEAL])
            one = there[which % len(there)] if there else None
            if what == "expire":
                running.end_tokens()
            elif what == "wait":
                running.advance(400)
            elif what == "create" or one is None:
                running.put(DEAL, owner="1000", sales_stage="1", amount="5")
            elif what == "edit":
                running.change(DEAL, one, amount=str(which))
            else:
                getattr(running, what)(DEAL, one)

    return on_page
