"""What a replay and a tuning print: a small company of noisy weeks, no warehouse."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pandas as pd
import pytest
from alerting_frames import last_day, rule, scopes, weekly
from noisy_company import company

from pipelines.alerting.evaluation import Evaluation
from pipelines.alerting.rules import tuning
from pipelines.alerting.rules.rule import Rule
from pipelines.commands.backtesting import Past, pace_of, tune_on
from pipelines.settings import PROJECT, load_settings


@pytest.fixture(scope="module")
def rules() -> list[Rule]:
    return [
        rule("win_rate", {"type": "limit", "warning": 0.3, "danger": 0.2}, name="win_rate_low"),
        rule("orders", {"type": "consecutive", "min_history": 4, "sigma": 0.5}, mode="watch"),
        rule("target_attainment", {"type": "probability", "warning": 0.5, "danger": 0.8}),
        rule("feed_age_ratio", {"type": "limit", "warning": 1.5, "danger": 3.0}, grain="day"),
    ]


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Past:
    metrics, history = (rows[rows["scope_id"].isin(["company", "T1"])] for rows in company(3))
    days = pd.date_range("2024-01-01", "2024-12-31")
    return Past(
        settings=load_settings(PROJECT / "config", tmp_path_factory.mktemp("data")),
        as_of=last_day(weekly("orders", [1] * 40)),
        metrics=metrics,
        completion=history,
        scopes=scopes(),
        calendar=pd.DataFrame({"date_day": days, "is_workday": days.weekday < 5}),
        people=pd.DataFrame({"rep_id": [], "team_id": [], "valid_from": [], "valid_to": []}),
    )


def test_it_says_how_often_levels_move(past: Past, rules: list[Rule]) -> None:
    told = " ".join(map(str, pace_of(rules, past.metrics)))
    assert "3 by week" in told
    assert "opens nothing else" in told
    assert "not replayed: feed_age_ratio_limit" in told


def test_every_rule_with_limits_and_rows_gets_a_proposal(
    past: Past, rules: list[Rule], capsys: pytest.CaptureFixture[str]
) -> None:
    tune_on(past, rules, None, 1.0)
    said = capsys.readouterr().out
    blocks = {block.split(":")[0]: block for block in said.split("\n\n")}
    for name in ("win_rate_low", "orders_consecutive", "target_attainment_probability"):
        assert "rest_after" in blocks[name]
    assert "sigma 0.5 -> " in blocks["orders_consecutive"] or "keep" in blocks["orders_consecutive"]
    assert "not tuned: feed_age_ratio_limit" in said
    # No quarter of the early part can be judged yet: there is no ground to change anything.
    assert blocks["target_attainment_probability"].startswith("target_attainment_probability: keep")
    assert "rest_before  alerts 0.00" not in blocks["target_attainment_probability"]
    assert dt.date.fromisoformat(said.split("Tuned on ")[1][:10]) == past.first


def test_a_rule_that_waits_for_a_second_voice_is_tuned_with_it(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning, "SHIFTS", (1.0, 1.1))
    monkeypatch.setattr(tuning, "FACTORS", (1.0,))
    heard = []

    class Listening(Past):
        def evaluate(self, rules: list[Rule], **more: Any) -> Evaluation:
            heard.append(
                ([rule.name for rule in rules], [said.rule for said in more.get("beside", ())])
            )
            return super().evaluate(rules, **more)

    late = rule("win_rate", {"type": "limit", "warning": 0.3, "danger": 0.2}, seconded={"by": 0.5})
    orders = rule("orders", {"type": "count_filter"})
    mine = {field.name: getattr(past, field.name) for field in dataclasses.fields(past)}
    tune_on(Listening(**mine), [late, orders], None, 1.0)
    assert [said for names, said in heard if len(names) == 2] == [[], []]  # once for each part
    assert {tuple(said) for names, said in heard if len(names) == 1} == {(orders.name,)}
