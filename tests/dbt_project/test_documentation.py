"""What documentation and lineage tools are told: exposures name what the code reads, groups own models."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from pipelines.commands.column_docs import doc_blocks, hand_on
from pipelines.language import has
from pipelines.reporting.marts import COLUMNS, EXTRAS
from pipelines.settings import DBT_PROJECT, PROJECT
from pipelines.warehouse.told_tables import declared_tables

MODELS = DBT_PROJECT / "models"
EXPOSURES = {
    exposure["name"]: exposure
    for exposure in yaml.safe_load((MODELS / "exposures.yml").read_text(encoding="utf-8"))[
        "exposures"
    ]
}


def depends_on(exposure: str) -> set[str]:
    return {
        re.findall(r"'(\w+)'", reference)[-1] for reference in EXPOSURES[exposure]["depends_on"]
    }


def read_by(*files: str) -> set[str]:
    text = "".join((PROJECT / file).read_text(encoding="utf-8") for file in files)
    return set(re.findall(r"from (?:marts|intermediate)\.(\w+)", text))


def test_the_report_is_exposed_with_the_marts_it_reads() -> None:
    assert depends_on("weekly_report") == {*COLUMNS, *EXTRAS}


def test_alerts_and_notices_are_exposed_with_the_marts_they_read() -> None:
    # On an unchanged night the published alerts stand: these are read, and made of nothing.
    alerts = read_by(
        *(f"pipelines/assets/{name}.py" for name in ("alerts", "alert_past", "alert_rows"))
    )
    assert depends_on("alerts") == alerts - {"fct_alerts"}
    assert depends_on("notices") == read_by(
        "pipelines/assets/notices.py", "pipelines/assets/hierarchy.py"
    )


def test_every_folder_of_models_has_a_group_with_an_owner() -> None:
    groups = yaml.safe_load((MODELS / "groups.yml").read_text(encoding="utf-8"))["groups"]
    owners = {group["name"]: group["owner"]["name"] for group in groups}
    said = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    layers = said["models"]["forewarn"]
    used = set()
    for layer in (path for path in MODELS.iterdir() if path.is_dir()):
        given = layers[layer.name]
        assert given["+group"] in owners, layer.name
        used |= {given["+group"]}
        used |= {
            sub["+group"] for sub in given.values() if isinstance(sub, dict) and "+group" in sub
        }
    assert used == set(owners)
    assert all(owners.values())


def test_each_exposure_says_what_it_is_and_whose() -> None:
    for exposure in EXPOSURES.values():
        assert exposure["description"].strip()
        assert exposure["owner"]["name"]
        assert exposure["label"]
    assert Path(MODELS / "docs.md").is_file()


def test_descriptions_are_handed_on_and_what_nobody_described_is_named(tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / "docs.md").write_text("{% docs deal_id %}\nThe deal.\n{% enddocs %}\n")
    for name, columns in {"stg_a": "", "int_b": "    columns:\n      - name: deal_id\n"}.items():
        (models / f"{name}.sql").write_text("select 1")
        (models / f"{name}.yml").write_text(
            f"version: 2\n\nmodels:\n  - name: {name}\n    description: Rows.\n{columns}"
        )
    left = hand_on(models, {"stg_a": ["deal_id", "odd"], "int_b": ["deal_id"], "elsewhere": ["x"]})
    assert left == {"odd": ["stg_a"]}
    handed = yaml.safe_load((models / "stg_a.yml").read_text())["models"][0]["columns"]
    assert handed == [{"name": "deal_id", "description": "{{ doc('deal_id') }}"}]
    before = (models / "stg_a.yml").read_text()
    hand_on(models, {"stg_a": ["deal_id", "odd"]})
    assert (models / "stg_a.yml").read_text() == before


def test_every_doc_block_that_a_yml_names_exists() -> None:
    blocks = doc_blocks(MODELS)
    named = {
        name
        for path in MODELS.rglob("*.yml")
        for name in re.findall(r"doc\('(\w+)'\)", path.read_text(encoding="utf-8"))
    }
    assert named <= blocks


def test_every_mart_says_what_it_is_in_every_language() -> None:
    # The published tables carry it as their comment (`mart.<name>` in the catalogues), beside the description.
    marts = {path.stem for path in (MODELS / "marts").rglob("*.sql")} | set(declared_tables())
    assert sorted(name for name in marts if not has(f"mart.{name}")) == []
