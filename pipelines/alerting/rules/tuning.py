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
import scipy

from pipelines.alerting.conditions import AgainstPast, Consecutive
from pipelines.alerting.records.backtest import Span
from pipelines.alerting.records.intervals import wilson
from pipelines.alerting.rules.rule import Rule

FACTORS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.5)
SIGMAS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
MARGINS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
SHIFTS = (0.75, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2, 1.25)

# With fewer judged alerts no limit can be told from another: the data carry no proposal.
ENOUGH = 20

# Judged alerts of one rule in one span, as `backtest.by_rule` counts them.
Trial = Callable[[Rule, dt.date], pd.DataFrame]


@dataclass(frozen=True)
class Proposal:
    """Limits proposed for a rule, with false alarms per director and month and hits, on the early
    part (`early`) and on the untouched rest (`rest`), before and after. `too_few`: the early part has
    too few judged alerts for any proposal, so the rule stays as it is.
    """

    rule: Rule
    proposed: Rule
    early_before: dict[str, float]
    early_after: dict[str, float]
    rest_before: dict[str, float]
    rest_after: dict[str, float]
    too_few: bool = False

    @property
    def changed(self) -> bool:
        return self.rule.version != self.proposed.version


def variants(rule: Rule) -> list[Rule]:
    """The rule with its numeric limits eased and tightened, from most to least sensitive.

    Which numbers those are: both limits of most conditions; the margins of `against_past` beyond its
    quantiles, or the quantile itself where there is no margin; `sigma` of `consecutive`.
    """
    condition = rule.condition
    found: list[dict[str, float]]
    if isinstance(condition, Consecutive):
        found = [{"sigma": sigma} for sigma in SIGMAS]
    elif isinstance(condition, AgainstPast):
        found = _against_past(condition)
    else:
        found = [{"warning": low, "danger": high} for low, high in _pairs(rule)]
    return [
        rule.model_copy(update={"condition": condition.model_copy(update=limits)})
        for limits in found
    ] or [rule]


def _pairs(rule: Rule) -> list[tuple[float, float]]:
    pair = rule.condition.limits()
    if pair is None:
        return []
    warning, danger, kind = pair
    if kind == "value" and rule.condition.type != "change":
        factors: Sequence[float] = SHIFTS if rule.side == "above" else SHIFTS[::-1]
    else:
        factors = FACTORS
    if rule.condition.type in {"probability", "rate_fall"}:
        # On the scale of odds, so that a limit stays a probability.
        spread = np.log(factors)
        return [
            (round(float(_scaled(warning, f)), 4), round(float(_scaled(danger, f)), 4))
            for f in spread
        ]
    return [(round(warning * f, 4), round(danger * f, 4)) for f in factors]


def _scaled(probability: float, by: float) -> float:
    return float(scipy.special.expit(scipy.special.logit(probability) + by))


def _against_past(condition: AgainstPast) -> list[dict[str, float]]:
    if condition.warning and not condition.margin:
        # A smaller quantile is rarer: from lax to strict.
        return [{"warning": round(min(condition.warning * f, 0.49), 4)} for f in FACTORS[::-1]]
    far = condition.margin if condition.danger_margin is None else condition.danger_margin
    margins = [condition.margin * f for f in FACTORS] if condition.margin else list(MARGINS)
    return [
        {
            "margin": round(min(margin, 0.99), 4),
            "danger_margin": round(max(far - condition.margin, 0.0) + min(margin, 0.99), 4),
        }
        for margin in margins
    ]


def limits_of(rule: Rule) -> dict[str, float]:
    """The numbers that `variants` may change, by key of the condition."""
    named = ("warning", "danger", "margin", "danger_margin", "sigma")
    there = {name: getattr(rule.condition, name, None) for name in named}
    return {name: float(value) for name, value in there.items() if value is not None}


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
    no variant keeps the budget the least noisy one is proposed. Ties go to more hits, then to the
    limits as they are: where nothing can be told apart nothing changes. Below `ENOUGH` judged alerts of
    the rule and of the choice alike nothing is proposed.
    """
    now = _figures(trial(rule, early.last), early)
    scored: list[tuple[Rule, dict[str, float]]] = [
        (variant, _figures(trial(variant, early.last), early)) for variant in variants(rule)
    ]
    within = [item for item in scored if item[1]["false_per_director_month"] <= budget]
    if within:
        chosen, figures = max(
            within,
            key=lambda item: (
                item[1]["hits"],
                -item[1]["false_per_director_month"],
                item[0].version == rule.version,
            ),
        )
    else:
        chosen, figures = min(scored, key=lambda item: item[1]["false_per_director_month"])
    too_few = max(now["alerts"], figures["alerts"]) < ENOUGH
    if too_few:
        chosen, figures = rule, now
    return Proposal(
        rule=rule,
        proposed=chosen,
        too_few=too_few,
        early_before=now,
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
    low, high = wilson(hits, len(own))
    return {
        "alerts": float(len(own)),
        "hits": float(hits),
        "precision": hits / len(own) if len(own) else float("nan"),
        "precision_low": low,
        "precision_high": high,
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
    """One proposal per rule that has limits to vary; each gets an equal part of the budget."""
    varied = [rule for rule in rules if len(variants(rule)) > 1]
    share = budget / max(len(varied), 1)
    return [propose(rule, trial, early=early, rest=rest, budget=share) for rule in varied]
