"""Every rule of every shipped suite: clean rows pass it, and rows that break it fail it."""

import pandas as pd
import pytest

from pipelines.entities import ENTITIES
from quality.runner import rule_names, run_suite
from quality.suite_reader import Rule, Suite, columns_of, read_suites

SUITES = read_suites()
RULES = [(suite, rule) for suite in SUITES.values() for rule in suite.rules]

_TEXT = {
    "scope_type": "rep",
    "metric": "revenue",
    "period": "2026-05",
    "direction": "inbound",
    "currency": "CNY",
    "email": "a.b@example.com",
    "credit_code": "91310000MA1FL0AB12",
}
# Values that break a rule on a pattern; other rules are broken by their kind.
_BROKEN_TEXT = {
    "users_user_id_without_spaces": " U1",
    "users_email_form": "not a mail address",
    "accounts_account_name_is_a_name": "测试",
    "accounts_credit_code_form": "12345",
    "opportunities_opportunity_id_intact": "1.23457E+17",
    "opportunities_currency_code": "¥",
    "orders_currency_code": "RMB元",
    "targets_period_form": "2026-13",
}
ROWS = 10


def clean_frame(suite: Suite) -> pd.DataFrame:
    """Ten rows that satisfy every rule: later columns of a pair are later in time."""
    later = {"valid_to", "closed_at", "converted_at", "promised_at", "delivered_at"}
    columns = {}
    for name in columns_of(suite.entity):
        kind = "text" if name == "source" else ENTITIES[suite.entity].column(name).kind
        day = "2026-06-01" if name in later else "2026-05-01"
        if name in _TEXT:
            columns[name] = [_TEXT[name]] * ROWS
        elif kind == "text":
            columns[name] = [f"{name} {letter}" for letter in "ABCDEFGHIJ"]
        elif kind == "money":
            columns[name] = [100.0 + n for n in range(ROWS)]
        elif kind == "timestamp":
            columns[name] = pd.to_datetime([f"{day}T08:00Z"] * ROWS)
        elif kind == "date":
            columns[name] = pd.to_datetime([day] * ROWS)
        else:
            columns[name] = [True] * ROWS
    return pd.DataFrame(columns)


def broken(frame: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """The frame with as many rows spoiled as it takes to break the rule."""
    frame = frame.copy()
    column = rule.columns[0]
    if "not_be_null" in rule.expectation or "non_null" in rule.expectation:
        frame[column] = pd.Series([None] * ROWS, dtype=frame[column].dtype)
    elif "unique" in rule.expectation:
        for name in rule.columns:
            frame[name] = frame[name].iloc[0]
    elif "greater_than" in rule.expectation:
        frame[column] = frame[rule.columns[1]] - pd.Timedelta(days=1)
    elif "in_set" in rule.expectation:
        frame.loc[0, column] = "something else"
    elif "regex" in rule.expectation:
        frame.loc[0, column] = _BROKEN_TEXT[rule.check]
    elif frame[column].dtype.kind == "M":
        frame.loc[0, column] = frame.loc[0, column].replace(year=2926)
    else:
        frame.loc[: ROWS // 2, column] = 0.0 if rule.args.get("strict_min") else -1.0
    return frame


@pytest.mark.parametrize("suite", SUITES.values(), ids=list(SUITES))
def test_clean_rows_pass_every_rule(suite):
    results = run_suite(clean_frame(suite), suite)
    assert [result.check for result in results] == [name for name, _ in rule_names(suite)]
    assert [result for result in results if not result.passed or not result.evaluated] == []


@pytest.mark.parametrize(("suite", "rule"), RULES, ids=[rule.check for _, rule in RULES])
def test_rows_that_break_a_rule_fail_it(suite, rule):
    results = {r.check: r for r in run_suite(broken(clean_frame(suite), rule), suite)}
    result = results[rule.check]
    assert not result.passed
    assert result.evaluated
    assert result.severity == rule.severity
    assert result.message_zh.startswith(rule.note_zh)
    assert result.message_en.startswith(rule.note_en)
    assert len(result.message_zh) > len(rule.note_zh) + 2
    if rule.check in _BROKEN_TEXT:
        assert result.failed_rows == 1
        assert result.sample == ((_BROKEN_TEXT[rule.check],) if rule.show_values else ())


def test_every_entity_has_a_suite_and_no_mail_address_is_shown():
    assert set(SUITES) == set(ENTITIES)
    assert [r.check for _, r in RULES if "email" in r.columns and r.show_values] == []


def test_notes_are_in_their_language():
    han = {rule.check for _, rule in RULES if any("\u4e00" <= c <= "\u9fff" for c in rule.note_zh)}
    assert han == {rule.check for _, rule in RULES}
    assert [r.check for _, r in RULES if any("\u4e00" <= c <= "\u9fff" for c in r.note_en)] == []
