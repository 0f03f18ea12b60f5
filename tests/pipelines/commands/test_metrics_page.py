"""docs/metrics.md repeats what the dbt project says, and a metric without a definition stops it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.commands.metrics_page import metric_texts, render_metrics_page
from pipelines.commands.semantic_layer import PATH, render_semantic_layer
from pipelines.failures import PermanentFailure
from pipelines.settings import DBT_PROJECT, PROJECT

FOLDER = DBT_PROJECT / "models" / "intermediate" / "metrics"


def manifest_of(folder: Path) -> dict[str, Any]:
    """The part of a manifest the page reads: every metric model with the yml beside it."""
    nodes = {}
    for model in sorted(folder.glob("int_metric__*.sql")):
        told: dict[str, Any] = {}
        beside = model.with_suffix(".yml")
        if beside.is_file():
            told = yaml.safe_load(beside.read_text(encoding="utf-8"))["models"][0]
        nodes[f"model.forewarn.{model.stem}"] = {
            "resource_type": "model",
            "name": model.stem,
            "description": told.get("description", ""),
            "config": told.get("config", {}),
        }
    return {"nodes": nodes}


def test_the_page_is_up_to_date() -> None:
    page = (PROJECT / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert page == render_metrics_page(manifest_of(FOLDER)), (
        "run: python -m pipelines.commands.metrics_page MANIFEST docs/metrics.md"
    )


def test_the_semantic_layer_is_up_to_date() -> None:
    assert PATH.read_text(encoding="utf-8") == render_semantic_layer(manifest_of(FOLDER)), (
        "run: forewarn docs"
    )


def test_every_metric_model_has_a_section_and_its_own_kind() -> None:
    texts = {text.name: text for text in metric_texts(manifest_of(FOLDER))}
    page = render_metrics_page(manifest_of(FOLDER))
    assert re.findall(r"^## (\w+)$", page, re.MULTILINE) == sorted(texts)
    for name, text in texts.items():
        sql = (FOLDER / f"int_metric__{name}.sql").read_text(encoding="utf-8")
        called = re.search(r"metric_rows\('\w+', '(\w+)', '(\w+)'", sql)
        spelled = re.search(r"'(\w+)' as metric,\s+'(\w+)' as kind", sql)
        shared = re.search(r"period_share_rows\(\s*'\w+', '(\w+)'", sql)
        gap = re.search(r"of_the_quarters_gap\('(\w+)'", sql)
        found = called or spelled or shared or gap
        assert found is not None
        assert found.groups() == ((name,) if found in (shared, gap) else (name, text.kind))
        assert found is not shared or text.kind == "share"
        assert found is not gap or text.kind == "level"


@pytest.mark.parametrize("gap", ["description", "numerator", "tip", "label_zh"])
def test_a_metric_without_a_definition_is_named(tmp_path: Path, gap: str) -> None:
    told = yaml.safe_load((FOLDER / "int_metric__revenue.yml").read_text(encoding="utf-8"))
    model = told["models"][0]
    if gap == "description":
        model["description"] = " "
    else:
        del model["config"]["meta"]["metric"][gap]
    (tmp_path / "int_metric__revenue.sql").write_text("select 1")
    (tmp_path / "int_metric__revenue.yml").write_text(yaml.safe_dump(told), encoding="utf-8")
    with pytest.raises(PermanentFailure, match=rf"revenue \({gap}\).*int_metric__<name>\.yml"):
        render_metrics_page(manifest_of(tmp_path))
