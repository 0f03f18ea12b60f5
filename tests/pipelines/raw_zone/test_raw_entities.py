"""Raw tables and the entities they stand for: every name exists on both sides."""

from __future__ import annotations

import pytest

from pipelines.entities import ENTITIES
from pipelines.raw_zone.entities import RAW_ENTITIES, entity_of
from pipelines.sources.registry import CONNECTORS, raw_tables


@pytest.mark.parametrize("system", [name for name in CONNECTORS if name != "spreadsheet"])
def test_every_name_exists(system):
    assert set(RAW_ENTITIES[system]) <= set(raw_tables(system))
    assert set(RAW_ENTITIES[system].values()) <= set(ENTITIES)
    given = {entity_of(system, table) for table in raw_tables(system)}
    assert {"users", "accounts", "opportunities", "activities", "orders"} <= given


def test_own_objects_and_tables_of_no_entity():
    assert entity_of("neocrm", "custom_targets") == "targets"
    assert entity_of("salesforce", "organization") == "organization"
    assert entity_of("spreadsheet", "orders") == "orders"
