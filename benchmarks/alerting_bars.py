"""The bars of the warnings: recall, delay, precision of cases, closing, false alarms, calibration.

    python -m benchmarks.alerting_bars FOLDER COMPANY [COMPANY ...]    (COMPANY: SEED, or WORLD:SEED)

Add here: a bar that a reader of warnings would ask for. Keep out: tables by rule (`alerting.py`), and
limits that depend on what it shows. Team level and above, read weekly; companies as in `alerting.py`.

A case is right if its root, or one of its alerts, has a cause: a planted risk in its scope or one on its
line while it lasts (and 28 days), or a target really missed. What the twin without risks shows as well
within 28 days is no hit. A risk of a product line in one region is found in either. Of 警戒 a second
precision counts falls of scopes that were short of people as right: nobody planted them, and they are real.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.alerting import replay
from benchmarks.alerting_causes import RUNNING, TRUE_CAUSES, with_causes
from benchmarks.alerting_companies import Built, built
from benchmarks.alerting_recovery import KEY, recovered_on, truly_off
from benchmarks.alerting_staffing import Staffing, staffing_of
from pipelines.alerting.records.backtest import judge
from pipelines.alerting.records.truth import Label, period_outcomes
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.rules.rule_file import load_rules
from pipelines.alerting.series.scope_tree import Scope
from pipelines.settings import PROJECT

DAYS_A_QUARTER = 91.3
BINS = np.linspace(0, 1, 11)


@dataclass
class Counts:
    """What the bars are made of; counts of several companies add up."""

    delays: list[float] = field(default_factory=list)
    closings: list[float] = field(default_factory=list)
    danger: list[bool] = field(default_factory=list)
    warning: list[bool] = field(default_factory=list)
    told_warning: list[bool] = field(default_factory=list)
    warning_or_staff: list[bool] = field(default_factory=list)
    open_cases: list[float] = field(default_factory=list)
    named: list[bool] = field(default_factory=list)
    calm_quarters: float = 0.0
    calm_danger: int = 0
    calm_warning: int = 0
    said: list[float] = field(default_factory=list)
    seen: list[bool] = field(default_factory=list)

    def add(self, other: Counts) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def row(self) -> dict[str, float]:
        """The bars, with what they rest on."""
        delays = np.array(self.delays)
        found = delays[np.isfinite(delays)]
        quarters = max(self.calm_quarters, 1e-9)
        return {
            "risks": len(delays),
            "recall": _mean(np.isfinite(delays)),
            "delay_p50": float(np.median(found)) if len(found) else np.nan,
            "delay_p80": float(np.percentile(found, 80)) if len(found) else np.nan,
            "cases_danger": len(self.danger),
            "precision_danger": _mean(self.danger),
            "cases_warning": len(self.warning),
            "precision_warning": _mean(self.warning),
            "cases_told_warning": len(self.told_warning),
            "precision_told_warning": _mean(self.told_warning),
            "with_vacancies": _mean(self.warning_or_staff),
            "open_per_risk": _mean(self.open_cases),
            "root_named": _mean(self.named),
            "days_to_close": float(np.median(self.closings)) if self.closings else np.nan,
            "calm_danger_quarter": self.calm_danger / quarters,
            "calm_warning_quarter": self.calm_warning / quarters,
        }

    def reliability(self) -> pd.DataFrame:
        """Said and seen by tenths of the said probability."""
        said, seen = np.array(self.said), np.array(self.seen, float)
        at = np.clip(np.digitize(said, BINS) - 1, 0, 9)
        rows = [
            {"bin": f"{BINS[b]:.1f}", "n": int((at == b).sum()), "said": said[at == b].mean(),
             "seen": seen[at == b].mean()}
            for b in np.unique(at)
        ]  # fmt: skip
        return pd.DataFrame(rows)


def _mean(values: Sequence[float] | np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else np.nan


def above_reps(company: Built) -> Built:
    """The company without the rows of single reps."""
    rows = company.metrics[company.metrics["scope_type"] != "rep"]
    completion = company.completion[company.completion["scope_type"] != "rep"]
    return replace(company, metrics=rows, completion=completion)


def one_company(folder: Path, seed: int, reps: int, rules: list[Rule], world: str) -> Counts:
    """Counts behind the bars of one company and its twin."""
    risky = above_reps(built(folder, reps=reps, seed=seed, world=world))
    calm = above_reps(built(folder, reps=reps, seed=seed, risks=False, world=world))
    staff = staffing_of(folder, reps=reps, seed=seed, world=world)
    return counted(risky, calm, rules, staff)


def counted(risky: Built, calm: Built, rules: list[Rule], staff: Staffing) -> Counts:
    evaluation = replay(risky, rules)
    found, twin = evaluation.episodes, replay(calm, rules).episodes
    outcomes = period_outcomes(risky.metrics, risky.completion, as_of=risky.as_of)
    judged = judge(found, rules, risky.tree, labels=risky.labels, outcomes=outcomes)
    alerts = with_causes(judged, found, twin, rules, risky.labels, risky.tree, outcomes)
    true = set(alerts.loc[alerts["cause"].isin(TRUE_CAUSES), "alert_id"])
    counts = Counts()
    off = truly_off(risky, calm, rules)
    labels = [label for label in risky.labels if label.scope[0] != "rep"]
    for label in labels:
        _one_risk(counts, label, found, off, risky.as_of)
    _standing(counts, found[found["alert_id"].isin(true)], labels, risky.as_of)
    table = _cases(found, true, set(alerts.loc[alerts["cause"] == RUNNING, "alert_id"]) - true)
    counts.danger = [bool(hit) for hit in table.loc[table["danger"], "hit"]]
    counts.told_warning = [bool(hit) for hit in table.loc[table["told_warning"], "hit"]]
    counts.warning = [bool(hit) for hit in table.loc[~table["danger"], "hit"]]
    short = [
        staff.short((kind, ident), day)
        for kind, ident, day in zip(
            found["scope_type"], found["scope_id"], found["opened_on"], strict=True
        )
    ]
    real = found["alert_id"].isin(true) | np.array(short, bool)
    wider = real.groupby(found["case_id"]).any()
    counts.warning_or_staff = [bool(wider[case]) for case in table.index[~table["danger"]]]
    first = pd.to_datetime(calm.metrics["period_start"]).min().date()
    counts.calm_quarters = (calm.as_of - first).days / DAYS_A_QUARTER
    on_targets = {rule.name for rule in rules if rule.on_targets}
    # A calm company misses targets as well: that is no false alarm.
    quiet = twin[~twin["rule"].isin(on_targets)]
    counts.calm_danger = quiet.loc[quiet["peak_level"] == "danger", "case_id"].nunique()
    counts.calm_warning = quiet["case_id"].nunique() - counts.calm_danger
    _probabilities(counts, evaluation.levels, off, rules)
    return counts


def _cases(found: pd.DataFrame, true: set[str], running: set[str]) -> pd.DataFrame:
    """By case: `hit`, `danger` (it ever was) and `told_warning` (it was 警戒 before, or never more). A case
    of nothing but targets whose period still runs is neither right nor wrong, and left out.
    """
    mine = found[~found["alert_id"].isin(running)]
    mine = mine.assign(
        hit=mine["alert_id"].isin(true), on_danger=pd.to_datetime(mine["danger_on"]),
        on_any=pd.to_datetime(mine["opened_on"]),
    )  # fmt: skip
    table = mine.groupby("case_id").agg(
        hit=("hit", "any"), first_danger=("on_danger", "min"), first=("on_any", "min")
    )
    table["danger"] = table["first_danger"].notna()
    table["told_warning"] = ~(table["first_danger"] <= table["first"])
    return table


def _scopes(label: Label) -> set[Scope]:
    return {label.scope, *label.also}


def _one_risk(
    counts: Counts, label: Label, found: pd.DataFrame, off: pd.DataFrame, as_of: dt.date
) -> None:
    scopes = _scopes(label)
    pairs = zip(found["scope_type"], found["scope_id"], strict=True)
    own = found[np.array([pair in scopes for pair in pairs], bool)]
    inside = own[np.array([label.explains(day) for day in own["opened_on"]], bool)]
    days = [(day - label.first_day).days for day in inside["opened_on"]]
    counts.delays.append(min(days) if days else np.nan)
    if not days:
        return
    counts.named.append(bool((inside["role"] == "root").any()))
    if label.last_day >= as_of:
        return
    # What still stands when the data end counts as closed then: leaving it out would flatter.
    for row in inside.to_dict("records"):
        series = off[
            (off[KEY].to_numpy() == [row["metric"], row["scope_type"], row["scope_id"], row["dimension"]]).all(axis=1)
        ]  # fmt: skip
        if not len(series):
            continue
        closed = as_of if pd.isna(row["closed_on"]) else row["closed_on"]
        back = recovered_on(series, label.last_day)
        if closed >= label.last_day and back is not None:
            counts.closings.append(max((closed - back).days, 0))


def _standing(counts: Counts, mine: pd.DataFrame, labels: list[Label], as_of: dt.date) -> None:
    """True cases open on a day for each risk that is active then, every fourth week."""
    if mine.empty:
        return
    opened, closed = pd.to_datetime(mine["opened_on"]), pd.to_datetime(mine["closed_on"])
    for day in pd.date_range(opened.min(), as_of, freq="28D"):
        real = [label for label in labels if label.explains(day.date())]
        if real:
            standing = mine[(opened <= day) & (closed.isna() | (closed > day))]
            counts.open_cases.append(standing["case_id"].nunique() / len(real))


def _probabilities(
    counts: Counts, levels: pd.DataFrame, off: pd.DataFrame, rules: list[Rule]
) -> None:
    """Every week of every filter: the probability said, and whether the figure was really off."""
    names = {rule.name for rule in rules if rule.filters}
    rows = levels[levels["rule"].isin(names) & levels["probability"].notna()]
    rows = rows.assign(week=pd.to_datetime(rows["as_of"]))
    both = rows.merge(off, on=[*KEY, "week"])
    counts.said = both["probability"].astype(float).tolist()
    counts.seen = both["off"].astype(bool).tolist()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("companies", nargs="+", metavar="WORLD:SEED")
    parser.add_argument("--reps", type=int, default=96)
    given = parser.parse_args()
    rules, _ = load_rules(PROJECT / "config" / "alert_rules.yml")
    rules = [rule for rule in rules if set(rule.scopes) != {"rep"}]
    whole, rows = Counts(), {}
    for company in given.companies:
        world, _, seed = company.rpartition(":")
        counts = one_company(given.folder, int(seed), given.reps, rules, world or "standard")
        rows[company] = counts.row()
        whole.add(counts)
    rows["all"] = whole.row()
    sys.stdout.write(f"{pd.DataFrame(rows).round(2).T.to_string()}\n")
    sys.stdout.write(f"{whole.reliability().round(2).to_string(index=False)}\n")


if __name__ == "__main__":
    main()
