"""dbt's artifacts as check results: every status, and names that would hide each other."""

import json

import pytest

from pipelines.failures import PermanentFailure
from quality.dbt_results import read_dbt_results


def node(name, severity="ERROR", model="fct_orders", kind="test", **values):
    return {
        "resource_type": kind,
        "name": name,
        "attached_node": f"model.forewarn.{model}",
        "config": {"severity": severity, "meta": {}},
        "description": "",
        **values,
    }


def outcome(unique_id, status, failures=None, message=None):
    return {
        "unique_id": unique_id,
        "status": status,
        "failures": failures,
        "message": message,
    }


def written(tmp_path, nodes, outcomes, unit_tests=None):
    manifest = {"nodes": nodes, "unit_tests": unit_tests or {}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "run_results.json").write_text(json.dumps({"results": outcomes}))
    return {(r.subject, r.check): r for r in read_dbt_results(tmp_path)}


@pytest.mark.parametrize(
    ("configured", "status", "failures", "passed", "severity", "evaluated", "rows"),
    [
        ("ERROR", "pass", 0, True, "error", True, 0),
        ("WARN", "pass", 0, True, "warning", True, 0),
        ("ERROR", "fail", 12, False, "error", True, 12),
        ("WARN", "warn", 3, False, "warning", True, 3),
        # `error_if` and `warn_if` may decide otherwise than the configured severity.
        ("ERROR", "warn", 3, False, "warning", True, 3),
        ("WARN", "error", None, False, "error", False, 0),
        ("WARN", "skipped", None, False, "error", False, 0),
    ],
)
def test_every_status(tmp_path, configured, status, failures, passed, severity, evaluated, rows):
    key = "test.forewarn.orders_grain.abc"
    found = written(
        tmp_path, {key: node("orders_grain", configured)}, [outcome(key, status, failures)]
    )
    result = found["fct_orders", "orders_grain"]
    assert (result.passed, result.severity, result.evaluated, result.failed_rows) == (
        passed,
        severity,
        evaluated,
        rows,
    )


def test_the_sentence_is_the_description_or_the_notes(tmp_path):
    nodes = {
        "test.f.a.1": node("a_b", description="Sums  agree\nby month."),
        "test.f.b.2": node("b_c", config={"severity": "ERROR", "meta": {"note_zh": "合计一致"}}),
    }
    found = written(
        tmp_path,
        nodes,
        [outcome("test.f.a.1", "fail", 2), outcome("test.f.b.2", "error", None, "Boom\nat 1\n2")],
    )
    assert found["fct_orders", "a_b"].message_en == "Sums agree by month: 2 rows break this."
    broken = found["fct_orders", "b_c"]
    assert broken.message_zh == "合计一致：未能评估（Boom at 1）。"
    assert broken.message_en == "b c: could not be evaluated (Boom at 1)."


def test_a_model_that_failed_or_was_skipped_is_an_error_and_a_built_one_says_nothing(tmp_path):
    found = written(
        tmp_path,
        {},
        [
            outcome("model.forewarn.fct_orders", "success"),
            outcome("model.forewarn.fct_funnel", "error", None, "Binder Error: no column x"),
            outcome("model.forewarn.fct_metrics", "skipped"),
        ],
    )
    assert {subject for subject, _ in found} == {"dbt_project", "fct_funnel", "fct_metrics"}
    assert "Binder Error" in found["fct_funnel", "dbt_model_built"].message_zh
    assert not found["fct_metrics", "dbt_model_built"].passed


def test_unit_tests_and_tests_of_two_models(tmp_path):
    unit = "unit_test.forewarn.fct_funnel.skipped_stages"
    cross = "test.forewarn.assert_sums"
    found = written(
        tmp_path,
        {
            cross: node(
                "assert_sums", attached_node=None, depends_on={"nodes": ["model.f.a", "model.f.b"]}
            )
        },
        [outcome(unit, "fail", 1), outcome(cross, "pass", 0)],
        {unit: {"resource_type": "unit_test", "name": "skipped_stages", "model": "fct_funnel"}},
    )
    assert not found["fct_funnel", "skipped_stages"].passed
    assert found["b", "assert_sums"].passed


def test_two_tests_of_one_name_on_one_model_are_an_error(tmp_path):
    nodes = {
        "test.f.x.1": node("grain"),
        "test.f.x.2": node("grain"),
        "test.f.y.3": node("grain", model="fct_funnel"),
    }
    result = written(tmp_path, nodes, [])["dbt_project", "dbt_test_names_differ"]
    assert (result.passed, result.severity) == (False, "error")
    assert result.sample == ("fct_orders: grain",)
    del nodes["test.f.x.2"]
    assert written(tmp_path, nodes, [])["dbt_project", "dbt_test_names_differ"].passed


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_missing_or_broken_artifacts_are_no_pass(tmp_path, content):
    (tmp_path / "manifest.json").write_text("{}")
    if content is not None:
        (tmp_path / "run_results.json").write_text(content)
    with pytest.raises(PermanentFailure, match=r"what dbt's tests said \(run_results.json\)"):
        read_dbt_results(tmp_path)
