"""Several figures of one scope together: each may be chance, all of them at once are not.

Add here: how what several rules say of a scope becomes one verdict. Keep out: what a single figure says
(`filters.py`), bringing voices to one grid of days and scopes (`judging/voices.py`), sentences.

The evidence of a figure is how much likelier it is to be off than it is at rest. A cause need not move all
figures: averaged over every choice of at least two of them, what the chosen ones say together is weighed
against "all as usual". Figures of one scope share luck, so what they say is discounted by how alike their
evidence is in calm weeks of this very company, leaning on a quarter. Only figures that are worse than
usual over the last weeks speak, and two must. A pooled case is never 危险: whatever is sure enough for that
shows in a figure of its own.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray
from pydantic import Field, model_validator

from pipelines.alerting.conditions.base import Condition, Context, Flags, Judge, Row
from pipelines.alerting.conditions.filters import NIGHTLY
from pipelines.alerting.filtering import chain
from pipelines.alerting.filtering.said import pooled_and_calibrated, shown
from pipelines.alerting.judging.voices import Spoken, spoken_on
from pipelines.alerting.series.panel import Floats, Panel
from pipelines.language import text

# A figure speaks from here on: over three times likelier to be off than at rest.
SPEAKS = 1.2
# A week counts as calm where no figure is likelier to be off than not.
CALM = -chain.RESTING
LIKENESS, LEAN = 0.25, 200.0


class Pooled(Condition):
    """`of`: rules of this file that are filters; 警戒 while what two or more of their figures say together
    makes it `warning` likely that one is off and none stands at a level of its own; held down to `close`.
    """

    type: Literal["pooled"] = "pooled"
    of: tuple[str, ...] = Field(min_length=2)
    warning: float = Field(default=0.8, gt=0, lt=1)
    close: float = Field(default=0.6, gt=0, lt=1)

    @model_validator(mode="after")
    def _close_lies_below(self) -> Pooled:
        if self.close >= self.warning:
            raise ValueError(text("config.rules.close_below", warning=f"{self.warning:g}"))
        return self

    def periods_needed(self) -> int:
        return 15

    def prepare(self, panel: Panel, context: Context) -> PooledJudge:
        return PooledJudge(self, panel, context)


class PooledJudge(Judge):
    """`spoken`: what each figure says; `since`: by row and series the row in which evidence that still
    lasts began.
    """

    def __init__(self, condition: Pooled, panel: Panel, context: Context) -> None:
        self.condition, self.panel, self.context = condition, panel, context
        self.value = panel.field("value")
        self.spoken: Spoken = spoken_on(panel, context.voices)
        said = self.spoken.evidence
        self.speaks = self.spoken.worse & (np.nan_to_num(said, nan=-np.inf) >= SPEAKS)
        self.many = self.speaks.sum(axis=0)
        self.total = together(said, self.many, likeness(said))
        rows = np.arange(len(self.total))[:, None]
        silent = ~(np.nan_to_num(self.total, nan=-1.0) > 0)
        self.since = np.maximum.accumulate(np.where(silent, rows + 1, 0), axis=0)

    def at(self, t: int, clean: Flags) -> Row:
        c = self.condition
        total = self.total[t]
        known = np.isfinite(total) & (not self.context.is_paused(t))
        q = np.where(known, pooled_and_calibrated(np.nan_to_num(total)), 0.0)
        ask = scipy.special.expit(
            scipy.special.logit(c.warning) + NIGHTLY * bool(self.panel.running[t])
        )
        several = known & (self.many[t] >= 2)
        raw = (several & (q >= ask) & ~self.spoken.stands[t]).astype(np.int8)
        held = np.maximum(raw, several & (q >= c.close)).astype(np.int8)
        nothing = np.full(len(total), np.nan)
        return Row(
            raw=raw,
            held=held,
            known=known,
            value=self.value[t],
            expected=self.spoken.usual_of(self.context.metric, t),
            warning_limit=nothing,
            danger_limit=nothing,
            sample=nothing,
            probability=np.where(known, shown(q), np.nan),
            early=np.zeros(len(total), bool),
            evidence=np.where(held > 0, total, np.nan),
        )


def likeness(said: Floats) -> Floats:
    """Per row: mean correlation between the evidence of two figures (figures, days, series) in the calm
    weeks of all scopes before that row.
    """
    figures, days, _ = said.shape
    calm = np.isfinite(said).all(axis=0) & (np.nan_to_num(said, nan=np.inf) < CALM).all(axis=0)
    x = np.where(calm, np.nan_to_num(said), 0.0)
    count = np.cumsum(calm.sum(axis=1))
    first = np.cumsum(x.sum(axis=2), axis=1)
    second = np.cumsum(np.einsum("its,jts->ijt", x, x), axis=2)
    n = np.maximum(count, 1)
    cov = second / n - first[:, None] * first[None] / n**2
    sd = np.sqrt(np.maximum(np.einsum("iit->it", cov), 1e-12))
    each = cov / (sd[:, None] * sd[None])
    mean = (each.sum(axis=(0, 1)) - np.einsum("iit->t", each)) / max(figures * (figures - 1), 1)
    found = (count * mean + LEAN * LIKENESS) / (count + LEAN)
    # What was known the evening before.
    return np.clip(np.r_[LIKENESS, found[: days - 1]], 0.05, 0.9)


def together(said: Floats, many: NDArray[np.intp], alike: Floats) -> Floats:
    """Log-evidence (days, series) that two or more figures are off by one cause, against all as usual; NaN
    where fewer than two are known. `many`: how many speak.
    """
    known = np.isfinite(said)
    worth = 1 / (1 + (np.maximum(many, 2) - 1) * alike[:, None])
    odds = np.exp(np.clip(worth * np.where(known, said, 0.0), -20, 20))
    n = known.sum(axis=0).astype(float)
    half = 0.5**n
    every = np.where(known, 0.5 + 0.5 * odds, 1.0).prod(axis=0)
    one = half * np.where(known, odds, 0.0).sum(axis=0)
    chosen = np.maximum(1 - half * (1 + n), 1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(n >= 2, np.log(np.maximum(every - half - one, 1e-9) / chosen), np.nan)
