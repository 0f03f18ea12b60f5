"""How long an evaluation takes: a night of 5,000 scopes × 25 rules, and a replay of two years.

    python -m benchmarks.alerting_speed [FOLDER SEED]

Add here: a timing of the alerting engine as a ratio to a baseline of the same run. Keep out: how
good the rules are (`alerting.py`). The baseline is one pass of pandas over the same rows: the mean
of every metric and scope. With a folder of `alerting_companies`: also two and a half years of that company
of 96 reps, weekly, all shipped rules.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from benchmarks.alerting import replay
from benchmarks.alerting_companies import built
from pipelines.alerting.evaluation import evaluate
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.rules.rule_file import load_rules
from pipelines.alerting.series.catalogue import METRICS
from pipelines.settings import PROJECT

WEEKS, TEAMS, REGIONS, CASES, SHARE, RULES = 104, 300, 12, 12, 0.3, 25
# One pass alone takes between half and twice as long as the next.
PASSES = 5
USUAL = {"concentration": 0.1, "sales_cycle_days": 60.0}
FIRST = dt.date(2024, 1, 1)


def scope_frame(count: int) -> pd.DataFrame:
    """A company, its regions and teams, and reps up to `count` scopes."""
    regions = [("region", f"G{i:02}", "company", "company") for i in range(REGIONS)]
    teams = [("team", f"T{i:04}", "region", f"G{i % REGIONS:02}") for i in range(TEAMS)]
    reps = count - 1 - len(regions) - len(teams)
    people = [("rep", f"R{i:05}", "team", f"T{i % TEAMS:04}") for i in range(reps)]
    rows = [("company", "company", None, None), *regions, *teams, *people]
    names = ["scope_type", "scope_id", "parent_scope_type", "parent_scope_id"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.assign(scope_name=frame["scope_id"], owner_id=frame["scope_id"])


def metric_rows(scopes: pd.DataFrame, metrics: list[str], rng: np.random.Generator) -> pd.DataFrame:
    """Weekly rows of every metric for every scope, as `fct_metrics` has them: steady business with
    the scatter that such figures have. Counts and cases of a team are the sum of its reps', of a
    region of its teams', as the filters take for granted.
    """
    starts = np.datetime64(FIRST, "us") + np.arange(WEEKS) * np.timedelta64(7, "D")
    adds = _sums(scopes)
    parts = []
    for name in metrics:
        people = adds.shape[1]
        # Every rep has a pace of his own.
        pace = rng.gamma(4.0, CASES / 4.0, people)[:, None]
        own_cases = rng.poisson(np.repeat(pace, WEEKS, axis=1)).astype(float)
        own_hits = rng.binomial(own_cases.astype(int), SHARE).astype(float)
        cases, hits = (adds @ own_cases).ravel(), (adds @ own_hits).ravel()
        value, parts_known = cases, METRICS[name].counts_cases
        if parts_known:
            value = np.where(cases > 0, hits / np.maximum(cases, 1), np.nan)
        elif METRICS[name].kind in {"ratio", "days"}:
            value = USUAL.get(name, 3.0) * rng.lognormal(0, 1 / np.sqrt(np.maximum(cases, 1)))
        parts.append(
            pd.DataFrame(
                {
                    "metric": name,
                    "grain": "week",
                    "period_start": np.tile(starts, len(scopes)),
                    "period_end": np.tile(starts + np.timedelta64(6, "D"), len(scopes)),
                    "scope_type": np.repeat(scopes["scope_type"].to_numpy(object), WEEKS),
                    "scope_id": np.repeat(scopes["scope_id"].to_numpy(object), WEEKS),
                    "dimension": "",
                    "value": value,
                    "numerator": hits if parts_known else np.nan,
                    "denominator": cases if parts_known else np.nan,
                    "sample_size": cases,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _sums(scopes: pd.DataFrame) -> sparse.csr_matrix:
    """(scopes, reps): 1 where the rep belongs to the scope."""
    parent = dict(zip(scopes["scope_id"], scopes["parent_scope_id"], strict=True))
    row_of = {ident: n for n, ident in enumerate(scopes["scope_id"])}
    reps = scopes.loc[scopes["scope_type"] == "rep", "scope_id"]
    rows, columns = [], []
    for n, rep in enumerate(reps):
        at = rep
        while at in row_of:
            rows.append(row_of[at])
            columns.append(n)
            at = parent[at]
    return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), (len(scopes), len(reps)))


def rules_for(count: int) -> list[Rule]:
    """The shipped weekly rules, each for every kind of scope, as often as makes `count` metrics.

    The plain form "two weeks below the mean" is left out: it alarms every sixth week by its nature.
    """
    shipped, _ = load_rules(PROJECT / "config" / "alert_rules.yml")
    weekly = [
        rule.model_copy(update={"scopes": ("company", "region", "team", "rep"), "only": ()})
        for rule in shipped
        if not rule.on_targets and rule.grain == "week" and rule.condition.type != "consecutive"
    ]
    # Another hysteresis makes another rule, so that nothing is shared but the panel.
    again = [
        rule.model_copy(update={"name": f"{rule.name}_again", "hysteresis": 0.06})
        for rule in weekly[: max(count - len(weekly), 0)]
    ]
    return [rule.model_copy(update={"dimension": "total"}) for rule in weekly + again][:count]


def main() -> None:
    rules, scopes = rules_for(RULES), scope_frame(5_000)
    rows = metric_rows(scopes, sorted({r.metric for r in rules}), np.random.default_rng(1))
    nothing = pd.DataFrame(
        columns=["as_of", "period_type", "period_start", "period_end", "metric"]
        + ["scope_type", "scope_id"]
    )
    last = FIRST + dt.timedelta(days=7 * WEEKS - 1)
    timings: dict[str, tuple[float, float]] = {}
    with timed(timings, "baseline"):
        for _ in range(PASSES):
            rows.groupby(["metric", "scope_type", "scope_id"])["value"].mean()
    timings["baseline"] = (timings["baseline"][0] / PASSES, timings["baseline"][1] / PASSES)
    with timed(timings, "night"):
        found = evaluate(rows, nothing, rules, scopes, as_of=last, first=last)
    with timed(timings, "replay"):
        evaluate(rows[rows["scope_type"] != "rep"], nothing, rules, scopes, as_of=last)
    told = len(found.episodes) + len(found.watched)
    sys.stdout.write(
        f"{len(scopes):,} scopes × {len(rules)} rules × {WEEKS} weeks, {len(rows):,} rows, "
        f"{told} episodes; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n"
    )
    if len(sys.argv) > 2:
        _company(timings, Path(sys.argv[1]), int(sys.argv[2]))
    for name, text in (
        ("baseline", "mean by metric and scope"),
        ("night", "a night's evaluation"),
        ("replay", f"every level of {1 + REGIONS + TEAMS} scopes"),
        ("company", "2½ years of 96 reps, weekly"),
    ):
        if name not in timings:
            continue
        wall, cpu = timings[name]
        ratio = cpu / timings["baseline"][1]
        sys.stdout.write(f"{text:28} {wall:6.1f} s wall {cpu:6.1f} s CPU = {ratio:4.1f}\n")


def _company(timings: dict[str, tuple[float, float]], folder: Path, seed: int) -> None:
    company = built(folder, reps=96, seed=seed)
    rules, _ = load_rules(PROJECT / "config" / "alert_rules.yml")
    with timed(timings, "company"):
        replay(company, rules)


@contextmanager
def timed(into: dict[str, tuple[float, float]], name: str) -> Iterator[None]:
    """Wall and CPU seconds of a block."""
    wall, cpu = time.monotonic(), time.process_time()
    yield
    into[name] = (time.monotonic() - wall, time.process_time() - cpu)


if __name__ == "__main__":
    main()
