"""For any records, page sizes, limits and edits while pages come: after the load and the next
incremental load the raw zone's latest versions are the simulator's records.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from jiandaoyun_tenant import NOW, ONLY_DEALS, Tenant
from simulators.faults import Fault
from simulators.jiandaoyun import JiandaoyunSimulator
from simulators.jiandaoyun_company import build_forms
from simulators.server import as_json

from pipelines.settings import Settings

CHANGES = st.tuples(
    st.integers(0, 12),  # after how many calls for records
    st.sampled_from(["edit", "remove", "restore", "create"]),
    st.integers(0, 10_000),
)
TOO_OFTEN = as_json({"code": 8303, "msg": "超出请求频率限制"})
HICCUPS = [
    Fault("status", status=400, body=TOO_OFTEN),
    Fault("status", status=503),
    Fault("html", status=502),
    Fault("cut"),
    Fault("reset"),
]
AMOUNTS = st.one_of(
    st.none(), st.just(""), st.integers(0, 10**9), st.floats(0, 10**7).map(lambda x: round(x, 2))
)


def apply(simulator: JiandaoyunSimulator, kind: str, number: int) -> None:
    """One change by somebody at work; later changes are a little later."""
    simulator.advance(1)
    form = simulator.form_named("商机")
    ids, gone = sorted(form.rows), sorted(form.trash)
    if kind == "edit" and ids:
        key = ids[number % len(ids)]
        simulator.edit("商机", key, {"商机名称": f"改{number}", "预计金额（元）": number})
    elif kind == "remove" and ids:
        simulator.remove("商机", ids[number % len(ids)])
    elif kind == "restore" and gone:
        # Restored by hand: whether that alone moves the time of change is not known, so it does here.
        key = gone[number % len(gone)]
        simulator.restore("商机", key)
        simulator.edit("商机", key, {"商机名称": f"回{number}"})
    elif kind == "create":
        simulator.create(
            "商机",
            {
                "商机名称": f"新{number}",
                "负责人": simulator.people["u_wang"],
                "销售阶段": {"name": "方案报价"},
            },
        )


@given(
    amounts=st.lists(AMOUNTS, max_size=60),
    page_size=st.integers(1, 100),
    cap=st.integers(3, 100),
    changes=st.lists(CHANGES, max_size=8),
    later=st.lists(CHANGES, max_size=6),
    hiccups=st.sampled_from([0.0, 0.2]),
    seed=st.integers(0, 1000),
)
@hypothesis_settings(
    max_examples=12,
    deadline=None,
    # An example is three loads: what fails is told as it is, not made smaller.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_latest_versions_are_the_records(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    amounts: list,
    page_size: int,
    cap: int,
    changes: list[tuple[int, str, int]],
    later: list[tuple[int, str, int]],
    hiccups: float,
    seed: int,
) -> None:
    with TemporaryDirectory() as folder, JiandaoyunSimulator(NOW) as simulator:
        monkeypatch.setenv("JDY_KEY", simulator.key)
        tenant = Tenant(simulator, settings, Path(folder))
        build_forms(simulator)
        tenant.add_people("u_lin", "u_wang")
        simulator.cap = cap
        for number, amount in enumerate(amounts):
            created = NOW - dt.timedelta(days=400 - number)
            tenant.deal(number, created, **{"预计金额（元）": amount})
        tenant.forms = ONLY_DEALS
        if hiccups:
            simulator.faults.at_random(seed, hiccups, HICCUPS)
        for round_of in (changes, later):
            for after, kind, number in round_of:
                simulator.faults.add(
                    "call",
                    path="data/list",
                    after=after,
                    action=lambda s, kind=kind, number=number: apply(s, kind, number),
                )
            tenant.load(simulator.clock, page_size=page_size)
            simulator.faults._planned.clear()
            simulator.advance(86_400)
        # Nobody works at night any more: what came late is in this load.
        tenant.load(simulator.clock, page_size=page_size)

        form = simulator.form_named("商机")
        names = {item["label"]: item["widgetName"] for item in form.widgets}
        expected = {
            key: (
                row[names["商机名称"]],
                row[names["销售阶段"]]["name"],
                row[names["负责人"]]["username"],
                float(row[names["预计金额（元）"]] or 0) if row.get(names["预计金额（元）"]) else 0,
            )
            for key, row in form.rows.items()
        }
        found = {
            key: (
                row["opportunity_name"],
                row["stage"],
                row["owner_id"],
                float(row["amount"] or 0),
            )
            for key, row in tenant.latest("opportunities", "opportunity_id").items()
        }
        assert found == expected
        assert simulator.unexpected == []
