"""What an evaluation leaves out for speed changes nothing that it says.

Add here: another short cut, held against the long way. Keep out: timings (`benchmarks/alerting_speed.py`).
"""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from alerting_frames import scopes
from noisy_company import RULES, company

from pipelines.alerting.cases.causes import joined_to_cases
from pipelines.alerting.conditions.base import Flags
from pipelines.alerting.evaluation import Evaluation, evaluate
from pipelines.alerting.filtering.fading import Fading
from pipelines.alerting.judging.states import Laws, States
from pipelines.alerting.judging.weekly_evidence import evidence_rows
from pipelines.alerting.records.aftermath import judge_by_course
from pipelines.alerting.records.reliability import reliability
from pipelines.alerting.records.truth import period_outcomes
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.series.scope_tree import ScopeTree

AS_OF = dt.date(2024, 10, 6)


def test_sums_kept_from_week_to_week_are_those_of_the_whole_past() -> None:
    rng = np.random.default_rng(11)
    days, series, gap, half_life = 60, 7, 3, 9.0
    values, counts = rng.normal(size=(days, series)), rng.random((days, series)) < 0.8
    clean: Flags = np.ones((days, series), bool)
    sums = Fading(counts, [(values, half_life), (values, None), (None, None)])
    for t in range(days):
        # Episodes open and are settled: days long gone stop counting, or begin to count again.
        which = rng.integers(series)
        clean[rng.integers(t + 1) : t + 1, which] = rng.random() < 0.5
        until = max(t - gap + 1, 0)
        use = (clean & counts)[:until]
        fades = 0.5 ** ((t - np.arange(until)) / half_life)[:, None]
        whole = [
            (use * fades * values[:until]).sum(0),
            (use * values[:until]).sum(0),
            use.sum(0),
        ]
        np.testing.assert_allclose(sums.at(t, until, clean), whole, rtol=1e-10, atol=1e-12)
        np.testing.assert_array_equal(sums.used[:until], use)


def test_days_on_which_nothing_is_bad_leave_the_states_as_the_long_way_does() -> None:
    rng = np.random.default_rng(12)
    laws, bad = Laws(confirm_danger=2, clear=1, cool_down=7, stale_after=3), 0
    together, alone = States(4, laws), States(5, laws)
    for t in range(300):
        day = np.datetime64("2024-01-07") + 7 * t
        raw = rng.choice([0, 1, 2], 4, p=[0.75, 0.15, 0.1]).astype(np.int8)
        known = rng.random(4) < 0.9
        raw[~known] = 0
        held = np.maximum(raw, rng.choice([0, 1], 4, p=[0.9, 0.1])).astype(np.int8)
        # A fifth series that is always bad keeps the other machine from ever taking the short way.
        one = np.int8(1)
        ends = together.step(t, day, raw, held, known)
        also = alone.step(t, day, np.r_[raw, one], np.r_[held, one], np.r_[known, True])
        for mine, its in ((ends, also), *zip(_inside(together), _inside(alone), strict=True)):
            np.testing.assert_array_equal(mine, its[:4])
        bad += int(together.level.any())
    assert 20 < bad < 280  # both ways are taken


def _inside(states: States) -> list[np.ndarray]:
    return [found for found in vars(states).values() if isinstance(found, np.ndarray)]


@pytest.fixture(scope="module")
def evaluated() -> tuple[list[Rule], pd.DataFrame, pd.DataFrame, Evaluation]:
    """Rules, metrics, targets and every level of a noisy company."""
    metrics, history = company(3)
    rules = [
        r.model_copy(
            update={
                "mode": "watch" if r.name == "r1" else r.mode,
                "detects": ("a", "b")[n % 2 :],
            }
        )
        for n, r in enumerate(RULES)
    ]
    found = evaluate(metrics, history, rules, scopes(), as_of=AS_OF)
    return rules, metrics, history, found


def test_the_levels_that_a_night_keeps_make_the_same_marts(
    evaluated: tuple[list[Rule], pd.DataFrame, pd.DataFrame, Evaluation],
) -> None:
    rules, metrics, history, every = evaluated
    kept = evaluate(metrics, history, rules, scopes(), as_of=AS_OF, every_level=False)
    pd.testing.assert_frame_equal(every.episodes, kept.episodes)
    pd.testing.assert_frame_equal(every.watched, kept.watched)
    assert 0 < len(kept.levels) < len(every.levels)
    judged = judge_by_course(every.episodes, rules, metrics, as_of=AS_OF)
    outcomes = period_outcomes(metrics, history, as_of=AS_OF)
    evidence = [evidence_rows(found.episodes, found.levels) for found in (every, kept)]
    assert len(evidence[0])
    pd.testing.assert_frame_equal(evidence[0], evidence[1])
    said = [
        reliability(found.levels, found.episodes, judged, outcomes, rules)
        for found in (every, kept)
    ]
    assert len(said[0])
    pd.testing.assert_frame_equal(said[0], said[1])


def test_cases_are_those_that_every_pair_of_alerts_would_make(
    evaluated: tuple[list[Rule], pd.DataFrame, pd.DataFrame, Evaluation],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rules, _, _, found = evaluated
    grouped = joined_to_cases(found.episodes, rules, ScopeTree(scopes()))
    assert 1 < grouped["case_id"].nunique() < len(grouped) / 2
    every = "pipelines.alerting.cases.causes._Near.of"
    monkeypatch.setattr(every, lambda near, n: np.ones(len(near.rule), bool))
    again = joined_to_cases(found.episodes, rules, ScopeTree(scopes()))
    pd.testing.assert_frame_equal(grouped, again)
