"""How the engine would go about the models: no join that compares every row with every row by mistake."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from nightly_site import Installation

from pipelines.settings import load_settings
from pipelines.warehouse.dbt_command import company_program
from pipelines.warehouse.private.made_again import with_models

pytestmark = pytest.mark.nightly

# As which an engine runs a left join, whichever side it puts first.
KEEPING = {"LEFT", "RIGHT", "FULL"}


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("children", []):
        yield from steps(child)


def test_no_left_join_has_a_condition_on_the_left_table_alone(published: Installation) -> None:
    """DuckDB then compares all rows of both sides. Say it in the key: case when ... then key end = key.

    A left join to the one row of a total has no condition at all, which is meant.
    """
    program = company_program(load_settings(published.config, published.data))
    queries = {**program.models, **program.tests}
    assert len(queries) > 250
    slow = []
    everything = {model.name for model in program.models.values()}
    with with_models(published.current / "warehouse.duckdb", program, everything) as connection:
        for name, query in queries.items():
            ((_, plan),) = connection.execute(f"explain (format json) {query.sql}").fetchall()
            for step in steps(json.loads(plan)[0]):
                told = step.get("extra_info", {})
                if "BLOCKWISE_NL_JOIN" in step["name"] and told.get("Join Type") in KEEPING:
                    condition = told.get("Conditions") or told.get("Condition")
                    if condition != "true":
                        slow.append(f"{name}: {condition}")
    assert slow == []
