"""A small company of noisy weeks, and a rule of every kind, for tests of the whole evaluation."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from alerting_frames import completion, rule, share, weekly

from pipelines.alerting.rules.rule import Rule

WEEKS = 40
CONDITIONS = [
    ("orders", {"type": "ewma", "counts": False, "min_history": 4, "warning": 1.5, "danger": 2}),
    ("orders", {"type": "cusum", "min_history": 4, "warning": 2, "danger": 3}),
    ("orders", {"type": "poisson", "min_history": 4, "warning": 1.5, "danger": 2}),
    ("orders", {"type": "consecutive", "min_history": 4, "sigma": 0.5}),
    ("orders", {"type": "count_shift", "min_history": 4, "warning": 1, "danger": 2, "gap": 2}),
    ("orders", {"type": "trend", "periods": 6, "warning": 1, "danger": 1.5}),
    ("orders", {"type": "change", "against": "previous", "warning": -0.2, "danger": -0.4}),
    ("orders", {"type": "against_past", "min_history": 4, "relative": "company"}),
    ("win_rate", {"type": "p_chart", "window": 2, "min_history": 4, "warning": 1, "danger": 1.5}),
    ("win_rate", {"type": "rate_fall", "window": 3, "min_history": 4, "warning": 0.8}),
    ("win_rate", {"type": "rate_shift", "min_history": 4, "warning": 1, "danger": 2}),
]


def every_rule() -> list[Rule]:
    confirm = {"warning": 2, "danger": 1, "clear": 2}
    rules = [
        rule(
            metric,
            condition,
            name=f"r{i}",
            family=f"f{i}",
            confirm=confirm,
            cool_down_days=14,
            hysteresis=0.05,
            relearn_after=8,
            raised_by=("f1",) if i in {0, 8} else (),
        )
        for i, (metric, condition) in enumerate(CONDITIONS)
    ]
    target = {"type": "probability", "warning": 0.5, "danger": 0.8}
    return [*rules, rule("target_attainment", target, confirm=confirm)]


RULES = every_rule()


def company(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A small company of noisy weeks with a fall somewhere, and three quarters of targets."""
    rng = np.random.default_rng(seed)
    frames, history = [], []
    for scope in (("company", "company"), ("region", "华东"), ("team", "T1"), ("team", "T2")):
        level = np.full(WEEKS, 10.0)
        level[rng.integers(8, WEEKS) :] *= rng.choice([0.3, 0.6, 1.0])
        frames.append(weekly("orders", rng.poisson(level), scope=scope))
        cases = rng.poisson(8, WEEKS)
        hits = rng.binomial(cases, np.where(level < 10, 0.2, 0.5))
        frames.append(share("win_rate", hits, cases, scope=scope))
        for q, (s, e) in enumerate(
            [
                ((2024, 1, 1), (2024, 3, 31)),
                ((2024, 4, 1), (2024, 6, 30)),
                ((2024, 7, 1), (2024, 9, 30)),
            ]
        ):
            done = np.cumsum(rng.gamma(2, 0.04, 13))
            p = np.clip(1.2 - done / (np.arange(1, 14) / 13), 0.01, 0.99)
            start, end = dt.date(*s), dt.date(*e)
            rows = completion(done, probability=p[: len(done)], scope=scope, start=start, end=end)
            history.append(rows)
            frames.append(
                weekly(
                    "target_attainment",
                    [done[-1]],
                    scope=scope,
                    first=start,
                    grain="quarter",
                    step=(end - start).days + 1,
                )
            )
            assert q < 3
    return pd.concat(frames), pd.concat(history)
