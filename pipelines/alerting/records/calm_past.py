"""How often a filter would be wrong here: the company's own past with all that was wrong taken out.

Add here: another way to make a calm past of a real one. Keep out: series from nowhere (`false_alarms.py`),
and what stands beside an alert (`record.py`).

Independent series of constant mean understate false alarms several times. So the distances of the calm
weeks from what was usual are drawn anew in blocks of weeks, all scopes together (season, growth and
dependence between scopes and weeks stay), put on what was usual, and run through the engine from the start
(moving block bootstrap, Künsch 1989).
"""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pipelines.alerting.conditions.base import Context
from pipelines.alerting.conditions.rate_filter import RateFilter
from pipelines.alerting.judging.panels import Panels, reference_of
from pipelines.alerting.judging.running import History, Status, run
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.rules.seconds import said_of, told
from pipelines.alerting.series.panel import Floats, Panel

BLOCK = 6
# With fewer weeks there is not enough to draw from.
LEAST_WEEKS = 52
WARM_UP = 26
AROUND = 6
# Cases in favour of "no drift": with few of its own a quarter says little.
STEADY = 400.0
SPREAD = 0.03
MOST_SERIES = 400
REPEATS, SEED = 2, 20240501


def calm_rates(
    rules: Sequence[Rule],
    past: Callable[[], Panels],
    *,
    cache: Path,
    renew: bool,
) -> dict[str, float]:
    """Openings that are told per week in 100 calm scopes, by name of the rules that are filters; without those
    that have no such rate.

    A rate is drawn where `renew` says so, and kept in `cache` (a JSON file) for the nights between, as
    long as the rule stays what it is. A cache that cannot be read or written costs a rate, nothing else.
    """
    known: dict[str, float] = {}
    with contextlib.suppress(OSError, ValueError):
        content = json.loads(cache.read_text(encoding="utf-8"))
        known = content if isinstance(content, dict) else {}
    filters = [rule for rule in rules if rule.filters]
    if renew:
        known = {of.version: rate for of, rate in _rates(filters, past()) if math.isfinite(rate)}
        with contextlib.suppress(OSError):
            cache.parent.mkdir(parents=True, exist_ok=True)
            draft = cache.with_name(f".{cache.name}.{os.getpid()}")
            draft.write_text(json.dumps(known, indent=1), encoding="utf-8")
            draft.replace(cache)
    return {rule.name: known[rule.version] for rule in filters if rule.version in known}


@dataclass(frozen=True)
class _Calm:
    """A rule, the panel of its scopes without a running week, and what was usual and wrong in it."""

    rule: Rule
    panel: Panel
    context: Context
    expected: Floats
    bad: np.ndarray


def _rates(rules: Sequence[Rule], panels: Panels) -> Iterator[tuple[Rule, float]]:
    """By rule: openings that are told per week in 100 scopes in which nothing is wrong. Rules with fewer than
    `LEAST_WEEKS` weeks have none. All rules draw the same weeks, so that one figure backs another as
    often as chance has it.
    """
    calm = [one for rule in rules if (one := _calm(rule, panels)) is not None]
    opened, looked = [0] * len(calm), [0] * len(calm)
    for repeat in range(REPEATS):
        found = [_slim(run(one.rule, _drawn(one, repeat), one.context)) for one in calm]
        others = [said_of(history) for history in found]
        for n, history in enumerate(found):
            again = told(history, others)
            before = np.vstack(
                [np.zeros((1, again.episode.shape[1]), np.int32), again.episode[:-1]]
            )
            fresh = (again.episode > 0) & (again.episode != before)
            opened[n] += int(fresh[WARM_UP:].sum())
            looked[n] += int(np.isfinite(again.fields["expected"])[WARM_UP:].sum())
    for one, openings, weeks in zip(calm, opened, looked, strict=True):
        yield one.rule, 100 * openings / weeks if weeks else math.nan


def _calm(rule: Rule, panels: Panels) -> _Calm | None:
    panel = panels.whole(rule)
    if panel is None or panel.shape[0] < LEAST_WEEKS:
        return None
    context = Context(
        reference=reference_of(panel),
        direction=rule.side,
        hysteresis=rule.hysteresis,
        min_sample=rule.min_sample,
        edges=panels.edges,
        bare=True,
    )
    panel, context = _narrowed(panel, context)
    history = run(rule, panel, context)
    # A week that was not judged (a holiday) lends its distance to no other.
    bad = (history.level > 0) | (history.status != Status.JUDGED)
    return _Calm(rule, panel, context, history.fields["expected"], bad)


def _slim(history: History) -> History:
    """Without the figures that nobody asks for again: those of all rules are held at once."""
    kept = {name: history.fields[name] for name in ("probability", "expected")}
    return replace(history, fields=kept, panel=replace(history.panel, fields={}))


def _narrowed(panel: Panel, context: Context) -> tuple[Panel, Context]:
    size = panel.shape[1]
    if size <= MOST_SERIES:
        return panel, context
    whole = np.unique(context.reference[context.reference >= 0])
    kept = np.unique(np.r_[whole, np.arange(MOST_SERIES)])
    place = np.full(size, -1)
    place[kept] = np.arange(len(kept))
    fields = {name: grid[:, kept] for name, grid in panel.fields.items()}
    narrow = replace(panel, keys=panel.keys.iloc[kept].reset_index(drop=True), fields=fields)
    reference = context.reference[kept]
    return narrow, replace(context, reference=np.where(reference >= 0, place[reference], -1))


def _drawn(of: _Calm, repeat: int) -> Panel:
    """The panel with new weeks: what was usual, and distances from it of other weeks."""
    rule, panel, expected, bad = of.rule, of.panel, of.expected, of.bad
    weeks = panel.shape[0]
    rng = np.random.default_rng([SEED, repeat])
    starts = rng.integers(0, max(weeks - BLOCK, 1), -(-weeks // BLOCK))
    source = (starts[:, None] + np.arange(BLOCK)).ravel()[:weeks]
    fields = dict(panel.fields)
    if isinstance(rule.condition, RateFilter):
        cases = np.nan_to_num(panel.field("denominator"))
        had = np.nan_to_num(panel.field("numerator"))
        mean = np.minimum(_in_hindsight(had, cases * np.nan_to_num(expected), bad), cases)
        worth = 1 + np.maximum(cases - 1, 0) * rule.condition.correlation
        with np.errstate(divide="ignore", invalid="ignore"):
            sd = np.sqrt(np.nan_to_num(mean * (1 - mean / cases) * worth))
        hits = _moved(had, mean, sd, expected, bad, source, rng)
        hits = np.clip(hits, 0, cases)
        with np.errstate(divide="ignore", invalid="ignore"):
            fields["value"] = np.where(cases > 0, hits / cases, np.nan)
        seen = np.isfinite(panel.field("numerator"))
        fields["numerator"] = np.where(seen, hits, np.nan)
    else:
        value = panel.field("value")
        mean = _in_hindsight(np.nan_to_num(value), np.nan_to_num(expected), bad)
        sd = np.sqrt(mean + SPREAD * mean**2)
        new = _moved(np.nan_to_num(value), mean, sd, expected, bad, source, rng)
        new = np.maximum(new, 0)
        fields["value"] = np.where(np.isfinite(value), new, np.nan)
    return replace(panel, fields=fields)


def _in_hindsight(value: Floats, expected: Floats, bad: np.ndarray) -> Floats:
    """What was usual, corrected by what the quarter round each week was like: the yardstick of that day
    was late for every slow drift, and a distance from it would count that twice.
    """
    calm = (expected > 0) & ~bad
    total = [np.cumsum(np.vstack([np.zeros(value.shape[1]), np.where(calm, x, 0.0)]), axis=0)
             for x in (value, expected)]  # fmt: skip
    rows = np.arange(len(value))
    low, high = np.maximum(rows - AROUND, 0), np.minimum(rows + AROUND + 1, len(value))
    had, should = (sums[high] - sums[low] for sums in total)
    return expected * (had + STEADY) / (should + STEADY)


def _moved(
    value: Floats,
    mean: Floats,
    sd: Floats,
    expected: Floats,
    bad: np.ndarray,
    source: np.ndarray,
    rng: np.random.Generator,
) -> Floats:
    weeks, series = value.shape
    usable = np.isfinite(expected) & (sd > 0) & ~bad
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(usable, (value - mean) / sd, np.nan)
    # Weeks that were wrong, or not judged, lend the distance of another calm week of the same scope.
    for s in range(series):
        calm = z[usable[:, s], s]
        gaps = ~usable[:, s]
        z[gaps, s] = rng.choice(calm, int(gaps.sum())) if len(calm) else 0.0
    drawn = mean + z[np.minimum(source, weeks - 1)] * sd
    whole = np.floor(drawn + rng.random(drawn.shape))
    return np.where(np.isfinite(expected) & (sd > 0), whole, value)
