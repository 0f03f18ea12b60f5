"""The bars of the warnings: recall, delay, precision of cases, closing, false alarms, calibration.

    python -m benchmarks.alerting_bars FOLDER SEED [SEED ...]

Add here: a bar that a reader of warnings would ask for. Keep out: tables by rule (`alerting.py`), and
limits that depend on what it shows. Team level and above, read weekly; companies as in `alerting.py`.

A case is right if its root, or one of its alerts, has a cause: a planted risk in its scope or one on its
line while it lasts (and 28 days), or a target really missed. What the twin without risks shows as well
within 28 days is no hit.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.alerting import replay
from benchmarks.alerting_causes import TRUE_CAUSES, with_causes
from benchmarks.alerting_companies import Built, built
from pipelines.alerting.backtest import judge
from pipelines.alerting.rule_file import load_rules
from pipelines.alerting.rules import Rule
from pipelines.alerting.truth import period_outcomes
from pipelines.settings import PROJECT


def above_reps(company: Built) -> Built:
    """The company without the rows of single reps."""
    rows = company.metrics[company.metrics["scope_type"] != "rep"]
    completion = company.completion[company.completion["scope_type"] != "rep"]
    return replace(company, metrics=rows, completion=completion)


def one_company(folder: Path, seed: int, reps: int, rules: list[Rule]) -> dict[str, float]:
    """Counts behind the bars of one company and its twin."""
    risky = above_reps(built(folder, reps=reps, seed=seed))
    calm = above_reps(built(folder, reps=reps, seed=seed, risks=False))
    found, twin = replay(risky, rules).episodes, replay(calm, rules).episodes
    tree = risky.tree
    outcomes = period_outcomes(risky.metrics, risky.completion, as_of=risky.as_of)
    judged = judge(found, rules, tree, labels=risky.labels, outcomes=outcomes)
    alerts = with_causes(judged, found, twin, rules, risky.labels, tree, outcomes)
    true = set(alerts.loc[alerts["cause"].isin(TRUE_CAUSES), "alert_id"])
    labels = [label for label in risky.labels if label.scope[0] != "rep"]
    delays, closings, open_cases = [], [], []
    for label in labels:
        own = found[(found["scope_type"] == label.scope[0]) & (found["scope_id"] == label.scope[1])]
        inside = own[[label.explains(day) for day in own["opened_on"]]]
        days = [(day - label.first_day).days for day in inside["opened_on"]]
        delays.append(min(days) if days else np.nan)
        filters = inside[inside["direction"].notna() & inside["closed_on"].notna()]
        closings += [(day - label.last_day).days for day in filters["closed_on"]]
    for day in pd.date_range(found["opened_on"].min(), risky.as_of, freq="28D"):
        standing = found[
            (pd.to_datetime(found["opened_on"]) <= day)
            & (found["closed_on"].isna() | (pd.to_datetime(found["closed_on"]) > day))
        ]
        real = [e for e in labels if e.explains(day.date())]
        mine = standing[standing["alert_id"].isin(true)]
        if real:
            open_cases.append(mine["case_id"].nunique() / len(real))
    cases = found.assign(hit=found["alert_id"].isin(true)).groupby("case_id")
    table = cases.agg(hit=("hit", "any"), danger=("peak_level", lambda s: (s == "danger").any()))
    quarters = (calm.as_of - twin["opened_on"].min()).days / 91.3 if len(twin) else 1.0
    quiet_danger = twin[(twin["peak_level"] == "danger") & (~twin["rule"].isin(_targets(rules)))]
    return {
        "seed": seed,
        "risks": len(labels),
        "recall": float(np.isfinite(delays).mean()),
        "delay_median": float(np.nanmedian(delays)),
        "delay_p80": float(np.nanpercentile(delays, 80)),
        "cases": len(table),
        "precision_danger": float(table.loc[table["danger"], "hit"].mean()),
        "precision_warning": float(table.loc[~table["danger"], "hit"].mean()),
        "open_per_risk": float(np.mean(open_cases)) if open_cases else np.nan,
        "days_to_close": float(np.median(closings)) if closings else np.nan,
        "calm_danger_a_quarter": quiet_danger["case_id"].nunique() / quarters,
        "calm_warning_a_quarter": twin["case_id"].nunique() / quarters,
    }


def _targets(rules: list[Rule]) -> set[str]:
    return {rule.name for rule in rules if rule.on_targets}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("seeds", type=int, nargs="+")
    parser.add_argument("--reps", type=int, default=96)
    given = parser.parse_args()
    rules, _ = load_rules(PROJECT / "config" / "alert_rules.yml")
    rules = [rule for rule in rules if set(rule.scopes) != {"rep"}]
    rows = []
    for seed in given.seeds:
        rows.append(one_company(given.folder, seed, given.reps, rules))
        sys.stdout.write(f"{pd.DataFrame(rows[-1:]).round(2).to_string(index=False)}\n")
        sys.stdout.flush()
    mean = pd.DataFrame(rows).mean().round(2)
    sys.stdout.write(f"mean\n{mean.to_string()}\n")


if __name__ == "__main__":
    main()
