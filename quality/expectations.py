"""Turns a suite read from YAML into an `ExpectationSuite` of Great Expectations 1.x.

Add here: how a written argument becomes what the library wants.
Keep out: running it (`runner.py`). The library is imported inside the functions, since that takes
seconds and only the audit needs it.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipelines.entities import ENTITIES
from quality.results import Severity
from quality.suite_reader import Rule, Suite

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

ROWS = "rows"
COLUMNS = "columns"
_GX_SEVERITY: Mapping[Severity, str] = {"error": "critical", "warning": "warning", "info": "info"}


def build_suite(suite: Suite) -> ExpectationSuite:
    """The library's suite: row count and columns first, then the rules in the file's order.

    Every expectation carries its check's name in `meta`, because results come back in another
    order. An empty frame passes every value rule, so the row count has to say it.
    """
    gx = importlib.import_module("great_expectations")
    expectations = importlib.import_module("great_expectations.expectations")
    built = gx.ExpectationSuite(name=suite.entity)
    built.add_expectation(
        expectations.ExpectTableRowCountToBeBetween(
            min_value=suite.at_least,
            severity=_GX_SEVERITY[suite.rows_severity],
            meta={"check": ROWS},
        )
    )
    built.add_expectation(
        expectations.ExpectTableColumnsToMatchSet(
            column_set=list(suite.columns),
            exact_match=False,
            severity="critical",
            meta={"check": COLUMNS},
        )
    )
    for rule in suite.rules:
        built.add_expectation(_expectation(expectations, suite.entity, rule))
    return built


def class_name(expectation: str) -> str:
    """`expect_column_values_to_be_between` as the library's class `ExpectColumnValuesToBeBetween`."""
    return "".join(part.capitalize() for part in expectation.split("_"))


def _expectation(module: Any, entity: str, rule: Rule) -> Any:
    arguments = {key: _typed(entity, rule, key, value) for key, value in rule.args.items()}
    if rule.expectation.startswith("expect_column_pair"):
        arguments |= {"column_A": rule.columns[0], "column_B": rule.columns[1]}
        # A missing date breaks no order; presence is a rule of its own.
        arguments["ignore_row_if"] = "either_value_is_missing"
    elif rule.expectation.startswith("expect_compound"):
        arguments["column_list"] = list(rule.columns)
    else:
        arguments["column"] = rule.columns[0]
    return getattr(module, class_name(rule.expectation))(
        **arguments,
        severity=_GX_SEVERITY[rule.severity],
        notes=rule.note_en,
        meta={"check": rule.check},
    )


def _typed(entity: str, rule: Rule, key: str, value: Any) -> Any:
    """Limits of a date or timestamp column as timestamps; anything else as written."""
    if key not in ("min_value", "max_value") or "proportion" in rule.expectation:
        return value
    kind = ENTITIES[entity].column(rule.columns[0]).kind
    if kind == "timestamp":
        return pd.Timestamp(value, tz="UTC")
    if kind == "date":
        return pd.Timestamp(value)
    return value
