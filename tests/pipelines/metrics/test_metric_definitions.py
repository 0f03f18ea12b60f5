"""What a metric's own yml says is what rules, report and pages call it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pipelines.metrics import definitions
from pipelines.metrics.definitions import FOLDER, read_definitions
from pipelines.settings import PROJECT

SAYS = {
    "label_zh": "大额订单数",
    "label_en": "big orders",
    "kind": "count",
    "unit": "count",
    "better": "up",
    "entities": ["orders"],
    "numerator": "orders of a million and more",
    "denominator": "none",
    "tip": "Few cases: look at quarters.",
}
RULES = """\
rules:
  - name: few_big_orders
    family: big_orders
    title: {zh: 大单太少, en: Few big orders}
    advice: {zh: 看看, en: Look}
    metric: big_orders
    grain: month
    scopes: [company]
    condition: {type: limit, warning: 3, danger: 1}
"""


def told(**changed: object) -> str:
    said = {key: value for key, value in {**SAYS, **changed}.items() if value is not None}
    return yaml.safe_dump(
        {
            "models": [
                {
                    "name": "int_metric__big_orders",
                    "description": "Big orders.",
                    "config": {"meta": {"metric": said}},
                }
            ]
        },
        allow_unicode=True,
    )


def drop_in(folder: Path, yml: str) -> None:
    (folder / "int_metric__big_orders.sql").write_text("select 1", encoding="utf-8")
    (folder / "int_metric__big_orders.yml").write_text(yml, encoding="utf-8")


def test_every_metric_of_the_project_is_defined() -> None:
    assert definitions().faults == {}
    models = {path.stem.removeprefix("int_metric__") for path in FOLDER.glob("int_metric__*.sql")}
    assert set(definitions().metrics) == models
    revenue = definitions().metrics["revenue"]
    assert (revenue.kind, revenue.bad, revenue.zh, revenue.en) == (
        "money", "below", "销售额", "revenue",
    )  # fmt: skip
    assert revenue.label.heading("en") == "Revenue"
    assert definitions().section("results")[:2] == ("revenue", "orders")


def test_a_third_language_is_one_more_label(tmp_path: Path) -> None:
    drop_in(tmp_path, told(label_de="Großaufträge"))
    label = read_definitions(tmp_path).metrics["big_orders"].label
    assert [label.into(code) for code in ("de", "zh", "fr")] == [
        "Großaufträge", "大额订单数", "big orders",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"label_en": None, "tip": None}, "lacks label_en, tip"),
        ({"unit": "万元"}, "says unit: 万元; accepted: count, company currency"),
        ({"better": "higher"}, "says better: higher; accepted: up, down"),
        ({"section": "top"}, "says section: top; accepted: results, risks, none"),
    ],
)
def test_a_yml_that_defines_nothing_is_named_with_its_gap(
    tmp_path: Path, changed: dict[str, object], said: str
) -> None:
    drop_in(tmp_path, told(**changed))
    found = read_definitions(tmp_path)
    assert found.metrics == {}
    assert f"int_metric__big_orders.yml {said}" in found.faults["big_orders"]


def test_a_model_without_a_yml_is_no_metric_yet(tmp_path: Path) -> None:
    (tmp_path / "int_metric__big_orders.sql").write_text("select 1", encoding="utf-8")
    assert "lacks label_zh" in read_definitions(tmp_path).faults["big_orders"]


@pytest.mark.parametrize("gap", [None, "label_zh"])
def test_a_dropped_in_metric_is_known_to_rules_and_report(tmp_path: Path, gap: str | None) -> None:
    """In a copy of the project, by another process: as an analyst's own installation would see it."""
    for part in ("pipelines", "dbt_project/models/intermediate/metrics"):
        shutil.copytree(
            PROJECT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__")
        )
    drop_in(
        tmp_path / "dbt_project/models/intermediate/metrics", told(**({gap: None} if gap else {}))
    )
    rules = tmp_path / "alert_rules.yml"
    rules.write_text(RULES, encoding="utf-8")
    program = (
        "import json, sys; from pathlib import Path\n"
        "from pipelines.alerting.rules.rule_file import load_rules\n"
        "from pipelines.reporting import story\n"
        "found, problems = load_rules(Path(sys.argv[1]))\n"
        "print(json.dumps([[r.metric + ' ' + r.side for r in found], [str(p) for p in problems],"
        " list(story.RESULT_METRICS), story.metric_name('big_orders', 'zh')]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(rules)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found, problems, results, name = json.loads(done.stdout)
    if gap is None:
        assert (found, problems, name) == (["big_orders below"], [], "大额订单数")
        assert results[-1] == "big_orders"
    else:
        assert found == []
        assert "no metric 'big_orders': int_metric__big_orders.yml lacks label_zh" in problems[0]
