"""What a young company is told: what is judged already, and from which day on the rest.

Add here: another reason for silence. Keep out: where it is shown.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
from alerting_frames import MONDAY, completion, no_completion, no_metrics, rule, scopes, weekly

from pipelines.alerting.evaluation import evaluate
from pipelines.alerting.judging.readiness import READINESS_COLUMNS, Readiness, readiness_frame
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.rules.rule_file import load_rules

SHIPPED = Path(__file__).parents[4] / "config" / "alert_rules.yml"
WEEKS = 70
CALENDAR = pd.DataFrame({"date_day": pd.date_range(MONDAY, periods=7 * WEEKS)})
CALENDAR["is_workday"] = CALENDAR["date_day"].dt.weekday < 5
NIGHT_OF_100_DAYS = MONDAY + dt.timedelta(days=97)  # a Sunday


def shipped() -> list[Rule]:
    rules, problems = load_rules(SHIPPED)
    assert not problems
    return [one for one in rules if not one.on_targets and one.grain == "week"]


def steady(rules: list[Rule]) -> pd.DataFrame:
    """Enough cases of everything in every week, and hardly a change."""
    rng = np.random.default_rng(7)
    frames = []
    for metric, dimension in sorted({(one.metric, one.dimension) for one in rules}):
        for scope in (
            ("company", "company"),
            ("region", "华东"),
            *(("team", f"T{n}") for n in (1, 2)),
            *(("rep", f"R{n}1") for n in (1, 2)),
            ("source", "sheets"),
        ):
            size = 4 if scope[0] == "company" else 1
            cases = size * (100 + rng.integers(-2, 3, WEEKS))
            frames.append(
                weekly(
                    metric,
                    cases / 2,
                    scope=scope,
                    numerator=cases / 2,
                    denominator=cases,
                    dimension="报价" if dimension == "each" else "",
                )
            )
    return pd.concat(frames, ignore_index=True).drop_duplicates(
        ["metric", "scope_type", "scope_id", "dimension", "period_start"]
    )


def states(rules: list[Rule], metrics: pd.DataFrame, on: dt.date) -> dict[str, Readiness]:
    # The week that runs is told by the night itself.
    told = metrics.assign(as_of=on)
    found = evaluate(told, no_completion(), rules, scopes(2, 1), as_of=on, calendar=CALENDAR)
    return {one.rule.name: one for one in found.readiness}


def test_every_shipped_weekly_rule_begins_on_the_day_that_was_told() -> None:
    # What pools figures speaks as soon as two of its parts do, a week before the day told at most.
    rules = [one for one in shipped() if not one.pools]
    metrics = steady(rules)
    young = states(rules, metrics, NIGHT_OF_100_DAYS)
    waiting = {name: one for name, one in young.items() if one.state == "waiting"}
    assert {one.state for one in young.values()} == {"waiting", "judged"}, young
    kinds = {one.rule.condition.type for one in waiting.values()}
    assert {"count_filter", "rate_filter", "against_past", "ewma"} <= kinds
    for day in sorted({one.ready_on for one in waiting.values() if one.ready_on}):
        named = [name for name, one in waiting.items() if one.ready_on == day]
        own = [one for one in rules if one.name in named]
        on_the_day = states(own, metrics, day)
        assert {name: on_the_day[name].state for name in named} == dict.fromkeys(named, "judged")
        before = states(own, metrics, day - dt.timedelta(days=1))
        assert "judged" not in {before[name].state for name in named}, (day, before)


def test_a_target_rule_says_when_its_period_is_old_enough() -> None:
    target = {"type": "probability", "period": "quarter", "min_elapsed": 0.15}
    one = rule("target_attainment", target)
    rows = completion([0.05], probability=0.5)
    (early,) = evaluate(no_metrics(), rows, [one], scopes(), as_of=dt.date(2024, 1, 7)).readiness
    # 91 days from 1 January: 15 % are 13.65, so the 14th day.
    assert (early.state, early.ready_on) == ("early", dt.date(2024, 1, 14))
    (lacking,) = evaluate(
        no_metrics(),
        rows.assign(curve_periods=0),
        [rule("target_attainment", {**target, "min_curve_periods": 1})],
        scopes(),
        as_of=dt.date(2024, 1, 7),
    ).readiness
    # The running quarter has to end first; the next one begins on 1 April.
    assert (lacking.state, lacking.ready_on) == ("waiting", dt.date(2024, 4, 14))
    assert "14 Apr 2024" in lacking.sentence.into("en")
    (none,) = evaluate(
        no_metrics(), no_completion(), [one], scopes(), as_of=dt.date(2024, 1, 7)
    ).readiness
    assert none.state == "no_target"
    frame = readiness_frame([early, lacking, none])
    assert list(frame) == READINESS_COLUMNS
    assert frame["sentence_zh"].str.startswith("标题：").all()
