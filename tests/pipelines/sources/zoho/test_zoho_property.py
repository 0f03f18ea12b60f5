"""For any data, page size, trouble and edits: after a load and the next, everything is there once."""

from __future__ import annotations

import random

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from simulators.faults import Fault
from simulators.server import as_json
from simulators.zoho import ZohoSimulator
from zoho_runs import Loads, deals_in, deals_of, stages_in, stages_of

STAGES = ("Qualification", "Proposal", "Closed Won")
BUSY = as_json({"code": "TOO_MANY_REQUESTS", "message": "slow down", "status": "error"})
TROUBLE = (
    Fault("status", status=429, body=BUSY, headers={"Content-Type": "application/json"}),
    Fault("status", status=503),
    Fault("cut"),
    Fault("reset"),
    Fault("html"),
)


# Examples are small from the start; shrinking them would take minutes of servers and loads.
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(
    seed=st.integers(0, 10**6),
    deals=st.integers(0, 25),
    same_second=st.floats(0, 1),
    page_size=st.integers(2, 9),
    bulk_from=st.sampled_from([3, 10_000]),
    token_life=st.sampled_from([None, 15]),
    trouble=st.sampled_from([0.0, 0.15]),
)
def test_nothing_is_lost_and_nothing_comes_twice(
    seed, deals, same_second, page_size, bulk_from, token_life, trouble
):
    chance = random.Random(seed)
    with ZohoSimulator() as simulator:
        simulator.page_size, simulator.bulk_rows = page_size, 12
        simulator.tokens_allowed, simulator.token_life = 1_000, token_life
        simulator.advance(-86_400)

        def change(now: ZohoSimulator, moves: str) -> None:
            """One edit, insertion, deletion or restoration."""
            kept = list(now.org.records["Deals"])
            gone = list(now.org.deleted["Deals"])
            move = chance.choice(moves)
            if move == "e" and kept:
                now.put("Deals", chance.choice(kept), Stage=chance.choice(STAGES), Amount=7)
            elif move == "d" and kept:
                now.delete("Deals", chance.choice(kept))
            elif move == "r" and gone:
                now.restore("Deals", chance.choice(gone))
            elif move == "i":
                now.put("Deals", Deal_Name=f"N{len(kept)}", Stage="Proposal", Owner="1", Amount=3)

        def while_paging(now: ZohoSimulator, number: int) -> None:
            if chance.random() < 0.3:
                now.advance(1)
                change(now, "eeeddri")

        for number in range(deals):
            if chance.random() > same_second:
                simulator.advance(chance.randint(1, 90))
            simulator.put(
                "Deals", Deal_Name=f"D{number}", Stage=STAGES[0], Owner="1", Amount=number
            )
        simulator.advance(3600)
        loads = Loads(simulator, bulk_from=bulk_from)
        if trouble:
            simulator.faults.at_random(seed, trouble, TROUBLE)
        simulator.on_page = while_paging
        upto = simulator.clock
        loads.run(upto)
        simulator.on_page = None
        for _ in range(chance.randint(0, 6)):
            simulator.advance(chance.randint(0, 2000))
            change(simulator, "eedri")
        simulator.advance(60)
        extracts = loads.run()

        assert deals_in(loads) == deals_of(simulator)
        orphans = {
            r["id"]
            for r in simulator.org.records["DealHistory"].values()
            if not r["Potential_Name"]
        }
        mine = {row for row in stages_in(loads) if row[0] not in orphans}
        assert mine == {row for row in stages_of(simulator) if row[0] not in orphans}
        for rows in loads.rows.values():
            versions = [
                (r["_load"], r["id"], r.get("modified_time"), r.get("_deleted")) for r in rows
            ]
            assert len(set(versions)) == len(versions)
        for extract in extracts.values():
            assert extract.source_rows in (None, extract.rows + extract.rejected_rows)
