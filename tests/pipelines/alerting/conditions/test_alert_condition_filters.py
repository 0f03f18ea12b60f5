"""The two-state filters: soon, in the present tense, and silent where the year explains a figure."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from alerting_frames import MONDAY, last_day, no_completion, rule, scopes, share, weekly

from pipelines.alerting.evaluation import evaluate
from pipelines.configuration.tables import Absence
from pipelines.ledger.settled import NewNormal

TEAMS = 6
WEEKS = 90


def calendar(days: int, holidays: set[dt.date] = frozenset()) -> pd.DataFrame:  # type: ignore[assignment]
    dates = [MONDAY + dt.timedelta(days=i) for i in range(days)]
    work = [day.weekday() < 5 and day not in holidays for day in dates]
    return pd.DataFrame({"date_day": dates, "is_workday": work})


def company(
    rng: np.random.Generator, mean: Any, fall: dict[str, Any] | None = None
) -> pd.DataFrame:
    """Weekly counts of six teams and of the company; `fall`: factors by team and week."""
    teams = {}
    for n in range(1, TEAMS + 1):
        level = np.broadcast_to(np.asarray(mean, float), (WEEKS,)).copy()
        level *= (fall or {}).get(f"T{n}", 1.0)
        teams[f"T{n}"] = rng.poisson(level)
    rows = [weekly("orders", counts, scope=("team", team)) for team, counts in teams.items()]
    total = np.sum(list(teams.values()), axis=0)
    return pd.concat([*rows, weekly("orders", total, scope=("company", "company"))])


def found(rows: pd.DataFrame, condition: dict[str, Any] | None = None, **more: Any) -> Any:
    of = rule("orders", condition or {"type": "count_filter"})
    more.setdefault("calendar", calendar(7 * WEEKS + 30))
    return evaluate(rows, no_completion(), [of], scopes(TEAMS), as_of=last_day(rows), **more)


def stop(first: int, last: int = WEEKS) -> np.ndarray:
    factors = np.ones(WEEKS)
    factors[first:last] = 0.0
    return factors


def test_a_stop_is_danger_in_the_first_week_and_over_soon_after_recovery() -> None:
    rows = company(np.random.default_rng(1), 20, {"T2": stop(60, 70)})
    episodes = found(rows).episodes
    own = episodes[episodes["scope_id"] == "T2"]
    assert len(own) == 1
    one = own.iloc[0]
    start = MONDAY + dt.timedelta(days=7 * 60)
    recovery = MONDAY + dt.timedelta(days=7 * 70)
    assert (one["danger_on"] - start).days <= 8
    assert (one["closed_on"] - recovery).days <= 14
    assert one["since"] == start
    assert one["onset_first"] <= start <= one["onset_last"]


def test_what_stays_bad_stays_open_and_keeps_its_yardstick() -> None:
    rows = company(np.random.default_rng(2), 30, {"T3": np.r_[np.ones(40), np.full(50, 0.45)]})
    one = found(rows).episodes.query("scope_id == 'T3'").iloc[0]
    assert one["state"] == "open"
    assert one["expected"] == pytest.approx(30, rel=0.25)


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_growth_season_and_a_shock_to_all_accuse_no_team(seed: int) -> None:
    weeks = np.arange(WEEKS)
    growth = 1.6 ** (weeks / 52)
    season = 1 + 0.12 * np.sin(2 * np.pi * weeks / 52)
    shock = np.where((weeks >= 55) & (weeks < 60), 0.6, 1.0)
    rows = company(np.random.default_rng(seed), 25 * growth * season * shock)
    episodes = found(rows).episodes
    teams = episodes[episodes["scope_type"] == "team"]
    assert len(teams[teams["peak_level"] == "danger"]) == 0
    assert len(teams) <= 1
    assert (episodes["scope_type"] == "company").any()  # the shock is the company's matter


def test_a_slow_february_is_the_year_s_and_not_a_fall() -> None:
    holiday = {dt.date(2025, 1, 28) + dt.timedelta(days=i) for i in range(8)}
    days = calendar(7 * WEEKS + 30, holiday)
    weeks = [MONDAY + dt.timedelta(days=7 * n) for n in range(WEEKS)]
    work = days.set_index("date_day")["is_workday"]
    factor = []
    for start in weeks:
        slow = [
            0.6 if dt.date(2025, 1, 21) <= d <= dt.date(2025, 2, 12) else 1.0
            for d in (start + dt.timedelta(days=i) for i in range(7))
            if work.get(d, False)
        ]
        factor.append(sum(slow) / 5)
    rows = company(np.random.default_rng(6), 40 * np.array(factor))
    assert found(rows, calendar=days).episodes.empty


def test_the_limit_shown_is_the_limit_that_decides() -> None:
    rng = np.random.default_rng(7)
    fall = {"T1": np.r_[np.ones(50), np.full(40, 0.55)], "T4": np.r_[np.ones(70), np.full(20, 0.5)]}
    rows = company(rng, 15, fall)
    seen = 0
    for days in range(0, 140, 7):
        day = last_day(rows) - dt.timedelta(days=days)
        part = rows[pd.to_datetime(rows["period_end"]) <= pd.Timestamp(day)]
        for one in found(part).episodes.query("state == 'open'").to_dict("records"):
            if np.isfinite(one["limit_value"]):
                seen += 1
                assert one["value"] <= one["limit_value"]
    assert seen > 20


def test_a_week_that_runs_is_judged_on_the_days_there_are() -> None:
    rows = company(np.random.default_rng(8), 40)
    thursday = MONDAY + dt.timedelta(days=7 * WEEKS + 3)
    running = rows.groupby(["scope_type", "scope_id"], as_index=False).tail(1).copy()
    start = MONDAY + dt.timedelta(days=7 * WEEKS)
    so_far = {"T5": 0.0}
    running["period_start"], running["period_end"] = start, start + dt.timedelta(days=6)
    running["value"] = [
        so_far.get(ident, 24.0 if kind == "team" else 120.0)
        for kind, ident in zip(running["scope_type"], running["scope_id"], strict=True)
    ]
    both = pd.concat([rows.assign(as_of=thursday), running.assign(as_of=thursday)])
    of = rule("orders", {"type": "count_filter"})
    now = evaluate(
        both, no_completion(), [of], scopes(TEAMS), as_of=thursday,
        calendar=calendar(7 * WEEKS + 30),
    ).episodes.query("state == 'open'")  # fmt: skip
    one = now[now["scope_type"] == "team"].iloc[0]
    assert one["scope_id"] == "T5"
    assert (one["value"], one["week_so_far"]) == (0.0, 0.0)
    assert one["expected"] == pytest.approx(24, rel=0.3)
    assert "本周至今" in one["message_zh"]
    # The Sunday that confirms it finds the same episode.
    whole = both.assign(
        value=np.where(both["period_start"] == start, both["value"] * 5 / 3, both["value"])
    )
    sunday = evaluate(
        whole.assign(as_of=start + dt.timedelta(days=6)), no_completion(), [of], scopes(TEAMS),
        as_of=start + dt.timedelta(days=6), calendar=calendar(7 * WEEKS + 30),
    ).episodes  # fmt: skip
    assert one["alert_id"] in set(sunday["alert_id"])


def test_a_share_is_judged_by_its_odds() -> None:
    rng = np.random.default_rng(9)
    frames, hits_of, cases_of = [], 0, 0
    for n in range(1, TEAMS + 1):
        p = np.full(WEEKS, 0.06)
        if n == 2:
            p[70:] = 0.3
        cases = rng.poisson(25, WEEKS)
        hits = rng.binomial(cases, p)
        hits_of, cases_of = hits_of + hits, cases_of + cases
        frames.append(share("late_order_share", hits, cases, scope=("team", f"T{n}")))
    frames.append(share("late_order_share", hits_of, cases_of, scope=("company", "company")))
    rows = pd.concat(frames)
    of = rule("late_order_share", {"type": "rate_filter"}, min_sample=20)
    episodes = evaluate(rows, no_completion(), [of], scopes(TEAMS), as_of=last_day(rows)).episodes
    one = episodes[episodes["scope_id"] == "T2"].iloc[-1]
    assert one["peak_level"] == "danger"
    assert (one["danger_on"] - (MONDAY + dt.timedelta(days=490))).days <= 21
    assert one["value"] >= one["limit_value"]
    assert set(episodes["scope_id"]) <= {"T2", "company"}


def test_where_an_alert_opens_it_cannot_close() -> None:
    with pytest.raises(ValueError, match="close below warning"):
        rule("orders", {"type": "count_filter", "warning": 0.5, "close": 0.6})


def test_a_team_that_lost_people_is_expected_to_do_less() -> None:
    moved = {"T1": np.r_[np.ones(60), np.full(30, 0.6)], "T2": np.r_[np.ones(60), np.full(30, 1.4)]}
    rows = company(np.random.default_rng(11), 30, moved)
    change = MONDAY + dt.timedelta(days=7 * 60)
    stays = [
        (f"R{team}{n}", f"T{team}", MONDAY, None) for team in range(1, TEAMS + 1) for n in range(5)
    ]
    for n in (0, 1):
        stays[n] = (f"R1{n}", "T1", MONDAY, change - dt.timedelta(days=1))
        stays.append((f"R1{n}", "T2", change, None))
    people = pd.DataFrame(stays, columns=["rep_id", "team_id", "valid_from", "valid_to"])
    assert "T1" in set(found(rows).episodes["scope_id"])
    assert "T1" not in set(found(rows, people=people).episodes["scope_id"])
    # A list of people that knows only who is there today excuses nobody.
    today = people[people["valid_to"].isna()].assign(valid_from=change)
    assert "T1" in set(found(rows, people=today).episodes["scope_id"])


def test_leave_that_is_known_needs_no_question() -> None:
    weeks = 60
    rng = np.random.default_rng(3)
    reps = {f"R1{n}": rng.poisson(20, weeks) for n in range(1, 5)}
    reps["R11"][50:53] = 0
    rows = [weekly("activities", counts, scope=("rep", rep)) for rep, counts in reps.items()]
    rows.append(weekly("activities", sum(reps.values()), scope=("company", "company")))
    frame = pd.concat(rows)
    ask = rule("activities", {"type": "no_trace"}, scopes=["rep"], confirm={"warning": 1})
    first = MONDAY + dt.timedelta(days=7 * 50)

    def asked(*absences: Absence) -> set[str]:
        told = evaluate(frame, no_completion(), [ask], scopes(1, 4), as_of=last_day(frame),
                        calendar=calendar(7 * weeks + 30), absences=absences)  # fmt: skip
        return set(told.episodes["scope_id"])

    assert asked() == {"R11"}
    assert asked(Absence("R11", first, first + dt.timedelta(days=20), "leave")) == set()
    assert asked(Absence("R12", first, first + dt.timedelta(days=20), "leave")) == {"R11"}


def test_the_new_normal_begins_with_the_level_that_lasts() -> None:
    rows = company(np.random.default_rng(2), 30, {"T3": np.r_[np.ones(40), np.full(50, 0.45)]})
    day = MONDAY + dt.timedelta(days=7 * 70 + 2)
    said = NewNormal("orders_count_filter", "team", "T3", "", day)
    settled = found(rows, settled=[said])
    own = settled.episodes.query("scope_id == 'T3'")
    assert set(own["state"]) == {"closed"}
    assert own["closed_on"].max() <= day
    now = settled.levels.query("scope_id == 'T3'").iloc[-1]
    assert now["level"] == "normal"
    assert now["expected"] == pytest.approx(13.5, rel=0.25)
    # What was said before the answer stays what it was.
    before = found(rows).levels
    old, new = (
        frame[pd.to_datetime(frame["as_of"]).dt.date < day - dt.timedelta(days=7)]
        for frame in (before, settled.levels)
    )
    pd.testing.assert_frame_equal(old, new)


def test_one_person_of_three_who_is_away_is_no_fall_of_the_team() -> None:
    rows = company(
        np.random.default_rng(11), 30,
        {"T1": np.r_[np.ones(60), np.full(30, 0.62)], "T2": np.r_[np.ones(60), np.full(30, 0.3)]},
    )  # fmt: skip
    stays = [(f"R{t}{n}", f"T{t}", MONDAY, None) for t in range(1, TEAMS + 1) for n in range(3)]
    people = pd.DataFrame(stays, columns=["rep_id", "team_id", "valid_from", "valid_to"])
    asked = {"type": "count_filter", "persons": 1.5}
    teams = {"T1", "T2"}
    assert teams <= set(found(rows, people=people).episodes["scope_id"])
    assert teams & set(found(rows, asked, people=people).episodes["scope_id"]) == {"T2"}
