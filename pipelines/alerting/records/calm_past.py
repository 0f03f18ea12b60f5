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
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipelines.alerting.conditions.base import Context
from pipelines.alerting.conditions.rate_filter import RateFilter
from pipelines.alerting.judging.panels import Panels, reference_of
from pipelines.alerting.judging.running import Status, run
from pipelines.alerting.rules.rule import Rule
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


def calm_rates(
    rules: Sequence[Rule],
    past: Callable[[], Panels],
    *,
    cache: Path,
    renew: bool,
) -> dict[str, float]:
    """`calm_rate` by name of the rules that are filters; without those that have none.

    A rate is drawn where `renew` says so, and kept in `cache` (a JSON file) for the nights between, as
    long as the rule stays what it is. A cache that cannot be read or written costs a rate, nothing else.
    """
    known: dict[str, float] = {}
    with contextlib.suppress(OSError, ValueError):
        content = json.loads(cache.read_text(encoding="utf-8"))
        known = content if isinstance(content, dict) else {}
    filters = [rule for rule in rules if rule.filters]
    if renew:
        known = {}
        panels = past()
        for rule in filters:
            panel = panels.whole(rule)
            if panel is None:
                continue
            context = Context(
                reference=reference_of(panel),
                direction=rule.side,
                hysteresis=rule.hysteresis,
                min_sample=rule.min_sample,
                edges=panels.edges,
            )
            rate = calm_rate(rule, panel, context)
            if math.isfinite(rate):
                known[rule.version] = rate
        with contextlib.suppress(OSError):
            cache.parent.mkdir(parents=True, exist_ok=True)
            draft = cache.with_name(f".{cache.name}.{os.getpid()}")
            draft.write_text(json.dumps(known, indent=1), encoding="utf-8")
            draft.replace(cache)
    return {rule.name: known[rule.version] for rule in filters if rule.version in known}


def calm_rate(
    rule: Rule, panel: Panel, context: Context, *, repeats: int = 2, seed: int = 20240501
) -> float:
    """Openings per week in 100 scopes in which nothing is wrong; NaN below `LEAST_WEEKS` weeks.

    `panel` without a running week. At most `MOST_SERIES` series are looked at, the first ones.
    """
    if panel.shape[0] < LEAST_WEEKS:
        return math.nan
    panel, context = _narrowed(panel, replace(context, bare=True))
    history = run(rule, panel, context)
    expected = history.fields["expected"]
    # A week that was not judged (a holiday) lends its distance to no other.
    bad = (history.level > 0) | (history.status != Status.JUDGED)
    rng = np.random.default_rng(seed)
    opened, looked = 0, 0
    for _ in range(repeats):
        drawn = _drawn(rule, panel, expected, bad, rng)
        again = run(rule, drawn, context)
        before = np.vstack([np.zeros((1, drawn.shape[1]), np.int32), again.episode[:-1]])
        fresh = (again.episode > 0) & (again.episode != before)
        known = np.isfinite(again.fields["expected"])
        opened += int(fresh[WARM_UP:].sum())
        looked += int(known[WARM_UP:].sum())
    return 100 * opened / looked if looked else math.nan


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


def _drawn(
    rule: Rule, panel: Panel, expected: Floats, bad: np.ndarray, rng: np.random.Generator
) -> Panel:
    """The panel with new weeks: what was usual, and distances from it of other weeks."""
    fields = dict(panel.fields)
    if isinstance(rule.condition, RateFilter):
        cases = np.nan_to_num(panel.field("denominator"))
        had = np.nan_to_num(panel.field("numerator"))
        mean = np.minimum(_in_hindsight(had, cases * np.nan_to_num(expected), bad), cases)
        worth = 1 + np.maximum(cases - 1, 0) * rule.condition.correlation
        with np.errstate(divide="ignore", invalid="ignore"):
            sd = np.sqrt(np.nan_to_num(mean * (1 - mean / cases) * worth))
        hits = _moved(had, mean, sd, expected, bad, rng)
        hits = np.clip(hits, 0, cases)
        with np.errstate(divide="ignore", invalid="ignore"):
            fields["value"] = np.where(cases > 0, hits / cases, np.nan)
        seen = np.isfinite(panel.field("numerator"))
        fields["numerator"] = np.where(seen, hits, np.nan)
    else:
        value = panel.field("value")
        mean = _in_hindsight(np.nan_to_num(value), np.nan_to_num(expected), bad)
        sd = np.sqrt(mean + SPREAD * mean**2)
        new = np.maximum(_moved(np.nan_to_num(value), mean, sd, expected, bad, rng), 0)
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
    starts = rng.integers(0, max(weeks - BLOCK, 1), -(-weeks // BLOCK))
    source = (starts[:, None] + np.arange(BLOCK)).ravel()[:weeks]
    drawn = mean + z[np.minimum(source, weeks - 1)] * sd
    whole = np.floor(drawn + rng.random(drawn.shape))
    return np.where(np.isfinite(expected) & (sd > 0), whole, value)
