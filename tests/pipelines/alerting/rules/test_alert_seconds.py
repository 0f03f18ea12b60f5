"""A second voice: what rests on one figure of a small scope is told when another figure agrees."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from alerting_frames import MONDAY, last_day, no_completion, rule, scopes, weekly

from pipelines.alerting.evaluation import Evaluation, evaluate
from pipelines.alerting.rules.seconds import Said

WEEKS = 80


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Stalls of T1, T2 and the company in weeks 50 to 75; orders of T1 stop in week 60."""
    rng = np.random.default_rng(5)
    frames, whole = [], np.zeros(WEEKS)
    stalls = np.where((np.arange(WEEKS) >= 50) & (np.arange(WEEKS) < 75), 0.5, 0.1)
    for n in range(1, 5):
        orders = rng.poisson(20, WEEKS).astype(float)
        orders[60:66] = np.where(n == 1, 0, orders[60:66])
        whole += orders
        frames.append(weekly("orders", orders, scope=("team", f"T{n}")))
        if n < 3:
            frames.append(weekly("stalled_share", stalls, scope=("team", f"T{n}")))
    frames.append(weekly("orders", whole, scope=("company", "company")))
    frames.append(weekly("stalled_share", stalls, scope=("company", "company")))
    return pd.concat(frames)


def told(
    rows: pd.DataFrame, *, backed: bool = True, beside: Sequence[Said] = (), **seconded: Any
) -> Evaluation:
    plain: dict[str, Any] = {"type": "limit", "warning": 0.3, "danger": 0.9}
    rules = [rule("stalled_share", plain, **({"seconded": seconded} if seconded else {}))]
    if backed:
        rules.append(rule("orders", {"type": "count_filter"}))
    return evaluate(rows, no_completion(), rules, scopes(4), as_of=last_day(rows), beside=beside)


def stalled(found: Evaluation) -> dict[str, dt.date]:
    mine = found.episodes[found.episodes["metric"] == "stalled_share"]
    return dict(zip(mine["scope_id"], mine["opened_on"], strict=True))


def test_it_waits_for_another_figure_of_its_scope(rows: pd.DataFrame) -> None:
    found, plain = told(rows, by=0.7), told(rows)
    opened, at_once = stalled(found), stalled(plain)
    assert set(at_once) == {"company", "T1", "T2"}
    # All together are seen by themselves, and nobody backs T2.
    assert set(opened) == {"company", "T1"}
    assert opened["company"] == at_once["company"]
    assert opened["T1"] == MONDAY + dt.timedelta(days=7 * 61 - 1)
    # Tried by itself, as the tuning does, it hears what the others said in the night.
    assert stalled(told(rows, backed=False, beside=found.said, by=0.7)) == opened
    levels = found.levels[
        (found.levels["metric"] == "stalled_share") & (found.levels["scope_id"] == "T2")
    ]
    assert set(levels["level"]) == {"normal"}


def test_where_nobody_else_is_judged_it_is_told_at_once(rows: pd.DataFrame) -> None:
    assert stalled(told(rows, backed=False, by=0.7)) == stalled(told(rows))


def test_too_few_people_are_not_judged(rows: pd.DataFrame) -> None:
    plain: dict[str, Any] = {"type": "limit", "warning": 0.3, "danger": 0.9}
    stays = [("A", "T1", MONDAY, None), ("B", "T2", MONDAY, None), ("C", "T2", MONDAY, None)]
    people = pd.DataFrame(stays, columns=["rep_id", "team_id", "valid_from", "valid_to"])
    asks = rule("stalled_share", plain, min_people=2)
    found = evaluate(rows, no_completion(), [asks], scopes(4), as_of=last_day(rows), people=people)
    assert set(stalled(found)) == {"company", "T2"}


def test_a_renamed_rule_has_the_alerts_that_it_had(rows: pd.DataFrame) -> None:
    plain = {"type": "limit", "warning": 0.3, "danger": 0.9}
    rules = [rule("stalled_share", plain), rule("stalled_share", plain, name="stalls")]
    rules.append(rule("stalled_share", plain, name="stalls", renamed_from=rules[0].name))
    found = [
        evaluate(rows, no_completion(), [of], scopes(4), as_of=last_day(rows)).episodes
        for of in rules
    ]
    before, anew, kept = (set(episodes["alert_id"]) for episodes in found)
    assert kept == before
    assert not anew & before
    assert set(found[2]["rule"]) == {"stalls"}
    assert set(found[2]["rule_version"]) == set(found[0]["rule_version"])
