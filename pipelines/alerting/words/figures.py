"""The figures that a pooled alert stands on, each with its own numbers.

Add here: another number of a single figure that stands in a sentence about several. Keep out: whether they
are off (`conditions/pooled.py`), and the frame of the message (`messages.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.alerting.conditions import ON_PARTS
from pipelines.alerting.conditions.pooled import SPEAKS
from pipelines.alerting.filtering.recent import WEEKS
from pipelines.alerting.judging.running import History
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.series.catalogue import Kind
from pipelines.alerting.words.wording import Written
from pipelines.language import text


@dataclass(frozen=True)
class Figure:
    """One figure over the last weeks, and whether it has an alert of its own by now."""

    rule: Rule
    dimension: str
    value: float
    usual: float
    alone: bool


def unit_of(rule: Rule) -> Kind:
    """How a figure of this rule is written: a count judged as a share of cases is a share."""
    condition = rule.condition
    over_cases = getattr(condition, "window", 1) > 1 or isinstance(condition, ON_PARTS)
    if rule.described.counts_cases and over_cases:
        return "share"
    # A ratio without a bound, though one reads it as a part of the target.
    return "share" if rule.metric == "concentration" else rule.described.kind


def told_by(history: History, row: int, series: int) -> list[Figure]:
    """The figures that speak in that row of a pooled rule, the clearest first."""
    spoken = history.spoken
    if spoken is None:
        return []
    said = np.where(spoken.worse[:, row, series], spoken.evidence[:, row, series], -np.inf)
    order = [int(n) for n in np.argsort(-said) if said[n] >= SPEAKS]
    return [
        Figure(
            *spoken.figures[n],
            value=float(spoken.recent[n, row, series]),
            usual=float(spoken.recent_usual[n, row, series]),
            alone=bool(spoken.stands[row, series]),
        )
        for n in order
    ]


def pooled(figures: Sequence[Figure], currency: str) -> list[Any]:
    """The sentences of a pooled alert: every figure that speaks with its numbers."""
    said = [_figure(one, currency) for one in figures]
    told = text("alerts.pooled.figures", count=len(said), weeks=WEEKS, figures=said)
    return [told, None if any(one.alone for one in figures) else text("alerts.pooled.together")]


def _figure(one: Figure, currency: str) -> Any:
    unit = unit_of(one.rule)
    values = {
        "metric": one.rule.described.label,
        "value": Written(unit, one.value, currency),
        "expected": Written(unit, one.usual, currency),
    }
    if one.dimension:
        return text("alerts.pooled.of_stage", stage=one.dimension, **values)
    return text("alerts.pooled.figure", **values)
