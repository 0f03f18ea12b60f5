"""Rates judged by Bayes: how probable is it that a rate has really fallen (or risen).

Add here: another posterior of a rate. Keep out: frequentist limits (`counts.py`).

Beta-binomial. The series' own clean past and the current window are binomial; both start from a
prior with the company's rate of the same dimension. The difference of two betas is compared on
the log-odds scale with the exact moments of the logit of a beta, digamma and trigamma (a normal
approximation good to a few thousandths once a few cases are seen).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import scipy
from pydantic import Field

from pipelines.alerting.conditions.base import Condition, Context, Flags, Judge, Row, past, row
from pipelines.alerting.series.panel import Floats, Panel


class RateFall(Condition):
    """P(rate now is worse than the baseline by at least `margin`) above a limit.

    `window` periods are the current window, `history` periods before it the baseline; `margin` is
    a share of the baseline rate; `prior` the number of cases that the company's rate is worth.
    """

    type: Literal["rate_fall"] = "rate_fall"
    window: int = Field(default=8, ge=1, le=52)
    history: int = Field(default=52, ge=8, le=520)
    min_history: int = Field(default=12, ge=4)
    prior: float = Field(default=10.0, gt=0)
    margin: float = Field(default=0.0, ge=0, lt=1)
    warning: float = Field(default=0.9, gt=0, lt=1)
    danger: float = Field(default=0.975, gt=0, lt=1)

    def prepare(self, panel: Panel, context: Context) -> _RateJudge:
        return _RateJudge(self, panel, context)


def probability_worse(
    now: tuple[Floats, Floats], base: tuple[Floats, Floats], margin: float, sign: float
) -> Floats:
    """P(rate_now lies beyond rate_base × (1 + sign × margin)); betas given as (a, b)."""
    rate = base[0] / (base[0] + base[1])
    moved = np.clip(rate * (1 + sign * margin), 1e-6, 1 - 1e-6)
    shift = scipy.special.logit(moved) - scipy.special.logit(np.clip(rate, 1e-6, 1 - 1e-6))
    location = [scipy.special.digamma(a) - scipy.special.digamma(b) for a, b in (now, base)]
    variance = sum(
        scipy.special.polygamma(1, a) + scipy.special.polygamma(1, b) for a, b in (now, base)
    )
    return scipy.special.ndtr(sign * (location[0] - location[1] - shift) / np.sqrt(variance))


class _RateJudge(Judge):
    def __init__(self, condition: RateFall, panel: Panel, context: Context) -> None:
        self.condition, self.context = condition, context
        self.numerator, self.denominator = panel.field("numerator"), panel.field("denominator")
        self.pooled = panel.pooled(condition.window)

    def at(self, t: int, clean: Flags) -> Row:
        c, reference = self.condition, self.context.reference
        sign = -1.0 if self.context.direction == "below" else 1.0
        k_past = past(self.numerator, clean, t, c.history, c.window)
        n_past = past(self.denominator, clean, t, c.history, c.window)
        counted = np.isfinite(k_past) & (n_past > 0)
        weeks = counted.sum(axis=0)
        k = np.where(counted, k_past, 0.0).sum(axis=0)
        n = np.where(counted, n_past, 0.0).sum(axis=0)
        of = np.maximum(reference, 0)
        general = np.where(reference >= 0, (k[of] + 1) / (n[of] + 2), (k + 1) / (n + 2))
        now_n = np.nan_to_num(self.pooled.field("denominator")[t])
        now_k = np.nan_to_num(self.pooled.field("numerator")[t])
        base_a, base_b = k + c.prior * general, n - k + c.prior * (1 - general)
        rate = base_a / (base_a + base_b)
        # The window starts from the series' own rate with little weight: two cases.
        now_a, now_b = now_k + 2 * rate, np.maximum(now_n - now_k, 0) + 2 * (1 - rate)
        p = probability_worse((now_a, now_b), (base_a, base_b), c.margin, sign)
        usable = (weeks >= c.min_history) & (now_n >= max(self.context.min_sample, 1))
        edge = np.clip(rate * (1 + sign * c.margin), 0, 1)
        # Graded by the log-odds of the probability, so that slack means the same at 0.9 and 0.99.
        score = np.where(usable, scipy.special.logit(np.clip(p, 1e-9, 1 - 1e-9)), np.nan)
        limits = (float(scipy.special.logit(c.warning)), float(scipy.special.logit(c.danger)))
        return row(
            self.pooled.field("value")[t],
            score,
            limits,
            hysteresis=self.context.hysteresis,
            expected=rate,
            shown=(edge, edge),
            sample=now_n,
            probability=np.where(usable, p, np.nan),
        )
