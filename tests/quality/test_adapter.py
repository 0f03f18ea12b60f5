"""Severity decides whether Dagster goes on: real assets, real blocking."""

import dagster as dg
import pytest

from pipelines.language.text import InBoth
from quality.adapter import (
    EVALUATED,
    check_name,
    check_results,
    check_specs,
    group_declarations,
    group_results,
    one_check,
)
from quality.results import CheckResult

KEY = dg.AssetKey(["raw", "orders"])
DECLARED = [("orders_sum", "error"), ("orders_email", "warning"), ("orders_note", "info")]


def result(check, severity, passed=False, evaluated=True, **values):
    return CheckResult(
        check,
        "orders",
        severity,
        passed,
        failed_rows=0 if passed else 2,
        sample=() if passed else ("O1",),
        told=InBoth("They differ", "不一致"),
        evaluated=evaluated,
        **values,
    )


def run(results, declared=DECLARED):
    """Whether what comes after the checked asset ran, and the recorded evaluations by name."""

    @dg.asset(key=KEY, check_specs=check_specs(KEY, declared))
    def loaded():
        return dg.MaterializeResult(
            asset_key=KEY, check_results=check_results(KEY, declared, results, language="zh")
        )

    ran = []

    @dg.asset(deps=[KEY])
    def published():
        ran.append(True)

    with dg.DagsterInstance.ephemeral() as instance:
        outcome = dg.materialize([loaded, published], instance=instance, raise_on_error=False)
        found = {e.check_name: e for e in outcome.get_asset_check_evaluations()}
    return bool(ran), found


@pytest.mark.parametrize(
    ("results", "published"),
    [
        ([], True),
        ([result(name, severity, passed=True) for name, severity in DECLARED], True),
        ([result("orders_email", "warning")], True),
        ([result("orders_note", "info")], True),
        ([result("orders_sum", "error")], False),
        # A warning rule that could not be tried is an error, though its own check cannot block.
        ([result("orders_email", "error", evaluated=False)], False),
        # Rules without rows to look at were not evaluated either, and that is no fault.
        ([result("orders_email", "warning", passed=True, evaluated=False)], True),
    ],
)
def test_only_an_error_stops_what_comes_after(results, published):
    went_on, found = run(results)
    assert went_on is published
    assert set(found) == {"orders_sum", "orders_email", "orders_note", EVALUATED}


def test_what_dagster_shows():
    _, found = run([result("orders_email", "warning"), result("orders_sum", "error", passed=True)])
    email = found["orders_email"]
    assert (email.passed, email.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert email.description == "orders: 不一致。"
    assert email.metadata["failed_rows"].value == 2
    assert email.metadata["examples"].value == ["O1"]
    assert found["orders_sum"].severity == dg.AssetCheckSeverity.ERROR


def test_declarations_block_exactly_where_an_error_would_be():
    blocking = {spec.name: spec.blocking for spec in check_specs(KEY, DECLARED)}
    assert blocking == {
        "orders_sum": True,
        "orders_email": False,
        "orders_note": False,
        EVALUATED: True,
    }


@pytest.mark.parametrize(("severity", "published"), [("error", False), ("warning", True)])
def test_groups_of_results_whose_names_are_not_known_beforehand(severity, published):
    results = [
        result("feed_volume", severity),
        result("feed_volume", "error", passed=True),
        result("feed_freshness", "info"),
    ]
    went_on, found = run(group_results("feeds", results), group_declarations("feeds"))
    assert went_on is published
    assert found["feeds_errors"].passed is published
    assert not found["feeds_warnings"].passed
    assert (
        "feed_volume"
        in found[f"feeds_{'errors' if severity == 'error' else 'warnings'}"].description
    )


def test_an_undeclared_result_and_a_doubled_name_are_refused():
    with pytest.raises(ValueError, match="check other of raw/orders is not declared"):
        check_results(KEY, DECLARED, [result("other", "error")])
    with pytest.raises(ValueError, match="have one name"):
        check_specs(KEY, [("a b", "error"), ("a_b", "warning")])


def test_names_dagster_accepts():
    assert check_name("sheets.orders 目标.xlsx") == "sheets_orders_xlsx"


def test_all_rules_of_a_table_in_one_check_that_names_each():
    found = one_check(
        KEY,
        "rules",
        [
            result("orders_sum", "error", passed=True),
            result("orders_email", "warning"),
            result("orders_note", "info", evaluated=False),
        ],
    )
    assert not found.passed
    # A rule that could not be tried is an error, whatever it would have been.
    assert found.severity == dg.AssetCheckSeverity.ERROR
    assert found.metadata["rules"].data == {
        "orders_sum": "passed",
        "orders_email": "2 rows",
        "orders_note": "not evaluated",
    }
    warned = one_check(KEY, "rules", [result("orders_email", "warning")])
    assert warned.severity == dg.AssetCheckSeverity.WARN
    assert one_check(KEY, "rules", [result("orders_sum", "error", passed=True)]).passed
