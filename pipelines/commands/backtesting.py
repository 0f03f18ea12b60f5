"""`forewarn backtest` and `forewarn rules tune`: how good the rules were, and better limits.

Add here: what is replayed and how it is printed. Keep out: every figure (`pipelines/alerting/`).

Both read the published version's private warehouse and replay the same `evaluate` as the night.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.alerting.backtest import Span, by_label, by_rule, directors, judge
from pipelines.alerting.comparisons import comparisons
from pipelines.alerting.evaluation import Evaluation, evaluate
from pipelines.alerting.rules import Rule
from pipelines.alerting.scope_tree import ScopeTree
from pipelines.alerting.target_units import by_target_unit
from pipelines.alerting.truth import Label, period_outcomes, read_labels
from pipelines.alerting.tuning import Proposal, proposals, split
from pipelines.assets.alerts import usable_rules
from pipelines.failures import PermanentFailure
from pipelines.publishing import read_manifest
from pipelines.settings import Settings, load_settings
from pipelines.warehouse import connect


@dataclass(frozen=True)
class Past:
    """The published history that rules are replayed on."""

    settings: Settings
    as_of: dt.date
    metrics: pd.DataFrame
    completion: pd.DataFrame
    scopes: pd.DataFrame
    calendar: pd.DataFrame

    @property
    def first(self) -> dt.date:
        return pd.Timestamp(self.completion["as_of"].min()).date()

    def evaluate(self, rules: list[Rule], *, first: dt.date, last: dt.date) -> Evaluation:
        company = self.settings.company
        return evaluate(
            self.metrics,
            self.completion,
            rules,
            self.scopes,
            as_of=last,
            first=first,
            calendar=self.calendar,
            language=company.language,
            currency=company.currency,
            fiscal_year_start=company.fiscal_year_start,
        )


def read_past() -> Past:
    """The current version's metrics, completion history, scopes and calendar."""
    settings = load_settings()
    manifest = read_manifest(settings.current)
    if manifest is None:
        raise PermanentFailure(
            "Could not replay the rules",
            cause="nothing has been published yet",
            next_step="forewarn run",
        )
    with connect(settings.current / "warehouse.duckdb", read_only=True) as connection:
        return Past(
            settings,
            manifest.as_of,
            connection.execute("select * from marts.fct_metrics").df(),
            connection.execute("select * from marts.fct_target_completion_history").df(),
            connection.execute("select * from intermediate.int_scopes").df(),
            connection.execute("select date_day, is_workday from config.calendar").df(),
        )


def backtest(
    first: dt.date | None, last: dt.date | None, episodes: Path | None, labels: Path | None
) -> int:
    """Replay every rule over a span, print its quality; with `episodes` write them as CSV."""
    past = read_past()
    rules, problems = usable_rules(past.settings)
    for problem in problems:
        sys.stderr.write(f"rule refused: {problem}\n")
    end = min(last or past.as_of, past.as_of)
    start = first or past.first
    if start > end:
        raise PermanentFailure(f"Could not replay {start} to {end}", cause="the span is empty")
    known = _labels(labels)
    found = past.evaluate(rules, first=start, last=end)
    tree = ScopeTree(past.scopes)
    span = Span(start, end, directors(tree))
    outcomes = period_outcomes(past.metrics, past.completion, as_of=end)
    judged = judge(found.episodes, rules, tree, labels=known, outcomes=outcomes)
    if episodes:
        inside = found.episodes[found.episodes["opened_on"].map(lambda day: start <= day <= end)]
        inside.to_csv(episodes, index=False, encoding="utf-8-sig")
        sys.stdout.write(f"{len(inside)} episodes written to {episodes}\n")
    sys.stdout.write(f"\nRules over {start} to {end}, {span.directors} directors\n")
    _print(by_rule(judged, span))
    sys.stdout.write("\nTargets, by scope and period (missed = ended below 90 %)\n")
    _print(by_target_unit(judged, outcomes, rules, span))
    _print(comparisons(outcomes, past.completion))
    if known is not None:
        sys.stdout.write("\nPlanted risks\n")
        _print(by_label(judged, known, tree))
    return 0


def tune(budget: float) -> int:
    """Propose limits for a wanted number of false alarms, found on the early part of the past."""
    past = read_past()
    rules, _ = usable_rules(past.settings)
    tree = ScopeTree(past.scopes)
    early, rest = split(past.first, past.as_of, directors(tree))

    def trial(rule: Rule, as_of: dt.date) -> pd.DataFrame:
        found = past.evaluate([rule], first=past.first, last=as_of)
        outcomes = period_outcomes(past.metrics, past.completion, as_of=as_of)
        return judge(found.episodes, [rule], tree, labels=None, outcomes=outcomes)

    on_targets = [rule for rule in rules if rule.on_targets]
    sys.stdout.write(
        f"Tuned on {early.first} to {early.last}, quoted on {rest.first} to {rest.last}. "
        "Only rules on targets can be judged without labels.\n"
    )
    for proposal in proposals(on_targets, trial, early=early, rest=rest, budget=budget):
        _print_proposal(proposal.rule.name, proposal)
    return 0


def _print_proposal(name: str, proposal: Proposal) -> None:
    condition: Any = proposal.proposed.condition
    verdict = (
        f"warning {condition.warning}, danger {condition.danger}" if proposal.changed else "keep"
    )
    sys.stdout.write(f"\n{name}: {verdict}\n")
    for title in ("early_before", "early_after", "rest_before", "rest_after"):
        figures = getattr(proposal, title)
        shown = ", ".join(f"{key} {value:.2f}" for key, value in figures.items())
        sys.stdout.write(f"  {title:12} {shown}\n")


def _labels(path: Path | None) -> list[Label] | None:
    if path is None:
        return None
    try:
        return read_labels(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError) as error:
        raise PermanentFailure(
            "Could not read the labels",
            where=str(path),
            cause=f"{type(error).__name__}: {error}",
            next_step="give a labels.json as `forewarn sample` writes it",
        ) from error


def _print(frame: pd.DataFrame) -> None:
    with pd.option_context(
        "display.width", 200, "display.max_columns", 30, "display.max_rows", 500
    ):
        sys.stdout.write(frame.round(2).to_string(index=False, na_rep="—") + "\n")
