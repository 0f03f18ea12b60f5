"""How far the default rules can be trusted, on generated companies with known risks.

    python -m benchmarks.alerting FOLDER SEED [SEED ...]

Add here: a table about the quality of the rules. Keep out: limits that depend on what it shows
(`alert_rules.yml` is tuned on other seeds). Companies are kept in FOLDER, so that a change of a
rule shows in seconds. Results with their seeds go into `README.md` beside this file.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.alerting_causes import (
    CAUSES,
    NONE,
    RUNNING,
    TRUE_CAUSES,
    urgent_notices,
    with_causes,
)
from benchmarks.alerting_companies import Built, built
from pipelines.alerting.evaluation import Evaluation, evaluate
from pipelines.alerting.records.backtest import by_label, directors, judge
from pipelines.alerting.records.intervals import wilson
from pipelines.alerting.records.truth import Label, period_outcomes
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.rules.rule_file import load_rules
from pipelines.settings import PROJECT


def replay(company: Built, rules: list[Rule]) -> Evaluation:
    """The weekly evaluation of all of a company's past."""
    return evaluate(
        company.metrics,
        company.completion,
        rules,
        company.scopes,
        as_of=company.as_of,
        calendar=company.calendar,
        people=company.people,
    )


def one_company(
    folder: Path, seed: int, reps: int, rules: list[Rule]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """(alerts with causes, labels, urgent notices of the quiet twin), each with `seed`."""
    risky = built(folder, reps=reps, seed=seed)
    quiet = built(folder, reps=reps, seed=seed, risks=False)
    found, twin = replay(risky, rules), replay(quiet, rules)
    outcomes = period_outcomes(risky.metrics, risky.completion, as_of=risky.as_of)
    tree = risky.tree
    judged = judge(found.episodes, rules, tree, labels=risky.labels, outcomes=outcomes)
    alerts = with_causes(judged, found.episodes, twin.episodes, rules, risky.labels, tree, outcomes)
    labels = by_label(judged, risky.labels, tree)
    labels["scope"] = [_first_in_scope(judged, n, label) for n, label in enumerate(risky.labels)]
    labels["exact"] = [_first_exact(judged, label) for label in risky.labels]
    return alerts.assign(seed=seed), labels.assign(seed=seed), _quiet(seed, quiet, twin)


def _quiet(seed: int, company: Built, found: Evaluation) -> pd.DataFrame:
    """One row: urgent notices per director and month where nothing was planted; those of the
    company's director, who hears of every danger; and without the targets of single reps.
    """
    first = pd.Timestamp(company.completion["as_of"].min()).date()
    months = ((company.as_of - first).days + 1) / 30.44
    everyone = directors(company.tree)
    row: dict[str, object] = {"seed": seed}
    above = found.episodes[found.episodes["scope_type"] != "rep"]
    for name, episodes in (("all", found.episodes), ("above_rep", above)):
        notices = urgent_notices(episodes, company.tree)
        known = [day >= first for day in notices["on"]]
        notices = notices[np.array(known, dtype=bool)]
        top = notices["director"].str.endswith(" company")
        row[f"{name}_per_director"] = notices["notices"].sum() / months / everyone
        row[f"{name}_company_director"] = notices.loc[top, "notices"].sum() / months
    return pd.DataFrame([row])


def _first_in_scope(judged: pd.DataFrame, number: int, label: Label) -> float:
    """Days until the first alert that the label explains in its very scope, by any rule."""
    own = judged[
        (judged["label"] == number)
        & (judged["scope_type"] == label.scope[0])
        & (judged["scope_id"] == label.scope[1])
    ]
    return float(own["delay_days"].min()) if len(own) else np.nan


def _first_exact(judged: pd.DataFrame, label: Label) -> float:
    """Days until the first alert of a rule the label names, in the label's very scope."""
    own = judged[
        (judged["scope_type"] == label.scope[0])
        & (judged["scope_id"] == label.scope[1])
        & (judged["level"] == "warning")
        & (judged["rule"].isin(label.shown_by) | judged["metric"].isin(label.shown_by))
    ]
    days = [(day - label.first_day).days for day in own["on"] if label.explains(day)]
    return float(min(days)) if days else np.nan


def precision(alerts: pd.DataFrame, hit: pd.Series) -> pd.DataFrame:
    """Grain level: cases, hits, precision and its 95 % interval."""
    rows = []
    for level in ("warning", "danger"):
        own = hit[(alerts["level"] == level) & hit.notna()].astype(bool)
        low, high = wilson(int(own.sum()), len(own))
        rows.append((level, len(own), int(own.sum()), own.mean(), low, high))
    return pd.DataFrame(rows, columns=["level", "alerts", "hits", "precision", "low", "high"])


def report(alerts: pd.DataFrame, labels: pd.DataFrame, notices: pd.DataFrame) -> None:
    """Print every table."""
    _show("Alerts by cause, team level and above", _causes(alerts))
    known = alerts["cause"] != RUNNING
    readings = {
        "cause": alerts["cause"].isin(TRUE_CAUSES).astype(object).where(known, None),
        "own": alerts["hit"],
        "strict": alerts["strict"].astype(object),
    }
    for name, hit in readings.items():
        _show(f"Precision, reading: {name}", precision(alerts, hit))
    _show("By rule, reading: cause", _by_rule(alerts[known]))
    readings_of_delay = {
        "own scope, above or below": labels["delay_days"],
        "its very scope": labels["scope"],
        "its very scope and own rules": labels["exact"],
    }
    found = [
        (name, len(labels), days.notna().mean(), days.median(), days.quantile(0.8))
        for name, days in readings_of_delay.items()
    ]
    columns = ["first alert on", "labels", "recall", "median_delay", "p80_delay"]
    _show("Planted risks", pd.DataFrame(found, columns=columns))
    kinds = labels.groupby("kind").agg(
        labels=("found", "size"),
        found=("found", "sum"),
        in_scope=("scope", "count"),
        by_own_rule=("exact", "count"),
        scope_delay=("scope", "median"),
        own_rule_delay=("exact", "median"),
    )
    _show("Planted risks by kind", kinds.reset_index())
    mean = notices.mean(numeric_only=True).to_frame().T.assign(seed="all")
    _show("Urgent notices a month, companies without risks", pd.concat([notices, mean]))


def _causes(alerts: pd.DataFrame) -> pd.DataFrame:
    table = pd.crosstab(alerts["cause"], alerts["level"]).reindex(list(CAUSES), fill_value=0)
    return table.reindex(columns=["warning", "danger"], fill_value=0).reset_index()


def _by_rule(alerts: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for (rule, level), own in alerts.groupby(["rule", "level"], sort=True):
        false = int((own["cause"] == NONE).sum())
        rows.append((rule, level, len(own), false, 1 - false / len(own)))
    return pd.DataFrame(rows, columns=["rule", "level", "alerts", "no_cause", "precision"])


def _show(title: str, frame: pd.DataFrame) -> None:
    with pd.option_context("display.width", 200, "display.max_rows", 500):
        sys.stdout.write(f"\n{title}\n{frame.round(2).to_string(index=False, na_rep='—')}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("seeds", type=int, nargs="+")
    parser.add_argument("--reps", type=int, default=96)
    parser.add_argument("--rules", type=Path, default=PROJECT / "config" / "alert_rules.yml")
    given = parser.parse_args()
    rules, problems = load_rules(given.rules)
    for problem in problems:
        sys.stderr.write(f"rule refused: {problem}\n")
    parts = [one_company(given.folder, seed, given.reps, rules) for seed in given.seeds]
    alerts, labels, notices = (
        pd.concat(tables, ignore_index=True) for tables in zip(*parts, strict=True)
    )
    sys.stdout.write(f"Seeds {', '.join(map(str, given.seeds))}, {given.reps} reps\n")
    report(alerts, labels, notices)


if __name__ == "__main__":
    main()
