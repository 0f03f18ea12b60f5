"""One rule over one panel, day by day: verdicts, gates, states, and which past counts as clean.

Add here: a reason for which a day gives no verdict. Keep out: choosing panels and making frames
(`evaluation.py`), and sentences (`words/messages.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pipelines.alerting.conditions import ON_PERSONS
from pipelines.alerting.conditions.base import Context, Flags, Judge, Levels, Row
from pipelines.alerting.conditions.filters import FilterJudge
from pipelines.alerting.conditions.pooled import PooledJudge
from pipelines.alerting.judging.states import Ending, States
from pipelines.alerting.judging.voices import Spoken
from pipelines.alerting.rules.rule import Pause, Rule
from pipelines.alerting.series.beginnings import beginnings
from pipelines.alerting.series.panel import Panel
from pipelines.alerting.series.season import PeriodEdges


class Status(IntEnum):
    """Why a day has no verdict; `JUDGED` where it has one."""

    JUDGED = 0
    TOO_FEW = 1
    TOO_EARLY = 2
    UNTRUSTED = 3
    PAUSED = 4
    BETWEEN = 5


FIELDS = (
    "value",
    "expected",
    "warning_limit",
    "danger_limit",
    "sample",
    "probability",
    "size",
    "recent",
    "recent_expected",
    "least",
    "odds",
    "evidence",
)


@dataclass(frozen=True)
class History:
    """What came of a rule, every array (days, series).

    `level` is the confirmed level, `episode` the ordinal of the open episode (0 none), `since`
    the row in which it began, `ending` the `Ending` on the last day of an episode. `onset`: where a
    filter tells the beginning, first and last row of the span that holds it in 80 of 100 cases. `spoken`: what
    each of the figures says that a rule pools.
    """

    rule: Rule
    panel: Panel
    level: Levels
    status: NDArray[np.int8]
    episode: NDArray[np.int32]
    since: NDArray[np.int32]
    ending: NDArray[np.int8]
    fields: dict[str, NDArray[np.float64]]
    onset: tuple[NDArray[np.int32], NDArray[np.int32]] | None = None
    spoken: Spoken | None = None


def run(
    rule: Rule,
    panel: Panel,
    context: Context,
    *,
    untrusted: Flags | None = None,
    boost: Flags | None = None,
    few: Flags | None = None,
    restarts: Mapping[int, Sequence[int]] | None = None,
) -> History:
    """Walk through the days in order; row t of the result depends on rows up to t only.

    `untrusted` and `boost` have the panel's shape; a boosted 警戒 counts as 危险, because an
    independent kind of evidence agrees. `few`: too few people for the rule. `restarts`: by row the series of which somebody said that day
    that what lasts is the new normal: their episode ends, and their past begins with it.
    """
    days, series = panel.shape
    paused = _paused(rule.pause, panel, context.edges)
    judge = rule.condition.prepare(panel, replace(context, paused=paused))
    states = States(series, rule.laws)
    clean = np.repeat(~paused[:, None], series, axis=1)
    level = np.zeros((days, series), np.int8)
    status = np.zeros((days, series), np.int8)
    episode = np.zeros((days, series), np.int32)
    since = np.full((days, series), -1, np.int32)
    ending = np.zeros((days, series), np.int8)
    # One cell that stands for all: what a condition never fills in costs no memory.
    nothing = np.broadcast_to(np.nan, (days, series))
    fields = dict.fromkeys(FIELDS, nothing)

    def filled(name: str) -> NDArray[np.float64]:
        if fields[name] is nothing:
            fields[name] = np.full((days, series), np.nan)
        return fields[name]

    bound = rule.on_targets
    begins = None if bound else beginnings(panel, context.reference)
    rows = np.arange(days, dtype=np.int32)[:, None]
    learned = clean.copy() if begins is not None and begins.any() else clean
    span = (np.full((days, series), -1, np.int32), np.full((days, series), -1, np.int32))
    begun = np.full(series, -1, np.int64)

    for t in range(days):
        if bound and t and panel.starts[t] != panel.starts[t - 1]:
            ending[t - 1] = np.maximum(
                ending[t - 1], states.end_all(panel.dates[t - 1], Ending.PERIOD_OVER)
            )
        if restarts and t in restarts:
            _begin_anew(np.array(restarts[t]), t, clean, states, ending, judge, panel)
        if begins is not None and learned is not clean:
            # Only the first rows can be too early for anybody.
            early = min(int(begins[t].max()), t + 1)
            learned[early : t + 1] = clean[early : t + 1]
            np.logical_and(clean[:early], rows[:early] >= begins[t], out=learned[:early])
        verdict = judge.at(t, learned)
        for name in FIELDS:
            given = getattr(verdict, name, None)
            if given is not None:
                filled(name)[t] = given
        held_back = untrusted[t] if untrusted is not None else np.zeros(series, bool)
        status[t] = _status(verdict, held_back, bool(paused[t]), bool(panel.steps[t]))
        if few is not None:
            status[t, few[t] & (status[t] == Status.JUDGED)] = Status.TOO_FEW
        known = status[t] == Status.JUDGED
        raw, held = verdict.raw, verdict.held
        if boost is not None:
            raised = boost[t] & (raw == 1)
            raw = np.where(raised, 2, raw).astype(np.int8)
            held = np.maximum(held, raw)
        before = states.episode.copy()
        if panel.steps[t]:
            lost = status[t] == Status.TOO_FEW
            ending[t] = states.step(t, panel.dates[t], raw, held, known, lost)
        if isinstance(judge, FilterJudge):
            opened = (states.episode > 0) & (before != states.episode)
            standing = np.flatnonzero(states.episode > 0)
            which = standing if t == days - 1 else np.flatnonzero(opened)
            if len(which):
                first, middle, last = judge.began(t, which)
                states.since[which] = np.maximum(middle, 0)
                begun[which] = np.maximum(first, 0)
                span[0][t, which], span[1][t, which] = begun[which], np.maximum(last, 0)
            if len(standing) and not context.bare:
                found = judge.gathered(states.since[standing], t, standing)
                filled("evidence")[t, standing] = found
            stays = np.flatnonzero((states.episode > 0) & (before == states.episode))
            if t and t < days - 1:
                span[0][t, stays], span[1][t, stays] = span[0][t - 1, stays], span[1][t - 1, stays]
        elif isinstance(rule.condition, ON_PERSONS):
            fresh = (states.episode > 0) & (before != states.episode)
            states.since[fresh] = max(t - rule.condition.weeks + 1, 0)
        elif isinstance(judge, PooledJudge):
            fresh = (states.episode > 0) & (before != states.episode)
            states.since[fresh] = judge.since[t, fresh]
        level[t], episode[t], since[t] = states.level, states.episode, states.since
        _mark(clean, t, before, states, ending[t], judge.forget, begun if rule.filters else None)
    onset = span if rule.filters else None
    spoken = judge.spoken if isinstance(judge, PooledJudge) else None
    return History(rule, panel, level, status, episode, since, ending, fields, onset, spoken)


def _begin_anew(  # type: ignore[no-untyped-def]
    which, t, clean, states: States, ending, judge: Judge, panel: Panel
) -> None:
    """From row t on the time since the episode began is the past of these series, and nothing before."""
    for s in which:
        since = int(states.since[s]) if states.episode[s] > 0 else t
        clean[:since, s] = False
        clean[since:t, s] = True
    flags = np.zeros(panel.shape[1], bool)
    flags[which] = True
    if t:
        open_ = flags & (states.episode > 0)
        ending[t - 1, open_] = int(Ending.RELEARNED)
    states.drop(flags)
    judge.forget(flags)


def _mark(clean, t, before, states, ending, forget, begun) -> None:  # type: ignore[no-untyped-def]
    """Keep the days of episodes out of later baselines; after a relearning only they count.

    `begun`: the earliest row in which a spell may have begun, None where only `since` is known.
    """
    clean[t] &= states.level == 0
    first = states.since if begun is None else begun
    for s in np.flatnonzero((states.episode > 0) & (before != states.episode)):
        clean[first[s] : t + 1, s] = False
    relearned = ending == Ending.RELEARNED
    if relearned.any():
        forget(relearned)
        for s in np.flatnonzero(relearned):
            # The level that lasted is the yardstick now; what was before it no longer is.
            lasted = int(states.laws.relearn_after)
            clean[: max(0, t - lasted), s] = False
            clean[max(0, t - lasted) : t + 1, s] = True


def _status(verdict: Row, untrusted: Flags, paused: bool, step: bool) -> NDArray[np.int8]:
    status = np.where(verdict.known, Status.JUDGED, Status.TOO_FEW)
    status = np.where(verdict.early, Status.TOO_EARLY, status)
    if not step:
        status = np.where(status == Status.JUDGED, Status.BETWEEN, status)
    if paused:
        status = np.full(status.shape, Status.PAUSED)
    return np.where(untrusted, Status.UNTRUSTED, status).astype(np.int8)


def _paused(pauses: tuple[Pause, ...], panel: Panel, edges: PeriodEdges) -> Flags:
    paused = np.zeros(len(panel.dates), bool)
    names = np.array([str(day)[5:] for day in panel.dates])
    for pause in pauses:
        inside = np.zeros(len(paused), bool)
        if pause.start is not None and pause.end is not None:
            inside |= (names >= pause.start) & (names <= pause.end)
            if pause.start > pause.end:  # over the turn of the year
                inside |= (names >= pause.start) | (names <= pause.end)
        if pause.workdays_below is not None and len(panel.dates) > 1:
            # Exposure 1 is five workdays in a week.
            inside |= panel.exposure * 5 < pause.workdays_below
        if pause.quarter_weeks_left is not None:
            left = edges.quarter_end(panel.dates) - panel.dates
            inside |= left.astype(int) <= 7 * pause.quarter_weeks_left
        paused |= inside
        for later in range(1, min(pause.after, len(paused) - 1) + 1):
            paused[later:] |= inside[:-later]
    return paused
