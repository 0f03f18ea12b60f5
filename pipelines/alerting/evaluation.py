"""The evaluation: tidy metrics and rules in, levels and episodes of every scope and day out.

Add here: how rules, panels and scopes are brought together. Keep out: statistics (`conditions/`),
laws of levels (`judging/states.py`), and any I/O: the nightly run, the backtest and the tuning all call
`evaluate`, so there is no second engine.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from pipelines.alerting.cases.causes import joined_to_cases
from pipelines.alerting.cases.habit import Habit, by_habit, with_habits
from pipelines.alerting.cases.severity import QuarterTargets, UsualRevenue
from pipelines.alerting.conditions import ON_PERSONS, CountFilter
from pipelines.alerting.conditions.base import Context, Flags, Levels
from pipelines.alerting.judging.absences import Away, absent
from pipelines.alerting.judging.distrust import Distrust
from pipelines.alerting.judging.episodes import episodes_of
from pipelines.alerting.judging.level_rows import level_rows, stood_on
from pipelines.alerting.judging.panels import Panels, reference_of
from pipelines.alerting.judging.readiness import Readiness, readiness_of
from pipelines.alerting.judging.running import History, run
from pipelines.alerting.judging.settled import Settled, restarts
from pipelines.alerting.judging.voices import Voice, voice_of
from pipelines.alerting.rules.compound import agreement, standing
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.rules.seconds import Said, said_of, told
from pipelines.alerting.series.heads import Heads
from pipelines.alerting.series.parents import joined_to_parents
from pipelines.alerting.series.rows import Rows, rows_of
from pipelines.alerting.series.scope_tree import ScopeTree
from pipelines.alerting.words.presentation import EPISODE_COLUMNS, Part, Presenter

LEVEL_COLUMNS = [
    "rule",
    "family",
    "metric",
    "scope_type",
    "scope_id",
    "dimension",
    "as_of",
    "period_start",
    "level",
    "inherited_from",
    "value",
    "expected",
    "limit_value",
    "sample_size",
    "probability",
]


@dataclass(frozen=True)
class Evaluation:
    """`episodes`: grain episode, columns of `fct_alerts` and more, rules of mode alert.
    `watched`: the same for rules of mode watch, which tell nobody.
    `levels`: grain rule × scope × dimension × evaluation day. `readiness`: one entry a rule, on the last
    day. `said`: what each filter says, where a rule asks for a second voice.
    """

    episodes: pd.DataFrame
    watched: pd.DataFrame
    levels: pd.DataFrame
    readiness: tuple[Readiness, ...] = ()
    said: tuple[Said, ...] = ()


class Judged(NamedTuple):
    """What came of a rule before it is told: its history, where a partner raises it, levels of its parts."""

    history: History | None
    boost: Flags | None
    levels_of: Mapping[str, tuple[Levels, Flags]]


def evaluate(
    metrics: Rows | pd.DataFrame,
    completion_history: pd.DataFrame | None,
    rules: Sequence[Rule],
    scopes: pd.DataFrame,
    *,
    as_of: dt.date,
    first: dt.date | None = None,
    every_level: bool = True,
    untrusted: Collection[str] | pd.DataFrame | None = None,
    calendar: pd.DataFrame | None = None,
    absences: Sequence[Away] = (),
    people: pd.DataFrame | None = None,
    settled: Sequence[Settled] = (),
    beside: Sequence[Said] = (),
    language: str = "zh",
    currency: str = "",
) -> Evaluation:
    """Judge every rule on every day up to `as_of`; levels are returned from `first` on, without
    `every_level` only what marts are made of (`level_rows.stood_on`): at thousands of scopes all of them
    are tens of millions of rows.

    `metrics`: `fct_metrics`; `completion_history`: `fct_target_completion_history`, or in the place of both
    what is asked for them metric by metric (`series/rows.py`); `scopes`:
    scope_type, scope_id, scope_name, parent_scope_type, parent_scope_id, owner_id.
    `untrusted`: names of metrics not to be believed on the last evaluation, or a frame with
    metric and optionally scope_type, scope_id, from_date, to_date.
    `calendar`: date_day, is_workday (without it every week counts as a full one), and where weeks and fiscal
    periods begin (`period_edges`). `absences`: when single
    reps are known to be away; questions about persons leave them alone. `people`: stays in teams (`dim_rep`);
    a team of fewer people is expected to do less. `settled`: figures whose lasting level somebody called
    the new normal. `beside`: what filters say that are not among `rules`, for those that ask for a second voice.

    A level of day D depends on rows up to D only: more days never change what was said before.
    """
    tree = ScopeTree(scopes)
    heads = Heads(people, tree, absences)
    past = rows_of(metrics, completion_history)
    panels = Panels(past, as_of, calendar)
    distrust = Distrust(untrusted)
    raising = {family for rule in rules for family in rule.raised_by}
    named = {name for rule in rules for name in rule.parts}
    partners: dict[str, list[History]] = {}
    parts: dict[str, History] = {}
    for rule in rules:
        # Only partners are kept: at thousands of scopes a history is tens of megabytes.
        if (rule.family in raising or rule.name in named) and not (rule.parts or rule.pools):
            history = _history(rule, panels, distrust, None, absences, heads, settled)
            if history is not None:
                partners.setdefault(rule.family, []).append(history)
                parts[rule.name] = history
    told_of = {kind for rule in rules for kind in rule.scopes}
    presenter = Presenter(
        tree,
        UsualRevenue(past.metric("revenue", "week", told_of), as_of),
        QuarterTargets(past.targets("quarter", "revenue", told_of), as_of, panels.edges),
        as_of=as_of,
        language=language,
        currency=currency,
        rows=past,
    )
    records: list[dict[str, object]] = []
    levels = []
    ready: dict[str, Readiness] = {}
    pooled = {name for rule in rules for name in rule.pools}
    asked = any(rule.seconded for rule in rules)
    voices: dict[str, Voice] = {}
    others: list[Said] = [*beside]

    def judged(rule: Rule) -> Judged:
        boost = None
        partnered = [h for family in rule.raised_by for h in partners.get(family, [])]
        panel = panels.of(rule)
        if panel is not None and partnered:
            boost = agreement(panel, partnered)
        levels_of = {
            name: standing(panel, parts[name])
            for name in rule.parts
            if panel is not None and name in parts
        }
        # A partner that nobody raises was judged already.
        history = parts.get(rule.name) if boost is None and not levels_of else None
        if history is None:
            said = [voices[name] for name in rule.pools if name in voices]
            history = _history(
                rule, panels, distrust, boost, absences, heads, settled, levels_of, said
            )
        return Judged(history, boost, levels_of)

    # What backs others, or is backed by them, is told when all of them have spoken.
    spoken: dict[str, Judged] = {}
    for rule in rules if asked else ():
        if rule.filters:
            spoken[rule.name] = verdict = judged(rule)
            if verdict.history is not None:
                others.append(said_of(verdict.history))
    # What pools the figures of others comes after them.
    for rule in sorted(rules, key=lambda rule: bool(rule.pools)):
        verdict = spoken.pop(rule.name) if rule.name in spoken else judged(rule)
        history = verdict.history
        ready[rule.name] = readiness_of(rule, history, panels.edges, panels.workdays)
        if history is None:
            continue
        history = told(history, others)
        if rule.name in pooled:
            voices[rule.name] = voice_of(history)
        kinds: set[str] = set(rule.scopes)
        found = episodes_of(history, kinds)
        wanted = None if every_level else stood_on(history, found)
        levels.append(level_rows(history, kinds, first, tree, wanted))
        parts_told = _titled(verdict.levels_of, rules)
        records.extend(presenter.present(history, found, verdict.boost, parts_told))
    frame = pd.DataFrame(records, columns=EPISODE_COLUMNS)
    frame = joined_to_parents(frame, tree)
    habit: dict[str, Habit] = {}
    if len(frame) and frame["rule"].isin([rule.name for rule in rules if rule.on_targets]).any():
        habit = by_habit(frame, rules, past.outcomes(as_of))
        frame = with_habits(frame, habit)
    alerts = frame["mode"] == "alert"
    return Evaluation(
        episodes=joined_to_cases(frame[alerts].reset_index(drop=True), rules, tree, habit),
        watched=frame[~alerts].reset_index(drop=True),
        levels=pd.concat(levels, ignore_index=True)[LEVEL_COLUMNS]
        if levels
        else pd.DataFrame(columns=LEVEL_COLUMNS),
        readiness=tuple(ready[rule.name] for rule in rules),
        said=tuple(others),
    )


def _history(
    rule: Rule,
    panels: Panels,
    distrust: Distrust,
    boost: Flags | None,
    absences: Sequence[Away],
    heads: Heads,
    settled: Sequence[Settled],
    parts: Mapping[str, tuple[Levels, Flags]] | None = None,
    voices: Sequence[Voice] = (),
) -> History | None:
    panel = panels.of(rule)
    if panel is None:
        return None
    context = Context(
        reference=reference_of(panel),
        direction=rule.side,
        hysteresis=rule.hysteresis,
        min_sample=rule.min_sample,
        edges=panels.edges,
        parts=parts or {},
        voices=voices,
        metric=rule.metric,
        heads=heads.of(panel) if isinstance(rule.condition, CountFilter) else None,
        absent=absent(panel, absences) if isinstance(rule.condition, ON_PERSONS) else None,
    )
    people = heads.of(panel) if rule.min_people else None
    return run(
        rule,
        panel,
        context,
        few=None if people is None else people < rule.min_people,
        untrusted=distrust.of(rule, panel),
        boost=boost,
        restarts=restarts(rule, panel, settled),
    )


def _titled(parts: Mapping[str, tuple[Levels, Flags]], rules: Sequence[Rule]) -> list[Part]:
    titles = {rule.name: rule.title for rule in rules}
    return [Part(titles[name].zh, titles[name].en, level) for name, (level, _) in parts.items()]


def rules_without_rows(rules: Iterable[Rule], metrics: pd.DataFrame) -> list[str]:
    """Names of rules that find no row to judge: they are silent, not normal."""
    there = set(zip(metrics["metric"], metrics["grain"], strict=True))
    return [r.name for r in rules if not r.on_targets and (r.metric, r.grain) not in there]
