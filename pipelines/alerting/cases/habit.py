"""Targets that are missed by habit: base rates, and levels of which most miss most of the time.

Add here: what the past of all targets together says about the targets. Keep out: whether one target will
be missed (`conditions/target.py`).

Where two thirds of the targets of a level were missed in two thirds of the past periods, a warning for
each says nothing about the scope and much about the targets: they make one case, and say so.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipelines.alerting.rules.rule import Rule
from pipelines.language import Text, stored, text

MOST = 2 / 3
LEAST_PERIODS, LEAST_SCOPES = 4, 3


@dataclass(frozen=True)
class Habit:
    """Of the last ended periods of a kind, in how many most targets of a level were missed."""

    period: str
    scope_type: str
    periods: int
    missed: int

    @property
    def key(self) -> str:
        return f"{self.period} {self.scope_type}"

    def said(self) -> Text:
        return text(
            f"alerts.habit.{self.period}",
            count=self.periods,
            missed=self.missed,
            scopes=text(f"alerts.habit.of.{self.scope_type}"),
        )


def habits(outcomes: pd.DataFrame, day: dt.date) -> dict[tuple[str, str], Habit]:
    """By (period type, scope type): the levels whose targets were missed by habit, as known on a day.

    `outcomes`: `truth.period_outcomes`. A level counts from `LEAST_SCOPES` scopes and `LEAST_PERIODS`
    ended periods on.
    """
    return _habits(_ended(outcomes), day)


# Number of scopes of a level whose target of a period ended on a day, and of those that missed it.
_Ended = dict[tuple[str, str], dict[tuple[Any, pd.Timestamp], tuple[int, int]]]


def _ended(outcomes: pd.DataFrame) -> _Ended:
    """By (period type, scope type), then by first and last day."""
    found: _Ended = {}
    if outcomes.empty:
        return found
    rows = outcomes.assign(period_end=pd.to_datetime(outcomes["period_end"]))
    key = ["period_type", "scope_type", "period_start", "period_end"]
    sums = rows.groupby(key, observed=True)["missed"].agg(["size", "sum"])
    for (period, kind, start, end), scopes, missed in sums.itertuples(name=None):
        found.setdefault((str(period), str(kind)), {})[start, end] = (int(scopes), int(missed))
    return found


def _habits(ended: _Ended, day: dt.date) -> dict[tuple[str, str], Habit]:
    today, found = pd.Timestamp(day), {}
    for (period, kind), spans in ended.items():
        scopes, missed = Counter[Any](), Counter[Any]()
        for (start, end), (several, of_them) in spans.items():
            if end < today:
                scopes[start] += several
                missed[start] += of_them
        shares = [missed[n] / count for n, count in scopes.items() if count >= LEAST_SCOPES]
        often = sum(share >= MOST for share in shares)
        if len(shares) >= LEAST_PERIODS and often >= MOST * len(shares):
            found[period, kind] = Habit(period, kind, len(shares), often)
    return found


def by_habit(
    episodes: pd.DataFrame, rules: Sequence[Rule], outcomes: pd.DataFrame
) -> dict[str, Habit]:
    """By alert_id: alerts on targets of a level that, on the day they opened, missed by habit."""
    periods = {rule.name: rule.condition.period for rule in rules if rule.on_targets}  # type: ignore[union-attr]
    mine = episodes[episodes["rule"].isin(periods)]
    ended = _ended(outcomes)
    # What was known changes only when a period ends.
    ends = sorted({end for spans in ended.values() for _, end in spans})
    known_after: dict[int, dict[tuple[str, str], Habit]] = {}
    found = {}
    for day, rows in mine.groupby("opened_on"):
        opened = pd.Timestamp(str(day))
        gone = bisect_left(ends, opened)
        if gone not in known_after:
            known_after[gone] = _habits(ended, opened.date())
        known = known_after[gone]
        for alert, rule, kind in zip(
            rows["alert_id"], rows["rule"], rows["scope_type"], strict=True
        ):
            habit = known.get((periods[rule], kind))
            if habit is not None:
                found[str(alert)] = habit
    return found


def with_habits(episodes: pd.DataFrame, found: Mapping[str, Habit]) -> pd.DataFrame:
    """The episodes with what is said of the habit in front of what is to be done about it."""
    if not found:
        return episodes
    result = episodes.copy()
    records = result.to_dict("records")
    told = [
        _Behind(row, found[row["alert_id"]]) if row["alert_id"] in found else None
        for row in records
    ]
    for language in stored.OWN_COLUMNS:
        column = f"message_{language}"
        result[column] = [
            row[column] if said is None else said.into(language)
            for row, said in zip(records, told, strict=True)
        ]
    result["message"] = [
        row["message"] if said is None else said.into(said.language)
        for row, said in zip(records, told, strict=True)
    ]
    if stored.COLUMN in result:
        result[stored.COLUMN] = [
            row[stored.COLUMN]
            if said is None
            else stored.in_others(row[stored.COLUMN], message=said)
            for row, said in zip(records, told, strict=True)
        ]
    return result


@dataclass(frozen=True)
class _Behind:
    """The sentence of an episode with that of the habit behind it."""

    row: Mapping[Any, Any]
    habit: Habit

    @property
    def language(self) -> str:
        """The one that the episode's plain message is in."""
        return stored.language_of(self.row, "message")

    def into(self, language: str) -> str:
        said = stored.exactly(self.row, "message", language)
        return text("alerts.mark.sentences", first=said, next=self.habit.said()).into(language)


def base_rates(rules: Sequence[Rule], outcomes: pd.DataFrame) -> dict[str, float]:
    """By rule on targets: the share of ended periods, in the scopes it covers, that ended below 90 %."""
    found = {}
    for rule in rules:
        if rule.on_targets:
            period = rule.condition.period  # type: ignore[union-attr]
            rows = outcomes[
                (outcomes["period_type"] == period) & outcomes["scope_type"].isin(rule.scopes)
            ]
            if len(rows):
                found[rule.name] = float(rows["missed"].mean())
    return found
