"""The order in which models are made and tests tried, and how a test is judged: the same on any engine.

Add here: what both engines do alike. Keep out: statements of one of them (`building.py`, `spark/`).
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from pipelines.warehouse.program import Program, Test

_EXAMPLES = 2
_MOST_AT_ONCE = 4


@dataclass(frozen=True)
class Outcome:
    """How a node ended, in dbt's words: success, error, skipped; pass, warn, fail. `failures` counts
    the rows that break a test; `rows` those of a table. `stood`: it was so in the last good warehouse.
    """

    unique_id: str
    status: str
    message: str = ""
    failures: int | None = None
    rows: int | None = None
    seconds: float = 0.0
    stood: bool = False


def in_order(
    program: Program,
    one: Callable[[str], Outcome],
    at_once: int,
    told: Callable[[int, int], None] | None,
) -> list[Outcome]:
    """Have `one` make each model and try each test once all that it stands on is made.

    `at_once`: how many of them side by side. `told(done, all)` hears of every model that is done. What
    stands on a model that could not be made is skipped, not tried.
    """
    with ThreadPoolExecutor(at_once, thread_name_prefix="build") as workers:
        return list(_run(program, one, workers, at_once, told))


def as_many_as_processors() -> int:
    """How many nodes are worked on side by side on this machine."""
    return max(1, min(_MOST_AT_ONCE, os.cpu_count() or 1))


def _run(
    program: Program,
    one: Callable[[str], Outcome],
    workers: ThreadPoolExecutor,
    at_once: int,
    told: Callable[[int, int], None] | None,
) -> Iterator[Outcome]:
    waiting = {key: set(program.parents(key)) for key in (*program.models, *program.tests)}
    readers: dict[str, list[str]] = {}
    for key, parents in waiting.items():
        for parent in parents:
            readers.setdefault(parent, []).append(key)
    height = _heights(program, readers)
    ready = [(-height[key], key) for key, parents in waiting.items() if not parents]
    heapq.heapify(ready)
    running: dict[Future[Outcome], str] = {}
    bad: set[str] = set()
    done = 0
    while ready or running:
        while ready and len(running) < at_once:
            _, key = heapq.heappop(ready)
            broken = [parent for parent in program.parents(key) if parent in bad]
            running[
                workers.submit(_skipped, key, broken) if broken else workers.submit(one, key)
            ] = key
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            key, outcome = running.pop(future), future.result()
            if key in program.models:
                done += 1
                if outcome.status != "success":
                    bad.add(key)
                if told:
                    told(done, len(program.models))
            yield outcome
            for reader in readers.get(key, ()):
                waiting[reader].discard(key)
                if not waiting[reader]:
                    heapq.heappush(ready, (-height[reader], reader))


def _heights(program: Program, readers: dict[str, list[str]]) -> dict[str, int]:
    """The longest way from a node to the end of the graph: what much waits for is built first.

    Tests come before any model, so that a table that nothing else reads can go.
    """
    heights: dict[str, int] = dict.fromkeys(program.tests, len(program.models))

    def height(key: str) -> int:
        if key not in heights:
            behind = (reader for reader in readers.get(key, ()) if reader in program.models)
            heights[key] = 1 + max(map(height, behind), default=0)
        return heights[key]

    for key in program.models:
        height(key)
    return heights


def _skipped(key: str, broken: Sequence[str]) -> Outcome:
    names = ", ".join(name.rsplit(".", 1)[-1] for name in broken)
    return Outcome(key, "skipped", f"not built: {names}")


def verdict_query(test: Test) -> str:
    """One row: how many rows break the test, whether that warns, whether that fails."""
    return (
        f"select {test.fail_calc}, {test.fail_calc} {test.warn_if}, {test.fail_calc} {test.error_if} "
        f"from (\n{_limited(test)}\n) as faults"
    )


def examples_query(test: Test) -> str:
    """A few of the rows that break the test."""
    return f"select * from (\n{_limited(test)}\n) as faults limit {_EXAMPLES}"


def judged(
    test: Test, row: Sequence[Any], examples: Callable[[], Sequence[Mapping[str, Any]]]
) -> tuple[str, int, str]:
    """State, number of faults and message of a test, from its verdict; examples are asked for if told."""
    failures, warns, fails = int(row[0] or 0), bool(row[1]), bool(row[2])
    if not warns and not (fails and test.severity == "error"):
        return "pass", failures, ""
    failed = fails and test.severity == "error"
    rule = f"fails if {test.error_if}" if failed else f"warns if {test.warn_if}"
    named = [", ".join(f"{name} {value}" for name, value in row.items()) for row in examples()]
    told = f"{failures} rows ({rule}), for example {'; '.join(named)}"
    return "fail" if failed else "warn", failures, told


def _limited(test: Test) -> str:
    return f"{test.sql}\nlimit {test.limit}" if test.limit else test.sql
