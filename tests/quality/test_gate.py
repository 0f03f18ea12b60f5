"""What stops the publication, what does not, and what the operator reads."""

import datetime as dt
import json

import pytest

from pipelines.failures import AuditFailure
from pipelines.language.text import InBoth
from quality.gate import decide
from quality.results import CheckResult, counted, results_frame, sample_of


def result(severity="error", passed=False, source=None, **values):
    return CheckResult(
        "orders_add_up",
        "marts.fct_orders",
        severity,
        passed,
        failed_rows=0 if passed else 3,
        told=InBoth("Sums differ", "合计不一致"),
        source=source,
        **values,
    )


@pytest.mark.parametrize(
    ("results", "publish", "errors", "warnings"),
    [
        ([result(passed=True)], True, 0, 0),
        ([result(passed=True), result("warning"), result("info")], True, 0, 1),
        ([result(passed=True), result()], False, 1, 0),
        ([result(evaluated=False), result("warning")], False, 1, 1),
        ([result(passed=True, evaluated=False)], True, 0, 0),
        ([], False, 0, 0),
    ],
)
def test_an_error_stops_and_a_warning_does_not(results, publish, errors, warnings):
    verdict = decide(results)
    assert (verdict.publish, len(verdict.errors), len(verdict.warnings)) == (
        publish,
        errors,
        warnings,
    )


def test_no_result_at_all_is_no_pass():
    verdict = decide([])
    assert "no result at all" in verdict.text("en")
    assert "不发布" in verdict.text("zh")
    assert "no check gave a result" in str(verdict.failure())


def test_a_source_that_may_fail_becomes_untrusted_instead():
    verdict = decide([result(source="crm"), result("warning", source="sheets")], may_fail=["crm"])
    assert verdict.publish
    assert verdict.untrusted == {"crm"}
    assert len(verdict.warnings) == 2
    assert not decide([result(source="crm")], may_fail=["sheets"]).publish
    assert not decide([result(source=None)], may_fail=["crm"]).publish


def test_the_operators_text_in_both_languages():
    verdict = decide([result(), result("warning"), result(passed=True)])
    assert verdict.text("zh").splitlines() == [
        "质量检查 3 项：1 个错误，1 个警告。未通过，不发布，沿用上一版数据。",
        "  [错误] marts.fct_orders：合计不一致。（orders_add_up）",
        "  [警告] marts.fct_orders：合计不一致。（orders_add_up）",
    ]
    assert verdict.text("en").startswith("3 quality checks: 1 errors, 1 warnings; nothing is")
    many = decide([result("warning")] * 25)
    assert "5 more in rpt_data_quality" in many.text("en")
    assert len(many.text("en").splitlines()) == 22


def test_the_failure_carries_the_first_error():
    failure = decide([result()]).failure()
    assert isinstance(failure, AuditFailure)
    assert not failure.rerun_helps
    assert "合计不一致" in failure.told.zh
    assert "Sums differ" in failure.told.en
    assert "marts.fct_orders" in str(failure)


def test_results_become_the_rows_of_the_mart():
    ran_at = dt.datetime(2026, 10, 30, 22, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    frame = results_frame([result(), result("info", passed=True, sample=("甲", "乙"))], ran_at)
    assert list(frame.columns)[:6] == [
        "check",
        "subject",
        "severity",
        "passed",
        "failed_rows",
        "sample",
    ]
    assert list(frame["passed"]) == [False, True]
    assert json.loads(frame["sample"][1]) == ["甲", "乙"]
    assert str(frame["ran_at"][0]) == "2026-10-30 14:00:00+00:00"
    empty = results_frame([], ran_at)
    assert empty.dtypes.to_dict() == frame.dtypes.to_dict()
    with pytest.raises(ValueError, match="time zone"):
        results_frame([], dt.datetime(2026, 10, 30))


def test_examples_are_few_short_and_different():
    assert sample_of(["a", "a", "b", "c", "d", "e", "f"]) == ("a", "b", "c", "d", "e")
    assert sample_of(["x" * 500])[0] == "x" * 79 + "…"
    passed = counted("c", "s", "error", 0, told=InBoth("Well", "好"), sample=["never shown"])
    assert (passed.passed, passed.sample, passed.message_zh) == (True, (), "好。")
