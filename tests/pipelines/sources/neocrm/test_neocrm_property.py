"""Whatever happens while it is read: after the load and the next, the raw zone has what is there."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st
from neocrm_source import NOW, Tenant, seen_deals
from simulators.faults import Fault
from simulators.neocrm import NeocrmSimulator

from pipelines.settings import Settings

KINDS = [
    Fault("status", status=500),
    Fault("cut"),
    Fault("reset"),
    Fault("body", body=b'{"code":"1020025","msg":"user call frequency exceeded"}'),
]
ACTIONS = st.lists(
    st.tuples(
        st.integers(1, 12),  # before which page
        st.sampled_from(["edit", "delete", "create", "expire"]),
        st.integers(0, 30),
    ),
    max_size=8,
)
NAMES = st.sampled_from(["", "甲", "华东二期", 'a"b,c', "长" * 50])
MONEY = st.none() | st.integers(0, 10**9) | st.integers(0, 10**7).map(lambda cents: cents / 100)


@tried(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    records=st.lists(st.tuples(NAMES, MONEY), max_size=20),
    size=st.integers(1, 9),
    cap=st.integers(1, 9),
    paging=st.sampled_from(["scroll", "keyset"]),
    number_ids=st.booleans(),
    actions=ACTIONS,
    later=ACTIONS,
    seed=st.integers(0, 10**6),
    rate=st.sampled_from([0.0, 0.1]),
)
def test_the_latest_versions_are_the_tenants_records(
    settings: Settings,
    simulator: NeocrmSimulator,
    monkeypatch: pytest.MonkeyPatch,
    records: list,
    size: int,
    cap: int,
    paging: str,
    number_ids: bool,
    actions: list,
    later: list,
    seed: int,
    rate: float,
) -> None:
    with NeocrmSimulator(NOW) as running, tempfile.TemporaryDirectory() as folder:
        tenant = Tenant(running, settings, Path(folder))
        running.number_ids = number_ids
        running.scroll_cap = running.page_cap = cap
        for name, money in records:
            running.put(
                "opportunity", opportunityName=name, money=money, ownerId="1", saleStageId="2001"
            )
            running.advance(1)
        running.faults.at_random(seed, rate, KINDS)
        for night in (actions, later):
            running.advance(1)
            bound = running.clock
            running.on_page = _script(night, running)
            tenant.load(bound, paging=paging, scroll_size=size, page_size=size, history=False)
            running.on_page = None
            running.advance(86_400)
        # The load after the last edit: nothing is lost, nothing is there twice.
        tenant.load(paging=paging, scroll_size=size, page_size=size, history=False)
        expected = {
            key: (name or None, money, stamp)
            for key, (name, money, stamp) in tenant.expected("opportunity").items()
        }
        assert seen_deals(tenant) == expected


def _script(actions: list, simulator: NeocrmSimulator):  # noqa: ANN202
    """What others do before the n-th page, all of it after the load's bound."""
    todo, start = list(actions), {"page": 0}

    def on_page(running: NeocrmSimulator, _: int) -> None:
        start["page"] += 1
        for action in [item for item in todo if item[0] <= start["page"]]:
            todo.remove(action)
            running.advance(1)
            there = list(running.tenant.records["opportunity"])
            _, what, which = action
            if what == "expire":
                running.expire_tokens()
            elif what == "create" or not there:
                running.put("opportunity", ownerId="1", saleStageId="2001", money=5)
            elif what == "delete":
                running.delete("opportunity", there[which % len(there)])
            else:
                running.put("opportunity", there[which % len(there)], money=which)

    return on_page
