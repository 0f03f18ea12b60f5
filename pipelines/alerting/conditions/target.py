"""Conditions on target completion: probability of missing, pace, and burn of the allowance.

Add here: another reading of a row of `fct_target_completion`. Keep out: how its figures come
about (dbt), except `miss_probability`, the sheet's formula for callers without the mart.

Every level is withheld until `min_elapsed` of the period's workdays have passed, and while the
expected share rests on fewer than `min_curve_periods` finished periods (a first Spring Festival looks
like a collapse). With fewer than `min_days_left` days to go no level rises any more: it comes too
late to act on, and the figures of the period say the rest.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import scipy
from pydantic import Field, model_validator

from pipelines.alerting.conditions.base import Condition, Context, Flags, Judge, Row, row
from pipelines.alerting.records.calibration import calibrated
from pipelines.alerting.series.panel import Floats, Panel
from pipelines.language import text


class Target(Condition):
    """What every condition on targets may be told."""

    period: Literal["month", "quarter", "year"] = "quarter"
    amount: Literal["revenue", "orders", "new_accounts"] = "revenue"
    min_elapsed: float = Field(default=0.15, ge=0, lt=1)
    min_days_left: int = Field(default=7, ge=0, le=60)
    min_curve_periods: int = Field(default=0, ge=0, le=12)


class Probability(Target):
    """Probability of ending below 90 % of the target, from the phased projection.

    `needed_beyond_best`: also 危险 when the amount still needed per workday is above the best
    finish the scope ever had, once p >= warning. `calibrate`: p is corrected by how such
    probabilities came true in the periods that have ended (`records/calibration.py`). `late_warning`: what
    a new 警戒 needs in the second half of the period. An early alarm is worth a doubt, since
    there is time to act; a late one must be surer. `close`: one that is open stays open down to it
    (default: `warning` less the hysteresis), so that a target is not warned of and taken back by turns.
    """

    type: Literal["probability"] = "probability"
    warning: float = Field(default=0.5, gt=0, lt=1)
    danger: float = Field(default=0.8, gt=0, lt=1)
    late_warning: float | None = Field(default=None, gt=0, lt=1)
    close: float | None = Field(default=None, gt=0, lt=1)
    needed_beyond_best: bool = False
    calibrate: bool = True

    @model_validator(mode="after")
    def _late_lies_between(self) -> Probability:
        if self.late_warning is not None and not self.warning <= self.late_warning <= self.danger:
            raise ValueError(
                text(
                    "config.rules.late_between",
                    warning=f"{self.warning:g}",
                    danger=f"{self.danger:g}",
                )
            )
        if self.close is not None and self.close > self.warning:
            raise ValueError(text("config.rules.close_below", warning=f"{self.warning:g}"))
        return self

    def prepare(self, panel: Panel, context: Context) -> _ProbabilityJudge:
        return _ProbabilityJudge(self, panel, context)


class Pace(Target):
    """Actual against what should be there by now (`pace`), against the whole target
    (`attainment`), or the projected end against the target (`projected`).
    """

    type: Literal["pace"] = "pace"
    of: Literal["pace", "attainment", "projected"] = "pace"
    warning: float = Field(default=0.9, gt=0)
    danger: float = Field(default=0.8, gt=0)

    def limits(self) -> tuple[float, float, Literal["value", "evidence"]]:
        return self.warning, self.danger, "value"

    def prepare(self, panel: Panel, context: Context) -> _PaceJudge:
        return _PaceJudge(self, panel, context)


class Burn(Target):
    """Used-up allowance and the burn of two windows, the idea of service-level alerting.

    Allowance B = (1 − tau) · T; used share u = max(0, T·F − A) / B; burn over a window
    b = [1 − ΔA / (T·ΔF)] / (1 − tau). 警戒 when u >= 1 and both windows burn at `warning` or
    more; 危险 at `danger`.
    """

    type: Literal["burn"] = "burn"
    tau: float = Field(default=0.9, gt=0, lt=1)
    warning: float = Field(default=2.0, gt=0)
    danger: float = Field(default=4.0, gt=0)
    long_window: int = Field(default=4, ge=1)
    short_window: int = Field(default=2, ge=1)

    def prepare(self, panel: Panel, context: Context) -> _BurnJudge:
        return _BurnJudge(self, panel, context)


def miss_probability(
    actual: Floats,
    target: Floats,
    share: Floats,
    squares: Floats,
    *,
    tau: float = 0.9,
    kappa: float = 0.3,
    doubt: float = 0.15,
) -> tuple[Floats, Floats]:
    """(probability of ending below tau × target, projected end), metrics sheet section 2.2.

    `share` is F, the share of the target expected by now; `squares` the sum of squared deal sizes
    of a comparable past period. m = (A + κT) / (TF + κT), P = A + mT(1 − F),
    sd² = m(1 − F)·Σx² + (doubt · T(1 − F))².
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        m = (actual + kappa * target) / (target * share + kappa * target)
        end = actual + m * target * (1 - share)
        sd = np.sqrt(np.maximum(m, 0) * (1 - share) * squares + (doubt * target * (1 - share)) ** 2)
        p = np.where(sd > 0, scipy.special.ndtr((tau * target - end) / sd), end < tau * target)
    return np.where(target > 0, p, np.nan), np.where(target > 0, end, np.nan)


class _TargetJudge(Judge):
    def __init__(self, condition: Target, panel: Panel, context: Context) -> None:
        self.panel, self.context = panel, context
        with np.errstate(divide="ignore", invalid="ignore"):
            self.elapsed = panel.field("workdays_elapsed") / panel.field("workdays_total")
        self.early = self.elapsed < condition.min_elapsed
        learned = panel.field("curve_periods")
        self.unlearned = learned < condition.min_curve_periods
        self.late = panel.field("days_left") < condition.min_days_left
        self.sample = panel.field("past_deals")
        self.attainment = panel.field("attainment")
        self.target = panel.field("target_amount")

    def graded(
        self,
        t: int,
        score: Floats,
        limits: tuple[float, float],
        *,
        value: Floats,
        expected: Floats,
        shown: tuple[Floats, Floats],
        probability: Floats,
    ) -> Row:
        usable = (self.target[t] > 0) & ~self.early[t] & ~self.unlearned[t]
        if self.context.min_sample and np.isfinite(self.sample).any():
            usable &= ~(self.sample[t] < self.context.min_sample)
        verdict = row(
            value,
            np.where(usable, score, np.nan),
            limits,
            hysteresis=self.context.hysteresis,
            expected=expected,
            shown=shown,
            sample=self.sample[t],
            probability=probability,
            early=self.early[t] & (self.target[t] > 0),
        )
        verdict.raw[self.late[t]] = 0
        return verdict


class _ProbabilityJudge(_TargetJudge):
    def __init__(self, condition: Probability, panel: Panel, context: Context) -> None:
        super().__init__(condition, panel, context)
        self.condition = condition
        p = panel.field("miss_probability")
        self.p = calibrated(p, panel, self.early) if condition.calibrate else p
        self.expected = panel.field("expected_share")
        self.warning = np.full(p.shape, condition.warning)
        if condition.late_warning is not None:
            self.warning[self.elapsed > 0.5] = condition.late_warning
        self.needed = panel.field("needed_per_workday")
        self.best = panel.field("best_finish_per_workday")

    def at(self, t: int, clean: Flags) -> Row:
        c = self.condition
        blank = np.full(self.p.shape[1], np.nan)
        verdict = self.graded(
            t,
            self.p[t],
            # A probability at the limit counts: p >= 0.5.
            (c.warning - 1e-9, c.danger - 1e-9),
            value=self.attainment[t],
            expected=self.expected[t],
            shown=(self.warning[t], blank + c.danger),
            probability=self.p[t],
        )
        with np.errstate(invalid="ignore"):
            verdict.raw[(verdict.raw == 1) & (self.p[t] < self.warning[t] - 1e-9)] = 0
            if c.close is not None:
                stays = verdict.known & (self.p[t] >= c.close - 1e-9)
                verdict.held = np.maximum(verdict.held, stays.astype(np.int8))
        if c.needed_beyond_best:
            with np.errstate(invalid="ignore"):
                hopeless = (verdict.raw == 1) & (self.needed[t] > self.best[t])
            verdict.raw = np.where(hopeless, 2, verdict.raw).astype(np.int8)
            verdict.held = np.maximum(verdict.raw, verdict.held)
        return verdict


class _PaceJudge(_TargetJudge):
    def __init__(self, condition: Pace, panel: Panel, context: Context) -> None:
        super().__init__(condition, panel, context)
        self.condition = condition
        if condition.of == "projected":
            with np.errstate(divide="ignore", invalid="ignore"):
                self.value = panel.field("projected_amount") / self.target
        else:
            self.value = panel.field(condition.of)
        self.p = panel.field("miss_probability")
        self.expected = panel.field("expected_share")

    def at(self, t: int, clean: Flags) -> Row:
        c = self.condition
        blank = np.full(self.value.shape[1], np.nan)
        expected = self.expected[t] if c.of == "attainment" else blank + 1.0
        return self.graded(
            t,
            -self.value[t],
            (-c.warning, -c.danger),
            value=self.value[t],
            expected=expected,
            shown=(blank + c.warning, blank + c.danger),
            probability=self.p[t],
        )


class _BurnJudge(_TargetJudge):
    def __init__(self, condition: Burn, panel: Panel, context: Context) -> None:
        super().__init__(condition, panel, context)
        self.condition = condition
        self.expected = panel.field("expected_share")
        self.p = panel.field("miss_probability")
        self.actual = panel.field("actual_amount")

    def burn(self, t: int, window: int) -> Floats:
        """Burn over the last `window` evaluations of this period; from its start if younger."""
        back = t - window
        same = back >= 0 and self.panel.starts[back] == self.panel.starts[t]
        a0 = self.actual[back] if same else 0.0
        f0 = self.expected[back] if same else 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (self.actual[t] - a0) / (self.target[t] * (self.expected[t] - f0))
        return (1 - share) / (1 - self.condition.tau)

    def at(self, t: int, clean: Flags) -> Row:
        c = self.condition
        target, share = self.target[t], self.expected[t]
        with np.errstate(divide="ignore", invalid="ignore"):
            used = np.maximum(0.0, target * share - self.actual[t]) / ((1 - c.tau) * target)
        both = np.fmin(self.burn(t, c.long_window), self.burn(t, c.short_window))
        score = np.where(used >= 1, both, np.minimum(both, 0.0))
        edge = share - (1 - c.tau)
        return self.graded(
            t,
            score,
            (c.warning - 1e-9, c.danger - 1e-9),
            value=self.attainment[t],
            expected=share,
            shown=(edge, edge),
            probability=self.p[t],
        )
