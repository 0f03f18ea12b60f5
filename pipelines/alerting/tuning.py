"""Limits for a wanted number of false alarms, found on the early past, quoted on the rest.

Add here: another way to vary a rule. Keep out: writing `alert_rules.yml`: a proposal is shown,
a person decides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from pipelines.alerting.backtest import Span
from pipelines.alerting.rules import Rule

FACTORS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.5)
SHIFTS = (0.75, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2, 1.25)

# Judged alerts of one rule in one span, as `backtest.by_rule` counts them.
Trial = Callable[[Rule, dt.date], pd.DataFrame]


@dataclass(frozen=True)
class Proposal:
    """Limits proposed for a rule, with false alarms per director and month and hits, on the early
    part (`early`) and on the untouched rest (`rest`), before and after.
    """

    rule: Rule
    proposed: Rule
    early_before: dict[str, float]
    early_after: dict[str, float]
    rest_before: dict[str, float]
    rest_after: dict[str, float]

    @property
    def changed(self) -> bool:
        return self.rule.version != self.proposed.version


def variants(rule: Rule) -> list[Rule]:
    """The rule with its pair of limits eased and tightened, from most to least sensitive."""
    pair = rule.condition.limits()
    if pair is None:
        return [rule]
    warning, danger = rule.condition.warning, rule.condition.danger  # type: ignore[union-attr]
    kind = rule.condition.type
    found = []
    if kind in {"probability", "rate_fall"}:
        for factor in FACTORS:
            scaled = [
                float(special.expit(special.logit(p) + np.log(factor))) for p in (warning, danger)
            ]
            found.append((round(scaled[0], 4), round(scaled[1], 4)))
    elif pair[2] == "value":
        shifts = SHIFTS if rule.side == "above" else SHIFTS[::-1]
        if kind == "change":
            found = [(round(warning * f, 4), round(danger * f, 4)) for f in FACTORS]
        else:
            found = [(round(warning * s, 4), round(danger * s, 4)) for s in shifts]
    elif kind == "against_past":
        # A smaller quantile is rarer: from lax to strict.
        found = [(round(min(warning * f, 0.49), 4), danger) for f in FACTORS[::-1]]
    elif kind == "consecutive":
        return [rule]
    else:
        found = [(round(warning * f, 3), round(danger * f, 3)) for f in FACTORS]
    rules = []
    for low, high in found:
        condition = rule.condition.model_copy(update={"warning": low, "danger": high})
        rules.append(rule.model_copy(update={"condition": condition}))
    return rules


def propose(
    rule: Rule,
    trial: Trial,
    *,
    early: Span,
    rest: Span,
    budget: float,
) -> Proposal:
    """The most sensitive variant with at most `budget` false alarms per director and month.

    `trial(rule, as_of)` evaluates the rule with what was known up to `as_of` and returns its
    judged openings (columns on, level, hit). Only the early span is looked at for the choice; if
    no variant keeps the budget the least noisy one is proposed. Ties go to more hits.
    """
    scored: list[tuple[Rule, dict[str, float]]] = [
        (variant, _figures(trial(variant, early.last), early)) for variant in variants(rule)
    ]
    within = [item for item in scored if item[1]["false_per_director_month"] <= budget]
    if within:
        chosen, figures = max(
            within, key=lambda item: (item[1]["hits"], -item[1]["false_per_director_month"])
        )
    else:
        chosen, figures = min(scored, key=lambda item: item[1]["false_per_director_month"])
    return Proposal(
        rule=rule,
        proposed=chosen,
        early_before=_figures(trial(rule, early.last), early),
        early_after=figures,
        rest_before=_figures(trial(rule, rest.last), rest),
        rest_after=_figures(trial(chosen, rest.last), rest),
    )


def _figures(judged: pd.DataFrame, span: Span) -> dict[str, float]:
    own = judged[
        (judged["on"] >= span.first)
        & (judged["on"] <= span.last)
        & (judged["level"] == "warning")
        & judged["hit"].notna()
    ]
    hits = int(own["hit"].astype(bool).sum())
    return {
        "alerts": float(len(own)),
        "hits": float(hits),
        "precision": hits / len(own) if len(own) else float("nan"),
        "false_per_director_month": (len(own) - hits) / span.director_months,
    }


def split(first: dt.date, last: dt.date, directors: int, share: float = 0.6) -> tuple[Span, Span]:
    """The early part (to tune on) and the rest (to quote)."""
    middle = first + dt.timedelta(days=int((last - first).days * share))
    return (
        Span(first, middle, directors),
        Span(middle + dt.timedelta(days=1), last, directors),
    )


def proposals(
    rules: Sequence[Rule], trial: Trial, *, early: Span, rest: Span, budget: float
) -> list[Proposal]:
    """One proposal per rule that has limits to vary."""
    return [
        propose(rule, trial, early=early, rest=rest, budget=budget)
        for rule in rules
        if len(variants(rule)) > 1
    ]
