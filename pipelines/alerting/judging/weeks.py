"""What a filter says in the present tense: last complete week, this week so far, better or worse.

Add here: a figure of the present that stands in an alert. Keep out: how likely it is that a figure
is off (`conditions/filters.py`) and the frame of the message (`words/messages.py`).

Which week decides is found here once: tonight's level stands by the last complete week if that week
already gave it, else by the week that is running. Value, expectation and limit of an alert are all
those of that week, so that they cannot contradict its level. Where no single week would end the alert
(a small fall that lasts), the last weeks together are told, since these opened it and will close it.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any, Literal

import scipy

from pipelines.alerting.filtering.recent import WEEKS
from pipelines.alerting.judging.running import History
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.series.catalogue import Kind
from pipelines.alerting.words.wording import Day, Heading, Written, is_known, percent
from pipelines.language import text

Course = Literal["better", "worse", "unchanged"]
# A tail this small is no chance.
SURE = 0.10
SPREAD = 0.03


@dataclass(frozen=True)
class Week:
    """One week's figure; NaN where there is none. `last`: its last day that is known. `recent`: the last
    weeks together.
    """

    first: dt.date
    last: dt.date
    value: float
    expected: float
    limit: float
    cases: float
    recent: float = math.nan
    recent_expected: float = math.nan


@dataclass(frozen=True)
class Present:
    """The present of one episode. `decides` is the week that gives the level, `complete` the last
    whole week, `running` the one that has not ended (None where it is not known). `closes`: how far off
    the last weeks together may be when the alert closes, as a factor of their usual.
    """

    decides: Week
    complete: Week | None
    running: Week | None
    course: Course
    begun_first: dt.date
    begun_last: dt.date
    size: float
    recovering: bool
    closes: float = math.nan


def deciding_row(history: History, rows: Any, s: int) -> int:
    """The row of the episode whose figures stand in the alert."""
    last = int(rows[-1])
    whole = last - 1
    if history.panel.running[last] and whole in rows:
        seen = math.isfinite(history.fields["value"][whole, s])
        if seen and history.level[whole, s] == history.level[last, s]:
            return whole
    return last


def present(history: History, row: int, s: int, last: int) -> Present:
    """The present of series `s`, whose alert stands by `row`; `last` is the episode's last row."""
    panel = history.panel
    level = int(history.level[row, s])

    def week(t: int) -> Week:
        limit = "danger_limit" if level == 2 else "warning_limit"
        return Week(
            first=_day(panel.starts[t]),
            last=_day(panel.dates[t] - (1 if panel.running[t] else 0)),
            value=float(history.fields["value"][t, s]),
            expected=float(history.fields["expected"][t, s]),
            limit=float(history.fields[limit][t, s]),
            cases=float(history.fields["sample"][t, s]),
            recent=float(history.fields["recent"][t, s]),
            recent_expected=float(history.fields["recent_expected"][t, s]),
        )

    half = math.sqrt(float(history.fields["least"][row, s]))
    runs = bool(panel.running[last])
    complete = last - 1 if runs else last
    decides = week(row)
    below = history.rule.side == "below"
    good = is_known(decides.value, decides.expected) and (
        decides.value >= decides.expected if below else decides.value <= decides.expected
    )
    first, end = row, row
    if history.onset is not None:
        first, end = int(history.onset[0][last, s]), int(history.onset[1][last, s])
    first, end = (row if first < 0 else first), (row if end < 0 else end)
    return Present(
        decides=decides,
        complete=week(complete) if complete >= 0 else None,
        running=week(last) if runs else None,
        course=course(history, complete, s),
        begun_first=_day(panel.starts[first]),
        begun_last=_day(panel.dates[end]),
        size=float(history.fields["size"][row, s]),
        recovering=bool(good),
        closes=half if below else 1 / half,
    )


def columns_of(now: Present | None) -> dict[str, Any]:
    """The columns that only a filter can fill."""
    running = now.running if now is not None else None
    return {
        "week_so_far": running.value if running else None,
        "week_so_far_expected": running.expected if running else None,
        "direction": now.course if now else None,
        "onset_first": now.begun_first if now else None,
        "onset_last": now.begun_last if now else None,
    }


def believed(now: Present, rule: Rule) -> float:
    """The figure that the filter believes in, without the chance of a single week."""
    expected = now.decides.expected
    if rule.described.additive:
        return expected * now.size
    if not 0 < expected < 1:
        return expected
    odds = expected / (1 - expected) * now.size
    return odds / (1 + odds)


def course(history: History, row: int, s: int) -> Course:
    """The last two whole weeks against how far off the figure was believed to be before them."""
    if row < 3:
        return "unchanged"
    fields = history.fields
    size = float(fields["size"][row - 2, s])
    value, expected = (
        fields["value"][row - 1 : row + 1, s],
        fields["expected"][row - 1 : row + 1, s],
    )
    if not is_known(size, *value, *expected) or size == 1.0:
        return "unchanged"
    below = history.rule.side == "below"
    if history.rule.described.additive:
        mean = size * float(expected.sum())
        spread = math.sqrt(max(mean + SPREAD * mean**2, 1e-9))
        tail = float(scipy.special.ndtr((float(value.sum()) - mean) / spread))
    else:
        cases = fields["sample"][row - 1 : row + 1, s]
        total = float(cases.sum())
        if not total:
            return "unchanged"
        odds = float(expected.mean()) / (1 - float(expected.mean())) * size
        p = odds / (1 + odds)
        seen = float((value * cases).sum()) / total
        tail = float(scipy.special.ndtr((seen - p) / math.sqrt(max(p * (1 - p) / total, 1e-9))))
    up, down = ("better", "worse") if below else ("worse", "better")
    return up if tail > 1 - SURE else down if tail < SURE else "unchanged"  # type: ignore[return-value]


def said(rule: Rule, now: Present, unit: Kind, currency: str) -> list[Any]:
    """The sentences of the figures and of the course: deciding week first."""
    decides, running = now.decides, now.running
    whole = running is None or decides is not running and decides.first != running.first
    beside = running if whole else now.complete
    others = [] if beside is None else [beside]
    figures = [_week(rule, decides, unit, currency, whole=whole)]
    if not _tells_by_itself(rule, decides):
        figures.append(_together(rule, now, unit, currency, whole=whole))
    figures += [_aside(week, unit, currency, whole=not whole) for week in others]
    return [*[f for f in figures if f is not None], text(f"alerts.course.{now.course}")]


def _week(rule: Rule, week: Week, unit: Kind, currency: str, *, whole: bool) -> Any:
    kind, metric = "whole" if whole else "running", rule.described.label
    if not is_known(week.value):
        return text("alerts.week.none", first=Day(week.first), last=Day(week.last), metric=metric)
    values = {
        "first": Day(week.first),
        "last": Day(week.last),
        "metric": metric,
        "heading": Heading(metric),
        "value": Written(unit, week.value, currency),
        "expected": Written(unit, week.expected, currency),
    }
    if _tells_by_itself(rule, week):
        return text(f"alerts.week.{kind}", **values, limit=Written(unit, week.limit, currency))
    return text(f"alerts.week.{kind}_open", **values)


def _tells_by_itself(rule: Rule, week: Week) -> bool:
    """Whether the week alone gives the level: a limit that lies on the bad side of what is usual."""
    return is_known(week.limit) and not _beyond_usual(rule, week)


def _together(rule: Rule, now: Present, unit: Kind, currency: str, *, whole: bool) -> Any:
    week = now.decides
    if not is_known(week.recent, week.recent_expected) or week.recent_expected <= 0:
        return None
    kind = "sum" if rule.described.additive else "mean"
    span = "alerts.recent.weeks" if whole else "alerts.recent.weeks_running"
    return text(
        f"alerts.recent.{kind}_{rule.side}",
        span=text(span, weeks=WEEKS),
        value=Written(unit, week.recent, currency),
        expected=Written(unit, week.recent_expected, currency),
        off=percent(abs(1 - week.recent / week.recent_expected)),
        edge=percent(abs(1 - now.closes)),
    )


def _beyond_usual(rule: Rule, week: Week) -> bool:
    """Whether the limit lies on the good side of what is usual."""
    if not is_known(week.expected):
        return False
    return week.limit > week.expected if rule.side == "below" else week.limit < week.expected


def _aside(week: Week, unit: Kind, currency: str, *, whole: bool) -> Any:
    if not is_known(week.value, week.expected):
        return None
    return text(
        "alerts.week.aside_whole" if whole else "alerts.week.aside_running",
        first=Day(week.first),
        last=Day(week.last),
        value=Written(unit, week.value, currency),
        expected=Written(unit, week.expected, currency),
    )


def _day(value: Any) -> dt.date:
    return value.astype("datetime64[D]").astype(object)
