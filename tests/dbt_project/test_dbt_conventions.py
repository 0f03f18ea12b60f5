"""Rules of the dbt project that dbt itself does not check.

Add here: a rule about how models are laid out or declared. Keep out: what the models compute.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.entities import ENTITIES

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
DECLARED = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
MODELS = sorted((PROJECT / "models").rglob("*.sql"))


def folder(model: Path) -> str:
    return model.relative_to(PROJECT / "models").parts[0]


@cache
def beside(model: Path) -> dict[str, Any]:
    """What the .yml of the same stem says about the model, and nothing else."""
    # The parser in C: there are well over a hundred of these files.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    said = yaml.load(model.with_suffix(".yml").read_text(encoding="utf-8"), Loader=loader)
    (entry,) = said["models"]
    return entry


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=ENTITIES)
def test_canonical_columns_are_those_of_the_sources(entity):
    declared = DECLARED["vars"]["canonical_columns"][entity.name]
    assert declared == {column.name: column.kind for column in entity.columns}


@pytest.mark.parametrize("system", DECLARED["vars"]["staging_entities"])
def test_every_declared_entity_of_a_system_is_staged(system):
    for entity in DECLARED["vars"]["staging_entities"][system]:
        model = PROJECT / "models" / "staging" / system / f"stg_{system}__{entity}.sql"
        assert model.is_file(), f"dbt_project.yml says that {system} gives {entity}"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.stem)
def test_model_is_short_and_described_beside_itself(model):
    assert len(model.read_text(encoding="utf-8").splitlines()) <= 120
    assert beside(model)["name"] == model.stem
    assert beside(model)["description"].strip()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.stem)
def test_layers_are_read_in_order(model):
    read = re.findall(r"ref\('(\w+)'\)", model.read_text(encoding="utf-8"))
    if folder(model) == "marts":
        assert not [name for name in read if name.startswith("stg_")]
    if folder(model) != "staging":
        assert "source('" not in model.read_text(encoding="utf-8")
    if folder(model) == "staging":
        own = f"stg_{model.parent.name}__"
        assert not [name for name in read if not name.startswith(own)], "one folder, one system"


@pytest.mark.parametrize(
    "model", [m for m in MODELS if folder(m) == "marts"], ids=lambda model: model.stem
)
def test_every_column_of_a_mart_is_typed_and_described(model):
    columns = beside(model)["columns"]
    assert columns
    for column in columns:
        assert column["data_type"], column["name"]
        assert column["description"].strip(), column["name"]


def declarations(model):
    said = beside(model)
    own = [(one["type"], tuple(one.get("columns", ()))) for one in said.get("constraints", [])]
    for column in said.get("columns", []):
        own += [(one["type"], (column["name"],)) for one in column.get("constraints", [])]
    return own


def data_tests(model):
    return [
        test if isinstance(test, str) else next(iter(test))
        for test in beside(model).get("data_tests", [])
    ]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.stem)
def test_what_a_model_declares_is_tested_by_one_query(model):
    kinds = [kind for kind, _ in declarations(model)]
    assert set(kinds) <= {"primary_key", "unique", "not_null", "foreign_key", "check"}
    assert all(name.isidentifier() for _, listed in declarations(model) for name in listed)
    assert data_tests(model).count("as_declared") == (1 if kinds else 0)
    for column in beside(model).get("columns", []):
        tests = [next(iter(test)) for test in column.get("data_tests", [])]
        # Whoever wants a finding and no stop says so by a test of its own severity.
        assert set(tests) <= {"relationships"}, "declare it as a constraint of the model"


@pytest.mark.parametrize(
    "model", [m for m in MODELS if folder(m) == "marts"], ids=lambda model: model.stem
)
def test_every_mart_has_a_primary_key_of_its_own_columns(model):
    columns = {column["name"] for column in beside(model)["columns"]}
    keys = [listed for kind, listed in declarations(model) if kind == "primary_key"]
    assert len(keys) == 1
    for _, listed in declarations(model):
        assert set(listed) <= columns
