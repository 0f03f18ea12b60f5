"""Targets of a company's own objects: periods, scopes and columns from several fields."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from pipelines.sources.connector_options import FieldRule
from pipelines.sources.records import at, derive, rule_of
from pipelines.sources.records.digests import digest
from pipelines.sources.records.targets import period_of

CHINA = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("written", "period"),
    [
        (1777564800000, "2026-05"),  # midnight of 1 May in China is still April in UTC
        ("1777564800000", "2026-05"),
        (1777564800, "2026-05"),
        (2026, "2026"),
        (202605, "2026-05"),
        ("20260501", "2026-05"),
        ("2026-05-01", "2026-05"),
        ("2026-04-30T16:00:00Z", "2026-05"),
        ("2026/5", "2026-05"),
        ("2026-5", "2026-05"),
        ("2026年5月", "2026-05"),
        ("2026年第二季度", "2026-Q2"),
        ("2026Q3", "2026-Q3"),
        ("2026年度", "2026"),
        ("2026-13", "2026-13"),
        ("五月", "五月"),
        ("２０２６年５月", "2026-05"),
        ("2026-W40", "2026-W40"),  # a week is no period
        (99999999999999, "99999999999999"),  # the year 5138
        (None, None),
    ],
)
def test_periods_are_read_as_they_are_written(written, period):
    assert period_of(written, CHINA) == period


def made(column, rule):
    return rule_of(column, FieldRule.model_validate(rule), entity="targets", zone="Asia/Shanghai")


def test_a_column_may_come_from_several_fields():
    rules = [
        made("scope_id", ["person", "department.id"]),
        made("scope_type", {"coalesce": ["kind"], "values": {"业务员们": "rep"}}),
        made("period", {"join": ["year", "month"]}),
    ]
    records = [
        {"person": "u1", "department": {"id": "d1"}, "kind": ["员工"], "year": 2026, "month": 5.0},
        {"person": "", "department": {"id": "d1"}, "kind": "部门", "year": "2026", "month": "12"},
        {"person": None, "department": None, "kind": "业务员们", "year": 2026, "month": None},
    ]
    derive(records, rules, at)
    assert [(r["@scope_id"], r["@scope_type"], r["@period"]) for r in records] == [
        ("u1", "rep", "2026-05"),
        ("d1", "team", "2026-12"),
        (None, "rep", None),
    ]


def test_one_field_needs_no_rule():
    assert rule_of("amount", FieldRule.model_validate("x__c"), entity="orders", zone="UTC") is None
    for wrong in ({}, {"coalesce": ["a"], "join": ["b"]}, {"values": {"a": "b"}}):
        with pytest.raises(ValidationError):
            FieldRule.model_validate(wrong)


def test_a_deletion_and_a_late_record_do_not_cancel_out():
    assert digest(["a", "b", "c"]) == digest(["c", "a"], digest(["b"]))
    assert digest(["a", "b", "c"]) != digest(["a", "b", "d"])
