"""How often a rule would lie: false alarms on series in which nothing happens.

Add here: another kind of quiet series. Keep out: alarms on the company's own past (`backtest.py`).

Simulated through the real engine with a fixed seed, so that confirmation, hysteresis and cool-down
count, and so does a second voice, which is silent then. Rules on targets, fixed limits and rules made of other rules have no quiet series: their figure is NaN.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.alerting.conditions import (
    ON_PARTS,
    TOGETHER,
    Change,
    CountShift,
    Limit,
    Poisson,
    Pooled,
)
from pipelines.alerting.conditions.base import Context
from pipelines.alerting.judging.running import run
from pipelines.alerting.rules.program import judge
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.rules.seconds import Said, told
from pipelines.alerting.series.panel import Panel

WARM_UP = 60
# A quarter of a second per rule; 20,000 weeks tell 0.1 alarms in 100 scopes and weeks from none.
NIGHTLY_PERIODS = 160


@dataclass(frozen=True)
class QuietSeries:
    """What the simulated scopes look like: mean count per period, cases and rate of a share."""

    mean: float = 12.0
    cases: float = 8.0
    rate: float = 0.5
    series: int = 200
    periods: int = 260


def false_alarms_per_100_series(
    rule: Rule, quiet: QuietSeries | None = None, seed: int = 20240501
) -> float:
    """Alarms (episodes opened) per period in 100 scopes with nothing wrong; NaN if undefined."""
    if rule.on_targets or isinstance(rule.condition, (Limit, Change, Pooled, *TOGETHER)):
        return math.nan
    quiet = quiet or QuietSeries()
    panel = quiet_panel(rule, quiet, np.random.default_rng(seed))
    context = Context(
        reference=np.full(quiet.series, -1),
        direction=rule.side,
        hysteresis=rule.hysteresis,
        min_sample=min(rule.min_sample, int(quiet.cases)),
        bare=True,
    )
    # Nothing is off anywhere, so no other figure backs what chance raises.
    calm = np.zeros(panel.shape, np.float32)
    history = told(run(rule, panel, context), [Said("", panel.keys, panel.dates, calm)])
    before = np.vstack([np.zeros((1, quiet.series), int), history.episode[:-1]])
    opened = (history.episode > 0) & (history.episode != before)
    counted = opened[WARM_UP:]
    return float(counted.sum() / counted.size * 100)


def expected_false_alarms(rules: Sequence[Rule], cache: Path | None = None) -> dict[str, float]:
    """False alarms per period in 100 quiet scopes by rule; NaN where there is no such figure.

    A simulation depends on the rule and the engine alone, so `cache` (a JSON file) keeps it until
    one of them changes. A cache that cannot be read or written costs seconds, nothing else.
    """
    known: dict[str, float | None] = {}
    if cache is not None:
        with contextlib.suppress(OSError, ValueError):
            content = json.loads(cache.read_text(encoding="utf-8"))
            known = content if isinstance(content, dict) else {}
    engine = _engine()
    found: dict[str, float | None] = {}
    by_rule = {}
    quiet = QuietSeries(periods=NIGHTLY_PERIODS)
    for rule in rules:
        key = f"{rule.version}-{engine}"
        if key not in known:
            rate = false_alarms_per_100_series(rule, quiet)
            known[key] = None if math.isnan(rate) else rate
        found[key] = known[key]
        rate_known = known[key]
        by_rule[rule.name] = math.nan if rate_known is None else float(rate_known)
    if cache is not None:
        with contextlib.suppress(OSError):
            cache.parent.mkdir(parents=True, exist_ok=True)
            draft = cache.with_name(f".{cache.name}.{os.getpid()}")
            draft.write_text(json.dumps(found, indent=1), encoding="utf-8")
            draft.replace(cache)
    return by_rule


def _engine() -> str:
    """Fingerprint of the code that decides levels, of these series, and of the library that draws."""
    digest = hashlib.sha256(f"{np.__version__}{judge()}".encode())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()[:12]


def quiet_panel(rule: Rule, quiet: QuietSeries, rng: np.random.Generator) -> Panel:
    """Independent weekly values that never change: binomial, Poisson or normal by the rule."""
    shape = (quiet.periods, quiet.series)
    fields: dict[str, np.ndarray] = {}
    if isinstance(rule.condition, ON_PARTS):
        cases = rng.poisson(quiet.cases, shape).astype(float)
        rate = quiet.rate if rule.side == "below" else min(quiet.rate, 0.1)
        hits = rng.binomial(cases.astype(int), rate).astype(float)
        with np.errstate(invalid="ignore"):
            fields["value"] = hits / cases
        fields["numerator"], fields["denominator"], fields["sample_size"] = hits, cases, cases
    elif isinstance(rule.condition, (Poisson, CountShift)) or rule.described.kind == "count":
        mean = max(quiet.mean, getattr(rule.condition, "min_mean", 0.0) * 1.5)
        fields["value"] = rng.poisson(mean, shape).astype(float)
    else:
        fields["value"] = rng.normal(quiet.mean, quiet.mean / 10, shape)
    first = np.datetime64("2020-01-05")
    dates = first + 7 * np.arange(quiet.periods)
    keys = pd.DataFrame(
        {
            "scope_type": "team",
            "scope_id": [f"S{i}" for i in range(quiet.series)],
            "dimension": "",
        }
    )
    every = np.ones(quiet.periods, bool)
    return Panel(dates, dates - 6, keys, fields, every, np.ones(quiet.periods))
