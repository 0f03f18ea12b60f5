"""`forewarn backtest` and `forewarn rules tune`: how good the rules were, and better limits.

Add here: what is replayed and how it is printed. Keep out: every figure (`pipelines/alerting/`).

Both read the published version's private warehouse and replay the same `evaluate` as the night.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from pipelines.alerting.evaluation import Evaluation, evaluate, rules_without_rows
from pipelines.alerting.records.backtest import Span, by_label, by_rule, directors, judge
from pipelines.alerting.records.comparisons import comparisons
from pipelines.alerting.records.record import judged_past
from pipelines.alerting.records.target_units import by_target_unit
from pipelines.alerting.records.truth import Label, period_outcomes, read_labels
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.rules.seconds import Said
from pipelines.alerting.rules.tuning import Proposal, limits_of, proposals, split
from pipelines.alerting.series.scope_tree import ScopeTree
from pipelines.assets.alert_past import CALENDAR, COMPLETION, PEOPLE
from pipelines.assets.alerts import usable_rules
from pipelines.commands.terminal import say
from pipelines.failures import PermanentFailure
from pipelines.language import Text
from pipelines.language import text as words
from pipelines.publishing.versions import read_manifest
from pipelines.settings import Settings, load_settings
from pipelines.warehouse.binding import connect


@dataclass(frozen=True)
class Past:
    """The published history that rules are replayed on."""

    settings: Settings
    as_of: dt.date
    metrics: pd.DataFrame
    completion: pd.DataFrame
    scopes: pd.DataFrame
    calendar: pd.DataFrame
    people: pd.DataFrame

    @property
    def first(self) -> dt.date:
        return pd.Timestamp(self.completion["as_of"].min()).date()

    def evaluate(
        self, rules: list[Rule], *, first: dt.date, last: dt.date, beside: Sequence[Said] = ()
    ) -> Evaluation:
        company = self.settings.company
        return evaluate(
            self.metrics,
            self.completion,
            rules,
            self.scopes,
            as_of=last,
            first=first,
            calendar=self.calendar,
            absences=self.settings.absences,
            people=self.people,
            beside=beside,
            language=company.language,
            currency=company.currency,
        )


def read_past() -> Past:
    """The current version's metrics, completion history, scopes and calendar."""
    settings = load_settings()
    manifest = read_manifest(settings.current)
    if manifest is None:
        raise PermanentFailure(
            words("command.backtest.not_replayed"),
            cause=words("command.nothing_published"),
            next_step="forewarn run",
        )
    with connect(settings.current.resolve() / "warehouse.duckdb", read_only=True) as connection:
        return Past(
            settings,
            manifest.as_of,
            connection.execute("select * from marts.fct_metrics").df(),
            connection.execute(COMPLETION).df(),
            connection.execute("select * from intermediate.int_scopes").df(),
            connection.execute(CALENDAR).df(),
            connection.execute(PEOPLE).df(),
        )


def backtest(
    first: dt.date | None, last: dt.date | None, episodes: Path | None, labels: Path | None
) -> int:
    """Replay every rule over a span, print its quality; with `episodes` write them as CSV."""
    past = read_past()
    rules, problems = usable_rules(past.settings)
    for problem in problems:
        refused = words("command.backtest.rule_refused", problem=problem.told)
        sys.stderr.write(f"{refused}\n")
    end = min(last or past.as_of, past.as_of)
    start = first or past.first
    if start > end:
        raise PermanentFailure(
            words("command.backtest.span_not_replayed", start=start, end=end),
            cause=words("command.backtest.empty_span"),
        )
    known = _labels(labels)
    found = past.evaluate(rules, first=start, last=end)
    tree = ScopeTree(past.scopes)
    span = Span(start, end, directors(tree))
    outcomes = period_outcomes(past.metrics, past.completion, as_of=end)
    judged = _judged(past, found.episodes, rules, tree, known, outcomes, end)
    if episodes:
        inside = found.episodes[found.episodes["opened_on"].map(lambda day: start <= day <= end)]
        inside.to_csv(episodes, index=False, encoding="utf-8-sig")
        say(words("command.backtest.written", count=len(inside), path=episodes))
    say()
    say(words("command.backtest.rules", first=start, last=end, count=span.directors))
    for line in pace_of(rules, past.metrics):
        say(line)
    say(words("command.backtest.right_means", basis=_basis(known)))
    _print(by_rule(judged, span))
    say()
    say(words("command.backtest.targets"))
    _print(by_target_unit(judged, outcomes, rules, span))
    say()
    say(words("command.backtest.forecasters"))
    _print(comparisons(outcomes, past.completion))
    if known is not None:
        say()
        say(words("command.backtest.planted"))
        _print(by_label(judged, known, tree))
    return 0


def pace_of(rules: Sequence[Rule], metrics: pd.DataFrame) -> list[Text]:
    """How often levels move, whichever way the past is walked through, and which rules have no rows."""
    silent = set(rules_without_rows(rules, metrics))
    by_grain: dict[str, int] = {}
    for rule in rules:
        if rule.name not in silent:
            grain = "week" if rule.on_targets else rule.grain
            by_grain[grain] = by_grain.get(grain, 0) + 1
    told = [
        words(f"command.backtest.by.{grain}", number=count) for grain, count in by_grain.items()
    ]
    lines = [words("command.backtest.pace", grains=told)]
    if silent:
        lines.append(words("command.backtest.silent", rules=sorted(silent)))
    return lines


def _basis(known: list[Label] | None) -> Text:
    """What a right alert is: one that a label explains, else one that the later course bore out."""
    return words("command.backtest.by_label" if known is not None else "command.backtest.by_course")


def tune(budget: float, labels: Path | None = None) -> int:
    """Propose limits for a wanted number of false alarms, found on the early part of the past."""
    past = read_past()
    rules, _ = usable_rules(past.settings)
    tune_on(past, rules, _labels(labels), budget)
    return 0


def tune_on(past: Past, rules: Sequence[Rule], known: list[Label] | None, budget: float) -> None:
    """Print a proposal for every rule with numeric limits and rows to judge.

    `budget`: false alarms per director and month in all, shared equally between those rules.
    """
    tree = ScopeTree(past.scopes)
    early, rest = split(past.first, past.as_of, directors(tree))
    silent = set(rules_without_rows(rules, past.metrics))
    live = [rule for rule in rules if rule.name not in silent]
    rows = {rule.name: _narrowed(past, rule) for rule in live}
    seconded = any(rule.seconded for rule in live)
    # What every other figure says does not change with the limits of one rule.
    spoken: dict[dt.date, Sequence[Said]] = {}

    def trial(rule: Rule, as_of: dt.date) -> pd.DataFrame:
        narrow = rows[rule.name]
        if seconded and as_of not in spoken:
            spoken[as_of] = past.evaluate(live, first=as_of, last=as_of).said
        beside = spoken.get(as_of, ())
        found = narrow.evaluate([rule], first=past.first, last=as_of, beside=beside)
        told = found.watched if rule.mode == "watch" else found.episodes
        outcomes = period_outcomes(narrow.metrics, narrow.completion, as_of=as_of)
        return _judged(narrow, told, [rule], tree, known, outcomes, as_of)

    say(
        words(
            "command.backtest.tuned",
            first=early.first,
            last=early.last,
            rest_first=rest.first,
            rest_last=rest.last,
            directors=rest.directors,
            budget=f"{budget:g}",
            basis=_basis(known),
        )
    )
    for proposal in proposals(live, trial, early=early, rest=rest, budget=budget):
        _print_proposal(proposal)
    if silent:
        say()
        say(words("command.backtest.not_tuned", rules=sorted(silent)))


def _narrowed(past: Past, rule: Rule) -> Past:
    """The past with the rows that this rule's evaluation reads."""
    metrics = past.metrics
    keep = metrics["metric"].isin([rule.metric, "target_attainment"])
    keep |= (metrics["metric"] == "revenue") & (metrics["grain"] == "week")
    return replace(past, metrics=metrics[keep])


def _judged(
    past: Past,
    episodes: pd.DataFrame,
    rules: list[Rule],
    tree: ScopeTree,
    labels: list[Label] | None,
    outcomes: pd.DataFrame,
    as_of: dt.date,
) -> pd.DataFrame:
    """Against labels where there are some, else by how the period ended or the figure went on."""
    if labels is not None:
        return judge(episodes, rules, tree, labels=labels, outcomes=outcomes)
    by_course = judged_past(
        episodes, rules, tree, metrics=past.metrics, completion=past.completion, as_of=as_of
    )
    periods = judge(episodes, rules, tree, labels=None, outcomes=outcomes)
    hit = by_course.set_index(["alert_id", "level"])["hit"]
    key = pd.MultiIndex.from_frame(periods[["alert_id", "level"]])
    return periods.assign(hit=hit.reindex(key).to_numpy())


def _print_proposal(proposal: Proposal) -> None:
    before, after = limits_of(proposal.rule), limits_of(proposal.proposed)
    changes = [
        f"{key} {before[key]:g} -> {after[key]:g}" for key in after if before[key] != after[key]
    ]
    say()
    few = "command.backtest.too_few" if proposal.too_few else "command.backtest.keep"
    kept = words(few, count=int(proposal.early_before["alerts"]))
    say(words("command.backtest.proposal", rule=proposal.rule.name, changes=changes or kept))
    for title in ("early_before", "early_after", "rest_before", "rest_after"):
        figures = getattr(proposal, title)
        shown = ", ".join(
            f"{key} {'—' if math.isnan(value) else format(value, '.2f')}"
            for key, value in figures.items()
        )
        sys.stdout.write(f"  {title:12} {shown}\n")


def _labels(path: Path | None) -> list[Label] | None:
    if path is None:
        return None
    try:
        return read_labels(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError) as error:
        raise PermanentFailure(
            words("command.backtest.labels_unread"),
            where=str(path),
            cause=f"{type(error).__name__}: {error}",
            next_step=words("command.backtest.give_labels"),
        ) from error


def _print(frame: pd.DataFrame) -> None:
    with pd.option_context(
        "display.width", 200, "display.max_columns", 30, "display.max_rows", 500
    ):
        sys.stdout.write(frame.round(2).to_string(index=False, na_rep="—") + "\n")
