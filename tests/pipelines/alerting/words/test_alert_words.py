"""Thousands of states read as sentences: no figure may contradict the level, the title or another."""

import datetime as dt
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from alerting_frames import (
    MONDAY,
    completion,
    no_completion,
    no_metrics,
    rule,
    scopes,
    share,
    weekly,
)

from pipelines.alerting.evaluation import evaluate
from pipelines.alerting.judging.weekly_evidence import evidence_rows

TEAMS, WEEKS = 40, 100
WEEK = re.compile(
    r"(?:上周（(?P<first>\d+月\d+日)至\d+月\d+日）|本周至今（截至\d+月\d+日）)订单数 (?P<value>[\d,.]+)，"
    r"同期应有 (?P<expected>[\d,.]+)(?:，界限 (?P<limit>[\d,.]+))?"
)


def many_states(seed: int) -> pd.DataFrame:
    """Counts of forty teams, of all sizes, each with falls of its own; and of their company."""
    rng = np.random.default_rng(seed)
    counts = {}
    for n in range(1, TEAMS + 1):
        mean = np.full(WEEKS, rng.choice([2.0, 6.0, 15.0, 40.0]))
        for _ in range(3):
            begin = rng.integers(20, WEEKS)
            mean[begin : begin + rng.integers(1, 15)] *= rng.choice([0.0, 0.3, 0.6, 0.8, 1.2])
        counts[f"T{n}"] = rng.poisson(mean)
    rows = [weekly("orders", values, scope=("team", team)) for team, values in counts.items()]
    total = np.sum(list(counts.values()), axis=0)
    return pd.concat([*rows, weekly("orders", total, scope=("company", "company"))])


def number(text: str) -> float:
    return float(text.replace(",", ""))


def _the_chart_agrees(one: dict[str, Any], drawn: pd.DataFrame) -> None:
    """The rows behind the chart hold the alert's own figures, once a week, and its level."""
    weeks = drawn.loc[one["scope_id"]]
    assert weeks.index.is_unique
    same = (weeks["value"] == one["value"]) & np.isclose(weeks["usual"], one["expected"])
    same &= weeks["level"] == one["level"]
    assert same.any(), one["message_zh"]
    assert weeks.index.min() < one["since"]


RECENT = re.compile(
    r"最近 3 周(?:加上本周至今)?合(?:计|起来为) (?P<had>[\d,.]+)%?，应有 (?P<usual>[\d,.]+)%?，(?:相对)?"
    r"(?P<way>低|高出) (?P<off>\d+)%；(?P=way)不到 (?P<edge>\d+)% 时解除"
)


def _the_last_weeks_agree(says: str, *, has_limit: bool) -> None:
    """Where no single week decides, the last ones together are off by what they say, beyond the edge."""
    told = RECENT.search(says)
    assert bool(told) != has_limit, says
    if told is None:
        return
    had, usual, off = number(told["had"]), number(told["usual"]), int(told["off"])
    assert (had < usual) == (told["way"] == "低"), says
    assert off >= int(told["edge"]), says


@pytest.mark.parametrize("seed", [1, 2])
def test_no_sentence_of_a_filter_contradicts_itself(seed: int) -> None:
    rows = many_states(seed)
    of = rule(
        "orders",
        {"type": "count_filter"},
        title={"zh": "订单数减少", "en": "fewer orders"},
        scopes=["team"],
    )
    read = 0
    for week in range(30, WEEKS, 5):
        day = MONDAY + dt.timedelta(days=7 * week + 6)
        part = rows[pd.to_datetime(rows["period_end"]) <= pd.Timestamp(day)]
        whole = evaluate(part, no_completion(), [of], scopes(TEAMS), as_of=day)
        found = whole.episodes
        drawn = evidence_rows(found, whole.levels).set_index(["scope_id", "period_start"])
        for one in found.to_dict("records"):
            read += 1
            says = one["message_zh"]
            _the_chart_agrees(one, drawn)
            match = WEEK.search(says)
            assert match, says
            value, expected = number(match["value"]), number(match["expected"])
            if match["limit"]:
                # A limit lies between the figure and the usual.
                assert value <= number(match["limit"]) <= expected, says
            _the_last_weeks_agree(says, has_limit=bool(match["limit"]))
            # "Back to what it should be" and a figure below it exclude each other.
            assert ("已回到应有水平" in says) == (one["value"] >= one["expected"]), says
            assert one["onset_first"] <= one["since"] <= one["onset_last"] <= day, says
            assert one["opened_on"] <= day
            assert "nan" not in says + one["message_en"]
            assert one["probability"] <= 0.95
            if one["state"] == "open" and one["level"] == "danger" and one["opened_on"] == day:
                assert value < expected, says
            shares = [int(s) for s in re.findall(r"（(\d+)%）", says)]
            assert sum(shares) <= 101, says
            assert says.count("建议：") == 1
    assert read > 300


PACE = re.compile(
    r"每个工作日需 ([\d.]+) 元，往期从同一阶段起最快每个工作日 ([\d.]+)"
    r"|([\d.]+) needed per workday, earlier periods made (?:at most|up to) ([\d.]+)"
)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_sentence_of_a_target_contradicts_itself(language: str) -> None:
    rng = np.random.default_rng(5)
    of = rule(
        "target_attainment",
        {"type": "probability", "warning": 0.4, "danger": 0.85, "calibrate": False},
        title={"zh": "本季度目标有风险", "en": "the quarter's target is at risk"},
        hysteresis=0.05,
    )
    frames = []
    for n in range(1, TEAMS + 1):
        done = np.cumsum(rng.gamma(2, 0.04, 13))
        p = np.clip(rng.beta(0.8, 0.8, 13), 0.0, 1.0)
        frames.append(
            completion(done, probability=p, scope=("team", f"T{n}")).assign(
                projection_sd=rng.uniform(20, 200, 13),
                best_finish_per_workday=rng.uniform(5, 50),
            )
        )
    rows = pd.concat(frames)
    read = paces = 0
    for day in sorted({*rows["as_of"]}):
        part = rows[rows["as_of"] <= day]
        found = evaluate(no_metrics(), part, [of], scopes(TEAMS), as_of=day).episodes
        for one in found[found["state"] == "open"].to_dict("records"):
            read += 1
            says = one[f"message_{language}"]
            left = re.search(r"还剩 (\d+) 天|(\d+) days? left", says)
            if left:
                days = int(left[1] or left[2])
                assert days > 0, says
                assert day + dt.timedelta(days=days) == dt.date(2024, 3, 31), says
            chances = [int(c) for c in re.findall(r"约 (\d+)%|about (\d+)%", says) for c in c if c]
            assert chances == sorted(chances), says  # the whole target is never the likelier one
            assert all(5 <= c <= 95 for c in chances), says
            assert "nan" not in says
            pace = PACE.search(says)
            if pace:
                paces += 1
                needed, best = (float(x) for x in pace.groups() if x)
                never = "还没有达到过" in says or "never been done" in says
                assert needed > best if never else needed <= 1.1 * best, says
    assert read > 150
    assert paces > 50


SHARES = re.compile(
    r"(?:上周（.*?）|本周至今（.*?）)\S*? (?P<value>[\d.]+)%，同期应有 (?P<expected>[\d.]+)%"
    r"(?:，界限 (?P<limit>[\d.]+)%)?"
)


def test_no_sentence_of_a_share_contradicts_itself() -> None:
    rng = np.random.default_rng(8)
    hits, cases = {}, {}
    for n in range(1, TEAMS + 1):
        rate = np.full(WEEKS, 0.1)
        for _ in range(2):
            begin = rng.integers(20, WEEKS)
            rate[begin : begin + rng.integers(2, 15)] *= rng.choice([0.3, 1.5, 3.0, 6.0])
        cases[n] = rng.poisson(rng.choice([8.0, 25.0, 60.0]), WEEKS)
        hits[n] = rng.binomial(cases[n], np.minimum(rate, 0.9))
    rows = [share("late_order_share", hits[n], cases[n], scope=("team", f"T{n}")) for n in hits]
    whole = share("late_order_share", sum(hits.values()), sum(cases.values()),
                  scope=("company", "company"))  # fmt: skip
    frame = pd.concat([*rows, whole])
    of = rule("late_order_share", {"type": "rate_filter"}, scopes=["team"], min_sample=20)
    read = 0
    for week in range(30, WEEKS, 10):
        day = MONDAY + dt.timedelta(days=7 * week + 6)
        part = frame[pd.to_datetime(frame["period_end"]) <= pd.Timestamp(day)]
        found = evaluate(part, no_completion(), [of], scopes(TEAMS), as_of=day).episodes
        for one in found.to_dict("records"):
            says = one["message_zh"]
            match = SHARES.search(says)
            if not match:
                assert "没有" in says, says
                continue
            read += 1
            value, expected = float(match["value"]), float(match["expected"])
            assert 0 <= value <= 100, says
            assert 0 < expected < 100, says
            if match["limit"]:
                # Rounded to whole points, they may meet but not cross.
                assert value + 1 >= float(match["limit"]) >= expected - 1, says
            _the_last_weeks_agree(says, has_limit=bool(match["limit"]))
            if one["state"] == "open" and one["opened_on"] == day:
                assert one["value"] > one["expected"], says
            assert ("已回到应有水平" in says) == (one["value"] <= one["expected"]), says
            assert "nan" not in says + one["message_en"]
            assert one["probability"] <= 0.95
    assert read > 60


POOLED = re.compile(r"最近 3 周有 (?P<count>\d+) 项同时不如平常：(?P<figures>.*?)。")
ONE = re.compile(r"(\S+?) ([\d,.]+)（应有 ([\d,.]+)）")


def test_figures_pooled_are_told_with_their_own_numbers_and_before_any_is_sure() -> None:
    rng = np.random.default_rng(3)
    metrics = ("orders", "new_accounts", "opportunities_created")
    falls = {n: int(rng.integers(40, 85)) for n in range(1, 13)}
    frames = []
    for metric in metrics:
        teams = {}
        for n in range(1, 25):
            mean = np.full(WEEKS, 9.0)
            if n in falls:
                mean[falls[n] : falls[n] + 12] *= 0.55
            teams[n] = rng.poisson(mean)
        frames += [weekly(metric, counts, scope=("team", f"T{n}")) for n, counts in teams.items()]
        frames.append(weekly(metric, sum(teams.values()), scope=("company", "company")))
    rows = pd.concat(frames)
    parts = [
        rule(metric, {"type": "count_filter"}, name=metric, family=metric, scopes=["team"])
        for metric in metrics
    ]
    both = rule("orders", {"type": "pooled", "of": list(metrics)}, name="pooled", family="pooled",
                scopes=["team"], money={"by": "none"})  # fmt: skip
    last = MONDAY + dt.timedelta(days=7 * WEEKS - 1)
    whole = evaluate(rows, no_completion(), [both, *parts], scopes(24), as_of=last)
    levels = whole.levels[whole.levels["level"].isin(["warning", "danger"])]
    sure = {
        (scope, day)
        for scope, day in levels.loc[levels["rule"] != "pooled", ["scope_id", "as_of"]].itertuples(
            index=False
        )
    }
    found = whole.episodes[whole.episodes["rule"] == "pooled"]
    assert found[["value", "expected"]].isna().all(axis=None)  # no single figure decides
    assert set(found["peak_level"]) == {"warning"}

    def of_a_fall(one: dict[str, Any]) -> bool:
        begin = falls.get(int(one["scope_id"][1:]))
        first = MONDAY + dt.timedelta(days=7 * (begin or 0))
        # Twelve weeks, and as long as the last weeks still hold some of them.
        return begin is not None and first <= one["opened_on"] <= first + dt.timedelta(weeks=15)

    sooner, wrong = set(), 0
    for one in found.to_dict("records"):
        for says in (one["message_zh"], one["message_en"]):
            assert "nan" not in says
        told = POOLED.search(one["message_zh"])
        assert told, one["message_zh"]
        figures = ONE.findall(told["figures"])
        assert len(figures) == int(told["count"]) >= 2, one["message_zh"]
        assert all(number(value) < number(usual) for _, value, usual in figures), one["message_zh"]
        assert one["since"] <= one["opened_on"] <= last
        assert (one["scope_id"], pd.Timestamp(one["opened_on"])) not in sure
        if of_a_fall(one):
            sooner.add(one["scope_id"])
        else:
            wrong += 1
    # Most falls are told by their figures together first, without more false alarms than by one figure.
    assert len(sooner) > 0.6 * len(falls)
    alone = whole.episodes[whole.episodes["rule"] != "pooled"].to_dict("records")
    assert wrong <= sum(not of_a_fall(one) for one in alone) / len(metrics)
