import datetime as dt

import pandas as pd
import pytest
from alerting_frames import rule

from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.rules.tuning import limits_of, proposals, propose, split, variants

LATE = rule("late_order_share", {"type": "limit", "warning": 0.1, "danger": 0.2}, detects=["late"])
TARGET = rule(
    "target_attainment",
    {"type": "probability", "warning": 0.5, "danger": 0.8, "calibrate": False},
    confirm={"warning": 2, "danger": 2, "clear": 2},
)


def test_variants_go_from_sensitive_to_strict_and_stay_valid() -> None:
    for of in (
        LATE,
        TARGET,
        rule("orders", {"type": "ewma"}),
        rule("win_rate", {"type": "limit", "warning": 0.3, "danger": 0.2}),
    ):
        found = variants(of)
        assert len(found) > 5
        for variant in found:
            Rule(**variant.model_dump(exclude_unset=True, by_alias=True))
        limits = [v.condition.warning for v in found]  # type: ignore[union-attr]
        assert limits == sorted(limits, reverse=of.side == "below" and of.metric == "win_rate")


def test_margins_and_sigmas_are_limits_too() -> None:
    past = {"type": "against_past", "warning": 0.0, "danger": 0.0}
    beyond = variants(rule("sales_cycle_days", {**past, "margin": 0.2, "danger_margin": 0.4}))
    margins = [limits_of(v)["margin"] for v in beyond]
    assert margins == sorted(margins)
    assert margins[0] == 0.1
    assert len({v.version for v in beyond}) == len(beyond)
    quantiles = [
        limits_of(v)["warning"] for v in variants(rule("orders", {**past, "warning": 0.1}))
    ]
    assert quantiles == sorted(quantiles, reverse=True)
    runs = variants(rule("orders", {"type": "consecutive"}))
    assert [limits_of(v)["sigma"] for v in runs][:3] == [0.0, 0.25, 0.5]


def test_the_budget_is_shared_between_the_rules() -> None:
    early, rest = split(dt.date(2024, 1, 1), dt.date(2024, 12, 31), 1)

    def trial(of: Rule, as_of: dt.date) -> pd.DataFrame:
        false = int(max(0, (0.12 - of.condition.warning) * 200))  # type: ignore[union-attr]
        # A laxer limit lies more often and finds more.
        days = [early.first + dt.timedelta(days=i) for i in range(5 * false)]
        return pd.DataFrame({"on": days, "level": "warning", "hit": [False, *[True] * 4] * false})

    twin = LATE.model_copy(update={"name": "twin"})
    alone = proposals([LATE], trial, early=early, rest=rest, budget=1.0)[0]
    shared = proposals([LATE, twin], trial, early=early, rest=rest, budget=1.0)
    assert alone.early_after["false_per_director_month"] > 0.5
    assert all(p.early_after["false_per_director_month"] <= 0.5 for p in shared)
    assert len(shared) == 2


def test_tuning_looks_at_the_early_part_only_and_keeps_the_budget() -> None:
    early, rest = split(dt.date(2024, 1, 1), dt.date(2024, 12, 31), 1)
    assert (early.last + dt.timedelta(days=1)) == rest.first
    seen: list[dt.date] = []

    def trial(of: Rule, as_of: dt.date) -> pd.DataFrame:
        seen.append(as_of)
        limit = of.condition.warning  # type: ignore[union-attr]
        # Lax limits catch thirty risks and lie often, strict ones catch one and never lie.
        false = int(max(0, (0.11 - limit) * 401))
        hits = 30 if limit < 0.11 else 1
        days = [early.first + dt.timedelta(days=i) for i in range(false + hits)]
        return pd.DataFrame(
            {"on": days, "level": "warning", "hit": [True] * hits + [False] * false}
        )

    found = propose(LATE, trial, early=early, rest=rest, budget=0.5)
    assert found.changed
    assert found.early_before["false_per_director_month"] > 0.5
    assert found.early_after["false_per_director_month"] <= 0.5
    assert found.early_after["hits"] == 30
    assert found.proposed.condition.warning == pytest.approx(0.105)  # type: ignore[union-attr]
    assert found.early_after["precision_low"] < found.early_after["precision"]
    # The rest was looked at twice: before and after the choice, never for it.
    assert seen.count(rest.last) == 2


def test_a_handful_of_cases_carries_no_proposal() -> None:
    early, rest = split(dt.date(2024, 1, 1), dt.date(2024, 12, 31), 1)

    def trial(of: Rule, as_of: dt.date) -> pd.DataFrame:
        hits = 5 if of.condition.warning < 0.1 else 2  # type: ignore[union-attr]
        days = [early.first + dt.timedelta(days=i) for i in range(hits)]
        return pd.DataFrame({"on": days, "level": "warning", "hit": [True] * hits})

    found = propose(LATE, trial, early=early, rest=rest, budget=5.0)
    assert found.too_few
    assert not found.changed
