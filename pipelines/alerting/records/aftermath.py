"""What became of a figure after an alert on it: whether the fall was real or only chance.

Add here: another way to judge an alert by what came later. Keep out: alerts on targets, which the
end of their period judges, and alerts held against known risks (`backtest.py`).

A fall that was chance goes back to the usual (regression to the mean); a real one lasts. An alert
was right if, over the quarter after it, the figure was worse than before by at least half as much
as over the quarter up to it. Whole quarters, so that a season within the quarter cancels. A risk
that was mended within weeks counts as wrong by this, so the record is the lower end of the truth.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.series.panel import SERIES, Floats, as_days
from pipelines.alerting.series.rows import Rows, of_scopes, rows_of
from pipelines.alerting.series.scope_tree import COMPANY, Scope

# Periods in a quarter; other grains have no later course long enough to judge by.
QUARTER = {"week": 13, "month": 3}
LASTING = 0.5
JUDGED_COLUMNS = [
    "alert_id",
    "rule",
    "scope_type",
    "scope_id",
    "level",
    "on",
    "hit",
    "lead_days",
    "delay_days",
]


_LOOKED_AT = ["alert_id", "rule", "scope_type", "scope_id", "dimension", "opened_on", "danger_on"]


@dataclass(frozen=True)
class _Course:
    """One series by period, oldest first; `ends` are the periods' last days."""

    ends: np.ndarray
    value: Floats
    numerator: Floats
    denominator: Floats

    def pooled(self, start: int, stop: int) -> float:
        """Share of sums where there are parts, else the mean; NaN for less than half the periods."""
        if stop < 0 or stop > len(self.ends):
            return np.nan
        rows = slice(max(start, 0), stop)
        seen = np.isfinite(self.value[rows])
        if seen.sum() * 2 < stop - start:
            return np.nan
        below = np.nansum(self.denominator[rows])
        if below > 0:
            return float(np.nansum(self.numerator[rows]) / below)
        return float(np.nanmean(self.value[rows]))


def judge_by_course(
    episodes: pd.DataFrame, rules: Sequence[Rule], metrics: Rows | pd.DataFrame, *, as_of: dt.date
) -> pd.DataFrame:
    """One row per episode and level reached of rules that are not on targets (`JUDGED_COLUMNS`).

    `hit` is True, False, or None where nobody can say yet: the quarter after `on` has not ended
    by `as_of`, or the past is too short. `metrics` are rows of `fct_metrics`, looked at metric by metric; none later than
    `as_of` is looked at. A rule relative to the company is judged relative to it.
    """
    judged = {rule.name: rule for rule in rules if not rule.on_targets and rule.grain in QUARTER}
    mine = episodes[episodes["rule"].isin(judged)]
    past = rows_of(metrics)
    of_pair: dict[tuple[str, str], list[int]] = {}
    entries = mine[_LOOKED_AT].to_dict("records")
    for n, entry in enumerate(entries):
        rule = judged[str(entry["rule"])]
        of_pair.setdefault((rule.metric, rule.grain), []).append(n)
    found: dict[int, list[tuple[Any, ...]]] = {}
    for pair, numbers in of_pair.items():
        scopes = {(str(entries[n]["scope_type"]), str(entries[n]["scope_id"])) for n in numbers}
        courses = _courses(past, pair, {*scopes, COMPANY}, as_of)
        for n in numbers:
            found[n] = _judged(entries[n], judged[str(entries[n]["rule"])], courses)
    rows = [row for n in range(len(entries)) for row in found[n]]
    return pd.DataFrame(rows, columns=JUDGED_COLUMNS)


def _judged(
    entry: Mapping[Any, Any], rule: Rule, courses: Mapping[tuple[str, str, str], _Course]
) -> list[tuple[Any, ...]]:
    """Rows of `JUDGED_COLUMNS`: one of each level that the episode reached."""
    scope: Scope = (str(entry["scope_type"]), str(entry["scope_id"]))
    dimension = str(entry["dimension"] or "")
    course, whole = courses.get((*scope, dimension)), courses.get((*COMPANY, dimension))
    relative = getattr(rule.condition, "relative", None) == "company" and scope != COMPANY
    rows = []
    for level, day in (("warning", entry["opened_on"]), ("danger", entry["danger_on"])):
        if day is None or pd.isna(day):
            continue
        hit = None
        if course is not None:
            hit = _lasted(course, whole if relative else None, day, rule)
        on = pd.Timestamp(day).date()
        rows.append((entry["alert_id"], rule.name, *scope, level, on, hit, np.nan, np.nan))
    return rows


def _lasted(course: _Course, whole: _Course | None, day: dt.date, rule: Rule) -> bool | None:
    quarter = QUARTER[rule.grain]
    at = _periods_until(course, day)
    spans = [(at - 3 * quarter, at - quarter), (at - quarter, at), (at, at + quarter)]
    before, during, after = (course.pooled(*span) for span in spans)
    if whole is not None:
        shift = _periods_until(whole, day) - at
        with np.errstate(divide="ignore", invalid="ignore"):
            before, during, after = (
                float(np.divide(figure, whole.pooled(start + shift, stop + shift)))
                for figure, (start, stop) in zip((before, during, after), spans, strict=True)
            )
    if not np.isfinite([before, during, after]).all():
        return None
    sign = -1.0 if rule.side == "below" else 1.0
    worse, later = sign * (during - before), sign * (after - before)
    # Where the quarter was no worse as a whole, only a later one that is worse proves it right.
    return later > 0 and later >= LASTING * worse


def _periods_until(course: _Course, day: dt.date) -> int:
    """How many periods had ended on that day."""
    return int(np.searchsorted(course.ends, np.datetime64(day, "D"), side="right"))


def _courses(
    past: Rows, pair: tuple[str, str], scopes: set[Scope], as_of: dt.date
) -> Mapping[tuple[str, str, str], _Course]:
    """By scope and dimension, of one metric and grain."""
    rows = past.metric(*pair, {kind for kind, _ in scopes})
    if rows is None:
        return {}
    ends = as_days(rows["period_end"])
    keep = (ends <= np.datetime64(as_of, "D")) & of_scopes(rows, scopes)
    rows, ends = rows[keep], ends[keep]
    named = rows[SERIES].assign(dimension=rows["dimension"].fillna(""))
    value, numerator, denominator = (
        pd.to_numeric(rows[column]).to_numpy(dtype=np.float64)
        for column in ("value", "numerator", "denominator")
    )
    found = {}
    for name, at in named.groupby(SERIES, observed=True, sort=False).indices.items():
        at = at[np.argsort(ends[at], kind="stable")]
        course = _Course(ends[at], value[at], numerator[at], denominator[at])
        found[tuple(map(str, name))] = course  # pyrefly: ignore[bad-argument-type]
    return found  # type: ignore[return-value]
